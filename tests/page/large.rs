//! The page of a thousand hosts.

use std::fs;
use std::io::Write;
use std::process::Command;
use std::time::Instant;

use crate::browser::Browser;
use crate::cluster::Cluster;
use crate::look;

/// What `mdc plan` writes in a form, and how long that takes.
fn written(cluster: &Cluster, format: &str) -> Vec<u8> {
    written_by(cluster, format, 2)
}

/// The same, by so many threads.
fn written_by(cluster: &Cluster, format: &str, threads: usize) -> Vec<u8> {
    let start = Instant::now();
    let made = Command::new(env!("CARGO_BIN_EXE_mdc"))
        .args(["plan", "--format", format, "--snapshot", cluster.snapshot().as_str()])
        .arg(cluster.manifest())
        .env("RAYON_NUM_THREADS", threads.to_string())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let took = start.elapsed();
    writeln!(std::io::stderr(), "{format} of {} hosts: {took:?}", cluster.hosts).unwrap();
    made.stdout
}

#[test]
fn a_thousand_hosts_are_usable() {
    let cluster = Cluster::write(1_000);
    let (dot, mermaid) = (written(&cluster, "dot"), written(&cluster, "mermaid"));
    crate::graph::is_accepted("a thousand hosts", &dot);
    crate::graph::is_a_flowchart(std::str::from_utf8(&mermaid).unwrap());
    let page = written(&cluster, "html");
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
    let Some(browser) = Browser::start("the page of a thousand hosts") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    fs::write(&path, &page).unwrap();
    browser.open(&path, "");
    assert!(
        look::count(&browser).starts_with("All 9,503 steps shown"),
        "{}",
        look::count(&browser)
    );
    // From the letter that is typed to what the eye sees: the layout is forced.
    let took = browser.run(
        "const text = document.querySelector('#text'), took = []; text.focus(); \
         for (const word of ['exec-00500', 'worker', 'upgrade', '']) { \
           const start = performance.now(); text.value = word; \
           text.dispatchEvent(new Event('input', { bubbles: true })); \
           document.body.getBoundingClientRect(); took.push(performance.now() - start); } return took",
    );
    writeln!(std::io::stderr(), "filters of a thousand hosts, ms: {took}").unwrap();
    // Below 100 ms on a busy machine with two cores; the bound is for one that is busier.
    assert!(took.as_array().unwrap().iter().all(|it| it.as_f64().unwrap() < 1_000.0), "{took}");
    browser.open(&path, "#host=exec-00500&changes=only");
    assert_eq!(look::count(&browser), "4 steps of 9,503 shown, in 4 rows");
    look::is_readable(&browser);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// So many steps are made, compared, grounded and sealed in several parts.
#[test]
fn a_large_plan_is_the_same_however_many_processors_make_it() {
    let cluster = Cluster::write(1_000);
    for format in ["json", "html"] {
        let [one, many] = [1, 7].map(|threads| written_by(&cluster, format, threads));
        assert!(one == many, "{format} differs");
    }
}
