use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;

use camino::Utf8PathBuf;

use super::*;

fn command(words: &[&str]) -> SecretReference {
    SecretReference::Command(words.iter().map(ToString::to_string).collect())
}

fn folder(dir: &tempfile::TempDir) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap()
}

fn problem(reference: &SecretReference, folder: &Utf8Path) -> String {
    resolve(reference, folder).unwrap_err().to_string()
}

#[test]
fn from_the_environment() {
    // Cargo sets this one for every test.
    let reference = SecretReference::Env("CARGO_PKG_NAME".to_owned());
    assert_eq!(resolve(&reference, Utf8Path::new(".")).unwrap().expose(), "mdc");
    let absent = SecretReference::Env("MDC_NO_SUCH_VARIABLE".to_owned());
    let expected =
        "the environment variable `MDC_NO_SUCH_VARIABLE` isn't set; export it and start again";
    assert_eq!(problem(&absent, Utf8Path::new(".")), expected);
}

#[test]
fn from_a_file_of_ours_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sudo");
    let reference = SecretReference::File("sudo".into());
    assert!(problem(&reference, &folder(&dir)).contains("can't be read"));

    write(&path, "s3cret\r\n").unwrap();
    set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(resolve(&reference, &folder(&dir)).unwrap().expose(), "s3cret");

    for mode in [0o640, 0o604, 0o660] {
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let problem = problem(&reference, &folder(&dir));
        assert!(problem.contains("may be used by other users"), "{problem}");
        assert!(problem.contains("chmod 600"), "{problem}");
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}

#[test]
fn unusable_values() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    let reference = SecretReference::File("secret".into());
    let long = "x".repeat(70_000);
    let golden =
        [("", "is empty"), ("\n", "is empty"), ("a\nb\n", "more than one line"), (&long, "longer")];
    for (text, expected) in golden {
        write(&path, text).unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let problem = problem(&reference, &folder(&dir));
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn from_a_command_without_a_shell() {
    let here = Utf8Path::new(".");
    assert_eq!(resolve(&command(&["echo", "$HOME;x"]), here).unwrap().expose(), "$HOME;x");
    let golden = [
        (command(&[]), "has no words"),
        (command(&["/no/such/program"]), "can't be started"),
        (command(&["sh", "-c", "echo hidden; exit 3"]), "failed (exit status: 3)"),
        (command(&["yes"]), "is longer than"),
    ];
    for (reference, expected) in golden {
        let problem = problem(&reference, here);
        assert!(problem.contains(expected), "{problem}");
        assert!(!problem.contains("hidden"), "{problem}");
    }
}

#[test]
fn a_command_that_hangs_is_given_up() {
    let limit = Duration::from_millis(100);
    for script in ["sleep 60", "exec 1>&-; sleep 60"] {
        let words = ["sh", "-c", script].map(str::to_owned);
        let problem = from_command(&words, Utf8Path::new("."), limit).unwrap_err();
        assert!(problem.contains("gave no answer within"), "{problem}");
    }
}
