//! Every message that a manifest, a release or a catalog can cause, as its reader sees it.
//!
//! A case is a folder in `tests/diagnostics/`: `mdc.toml`, whatever it refers to, and the full
//! text in `expected.txt`. A folder `catalog` in it is given as `--catalog` and linted; a file
//! `snapshot.json` is what the hosts told, `snapshot.json.sig` its signature. With a rule of approvals,
//! those of the plan are in `plan.approvals`, and `plan.signers` says who could approve when it was made; with a rule of rehearsals, evidence is in `evidence`, and
//! `plan.signers` makes the plan one of another rule. Texts are written anew with `SNAPSHOTS=overwrite`.

#![expect(clippy::unwrap_used, reason = "a test that can't read its own files has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mdc::approval;
use mdc::catalog;
use mdc::desired::{self, Desired};
use mdc::diagnostic::{Code, Diagnostics, SourceText};
use mdc::diff;
use mdc::evidence::{self, Wanted};
use mdc::graph;
use mdc::manifest::{self, Manifest};
use mdc::observe::{self, Snapshot};
use mdc::plan::{self, Plan, RehearsalRule};
use mdc::preflight;
use mdc::signature::{self, Signers};
use mdc::value::Period;
use mdc::view::diagnostic::render;

/// The day on which all cases happen.
const TODAY: &str = "2026-11-21";
const NOON: &str = "2026-11-21T12:00:00Z";

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    cases
}

/// Everything that is found on the way from the files of the current folder to what is desired.
fn problems() -> Diagnostics {
    let (catalog, mut found) = if Path::new("catalog").is_dir() {
        let (catalog, mut found) = catalog::load(&["catalog".into()]);
        found.extend(catalog::lint(&catalog));
        (catalog, found)
    } else {
        catalog::load(&[])
    };
    let (manifest, problems) = manifest::read("mdc.toml".into());
    found.extend(problems);
    let release = manifest.as_ref().and_then(|manifest: &Manifest| {
        let (release, problems) = manifest.read_release();
        found.extend(problems);
        release
    });
    if let Some(manifest) = &manifest {
        found.extend(manifest.read_approvers().err().unwrap_or_default());
        found.extend(snapshot(manifest));
    }
    if let (Some(manifest), Some(release)) = (manifest, release) {
        found.extend(preflight::expired(&manifest, TODAY.parse().unwrap()));
        let (mut desired, problems) = desired::resolve(&manifest, &release, &catalog);
        assert_eq!(desired.is_none(), problems.has_errors());
        found.extend(problems);
        if let (Some(desired), Some((previous, problems))) =
            (&mut desired, manifest.read_previous_release())
        {
            found.extend(problems);
            found.extend(previous.map_or_else(Diagnostics::default, |previous| {
                desired.come_from(&manifest, &previous, &release.folder)
            }));
        }
        if let (Some(desired), Ok(mut file)) = (desired, fs::File::open("snapshot.json")) {
            let observed = Snapshot::read(&mut file).unwrap().observed;
            let comparison = diff::compare(&desired, &observed);
            let lacking = diff::without_previous(&manifest, &desired, &comparison);
            found.extend(lacking.into_iter().collect());
            let mut refusals = comparison.refusals.clone();
            if refusals.is_empty() {
                let graph = graph::build(&desired, &comparison).unwrap();
                let plan = plan::make(&desired, &comparison, &graph).unwrap();
                refusals =
                    plan.openings(&plan.steps, NOON.parse().unwrap()).err().unwrap_or_default();
                found.extend(rehearsals(&manifest, &desired, &plan));
                found.extend(approvals(&manifest, plan));
            }
            found.extend(refusals.iter().map(|refusal| refusal.diagnose(&manifest)).collect());
            let findings =
                preflight::check(&desired, &observed, &comparison, NOON.parse().unwrap());
            let judged = preflight::judge(findings, &desired.waivers);
            let all = judged.refused.iter().chain(&judged.warnings);
            found.extend(all.map(|finding| finding.diagnose(&manifest)).collect());
            found.extend(judged.unused(&manifest));
        }
    }
    found
}

/// Whether the snapshot may be used.
fn snapshot(manifest: &Manifest) -> Diagnostics {
    let Ok(bytes) = fs::read("snapshot.json") else { return Diagnostics::default() };
    let signature = fs::read("snapshot.json.sig").ok();
    let (path, noon) = ("snapshot.json".into(), NOON.parse().unwrap());
    let signers = match manifest.read_snapshot_signers() {
        Ok(signers) => signers,
        Err(found) => return found,
    };
    let whole = (path, bytes.as_slice(), signature.as_deref());
    let signed = signers.map(|signers| observe::signed(manifest, &signers, whole, noon));
    let fresh = observe::fresh(manifest, (path, &Snapshot::parse(&bytes).unwrap()), noon);
    let refused = signed.and_then(Result::err).into_iter().chain(fresh.err());
    refused.map(|refusal| *refusal).collect()
}

/// What is wrong with the approvals of the plan.
fn approvals(manifest: &Manifest, plan: Plan) -> Diagnostics {
    let Ok(Some((rule, signers))) = manifest.read_approvers() else {
        return Diagnostics::default();
    };
    let path = "plan.json".into();
    let asked = |signers| plan::Approvals::of(signers, (rule.live.value, rule.critical.value));
    if let Ok(text) = fs::read_to_string("plan.signers") {
        let before = Arc::new(SourceText { name: "plan.signers".into(), text });
        let before = Signers::parse(&before).unwrap();
        let (before, now) = (plan::Approvals::of(&before, (1, 1)), asked(&signers));
        let rules = (Some(&before), Some(&now));
        return Diagnostics::from_iter([approval::other_rule(manifest, rules, path)]);
    }
    let asked = asked(&signers);
    let plan = plan.approved_by(Some(asked.clone()));
    let files = approval::read(&approval::folder_of(path)).unwrap();
    approval::judge((&plan, &asked), &signers, &files, NOON.parse().unwrap())
        .diagnose((manifest, rule), path)
}

/// What is wrong with the evidence of rehearsals.
fn rehearsals(manifest: &Manifest, desired: &Desired, plan: &Plan) -> Diagnostics {
    let Ok(Some((written, signers))) = manifest.read_witnesses() else {
        return Diagnostics::default();
    };
    let rule = RehearsalRule {
        signers: signers.digest,
        max_age: written.max_age.as_ref().map(|age| age.value),
        accept_simulated: written.accept_simulated,
    };
    if let Ok(text) = fs::read_to_string("plan.signers") {
        let before = Arc::new(SourceText { name: "plan.signers".into(), text });
        let before = Signers::parse(&before).unwrap().digest;
        let before = RehearsalRule {
            signers: before,
            max_age: Some(Period::seconds(86_400)),
            ..rule.clone()
        };
        let rules = (Some(&before), Some(&rule));
        return Diagnostics::from_iter([evidence::other_rule(manifest, rules, "the plan")]);
    }
    let files = signature::read(&written.evidence, evidence::LARGEST).unwrap();
    let wanted = Wanted { plan, desired, rule: &rule, signers: &signers };
    evidence::judge(&wanted, &files, Some(NOON.parse().unwrap()))
        .diagnose((manifest, written), &written.evidence)
}

/// One test for all cases, because they share the current folder of the process.
#[test]
fn messages_are_as_their_reader_sees_them() {
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    let mut wrong = Vec::new();
    for case in cases() {
        std::env::set_current_dir(&case).unwrap();
        let shown = render(&problems().sorted(), 100, false);
        let expected = snapbox::Data::read_from(&case.join("expected.txt"), None);
        if let Err(difference) = assert.try_eq(Some(&case.display()), shown.into(), expected.raw())
        {
            wrong.push(difference.to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What commands tell, and no file that could be a case: with the file whose test asserts it, or why no test
/// can have it told.
const OF_COMMANDS: [(&str, Told); 65] = [
    ("approval::not-approver", Told::In("tests/approvals/main.rs")),
    ("approval::nothing", Told::In("tests/faults/codes.rs")),
    ("cli::ambiguous", Told::In("tests/cli.rs")),
    ("cli::defect", Told::Never("it would be a defect")),
    ("cli::interrupted", Told::Never("a drill ends before a signal could be sent for certain")),
    ("cli::no-terminal", Told::In("tests/cli.rs")),
    ("cli::output", Told::In("tests/faults/codes.rs")),
    ("cli::setting-missing", Told::In("tests/faults/codes.rs")),
    ("cli::unfit", Told::In("tests/faults/codes.rs")),
    ("cli::unknown-name", Told::In("tests/cli.rs")),
    ("cli::usage", Told::In("tests/cli.rs")),
    ("emit::folder", Told::In("tests/faults/codes.rs")),
    ("emit::template", Told::In("tests/faults/codes.rs")),
    ("emit::unfit", Told::In("tests/faults/reboot.rs")),
    ("evidence::other-manifest", Told::In("tests/faults/codes.rs")),
    ("file::outdated", Told::In("tests/faults/codes.rs")),
    ("file::unusable", Told::In("tests/faults/codes.rs")),
    ("finalise::not-now", Told::In("tests/faults/codes.rs")),
    ("gate::no-window", Told::In("tests/faults/gates.rs")),
    ("gate::word-taken", Told::In("tests/faults/submissions.rs")),
    ("host::no-service", Told::In("tests/faults/codes.rs")),
    ("host::secret-unseen", Told::In("tests/faults/files.rs")),
    ("host::unreachable", Told::In("tests/faults/codes.rs")),
    ("plan::along", Told::In("tests/faults/runtime.rs")),
    ("plan::backup-unseen", Told::In("tests/faults/backup.rs")),
    ("plan::expired", Told::In("tests/basis/mod.rs")),
    ("plan::few-copies", Told::In("tests/faults/replicas.rs")),
    ("plan::forged", Told::In("tests/approvals/record.rs")),
    ("plan::goes-back", Told::In("tests/cli.rs")),
    ("plan::no-order", Told::In("tests/faults/codes.rs")),
    ("plan::not-rebooted", Told::In("tests/faults/reboot.rs")),
    ("plan::part", Told::In("tests/faults/codes.rs")),
    ("plan::primary-stays", Told::In("tests/faults/infrastructure.rs")),
    ("plan::relay-unread", Told::In("tests/faults/relays.rs")),
    ("plan::repeated", Told::In("tests/faults/codes.rs")),
    ("plan::several-openings", Told::In("tests/faults/gates.rs")),
    ("plan::side-by-side", Told::In("src/diff/warning.rs")),
    ("plan::stale", Told::In("tests/cli.rs")),
    ("plan::stays", Told::In("tests/faults/removal.rs")),
    ("plan::unusable", Told::In("tests/cli.rs")),
    ("policy::rules", Told::In("tests/faults/codes.rs")),
    ("preflight::data-stay", Told::In("tests/faults/removal.rs")),
    ("rehearsal::twin", Told::In("tests/faults/codes.rs")),
    ("run::begun-without", Told::In("tests/approvals/evidence.rs")),
    ("run::elsewhere", Told::In("tests/faults/codes.rs")),
    ("run::isolated", Told::In("tests/faults/parts.rs")),
    ("run::left-behind", Told::In("tests/faults/codes.rs")),
    ("run::locked", Told::In("tests/faults/codes.rs")),
    ("run::missing", Told::In("tests/cli.rs")),
    ("run::no-way-back", Told::In("tests/faults/codes.rs")),
    ("run::record", Told::In("tests/faults/codes.rs")),
    ("run::unfinished", Told::In("tests/faults/codes.rs")),
    ("run::unread", Told::In("tests/faults/codes.rs")),
    ("run::without-work", Told::In("tests/faults/parts.rs")),
    ("signature::not-signed", Told::In("tests/faults/codes.rs")),
    ("snapshot::other-cluster", Told::In("tests/faults/codes.rs")),
    ("snapshot::unusable", Told::In("tests/cli.rs")),
    ("standby::deployment-moved", Told::In("tests/standby/moves.rs")),
    ("standby::licence-over", Told::In("tests/standby/faults.rs")),
    ("standby::nobody-takes-over", Told::In("tests/standby/moves.rs")),
    ("standby::not-ready", Told::In("tests/standby/failover.rs")),
    ("standby::part-unknown", Told::In("tests/standby/failover.rs")),
    ("standby::parts-swapped", Told::In("tests/standby/moves.rs")),
    ("standby::settings-later", Told::In("tests/standby/joins.rs")),
    ("winrm::pull", Told::In("src/desired/tests.rs")),
];

enum Told {
    In(&'static str),
    Never(&'static str),
}

#[test]
fn every_code_is_shown_in_a_case_or_asserted_of_a_command() {
    let mut shown = BTreeSet::new();
    for case in cases() {
        let text = fs::read_to_string(case.join("expected.txt")).unwrap();
        shown.extend(text.lines().map(str::to_owned));
    }
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let missing: Vec<&str> = codes.filter(|code| !shown.contains(*code)).collect();
    let listed: BTreeSet<&str> = OF_COMMANDS.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        BTreeSet::from_iter(missing),
        listed,
        "give a new code its case in tests/diagnostics"
    );
    for (code, told) in &OF_COMMANDS {
        match told {
            Told::In(file) => {
                let text = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
                let text = fs::read_to_string(text).unwrap();
                let asserted = [format!("\"{code}\""), format!("({code})"), format!("[{code}]")];
                let is_asserted = asserted.iter().any(|words| text.contains(words));
                assert!(is_asserted, "{file} says nothing of {code}");
            }
            Told::Never(why) => assert!(!why.is_empty(), "{code}"),
        }
    }
    assert!(cases().len() >= 45, "{}", cases().len());
}

/// Whoever is warned can look up why: a plan's warnings are of a type that a code alone makes, and commands
/// warn by `Console::warns`, which takes one.
#[test]
fn no_warning_is_told_without_a_code() {
    let all = texts("src");
    assert!(!all.contains("\"Warning: ") && !all.contains("\"warning: "));
}

/// What is written in a folder of this project.
fn texts(folder: &str) -> String {
    let (mut all, mut open) =
        (String::new(), vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                all.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}
