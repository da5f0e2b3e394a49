//! Secrets: where they must not be while `mdc` runs.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::site::Site;

const SECRET: &str = "s3cret-of-the-tests";
const LOCAL: &str = "[connections.c.local]\nsudo = \"none\"";

/// What runs on this machine as a host has the environment of a login: a variable with a secret, which
/// mdc has, is not handed on. The probe itself looks, through the eyes of root if the tests have them.
#[test]
fn a_secret_in_the_environment_goes_no_further() {
    // Written so that the search doesn't find itself.
    let probe = "grep -l '[s]3cret-of-the-tests' /proc/[0-9]*/environ /proc/[0-9]*/cmdline > found; \
                 echo done >> found";
    let health = format!("[components.redis]\nhealth = {{ command = \"{probe}\" }}");
    let site = Site::new(LOCAL, &health);
    let mut command = site.command(&["observe"]);
    command.env("MDC_TEST_SECRET", SECRET).env("PATH", site.tools());
    let mut mdc = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    mdc.wait().unwrap();
    let found = fs::read_to_string(site.path("found")).unwrap();
    let own = format!("/proc/{}/environ", mdc.id());
    let others: Vec<&str> = found.lines().filter(|line| *line != own && *line != "done").collect();
    assert_eq!(others, Vec::<&str>::new());
    assert!(found.ends_with("done\n"), "the probe did not look: {found}");
}

/// Ended by a signal that makes the kernel write the process's memory down, where it may.
fn ended_with_a_core(command: &mut Command, begun: impl Fn() -> bool) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !begun() {
        assert!(started.elapsed() < Duration::from_secs(20), "it did not begin");
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "ABRT", &pid]).status().unwrap().success());
    child.wait().unwrap().core_dumped()
}

#[test]
fn a_crash_leaves_no_memory_on_the_disk() {
    let limit = |site: &Site, program: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -c unlimited && touch ready && exec {program}")]);
        command.current_dir(site.path("")).env("PATH", site.tools());
        command
    };
    let other = Site::new(LOCAL, "");
    if !ended_with_a_core(&mut limit(&other, "sleep 100"), || other.path("ready").exists()) {
        use std::io::Write;
        writeln!(std::io::stderr(), "SKIPPED core dumps: this machine writes none").unwrap();
        return;
    }
    // Held up by a probe that waits.
    let health = "[components.redis]\nhealth = { command = \"touch begun; sleep 5\" }";
    let site = Site::new(LOCAL, health);
    let program = format!("{} observe", env!("CARGO_BIN_EXE_mdc"));
    assert!(!ended_with_a_core(&mut limit(&site, &program), || site.path("begun").exists()));
}

/// Every file and folder that mdc makes is its owner's alone, whatever the umask.
#[test]
fn modes_do_not_depend_on_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let simulated = "[connections.c.simulated]\nfolder = \"fleet\"\nspeed = 0";
    for umask in ["000", "022", "277"] {
        let site = Site::new(simulated, "");
        // The simulated fleet is a toy beside the state, and has the modes of other files.
        site.mdc(&["observe"]);
        let mdc = format!(
            "umask {umask}; {0} observe -o snapshot.json; {0} plan -o plan.json; {0} apply --yes",
            env!("CARGO_BIN_EXE_mdc")
        );
        let output =
            Command::new("sh").args(["-c", &mdc]).current_dir(site.path("")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "umask {umask}: {said}");
        let mode = |path: &std::path::Path| {
            fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
        };
        for name in ["snapshot.json", "plan.json"] {
            assert_eq!(mode(&site.path(name)), 0o600, "umask {umask}: {name}");
        }
        let mut open = vec![site.path(".mdc")];
        while let Some(folder) = open.pop() {
            assert_eq!(mode(&folder), 0o700, "umask {umask}: {}", folder.display());
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    assert_eq!(mode(&path), 0o600, "umask {umask}: {}", path.display());
                }
            }
        }
    }
}
