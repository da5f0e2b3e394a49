# --- one step ---------------------------------------------------------------------------------------------------------

# Somebody has to do what TEXT says, or to see that it is so. The word holds until the step ends, well or not.
people() { # STEP K TEXT
  local part=${s_id[$1]} text=$'\n'"    Somebody has to do this, or see that it is so:"$'\n'"    $3"
  # That a step is to be taken back doesn't say that people have done their part of it.
  [ "$way" = forward ] || part+=/back
  ! has_word "$1" "$2" || return 0
  case " $confirm " in
    *" $part "*) say "$text" ;;
    *) ask 'done' "--confirm $part" "$text" ;;
  esac
  record by "${SUDO_USER:-$(id -un)}"
  record confirmed-by-people "$1" "$2"
}

read_log() { # STEP K
  local k=$2 m=$1 mark=$kept/mark-${c_a[$2]} errors failed lines
  [ -s "$mark" ] || { tell '(nobody noted where it ended before: not read) '; return 0; }
  must "$k" "$m" "$mark"
  failed=$(awk '$1 == "failed-migrations" { print $2; exit }' "$work/out")
  errors=$(awk '$1 == "errors" { print $2; exit }' "$work/out")
  tell '(%s failed migrations, %s errors) ' "${failed:=0}" "${errors:=0}"
  lines=$(sed -n 's/^line /    | /p' "$work/out" | harmless)
  [ -z "$lines" ] || tell '\n%s\n' "$lines"
  case ${c_b[k]} in
    never) return 0 ;;
    failed-migration) [ "$failed" != 0 ] || return 0 ;;
    error) [ "$failed$errors" != 00 ] || return 0 ;;
  esac
  hint="When it works all the same: \`bash $self skip $m 'WHY THAT IS ACCEPTED'\`."
  broke "$k" "$m" 1 'something came to the log that people have to look at'
}

perform() { # STEP K
  local m=$1 k=$2 rc=0
  stop_if_asked
  if [ "${c_verb[k]}" = receive ] && [ "$is_there" = 1 ]; then return 0; fi
  tell '    %s (at most %s s) ... ' "${c_words[k]}" "${c_limit[k]}"
  case ${c_verb[k]} in
    find)
      attempt "$k" || rc=$?
      if [ "$rc" = 0 ]; then
        is_there=1
      else
        say 'not yet there'
        return 0
      fi
      ;;
    receive) package "$k" "$m" ;;
    write) write "$k" "$m" ;;
    idle) idle "$k" "$m" ;;
    version) again_until "$k" "$m" "${c_a[k]}" "${c_b[k]}" ;;
    retry) again_until "$k" "$m" 2 "${c_a[k]}" ;;
    note)
      if [ ! -e "$kept/note-$m-${c_a[k]}" ]; then
        must "$k" "$m"
        keep "$k" "$m" "$kept/note-$m-${c_a[k]}"
      fi
      ;;
    compare) compare "$k" "$m" ;;
    mark)
      must "$k" "$m"
      keep "$k" "$m" "$kept/mark-$m"
      ;;
    read) read_log "$m" "$k" ;;
    by-hand)
      if ! attempt "$k"; then
        people "$m" "$k" "${c_a[k]}"
        attempt "$k" || rc=$?
        [ "$rc" = 0 ] || broke "$k" "$m" "$rc" "it is not done yet: ${c_a[k]}"
      fi
      ;;
    seen)
      attempt "$k" || rc=$?
      [ "$rc" = 0 ] || broke "$k" "$m" "$rc" "it is not done yet: ${c_a[k]}"
      ;;
    ask | request) people "$m" "$k" "${c_a[k]}" ;;
    isolate)
      isolated=1
      must "$k" "$m"
      ;;
    restore)
      must "$k" "$m"
      isolated=0
      ;;
    *) must "$k" "$m" ;;
  esac
  say 'done'
}

# The commands of step $1 that tell, by looking, whether it is done; waiting comes last. None when no look tells it.
looks() {
  local k first='' last=''
  for k in ${s_cmds[$1]}; do
    case ${c_verb[k]} in
      find | look | by-hand | version) first+=" $k" ;;
      wait) last+=" $k" ;;
    esac
  done
  echo "$first$last"
}

found_done() {
  local k list
  # Only doing it again tells that a file is as it should be now, and that its service knows it.
  for k in ${s_cmds[$1]}; do
    case ${c_verb[k]} in write | again) return 1 ;; esac
  done
  list=$(looks "$1")
  [ -n "$list" ] || return 1
  for k in $list; do
    attempt "$k" || return 1
    stop_if_asked
  done
}

# What is not yet over on this host before step $1.
earlier() {
  local m
  for m in "${s_number[@]}"; do
    [ "$m" -lt "$1" ] || break
    if [ "${s_kind[m]}" = count ] || is_over "$m"; then continue; fi
    fail "step $1 (${s_id[$1]}) can't be done yet" "step $m (${s_id[m]}: ${s_title[m]}) comes before it and is not done here" \
      "\`bash $self run $m\`; or, when it is to be left out, \`bash $self skip $m 'REASON'\`"
  done
}

# Nobody here can see the other hosts: somebody gives the word, once for each wave.
elsewhere_done() {
  local wave=$1 m text
  if [ "$wave" -le "$first_wave" ] || has "confirmed $wave"; then return; fi
  text="Before wave $wave, all of the waves before it has to be done on every host, and seen, as RUNBOOK.md says."
  for m in "${s_number[@]}"; do
    if [ "${s_wave[m]}" != "$wave" ] || [ -z "${s_elsewhere[m]}" ]; then continue; fi
    text+=$'\n'"  For ${s_id[m]} in particular:"$'\n'"${s_elsewhere[m]%$'\n'}"
  done
  if [ "$confirmed" = "$wave" ]; then say "$text"; else ask 'done' "--confirmed $wave" "$text"; fi
  record by "${SUDO_USER:-$(id -un)}"
  record confirmed "$wave"
}

healthy() { # COMPONENT STEP
  local k
  for k in ${h_cmds[$1]:-}; do
    tell '    %s (at most %s s) ... ' "${c_words[k]}" "${c_limit[k]}"
    must "$k" "$2"
    say 'healthy'
  done
}

run_step() {
  local m=$1 k was since
  look_up "$m"
  was=$word since=$at
  say ''
  say "Step $m, wave ${s_wave[m]} (${s_stage[m]}): ${s_title[m]}  [${s_id[m]}]"
  case $again/$was/${s_kind[m]} in
    0/done/change | 0/done/once)
      say "  It is done already, since $since: nothing is done. \`verify\` looks whether it is still so; --again does it again."
      return
      ;;
  esac
  # An earlier attempt may have kept it from new work.
  doing=$m isolated=0
  case $was in begun | failed | back-begun) isolated=1 ;; esac
  earlier "$m"
  elsewhere_done "${s_wave[m]}"
  tell '%s' "${s_why[m]}"
  [ -z "${s_impact[m]}" ] || say "  meanwhile: ${s_impact[m]}"
  case $was in
    begun | failed) say "  It was begun at $since and did not come to its end: it is looked at first." ;;
    back-begun) say "  Its way back was begun at $since and did not come to its end: it is looked at first." ;;
  esac
  is_there=0 hint=''
  # What an attempt has noted that came to its end, or was taken back, tells nothing of this one.
  case $was in begun | failed | back-begun) ;; *) rm -f "$kept/note-$m-"* ;; esac
  if [ "${s_kind[m]}" = count ]; then
    hint="Not every host has to pass this: see wave ${s_wave[m]} in RUNBOOK.md. Other steps here don't wait for it"
  fi
  if [ "${s_kind[m]}" = change ] && found_done "$m"; then
    for k in ${s_cmds[m]}; do
      case ${c_verb[k]} in finish | compare | restore) perform "$m" "$k" ;; esac
    done
    record 'done' "$m" "${s_id[m]} found"
    say "  It is done already: all of its checks say so. Nothing was changed."
    return
  fi
  for k in ${s_needs[m]}; do healthy "$k" "$m"; done
  record begun "$m" "${s_id[m]}"
  for k in ${s_cmds[m]}; do perform "$m" "$k"; done
  record 'done' "$m" "${s_id[m]}"
  say "  Step $m is done."
}

run_wave() {
  local m found=0
  for m in "${s_number[@]}"; do
    [ "${s_wave[m]}" = "$1" ] || continue
    found=1
    look_up "$m"
    if [ "$word" = skipped ]; then
      say "Step $m [${s_id[m]}] was left out at $at."
    else
      run_step "$m"
    fi
  done
  [ "$found" = 1 ] || fail "nothing is to be done on this host in wave $1" '' "see \`bash $self list\`"
  say ''
  say "Wave $1 is done on $host. Tick it in RUNBOOK.md."
  all_over
}

all_over() {
  local m
  for m in "${s_number[@]}"; do
    [ "${s_kind[m]}" = count ] || is_over "$m" || return 0
  done
  says complete || record complete
  say "All steps of this host are done."
}

