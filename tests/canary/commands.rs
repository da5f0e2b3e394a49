//! What `mdc` is asked for in each scene, and how each ends.

/// A command's words and its exit status.
pub(crate) type Asked = (&'static [&'static str], i32);

/// Everything, where it goes well. Not everything has a way back.
pub(crate) const ALL: [Asked; 20] = [
    (&["validate"], 0),
    (&["validate", "--format", "json"], 0),
    (&["observe", "-o", "snapshot.json"], 0),
    (&["plan", "-o", "plan.json", "--detail", "commands"], 0),
    (&["plan", "--format", "html"], 0),
    (&["show", "plan.json", "--format", "markdown"], 0),
    (&["show", "plan.json", "--format", "json"], 0),
    (&["check", "plan.json"], 0),
    (&["what-if", "--window", "90m", "--format", "json"], 0),
    (&["emit", "plan.json", "-o", "by-hand", "--no-packages"], 0),
    (&["notify", "--test", "--format", "json"], 0),
    (&["rehearse", "--twin", "snapshot.json", "--drills", "none", "-o", "evidence.json"], 0),
    (&["apply", "plan.json", "--yes", "--events", "events.jsonl"], 0),
    (&["resume", "--yes"], 0),
    (&["status", "--format", "json"], 0),
    (&["history", "--format", "json"], 0),
    (&["report", "--format", "json"], 0),
    (&["report", "--format", "html"], 0),
    (&["rollback", "--yes"], 1),
    (&["doctor", "core-01"], 0),
];

/// The same, but that these end otherwise.
pub(crate) fn but(others: &[(&str, i32)]) -> Vec<Asked> {
    let mut all = ALL.to_vec();
    for (name, status) in others {
        let is_it = |(words, _): &Asked| words.first() == Some(name);
        assert!(ALL.iter().any(is_it), "{name}");
        all.iter_mut().filter(|it| is_it(it)).for_each(|it| it.1 = *status);
    }
    all
}
