//! Files with secrets on simulated hosts, and servers by which people are told.

use std::fs;
use std::path::Path;

use crate::commands::{ALL, but};
use crate::echo::Echo;
use crate::examples;
use crate::scene::{Scene, secret, value};

const FILES: &str = "Override.secrets";
const PATH: &str = "WebhookText.secret-path";
const HEADER: &str = "SecretHeaderText.value";
const MAIL: &str = "EmailText.password";

/// Every reference of the example is one to this secret.
fn all_canaries(text: &str) -> String {
    let line = |line: &str| match line.split_once(" = { env = ").or(line.split_once(" = { file = "))
    {
        Some((key, _)) => format!("{key} = {}\n", secret(FILES)),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn telling(web: u16, mail: u16) -> String {
    let notice = |name: &str| {
        format!(
            "\n[[notices]]\nname = \"{name}\"\non = [\"start\", \"end\", \"failure\"]\nwithin = \"20s\"\n\
             retries = 0\n"
        )
    };
    notice("chat")
        + &format!(
            "webhook = {{ url = \"http://127.0.0.1:{web}/hooks\", secret-path = {}, \
             secret-header = {{ name = \"x-key\", value = {} }} }}\n",
            secret(PATH),
            secret(HEADER)
        )
        + &notice("mail")
        + &format!(
            "email = {{ smtp = \"127.0.0.1:{mail}\", tls = \"none\", from = \"mdc@example.org\", \
             to = [\"ops@example.org\"], user = \"mdc\", password = {} }}\n",
            secret(MAIL)
        )
}

fn told(web: &Echo, mail: &Echo) -> Scene {
    let notices = telling(web.port, mail.port);
    let scene = Scene::of("fresh-install", |text| all_canaries(&text) + &notices);
    let login = openssl::base64::encode_block(format!("\0mdc\0{}", value(MAIL)).as_bytes());
    scene.with(FILES).with(PATH).with(HEADER).with(MAIL).with_form(login)
}

#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn fresh() -> Option<Scene> {
    Some(told(&Echo::web(), &Echo::mail()))
}

/// The quickstart with a component of a catalog of one's own, which says itself where its secrets are.
#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn catalog() -> Option<Scene> {
    let scene = Scene::of("quickstart", |text| text).with("component.secrets");
    let own = scene.folder.join("catalog/redis");
    let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/components/redis");
    examples::copy(&catalog, &own);
    let text = fs::read_to_string(own.join("component.toml")).unwrap();
    // Before the first table, where keys of the component itself stand.
    let (head, rest) = text.split_at(text.find("\n[").unwrap() + 1);
    let secrets = format!("secrets = {{ token = {} }}\n", secret("component.secrets"));
    let file = "[files.settings]\npath = \"/etc/redis/token.conf\"\n\
                content = \"token {{json secrets.token}}\\n\"\n\n";
    let rest = rest.replace("[sure]\n", "[sure]\nfiles = { guess = \"of a test\" }\n");
    fs::write(own.join("component.toml"), [head, &secrets, file, &rest].concat()).unwrap();
    Some(scene)
}

/// Whether a simulated host has it, where it belongs.
fn is_on(scene: &Scene, host: &str, what: &str) {
    let file = scene.folder.join(format!(".mdc/fleet/{host}.json"));
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(what), "{host} does not have it: {text}");
}

#[test]
fn secrets_in_files_and_of_those_who_tell_are_seen_nowhere() {
    let (web, mail) = (Echo::web(), Echo::mail());
    let scene = told(&web, &mail);
    let said = scene.leaks_nothing(&but(&[("notify", 1)]));
    assert!(said[3].contains("connection-key"), "the plan names secrets: {}", said[3]);
    assert!(said[12].contains("Complete"), "{}", said[12]);
    // The first of many; a simulated host keeps what tells a secret, and not the secret.
    is_on(&scene, "identity-01", "<secret:connection-key>");
    [PATH, HEADER].map(value).iter().for_each(|it| web.was_told(it));
    mail.was_told(&value(MAIL));
}

#[test]
fn secrets_of_a_catalogs_component_are_seen_nowhere() {
    let scene = catalog().unwrap();
    for (words, status) in ALL {
        let words = [words, &["--catalog", "catalog"]].concat();
        scene.leaks_nothing(&[(&words[..], status)]);
    }
    is_on(&scene, "queue-01", "<secret:token>");
}
