//! Keys, passwords and the content of `license.yml` are in no form of what is shown or kept.

use crate::bed::Bed;
use crate::stand_in::Fault;

#[test]
fn no_form_of_plan_report_and_history_has_a_secret() {
    for offline in [false, true] {
        let bed = Bed::new(&["production", "backup"], &["backup", "production"]);
        bed.site.edit("[standby]\n", "[standby]\nsettings-password = { file = \"archive\" }\n");
        if offline {
            bed.offline();
        }
        for form in ["text", "markdown", "html", "dot", "mermaid", "json"] {
            bed.run(&["plan", "--detail", "commands", "--format", form]).ended(0);
        }
        bed.run(&["plan", "-o", "plan.json", "--comments", "comments"]).ended(0);
        bed.run(&["status", "--format", "json"]).ended(0);
        bed.run(&["observe", "-o", "snapshot.json"]).ended(0);
        bed.run(&["emit", "plan.json", "-o", "by-hand"]).ended(0);
        let fails = Fault::Status(400);
        bed.cores.state().faults.push(("POST /admin/license", fails, 1));
        bed.run(&["apply", "plan.json", "--yes", "--events", "events"]).ended(1);
        bed.run(&["resume", "--yes", "--format", "json", "--events", "events"]).ended(0);
        for form in ["text", "markdown", "html", "json"] {
            bed.run(&["report", "--format", form]).ended(0);
        }
        bed.run(&["history", "--output", "json"]).ended(0);
    }
}

#[test]
fn what_an_instance_repeats_of_a_move_is_hidden() {
    let bed = Bed::new(&["production", "unlicensed"], &["production", "backup"]);
    bed.cores.state().faults.push(("POST /admin/license/backup", Fault::Repeats(403), 1));
    bed.run(&["apply", "--yes"]).ended(1).tells(&["\"activation-key\": \"(secret)\""]);
    bed.run(&["report", "--format", "json"]).ended(0);
}

/// What hides secrets is seen to look where they could be.
#[test]
#[should_panic(expected = "events")]
fn a_secret_in_a_file_is_found() {
    let bed = Bed::new(&["production", "backup"], &["production", "backup"]);
    std::fs::write(bed.site.path("events"), "canary-in-a-file").unwrap();
    bed.keeps_secrets();
}
