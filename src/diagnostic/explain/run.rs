//! Plans and runs that can't be gone on with.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code of plans and runs; empty for any other.
    #[expect(clippy::too_many_lines, reason = "a table of texts, one a code")]
    pub(super) fn explain_run(self) -> &'static str {
        match self {
            Self::PlanUnusable => {
                "The file is not a plan that this mdc can carry out or show. It may be of \
                 another version of mdc, cut off, or changed after it was made: each plan has a \
                 seal over all of its content, and says nothing that contradicts itself. Make \
                 it again with `mdc plan -o FILE`; who has approved it has to look at it again."
            }
            Self::PlanStale => {
                "A plan holds what each of its steps rests on: the facts of its host, and what \
                 manifest, release and catalog said of it. Some of that has moved, so that the \
                 step might do something else than people have read. A step whose basis moved \
                 is refused with all that comes after it; when no change is left, the whole \
                 plan is. The message names each fact with what it was and what it is. Plan \
                 again and have that reviewed, or put back what moved. What no step rests on \
                 may move."
            }
            Self::PlanExpired => {
                "A plan is carried out only as long as what it rests on is young: `max-age` \
                 under `[plans]` in the manifest, 7 days when nothing is written. It is as old \
                 as the snapshot that it was made from; one whose hosts were read for it has no \
                 clock in it, and is as old as its file. Plan again from what is there now, and \
                 have that reviewed. The shorter of what the plan and what the manifest says \
                 counts."
            }
            Self::PlanForged => {
                "The plan says of its steps what the manifest and the catalog don't: it changes \
                 what isn't there, calls stage 2 stage 1, or takes secrets from elsewhere. mdc \
                 makes no such plan, so somebody has changed it and sealed it anew. Nothing was \
                 done. Find out who has touched the file, and make the plan again."
            }
            Self::PlanRepeated => {
                "This very plan was carried out to its end before, as its seal and the record \
                 of runs tell. People approve that it is done once. Make a new plan: it is \
                 empty where nothing is left to do. When the same is to be done again all the \
                 same, `--again REASON` begins it, and the reason is recorded."
            }
            Self::PlanPart => {
                "`--only` and `--skip` choose a part of a plan that can't be carried out \
                 without the rest: something that guards it, comes before it, or runs on the \
                 same host would be left out. The procedure's order is kept also in parts. \
                 Choose what the message names too, or leave out what needs it."
            }
            Self::NoOrder => {
                "The components of the plan would have to come before each other in a circle, \
                 so that none could be the first. The message names the circle. Look at their \
                 `needs`, `upgrade-order` and `install-order`, in your catalog and in what the \
                 manifest has otherwise."
            }
            Self::SnapshotUnusable => {
                "The file is not a snapshot that this mdc can plan from. It may be of another \
                 version of mdc, cut off, or changed after it was taken: each snapshot has a \
                 seal over all of its content. Take a new one with `mdc observe -o FILE`."
            }
            Self::SnapshotOther => {
                "The snapshot was taken of another cluster than the manifest describes. A plan \
                 from it would be of no use, and might name hosts of the same name. Take one \
                 with this manifest, or name the manifest that it was taken with."
            }
            Self::RunUnfinished => {
                "A run of this cluster did not come to its end, and what was asked for can't \
                 begin beside it. Go on with it by `mdc resume`, take it back by `mdc \
                 rollback`, or give it up with `--give-up REASON`: what it has done stays, and \
                 a new plan begins from what the hosts show. When what its begun steps rest on \
                 was written anew, nobody could tell by which of both they were begun; put it \
                 back, or give the run up."
            }
            Self::RunElsewhere => {
                "The record of this cluster's runs, or of one of them, is at another place than \
                 the manifest names. Two records of one cluster would let two controllers \
                 begin. The message names the place; go on from there, or take the record over \
                 as the line below it says."
            }
            Self::RunMissing => {
                "There is no run that could be shown, gone on with or taken back, or nobody is \
                 at work who could be asked. The record that was looked at is in the message: \
                 it follows from `state` in the manifest and from the folder of the manifest. \
                 `mdc history` lists what is there."
            }
            Self::RunLocked => {
                "Another mdc is at work on this cluster, or has taken it over from this one. \
                 Only one may change it at a time, and every host remembers who it is. Wait for \
                 it, or ask it to stop with `mdc stop`. Only when it can't go on, `--take-over \
                 REASON` takes the cluster over; that one can then change nothing any more."
            }
            Self::RecordUnusable => {
                "The record of runs can't be read, written or trusted: a full disk, missing \
                 rights, a database that can't be reached, or a journal whose chain doesn't \
                 hold. Nothing is done that could not be recorded. The line below the message \
                 says what to do; keep the files as they are until it is understood."
            }
            Self::Isolated => {
                "A run that is to be given up was cut off while it kept new work from an instance \
                 (`rolling.drain`), and the instance could not be given its work back: its host \
                 can't be reached, or the command failed. Given up, nobody would do it any more. \
                 The message says what to run by hand; `mdc status` names such instances."
            }
            Self::NoWayBack => {
                "The newest run can't be taken back by mdc: it dropped what was kept for that, \
                 it was a takeover, which the licence server knows no way back from, or it was \
                 taken back already. What was there before comes back from a backup only. `mdc \
                 report` tells what the run has done."
            }
            Self::FinaliseNotNow => {
                "What was kept for the way back is dropped only when nobody needs it any more, \
                 and in a plan of its own. The message says what stands against it. Nothing was \
                 dropped; mend that first, then ask again."
            }
            _ => "",
        }
    }
}
