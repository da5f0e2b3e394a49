//! What a controller tells a host to do with jobs and records.

use std::time::Duration;

use super::{HOST, SHOWN, WITHIN};
use crate::transport::{Command, quote};
use crate::value::Digest;

/// Who may change the hosts of a site now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// The site: a name that is safe in paths.
    pub site: String,
    /// The number of the lease; a host that has seen a higher one refuses.
    pub fence: u64,
    /// Who holds the lease, for those who are refused.
    pub holder: String,
}

/// An order to a host.
#[derive(Debug, Clone, Copy)]
pub enum Order<'a> {
    /// Does nothing but let a newer lease be known, or refuse an older one.
    Enter,
    /// Starts a job, unless it was started before, and waits for its end.
    Attend {
        /// The run.
        run: &'a str,
        /// The job's id in it.
        job: &'a str,
        /// What it is to do.
        command: &'a Command,
    },
    /// Ends a job.
    Cancel {
        /// The run.
        run: &'a str,
        /// The job's id in it.
        job: &'a str,
    },
    /// Removes what is kept of a run.
    Forget {
        /// The run.
        run: &'a str,
    },
    /// Removes package files by their content, also those that came in part.
    Discard {
        /// What they hold, as their folders are named.
        contents: &'a [Digest],
    },
    /// Makes `content` what follows the first `offset` bytes of a file of the run's record.
    Keep {
        /// The run.
        run: &'a str,
        /// The file's name.
        file: &'a str,
        /// Bytes before.
        offset: u64,
        /// What follows.
        content: &'a str,
    },
    /// Tells the newest lease that the host has seen, and the runs whose records it keeps.
    Survey,
    /// Tells the jobs of a run that were begun on the host.
    Jobs {
        /// The run.
        run: &'a str,
    },
    /// Shows the part of a file of a run's record that begins at `offset`.
    Recall {
        /// The run.
        run: &'a str,
        /// The file's name.
        file: &'a str,
        /// Where the part begins.
        offset: u64,
    },
}

impl Order<'_> {
    /// What is being done, in words, to be read after "could not".
    pub(in crate::transport) const fn in_words(&self) -> &'static str {
        match self {
            Self::Enter => "take the host over",
            Self::Attend { .. } => "see the end of the job",
            Self::Cancel { .. } => "end the job",
            Self::Forget { .. } => "remove the files of the run",
            Self::Discard { .. } => "remove package files",
            Self::Keep { .. } => "copy the record of the run to the host",
            Self::Survey => "ask for records of runs",
            Self::Jobs { .. } => "ask for the jobs of the run",
            Self::Recall { .. } => "read the record of the run",
        }
    }

    /// How long the answer may take.
    pub(in crate::transport) fn within(&self) -> Duration {
        match self {
            Self::Attend { command, .. } => command.within.duration() + WITHIN,
            _ => WITHIN,
        }
    }

    /// The script that does it.
    pub(in crate::transport) fn script(&self, tenure: &Tenure) -> String {
        let words = self.words(tenure);
        let words: Vec<_> = words.iter().map(|word| quote(word)).collect();
        format!("set -- {}\n{HOST}", words.join(" "))
    }

    /// What the script is called with: site, fence, holder, verb and its arguments.
    pub(in crate::transport) fn words(&self, tenure: &Tenure) -> Vec<String> {
        let Tenure { site, fence, holder } = tenure;
        let say = |verb: &str, rest: &[&str]| {
            let first = [site.clone(), fence.to_string(), one_line(holder), verb.to_owned()];
            first.into_iter().chain(rest.iter().map(|&word| word.to_owned())).collect()
        };
        match *self {
            Self::Enter => say("touch_fence", &[]),
            Self::Attend { run, job, command } => {
                let limit = command.within.whole_seconds().max(1).to_string();
                say("attend", &[run, job, &limit, &SHOWN.to_string(), &command.run])
            }
            Self::Cancel { run, job } => say("cancel", &[run, job]),
            Self::Forget { run } => say("forget", &[run]),
            Self::Discard { contents } => {
                let names: Vec<String> = contents.iter().map(ToString::to_string).collect();
                say("discard", &names.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Self::Keep { run, file, offset, content } => {
                say("keep", &[run, file, &offset.to_string(), content])
            }
            Self::Survey => say("survey", &[]),
            Self::Jobs { run } => say("jobs", &[run]),
            Self::Recall { run, file, offset } => {
                say("recall", &[run, file, &offset.to_string(), &super::PART.to_string()])
            }
        }
    }
}

/// The file on the host has one line for a holder.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
