use super::*;

fn window(open: &[&str], freeze: &[&str]) -> Window {
    Window {
        zone: "Europe/Vienna".to_owned(),
        open: open.iter().map(|text| text.parse().unwrap()).collect(),
        freeze: freeze.iter().map(|text| text.parse().unwrap()).collect(),
    }
}

/// A local time of the zone, with its offset.
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn it_is_open_in_its_hours_and_at_no_other_time() {
    // 2026-11-21 is a Saturday.
    for (open, freeze, now, minutes) in [
        ("Sat 22:00-04:00", "", "2026-11-21T21:59:59+01:00", None),
        ("Sat 22:00-04:00", "", "2026-11-21T22:00:00+01:00", Some(360)),
        ("Sat 22:00-04:00", "", "2026-11-22T03:00:00+01:00", Some(60)),
        ("Sat 22:00-04:00", "", "2026-11-22T04:00:00+01:00", None),
        ("Sat 22:00-04:00", "", "2026-11-22T22:00:00+01:00", None),
        ("Sat,Sun 01:00-05:00", "", "2026-11-22T01:30:00+01:00", Some(210)),
        ("daily 01:00-03:00", "", "2026-11-24T02:00:00+01:00", Some(60)),
        ("2026-12-05 20:00-23:30", "", "2026-12-05T23:00:00+01:00", Some(30)),
        ("2026-12-05 20:00-23:30", "", "2026-12-06T23:00:00+01:00", None),
        ("2026-11-24 00:00-00:00", "", "2026-11-24T12:00:00+01:00", Some(720)),
        // Frozen days; the hours of the day before end at midnight.
        ("Sat 22:00-04:00", "2026-11-21", "2026-11-21T23:00:00+01:00", None),
        ("Sat 22:00-04:00", "2026-11-22..2026-11-30", "2026-11-21T23:00:00+01:00", Some(60)),
        ("Sat 22:00-04:00", "2026-11-22..2026-11-30", "2026-11-22T00:30:00+01:00", None),
        // Clocks are set back on 2026-10-25 at 03:00, and forward on 2026-03-29 at 02:00.
        ("Sat 22:00-04:00", "", "2026-10-24T22:00:00+02:00", Some(420)),
        ("Sat 22:00-04:00", "", "2026-03-28T22:00:00+01:00", Some(300)),
        ("Sun 02:30-04:00", "", "2026-03-29T03:30:00+02:00", Some(30)),
        ("Sun 02:30-04:00", "", "2026-03-29T03:00:00+02:00", Some(60)),
        ("Sun 02:10-02:50", "", "2026-03-29T03:20:00+02:00", None),
    ] {
        let freeze: Vec<&str> = Some(freeze).filter(|days| !days.is_empty()).into_iter().collect();
        let left = window(&[open], &freeze).left(at(now));
        assert_eq!(left, minutes.map(|it| Duration::from_secs(60 * it)), "{open} {freeze:?} {now}");
    }
}

#[test]
fn the_next_opening_is_found_past_frozen_days() {
    for (freeze, next) in [
        (&[][..], "2026-11-28T22:00:00+01:00[Europe/Vienna]"),
        (&["2026-11-24..2026-12-06"][..], "2026-12-12T22:00:00+01:00[Europe/Vienna]"),
    ] {
        let found = window(&["Sat 22:00-04:00"], freeze).next(at("2026-11-21T22:30:00+01:00"));
        assert_eq!(found.unwrap().to_string(), next);
    }
    let past = window(&["2026-11-20 01:00-02:00"], &[]);
    assert_eq!(past.next(at("2026-11-21T22:30:00+01:00")), None);
}

/// What opens when another closes is one opening with it.
#[test]
fn openings_that_touch_are_one() {
    let sat = at("2026-11-21T23:58:00+01:00");
    for (open, minutes, next) in [
        (&["Sat 23:55-00:00", "Sun 00:00-00:06"][..], 8, Some("2026-11-28T23:55:00+01:00")),
        (&["Sun 00:00-00:06", "Sat 23:55-00:00"][..], 8, Some("2026-11-28T23:55:00+01:00")),
        (&["Sat 23:55-00:03", "Sun 00:01-00:06"][..], 8, Some("2026-11-28T23:55:00+01:00")),
        (&["Sat 23:55-00:00", "Sun 00:01-00:06"][..], 2, Some("2026-11-22T00:01:00+01:00")),
        (&["2026-11-21 23:55-00:00", "2026-11-22 00:00-00:06"][..], 8, None),
    ] {
        let window = window(open, &[]);
        let left = window.left(sat).unwrap();
        assert_eq!(left.as_secs(), minutes * 60, "{open:?}");
        let opens = window.next(sat).map(|at| at.timestamp());
        assert_eq!(opens, next.map(at), "{open:?}");
    }
    let always = window(&["daily 00:00-00:00"], &[]);
    assert!(always.left(sat).unwrap() > Duration::from_secs(300 * 86_400));
    assert_eq!(always.openings(sat).len(), 1);
}

/// Neither what is over counts, nor what is frozen, nor an hour that clocks leave out.
#[test]
fn openings_to_come_are_those_that_there_will_be() {
    let now = at("2026-03-28T12:00:00+01:00");
    for (open, freeze, minutes) in [
        (&["2026-03-27 22:00-04:00"][..], &[][..], &[][..]),
        (&["2026-03-28 11:00-13:00"][..], &[][..], &[60][..]),
        (&["2026-04-01 01:00-02:00", "2026-04-02 01:00-01:30"][..], &[][..], &[60, 30][..]),
        (&["2026-04-01 01:00-02:00"][..], &["2026-03-30..2026-04-03"][..], &[][..]),
        (&["2026-03-29 02:00-03:00"][..], &[][..], &[][..]),
        (&["2026-03-29 02:15-02:45"][..], &[][..], &[][..]),
        (&["2026-03-29 01:00-04:00"][..], &[][..], &[120][..]),
    ] {
        let openings = window(open, freeze).openings(now);
        let found: Vec<u64> = openings.iter().map(|it| it.as_secs() / 60).collect();
        assert_eq!(found, minutes, "{open:?} {freeze:?}");
    }
    let weekly = window(&["Sat 22:00-23:00"], &[]).openings(now);
    assert!((57..=58).contains(&weekly.len()), "{}", weekly.len());
}

#[test]
fn what_is_written_is_read_back_and_anything_else_is_refused() {
    for text in
        ["Sat 22:00-04:00", "Mon,Fri 00:00-01:00", "daily 01:00-03:00", "2026-12-05 20:00-23:30"]
    {
        assert_eq!(text.parse::<Opening>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "Sat",
        "Sat 22-04",
        "Caturday 22:00-04:00",
        "Sat 22:00-24:00",
        "Sat 22:00-24:01",
        "Sat 2:00-03:00",
        "2026-02-30 01:00-02:00",
        "Sat  22:00-04:00",
        "Sat 22:00 - 04:00",
    ] {
        let error = text.parse::<Opening>().unwrap_err();
        assert!(error.to_string().contains("midnight is `00:00`"), "{text}");
    }
    for text in ["2026-12-24", "2026-12-20..2027-01-06"] {
        assert!(text.parse::<Freeze>().is_ok(), "{text}");
    }
    for text in ["", "2027-01-06..2026-12-20", "Christmas", "2026-13-01"] {
        assert!(text.parse::<Freeze>().is_err(), "{text}");
    }
    let window = window(&["Sat 22:00-04:00"], &["2026-12-24"]);
    let text = serde_json::to_string(&window).unwrap();
    assert_eq!(serde_json::from_str::<Window>(&text).unwrap(), window);
    assert!(serde_json::from_str::<Window>(&text.replace("Vienna", "Atlantis")).is_err());
}
