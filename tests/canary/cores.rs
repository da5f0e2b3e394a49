//! Standalone MD Core instances and the licence server: a login or a key, an activation key, the password of
//! settings on their way, a licence file.

use std::fs;

use crate::bed::Bed;
use crate::commands::but;
use crate::scene::{Scene, secret, value};
use crate::stand_in::{ARCHIVE, Fault, KEY, PASSWORD, license_file};

const LOGIN: &str = "StandbyText.password";
const BY_KEY: &str = "StandbyText.api-key";
const ACTIVATION: &str = "StandbyText.activation-key";
const SETTINGS: &str = "StandbyText.settings-password";
const LICENCE: &str = "CoreText.license-file";
const OTHER_LICENCE: &str = "CoreText.license-file of the other";

/// Two instances, of which the second is to stand by; the files of its secrets are in variables instead.
fn bed(change: impl Fn(&Bed)) -> Scene {
    let bed = Bed::new(&["production", "unlicensed"], &["production", "backup"]);
    change(&bed);
    for (name, place) in [
        ("password", LOGIN),
        ("key", ACTIVATION),
        ("archive", SETTINGS),
        ("license-0.yml", LICENCE),
        ("license-1.yml", OTHER_LICENCE),
    ] {
        let text = fs::read_to_string(bed.site.path("mdc.toml")).unwrap();
        let text = text.replace(&format!("{{ file = \"{name}\" }}"), &secret(place));
        fs::write(bed.site.path("mdc.toml"), text).unwrap();
        fs::remove_file(bed.site.path(name)).unwrap();
    }
    let folder = bed.site.path("");
    Scene::at(&folder, vec![Box::new(bed)])
}

fn with_settings(bed: &Bed) {
    bed.site.edit("[standby]\n", "[standby]\nsettings-password = { file = \"archive\" }\n");
}

#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn online() -> Option<Scene> {
    let scene = bed(with_settings).with_value(LOGIN, PASSWORD).with_value(ACTIVATION, KEY);
    Some(scene.with_value(SETTINGS, ARCHIVE).with_form("canary-session".to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn offline() -> Option<Scene> {
    let scene = bed(Bed::offline).with_value(LOGIN, PASSWORD).with_value(ACTIVATION, KEY);
    let scene = scene.with_value(LICENCE, &license_file(0));
    Some(scene.with_value(OTHER_LICENCE, &license_file(1)))
}

fn with_key(bed: &Bed) {
    let login = "user = \"admin\"\npassword = { file = \"password\" }\n";
    bed.site.edit(login, &format!("api-key = {}\n", secret(BY_KEY)));
    for core in &mut bed.cores.state().cores {
        core.sessions.insert(value(BY_KEY));
    }
}

/// Instances that know a key, for which nobody logs in.
#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn by_key() -> Option<Scene> {
    let scene = bed(with_key);
    Some(scene.with(BY_KEY).with_value(ACTIVATION, KEY))
}

/// The hosts have other names.
const ENDS: [(&str, i32); 1] = [("doctor", 1)];

/// An instance, or what stands before it, may say what it was asked.
#[test]
fn what_an_instance_repeats_is_hidden() {
    const REGISTER: &str = "POST /admin/license/backup";
    type Change = fn(&Bed);
    let (login, key): ([(&str, &str); 3], _) =
        ([(LOGIN, PASSWORD), (ACTIVATION, KEY), (SETTINGS, ARCHIVE)], value(BY_KEY));
    let by_key = [(BY_KEY, key.as_str()), (ACTIVATION, KEY)];
    for (change, secrets, faults, statuses) in [
        (
            with_key as Change,
            &by_key[..],
            &[("/stat/engines", 500), (REGISTER, 403)][..],
            [0, 1, 0, 1],
        ),
        (with_key, &by_key, &[("/admin/export", 500), ("/readyz", 503)], [0, 1, 0, 0]),
        (with_settings, &login, &[("/version", 500), (REGISTER, 403)], [0, 1, 0, 1]),
        (with_settings, &login, &[("GET /admin/license", 500)], [0, 1, 1, 1]),
        (with_settings, &login, &[("POST /login", 403)], [0, 1, 1, 1]),
    ] {
        let scene = bed(|bed| {
            change(bed);
            for (on, status) in faults {
                bed.cores.state().faults.push((on, Fault::Repeats(*status), usize::MAX));
            }
        });
        let scene = secrets.iter().fold(scene, |it, (place, value)| it.with_value(place, value));
        let [looks, applies, reports, takes_over] = statuses;
        let said = scene.with_form("canary-session".to_owned()).leaks_nothing(&[
            (&["status"], looks),
            (&["observe", "-o", "snapshot.json"], looks),
            (&["plan", "-o", "plan.json"], looks),
            (&["apply", "--yes"], applies),
            (&["report"], reports),
            (&["failover", "--to", "core-b", "--yes"], takes_over),
        ]);
        assert!(said.iter().any(|it| it.contains("(secret)")), "{faults:?}: {said:#?}");
    }
}

#[test]
fn what_opens_an_instance_is_seen_nowhere() {
    for scene in [online(), offline(), by_key()].into_iter().flatten() {
        let said = scene.leaks_nothing(&but(&ENDS));
        assert!(said[3].contains("register"), "{}", said[3]);
        assert!(said[12].contains("Complete"), "{}", said[12]);
    }
}
