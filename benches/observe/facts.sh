# Three packages and three services beside what a host is.
. /etc/os-release; echo "os $ID $VERSION_ID"
read -r kernel < /proc/sys/kernel/osrelease; echo "kernel $kernel"
read -r up _ < /proc/uptime; echo "uptime $up"
df -Pk / | { read -r _; read -r _ size _ free _; echo "disk $size $free"; }
dpkg-query -W -f '${Package} ${Version}\n' bash coreutils dpkg
set -- cron ssh rsyslog
systemctl is-active "$@" | while read -r state; do echo "service $1 $state"; shift; done
echo end
