# --- what can be asked for ---------------------------------------------------------------------------------------------

do_list() {
  local m
  peek
  say "$host in $cluster: ${#s_number[@]} steps, plan ${seal:0:12}"
  tell '%5s %5s  %-24s %s\n' step wave state what
  for m in "${s_number[@]}"; do
    look_up "$m"
    tell '%5s %5s  %-24s %s\n' "$m" "${s_wave[m]}" "${hidden:-${word:-to do}${at:+ ${at:5:11}}}" "${s_title[m]}  [${s_id[m]}]"
  done
  [ -z "$note" ] || say "$note"
}

do_show() {
  local m k list
  m=$(number_of "$1")
  say "Step $m, wave ${s_wave[m]}: ${s_title[m]}  [${s_id[m]}]"
  printf '%s' "${s_why[m]}"
  for list in "${s_cmds[m]}" "${s_back[m]}"; do
    for k in $list; do
      printf '\n# %s (at most %s s)\n' "${c_words[k]}" "${c_limit[k]}"
      printf '%s\n' "${c_run[k]}" | harmless
    done
    if [ "$list" = "${s_cmds[m]}" ] && [ -n "${s_back[m]}" ]; then printf '\n# --- the way back\n'; fi
  done
}

do_verify() {
  local m k bad=0 seen
  for m in "${s_number[@]}"; do
    look_up "$m"
    if [ "${s_kind[m]}" != change ] || [ "$word" != 'done' ]; then continue; fi
    seen='as promised'
    for k in $(looks "$m"); do
      attempt "$k" || { seen="NOT as promised: can't ${c_words[k]}" bad=1; break; }
    done
    [ -n "$(looks "$m")" ] || seen='no look tells it'
    say "step $m  ${s_id[m]}: $seen"
  done
  [ "$bad" = 0 ] || fail 'something that was done is not so any more' '' "see $log for what was said; then \`bash $self show STEP\`"
}

do_health() {
  local component
  [ $# -gt 0 ] || set -- "${!h_cmds[@]}"
  for component in "$@"; do
    [ -n "${h_cmds[$component]+x}" ] ||
      fail "nobody is asked for the health of $component on this host" '' "one of: ${!h_cmds[*]}"
    say "$component on $host:"
    healthy "$component" 0
  done
}

do_back() {
  local m later k loses
  m=$(number_of "$1") way=back
  was_begun "$m" || fail "step $m is not done here, so nothing is taken back" '' "see \`bash $self list\`"
  [ -n "${s_back[m]}" ] ||
    fail "step $m has no way back" "${s_no_way_back[m]:-it changes nothing that runs}" 'see the section on ways back in RUNBOOK.md'
  for later in "${s_number[@]}"; do
    if [ "$later" -le "$m" ] || [ "${s_kind[later]}" != change ]; then continue; fi
    if [ -z "${s_back[later]}" ] && [ -z "${s_no_way_back[later]}" ]; then continue; fi
    was_begun "$later" || continue
    [ -n "$anyway" ] || fail "step $m can't be taken back yet" "step $later (${s_id[later]}) came after it and is not taken back" \
      "take that back first: \`bash $self back $later\`; or, with a reason, \`bash $self back $m --anyway 'REASON'\`"
    record anyway "$m" "$anyway"
  done
  loses="Step $m, ${s_title[m]}, is taken back. What that loses: ${s_lost[m]:-nothing that is known}"
  case " $confirm " in
    *" ${s_id[m]} "*) say "$loses" ;;
    *) ask back "--confirm ${s_id[m]}" "$loses" ;;
  esac
  # What was cut off half-way may be kept from new work, and the way back ends with giving it again.
  is_there=0 doing=$m isolated=1
  record back-begun "$m" "${s_id[m]}"
  for k in ${s_back[m]}; do perform "$m" "$k"; done
  record back "$m" "${s_id[m]}"
  say "  Step $m is taken back."
}

do_skip() { # STEP REASON
  local m
  m=$(number_of "$1")
  look_up "$m"
  [ "$word" != 'done' ] || fail "step $m (${s_id[m]}) is done, so it can't be left out" "it was done at $at" \
    "\`bash $self verify\` looks whether it still is; \`bash $self back $m\` takes it back"
  record skipped "$m" "${s_id[m]}: $(printf %s "$2" | tr '\n' ' ')"
  say "Step $m (${s_id[m]}) is left out."
}

usage() {
  local m
  peek
  cat <<END
$host in $cluster ($environment), plan ${seal:0:12}. RUNBOOK.md says when to run what.

  bash $self list                 the steps, and how far they are
  bash $self show STEP            the exact commands of a step
  sudo bash $self run STEP        one step, by its number or id
  sudo bash $self run --wave N    all steps of a wave
  sudo bash $self verify          looks whether what was done is still so; changes nothing
  sudo bash $self health [COMPONENT]
  sudo bash $self back STEP       takes a step back
  sudo bash $self skip STEP 'REASON'
  sudo bash $self give-up 'REASON'  leaves the plan that was begun here, for another one

  --confirmed N       all of the waves before N is done everywhere (otherwise you are asked)
  --confirm STEP      what people have to do for STEP is done; or: take STEP back (otherwise you are asked)
  --confirm STEP/back what people have to do to take STEP back is done (otherwise you are asked)
  --secrets FOLDER    secrets, one file each by its name (otherwise you are asked)
  --again             does a step that is done once more
  --this-is HOST      this machine is HOST, although it calls itself otherwise (otherwise you are asked)
END
  if [ -n "$note" ]; then printf '\n%s\n' "$note"; fi
  [ -z "$hidden" ] || return 0
  for m in "${s_number[@]}"; do
    if [ "${s_kind[m]}" = count ] || is_over "$m"; then continue; fi
    printf '\nNext here: step %s, wave %s: %s\n' "$m" "${s_wave[m]}" "${s_title[m]}"
    return
  done
  printf '\nNothing is left to do here.\n'
}

main() {
  local wave='' rest=()
  command=${1:-}
  confirmed='' confirm='' secrets='' this_is='' anyway='' again=0
  [ $# = 0 ] || shift
  while [ $# -gt 0 ]; do
    case $1 in
      --wave | --confirmed | --confirm | --secrets | --this-is | --anyway)
        case ${2:-} in '' | --*) fail "$1 needs a value" '' "see \`bash $self\`" ;; esac
        case $1 in
          --wave) wave=$2 ;;
          --confirmed) confirmed=$2 ;;
          --confirm) confirm+="${confirm:+ }$2" ;;
          --secrets) secrets=$2 ;;
          --this-is) this_is=$2 ;;
          --anyway) anyway=$2 ;;
        esac
        shift 2
        ;;
      --again) again=1 && shift ;;
      -*) fail "there is no option $1" '' "see \`bash $self\`" ;;
      *) rest+=("$1") && shift ;;
    esac
  done
  set -- "${rest[@]}"
  steps
  first_wave=$plan_first_wave
  case $command/$#/${wave:+wave} in
    /0/ | help/0/) usage ;;
    list/0/) do_list ;;
    show/1/) do_show "$1" ;;
    run/0/wave)
      open_state
      run_wave "$wave"
      ;;
    run/1/)
      open_state
      m=$(number_of "$1")
      run_step "$m"
      all_over
      ;;
    verify/0/)
      open_state
      do_verify
      ;;
    health/[01]/)
      open_state
      do_health "$@"
      ;;
    back/1/)
      open_state
      do_back "$1"
      ;;
    skip/2/)
      open_state
      do_skip "$1" "$2"
      ;;
    give-up/1/)
      need_root
      [ -s "$state" ] || fail 'no plan was begun here' '' "see \`bash $self list\`"
      record given-up "$(printf %s "$1" | tr '\n' ' ')"
      say "Given up. What was done stays; $state says what that was."
      ;;
    *) fail "\`$command $*\` can't be understood" '' "see \`bash $self\`" ;;
  esac
}

main "$@"
