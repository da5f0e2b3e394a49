//! Backups that are nobody's files here: a command tells of them, line by line.

use super::probe;
use crate::manifest::BackupGate;
use crate::transport::quote;
use crate::value::Period;

/// Asks `by`, takes the newest of what it tells, and prints what vouches for it.
pub(super) fn prove(gate: &BackupGate, by: &str, skew: Period) -> String {
    let percent = gate.at_least.of_hundred();
    format!(
        "set -f; list=$(sh -c {by} told) || {{ echo 'the command that tells of backups failed' >&2; exit 1; }}; \
         told=$(printf '%s\\n' \"$list\" | while read -r when size digest name; do [ -n \"$when\" ] || continue; \
         case $when in *[!0-9]*) at=$(date -d \"$when\" +%s 2>/dev/null) || \
         {{ echo \"that is no time: $when\" >&2; exit 1; }};; *) at=$when;; esac; \
         case $size in ''|*[!0-9]*) echo \"that is no size in bytes: $size\" >&2; exit 1;; esac; \
         case ${{#digest}}:$digest in 64:*[!0-9a-fA-F]*) digest=;; 64:*) ;; *) digest=;; esac; \
         [ -n \"$digest\" ] || {{ echo \"there is no SHA-256 of what is of $when\" >&2; exit 1; }}; \
         echo \"$at $size $digest ${{name:-(without a name)}}\"; done) || exit 1; \
         [ -n \"$told\" ] || {{ echo 'it tells of no backup' >&2; exit 1; }}; \
         told=$(printf '%s\\n' \"$told\" | sort -k1,1nr); \
         read -r at size digest name <<END\n$told\nEND\n\
         before=$(printf '%s\\n' \"$told\" | sed -n '2s/^[0-9]* \\([0-9]*\\) .*/\\1/p'); \
         age=$(($(date +%s) - at)); echo \"$name, $size bytes, $age s old\"; \
         [ \"$size\" -gt 0 ] || {{ echo 'it is empty' >&2; exit 1; }}; \
         [ $age -ge -{skew} ] || {{ echo \"it is of the future: $((-age)) s ahead of the clock of this host\" >&2; exit 1; }}; \
         [ $age -le {age} ] || {{ echo {old} >&2; exit 1; }}; \
         [ -z \"$before\" ] || [ $((size * 100)) -ge $((before * {percent})) ] || \
         {{ echo \"it has less than {percent} % of the size of the one before it\" >&2; exit 1; }}; \
         echo \"$digest  $name\"{probe}",
        by = quote(by),
        skew = skew.whole_seconds(),
        age = gate.max_age.whole_seconds(),
        old = quote(&format!("that is older than {}", gate.max_age)),
        probe = probe(gate, "name"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;

    /// By a real shell. `NOW` is now, `OLD` two hours ago, `SUM` a SHA-256.
    #[test]
    fn what_a_command_tells_of_is_judged_as_a_file_is() {
        for (says, probe, told) in [
            ("NOW 100 SUM a b", None, Ok("a b, 100 bytes")),
            ("NOW 100 SUM", None, Ok("(without a name), 100 bytes")),
            ("$(date -u +%FT%TZ) 100 SUM it's", None, Ok("it's, 100 bytes")),
            // In any order: the newest is taken.
            ("OLD 100 SUM old\\nNOW 60 SUM new", None, Ok("new, 60 bytes")),
            ("OLD 100 SUM old\\nNOW 49 SUM new", None, Err("less than 50 % of the size")),
            ("OLD 100 SUM old", None, Err("that is older than 1h")),
            ("99999999999 100 SUM a", None, Err("it is of the future")),
            ("NOW 0 SUM a", None, Err("it is empty")),
            ("", None, Err("it tells of no backup")),
            ("NOW", None, Err("that is no size in bytes")),
            ("NOW many SUM a", None, Err("that is no size in bytes: many")),
            ("NOW 100", None, Err("there is no SHA-256")),
            ("NOW 100 deadbeef a", None, Err("there is no SHA-256")),
            ("NOW 100 zSUM a", None, Err("there is no SHA-256")),
            ("yesterdayish 100 SUM a", None, Err("that is no time: yesterdayish")),
            // One that can't be understood is not passed over.
            ("NOW 100 SUM a\\nerror: the last one failed", None, Err("that is no")),
            ("NOW 100 SUM * $(echo no)", None, Ok("* $(echo no), 100 bytes")),
            ("NOW 100 SUM a", Some("test \"$1\" = a"), Ok("a, 100 bytes")),
            ("NOW 100 SUM a", Some("test \"$1\" = b"), Err("the probe can't read it")),
        ] {
            let says = says.replace("NOW", "$(date +%s)").replace("SUM", &"a".repeat(64));
            let says = says.replace("OLD", "$(($(date +%s) - 7200))");
            let says = says.replace("$(echo no)", "\\$(echo no)").replace('*', "\\052");
            let output = ask(String::new(), Some(&format!("printf \"{says}\\n\"")), probe);
            let said = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let (stdout, stderr) = (said(&output.stdout), said(&output.stderr));
            match told {
                Ok(words) => {
                    assert!(output.status.success() && stdout.contains(words), "{stdout}{stderr}");
                    let sum = stdout.lines().nth(1).and_then(|line| line.split(' ').next());
                    assert_eq!(sum.map(str::len), Some(64), "{stdout}");
                }
                Err(words) => {
                    assert!(!output.status.success() && stderr.contains(words), "{stdout}{stderr}");
                }
            }
        }
        let failed = ask(String::new(), Some("echo broken; exit 3"), None);
        assert!(!failed.status.success());
        assert!(String::from_utf8(failed.stderr).unwrap().contains("tells of backups failed"));
    }
}
