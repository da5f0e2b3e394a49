//! The lines of journals in a table.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use postgres::{Client, Error};

use super::last::last;
use super::lease::Mine;
use super::session::Session;
use crate::state::JournalError;
use crate::state::journal::Lines;

/// Lines that are read at once.
const PAGE: i64 = 1000;

/// The journal of one run, as its only writer has it.
pub(super) struct Rows {
    pub(super) session: Arc<Session>,
    pub(super) mine: Mine,
    pub(super) run: String,
    pub(super) place: String,
    /// Whether it isn't known what the server took down.
    pub(super) in_doubt: bool,
}

/// What came of a line.
enum Kept {
    /// It is in the table, now or since an earlier try whose answer was lost.
    Yes,
    /// Somebody else has the lease.
    Lost(String),
    /// The table is not as it was left.
    Moved(&'static str),
}

impl Lines for Rows {
    fn keep(&mut self, number: u64, text: &str) -> Result<(), JournalError> {
        let server = |problem: &str| JournalError::Server {
            place: self.place.clone(),
            problem: problem.to_owned(),
        };
        if self.in_doubt {
            return Err(server("it isn't known whether an earlier entry was kept; open it again"));
        }
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let (mine, run, line) = (self.mine.clone(), self.run.clone(), text.to_owned());
        let kept =
            self.session.until_done(move |client| keep(client, &mine, &run, (number, &line)));
        match kept {
            Ok(Kept::Yes) => Ok(()),
            Ok(Kept::Lost(holder)) => {
                Err(JournalError::LostLease { place: self.place.clone(), holder })
            }
            Ok(Kept::Moved(how)) => Err(server(how)),
            Err(trouble) => {
                let error = server(&trouble.to_string());
                self.in_doubt = true;
                Err(error)
            }
        }
    }
}

/// Puts a line into the table, in one statement: if the lease is still this one, and the line before
/// it is there. A failover to a server that lags behind can lose that one.
fn keep(
    client: &mut Client,
    mine: &Mine,
    run: &str,
    (number, line): (i64, &str),
) -> Result<Kept, Error> {
    let Mine { site, fence, token } = mine;
    let rows = client.execute(
        "INSERT INTO mdc.line (site, run, number, line)
        SELECT $1, $2, $3::bigint, $4 FROM mdc.lease
            WHERE site = $1 AND fence = $5 AND token = $6 AND EXISTS
                (SELECT FROM mdc.line WHERE site = $1 AND run = $2 AND number = $3::bigint - 1)
            FOR SHARE OF lease
        ON CONFLICT DO NOTHING",
        &[site, &run, &number, &line, fence, token],
    )?;
    if rows == 1 {
        return Ok(Kept::Yes);
    }
    if !mine.is_held(client)? {
        return Ok(Kept::Lost(last(client, site)?.to_string()));
    }
    let there = client.query_opt(
        "SELECT line FROM mdc.line WHERE site = $1 AND run = $2 AND number = $3",
        &[site, &run, &number],
    )?;
    Ok(match there.map(|row| row.try_get::<_, String>(0)).transpose()? {
        Some(there) if there == line => Kept::Yes,
        Some(_) => Kept::Moved("another entry stands where this one belongs"),
        None => Kept::Moved(
            "entries that the server had confirmed are gone: it failed over to one that lagged \
             behind, or was set back; let it wait for its standby (synchronous_standby_names), and \
             put the run's record back from where a copy is kept",
        ),
    })
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("place", &self.place).finish_non_exhaustive()
    }
}

/// The text of a journal, fetched in pages.
pub(super) struct Pages {
    session: Arc<Session>,
    site: String,
    run: String,
    /// The last line that was fetched.
    last: i64,
    page: io::Cursor<Vec<u8>>,
}

impl Pages {
    pub(super) fn of(session: Arc<Session>, site: &str, run: &str) -> Self {
        let page = io::Cursor::new(Vec::new());
        Self { session, site: site.to_owned(), run: run.to_owned(), last: 0, page }
    }

    fn fetch(&mut self) -> io::Result<()> {
        let (site, run, last) = (self.site.clone(), self.run.clone(), self.last);
        let rows = self.session.until_done(move |client| {
            client.query(
                "SELECT number, line FROM mdc.line WHERE site = $1 AND run = $2 AND number > $3
                ORDER BY number LIMIT $4",
                &[&site, &run, &last, &PAGE],
            )
        });
        let mut page = Vec::new();
        for row in rows.map_err(|trouble| io::Error::other(trouble.to_string()))? {
            self.last = row.try_get(0).map_err(io::Error::other)?;
            page.extend_from_slice(row.try_get::<_, &str>(1).map_err(io::Error::other)?.as_bytes());
            page.push(b'\n');
        }
        self.page = io::Cursor::new(page);
        Ok(())
    }
}

impl Read for Pages {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.page.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        self.fetch()?;
        self.page.read(buffer)
    }
}
