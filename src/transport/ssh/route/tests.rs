use super::*;

fn controller() -> Controller {
    Controller {
        user: Some("me".into()),
        home: Some("/home/me".into()),
        agent: Some("/run/agent".into()),
    }
}

fn route(settings: &SshConnection, config: Option<&str>) -> Result<Vec<Hop>, Trouble> {
    let dir = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(dir.path().join("config")).unwrap();
    let config = config.map(|text| {
        std::fs::write(&path, text).unwrap();
        Config::read(&path, None).unwrap()
    });
    let folder = Utf8Path::new("/site");
    let controller = controller();
    let planner = Planner { settings, folder, controller: &controller, config: config.as_ref() };
    planner.route("web-1")
}

fn last(settings: &SshConnection, config: Option<&str>) -> Hop {
    route(settings, config).unwrap().pop().unwrap()
}

fn texts(paths: &[Utf8PathBuf]) -> Vec<&str> {
    paths.iter().map(|path| path.as_str()).collect()
}

#[test]
fn defaults_are_those_of_openssh() {
    let hop = last(&SshConnection::default(), None);
    assert_eq!((hop.id.name().as_str(), hop.user.as_str()), ("web-1", "me"));
    assert_eq!(hop.agent.as_deref(), Some("/run/agent".into()));
    let names = ["id_ed25519", "id_ecdsa", "id_rsa"].map(|name| format!("/home/me/.ssh/{name}"));
    assert_eq!(texts(&hop.keys), names);
    assert!(!hop.keys_are_named);
    let known = texts(&hop.known_hosts);
    assert_eq!(known.first(), Some(&"/home/me/.ssh/known_hosts"));
    assert_eq!(known.last(), Some(&"/etc/ssh/ssh_known_hosts2"));
}

#[test]
fn the_manifest_wins() {
    let config = "Host web-1\nUser c\nPort 1\nHostName real-%h\nIdentityFile /c\n\
                  UserKnownHostsFile /k\nProxyJump c-jump\nIdentityAgent /c-agent\n";
    let settings = SshConnection {
        user: Some("m".into()),
        port: Some(2),
        keys: vec!["keys/m".into(), "~/m".into()],
        certificate: Some("m-cert.pub".into()),
        known_hosts: vec!["known".into()],
        jump: vec!["j@[::1]:3".into()],
        ..SshConnection::default()
    };
    let hops = route(&settings, Some(config)).unwrap();
    let hop = hops.last().unwrap();
    assert_eq!((hop.id.name().as_str(), hop.user.as_str()), ("[real-web-1]:2", "m"));
    assert_eq!(texts(&hop.keys), ["/site/keys/m", "/home/me/m"]);
    assert!(hop.keys_are_named);
    assert_eq!(texts(&hop.certificates), ["/site/m-cert.pub"]);
    assert_eq!(texts(&hop.known_hosts), ["/site/known"]);
    assert_eq!(hop.agent, None, "a named key is enough");
    assert_eq!(hops.len(), 2);
    assert_eq!((hops[0].id.name().as_str(), hops[0].user.as_str()), ("[::1]:3", "j"));
}

#[test]
fn the_configuration_fills_in() {
    let config = "Host web-1\n User c\n Port 1\n HostName real\n IdentityFile ~/%r@%h:%p\n\
                  UserKnownHostsFile /k1 /k2\n GlobalKnownHostsFile none\n IdentitiesOnly yes\n\
                  IdentityAgent none\n ConnectTimeout 3\n ServerAliveInterval 15\n\
                  ProxyJump one,two@far:7\n\
                  Host one\n User of-one\n Port 11\n";
    let hops = route(&SshConnection::default(), Some(config)).unwrap();
    let hop = hops.last().unwrap();
    assert_eq!((hop.id.name().as_str(), hop.user.as_str()), ("[real]:1", "c"));
    assert_eq!(texts(&hop.keys), ["/home/me/c@real:1"]);
    assert_eq!(texts(&hop.known_hosts), ["/k1", "/k2"]);
    assert!(hop.only_named);
    assert_eq!(hop.agent, None);
    assert_eq!(hop.timeouts.connect, Period::seconds(3));
    assert_eq!(hop.timeouts.keepalive, Period::seconds(15));
    assert_eq!(hop.timeouts.silence, Period::seconds(45));
    let jumps: Vec<_> = hops[..2].iter().map(|h| (h.user.clone(), h.id.name())).collect();
    let expected = [("of-one", "[one]:11"), ("two", "[far]:7")];
    assert_eq!(jumps, expected.map(|(user, name)| (user.to_owned(), name.to_owned())));
}

#[test]
fn a_password_is_shown_to_a_jump_host_of_the_same_user_only() {
    let settings = SshConnection {
        password: Some(SecretReference::Env("P".into())),
        jump: vec!["a".into(), "other@b".into()],
        ..SshConnection::default()
    };
    let shown: Vec<bool> =
        route(&settings, None).unwrap().iter().map(|hop| hop.password.is_some()).collect();
    assert_eq!(shown, [true, false, true]);
}

#[test]
fn mistakes_are_named() {
    for text in ["", "@a", "a:", "a:x", "[a", "[a]b", "a:99999"] {
        let settings = SshConnection { jump: vec![text.into()], ..SshConnection::default() };
        let trouble = route(&settings, None).unwrap_err();
        assert!(trouble.problem.to_string().contains("no host to jump through"), "{text}");
    }
    let trouble = route(&SshConnection::default(), Some("Port many\n")).unwrap_err();
    assert!(trouble.problem.to_string().contains("`port` to `many`"));
}
