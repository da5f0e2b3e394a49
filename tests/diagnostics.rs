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
                refusals = plan.openings(NOON.parse().unwrap()).err().unwrap_or_default();
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
        assert_ne!(asked(&before), asked(&signers));
        return Diagnostics::from_iter([approval::other_rule(manifest, path)]);
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
    if Path::new("plan.signers").exists() {
        return Diagnostics::from_iter([evidence::other_rule(manifest, "the plan")]);
    }
    let rule = RehearsalRule {
        signers: signers.digest,
        max_age: written.max_age.as_ref().map(|age| age.value),
        accept_simulated: written.accept_simulated,
    };
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

#[test]
fn every_code_is_shown_in_a_case() {
    let mut shown = BTreeSet::new();
    for case in cases() {
        let text = fs::read_to_string(case.join("expected.txt")).unwrap();
        shown.extend(text.lines().map(str::to_owned));
    }
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let missing: Vec<&str> = codes.filter(|code| !shown.contains(*code)).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
    assert!(cases().len() >= 45, "{}", cases().len());
}
