//! What a host says to an order. Its bytes are as foreign as any.

use crate::transport::excerpt::excerpt;
use crate::transport::{End, Output};

/// What a host says to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Done,
    /// A newer lease has been here: nothing was done.
    Fenced {
        /// The newer lease's number.
        fence: u64,
        /// Who holds it.
        holder: String,
    },
    /// How a job ended.
    Job(JobEnd),
    /// A job was told to end, and has; or there was nothing to end.
    Cancelled,
    /// A job runs on in spite of everything.
    Running,
    /// How many bytes of the file are there now.
    Has(u64),
    /// The newest lease's number and holder, and the runs whose records are here.
    Survey {
        /// The number; 0 when there was none.
        fence: u64,
        /// The holder.
        holder: String,
        /// The runs.
        runs: Vec<String>,
    },
    /// The ids of jobs.
    Jobs(Vec<String>),
    /// A part of a file.
    Part(Vec<u8>),
    /// There is no such thing.
    Unknown,
    /// The host can't do it, for this reason.
    Cannot(String),
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd {
    /// By itself.
    Ended(Output),
    /// Its time was up.
    Late(Output),
    /// It was told to.
    Cancelled(Output),
    /// It is gone, and nobody knows how it ended.
    Gone(Gone, Output),
}

/// Why nobody knows how a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// The host has rebooted since.
    Rebooted,
    /// It was killed together with what watched it, for want of memory for example, or its end
    /// could not be written, for want of disk space.
    Killed,
    /// It was accepted and never began.
    Unstarted,
}

impl Verdict {
    /// Reads an answer. Texts in the verdict are short and free of steering characters; a job's output
    /// is as the job printed it.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn read(answer: &[u8]) -> Result<Self, String> {
        Self::read_by(answer, End::of_shell)
    }

    /// The same of a Windows host, where no status stands for a signal.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub(in crate::transport) fn read_windows(answer: &[u8]) -> Result<Self, String> {
        Self::read_by(answer, End::Exit)
    }

    fn read_by(answer: &[u8], end: fn(i64) -> End) -> Result<Self, String> {
        let (line, rest) = line(answer)?;
        let (word, detail) = line.split_once(' ').unwrap_or((line, ""));
        Ok(match word {
            "done" => Self::Done,
            "fenced" => {
                let (fence, holder) = numbered(detail)?;
                Self::Fenced { fence, holder }
            }
            "ended" => Self::Job(JobEnd::Ended(output(end, detail, rest)?)),
            "late" => Self::Job(JobEnd::Late(output(end, detail, rest)?)),
            "cancelled" if !rest.is_empty() => {
                Self::Job(JobEnd::Cancelled(output(end, detail, rest)?))
            }
            "gone" if !rest.is_empty() => {
                Self::Job(JobEnd::Gone(gone(detail)?, output(end, "0", rest)?))
            }
            "cancelled" | "gone" | "over" | "unstarted" => Self::Cancelled,
            "running" => Self::Running,
            "has" => Self::Has(number(detail)?),
            "survey" => survey(detail, rest)?,
            "jobs" => Self::Jobs(names(rest)?),
            "recall" => Self::Part(part(detail, rest)?.0.to_vec()),
            "unknown" => Self::Unknown,
            "busy" => Self::Cannot("another order has kept it busy for 30 s".to_owned()),
            "cannot" => Self::Cannot(format!("it can't {}", shown(detail))),
            other => return Err(format!("`{}` is not one of its words", shown(other))),
        })
    }
}

fn line(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let at = bytes.iter().position(|&byte| byte == b'\n').ok_or("it has no whole line")?;
    let (line, rest) = bytes.split_at(at);
    let line = std::str::from_utf8(line).map_err(|_| "its first line is not text")?;
    Ok((line, rest.get(1..).unwrap_or_default()))
}

fn number(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("`{}` is not a number", shown(text)))
}

fn numbered(text: &str) -> Result<(u64, String), String> {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    Ok((number(first)?, shown(rest)))
}

fn part<'a>(size: &str, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), String> {
    let size = usize::try_from(number(size)?).map_err(|error| error.to_string())?;
    bytes.split_at_checked(size).ok_or_else(|| format!("{size} bytes should follow, and don't"))
}

fn output(end: fn(i64) -> End, status: &str, rest: &[u8]) -> Result<Output, String> {
    let (sizes, rest) = line(rest)?;
    let (first, second) = sizes.split_once(' ').ok_or("it has no sizes")?;
    let (stdout, rest) = part(first, rest)?;
    let (stderr, _) = part(second, rest)?;
    let status =
        status.trim().parse().map_err(|_| format!("`{}` is not a status", shown(status)))?;
    Ok(Output { end: end(status), stdout: stdout.to_vec(), stderr: stderr.to_vec() })
}

fn gone(detail: &str) -> Result<Gone, String> {
    match detail {
        "rebooted" => Ok(Gone::Rebooted),
        "killed" => Ok(Gone::Killed),
        "unstarted" => Ok(Gone::Unstarted),
        other => Err(format!("`{}` is not one of its words", shown(other))),
    }
}

fn survey(detail: &str, rest: &[u8]) -> Result<Verdict, String> {
    let (fence, holder) = numbered(detail)?;
    Ok(Verdict::Survey { fence, holder, runs: names(rest)? })
}

fn names(rest: &[u8]) -> Result<Vec<String>, String> {
    let text = std::str::from_utf8(rest).map_err(|_| "the names are not text")?;
    Ok(text.lines().filter(|name| is_name(name)).map(str::to_owned).collect())
}

/// Whether a host's word can be the name of a run: it is used in paths, there and here.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !text.is_empty() && text.len() <= 100 && text.chars().all(fits)
}

fn shown(text: &str) -> String {
    excerpt(text.as_bytes(), "")
}

#[cfg(test)]
mod tests;
