//! What a host answers. Answers are foreign bytes: nothing of them is believed but what is asked for.

use openssl::base64::decode_block;
use roxmltree::{Document, Node};

use crate::transport::excerpt::excerpt;

use super::fault::Fault;
use super::names::{ADDRESSING, CONFIG, SHELL, SOAP};

/// The most elements of an answer; a Receive's has some fifty.
const NODES: u32 = 100_000;

/// An answer as it was written.
pub(super) struct Reply {
    text: String,
}

/// What a Receive brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    /// Bytes of standard output.
    pub(super) stdout: Vec<u8>,
    /// Bytes of standard error.
    pub(super) stderr: Vec<u8>,
    /// Whether the command has ended, and with which status.
    pub(super) end: Option<Done>,
}

/// A command's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    /// The exit status; none is *unknown*, never 0.
    pub(super) status: Option<i64>,
}

/// What is told of the service's settings.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct ServiceSettings {
    /// The longest envelope, in bytes.
    pub(super) largest: Option<usize>,
    /// The most shells of one user.
    pub(super) shells: Option<u64>,
    /// Whether requests that are not sealed are taken over HTTP.
    pub(super) allows_plain: Option<bool>,
    /// How much memory a shell may take, in MB.
    pub(super) memory: Option<u64>,
    /// What is asked of channel bindings: `None`, `Relaxed` or `Strict`.
    pub(super) binding: Option<String>,
}

impl Reply {
    /// Reads `bytes`, the answer to the request `id`: a fault when it is one; `Err(Err(_))` tells in
    /// words why it can't be used.
    pub(super) fn read(bytes: Vec<u8>, id: &str) -> Result<Self, Result<Fault, String>> {
        let text = String::from_utf8(bytes).map_err(|_| Err("it is not UTF-8".to_owned()))?;
        let reply = Self { text };
        reply.check(id)?;
        Ok(reply)
    }

    fn check(&self, id: &str) -> Result<(), Result<Fault, String>> {
        let document = self.document().map_err(Err)?;
        let root = document.root_element();
        if !root.has_tag_name((SOAP, "Envelope")) {
            return Err(Err("it is no SOAP envelope".to_owned()));
        }
        // Kerberos's sequence numbers are not counted by hosts: this tells an old answer from ours.
        let about = child_text(child(root, SOAP, "Header"), ADDRESSING, "RelatesTo");
        let expected = format!("uuid:{id}");
        if about.is_some_and(|about| !about.eq_ignore_ascii_case(&expected)) {
            return Err(Err("it belongs to another request".to_owned()));
        }
        let body = child(root, SOAP, "Body").ok_or(Err("it has no body".to_owned()))?;
        if let Some(fault) = child(body, SOAP, "Fault") {
            return Err(Ok(Fault::read(fault)));
        }
        if about.is_none() {
            return Err(Err("it does not say which request it belongs to".to_owned()));
        }
        Ok(())
    }

    fn document(&self) -> Result<Document<'_>, String> {
        let options = roxmltree::ParsingOptions { nodes_limit: NODES, ..Default::default() };
        Document::parse_with_options(self.text.trim_start_matches('\u{feff}'), options).map_err(
            |error| {
                // The error quotes what it stumbled over.
                format!("it is no XML ({})", excerpt(error.to_string().as_bytes(), "empty"))
            },
        )
    }

    /// The id of the shell that was created.
    pub(super) fn shell_id(&self) -> Result<String, String> {
        let document = self.document()?;
        let selector = document.descendants().find(|node| {
            node.tag_name().name() == "Selector" && node.attribute("Name") == Some("ShellId")
        });
        let shell = selector.or_else(|| find(&document, SHELL, "ShellId"));
        identifier(shell).ok_or_else(|| "it names no shell".to_owned())
    }

    /// The id of the command that was started.
    pub(super) fn command_id(&self) -> Result<String, String> {
        let document = self.document()?;
        identifier(find(&document, SHELL, "CommandId")).ok_or_else(|| "it names no command".into())
    }

    /// What `command` printed, and whether it has ended.
    pub(super) fn received(&self, command: &str) -> Result<Received, String> {
        let document = self.document()?;
        let answer = find(&document, SHELL, "ReceiveResponse").ok_or("it holds no output")?;
        let mut received = Received::default();
        for node in answer.children().filter(Node::is_element) {
            if node.attribute("CommandId").is_some_and(|id| !id.eq_ignore_ascii_case(command)) {
                continue;
            }
            match (node.tag_name().name(), node.attribute("Name")) {
                ("Stream", Some("stdout")) => decode(node, &mut received.stdout)?,
                ("Stream", Some("stderr")) => decode(node, &mut received.stderr)?,
                ("CommandState", _) => received.end = received.end.or(end(node)?),
                _ => {}
            }
        }
        Ok(received)
    }

    /// The service's settings, as far as they are told.
    pub(super) fn settings(&self) -> Result<ServiceSettings, String> {
        let document = self.document()?;
        let root = find(&document, CONFIG, "Config").ok_or("it holds no settings")?;
        let (service, winrs) = (child(root, CONFIG, "Service"), child(root, CONFIG, "Winrs"));
        let number = |node, name| child_text(node, CONFIG, name)?.parse::<u64>().ok();
        let kilobytes = number(Some(root), "MaxEnvelopeSizekb");
        let auth = service.and_then(|it| child(it, CONFIG, "Auth"));
        Ok(ServiceSettings {
            largest: kilobytes.and_then(|kb| usize::try_from(kb.checked_mul(1024)?).ok()),
            shells: number(winrs, "MaxShellsPerUser"),
            memory: number(winrs, "MaxMemoryPerShellMB"),
            allows_plain: child_text(service, CONFIG, "AllowUnencrypted")
                .and_then(|text| text.parse().ok()),
            binding: child_text(auth, CONFIG, "CbtHardeningLevel").map(str::to_owned),
        })
    }
}

fn find<'a>(document: &'a Document<'a>, namespace: &str, name: &str) -> Option<Node<'a, 'a>> {
    document.descendants().find(|node| node.has_tag_name((namespace, name)))
}

fn child<'a>(node: Node<'a, 'a>, namespace: &str, name: &str) -> Option<Node<'a, 'a>> {
    node.children().find(|node| node.has_tag_name((namespace, name)))
}

fn child_text<'a>(node: Option<Node<'a, 'a>>, namespace: &str, name: &str) -> Option<&'a str> {
    node.and_then(|node| child(node, namespace, name)?.text()).map(str::trim)
}

/// The id that `node` holds. It goes into requests and messages: only what ids are made of.
fn identifier(node: Option<Node<'_, '_>>) -> Option<String> {
    let id = node?.text()?.trim();
    let is_one = |c: char| c.is_ascii_alphanumeric() || "-_{}.:".contains(c);
    (!id.is_empty() && id.len() <= 100 && id.chars().all(is_one)).then(|| id.to_owned())
}

fn decode(node: Node<'_, '_>, into: &mut Vec<u8>) -> Result<(), String> {
    let Some(text) = node.text() else { return Ok(()) };
    let whole = || "its output is not written in base64".to_owned();
    if text.contains(|c: char| c.is_ascii_whitespace()) {
        let joined: String = text.split_ascii_whitespace().collect();
        into.append(&mut decode_block(&joined).map_err(|_| whole())?);
    } else if !text.is_empty() {
        into.append(&mut decode_block(text).map_err(|_| whole())?);
    }
    Ok(())
}

/// The end that a state tells of, if it does. Statuses are written as signed or unsigned numbers.
fn end(state: Node<'_, '_>) -> Result<Option<Done>, String> {
    if !state.attribute("State").is_some_and(|state| state.ends_with("/CommandState/Done")) {
        return Ok(None);
    }
    let Some(text) = child_text(Some(state), SHELL, "ExitCode") else {
        return Ok(Some(Done { status: None }));
    };
    let status = text.parse().map_err(|_| "the exit status is no number".to_owned())?;
    Ok(Some(Done { status: Some(status) }))
}
