# --- one command ------------------------------------------------------------------------------------------------------

# Runs command $1 once, with the file $2 as its input. Its output is in $work/out and $work/err.
attempt() {
  local k=$1 input=${2:-/dev/null} rc=0 later pid seen=$asked out=$work/out err=$work/err
  # Whoever calls may have switched `set -e` off: on a full disk nothing may pass for done.
  if ! { : >"$out" && : >"$err"; } 2>/dev/null; then
    [ "$giving_back" = 1 ] ||
      fail "what a command prints can't be kept in $work" 'the disk may be full' 'free space there, then run the same again'
    out=/dev/null err=/dev/null
  fi
  (
    umask 022
    exec 9>&-
    exec timeout -k 10 "${c_limit[k]}" sh -c -- "${c_run[k]}" <"$input" >>"$out" 2>>"$err"
  ) &
  pid=$!
  wait "$pid" || rc=$?
  while [ "$asked" -gt "$seen" ]; do
    seen=$asked later=0
    [ "$asked" -lt 2 ] || kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || later=$?
    [ "$later" = 127 ] || rc=$later
  done
  {
    printf '== %s %s (%s)\n' "$(now)" "${c_words[k]}" "exit status $rc"
    cat "$out" "$err"
  } >>"$log" 2>/dev/null || true
  return "$rc"
}

# Command $1 of step $2 has failed with status $3, or for the reason $4.
broke() {
  local k=$1 m=$2 why=${4:-exit status $3} lines
  case $3 in 124 | 137) why=${4:-"it took longer than its limit of ${c_limit[k]} s and was ended"} ;; esac
  lines=$(tail -n 15 "$work/out" "$work/err" 2>/dev/null | sed '/^==> .* <==$/d; /^$/d; s/^/    | /' | harmless) || true
  say 'FAILED'
  [ -z "$lines" ] || tell '%s\n' "$lines" >&2
  give_back
  if [ "$m" != 0 ] && [ "$way" = forward ]; then record failed "$m" "${s_id[m]}"; fi
  fail "can't ${c_words[k]}" "$why" \
    "mend the cause, then run the same again: it looks what is there and goes on. All output: $log${hint:+. $hint}"
}
hint='' way=forward

# What was kept from new work gets work again, however its step ends.
give_back() {
  local k
  # What runs within $(…) leaves that to the script.
  if [ "$isolated" = 0 ] || [ "$BASHPID" != "$$" ]; then return; fi
  isolated=0 giving_back=1
  for k in ${s_cmds[doing]}; do
    [ "${c_verb[k]}" = restore ] || continue
    tell '\n    %s ... ' "${c_words[k]}"
    if attempt "$k"; then say 'done'; else say 'FAILED: it is still kept from new work'; fi
  done
  giving_back=0
}
# The step that is being done, and whether it may be kept from new work.
doing=0 isolated=0 giving_back=0

must() { # K STEP [INPUT]
  local rc=0
  attempt "$1" "${3:-/dev/null}" || rc=$?
  [ "$rc" = 0 ] || broke "$1" "$2" "$rc"
}

stop_if_asked() {
  [ "$asked" = 0 ] || fail 'it was asked to stop, between two commands' '' \
    'run the same again: it looks what is there and goes on'
}

pause() { sleep "$1" 9>&- & wait $! || true; }

# Runs command $1 of step $2 until it succeeds, every $3 s, for at most $4 s.
again_until() {
  local end=$((SECONDS + $4)) rc
  while :; do
    rc=0
    attempt "$1" || rc=$?
    [ "$rc" != 0 ] || return 0
    stop_if_asked
    [ "$SECONDS" -lt "$end" ] || broke "$1" "$2" "$rc" "given up after $4 s; the last time it was exit status $rc"
    pause "$3"
  done
}

# Asks command $1 how much is left until that is 0 for c_a times in a row.
idle() {
  local k=$1 row=0 end=$((SECONDS + c_c[$1])) left rc seen
  while :; do
    rc=0
    attempt "$k" || rc=$?
    left=$(grep . "$work/out" | tail -n 1 | tr -d '[:space:]') || true
    case $rc/$left in
      0/ | 0/*[!0-9]* | [!0]*) row=0 seen="no number (exit status $rc)" ;;
      *) seen="$left left" ; case $left in *[!0]*) row=0 ;; *) row=$((row + 1)) ;; esac ;;
    esac
    [ "$row" -lt "${c_a[k]}" ] || return 0
    stop_if_asked
    [ "$SECONDS" -lt "$end" ] || broke "$k" "$2" 1 "given up after ${c_c[k]} s; the last answer: $seen"
    pause "${c_b[k]}"
  done
}

# The package file that command $1 copies, checked.
package() {
  local k=$1 file=$packages/${c_a[$1]} sum at
  [ -f "$file" ] || broke "$k" "$2" 1 "there is no file $file; its SHA-256 is ${c_b[k]}"
  sum=$(sha256sum <"$file") && sum=${sum%% *}
  [ "$sum" = "${c_b[k]}" ] ||
    broke "$k" "$2" 1 "the content of $file is not what was reviewed: its SHA-256 is $sum and should be ${c_b[k]}"
  # What came before and was cut off is gone on with: the command before this one has told how much that is.
  at=$(tail -n 1 "$work/out")
  case $at in '' | 0 | *[!0-9]*) ;; *)
    tail -c "+$((at + 1))" "$file" >"$work/rest" || broke "$k" "$2" 1 "$work/rest can't be written"
    file=$work/rest
    ;;
  esac
  must "$k" "$2" "$file"
  rm -f "$work/rest"
}

# Keeps what command $1 of step $2 has printed as $3, whole or not at all.
keep() {
  { cp "$work/out" "$3.new" && sync "$3.new" && mv "$3.new" "$3"; } ||
    broke "$1" "$2" 1 "what it told can't be kept in $3: the disk may be full"
}

# What command $1 of step $2 prints is compared with what was noted before.
compare() {
  local k=$1 m=$2 before=$kept/note-$2-${c_a[$1]} lost='' rc=0
  must "$k" "$m"
  [ -e "$before" ] || { tell '(nothing was noted before, so nothing is compared) '; return 0; }
  if [ "${c_b[k]}" = equal ]; then
    cmp -s "$before" "$work/out" || rc=$?
    case $rc in 1) rc=0 lost=$(diff "$before" "$work/out" | head -n 10) || true; lost=${lost:-they differ} ;; esac
  else
    lost=$(awk '
      function bare(x) { sub(/^0+/, "", x); return x }
      function less(a, b) { a = bare(a); b = bare(b); return length(a) < length(b) || (length(a) == length(b) && a "" < b "") }
      function tell(x) { if (told++ < 10) print x }
      { line = $0; sub(/^[ \t]+/, "", line); sub(/[ \t]+$/, "", line); if (line == "") next
        name = line; number = ""
        if (match(line, /[^ \t]+$/)) { last = substr(line, RSTART)
          if (last ~ /^[0-9]+$/) { number = last; name = substr(line, 1, RSTART - 1); sub(/[ \t]+$/, "", name) } } }
      FILENAME == ARGV[1] { after[name] = number; next }
      number == "" { tell("`" line "` ends with no number to compare"); next }
      !(name in after) { if (bare(number) != "") tell(number " of `" name "` were there, and nothing is told now"); next }
      after[name] == "" || less(after[name], number) { tell(number " of `" name "` were there, and " after[name] " are now") }
    ' "$work/out" "$before") || rc=$?
  fi
  hint='The new version is there and stays. Keep work away from it until it is known what is missing.'
  [ "$rc" = 0 ] || broke "$k" "$m" 1 "${c_c[k]} can't be compared with what was noted before: exit status $rc"
  [ -n "$lost" ] || return 0
  printf '%s\n' "$lost" >"$work/err" || true
  broke "$k" "$m" 1 "${c_c[k]} are not as they were before"
}

