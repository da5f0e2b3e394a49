//! The lease of a site: a row with holder, fence and last sign of life, and a lock of the holder's
//! session (`pg_advisory_lock`), which the server gives back when the session ends.
//!
//! A session ends when its process does, but also when the server restarts or the network is cut, and
//! then its holder comes back. So the lock alone proves nothing: the holder must besides have been
//! silent for [`ALIVE`], or be a process of this machine that has ended.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use postgres::{Client, Error, GenericClient};

use super::last::{Last, TENANT, last};
use super::server::Server;
use super::session::{Session, try_lock};
use super::trouble::Trouble;
use crate::state::lease::{ALIVE, Forced, Grip, Holder, LeaseLost};
use crate::state::{Asked, Claim, Lease, StateError, token};
use crate::value::Digest;

/// A site and its lease, as statements name it.
#[derive(Debug, Clone)]
pub(super) struct Mine {
    pub(super) site: String,
    pub(super) fence: i64,
    pub(super) token: String,
}

impl Mine {
    pub(super) fn of(site: &str, holder: &Holder) -> Self {
        let fence = i64::try_from(holder.fence).unwrap_or(i64::MAX);
        Self { site: site.to_owned(), fence, token: holder.token.clone() }
    }

    /// Whether the lease is still this one. The row stays as it is until the transaction ends.
    pub(super) fn is_held(&self, client: &mut impl GenericClient) -> Result<bool, Error> {
        let row = client.query_opt(
            "SELECT FROM mdc.lease WHERE site = $1 AND fence = $2 AND token = $3 FOR SHARE",
            &[&self.site, &self.fence, &self.token],
        )?;
        Ok(row.is_some())
    }

    /// Writes what is new about the holder, if the lease is still this one.
    pub(super) fn update(
        &self,
        client: &mut impl GenericClient,
        holder: &Holder,
    ) -> Result<bool, Error> {
        let rows = client.execute(
            "UPDATE mdc.lease SET holder = $4, beat = clock_timestamp()
            WHERE site = $1 AND fence = $2 AND token = $3",
            &[&self.site, &self.fence, &self.token, &json(holder)],
        )?;
        Ok(rows == 1)
    }
}

/// A holder always has a form as JSON: it is made of texts and numbers.
fn json(holder: &Holder) -> String {
    serde_json::to_string(holder).unwrap_or_default()
}

/// The number that the session of a site's holder locks.
fn lock_number(site: &str) -> i64 {
    let digest = Digest::of(format!("mdc {site}").as_bytes()).to_string();
    let digits = digest.get(..16).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_default().cast_signed()
}

/// Takes the lease of the server's site.
pub(super) fn acquire(
    server: Server,
    claim: &Claim,
    force: Option<&str>,
) -> Result<Lease, StateError> {
    let place = server.place();
    let site = server.site().to_owned();
    let token = token().map_err(|error| StateError::Io { place: place.clone(), error })?;
    let session = Session::new(server);
    let wish = Wish {
        number: lock_number(&site),
        site: site.clone(),
        claim: claim.clone(),
        force: force.map(str::to_owned),
        token,
    };
    let number = wish.number;
    let holder = session.once(move |client| wish.grant(client)).map_err(|it| it.at(&place))?;
    let holder = holder.map_err(|holder| StateError::Locked { holder })?;
    session.keep_locked(number);
    let mine = Mine::of(&site, &holder);
    let held = Held {
        session,
        place,
        mine,
        holder: holder.clone(),
        heard: Mutex::new(Heard { alive: Instant::now(), requests: BTreeSet::new() }),
    };
    Ok(Lease::new(holder, Box::new(held)))
}

/// What is wanted of a lease.
struct Wish {
    number: i64,
    site: String,
    claim: Claim,
    force: Option<String>,
    token: String,
}

impl Wish {
    /// Grants it, or says who has the lease. The row is locked first, so that one comes after the
    /// other.
    fn grant(self, client: &mut Client) -> Result<Result<Holder, String>, Error> {
        let mut work = client.transaction()?;
        work.execute(
            "INSERT INTO mdc.lease (site, fence, token, beat) VALUES ($1, 0, '', now())
            ON CONFLICT DO NOTHING",
            &[&self.site],
        )?;
        let row = work.query_one(&format!("{TENANT} FOR UPDATE"), &[&self.site])?;
        let last = Last::of(&row)?;
        let now = Timestamp::from_millisecond(row.try_get("now")?).unwrap_or_default();
        let is_free = try_lock(&mut work, self.number)?;
        let is_gone = is_free && last.is_gone();
        if !is_gone && self.force.is_none() {
            if is_free {
                work.execute("SELECT pg_advisory_unlock($1)", &[&self.number])?;
            }
            return Ok(Err(last.to_string()));
        }
        let fence = u64::try_from(row.try_get::<_, i64>("fence")?).unwrap_or_default();
        let mut holder = Holder::next(&self.claim, fence, (self.token, now));
        holder.forced =
            self.force.filter(|_| !is_gone).map(|reason| Forced { from: last.to_string(), reason });
        let mine = Mine::of(&self.site, &holder);
        work.execute(
            "UPDATE mdc.lease SET fence = $2, token = $3 WHERE site = $1",
            &[&self.site, &mine.fence, &mine.token],
        )?;
        mine.update(&mut work, &holder)?;
        work.execute("DELETE FROM mdc.request WHERE site = $1", &[&self.site])?;
        work.commit()?;
        Ok(Ok(holder))
    }
}

/// A lease that this process has.
struct Held {
    session: Arc<Session>,
    place: String,
    mine: Mine,
    holder: Holder,
    heard: Mutex<Heard>,
}

struct Heard {
    /// When the last sign of life was given.
    alive: Instant,
    /// Requests that were handed on.
    requests: BTreeSet<i64>,
}

/// What came of a sign of life: the requests that there are, or who has the lease instead.
type Beat = Result<Vec<(i64, String)>, String>;

fn beat(client: &mut Client, mine: &Mine) -> Result<Beat, Error> {
    let rows = client.execute(
        "UPDATE mdc.lease SET beat = clock_timestamp()
        WHERE site = $1 AND fence = $2 AND token = $3",
        &[&mine.site, &mine.fence, &mine.token],
    )?;
    if rows == 0 {
        return Ok(Err(last(client, &mine.site)?.to_string()));
    }
    // After a restart of the server an old session of this process may have had the lock for a while.
    try_lock_once(client, lock_number(&mine.site))?;
    let requests = client.query(
        "SELECT id, asked FROM mdc.request WHERE site = $1 AND fence = $2 ORDER BY id LIMIT 1000",
        &[&mine.site, &mine.fence],
    )?;
    let requests = requests.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    Ok(Ok(requests.collect::<Result<_, Error>>()?))
}

/// Locks `number` unless this session has it already: each time that it locks it counts.
fn try_lock_once(client: &mut Client, number: i64) -> Result<(), Error> {
    let held = client.query_one(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
            AND granted AND objsubid = 1
            AND ((classid::bigint << 32) | objid::bigint) = $1)",
        &[&number],
    )?;
    if !held.try_get::<_, bool>(0)? {
        try_lock(client, number)?;
    }
    Ok(())
}

impl Held {
    fn beat_once(&self) -> Result<Beat, Trouble> {
        let mine = self.mine.clone();
        self.session.once(move |client| beat(client, &mine))
    }
}

impl Grip for Held {
    fn beat(&self) -> Result<Option<Asked>, LeaseLost> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match self.beat_once().or_else(|trouble| match trouble {
            // That a connection broke is noticed only when it is used.
            Trouble::Passing(_) => self.beat_once(),
            lasting => Err(lasting),
        }) {
            Ok(Ok(requests)) => {
                heard.alive = Instant::now();
                let new = requests.into_iter().find(|(id, _)| !heard.requests.contains(id));
                let Some((id, asked)) = new else { return Ok(None) };
                heard.requests.insert(id);
                Ok(serde_json::from_str(&asked).ok())
            }
            Ok(Err(holder)) => Err(LeaseLost::Taken(holder)),
            Err(Trouble::Passing(_)) if heard.alive.elapsed() < ALIVE => Ok(None),
            Err(trouble) => {
                Err(LeaseLost::Silent { place: self.place.clone(), problem: trouble.to_string() })
            }
        }
    }
}

impl Drop for Held {
    /// What can't be written now is found out later: the lock goes with the session, and nobody gives
    /// signs of life.
    fn drop(&mut self) {
        let (mine, mut holder) = (self.mine.clone(), self.holder.clone());
        holder.released = Some(Timestamp::now());
        self.session.if_connected(move |client| mine.update(client, &holder).map(drop));
    }
}
