use super::*;

const A: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const B: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";

fn read(text: &str) -> KnownHosts {
    let dir = tempfile::tempdir().unwrap();
    let file = Utf8PathBuf::from_path_buf(dir.path().join("known_hosts")).unwrap();
    std::fs::write(&file, text).unwrap();
    KnownHosts::read(vec![file]).unwrap()
}

fn lines(known: &KnownHosts, name: &str) -> Vec<usize> {
    known.lines_for(name).into_iter().map(|known| known.line).collect()
}

#[test]
fn finds_lines_by_name_pattern_and_port() {
    let text = format!(
        "# comment\n\nalpha,10.0.0.1 {A}\n*.example.com,!bad.example.com {A} note # two\n\
         [alpha]:2222 {B}\n\t ALPHA \t {B}\n[10.0.*]:22?? {A}\n"
    );
    let known = read(&text);
    assert_eq!(known.faults, Vec::<String>::new());
    let golden: [(&str, &[usize]); 8] = [
        ("alpha", &[3, 6]),
        ("Alpha", &[3, 6]),
        ("10.0.0.1", &[3]),
        ("x.example.com", &[4]),
        ("bad.example.com", &[]),
        ("[alpha]:2222", &[5]),
        ("[10.0.0.9]:2200", &[7]),
        ("beta", &[]),
    ];
    for (name, expected) in golden {
        assert_eq!(lines(&known, name), expected, "{name}");
    }
    assert!(known.lines_for("alpha")[0].place().ends_with("/known_hosts:3"));
}

#[test]
fn finds_names_that_ssh_keygen_hashed() {
    // Made with `ssh-keygen -H` from `host.example` and `[host.example]:2222`.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("known_hosts");
    std::fs::write(&path, format!("host.example {A}\n[host.example]:2222 {B}\n")).unwrap();
    let hashed = std::process::Command::new("ssh-keygen").arg("-H").arg("-f").arg(&path).output();
    assert!(hashed.unwrap().status.success());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("host.example"), "{text}");
    let known = read(&text);
    assert_eq!(lines(&known, "host.example"), [1]);
    assert_eq!(lines(&known, "[HOST.example]:2222"), [2]);
    assert!(lines(&known, "other.example").is_empty());
}

#[test]
fn reads_markers() {
    let known = read(&format!("@cert-authority * {A}\n@revoked h {B}\nh {A}\n"));
    let roles: Vec<Role> = known.lines_for("h").into_iter().map(|known| known.role).collect();
    assert_eq!(roles, [Role::Authority, Role::Revoked, Role::Host]);
}

#[test]
fn passes_over_what_it_cannot_read_but_never_a_revocation() {
    let known = read(&format!("h ssh-unheard AAAA\nh\n\u{0}\nh {A}\n"));
    assert_eq!(lines(&known, "h"), [4]);
    assert_eq!(known.faults.len(), 3);
    assert!(known.faults[0].contains("known_hosts:1 can't be read"));

    let mut known = KnownHosts::default();
    let error = known.take(Utf8Path::new("f"), "@revoked * ssh-ed25519 nonsense").unwrap_err();
    assert!(error.starts_with("f:1 revokes a key but can't be read"), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_empty() {
    let known = KnownHosts::read(vec!["/no/such/file".into()]).unwrap();
    assert_eq!(known.files(), "/no/such/file");
    assert!(known.lines_for("h").is_empty());
}
