//! Ends a command on the host when its time is up. Closing the channel is not enough: sshd lets
//! the command run on. A second command ends the first one's process group.

use std::time::Duration;

use super::End;
use super::dialogue::Work;
use super::errand::Errand;
use super::process::Shell;

/// How long ending a command may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Ends the process group of `pid`; says in words what came of it, and whether it is gone.
pub(super) fn end_group(
    errand: &Errand<'_>,
    shell: &mut dyn Shell,
    pid: Option<u32>,
) -> (String, bool) {
    let Some(pid) = pid else {
        return ("it had not started; see what the host waits for".to_owned(), false);
    };
    let stop =
        Errand { work: Work::Stop(pid), within: WITHIN, keep: 4096, is_stop: true, ..*errand };
    match stop.run(shell, None).map(|done| done.output.end) {
        Ok(End::Exit(0)) => {
            let told = "its processes on the host were ended; what it changed until then stays, \
                        and so does what it had detached; look at the host, then run it again or \
                        give it more time";
            (told.to_owned(), true)
        }
        Ok(_) => (still_there(pid, "the signals did not help"), false),
        Err(trouble) => (still_there(pid, &trouble.problem.to_string()), false),
    }
}

fn still_there(pid: u32, why: &str) -> String {
    format!(
        "its processes on the host could not be ended ({why}); it may still run there: look at \
         process {pid} and its children (`ps -ef --forest`)"
    )
}

/// Finds the process group (proc(5), `/proc/pid/stat`: state, parent, group), asks it to end, and
/// makes it end after two seconds. Processes that only wait to be looked at by their parent (state
/// `Z`) have ended. Where there is no /proc, the process is taken for its group's leader, as every
/// command of sshd is. `kill -s`: dash understands a group in no other form. `pid`: the number, or
/// the shell's word for it.
pub(super) fn script(pid: &str) -> String {
    format!(
        r#"p={pid}; g=$p; q=
if [ -r /proc/self/stat ]; then
  q=1; read -r s 2>/dev/null < /proc/$p/stat || exit 0
  set -- ${{s##*) }}; g=$3
fi
alive() {{
  kill -s 0 -- "-$g" 2>/dev/null || return 1
  [ "$q" ] || return 0
  for f in /proc/[0-9]*/stat; do
    read -r s 2>/dev/null < "$f" || continue
    set -- ${{s##*) }}
    [ "$3" = "$g" ] && [ "$1" != Z ] && return 0
  done
  return 1
}}
kill -s TERM -- "-$g"
i=0
while [ $i -lt 40 ]; do
  alive || break
  [ $i -eq 20 ] && kill -s KILL -- "-$g"
  sleep 0.1 2>/dev/null || sleep 1
  i=$((i+1))
done
! alive && [ ! "$q" -o ! -e /proc/$p -o "$(sed 's/.*) //;s/ .*//' /proc/$p/stat 2>/dev/null)" = Z ]
"#
    )
}
