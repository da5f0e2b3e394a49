# shellcheck shell=bash
# What carries the steps above out. It runs under the bash of Debian 11 and of Rocky Linux 9, and changes nothing but by
# the commands of the steps, apart from its own record below /var/lib/mdc-by-hand.
set -euo pipefail
umask 077
export PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME=/root

self=${BASH_SOURCE[0]}
packages=$(cd -- "$(dirname -- "$self")" && pwd)/packages
base=${MDC_BY_HAND:-/var/lib/mdc-by-hand}/$site
state=$base/state
kept=$base/${seal:0:12}
log=$kept/log

# printf for whoever looks on. A terminal that was closed takes nothing any more, and ends no step half-way for it: from
# then on it goes to the log.
tell() {
  # shellcheck disable=SC2059
  printf "$@" 2>/dev/null && return 0
  exec >>"$log" 2>&1 || exec >/dev/null 2>&1
  # shellcheck disable=SC2059
  printf "$@" || true
}

say() { tell '%s\n' "$*"; }

# WHAT WHY NEXT: gives back what is kept from work, says what happened, and ends.
fail() {
  give_back
  tell '\nSTOPPED on %s: %s\n' "$host" "$1" >&2
  [ -z "$2" ] || tell '  why:  %s\n' "$2" >&2
  tell '  next: %s\n' "$3" >&2
  exit 1
}

# Whatever steers a terminal in the output of a command is shown, not obeyed.
harmless() { LC_ALL=C tr -c '\n\t\040-\176\200-\377' '?' | LC_ALL=C sed 's/\xc2[\x80-\x9f]/?/g'; }

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

