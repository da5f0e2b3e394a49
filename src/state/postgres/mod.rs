//! Runs in a PostgreSQL database, for several controllers and several clusters (sites).
//!
//! Every line that is written is written under the lease: the same statement looks at the fence. A
//! connection that breaks is made anew, and what was asked is asked again; a line whose keeping was
//! not seen is looked up by its number first.

mod journal;
mod last;
mod lease;
mod schema;
mod server;
mod session;
mod trouble;
mod wire;

use std::io::{BufReader, Read};
use std::sync::Arc;

use camino::Utf8PathBuf;
use jiff::Timestamp;
use postgres::{Client, Error};

use super::adopted::Adopted;
use super::chain::{Chain, LARGEST};
use super::lease::{LeaseLost, Tenant};
use super::{
    Asked, Checked, Claim, Entry, Journal, JournalError, Lease, Reader, Record, Run, StateError,
    Store, run,
};
use crate::manifest::PostgresState;
use crate::plan::{self, Plan};
use journal::{Pages, Rows};
use last::{Last, last};
use lease::Mine;
use server::Server;
use session::Session;

/// The store in a database.
pub struct Postgres {
    server: Server,
    session: Arc<Session>,
}

/// A holder in words, who has the lease instead of whoever asked.
type Held<T> = Result<T, String>;

impl Postgres {
    /// The store that `setting` names; relative paths in it start at `folder`. Nothing is connected
    /// yet.
    #[must_use]
    pub fn new(setting: PostgresState, folder: Utf8PathBuf) -> Self {
        let server = Server::new(setting, folder);
        Self { session: Session::new(server.clone()), server }
    }

    /// Does `task` with the database, riding out what passes.
    fn done<T: Send + 'static>(
        &self,
        task: impl Fn(&mut Client) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<T, StateError> {
        self.session.until_done(task).map_err(|trouble| trouble.at(&self.place()))
    }

    /// Does `task` under the lease, in one transaction.
    fn done_under<T: Send + 'static>(
        &self,
        lease: &Lease,
        task: impl Fn(&mut postgres::Transaction<'_>) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<T, StateError> {
        let mine = Mine::of(self.server.site(), lease.holder());
        let done = self.done(move |client| -> Result<Held<T>, Error> {
            let mut work = client.transaction()?;
            if !mine.is_held(&mut work)? {
                drop(work);
                return Ok(Err(last(client, &mine.site)?.to_string()));
            }
            let done = task(&mut work)?;
            work.commit()?;
            Ok(Ok(done))
        })?;
        done.map_err(|holder| LeaseLost::Taken(holder).into())
    }

    /// The run as a place.
    fn run_place(&self, run: &str) -> String {
        format!("{}, run {run}", self.place())
    }

    fn reader(&self, run: &str) -> Reader<BufReader<Pages>> {
        let pages = Pages::of(Arc::clone(&self.session), self.server.site(), run);
        Reader::new(BufReader::with_capacity(1 << 18, pages), self.run_place(run)).of_run(run)
    }

    /// Refuses an id that there isn't.
    fn known(&self, run: &str) -> Result<(), StateError> {
        let (site, id) = (self.server.site().to_owned(), run.to_owned());
        let there = self.done(move |client| {
            client.query_opt("SELECT FROM mdc.run WHERE site = $1 AND id = $2", &[&site, &id])
        })?;
        there.map(drop).ok_or_else(|| self.no_such(run))
    }

    fn no_such(&self, run: &str) -> StateError {
        StateError::NoSuchRun { place: self.place(), run: run.to_owned() }
    }

    /// The run, its journal read.
    fn opened(&self, lease: &Lease, id: &str, plan: Plan) -> Result<Run, StateError> {
        let mut holder = lease.holder().clone();
        (holder.run, holder.plan) = (Some(id.to_owned()), Some(plan.seal.to_string()));
        let controller = holder.who();
        let mine = Mine::of(self.server.site(), &holder);
        let update = mine.clone();
        self.done_under(lease, move |work| update.update(work, &holder))?;
        let (progress, chain) = self.reader(id).of_plan(plan.seal).progress()?;
        let place = self.run_place(id);
        let rows = Rows {
            session: Arc::clone(&self.session),
            mine,
            run: id.to_owned(),
            place: place.clone(),
            in_doubt: false,
        };
        let journal = Journal::new(place.clone(), chain, Box::new(rows));
        let fence = lease.fence();
        let mut run = Run { id: id.to_owned(), place, plan, journal, progress, fence, controller };
        run.record_force(lease)?;
        Ok(run)
    }

    /// Puts a run with its lines into the tables, as far as they aren't there.
    fn put(
        &self,
        lease: &Lease,
        id: &str,
        (plan, lines): (&Plan, Vec<String>),
    ) -> Result<(), StateError> {
        let mut text = Vec::new();
        plan::write(plan, &mut text)
            .map_err(|error| StateError::Io { place: self.run_place(id), error })?;
        let (site, id, text) = (self.server.site().to_owned(), id.to_owned(), Arc::new(text));
        let lines = Arc::new(lines);
        self.done_under(lease, move |work| {
            let run =
                "INSERT INTO mdc.run (site, id, plan) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            work.execute(run, &[&site, &id, &*text])?;
            for (page, number) in lines.chunks(1000).zip((1_i64..).step_by(1000)) {
                let line = "INSERT INTO mdc.line (site, run, number, line)
                    SELECT $1, $2, $3 + place - 1, line
                    FROM unnest($4::text[]) WITH ORDINALITY AS page (line, place)
                    ON CONFLICT DO NOTHING";
                work.execute(line, &[&site, &id, &number, &page])?;
            }
            Ok(())
        })
    }
}

impl Store for Postgres {
    fn place(&self) -> String {
        self.server.place()
    }

    fn acquire(&self, claim: &Claim, force: Option<&str>) -> Result<Lease, StateError> {
        lease::acquire(self.server.clone(), claim, force)
    }

    fn tenant(&self) -> Result<Option<Tenant>, StateError> {
        let site = self.server.site().to_owned();
        match self.done(move |client| last(client, &site))? {
            Last::Nobody => Ok(None),
            Last::Known(tenant) => Ok(Some(*tenant)),
            Last::Unreadable => Err(StateError::Holder {
                place: self.place(),
                problem: "the entry of whoever is at work can't be read: use the newest mdc that \
                          works on this database"
                    .to_owned(),
            }),
        }
    }

    fn ask(&self, asked: &Asked) -> Result<Tenant, StateError> {
        let there = self.tenant()?.filter(|tenant| !tenant.is_gone());
        let there = there.ok_or_else(|| StateError::NobodyThere { place: self.place() })?;
        let mine = Mine::of(self.server.site(), &there.holder);
        let asked = serde_json::to_string(asked)
            .map_err(|error| StateError::Io { place: self.place(), error: error.into() })?;
        let insert = "INSERT INTO mdc.request (site, fence, asked) VALUES ($1, $2, $3)";
        // Not again and again: whoever asks can see whether it arrived, and ask again.
        self.session
            .once(move |client| client.execute(insert, &[&mine.site, &mine.fence, &asked]))
            .map_err(|trouble| trouble.at(&self.place()))?;
        Ok(there)
    }

    fn begin(
        &self,
        lease: &Lease,
        plan: Plan,
        (at, right): (Timestamp, &[Entry]),
    ) -> Result<Run, StateError> {
        let id = run::id(at, &plan.seal, self.ids()?.first());
        let lines = Chain::new()
            .lines(at, run::opening(&id, &plan, right))
            .ok_or_else(|| JournalError::TooLarge { place: self.run_place(&id) })?;
        self.put(lease, &id, (&plan, lines))?;
        self.opened(lease, &id, plan)
    }

    fn open(&self, lease: &Lease, run: &str) -> Result<Run, StateError> {
        self.opened(lease, run, self.plan(run)?)
    }

    fn adopt(&self, lease: &Lease, plan: &Plan, journal: &[u8]) -> Result<String, StateError> {
        let adopted = Adopted::check(plan, journal)?;
        let id = adopted.run.clone();
        let journal = match self.known(&id) {
            Ok(()) => {
                adopted.more_than(&self.text(&id)?, &self.run_place(&id))?.unwrap_or_default()
            }
            Err(StateError::NoSuchRun { .. }) => adopted.journal,
            Err(error) => return Err(error),
        };
        let lines = String::from_utf8_lossy(journal).lines().map(str::to_owned).collect();
        self.put(lease, &id, (plan, lines))?;
        Ok(id)
    }

    fn ids(&self) -> Result<Vec<String>, StateError> {
        let site = self.server.site().to_owned();
        self.done(move |client| {
            let rows = client
                .query("SELECT id FROM mdc.run WHERE site = $1 ORDER BY id DESC", &[&site])?;
            rows.iter().map(|row| row.try_get(0)).collect()
        })
    }

    fn plan(&self, run: &str) -> Result<Plan, StateError> {
        let (site, id) = (self.server.site().to_owned(), run.to_owned());
        let row = self.done(move |client| {
            client.query_opt("SELECT plan FROM mdc.run WHERE site = $1 AND id = $2", &[&site, &id])
        })?;
        let Some(row) = row else { return Err(self.no_such(run)) };
        let text: &[u8] = row
            .try_get(0)
            .map_err(|error| trouble::Trouble::from(error).at(&self.run_place(run)))?;
        plan::parse(text).map_err(|error| StateError::Plan { place: self.run_place(run), error })
    }

    fn text(&self, run: &str) -> Result<Vec<u8>, StateError> {
        self.known(run)?;
        let mut text = Vec::new();
        Pages::of(Arc::clone(&self.session), self.server.site(), run)
            .take(LARGEST)
            .read_to_end(&mut text)
            .map_err(|error| StateError::Io { place: self.run_place(run), error })?;
        Ok(text)
    }

    fn read(&self, run: &str, each: &mut dyn FnMut(Record)) -> Result<Checked, StateError> {
        self.known(run)?;
        Ok(self.reader(run).check(each)?)
    }
}
