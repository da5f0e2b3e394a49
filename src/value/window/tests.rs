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
        ("daily 00:00-00:00", "", "2026-11-24T12:00:00+01:00", Some(720)),
        // Frozen days; the hours of the day before end at midnight.
        ("Sat 22:00-04:00", "2026-11-21", "2026-11-21T23:00:00+01:00", None),
        ("Sat 22:00-04:00", "2026-11-22..2026-11-30", "2026-11-21T23:00:00+01:00", Some(60)),
        ("Sat 22:00-04:00", "2026-11-22..2026-11-30", "2026-11-22T00:30:00+01:00", None),
        // Clocks are set back on 2026-10-25 at 03:00, and forward on 2026-03-29 at 02:00.
        ("Sat 22:00-04:00", "", "2026-10-24T22:00:00+02:00", Some(420)),
        ("Sat 22:00-04:00", "", "2026-03-28T22:00:00+01:00", Some(300)),
        ("Sun 02:30-04:00", "", "2026-03-29T03:30:00+02:00", Some(30)),
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
    assert_eq!(
        window(&["Sat 22:00-04:00", "daily 01:00-02:00"], &[]).longest().as_secs(),
        6 * 3600
    );
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
        "Sat 22:00-24:01",
        "Sat 2:00-03:00",
        "2026-02-30 01:00-02:00",
        "Sat  22:00-04:00",
        "Sat 22:00 - 04:00",
    ] {
        assert!(text.parse::<Opening>().is_err(), "{text}");
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
