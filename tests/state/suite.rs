//! The promises of every store.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use mdc::state::{
    Asked, Entry, JournalError, LeaseLost, Request, RunEnding, StateError, StepOutcome, Store,
};
use rustix::process::Signal;

use crate::bed::{
    Bed, begin, claim, done, failed, hold, intent, lines, plan, records, result, started,
};
use crate::child::Child;

const A: &str = "control-01/control-center/upgrade";
const B: &str = "core-01/worker/upgrade";
const C: &str = "core-02/worker/upgrade";

fn asked(what: Request, reason: &str) -> Asked {
    Asked { what, by: "duty on desk".to_owned(), reason: reason.to_owned() }
}

pub(crate) fn what_was_appended_is_found_again(bed: &Bed) {
    let store = bed.store();
    assert_eq!(store.ids().unwrap(), Vec::<String>::new());
    assert!(store.tenant().unwrap().is_none());
    let lease = hold(&*store);
    assert!(store.unfinished(&lease).unwrap().is_none());
    let mut run = begin(&*store, &lease);
    let id = run.id.clone();
    let entries = [
        started(&run),
        intent(A, 1),
        failed(A),
        intent(A, 2),
        done(A),
        intent(B, 1),
        asked(Request::Pause, "a phone call").into(),
        Entry::Skipped { step: C.to_owned(), reason: "its disk is full".to_owned() },
    ];
    for entry in entries.clone() {
        run.record(entry).unwrap();
    }
    let (length, progress) = (run.journal.length(), run.progress.clone());
    drop((run, lease));

    let store = bed.store();
    let lease = hold(&*store);
    let mut run = store.unfinished(&lease).unwrap().unwrap();
    assert_eq!((&run.id, &run.plan), (&id, &plan()));
    assert_eq!((run.progress.clone(), run.journal.length()), (progress, length));
    assert_eq!(run.progress.done, BTreeSet::from([A.to_owned()]));
    assert_eq!(run.progress.interrupted, BTreeSet::from([B.to_owned()]));
    assert_eq!(run.progress.attempts, BTreeMap::from([(A.to_owned(), 2), (B.to_owned(), 1)]));
    assert_eq!(run.progress.skipped[C], "its disk is full");
    assert!(run.fence > run.progress.fence, "a new lease has a higher fence");
    run.record(done(B)).unwrap();

    let read = records(&*store, &id);
    let numbers: Vec<u64> = read.iter().map(|record| record.number).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    assert!(read.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(matches!(&read[0].entry, Entry::Opened { run, version: 1, .. } if *run == id));
    let told: Vec<Entry> = read.into_iter().map(|record| record.entry).collect();
    assert_eq!(told[1..9], entries);
    let text = store.text(&id).unwrap();
    assert_eq!(text.len() as u64, run.journal.length());
    assert_eq!(lines(&text), 10);
}

pub(crate) fn what_happened_together_is_kept_together_in_its_order(bed: &Bed) {
    let store = bed.store();
    let lease = hold(&*store);
    let mut run = begin(&*store, &lease);
    let id = run.id.clone();
    let (tell, told) = std::sync::mpsc::channel();
    run.journal.copy_to(Box::new(move |offset, text| {
        let _ = tell.send((offset, text.to_owned()));
    }));
    let before = run.journal.length();
    let together = [intent(A, 1), intent(B, 1), done(A)];
    run.journal.append_all(together.clone()).unwrap();
    run.journal.append_all([]).unwrap();
    run.journal.append(done(B)).unwrap();
    let read = records(&*store, &id);
    let last: Vec<Entry> = read.into_iter().map(|record| record.entry).skip(1).collect();
    assert_eq!(last, [together.as_slice(), &[done(B)]].concat());
    // Copies on hosts hear of every line, each behind the one before.
    drop(run);
    let copied: Vec<(u64, String)> = told.into_iter().collect();
    let mut offset = before;
    for (at, text) in &copied {
        assert_eq!(*at, offset);
        offset += text.len() as u64;
    }
    assert_eq!(copied.len(), 4);
}

pub(crate) fn a_run_that_is_over_is_not_gone_on_with_and_its_debts_are_told(bed: &Bed) {
    let store = bed.store();
    let lease = hold(&*store);
    let mut run = begin(&*store, &lease);
    let skip = |step: &str| Entry::Skipped { step: step.to_owned(), reason: "later".to_owned() };
    for entry in [started(&run), skip(A), skip(B), intent(C, 1), done(C)] {
        run.record(entry).unwrap();
    }
    let summary = store.summary(&run.id).unwrap();
    assert_eq!((summary.done, summary.debts.len(), summary.is_over()), (1, 2, false));
    assert_eq!(summary.left(), summary.steps - 3);
    assert_eq!(summary.steps, plan().steps.len() as u64);
    run.record(Entry::Ended { stopped: None }).unwrap();
    let first = run.id.clone();
    assert!(store.unfinished(&lease).unwrap().is_none());
    assert_eq!(store.owing(&lease).unwrap().unwrap().id, first);
    assert_eq!(store.summary(&first).unwrap().ending, RunEnding::Complete);

    // Another run does one of the steps that are owed.
    let mut run = begin(&*store, &lease);
    for entry in [started(&run), intent(A, 1), result(A, StepOutcome::FoundDone)] {
        run.record(entry).unwrap();
    }
    run.give_up("the plan was wrong").unwrap();
    let runs = store.runs().unwrap();
    let ids: Vec<&str> = runs.iter().map(|run| run.run.as_str()).collect();
    assert_eq!(ids, [run.id.as_str(), first.as_str()], "newest first");
    assert_eq!(runs[0].ending, RunEnding::GivenUp("the plan was wrong".to_owned()));
    assert_eq!(runs[0].controllers, [run.controller.as_str()]);
    assert_eq!(runs[1].debts.keys().collect::<Vec<_>>(), [B], "the other one was paid");
}

pub(crate) fn of_twenty_threads_at_once_one_gets_the_lease(bed: &Bed) {
    let leases: Vec<_> = thread::scope(|scope| {
        let acquire = || {
            let store = bed.store();
            scope.spawn(move || store.acquire(&claim(), None))
        };
        let threads: Vec<_> = (0..20).map(|_| acquire()).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (held, refused): (Vec<_>, Vec<_>) = leases.into_iter().partition(Result::is_ok);
    assert_eq!(held.len(), 1);
    for error in refused {
        let error = error.unwrap_err();
        assert!(matches!(error, StateError::Locked { .. }), "{error}");
    }
}

pub(crate) fn of_twenty_processes_at_once_one_gets_the_lease(bed: &Bed) {
    let mut children: Vec<Child> = (0..20).map(|_| Child::start(&bed.place)).collect();
    let mut last = 0;
    for _ in 0..3 {
        for child in &mut children {
            child.tell("hold");
        }
        let answers: Vec<String> = children.iter_mut().map(Child::answer).collect();
        let held = answers.iter().position(|answer| answer.starts_with("held ")).unwrap();
        let refused = |answer: &&String| answer.starts_with("refused: another mdc is at work");
        assert_eq!(answers.iter().filter(refused).count(), children.len() - 1, "{answers:#?}");
        let fence: u64 = answers[held].strip_prefix("held ").unwrap().parse().unwrap();
        assert!(fence > last, "{fence} after {last}");
        last = fence;
        children.swap_remove(held).kill();
    }
}

pub(crate) fn after_a_killed_holder_the_next_one_goes_on(bed: &Bed) {
    let mut child = Child::start(&bed.place);
    let fence: u64 = child.ask("hold").strip_prefix("held ").unwrap().parse().unwrap();
    let run = child.ask("begin").strip_prefix("run ").unwrap().to_owned();
    assert_eq!(child.ask(&format!("append {A}")), "kept");
    let store = bed.store();
    let error = store.acquire(&claim(), None).unwrap_err().to_string();
    for word in ["ops (uid 1000) on laptop", "`mdc apply mdc.toml`", &run, "last sign of life"] {
        assert!(error.contains(word), "{word} is not in: {error}");
    }
    child.kill();
    let lease = until_granted(&*store);
    assert!(lease.fence() > fence);
    assert!(lease.holder().forced.is_none());
    let run = store.unfinished(&lease).unwrap().unwrap();
    assert!(run.progress.interrupted.contains(A));
}

/// A server notices a killed client a moment later.
fn until_granted(store: &dyn Store) -> mdc::state::Lease {
    for _ in 0..500 {
        match store.acquire(&claim(), None) {
            Err(StateError::Locked { .. }) => thread::sleep(Duration::from_millis(10)),
            lease => return lease.unwrap(),
        }
    }
    panic!("the lease of a dead process is never given away")
}

pub(crate) fn whoever_is_forced_out_can_write_nothing_more(bed: &Bed) {
    let (old_store, store) = (bed.store(), bed.store());
    let old = hold(&*old_store);
    let mut old_run = begin(&*old_store, &old);
    old_run.record(started(&old_run)).unwrap();
    old_run.record(intent(A, 1)).unwrap();
    assert_eq!(old.beat(), Ok(None));

    let lease = store.acquire(&claim(), Some("the laptop is lost")).unwrap();
    assert!(lease.fence() > old.fence());
    let forced = lease.holder().forced.clone().unwrap();
    assert_eq!(forced.reason, "the laptop is lost");
    assert!(forced.from.contains("ops (uid 1000) on laptop"), "{}", forced.from);

    let error = old_run.journal.append(done(A)).unwrap_err();
    assert!(matches!(error, JournalError::LostLease { .. }), "{error}");
    let lost = old.beat().unwrap_err();
    assert!(matches!(lost, LeaseLost::Taken(_)), "{lost}");
    let mut run = store.unfinished(&lease).unwrap().unwrap();
    assert!(run.progress.interrupted.contains(A), "what was not kept is not told");
    run.record(started(&run)).unwrap();
    assert!(old_run.journal.append(done(A)).is_err());
    assert!(old_store.begin(&old, plan(), (Timestamp::now(), &[])).is_err());
    assert!(old_store.unfinished(&old).is_err());
    run.record(done(A)).unwrap();

    // The old one's end doesn't end the new one's lease.
    drop((old_run, old));
    assert_eq!(lease.beat(), Ok(None));
    assert!(bed.store().acquire(&claim(), None).is_err());
    let entries: Vec<Entry> =
        records(&*store, &run.id).into_iter().map(|record| record.entry).collect();
    let [_, _, _, Entry::TakenOver { reason, by, .. }, _, newest] = &entries[..] else {
        panic!("{entries:#?}")
    };
    assert_eq!((reason.as_str(), by), ("the laptop is lost", &run.controller));
    assert_eq!(*newest, done(A));
}

pub(crate) fn what_was_kept_before_a_take_over_is_there_after_it(bed: &Bed) {
    let store = bed.store();
    let mut lease = hold(&*store);
    let mut run = begin(&*store, &lease);
    let mut expected = 0;
    for round in 1..=20 {
        let (written, writes) = std::sync::mpsc::channel();
        let old = thread::spawn(move || {
            let mut kept = 0;
            while run.journal.append(intent(B, round)).is_ok() {
                kept += 1;
                let _ = written.send(());
            }
            // The lease lives until now, and is given back when somebody else has it.
            drop(lease);
            kept
        });
        writes.iter().take(3).for_each(drop);
        lease = store.acquire(&claim(), Some("in a hurry")).unwrap();
        run = store.unfinished(&lease).unwrap().unwrap();
        expected += old.join().unwrap();
        let ours = |record: &mdc::state::Record| matches!(record.entry, Entry::Intent { .. });
        let found = records(&*store, &run.id).iter().filter(|record| ours(record)).count();
        // One that was refused at the last moment may be there all the same.
        assert!((expected..=expected + 1).contains(&found), "{found} of {expected}");
        expected = found;
    }
}

pub(crate) fn a_frozen_holder_is_not_gone_but_can_be_forced_out(bed: &Bed) {
    let mut child = Child::start(&bed.place);
    assert!(child.ask("hold").starts_with("held "));
    child.ask("begin");
    child.send(Signal::STOP);
    let store = bed.store();
    assert!(matches!(store.acquire(&claim(), None), Err(StateError::Locked { .. })));
    let lease = store.acquire(&claim(), Some("it doesn't answer")).unwrap();
    let mut run = store.unfinished(&lease).unwrap().unwrap();
    run.record(intent(B, 1)).unwrap();
    child.send(Signal::CONT);
    let answer = child.ask(&format!("append {A}"));
    assert!(answer.contains("belongs to somebody else now"), "{answer}");
    assert!(child.ask("beat").contains("Taken"));
    run.record(done(B)).unwrap();
    assert_eq!(run.progress.interrupted, BTreeSet::new());
    child.end();
    assert_eq!(lease.beat(), Ok(None));
}

pub(crate) fn a_lease_that_was_given_back_is_free_at_once(bed: &Bed) {
    let store = bed.store();
    let mut last = 0;
    for _ in 0..3 {
        let lease = store.acquire(&claim(), Some("not needed")).unwrap();
        assert!(lease.holder().forced.is_none(), "nobody was forced out");
        assert!(lease.fence() > last);
        last = lease.fence();
        drop(lease);
        assert!(store.tenant().unwrap().unwrap().holder.released.is_some());
    }
    let above = last + 1_000_000;
    let lease = store.acquire(&mdc::state::Claim { above, ..claim() }, None).unwrap();
    assert_eq!(lease.fence(), above + 1, "higher than what the hosts have seen");
}

pub(crate) fn each_request_is_handed_on_once(bed: &Bed) {
    let (store, other) = (bed.store(), bed.store());
    let pause = asked(Request::Pause, "a phone call");
    assert!(matches!(other.ask(&pause), Err(StateError::NobodyThere { .. })));
    let lease = hold(&*store);
    let go_on = asked(Request::GoOn, "done with it");
    for request in [&pause, &go_on, &pause] {
        assert_eq!(other.ask(request).unwrap().holder.fence, lease.fence());
    }
    for request in [&pause, &go_on, &pause] {
        assert_eq!(lease.beat(), Ok(Some(request.clone())));
    }
    assert_eq!(lease.beat(), Ok(None));
    other.ask(&asked(Request::Stop, "meant for this one")).unwrap();
    drop(lease);
    assert!(matches!(other.ask(&pause), Err(StateError::NobodyThere { .. })));
    assert_eq!(hold(&*store).beat(), Ok(None), "the next holder was not asked");
}

pub(crate) fn a_record_from_elsewhere_is_taken_over_if_it_fits(bed: &Bed) {
    let elsewhere = Bed::folder();
    let (from, store) = (elsewhere.store(), bed.store());
    let (there, lease) = (hold(&*from), hold(&*store));
    let mut run = begin(&*from, &there);
    run.record(started(&run)).unwrap();
    let copy = from.text(&run.id).unwrap();
    assert_eq!(store.adopt(&lease, &run.plan, &copy).unwrap(), run.id);
    run.record(intent(A, 1)).unwrap();
    let newer = from.text(&run.id).unwrap();
    store.adopt(&lease, &run.plan, &newer).unwrap();
    store.adopt(&lease, &run.plan, &copy).unwrap();
    assert_eq!(store.text(&run.id).unwrap(), newer, "what is more is kept");

    let mut here = store.open(&lease, &run.id).unwrap();
    assert!(here.progress.interrupted.contains(A));
    here.record(done(A)).unwrap();
    run.record(failed(A)).unwrap();
    let other = from.text(&run.id).unwrap();
    let error = store.adopt(&lease, &run.plan, &other).unwrap_err().to_string();
    assert!(error.contains("line 4") && error.contains("differs"), "{error}");
    let mut changed = newer;
    changed[100] ^= 1;
    assert!(store.adopt(&lease, &run.plan, &changed).is_err());
    assert_eq!(store.ids().unwrap(), [run.id]);
}

pub(crate) fn a_damaged_or_newer_journal_is_refused_with_the_place(bed: &Bed) {
    let store = bed.store();
    let lease = hold(&*store);
    let mut run = begin(&*store, &lease);
    for entry in [started(&run), intent(A, 1), done(A)] {
        run.record(entry).unwrap();
    }
    let good = String::from_utf8(store.text(&run.id).unwrap()).unwrap();
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let offset = lines[0].len() + lines[1].len();
    let place = format!("is damaged at line 3 (byte {offset})");
    let changed = good.replacen(A, B, 1);
    let taken_out = [lines[0], lines[1], lines[3]].concat();
    let swapped = [lines[0], lines[1], lines[3], lines[2]].concat();
    let twice = [lines[0], lines[1], lines[1], lines[2], lines[3]].concat();
    for damaged in [changed, taken_out, swapped, twice] {
        bed.overwrite(&run.id, damaged.as_bytes());
        let error = store.unfinished(&lease).unwrap_err().to_string();
        assert!(error.contains(&place), "{error}");
        assert!(store.open(&lease, &run.id).unwrap_err().to_string().contains(&place));
        let summary = store.summary(&run.id).unwrap();
        assert!(summary.damage.unwrap().contains(&place));
    }
    let newer = lines[0].replace("\"version\":1", "\"version\":7");
    bed.overwrite(&run.id, newer.as_bytes());
    let error = store.unfinished(&lease).unwrap_err().to_string();
    assert!(error.contains("`mdc/journal` version 7; this mdc reads"), "{error}");

    // A journal in the place of another run's.
    let other = begin(&*store, &lease);
    bed.overwrite(&other.id, good.as_bytes());
    let error = store.unfinished(&lease).unwrap_err().to_string();
    assert!(error.contains("line 1 (byte 0)") && error.contains("another run"), "{error}");
}

pub(crate) fn a_journal_that_is_over_hides_no_other_run(bed: &Bed) {
    let store = bed.store();
    let lease = hold(&*store);
    let mut over = begin(&*store, &lease);
    over.record(started(&over)).unwrap();
    over.record(Entry::Ended { stopped: None }).unwrap();
    let run = begin(&*store, &lease);
    let own = store.text(&run.id).unwrap();
    bed.overwrite(&run.id, &store.text(&over.id).unwrap());
    for error in [
        store.unfinished(&lease).unwrap_err().to_string(),
        store.owing(&lease).unwrap_err().to_string(),
        store.summary(&run.id).unwrap().damage.unwrap(),
    ] {
        assert!(error.contains("another run") && error.contains(&over.id), "{error}");
    }
    bed.overwrite(&run.id, &own);
    assert_eq!(store.unfinished(&lease).unwrap().unwrap().id, run.id);
}

pub(crate) fn a_run_that_there_is_not_is_not_found(bed: &Bed) {
    let store = bed.store();
    let lease = hold(&*store);
    for id in ["20260101T000000000Z-0123456789ab", "", "..", "../runs", "a/b", "é"] {
        assert!(matches!(store.plan(id), Err(StateError::NoSuchRun { .. })), "{id}");
        assert!(matches!(store.text(id), Err(StateError::NoSuchRun { .. })), "{id}");
        assert!(matches!(store.summary(id), Err(StateError::NoSuchRun { .. })), "{id}");
        assert!(matches!(store.open(&lease, id), Err(StateError::NoSuchRun { .. })), "{id}");
    }
}

pub(crate) fn lines_are_handed_to_copies_as_they_are_kept(bed: &Bed) {
    let store = bed.store();
    let lease = hold(&*store);
    let mut run = begin(&*store, &lease);
    let mut copy = store.text(&run.id).unwrap();
    let (sender, copies) = std::sync::mpsc::channel();
    let hand_on = move |offset: u64, line: &str| sender.send((offset, line.to_owned())).unwrap();
    run.journal.copy_to(Box::new(hand_on));
    run.record(started(&run)).unwrap();
    run.record(intent(A, 1)).unwrap();
    for (offset, line) in copies.try_iter() {
        assert_eq!(offset, copy.len() as u64);
        copy.extend_from_slice(line.as_bytes());
    }
    assert_eq!(copy, store.text(&run.id).unwrap());
}

pub(crate) fn what_could_not_be_read_again_is_not_written(bed: &Bed) {
    let store = bed.store();
    let lease = hold(&*store);
    let mut run = begin(&*store, &lease);
    let length = run.journal.length();
    let error = run.journal.append(intent(&"x".repeat(1 << 20), 1)).unwrap_err();
    assert!(matches!(error, JournalError::TooLarge { .. }), "{error}");
    assert_eq!(run.journal.length(), length);
    run.record(intent(&"x".repeat(1 << 19), 1)).unwrap();
    run.record(intent(A, 1)).unwrap();
    assert_eq!(records(&*store, &run.id).len(), 3);
}
