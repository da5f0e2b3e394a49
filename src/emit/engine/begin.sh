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

say() { printf '%s\n' "$*"; }

# WHAT WHY NEXT: says what happened, and ends.
fail() {
  {
    printf '\nSTOPPED on %s: %s\n' "$host" "$1"
    [ -z "$2" ] || printf '  why:  %s\n' "$2"
    printf '  next: %s\n' "$3"
  } >&2
  exit 1
}

# Whatever steers a terminal in the output of a command is shown, not obeyed.
harmless() { LC_ALL=C tr -c '\n\t\040-\176\200-\377' '?' | LC_ALL=C sed 's/\xc2[\x80-\x9f]/?/g'; }

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

