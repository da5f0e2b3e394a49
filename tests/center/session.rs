//! Sessions: renewed when they end, never tried again with a wrong password.

use crate::changes::{run, run_as, site};
use crate::stand_in::PASSWORD;

#[test]
fn a_session_that_has_ended_is_renewed() {
    let (site, center) = site();
    site.edit("[components.worker]", "[components.worker]\nat-once = 1");
    site.edit("at-once = 2", "at-once = 1");
    center.state().session_lasts = Some(3);
    run(&site, &["apply", "--yes"]).ended(0);
    let (logins, expired) = (center.count("POST /login 200"), center.count(" 403"));
    assert!(logins > 3, "{logins}");
    // Each is noticed once, but for the last, which may end with its last request.
    assert!(logins - expired <= 1, "{logins} logins, {expired} refusals");
    // What was refused for that was not done, and is done once.
    assert_eq!(center.count("/upgrade 202"), 8);
    assert_eq!(center.count("POST /made-up/installers 201"), 3);
}

#[test]
fn a_session_that_never_holds_is_renewed_once_a_request() {
    let (site, center) = site();
    center.state().session_lasts = Some(0);
    let ran = run(&site, &["apply", "--yes"]);
    ran.ended(1).tells(&[
        "find the Worker by Control Center for core-01",
        "403: Session (secret) has expired",
    ]);
    assert_eq!(center.count("POST /login 200"), 2);
    assert_eq!(center.count("GET /made-up/workers 403"), 2);
}

#[test]
fn a_wrong_password_is_tried_once() {
    let (site, center) = site();
    let ran = run_as(&site, &["apply", "--yes"], "canary-wr0ng");
    let words = [
        "Control Center refuses the login of `admin` (403: Failed to login); it is not tried again",
        "mend `[control-center]`",
    ];
    ran.ended(1).tells(&words);
    assert_eq!(center.count("POST /login 403"), 1);
    assert_eq!(center.count("POST /logout"), 0);
    assert_eq!(center.count("made-up"), 0);
    run_as(&site, &["resume", "--yes"], PASSWORD).ended(0);
}

#[test]
fn a_restart_of_identity_takes_the_session_with_it() {
    let (site, center) = site();
    // Between the Workers and the Cores.
    site.edit(
        "[components.worker]",
        "[components.identity-service]\nupgrade-order = 35\n\n[components.worker]",
    );
    center.state().unready = 1;
    let ran = run(&site, &["apply", "--yes"]);
    ran.ended(0).tells(&["Complete"]);
    assert_eq!(center.count("POST /login 200"), 2, "{:?}", center.state().log);
    assert_eq!(center.count("POST /logout 200"), 2);
    // No request was made with the session from before, and no login before it was ready again.
    assert_eq!(center.count(" 403"), 0);
    assert_eq!(center.count("GET /readyz 503"), 1);
}

#[test]
fn a_control_center_that_is_not_ready_is_waited_for_and_not_for_ever() {
    let (site, center) = site();
    site.edit(
        "[components.worker]",
        "[components.identity-service]\nupgrade-order = 35\n\n[components.worker]",
    );
    center.state().unready = 1_000_000;
    let ran = run(&site, &["apply", "--yes"]);
    let words = [
        "Control Center takes no login: identity-service has just been restarted (it is not ready \
         (503: identity: not connected)); given up after 4s",
    ];
    ran.ended(1).tells(&words);
    assert_eq!(center.count("POST /login"), 1);
    center.state().unready = 0;
    run(&site, &["resume", "--yes"]).ended(0);
}
