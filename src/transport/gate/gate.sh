#!/bin/sh
# mdc-gate: does for mdc, as root, what the root of this host has listed in /etc/mdc/allowed, and
# nothing else. `mdc generate host-gate` prints this file; see docs/security.md.
#
# Called through sudo as: mdc-gate TOKEN VERB [ARGUMENT].
#   command TEXT   runs TEXT if its SHA-256 is listed
#   script         runs the script on standard input if its SHA-256 is listed
#   order DIGEST   does one of the fixed things below with jobs and records; the words stand on
#                  standard input, one a line, encoded for printf %b
#   stop PID       ends what this gate started
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root
export PATH HOME
umask 022
cd /
allowed=/etc/mdc/allowed
folder=${allowed%/*}
host=@DIGEST@
newline='
'

refuse() { printf 'mdc-gate refuses: %s\n' "$*" >&2; exit 126; }

# $1: a text, $2: what it is.
listed() {
  safe=$(find "$folder" "$allowed" -prune -user 0 ! -perm -020 ! -perm -002 2>/dev/null | wc -l)
  [ $((safe)) -eq 2 ] || refuse "$allowed is missing, or others than root may write to it"
  digest=$(printf %s "$1" | sha256sum) && digest=${digest%% *} && [ ${#digest} -eq 64 ] ||
    refuse 'sha256sum does not work here'
  grep -q -E "^$digest( |\$)" "$allowed" ||
    refuse "this $2 is not listed in $allowed; its SHA-256 is $digest"
}

name() {
  case $1 in ''|.*|-*|*[!A-Za-z0-9._-]*) refuse 'a name that is none' ;; esac
  [ ${#1} -le 200 ] || refuse 'a name that is too long'
}

number() {
  case $1 in ''|*[!0-9]*) refuse 'a number that is none' ;; esac
  [ ${#1} -le 18 ] || refuse 'a number that is too large'
}

content() {
  case $1 in ''|*[!0-9a-f]*) refuse 'a content that is none' ;; esac
  [ ${#1} -eq 64 ] || refuse 'a content that is none'
}

begin() { printf '%s\n' "$token"; printf '%s start %s\n' "$token" "$$" >&2; }

end() { printf '\n%s end %s\n' "$token" "$1" >&2; exit "$1"; }

# SITE FENCE HOLDER VERB [ARGUMENT ...], as the script below has them.
check() {
  name "$1"
  number "$2"
  case $3 in *[[:cntrl:]]*) refuse 'a holder that is none' ;; esac
  case $4.$# in
    touch_fence.4|survey.4) ;;
    attend.9)
      name "$5"; name "$6"; number "$7"; number "$8"
      listed "$9" command
      ;;
    cancel.6) name "$5"; name "$6" ;;
    forget.5|jobs.5) name "$5" ;;
    discard.*)
      shift 4
      for digest; do content "$digest"; done
      ;;
    keep.8) name "$5"; name "$6"; number "$7" ;;
    recall.8) name "$5"; name "$6"; number "$7"; number "$8" ;;
    *) refuse 'an order that is none' ;;
  esac
}

order() (
@HOST@)

stop() (
@STOP@)

token=$1 verb=$2
case $token in *[!0-9a-f]*) refuse 'a token that is none' ;; esac
[ ${#token} -eq 32 ] || refuse 'a token that is none'

case $verb.$# in
  command.3)
    listed "$3" command
    begin
    sh -c "$3"
    end $?
    ;;
  script.2)
    text=$(head -c 4194304)
    listed "$text" script
    begin
    (eval "$text")
    end $?
    ;;
  order.3)
    [ "$3" = "$host" ] ||
      refuse 'it belongs to another version of mdc; install what mdc generate host-gate prints'
    text=$(head -c 4194304)
    set -f
    IFS=$newline
    set --
    for line in $text; do
      word=$(printf '%b.' "${line#.}")
      set -- "$@" "${word%.}"
    done
    unset IFS
    set +f
    check "$@"
    begin
    order "$@"
    end $?
    ;;
  stop.3)
    number "$3"
    [ "$(tr '\0' '\n' <"/proc/$3/cmdline" 2>/dev/null | sed -n 2p)" = "$0" ] ||
      [ ! -e "/proc/$3" ] || refuse 'a process that it did not start'
    begin
    stop "$3"
    end $?
    ;;
  *) refuse 'something that it does not know' ;;
esac
