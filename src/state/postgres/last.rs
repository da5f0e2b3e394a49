//! Who has the lease of a site, or had it last.

use std::fmt;
use std::time::Duration;

use postgres::{Error, GenericClient, Row};

use crate::state::lease::Tenant;

/// The last holder, its fence, how long it has been silent, and the present time, both in milliseconds.
pub(super) const TENANT: &str = "
    SELECT holder, fence, (extract(epoch FROM clock_timestamp() - beat) * 1000)::bigint AS silent,
        (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now
    FROM mdc.lease WHERE site = $1";

/// Who has a lease, or had it last.
pub(super) enum Last {
    /// Nobody ever had it.
    Nobody,
    /// This one.
    Known(Box<Tenant>),
    /// Somebody whose entry can't be read: one of a newer `mdc`, perhaps.
    Unreadable,
}

impl Last {
    pub(super) fn of(row: &Row) -> Result<Self, Error> {
        let silent: i64 = row.try_get("silent")?;
        let holder: Option<&str> = row.try_get("holder")?;
        let Some(holder) = holder else { return Ok(Self::Nobody) };
        let Ok(holder) = serde_json::from_str(holder) else { return Ok(Self::Unreadable) };
        let silent = Duration::from_millis(u64::try_from(silent).unwrap_or_default());
        Ok(Self::Known(Box::new(Tenant { holder, silent })))
    }

    /// Whether nobody works under the lease any more, given that nobody has locked it.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::Nobody => true,
            Self::Known(tenant) => tenant.is_gone(),
            Self::Unreadable => false,
        }
    }
}

impl fmt::Display for Last {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Known(tenant) => tenant.fmt(f),
            Self::Unreadable => f.write_str("somebody whose entry in mdc.lease can't be read"),
        }
    }
}

/// Who has the lease of `site`, or had it last.
pub(super) fn last(client: &mut impl GenericClient, site: &str) -> Result<Last, Error> {
    let row = client.query_opt(TENANT, &[&site])?;
    row.as_ref().map_or(Ok(Last::Nobody), Last::of)
}
