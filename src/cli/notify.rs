//! `mdc notify`: sends a test notice through every channel of the manifest.

use std::thread;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::form::{Answer, Form};
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath};
use crate::address::ComponentName;
use crate::desired::Notice;
use crate::diagnostic::Code;
use crate::manifest;
use crate::manifest::notice::Variables;
use crate::notice::{Delivery, deliver};
use crate::transport::random_word;
use crate::view::notice;

/// Sends a plainly marked test notice through every channel of the manifest's `[[notices]]`, and says
/// what came of each. Touches no host.
#[derive(Debug, Args)]
pub(super) struct Notify {
    /// Send a test notice; nothing else is sent by this command
    #[arg(long, required = true)]
    test: bool,
    #[command(flatten)]
    site: ManifestPath,
    /// Only through this notice; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<ComponentName>,
    #[command(flatten)]
    form: Form,
}

/// What came of all tests, for programs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Tests<'a> {
    /// What came of each.
    tested: Vec<Tested<'a>>,
}

/// What came of a test, for programs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Tested<'a> {
    /// The notice.
    notice: &'a str,
    /// How it is told, without anything secret.
    way: String,
    /// Whether it was delivered.
    delivered: bool,
    /// What the other side said.
    said: &'a str,
}

/// What stands before the text of every test.
const MARK: &str =
    "THIS IS A TEST. Nothing is changed, and nothing of what follows is true but the names.\n\n";

impl Notify {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.site.manifest, common, console)?;
        let notices = &site.desired.notices;
        let names = || notices.iter().map(|notice| notice.of.name.as_str());
        if let Some(unknown) = self.only.iter().find(|name| !names().any(|it| it == name.as_str()))
        {
            return Err(Problem::new(
                Code::UnknownName,
                format!("{} has no notice `{unknown}`", site.path),
                format!("name one of {}", names().collect::<Vec<_>>().join(", ")),
            ));
        }
        let chosen = |notice: &&Notice| self.only.is_empty() || self.only.contains(&notice.of.name);
        let mut told = Vec::new();
        for notice in notices.iter().filter(chosen) {
            console.say(&format!("{}: {} ...", notice.of.name, notice.of.channel.in_words()));
            told.push((&notice.of, test(notice, &site)));
        }
        let tested: Vec<Tested<'_>> = told.iter().map(Tested::of).collect();
        let answer = Answer::of("notices-tested", Tests { tested });
        if told.is_empty() {
            console.say(&format!("{} has no [[notices]]; nobody is told anything.", site.path));
        }
        if !told.is_empty() || self.form.is_json() {
            self.form.show(&answer, || notice::tested(&told), console)?;
        }
        let all = told.iter().all(|(_, delivery)| delivery.is_delivered());
        Ok(if all { Exit::Done } else { Exit::Incomplete })
    }
}

impl<'a> Tested<'a> {
    fn of((notice, delivery): &'a (&'a manifest::Notice, Delivery)) -> Self {
        Self {
            notice: notice.name.as_str(),
            way: notice.channel.in_words(),
            delivered: delivery.is_delivered(),
            said: delivery.said(),
        }
    }
}

fn test(notice: &Notice, site: &Site) -> Delivery {
    let cluster = &site.manifest.cluster;
    let variables = Variables {
        site: cluster.name.clone(),
        environment: cluster.environment.clone(),
        release: site.desired.release.clone(),
        what: "TEST: this is how a notice looks".to_owned(),
        id: random_word().unwrap_or_default(),
        ..Variables::example(notice.of.name.as_str(), "test")
    };
    let marked = Notice {
        subject: format!("TEST: {}", notice.subject),
        text: format!("{MARK}{}", notice.text),
        ..notice.clone()
    };
    deliver(&marked, &variables, &site.manifest.folder, &|time| {
        thread::sleep(time);
        false
    })
}
