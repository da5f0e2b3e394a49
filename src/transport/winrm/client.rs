//! Requests to one host and their answers, over one connection that is logged in.
//!
//! A request that may have reached the host is never sent a second time: when its answer is not seen,
//! the connection is lost, and with it what the request did.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::manifest::WinrmConnection;
use crate::transport::RecordedExchange;
use crate::transport::failure::{Problem, Trouble};
use crate::transport::interrupt::Open;
use crate::transport::limit::Limit;
use crate::transport::tcp;
use crate::transport::token;

use super::envelope::{Stationery, Wish};
use super::fault::Fault;
use super::http::{self, Answer, Question};
use super::link::Link;
use super::login::{self, Login};
use super::place::{OwnPlace, PATH, Place};
use super::reply::Reply;
use super::seal::Seal;
use super::tls;

/// The size of envelopes that every host takes (MS-WSMV, 3.1.4.1.31.1).
pub(super) const LARGEST: usize = 153_600;
/// How long after its own limit a host may take to say that an operation is not done yet.
const GRACE: Duration = Duration::from_secs(10);
/// A connection that was quiet for so long is not used any more: HTTP.sys closes it after two minutes,
/// and a request that meets the close would be lost.
const QUIET: Duration = Duration::from_secs(90);

/// A host's WinRM service.
pub(super) struct Client {
    place: OwnPlace,
    way: Option<Way>,
    stationery: Stationery,
    /// What was said, where somebody wants to know.
    record: Option<Vec<RecordedExchange>>,
    /// By how many seconds the host's clock is ahead.
    skew: Option<i64>,
    /// Where the newest connection came from on this machine.
    own: Option<IpAddr>,
    /// Since there was a connection, there may be something on the host to close.
    open: Option<Open>,
}

/// A connection that is logged in.
struct Way {
    link: Link,
    login: Login,
    used: Instant,
    /// Whether the host has taken a request over it.
    is_proven: bool,
}

/// Why a request has no good answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The host says that it did not do it.
    Fault(Fault),
    /// Something else.
    Trouble(Trouble),
}

impl Client {
    /// Connects and logs in.
    pub(super) fn connect(place: OwnPlace) -> Result<Self, Trouble> {
        let mut client = Self::new(place).map_err(no_numbers)?;
        client.reach(None)?;
        Ok(client)
    }

    /// A client that has not connected yet.
    pub(super) fn new(place: OwnPlace) -> Result<Self, Problem> {
        let session = identifier()?;
        let to = place.place().url();
        let stationery = Stationery { to, session, largest: LARGEST };
        Ok(Self { place, way: None, stationery, record: None, skew: None, own: None, open: None })
    }

    /// What its connection says.
    pub(super) const fn settings(&self) -> &WinrmConnection {
        self.place.settings()
    }

    /// Keeps what is said from now on.
    pub(super) fn record(&mut self) {
        self.record = Some(Vec::new());
    }

    /// What was kept.
    pub(super) fn recorded(&mut self) -> Vec<RecordedExchange> {
        self.record.take().unwrap_or_default()
    }

    /// By how many seconds the host's clock is ahead of this machine's, as its answers say.
    pub(super) const fn skew(&self) -> Option<i64> {
        self.skew
    }

    /// The address of this machine that the host sees.
    pub(super) const fn own_address(&self) -> Option<IpAddr> {
        self.own
    }

    /// How long an envelope may be, both ways.
    pub(super) const fn largest(&self) -> usize {
        self.stationery.largest
    }

    /// The host takes envelopes of so many bytes.
    pub(super) const fn set_largest(&mut self, largest: usize) {
        self.stationery.largest = largest;
    }

    /// How long the host may keep a request open.
    pub(super) fn operation(&self) -> Duration {
        self.place.place().settings.timeouts.operation.duration()
    }

    /// Asks for `wish`; the host is to answer within `within`.
    pub(super) fn ask(&mut self, wish: &Wish<'_>, within: Duration) -> Result<Reply, Refusal> {
        self.ask_until(wish, within, None)
    }

    /// Asks for what tidies up: all of that, the way to the host too, takes `whole` at most, and goes
    /// on when somebody has interrupted the rest.
    pub(super) fn ask_at_last(
        &mut self,
        wish: &Wish<'_>,
        whole: Duration,
    ) -> Result<Reply, Refusal> {
        self.ask_until(wish, whole, Some(Instant::now() + whole))
    }

    /// Whether there is a connection.
    pub(super) const fn is_connected(&self) -> bool {
        self.way.is_some()
    }

    fn ask_until(
        &mut self,
        wish: &Wish<'_>,
        within: Duration,
        last: Option<Instant>,
    ) -> Result<Reply, Refusal> {
        self.reach(last).map_err(Refusal::Trouble)?;
        let during = wish.in_words();
        let trouble = |problem: Problem| Refusal::Trouble(trouble(during, problem));
        let id = identifier().map_err(trouble)?;
        let text = self.stationery.write(wish, &id, within);
        let limit = Limit::start("the host's answer", within + GRACE).within(last);
        let answer = self.exchange(text, &limit, during).map_err(Refusal::Trouble)?;
        match Reply::read(answer, &id) {
            Ok(reply) => Ok(reply),
            Err(Ok(fault)) => {
                let told = self.way.as_ref().map(|way| way.login.told()).unwrap_or_default();
                Err(Refusal::Fault(fault.without(&told)))
            }
            Err(Err(why)) => {
                self.way = None;
                Err(trouble(Problem::Lost(format!("the host's answer can't be used: {why}"))))
            }
        }
    }

    /// Sends `text` and gives the text of the answer. Whatever goes wrong ends the connection.
    fn exchange(
        &mut self,
        text: String,
        limit: &Limit,
        during: &'static str,
    ) -> Result<Vec<u8>, Trouble> {
        let Some(mut way) = self.way.take() else {
            return Err(trouble(during, Problem::Lost("there is no connection".to_owned())));
        };
        let place = self.place.place();
        let request = self.record.is_some().then(|| text.clone());
        let mut status = None;
        let sent = way.send(&place, text, limit).map_err(|problem| trouble(during, problem));
        let came = sent.and_then(|answer| {
            status = Some(answer.status);
            way.take(&place, &answer, during).map(|text| (answer, text))
        });
        if let (Some(record), Some(request)) = (&mut self.record, request) {
            let text = came.as_ref().ok().map(|(_, text)| text.as_slice());
            record.push(RecordedExchange { request, response: response(text, status) });
        }
        login::tell(way.login.attempt.take(), &came);
        let (answer, text) = came?;
        self.skew = skew(&answer).or(self.skew);
        way.used = Instant::now();
        way.is_proven = true;
        if !answer.is_last() {
            self.way = Some(way);
        }
        Ok(text)
    }

    /// Connects and logs in, unless there is a connection that can still be used.
    fn reach(&mut self, last: Option<Instant>) -> Result<(), Trouble> {
        let is_good = |way: &mut Way| way.used.elapsed() < QUIET && !way.link.is_spent();
        if self.way.as_mut().is_some_and(is_good) {
            return Ok(());
        }
        self.way = None;
        let place = self.place.place();
        let mut link = open(&place, last)?;
        let limit = Limit::start("logging in", place.settings.timeouts.login.duration());
        let login = login::log_in(&mut link, &place, limit.within(last))?;
        self.own = link.own_address();
        self.open.get_or_insert_with(Open::new);
        self.way = Some(Way { link, login, used: Instant::now(), is_proven: false });
        Ok(())
    }
}

/// Connects to the host at `place`, with TLS where its connection says so; for what tidies up, until `last`.
pub(super) fn open(place: &Place<'_>, last: Option<Instant>) -> Result<Link, Trouble> {
    let timeouts = &place.settings.timeouts;
    let limit = Limit::start("connecting", timeouts.connect.duration()).within(last);
    let socket = tcp::connect(place.address, place.port(), &limit).map_err(no_answer)?;
    if !place.settings.https {
        return Ok(Link::Plain(socket));
    }
    let limit = Limit::start("beginning TLS", timeouts.login.duration()).within(last);
    tls::connect(socket, place, &limit).map(|stream| Link::Tls(Box::new(stream)))
}

impl Way {
    fn send(&mut self, place: &Place<'_>, text: String, limit: &Limit) -> Result<Answer, Problem> {
        let (content_type, body) = self.login.seal.close(text).map_err(|why| {
            Problem::Here(format!("the message can't be sealed, and was not sent: {why}"))
        })?;
        let host = place.authority();
        let authorization = self.login.authorization.as_ref().map(|it| it.as_str());
        let question =
            Question { path: PATH, host: &host, authorization, content_type, body: &body };
        http::ask(&mut self.link, &question, limit).map_err(|problem| match problem {
            Problem::TimedOut { .. } => Problem::Lost(problem.to_string()),
            other => other,
        })
    }

    /// The text of an answer.
    fn take(
        &mut self,
        place: &Place<'_>,
        answer: &Answer,
        during: &'static str,
    ) -> Result<Vec<u8>, Trouble> {
        let problem = match answer.status {
            401 if self.login.authorization.is_some() && !self.is_proven => {
                return Err(login::refused(place, answer, false));
            }
            401 => Problem::Lost("the host asks for another login (status 401)".to_owned()),
            403 => Problem::Login("the host forbids it (status 403)".to_owned()),
            404 => Problem::Answer("there is no WinRM service (status 404)".to_owned()),
            413 => return Err(too_large(during)),
            503 => Problem::Unreachable("the host has no time for it (status 503)".to_owned()),
            200..=599 if !answer.body.is_empty() => {
                let opened = self.login.seal.open(answer);
                return opened.map_err(|why| trouble(during, Problem::Lost(why)));
            }
            status => {
                let as_if = match self.login.seal {
                    Seal::Keys(_) => ", as it does to requests that are not sealed as it wants",
                    Seal::Tls => "",
                };
                Problem::Lost(format!(
                    "the host answers with status {status} and nothing else{as_if}"
                ))
            }
        };
        Err(trouble(during, problem))
    }
}

/// What is kept of an answer; of one that is of no use, what is no word of the host's.
fn response(text: Option<&[u8]>, status: Option<u16>) -> Result<String, String> {
    match (text, status) {
        (Some(text), _) => Ok(String::from_utf8_lossy(text).into_owned()),
        (None, Some(status)) => Err(format!("status {status}")),
        (None, None) => Err("no answer".to_owned()),
    }
}

/// By how many seconds the clock in an answer's head is ahead of ours.
fn skew(answer: &Answer) -> Option<i64> {
    let date = answer.headers("date").next()?;
    let time = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    Some(time.as_second() - jiff::Timestamp::now().as_second())
}

/// A number for one message or session, in the form of a UUID (RFC 9562).
fn identifier() -> Result<String, Problem> {
    let word = token::random_word()
        .map_err(|error| Problem::Here(format!("/dev/urandom can't be read: {error}")))?;
    let part = |from: usize, to: usize| word.get(from..to).unwrap_or_default();
    let (time, middle, rest) = (part(0, 8), part(8, 12), part(20, 32));
    // Version 4, variant 8: random.
    let text = format!("{time}-{middle}-4{}-8{}-{rest}", part(13, 16), part(17, 20));
    Ok(text.to_ascii_uppercase())
}

fn no_numbers(problem: Problem) -> Trouble {
    Trouble::new("connect", problem, "mend this machine: every Linux system has that file")
}

fn no_answer(problem: Problem) -> Trouble {
    let hint = match &problem {
        Problem::Name(_) => "check the address in the manifest and this machine's name servers",
        _ => {
            "see that the host is up, that WinRM listens on this port (`winrm quickconfig`; 5985 is HTTP, \
             5986 HTTPS), and that the host's firewall lets this machine through"
        }
    };
    Trouble::new("connect", problem, hint)
}

fn trouble(during: &'static str, problem: Problem) -> Trouble {
    let hint = match &problem {
        Problem::Lost(_) => {
            "it is not known whether the host did it; look there before it is done again"
        }
        _ => "look at the host's event log, Microsoft-Windows-WinRM/Operational, then try again",
    };
    Trouble::new(during, problem, hint)
}

fn too_large(during: &'static str) -> Trouble {
    let problem = "the request is larger than the host takes (status 413, MaxEnvelopeSizekb)";
    let hint = "raise it on the host (`winrm set winrm/config @{MaxEnvelopeSizekb=\"500\"}`), or see \
                whether a proxy stands between that takes less";
    Trouble::new(during, Problem::Answer(problem.to_owned()), hint)
}

impl Refusal {
    /// As trouble, during `during`.
    pub(super) fn trouble(self, during: &'static str) -> Trouble {
        match self {
            Self::Fault(fault) => Trouble::new(during, fault.problem(), fault.hint()),
            Self::Trouble(trouble) => trouble,
        }
    }
}
