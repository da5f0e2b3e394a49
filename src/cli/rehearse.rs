//! `mdc rehearse`: carries a plan out where it may fail, and writes what came of it as evidence.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::apply::Apply;
use super::console::Console;
use super::form::file;
use super::plan::Basis;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, saved, sign, twin};
use crate::diagnostic::Code;
use crate::evidence::{self, Evidence, Recorded};
use crate::manifest::Connection;
use crate::plan::Purpose;
use crate::rehearsal::Drills;
use crate::signature::EVIDENCE;
use crate::state::{Store, Summary};
use crate::view;

/// Carries a plan out on a staging cluster, as `mdc apply` does, and writes what came of it as evidence.
///
/// A manifest with `[rehearsal]` takes such evidence: its plans are carried out only when each of their
/// changes was done before, between the same versions, by the same package and commands.
#[derive(Debug, Args)]
pub(super) struct Rehearse {
    /// Where the evidence goes
    #[arg(short, long, value_name = "FILE", value_parser = file)]
    output: Utf8PathBuf,
    /// Sign the evidence with this key, by ssh-keygen: a private key, or the .pub file of one that an
    /// agent has. The signature is beside it, in FILE.sig
    #[arg(long, value_name = "KEY")]
    sign: Option<Utf8PathBuf>,
    /// Carry nothing out: write the evidence of a run that is recorded, by its id, or of the `newest`
    #[arg(long, value_name = "RUN")]
    of: Option<String>,
    /// Carry it out on a simulated twin, made from this snapshot (`mdc observe -o`), and make each step
    /// fail there in turn; no host is touched
    #[arg(long, value_name = "SNAPSHOT", conflicts_with_all = ["of", "only", "skip", "load", "confirm"])]
    twin: Option<Utf8PathBuf>,
    /// Which steps fail on the twin
    #[arg(long, default_value = "each", requires = "twin")]
    drills: Which,
    #[command(flatten)]
    apply: Apply,
}

/// Which steps fail on a twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Every one
    Each,
    /// The first of each component and action
    Kinds,
    /// None
    None,
}

impl Rehearse {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let file = self.apply.target.file()?;
        if file.is_some() && self.twin.is_some() {
            return Err(Problem::new(
                Code::Unfit,
                "a plan file is made from what hosts were, and a twin from the snapshot",
                "name the manifest: the plan is made from the snapshot as well",
            ));
        }
        let manifest = self.apply.target.manifest(file.as_ref());
        if let Some(snapshot) = &self.twin {
            return self.on_twin(manifest, snapshot, (common, console));
        }
        let site = Site::load(&manifest, common, console)?;
        let store = site.store();
        let done = match &self.of {
            Some(wanted) => Some((named(&*store, wanted)?, Exit::Done)),
            None => self.carry_out(&*store, (common, console))?,
        };
        let Some((run, exit)) = done else {
            console.say(
                "Nothing was carried out, so there is no evidence. Bring staging back to where \
                 production is and rehearse again, or name a run that is recorded with --of RUN.",
            );
            return Ok(Exit::Incomplete);
        };
        let whole = self.write(&site, &*store, &run, console)?;
        Ok(if whole { exit } else { Exit::Incomplete })
    }

    /// The run that was begun or gone on with, and how that ended; none when there was nothing to do.
    fn carry_out(
        &self,
        store: &dyn Store,
        (common, console): (&Common, &Console),
    ) -> Result<Option<(Summary, Exit)>, Problem> {
        let before = newest(store)?;
        let exit = self.apply.run(common, console)?;
        let run = newest(store)?.filter(|run| is_new(run, before.as_ref()));
        Ok(run.map(|run| (run, exit)))
    }

    /// Writes the evidence of a run; tells whether it proves anything.
    fn write(
        &self,
        site: &Site,
        store: &dyn Store,
        run: &Summary,
        console: &Console,
    ) -> Result<bool, Problem> {
        let plan = store.plan(&run.run)?;
        if plan.basis.desired != site.desired.digest() {
            return Err(Problem::new(
                Code::EvidenceOther,
                format!(
                    "{}, its release or the catalog changed since the run {}",
                    site.path, run.run
                ),
                "no evidence was written, since it would tell of what they say now; put them back",
            ));
        }
        let mut records = Vec::new();
        store.read(&run.run, &mut |record| records.push(record))?;
        let mut ways = site.desired.hosts.values().map(|host| &host.connection);
        let is_simulated =
            |way| matches!(site.manifest.connections.get(way), Some(Connection::Simulated(_)));
        let evidence = evidence::of(&Recorded {
            plan: &plan,
            desired: &site.desired,
            simulated: ways.any(is_simulated),
            run: &run.run,
            unfinished: match taken_back(store, &run.run)? {
                Some(back) => Some(format!("it was taken back by the run {back}")),
                None => evidence::unfinished(&plan, run, &records),
            },
            records: &records,
        });
        self.save(&evidence, console)?;
        if self.of.is_some() {
            // Otherwise programs have the report of what was carried out.
            self.apply.manner.format.answer(&evidence, console)?;
        }
        if let Some(why) = &evidence.unfinished {
            console.say(&format!(
                "It proves nothing so far: {why}. Once the run is finished (`mdc resume {0}`, with --debts for \
                 what was left out), `mdc rehearse --of {1} -o {2} {0}` writes its evidence; otherwise rehearse \
                 again.",
                site.path, run.run, self.output
            ));
        }
        Ok(evidence.unfinished.is_none())
    }

    /// Rehearses on a simulated twin of what the snapshot tells.
    fn on_twin(
        &self,
        manifest: Utf8PathBuf,
        snapshot: &Utf8Path,
        (common, console): (&Common, &Console),
    ) -> Result<Exit, Problem> {
        let basis = Basis { snapshot: Some(snapshot.to_owned()) };
        let path = ManifestPath { manifest };
        let ((site, observed), plan) = basis.plan(&path, Utf8Path::new(""), (common, console))?;
        let drills = match self.drills {
            Which::Each => Drills::Each,
            Which::Kinds => Drills::Kinds,
            Which::None => Drills::None,
        };
        let twin::Rehearsed { whole, drills } =
            twin::rehearse(&site, (&observed, &plan), drills, console)?;
        let failed = || "the plan did not come to its end on the twin".to_owned();
        let unknown =
            plan.unknown.first().map(|it| format!("{} has no twin: it could not be read", it.host));
        let evidence = Evidence {
            left_out: whole.left_out.iter().map(|it| format!("{}: {}", it.step, it.why)).collect(),
            drills,
            ..evidence::of(&Recorded {
                plan: &plan,
                desired: &site.desired,
                simulated: true,
                run: &whole.report.run,
                unfinished: (!whole.is_done()).then(failed).or(unknown),
                records: &whole.records,
            })
        };
        self.save(&evidence, console)?;
        let document = || view::rehearsal::document(&evidence, &whole.unlike);
        self.apply.manner.format.show(&evidence, document, console)?;
        let recovers =
            evidence.drills.iter().all(|drill| drill.fails.is_none() || drill.recovers());
        Ok(if evidence.unfinished.is_none() && recovers { Exit::Done } else { Exit::Incomplete })
    }

    fn save(&self, evidence: &Evidence, console: &Console) -> Result<(), Problem> {
        let json = evidence.to_json().map_err(|error| {
            Problem::new(
                Code::Defect,
                format!("the evidence can't be written as JSON: {error}"),
                "report this",
            )
        })?;
        saved::save(&self.output, &mut |file| file.write_all(json.as_bytes()))?;
        console.say(&format!("The evidence of the run {} is in {}.", evidence.run, self.output));
        if let Some(key) = &self.sign {
            sign::sign(key, EVIDENCE, &self.output)?;
            console.say(&format!("Its signature is in {}.", sign::beside(&self.output)));
        }
        Ok(())
    }
}

/// The newest run that led to a release.
fn newest(store: &dyn Store) -> Result<Option<Summary>, Problem> {
    for id in store.ids()? {
        if store.plan(&id)?.purpose == Purpose::Release {
            return Ok(Some(store.summary(&id)?));
        }
    }
    Ok(None)
}

/// The run that has taken the run `id` back, if one has.
fn taken_back(store: &dyn Store, id: &str) -> Result<Option<String>, Problem> {
    for later in store.ids()?.into_iter().take_while(|later| later != id) {
        if store.plan(&later)?.purpose.rolls_back() == Some(id) {
            return Ok(Some(later));
        }
    }
    Ok(None)
}

/// Whether something was done in `run` since.
fn is_new(run: &Summary, before: Option<&Summary>) -> bool {
    before.is_none_or(|before| before.run != run.run || !before.is_over())
}

fn named(store: &dyn Store, wanted: &str) -> Result<Summary, Problem> {
    let found = match wanted {
        "newest" => newest(store)?,
        id => match store.ids()?.iter().find(|known| known.starts_with(id)) {
            Some(id) => Some(store.summary(id)?),
            None => None,
        },
    };
    found.ok_or_else(|| {
        Problem::new(
            Code::UnknownName,
            format!("no run {wanted} is recorded in {}", store.place()),
            "`mdc history` lists the runs",
        )
    })
}
