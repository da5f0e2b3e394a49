//! Messages without what tells whose host they come from: whatever is not known to be harmless is taken out.

use openssl::base64::{decode_block, encode_block};

/// Elements whose text is of the protocol, a number, or a command line of ours; by their names in MS-WSMV and
/// DSP0226.
const HARMLESS: [&str; 41] = [
    "Action",
    "MessageID",
    "RelatesTo",
    "MaxEnvelopeSize",
    "OperationTimeout",
    "ResourceURI",
    "Option",
    "Selector",
    "SessionId",
    "OperationID",
    "SequenceId",
    "ShellId",
    "CommandId",
    "Command",
    "Arguments",
    "Code",
    "ExitCode",
    "InputStreams",
    "OutputStreams",
    "IdleTimeOut",
    "MaxIdleTimeOut",
    "BufferMode",
    "State",
    "ShellRunTime",
    "ShellInactivity",
    "Value",
    "MaxEnvelopeSizekb",
    "MaxTimeoutms",
    "MaxBatchItems",
    "MaxConcurrentOperations",
    "MaxConcurrentOperationsPerUser",
    "MaxConnections",
    "MaxConcurrentUsers",
    "MaxProcessesPerShell",
    "MaxMemoryPerShellMB",
    "MaxShellsPerUser",
    "MaxShellRunTime",
    "AllowUnencrypted",
    "AllowRemoteShellAccess",
    "CbtHardeningLevel",
    "EnumerationTimeoutms",
];
/// Attributes of the same kind; besides these, names of namespaces.
const ATTRIBUTES: [&str; 9] =
    ["Name", "CommandId", "Code", "State", "End", "mustUnderstand", "lang", "MustComply", "nil"];
const TAKEN_OUT: &str = "REDACTED";

/// What is kept of an element's text.
#[derive(Clone, Copy)]
enum Kept {
    All,
    Nothing,
    /// Of what a command printed, how much it is.
    Length,
}

/// `text`, a message, with nothing in it but what is known to be harmless.
pub(super) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (inside, tagged) = rest.split_at(at);
        out.push_str(&kept(inside, open.last().copied()));
        let (tag, after) = tagged.split_at(end_of(tagged));
        rest = after;
        if tag.starts_with("</") {
            open.pop();
            out.push_str(tag);
        } else if !tag.starts_with("<!") && !tag.starts_with("<?") {
            let tag = Tag::read(tag);
            if !tag.is_empty {
                open.push(tag.what_is_kept());
            }
            tag.write(&mut out);
        }
    }
    out.push_str(&kept(rest, None));
    out
}

/// How long the tag, comment or instruction is that `text` begins with. What stands between quotes ends none.
fn end_of(text: &str) -> usize {
    let whole = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
    if let Some((_, end)) = whole.into_iter().find(|(begin, _)| text.starts_with(begin)) {
        return text.find(end).map_or(text.len(), |at| at + end.len());
    }
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// A tag that opens an element.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<Attribute<'a>>,
    /// Something that is no attribute stands in it.
    is_odd: bool,
    is_empty: bool,
}

struct Attribute<'a> {
    name: &'a str,
    /// As it stands there, of either kind.
    quote: &'a str,
    value: &'a str,
}

impl<'a> Tag<'a> {
    fn read(tag: &'a str) -> Self {
        let inside = tag.strip_prefix('<').unwrap_or(tag);
        let inside = inside.strip_suffix('>').unwrap_or(inside);
        let (inside, is_empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let (name, rest) =
            inside.split_at(inside.find(char::is_whitespace).unwrap_or(inside.len()));
        let mut read = Self { name, attributes: Vec::new(), is_odd: false, is_empty };
        let mut rest = rest.trim();
        while !rest.is_empty() {
            let Some((attribute, after)) = Attribute::read(rest) else {
                read.is_odd = true;
                break;
            };
            read.attributes.push(attribute);
            rest = after.trim_start();
        }
        read
    }

    fn what_is_kept(&self) -> Kept {
        let name = local(self.name);
        if name == "Stream" {
            let is_ours = self.attributes.iter().any(|it| it.name == "Name" && it.value == "stdin");
            return if is_ours { Kept::All } else { Kept::Length };
        }
        if HARMLESS.contains(&name) { Kept::All } else { Kept::Nothing }
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(self.name);
        for Attribute { name, quote, value } in &self.attributes {
            let is_known =
                *name == "xmlns" || name.starts_with("xmlns:") || ATTRIBUTES.contains(&local(name));
            let value = if is_known { value } else { TAKEN_OUT };
            out.extend([" ", name, "=", quote, value, quote]);
        }
        if self.is_odd {
            out.extend([" ", TAKEN_OUT]);
        }
        out.push_str(if self.is_empty { "/>" } else { ">" });
    }
}

impl<'a> Attribute<'a> {
    /// The one that `text` begins with, and what is behind it.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let (name, rest) = text.split_once('=')?;
        let (name, rest) = (name.trim_end(), rest.trim_start());
        if name.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')) {
            return None;
        }
        let quote = rest.get(..1).filter(|quote| matches!(*quote, "\"" | "'"))?;
        let (value, rest) = rest.get(1..)?.split_once(quote)?;
        Some((Self { name, quote, value }, rest))
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn kept(text: &str, kept: Option<Kept>) -> String {
    match kept {
        _ if text.trim().is_empty() => text.to_owned(),
        Some(Kept::All) => text.to_owned(),
        Some(Kept::Length) => {
            let length = decode_block(text.trim()).map(|bytes| bytes.len()).unwrap_or_default();
            encode_block(&vec![b'x'; length])
        }
        Some(Kept::Nothing) | None => TAKEN_OUT.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_host_is_recorded() {
        for (text, expected) in [
            ("<a:To>http://srv-01/wsman</a:To>", "<a:To>REDACTED</a:To>"),
            ("<rsp:Owner>CORP\\bob</rsp:Owner>", "<rsp:Owner>REDACTED</rsp:Owner>"),
            (
                "<cfg:Client><cfg:TrustedHosts>dc-01.corp.example,10.9.8.7</cfg:TrustedHosts></cfg:Client>",
                "<cfg:Client><cfg:TrustedHosts>REDACTED</cfg:TrustedHosts></cfg:Client>",
            ),
            (
                "<cfg:ipv4filter>10.0.0.1-10.0.0.9</cfg:ipv4filter> bob",
                "<cfg:ipv4filter>REDACTED</cfg:ipv4filter>REDACTED",
            ),
            (
                "<f:WSManFault xmlns:f=\"urn:f\" Code=\"5\" Machine=\"srv-01\"><f:Message>bob!</f:Message>",
                "<f:WSManFault xmlns:f=\"urn:f\" Code=\"5\" Machine=\"REDACTED\"><f:Message>REDACTED\
                 </f:Message>",
            ),
            (
                "<rsp:Stream Name=\"stdout\" CommandId=\"C\">aGk=</rsp:Stream>",
                "<rsp:Stream Name=\"stdout\" CommandId=\"C\">eHg=</rsp:Stream>",
            ),
            (
                "<f:WSManFault Machine='srv-01.corp.example'\n  Code = '5'/>",
                "<f:WSManFault Machine='REDACTED' Code='5'/>",
            ),
            (
                "<f:X Machine='say \"Name=\"' Code=\"it's\" Other='>srv-01'>bob</f:X>",
                "<f:X Machine='REDACTED' Code=\"it's\" Other='REDACTED'>REDACTED</f:X>",
            ),
            ("<a xmlnsx='srv-01' b=srv-02 Code='1'>", "<a xmlnsx='REDACTED' REDACTED>"),
            ("<a Machine='srv-01", "<a REDACTED>"),
            ("<w:Action><!-- a > bob --><![CDATA[ > bob ]]></w:Action>", "<w:Action></w:Action>"),
            (
                "<rsp:Stream Name='stdout' X='Name=\"stdin\"'>aGk=</rsp:Stream>",
                "<rsp:Stream Name='stdout' X='REDACTED'>eHg=</rsp:Stream>",
            ),
            (
                "<rsp:Command>ver</rsp:Command>\n<w:Empty/><!-- bob -->",
                "<rsp:Command>ver</rsp:Command>\n<w:Empty/>",
            ),
        ] {
            assert_eq!(redact(text), expected);
        }
    }
}
