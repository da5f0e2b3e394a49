use super::*;

/// A home folder with these files.
fn home(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let home = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    for (name, text) in files {
        let path = home.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    (dir, home)
}

fn read(files: &[(&str, &str)]) -> Result<Config, String> {
    let (_dir, home) = home(files);
    Config::read(&home.join("config"), Some(&home))
}

fn one(config: &Config, host: &str, key: &str) -> String {
    let settings = config.about(host);
    let values = settings.get(key).map(|all| all.iter().map(|v| v.join(" ")).collect::<Vec<_>>());
    values.unwrap_or_default().join(";")
}

#[test]
fn the_first_value_wins_and_key_files_add_up() {
    let config = read(&[(
        "config",
        "# for all\nCompression yes\nHost a\n  User=one\n\tPort = 2201\n  IdentityFile ~/a\n\
         Host a b !c\n  user two # why\n  IdentityFile \"/with space/b\"\nHost *\n  USER three\n",
    )])
    .unwrap();
    let golden = [
        ("a", "user", "one"),
        ("a", "port", "2201"),
        ("a", "identityfile", "~/a;/with space/b"),
        ("b", "user", "two"),
        ("c", "user", "three"),
        ("c", "port", ""),
        ("a", "compression", ""),
    ];
    for (host, key, expected) in golden {
        assert_eq!(one(&config, host, key), expected, "{host} {key}");
    }
}

#[test]
fn includes_keep_the_condition_they_stand_under() {
    let config = read(&[
        (
            "config",
            "Include conf.d/*.conf\nHost inner\n  Include deep\n  Port 3\nHost *\n  Port 9\n",
        ),
        (".ssh/conf.d/a.conf", "Host a\n  Port 1\n"),
        (".ssh/conf.d/b.conf", "Host b\n  Port 2\n"),
        (".ssh/conf.d/c.off", "Host *\n  Port 7\n"),
        (".ssh/deep", "User deep\nHost other\n  User never\n"),
    ])
    .unwrap();
    let golden = [
        ("a", "port", "1"),
        ("b", "port", "2"),
        ("inner", "port", "3"),
        ("inner", "user", "deep"),
        ("other", "user", ""),
        ("other", "port", "9"),
    ];
    for (host, key, expected) in golden {
        assert_eq!(one(&config, host, key), expected, "{host} {key}");
    }
}

#[test]
fn match_is_passed_over_with_a_note() {
    let config =
        read(&[("config", "Match exec \"test -f x\"\n  User never\nMatch all\n  User always\n")])
            .unwrap();
    assert_eq!(one(&config, "h", "user"), "always");
    assert_eq!(config.notes.len(), 1);
    assert!(config.notes[0].ends_with("/config:1: `Match` is not understood; its block is unused"));
}

#[test]
fn faults_name_their_place() {
    let golden = [
        (("config", "Host\n"), "config:1: `host` has no value"),
        (("config", "Host a\n  User \"open\n"), "config:2 has an open quote"),
        (("other", ""), "can't be read"),
    ];
    for (file, expected) in golden {
        let error = read(&[file]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let error = read(&[("config", "Include loop"), (".ssh/loop", "Include loop")]).unwrap_err();
    assert!(error.contains("16 files deep"), "{error}");
}
