//! The seven requests (DSP0226; MS-WSMV, 3.1.4): the text of each is written here and nowhere else.

use std::fmt::Write;
use std::time::Duration;

use openssl::base64::encode_block;

use super::names::{ACTION_SHELL, ACTION_TRANSFER, CMD, CONFIG};

/// What is the same in all requests to one host.
#[derive(Debug, Clone)]
pub(super) struct Stationery {
    /// The whole address: `http://host:5985/wsman`.
    pub(super) to: String,
    /// The session's id: a shell is only found again by the session that made it.
    pub(super) session: String,
    /// How long an answer may be, in bytes.
    pub(super) largest: usize,
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wish<'a> {
    /// The service's settings.
    Settings,
    /// A shell that goes away by itself after so long without a request.
    Create {
        /// How long.
        idle: Duration,
    },
    /// A command line in a shell.
    Command {
        /// The shell.
        shell: &'a str,
        /// The line.
        line: &'a str,
    },
    /// Bytes for a command's standard input.
    Send {
        /// The shell.
        shell: &'a str,
        /// The command.
        command: &'a str,
        /// The bytes.
        bytes: &'a [u8],
        /// Whether no more come.
        is_last: bool,
    },
    /// What a command has printed since, and whether it has ended.
    Receive {
        /// The shell.
        shell: &'a str,
        /// The command.
        command: &'a str,
    },
    /// That a command ends, and that the host forgets it.
    Terminate {
        /// The shell.
        shell: &'a str,
        /// The command.
        command: &'a str,
    },
    /// That a shell ends, with all that runs in it.
    Delete {
        /// The shell.
        shell: &'a str,
    },
}

impl Wish<'_> {
    /// In words, as behind "could not".
    pub(super) const fn in_words(&self) -> &'static str {
        match self {
            Self::Settings => "read the service's settings",
            Self::Create { .. } => "open a shell",
            Self::Command { .. } => "start the command",
            Self::Send { .. } => "send the command's input",
            Self::Receive { .. } => "receive the command's output",
            Self::Terminate { .. } => "end the command",
            Self::Delete { .. } => "close the shell",
        }
    }

    fn action(&self) -> String {
        let (base, name) = match self {
            Self::Settings => (ACTION_TRANSFER, "Get"),
            Self::Create { .. } => (ACTION_TRANSFER, "Create"),
            Self::Delete { .. } => (ACTION_TRANSFER, "Delete"),
            Self::Command { .. } => (ACTION_SHELL, "Command"),
            Self::Send { .. } => (ACTION_SHELL, "Send"),
            Self::Receive { .. } => (ACTION_SHELL, "Receive"),
            Self::Terminate { .. } => (ACTION_SHELL, "Signal"),
        };
        format!("{base}{name}")
    }

    const fn resource(&self) -> &'static str {
        match self {
            Self::Settings => CONFIG,
            _ => CMD,
        }
    }

    const fn shell(&self) -> Option<&str> {
        match self {
            Self::Settings | Self::Create { .. } => None,
            Self::Command { shell, .. }
            | Self::Send { shell, .. }
            | Self::Receive { shell, .. }
            | Self::Terminate { shell, .. }
            | Self::Delete { shell } => Some(shell),
        }
    }

    /// Options that go with it. 65001 is UTF-8. A command whose standard input is a console could
    /// not be fed, and one without `cmd` would not find its words.
    const fn options(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Create { .. } => &[("WINRS_NOPROFILE", "TRUE"), ("WINRS_CODEPAGE", "65001")],
            Self::Command { .. } => {
                &[("WINRS_CONSOLEMODE_STDIN", "FALSE"), ("WINRS_SKIP_CMD_SHELL", "FALSE")]
            }
            Self::Receive { .. } => &[("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "TRUE")],
            _ => &[],
        }
    }

    fn body(&self, text: &mut String) {
        match self {
            Self::Settings | Self::Delete { .. } => {}
            Self::Create { idle } => {
                // In this order: the schema has a sequence.
                let seconds = idle.as_secs();
                let _ = write!(
                    text,
                    "<rsp:Shell><rsp:IdleTimeOut>PT{seconds}S</rsp:IdleTimeOut>\
                     <rsp:InputStreams>stdin</rsp:InputStreams>\
                     <rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>"
                );
            }
            Self::Command { line, .. } => {
                text.push_str("<rsp:CommandLine><rsp:Command>");
                escape(line, text);
                text.push_str("</rsp:Command></rsp:CommandLine>");
            }
            Self::Send { command, bytes, is_last, .. } => {
                let end = if *is_last { " End=\"true\"" } else { "" };
                let _ = write!(
                    text,
                    "<rsp:Send><rsp:Stream Name=\"stdin\" CommandId=\"{}\"{end}>",
                    escaped(command)
                );
                text.push_str(&encode_block(bytes));
                text.push_str("</rsp:Stream></rsp:Send>");
            }
            Self::Receive { command, .. } => {
                let command = escaped(command);
                let _ = write!(
                    text,
                    "<rsp:Receive><rsp:DesiredStream CommandId=\"{command}\">stdout stderr\
                     </rsp:DesiredStream></rsp:Receive>"
                );
            }
            Self::Terminate { command, .. } => {
                let command = escaped(command);
                let _ = write!(
                    text,
                    "<rsp:Signal CommandId=\"{command}\"><rsp:Code>{ACTION_SHELL}signal/terminate\
                     </rsp:Code></rsp:Signal>"
                );
            }
        }
    }
}

impl Stationery {
    /// The request for `wish`, called `id`; the host is to answer within `within`.
    pub(super) fn write(&self, wish: &Wish<'_>, id: &str, within: Duration) -> String {
        let room = if let Wish::Send { bytes, .. } = wish { bytes.len() / 3 * 4 } else { 0 };
        let mut text = String::with_capacity(room + 3000);
        let (action, resource) = (wish.action(), wish.resource());
        let (largest, session, to) = (self.largest, &self.session, escaped(&self.to));
        let _ = write!(
            text,
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
             xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" \
             xmlns:p=\"http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd\" \
             xmlns:rsp=\"http://schemas.microsoft.com/wbem/wsman/1/windows/shell\"><s:Header>\
             <a:To>{to}</a:To><a:ReplyTo><a:Address s:mustUnderstand=\"true\">\
             http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>\
             </a:ReplyTo><a:Action s:mustUnderstand=\"true\">{action}</a:Action>\
             <a:MessageID>uuid:{id}</a:MessageID>\
             <w:MaxEnvelopeSize s:mustUnderstand=\"true\">{largest}</w:MaxEnvelopeSize>\
             <w:Locale xml:lang=\"en-US\" s:mustUnderstand=\"false\"/>\
             <p:DataLocale xml:lang=\"en-US\" s:mustUnderstand=\"false\"/>\
             <w:OperationTimeout>PT{}.{:03}S</w:OperationTimeout>\
             <w:ResourceURI s:mustUnderstand=\"true\">{resource}</w:ResourceURI>\
             <p:SessionId s:mustUnderstand=\"false\">uuid:{session}</p:SessionId>",
            within.as_secs(),
            within.subsec_millis(),
        );
        if let [_, ..] = wish.options() {
            text.push_str("<w:OptionSet s:mustUnderstand=\"true\">");
            for (name, value) in wish.options() {
                let _ = write!(text, "<w:Option Name=\"{name}\">{value}</w:Option>");
            }
            text.push_str("</w:OptionSet>");
        }
        if let Some(shell) = wish.shell() {
            text.push_str("<w:SelectorSet><w:Selector Name=\"ShellId\">");
            escape(shell, &mut text);
            text.push_str("</w:Selector></w:SelectorSet>");
        }
        text.push_str("</s:Header><s:Body>");
        wish.body(&mut text);
        text.push_str("</s:Body></s:Envelope>");
        text
    }
}

/// `text` as it stands in XML. What no XML may hold (most control characters) can be in no command
/// line either.
fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(into, "&#{};", u32::from(c));
            }
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => into.push('\u{fffd}'),
            c => into.push(c),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    escape(text, &mut escaped);
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_comes_through_xml_unchanged() {
        let line = "cmd /c \"echo <a> & b\" 'c' \t\u{e9}\r\n";
        let stationery =
            Stationery { to: "http://h&h/wsman".into(), session: "S".into(), largest: 153_600 };
        let wish = Wish::Command { shell: "s<", line };
        let text = stationery.write(&wish, "M", Duration::from_millis(1500));
        let document = roxmltree::Document::parse(&text).unwrap();
        let said = |name| {
            let mut all = document.descendants();
            all.find(|node| node.tag_name().name() == name).and_then(|it| it.text()).unwrap()
        };
        assert_eq!(said("Command"), line);
        assert_eq!(said("To"), "http://h&h/wsman");
        assert_eq!(said("Selector"), "s<");
        assert_eq!(said("OperationTimeout"), "PT1.500S");
    }
}
