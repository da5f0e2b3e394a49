//! Scans through the cluster's API Gateway: test scans before and after a plan, and the load of a
//! rehearsal.

use std::net::IpAddr;
use std::sync::Arc;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gates::Placed;
use crate::address::{ComponentName, HostName};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, Span, WebAddress};
use crate::value::{Period, SecretReference, Size};

/// The component that files are submitted to.
const GATEWAY: &str = "api-gateway";

/// How clients reach the API Gateway, and what counts as scanning well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TestScans {
    /// The host of the gateway, by which the steps are named.
    pub host: HostName,
    /// The component that files are submitted to.
    pub component: ComponentName,
    /// Where its clients reach it, without a `/` at the end.
    pub url: String,
    /// Where the API key is read from.
    #[serde(skip)]
    pub api_key: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to the manifest's folder;
    /// default: the system's.
    #[serde(skip)]
    pub ca: Option<Utf8PathBuf>,
    /// The workflow rule by which files are scanned; default: the gateway's.
    pub rule: Option<String>,
    /// How many times as long as before a scan may take afterwards.
    pub slower_than: u32,
    /// What a scan may always take longer: below it times say nothing.
    pub grace: Period,
    /// When a test scan is given up.
    pub within: Period,
}

/// Files that are submitted while a plan runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// How large each is.
    pub size: Size,
    /// How many are submitted together.
    pub at_once: u32,
    /// How long after one another.
    pub every: Period,
    /// How many in all; until the run ends when none is said.
    pub count: Option<u32>,
    /// What takes longer is slow.
    pub slow: Period,
    /// What is not finished after this is lost.
    pub within: Period,
    /// How many may be lost; any number when none is said.
    pub may_lose: Option<u32>,
}

/// How clients reach the API Gateway: with this, a harmless file and the EICAR test pattern are
/// scanned before a plan changes anything and after its last step.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ScanText {
    /// Where clients reach the API Gateway, seen from the controller: `https://gw.example:8899`.
    #[schemars(with = "WebAddress")]
    url: At<String>,
    /// The API key, when the gateway asks for one.
    api_key: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to this file's folder; default:
    /// the system's.
    #[schemars(with = "Option<String>", length(min = 1))]
    ca: Option<Utf8PathBuf>,
    /// The workflow rule by which files are scanned; default: the gateway's.
    #[schemars(length(min = 1))]
    rule: Option<String>,
    /// How many times as long as before a scan may take afterwards; default 3, a guess.
    #[schemars(range(min = 1, max = 1000))]
    slower_than: Option<u32>,
    /// What a scan may always take longer, since short times say nothing; default `2s`, a guess.
    grace: Option<Period>,
    /// When a test scan is given up; default `2m`, a guess.
    within: Option<Period>,
}

/// Files that are submitted through the API Gateway while a plan runs, with `--load`: for rehearsals.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LoadText {
    /// A shape of the vendor's own benchmark. Leave it out, and write `size`, for another one.
    shape: Option<At<Shape>>,
    /// How large each file is, such as `2MB`.
    size: Option<At<Size>>,
    /// The shape's files are this many times smaller, for a lab; default 1.
    #[schemars(range(min = 1))]
    scaled_down: Option<u32>,
    /// How many files are submitted together; default the shape's, or 1.
    #[schemars(range(min = 1, max = 32))]
    at_once: Option<u32>,
    /// How long after one another; default the shape's, or `1s`.
    every: Option<Period>,
    /// How many in all; default the shape's, or as many as fit in before the run ends.
    #[schemars(range(min = 1))]
    count: Option<u32>,
    /// What takes longer counts as slow; default `30s`, a guess.
    slow: Option<Period>,
    /// What is not finished after this counts as lost; default `5m`, a guess.
    within: Option<Period>,
    /// How many files may be lost; with more of them the command fails. Default: any number.
    may_lose: Option<u32>,
}

/// The shapes of the vendor's own benchmark of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    /// 400 files of 56 MB, one a second.
    Archives,
    /// 4 files of 715 MB, all at once.
    Cabinets,
}

impl Shape {
    /// Size in bytes, how many at once, how many in all.
    const fn parts(self) -> (u64, u32, u32) {
        match self {
            Self::Archives => (56_000_000, 1, 400),
            Self::Cabinets => (715_000_000, 4, 4),
        }
    }
}

/// What `text` means, with all that is wrong with it.
pub(super) fn convert(
    source: &Arc<SourceText>,
    text: Option<At<ScanText>>,
    placed: &Placed<'_>,
    found: &mut Diagnostics,
) -> Option<TestScans> {
    let At { span, value: text } = text?;
    if text.api_key.is_some() && is_in_clear(&text.url) {
        found.push(
            Diagnostic::new(Code::KeyInClear, "the API key is sent over a connection in the clear")
                .at(Label::new(source, text.url.span.clone(), "not encrypted"))
                .help("let the gateway speak HTTPS and write `https://`"),
        );
    }
    let Some((host, component)) = placed.first(GATEWAY) else {
        let message = format!("no host has `{GATEWAY}`, to which test scans are submitted");
        found.push(no_gateway(source, (span, "needs one"), message, "place it on a host"));
        return None;
    };
    Some(TestScans {
        host: host.clone(),
        component: component.clone(),
        url: text.url.value.trim_end_matches('/').to_owned(),
        api_key: text.api_key,
        ca: text.ca,
        rule: text.rule,
        slower_than: text.slower_than.unwrap_or(3),
        grace: text.grace.unwrap_or(Period::seconds(2)),
        within: text.within.unwrap_or(Period::seconds(120)),
    })
}

/// Whether what is sent to `url` can be read by others on the way.
pub(super) fn is_in_clear(url: &str) -> bool {
    let here = |rest: &str| {
        let place = rest.split('/').next().unwrap_or_default();
        let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    url.strip_prefix("http://").is_some_and(|rest| !here(rest))
}

fn no_gateway(
    source: &Arc<SourceText>,
    (span, label): (Span, &str),
    message: impl Into<String>,
    help: &str,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::NoGateway, message);
    diagnostic.at(Label::new(source, span, label)).help(format!("{help}, or take this table out"))
}

/// What a load means, with all that is wrong with it.
pub(super) fn convert_load(
    source: &Arc<SourceText>,
    text: Option<At<LoadText>>,
    has_scan: bool,
    found: &mut Diagnostics,
) -> Option<Load> {
    let At { span, value: text } = text?;
    if !has_scan {
        let help = "write `[scan]` with the `url` of the API Gateway";
        let at = (span.clone(), "where are the files to be submitted?");
        found.push(no_gateway(source, at, "there is a `[load]` but no `[scan]`", help));
    }
    let (bytes, at_once, count) = match (&text.shape, &text.size) {
        (Some(shape), None) => {
            let (bytes, at_once, count) = shape.parts();
            (bytes, at_once, Some(count))
        }
        (None, Some(size)) => (size.bytes(), 1, None),
        (shape, size) => {
            let place = shape.as_ref().map(|it| &it.span).filter(|_| size.is_some());
            let message = "a load has either a `shape` or a `size`";
            found.push(
                Diagnostic::new(Code::ChooseOne, message)
                    .at(Label::new(source, place.unwrap_or(&span).clone(), "choose one"))
                    .help(
                        "write `shape = \"archives\"`, or `size = \"2MB\"` with what else differs",
                    ),
            );
            return None;
        }
    };
    Some(Load {
        size: Size::of(bytes / u64::from(text.scaled_down.unwrap_or(1).max(1))),
        at_once: text.at_once.unwrap_or(at_once),
        every: text.every.unwrap_or(Period::seconds(1)),
        count: text.count.or(count),
        slow: text.slow.unwrap_or(Period::seconds(30)),
        within: text.within.unwrap_or(Period::seconds(300)),
        may_lose: text.may_lose,
    })
}
