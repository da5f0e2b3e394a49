//! Exchanges that others recorded from real Windows hosts. They are no part of this project: the folder
//! is named by `MDC_WINRM_FIXTURES`, and what is read there is said when it isn't set.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use roxmltree::{Document, Node};

use crate::transport::clixml::plain_errors;

use super::super::envelope::{Stationery, Wish};
use super::super::reply::Reply;
use super::harness::{skipped, variable};

const W: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd";

fn folder() -> Option<PathBuf> {
    let named = variable("MDC_WINRM_FIXTURES").map(PathBuf::from);
    if named.is_none() {
        skipped("MDC_WINRM_FIXTURES does not name a folder of recorded exchanges");
    }
    named
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// All texts behind `key` in the recordings: one line each.
fn texts(folder: &Path, key: &str) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for path in files(folder, "yml") {
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some(text) = line.get(2..).and_then(|line| line.strip_prefix(key)) {
                all.push((path.clone(), text.trim_matches('\'').to_owned()));
            }
        }
    }
    all
}

/// A file's text; some have a place for a number in their ids.
fn in_file(path: &Path) -> String {
    fs::read_to_string(path).unwrap().replace("%s", "0")
}

/// The id that an answer belongs to.
fn about(text: &str) -> String {
    let id = text.split("RelatesTo>").nth(1).and_then(|rest| rest.split('<').next());
    id.unwrap_or_default().trim().trim_start_matches("uuid:").to_owned()
}

#[test]
fn all_answers_are_read() {
    let Some(folder) = folder() else { return };
    let mut answers = texts(&folder, "response: ");
    for path in files(&folder, "xml") {
        let name = path.to_string_lossy();
        let is_answer =
            name.contains("response") || name.contains("open_shell_v") || name.contains("_v2");
        if is_answer && !name.contains("request") && !name.contains("malformed") {
            answers.push((path.clone(), in_file(&path)));
        }
    }
    assert!(answers.len() > 100, "{}", answers.len());
    let (mut faults, mut ends, mut output) = (0, 0, 0);
    for (path, text) in answers {
        match Reply::read(text.clone().into_bytes(), &about(&text)) {
            Ok(reply) if text.contains("ReceiveResponse>") => {
                let command =
                    text.split("CommandId=\"").nth(1).and_then(|rest| rest.split('"').next());
                let received = reply.received(command.unwrap_or_default()).unwrap();
                output += received.stdout.len() + received.stderr.len();
                ends += usize::from(received.end.is_some());
            }
            Ok(reply) if text.contains("ResourceCreated") => drop(reply.shell_id().unwrap()),
            Ok(reply) if text.contains("CommandId>") => {
                drop(reply.command_id().unwrap_or_else(|why| panic!("{path:?}: {why}")));
            }
            Ok(_) => {}
            Err(Ok(fault)) => {
                faults += 1;
                assert!(
                    fault.code.is_some() || path.to_string_lossy().contains("omi"),
                    "{path:?}: {fault}"
                );
            }
            // Answers of hosts that are not Windows, or of none, are not always whole.
            Err(Err(why)) => assert!(path.to_string_lossy().contains("winrb"), "{path:?}: {why}"),
        }
    }
    eprintln!("{faults} faults, {ends} ends of commands, {output} bytes of output were read");
    assert!(faults > 5 && ends > 10 && output > 1000);
}

#[test]
fn what_is_no_answer_is_refused() {
    let Some(folder) = folder() else { return };
    for path in files(&folder.join("ironposh/malformed"), "xml") {
        let text = fs::read_to_string(&path).unwrap();
        let read = Reply::read(text.clone().into_bytes(), &about(&text));
        // One of them would be an answer, but does not say to what.
        assert!(read.is_err(), "{path:?}");
    }
}

/// A request as far as it matters: the header by names, the body as it is; ids, times, and the ways to
/// write yes and no don't.
fn meaning(text: &str) -> (BTreeMap<String, String>, String) {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    let part = |name| root.children().find(|node| node.tag_name().name() == name).unwrap();
    let mut header = BTreeMap::new();
    for node in part("Header").children().filter(Node::is_element) {
        let name = node.tag_name().name();
        if ["MessageID", "SessionId", "To", "OperationTimeout"].contains(&name) {
            continue;
        }
        if name == "OptionSet" {
            for option in node.children().filter(Node::is_element) {
                let name = option.attribute("Name").unwrap_or_default();
                let value = option.text().unwrap_or_default().trim().to_ascii_uppercase();
                header.insert(format!("option {name}"), value);
            }
            continue;
        }
        header.insert(name.to_owned(), written(node));
    }
    let body = part("Body").children().filter(Node::is_element).map(written).collect();
    header.extend(line(&document).map(|line| ("line".to_owned(), line)));
    (header, body)
}

/// The whole command line: how it is parted into words differs from client to client.
fn line(document: &Document<'_>) -> Option<String> {
    let named = |name| {
        document.descendants().filter(move |it| it.is_element() && it.tag_name().name() == name)
    };
    let command = named("Command").next()?;
    let words = std::iter::once(command).chain(named("Arguments"));
    let words: Vec<&str> = words.filter_map(|it| it.text()).map(str::trim).collect();
    Some(words.join(" "))
}

fn written(node: Node<'_, '_>) -> String {
    let name = node.tag_name();
    let mut attributes: Vec<String> = node
        .attributes()
        .filter(|it| it.name() != "mustUnderstand" && it.name() != "CommandId")
        .filter(|it| !(it.name() == "End" && it.value().eq_ignore_ascii_case("false")))
        .map(|it| format!(" {}={}", it.name(), it.value().to_lowercase()))
        .collect();
    attributes.sort();
    let inside: String = node
        .children()
        // A line is compared as a whole; how long a shell lives differs from client to client.
        .filter(|it| !["Arguments", "Command", "IdleTimeOut"].contains(&it.tag_name().name()))
        .map(|it| {
            if it.is_text() { it.text().unwrap_or_default().trim().to_owned() } else { written(it) }
        })
        .collect();
    let space = name.namespace().unwrap_or_default();
    format!("<{{{space}}}{}{}>{inside}</>", name.name(), attributes.concat())
}

/// Ours for what `text` asks; none for what is not asked here.
fn ours(text: &str) -> Option<String> {
    let document = Document::parse(text).unwrap();
    let named = |name: &str| document.descendants().find(|it| it.tag_name().name() == name);
    let said =
        |name: &str| named(name).and_then(|it| it.text()).unwrap_or_default().trim().to_owned();
    let command =
        document.descendants().find_map(|it| it.attribute("CommandId")).unwrap_or_default();
    let shell = document.descendants().find(|it| it.has_tag_name((W, "Selector")));
    let shell = shell.and_then(|it| it.text()).unwrap_or_default();
    let bytes = openssl::base64::decode_block(&said("Stream")).unwrap_or_default();
    let is_last = named("Stream")
        .and_then(|it| it.attribute("End"))
        .is_some_and(|end| end.eq_ignore_ascii_case("true"));
    let resource = said("ResourceURI");
    let line = line(&document).unwrap_or_default();
    let wish = match said("Action").rsplit('/').next()? {
        "Get" if resource.ends_with("/config") => Wish::Settings,
        _ if !resource.ends_with("/shell/cmd") => return None,
        "Create" => Wish::Create { idle: Duration::from_secs(60) },
        "Command" => Wish::Command { shell, line: &line },
        "Send" => Wish::Send { shell, command, bytes: &bytes, is_last },
        "Receive" => Wish::Receive { shell, command },
        "Signal" if said("Code").ends_with("/terminate") => Wish::Terminate { shell, command },
        "Delete" => Wish::Delete { shell },
        _ => return None,
    };
    let largest = said("MaxEnvelopeSize").parse().unwrap();
    let stationery = Stationery { to: said("To"), session: "S".to_owned(), largest };
    Some(stationery.write(&wish, "M", Duration::from_secs(20)))
}

/// What clients differ in, by name; whatever else differs is ours to explain.
fn differs(name: &str, own: Option<&str>, their: Option<&str>) -> bool {
    matches!(
        (name, own, their),
        // Ours reads no profile, and wants UTF-8 and an input that is no console.
        ("option WINRS_NOPROFILE", Some("TRUE"), None | Some("FALSE"))
            | ("option WINRS_CODEPAGE", Some("65001"), None | Some("437"))
            | ("option WINRS_CONSOLEMODE_STDIN", Some("FALSE"), None | Some("TRUE"))
            // Ours is always a line for cmd.
            | ("option WINRS_SKIP_CMD_SHELL", Some("FALSE"), Some("TRUE"))
            | ("option WSMAN_CMDSHELL_OPTION_KEEPALIVE", Some("TRUE"), None)
    )
}

#[test]
fn our_requests_mean_what_recorded_ones_mean() {
    let Some(folder) = folder() else { return };
    let mut compared = BTreeMap::<String, usize>::new();
    let mut odd = BTreeMap::new();
    let mut requests = texts(&folder, "request: ");
    for path in files(&folder.join("pywinrm"), "xml") {
        if path.to_string_lossy().ends_with("_request.xml") {
            requests.push((path.clone(), in_file(&path)));
        }
    }
    for (path, text) in requests {
        let special =
            ["environment", "extra_opts"].iter().any(|it| path.to_string_lossy().contains(it));
        let Some(own) = (if special { None } else { ours(&text) }) else { continue };
        let ((theirs, body), (own_header, own_body)) = (meaning(&text), meaning(&own));
        let names: std::collections::BTreeSet<&String> =
            theirs.keys().chain(own_header.keys()).collect();
        for name in names {
            let (their, own) = (theirs.get(name), own_header.get(name));
            if their != own && !differs(name, own.map(String::as_str), their.map(String::as_str)) {
                odd.insert(format!("{name}: {own:?} for {their:?}"), path.clone());
            }
        }
        assert_eq!(own_body, body, "{path:?}");
        *compared.entry(theirs["Action"].clone()).or_default() += 1;
    }
    assert!(odd.is_empty(), "{odd:#?}");
    eprintln!("compared: {compared:#?}");
    assert!(compared.len() >= 7, "{compared:?}");
}

#[test]
fn errors_of_powershell_cut_at_every_byte() {
    let Some(folder) = folder() else { return };
    let mut texts_: Vec<Vec<u8>> = files(&folder.join("pypsrp/clixml"), "xml")
        .iter()
        .map(|path| fs::read(path).unwrap())
        .collect();
    for (_, text) in texts(&folder, "response: ") {
        if !text.contains("ReceiveResponse>") {
            continue;
        }
        let Ok(reply) = Reply::read(text.clone().into_bytes(), &about(&text)) else { continue };
        let command = text.split("CommandId=\"").nth(1).and_then(|rest| rest.split('"').next());
        let received = reply.received(command.unwrap_or_default()).unwrap();
        if received.stderr.starts_with(b"#< CLIXML") && received.stderr.ends_with(b"</Objs>") {
            texts_.push(received.stderr);
        }
    }
    assert!(texts_.len() >= 2);
    for text in texts_ {
        let whole = plain_errors([text.as_slice()]);
        assert!(
            !String::from_utf8_lossy(&whole).contains("<Objs"),
            "{}",
            String::from_utf8_lossy(&whole)
        );
        for cut in 0..text.len() {
            let (one, other) = text.split_at(cut);
            assert_eq!(plain_errors([one, other]), whole, "cut at {cut}");
        }
    }
}
