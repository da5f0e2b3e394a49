//! The tables, and how they came about: numbered changes, each made once, in order.
//!
//! A change must leave what an older `mdc` does at the same time working, or it has to be made while
//! nobody is at work.

use postgres::{Client, Error};

use super::trouble::Trouble;

/// The changes, the first of which has the number 1.
const CHANGES: [&str; 1] = ["
    CREATE TABLE mdc.lease (
        site text PRIMARY KEY,
        fence bigint NOT NULL,
        token text NOT NULL,
        holder text,
        beat timestamptz NOT NULL
    );
    CREATE TABLE mdc.request (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        site text NOT NULL,
        fence bigint NOT NULL,
        asked text NOT NULL
    );
    CREATE INDEX ON mdc.request (site, fence);
    CREATE TABLE mdc.run (
        site text NOT NULL,
        id text COLLATE \"C\" NOT NULL,
        plan bytea NOT NULL,
        PRIMARY KEY (site, id)
    );
    CREATE TABLE mdc.line (
        site text NOT NULL,
        run text COLLATE \"C\" NOT NULL,
        number bigint NOT NULL,
        line text NOT NULL,
        PRIMARY KEY (site, run, number),
        FOREIGN KEY (site, run) REFERENCES mdc.run (site, id)
    );
"];

/// The newest schema that is known here.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a handful")]
const KNOWN: i32 = CHANGES.len() as i32;

/// One `mdc` at a time changes tables: a number that nothing else in the database locks (`pg_locks`).
const ALONE: i64 = 0x6d64_6320_7363_686d;

/// Brings the tables up to date.
pub(super) fn bring_up_to_date(client: &mut Client) -> Result<(), Trouble> {
    let found = number(client)?;
    if found > KNOWN {
        return Err(Trouble::NewerSchema { found, known: KNOWN });
    }
    if found < KNOWN {
        change(client)?;
    }
    Ok(())
}

/// The number of the last change; 0 when there is none.
fn number(client: &mut Client) -> Result<i32, Error> {
    let table = client.query_one("SELECT to_regclass('mdc.change') IS NOT NULL", &[])?;
    if !table.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    client.query_one("SELECT coalesce(max(number), 0) FROM mdc.change", &[])?.try_get(0)
}

fn change(client: &mut Client) -> Result<(), Error> {
    let mut work = client.transaction()?;
    work.execute("SELECT pg_advisory_xact_lock($1)", &[&ALONE])?;
    work.batch_execute(
        "CREATE SCHEMA IF NOT EXISTS mdc;
        CREATE TABLE IF NOT EXISTS mdc.change (
            number integer PRIMARY KEY,
            tool text NOT NULL,
            at timestamptz NOT NULL DEFAULT now()
        )",
    )?;
    // Another mdc may have made some of the changes since.
    let done = "SELECT coalesce(max(number), 0) FROM mdc.change";
    let done: i32 = work.query_one(done, &[])?.try_get(0)?;
    for (number, sql) in (1..).zip(CHANGES).filter(|(number, _)| *number > done) {
        work.batch_execute(sql)?;
        let tool = env!("CARGO_PKG_VERSION");
        work.execute("INSERT INTO mdc.change (number, tool) VALUES ($1, $2)", &[&number, &tool])?;
    }
    work.commit()
}
