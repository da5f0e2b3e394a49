# What mdc keeps on a host: jobs, the fence, and copies of the record of a run. Root's alone.
# Called with: SITE FENCE HOLDER VERB [ARGUMENT ...]. The first line of standard output is the
# verdict; the second, where there is one, how many bytes of a job's output follow, stream by stream.
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root
export PATH HOME
base=/var/lib/mdc/$1 fence=$2 holder=$3 verb=$4
shift 4

verdict() { printf '%s\n' "$*"; exit 0; }
cant() { verdict "cannot $*"; }

# A newer lease has been here: whoever holds the older one must not change anything any more.
enter() {
  why=$(mkdir -p "$base/jobs" "$base/runs" 2>&1) || cant "make $base: $why"
  exec 9>>"$base/lock" || cant "write to $base"
  flock -w 30 9 || verdict busy
  newest=0 by=
  [ ! -s "$base/fence" ] || read -r newest by <"$base/fence"
  case $newest in *[!0-9]*|'') cant "read $base/fence: it is damaged" ;; esac
  [ "$newest" -le "$fence" ] || verdict "fenced $newest $by"
  # Two that began in the same second, with stores that don't know of each other.
  [ "$newest" -ne "$fence" ] || [ "$by" = "$holder" ] || verdict "fenced $newest $by"
  [ "$newest" -eq "$fence" ] || {
    printf '%s %s\n' "$fence" "$holder" >"$base/fence.new" && sync "$base/fence.new" &&
      mv -f "$base/fence.new" "$base/fence"
  } || cant "write $base/fence"
}

pause() { sleep "$1" 2>/dev/null || sleep 1; }

# The runner has said which process it is. To be asked before `alive`: a runner that says so between
# the two questions is not taken for one that is gone.
known() { [ -s "$j/pid" ]; }

# The runner works in the job's folder, and no other process with its number does.
alive() {
  read -r pid <"$j/pid" 2>/dev/null || return 1
  [ "/proc/$pid/cwd" -ef "$j" ]
}

# $1: RUN, $2: JOB. The two are names, and nothing else.
job() { run=$1 name=$2 j=$base/jobs/$1/$2 unit=mdc-$1-$2; }

# The command has the umask of a service (systemd.exec(5), UMask=): packages' own scripts rely on it.
# mkdir is what decides: of several runners, or a runner and somebody who gives it up, one begins.
# The runner alone holds the lock of `lives` as long as it lives: whoever waits for the lock wakes at its end.
runner='cd "$1" && mkdir began 2>/dev/null || exit 0
trap : TERM
exec 8>lives && flock 8
echo $$ >pid
read -r t _ </proc/uptime; t=${t%%.*}
: >stdout; : >stderr; umask 022
timeout -k 10 "$2" sh ./command >stdout 2>stderr </dev/null 8>&-; s=$?
umask 077
read -r u _ </proc/uptime; u=${u%%.*}
w=ended
[ $((u - t)) -lt "$2" ] || case $s in 124|137) w=late ;; esac
[ ! -e cancelled ] || w=cancelled
echo "$w $s" >status.new && mv status.new status'

start() {
  mkdir -p "$j" || cant "make $j"
  printf '%s\n' "$2" >"$j/command.new" && cat /proc/sys/kernel/random/boot_id >"$j/boot" &&
    printf '%s\n' "$runner" >"$j/runner" &&
    mv -f "$j/command.new" "$j/command" || cant "write to $j"
  # For those who read the host's own log.
  logger -t mdc -p auth.notice -- "$run, job $name, for $holder: $2" 2>/dev/null
  # From a file: systemd puts its own meaning on every `$` in arguments (systemd.service(5)).
  if [ -d /run/systemd/system ] && systemd-run --quiet --collect --unit="$unit" \
    --property=KillMode=process -- /bin/sh "$j/runner" "$j" "$1" 2>/dev/null 9>&-; then
    return
  fi
  setsid sh "$j/runner" "$j" "$1" </dev/null >/dev/null 2>&1 9>&- &
}

tell() {
  o=$(tail -c "$keep" "$j/stdout" 2>/dev/null | wc -c)
  e=$(tail -c "$keep" "$j/stderr" 2>/dev/null | wc -c)
  printf '%s\n%s %s\n' "$1" $((o)) $((e))
  [ $((o)) -eq 0 ] || tail -c "$keep" "$j/stdout" | head -c $((o))
  [ $((e)) -eq 0 ] || tail -c "$keep" "$j/stderr" | head -c $((e))
  exit 0
}

gone() {
  read -r boot </proc/sys/kernel/random/boot_id
  [ "$(cat "$j/boot" 2>/dev/null)" = "$boot" ] && tell 'gone killed'
  tell 'gone rebooted'
}

# RUN JOB LIMIT KEEP COMMAND: starts the job unless it was started before, and waits for its end.
attend() {
  enter
  job "$1" "$2"
  keep=$4
  [ -e "$j/began" ] || [ -e "$j/status" ] || start "$3" "$5"
  exec 9>&-
  n=0
  while [ ! -e "$j/status" ]; do
    if known; then
      alive || [ -e "$j/status" ] || gone
      # In vain where there is no lock, such as that of a job which another version of mdc has begun.
      flock -s -w 5 "$j/lives" true 2>/dev/null && { [ -e "$j/status" ] || pause 0.1; }
      continue
    elif [ $n -lt 200 ]; then
      n=$((n + 1))
    else
      # It has not said that it lives; when nothing began, it never will.
      ! mkdir "$j/began" 2>/dev/null || tell 'gone unstarted'
      known || [ -e "$j/status" ] || gone
    fi
    pause 0.05
  done
  tell "$(cat "$j/status")"
}

# Signals the whole session of the runner, except the runner, which has to say how it ended.
signal() {
  for f in /proc/[0-9]*/stat; do
    read -r s <"$f" 2>/dev/null || continue
    p=${s%% *}
    set -- "$1" ${s##*) }
    [ "$5" != "$pid" ] || [ "$p" = "$pid" ] || kill -s "$1" "$p" 2>/dev/null
  done
}

# RUN JOB: ends the job, if it runs; says how far that came.
cancel() {
  enter
  job "$1" "$2"
  [ -d "$j" ] || verdict unknown
  [ ! -e "$j/status" ] || verdict over
  : >"$j/cancelled"
  ! mkdir "$j/began" 2>/dev/null || { echo 'cancelled 0' >"$j/status"; verdict unstarted; }
  n=0
  while [ ! -e "$j/status" ] && [ $n -lt 200 ]; do
    if known; then
      alive || [ -e "$j/status" ] || verdict gone
      case $n in
        0) signal TERM; systemctl kill -s TERM "$unit" 2>/dev/null ;;
        100) signal KILL ;;
      esac
      n=$((n + 1))
    else
      # Begun, but not yet said by whom.
      w=$((${w:-0} + 1))
      [ $w -lt 100 ] || verdict gone
    fi
    pause 0.1
  done
  [ -e "$j/status" ] && verdict cancelled
  verdict running
}

# RUN: removes the jobs of a run that is over, and the copies of its record.
forget() {
  enter
  for j in "$base/jobs/$1"/*/; do
    [ -e "$j/status" ] || ! alive || verdict running
  done
  rm -rf "$base/jobs/$1" "$base/runs/$1" && verdict done
  cant "remove $base/jobs/$1"
}

# CONTENT ...: removes the package files that hold this, by the names of their folders.
discard() {
  enter
  for d; do
    case $d in *[!0-9a-f]*|'') cant "remove $d: it names no content" ;; esac
    why=$(rm -rf "/var/cache/mdc/$d" 2>&1) || cant "remove /var/cache/mdc/$d: $why"
  done
  verdict done
}

touch_fence() { enter; verdict done; }

# RUN FILE OFFSET CONTENT: makes CONTENT what follows OFFSET in a file of the record.
keep() {
  enter
  r=$base/runs/$1 f=$base/runs/$1/$2
  mkdir -p "$r" || cant "make $r"
  have=$(($(cat "$f" 2>/dev/null | wc -c)))
  [ $have -ge "$3" ] || verdict "has $have"
  # A part that was cut off, or was sent before by somebody who didn't see the end of it.
  [ $have -eq "$3" ] || { head -c "$3" "$f" >"$f.new" && mv -f "$f.new" "$f"; } || cant "write $f"
  printf %s "$4" >>"$f" && sync "$f" && verdict "has $(($(wc -c <"$f")))"
  cant "write $f"
}

# The newest lease, and the runs whose record is here.
survey() {
  newest=0 by=
  [ ! -s "$base/fence" ] || read -r newest by <"$base/fence"
  printf 'survey %s %s\n' "$newest" "$by"
  for r in "$base"/runs/*/; do
    [ ! -d "$r" ] || basename "$r"
  done
  exit 0
}

# RUN: the jobs of a run that were begun here.
jobs() {
  echo jobs
  for j in "$base/jobs/$1"/*/; do
    [ ! -e "$j/began" ] || basename "$j"
  done
  exit 0
}

# RUN FILE OFFSET MOST: shows a part of a file of the record.
recall() {
  f=$base/runs/$1/$2
  [ -f "$f" ] || verdict unknown
  n=$(($(tail -c +$(($3 + 1)) "$f" | head -c "$4" | wc -c)))
  printf 'recall %s\n' "$n"
  tail -c +$(($3 + 1)) "$f" | head -c "$n"
  exit 0
}

"$verb" "$@"
