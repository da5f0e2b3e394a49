# --- the record of what was done --------------------------------------------------------------------------------------

record() { # WORD REST
  if ! { printf '%s %s\n' "$(now)" "$*" >>"$state" && sync "$state"; }; then
    fail "what was done can't be recorded in $state" 'the disk may be full' 'free space there, then run the same again'
  fi
}

# Sets `word` (begun, done, failed, skipped, back-begun, back; empty when never begun) and `at` of step $1.
look_up() {
  word='' at=''
  [ -s "$state" ] || return 0
  read -r word at < <(awk -v n="$1" '
    $3 == n && $2 ~ /^(begun|done|failed|skipped|back-begun|back)$/ { w = $2; t = $1 } END { print w, t }' "$state") || true
}

is_over() { look_up "$1" && { [ "$word" = 'done' ] || [ "$word" = skipped ]; }; }

has() { [ -s "$state" ] && grep -q -F -x -e "$1" <(cut -d' ' -f2- "$state"); }

says() { awk -v w="$1" '$2 == w { f = 1 } END { exit !f }' "$state"; }

# Whether step $1 was begun here and not taken back since, whatever was said of it afterwards.
was_begun() {
  awk -v m="$1" '
    $3 != m { next }
    $2 ~ /^(begun|done|back-begun)$/ { f = 1 }
    $2 == "back" { f = 0 }
    END { exit !f }' "$state"
}

# Whether people gave their word for command $2 of step $1 since that ended.
has_word() {
  awk -v m="$1" -v k="$2" '
    $3 != m { next }
    $2 == "confirmed-by-people" && $4 == k { f = 1 }
    $2 ~ /^(done|failed|skipped|back-begun|back)$/ { f = 0 }
    END { exit !f }' "$state"
}

seal_of_state() { awk '$2 == "seal" { print $3; exit }' "$state"; }

# Before nothing but a look: sets `note` to what has to be known besides, and `hidden` where only root can read.
peek() {
  local folder theirs
  note='' hidden=''
  for folder in "${base%/*}" "$base"; do
    if [ -d "$folder" ] && [ ! -x "$folder" ]; then hidden='?'; fi
  done
  if [ -e "$state" ] && [ ! -r "$state" ]; then hidden='?'; fi
  if [ -n "$hidden" ]; then
    note="$(id -un) can't read what was done here: use \`sudo bash $self …\`."
  elif [ -s "$state" ] && theirs=$(seal_of_state) && [ "$theirs" != "$seal" ]; then
    note="Another plan is on record here (seal ${theirs:0:12}), and is not complete."
    if says complete || says given-up; then note="Another plan (seal ${theirs:0:12}) was carried out here before."; fi
    state=''
  fi
}

need_root() {
  [ "$(id -u)" = 0 ] || [ -n "${MDC_BY_HAND:-}" ] ||
    fail "this needs root's rights" "you are $(id -un)" "run \`sudo bash $self $command …\`"
}

open_state() {
  need_root
  mkdir -p "$base" "$kept"
  exec 9>>"$base/lock"
  flock -n 9 || fail 'another run of this script goes on here' "it holds $base/lock" 'wait for its end'
  if [ -s "$state" ] && [ "$(seal_of_state)" != "$seal" ]; then
    says complete || says given-up ||
      fail "another plan was begun here and is not complete (seal $(seal_of_state | cut -c -12))" \
        "this script is of the plan ${seal:0:12}, recorded is the other in $state" \
        "finish that plan with its own script; or, when nobody will, \`bash $self give-up 'REASON'\`"
    mv "$state" "$base/state-$(seal_of_state | cut -c -12)"
  fi
  [ -s "$state" ] || record seal "$seal"
  work=$(mktemp -d "$base/work.XXXXXX")
  trap 'give_back; rm -rf "$work"' EXIT
  # A closed terminal ends neither a package manager half-way nor its record. Commands keep their own way with pipes.
  trap '' HUP
  trap : PIPE
  trap 'asked=$((asked + 1)); asked_to_stop' INT TERM
  right_machine
}
asked=0

asked_to_stop() {
  if [ "$asked" = 1 ]; then
    tell '\n  You asked to stop: what runs now goes on to its end. Press Ctrl-C again to end it too.\n' >&2
  fi
}

# Asks for WORD with TEXT; OPTION answers where there is no terminal.
ask() { # WORD OPTION TEXT
  local answer=''
  [ -t 0 ] || fail 'somebody has to answer, and there is no terminal to ask on' "$3" "when it is so, give \`$2\`"
  tell '%s\n  Type %s when it is so: ' "$3" "$1"
  read -r answer || true
  [ "$answer" = "$1" ] || fail 'not confirmed' "\`$1\` was not typed" 'see that it is so, then run the same again'
}

right_machine() {
  local name
  name=$(uname -n)
  [ "$name" != "$host" ] || return 0
  # `vm` may call itself `vm.site-a`; `vm.site-b` is another machine.
  case $name/$host in
    *.*/*.*) ;;
    *) [ "${name%%.*}" != "${host%%.*}" ] || return 0 ;;
  esac
  if has "this-is $host on $name"; then return; fi
  [ "$this_is" = "$host" ] ||
    ask "$host" "--this-is $host" "This script is for $host, and this machine calls itself $name. Is it $host?"
  record this-is "$host on $name"
}

