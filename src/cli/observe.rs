//! `mdc observe`: what the hosts tell.

use std::io::Write;

use camino::Utf8PathBuf;
use clap::Args;
use jiff::Timestamp;

use super::console::Console;
use super::form::{Plain, file};
use super::problem::Problem;
use super::saved;
use super::site::Site;
use super::{Common, Exit, ManifestPath, sign, watch};
use crate::diagnostic::Code;
use crate::observe::Snapshot;
use crate::signature::SNAPSHOT;
use crate::view;

/// Reads all hosts, one command each, and changes nothing.
#[derive(Debug, Args)]
pub(super) struct Observe {
    #[command(flatten)]
    path: ManifestPath,
    /// Save what was read as a snapshot, for `plan --snapshot`
    #[arg(short, long, value_name = "FILE", value_parser = file)]
    output: Option<Utf8PathBuf>,
    /// Sign the snapshot with this key, by ssh-keygen: a private key, or the .pub file of one that an
    /// agent has. The signature is beside it, in FILE.sig
    #[arg(long, value_name = "KEY", requires = "output")]
    sign: Option<Utf8PathBuf>,
    /// As `--format json`, as it was called before
    #[arg(long, hide = true)]
    json: bool,
    /// In which form; as JSON it is the snapshot
    #[arg(long, default_value = "text")]
    format: Plain,
}

impl Observe {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.path.manifest, common, console)?;
        let observed = watch::observe(&site, console);
        let unknown = observed.unknown().count();
        let snapshot = Snapshot::new(&site.desired.cluster, Timestamp::now(), observed);
        let json = snapshot.to_json().map_err(|error| {
            Problem::new(
                Code::Defect,
                format!("the snapshot can't be written as JSON: {error}"),
                "report this",
            )
        })?;
        if let Some(path) = &self.output {
            saved::save(path, &mut |file| file.write_all(json.as_bytes()))?;
            console.say(&format!("The snapshot is in {path}."));
            if let Some(key) = &self.sign {
                sign::sign(key, SNAPSHOT, path)?;
                console.say(&format!("Its signature is in {}.", sign::beside(path)));
            }
        }
        if self.json || self.format == Plain::Json {
            console.data(&json)?;
        } else if self.output.is_none() {
            console.show(&view::observed::document(&snapshot.observed))?;
        }
        Ok(if unknown == 0 { Exit::Done } else { Exit::Incomplete })
    }
}
