# shellcheck shell=bash disable=SC2034   # the variables are used by the scripts that source this file
# Names, tables and small verbs shared by the scripts of the test fleet.
set -euo pipefail

SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DIR=${MDC_FLEET_DIR:-${TMPDIR:-/tmp}/mdc-fleet}   # everything that is made lives here
# The network, a /16: this machine is .0.1, host number i is .1.i. `up` records the choice for the other scripts.
NET=${MDC_FLEET_NET:-$(cat "$DIR/net" 2>/dev/null || echo 10.213)}
DISK=${MDC_FLEET_DISK:-2g}                        # size of a host's disk: a tmpfs that holds what the host changed
GATE=$NET.0.1
PORT=8900                                         # the package repository listens on $GATE:$PORT
TAG=mdcf                                          # prefix of bridge, interfaces, network namespaces, cgroups

IMAGES=$DIR/images      # read-only root file systems                            (cache)
REPO=$DIR/repository    # newer infrastructure packages, a flat apt repository   (cache)
LAYERS=$DIR/layers      # per host: what the A state adds to its image           (cache)
SITE=$DIR/site          # what a user of mdc has: manifest, releases, key, packages
HOSTS=$DIR/hosts        # running hosts: disk, root, console log
LOGS=$DIR/logs

# host, kind of image, products of the A state. The line number is the last part of the address.
host_table() { cat <<'TABLE'
infra-01    infra
identity-01 deb   identity-service=2.8.0
control-01  deb   control-center=2.8.0
storage-01  deb   file-storage=2.8.0
exec-01     deb   worker=2.8.0 md-core=2.8.0 callback-service=2.8.0
exec-02     rpm   worker=2.9.0 md-core=2.8.0 api-gateway=2.8.0
infra-02    redis
infra-03    redis
TABLE
}
# component id, package, unit, port. The last three packages' names are guesses: the vendor documents none.
product_table() { cat <<'TABLE'
file-storage     md-cluster-file-storage     md-cluster-file-storage     8890
identity-service md-cluster-identity-service md-cluster-identity-service 8891
control-center   md-cluster-control-center   md-cluster-control-center   8892
worker           md-cluster-worker           md-cluster-worker           8893
md-core          md-core                     ometascan                   8008
api-gateway      md-cluster-api-gateway      md-cluster-api-gateway      8899
callback-service md-cluster-callback-service md-cluster-callback-service 8894
TABLE
}
# component id, Debian package
infra_table() { cat <<'TABLE'
postgresql postgresql-13
rabbitmq   rabbitmq-server
redis      redis-server
TABLE
}
VERSIONS='2.8.0 2.9.0 2.9.1 2.9.2'

host_names() { host_table | awk '{print $1}'; }
number_of() { host_table | awk -v h="$1" '$1==h{print NR}'; }
kind_of() { host_table | awk -v h="$1" '$1==h{print $2}'; }
address_of() { echo "$NET.1.$(number_of "$1")"; }
products_of() { host_table | awk -v h="$1" '$1==h{for (i=3; i<=NF; i++) print $i}'; }
package_of() { product_table | awk -v c="$1" '$1==c{print $2}'; }
unit_of() { product_table | awk -v c="$1" '$1==c{print $3}'; }
port_of() { product_table | awk -v c="$1" '$1==c{print $4}'; }
# file_of FORM PACKAGE VERSION
file_of() { case $1 in deb) echo "$2_$3-1_amd64.deb";; rpm) echo "$2-$3-1.x86_64.rpm";; esac; }
# images of a kind, upper-most first: the rpm image is a layer on the deb image; of the infra image, redis starts Redis alone
image_chain() { case $1 in rpm) echo "$IMAGES/rpm:$IMAGES/deb";; redis) echo "$IMAGES/infra";; *) echo "$IMAGES/$1";; esac; }

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN{printf "%.1f s", b-a}'; }
digest_of() { cat "$@" | sha256sum | cut -c1-16; }

preflight() {
  [ "$(id -u)" = 0 ] || die "the fleet needs root (namespaces, mounts, cgroups): run it as root"
  case $DIR in *[:,\ ]*) die "MDC_FLEET_DIR=$DIR: overlay mounts allow no colon, comma or space in a path; choose another folder";; esac
  case $DIR in /?*) ;; *) die "MDC_FLEET_DIR=$DIR: give an absolute path";; esac
}
# step LABEL COMMAND...: runs with output in a log, says how long it took; a failure names the log and shows its end
step() {
  local label=$1 log=$LOGS/${1// /-}.log t=$EPOCHREALTIME rc=0; shift
  mkdir -p "$LOGS"
  # a subshell with errexit of its own: in `f || rc=$?` bash ignores errexit throughout f
  set +e; ( set -e; "$@" ) > "$log" 2>&1; rc=$?; set -e
  [ $rc = 0 ] || { tail -n 8 "$log" | sed 's/^/    /' >&2; die "$label failed (exit $rc); the log is $log; after repairing the cause run tests/fleet/up again"; }
  say "$label: $(since "$t")"
}
# wait for background jobs; fails if one did
join() { local p rc=0; for p in "$@"; do wait "$p" || rc=1; done; return $rc; }

# Cgroup trees in which each host gets a directory of its own (pure v2, or every v1 hierarchy of a hybrid machine).
cgroup_roots() {
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then echo /sys/fs/cgroup; return; fi
  local c; for c in unified systemd memory pids freezer; do [ ! -d /sys/fs/cgroup/$c ] || echo /sys/fs/cgroup/$c; done
}
cgroup_v2() { if [ -f /sys/fs/cgroup/cgroup.controllers ]; then echo /sys/fs/cgroup; else echo /sys/fs/cgroup/unified; fi; }

# in_layer LOWER UPPER COMMAND...: mounts UPPER over LOWER at $LAYER with /proc, runs COMMAND, unmounts
in_layer() {
  local lower=$1 upper=$2 work rc=0; shift 2
  mkdir -p "$upper" "$DIR/work"; work=$(mktemp -d "$DIR/work/layer.XXXXXX"); mkdir "$work/work" "$work/root"; LAYER=$work/root
  mount -t overlay "$TAG-layer" -o "lowerdir=$lower,upperdir=$upper,workdir=$work/work" "$LAYER"
  mount -t proc proc "$LAYER/proc"
  set +e; ( set -e; "$@" ); rc=$?; set -e
  umount "$LAYER/proc" "$LAYER"; rm -rf "$work"; return $rc
}
# No daemon may start inside a chroot, and none of the outer machine's settings may leak in.
inside() { chroot "$LAYER" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }
SSH=(ssh -F /dev/null -o IdentitiesOnly=yes -o IdentityAgent=none -o ConnectTimeout=5 -o StrictHostKeyChecking=yes
  -o "UserKnownHostsFile=$SITE/known_hosts" -o GlobalKnownHostsFile=/dev/null)
remote() { "${SSH[@]}" -o BatchMode=yes -i "$SITE/id" "ops@$(address_of "$1")" "${@:2}"; }   # HOST COMMAND, the way mdc comes in
# a shell text that succeeds when everything answers that the A state runs on the host
services_of() {
  local p
  case $(kind_of "$1") in infra) echo 'pg_isready -q && redis-cli ping | grep -q PONG && sudo rabbitmq-diagnostics -q check_running >/dev/null';;
  redis) echo 'redis-cli ping | grep -q PONG';;
  *) printf true; for p in $(products_of "$1"); do
       printf ' && systemctl is-active -q %s && curl -fsS -m 5 localhost:%s/readyz >/dev/null' "$(unit_of "${p%=*}")" "$(port_of "${p%=*}")"; done;; esac
}
# One fleet per machine: bridge and cgroup names are fixed. This file says whose it is.
OWNER=/run/$TAG.folder
not_elsewhere() {
  [ ! -f "$OWNER" ] || [ "$(cat "$OWNER")" = "$DIR" ] ||
    die "a fleet of the folder $(cat "$OWNER") is up; take it down first: MDC_FLEET_DIR=$(cat "$OWNER") tests/fleet/down"
}
lock() { mkdir -p "$DIR"; exec 9> "$DIR/lock"; flock -n 9 || die "another up or down is at work in $DIR: wait for it"; }
