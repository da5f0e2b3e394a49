//! What powershell.exe writes to standard error when it is not a terminal: `#< CLIXML` and a document
//! with errors, warnings and progress. Pieces come cut at any byte.

use roxmltree::Document;

/// What the document begins with.
const MARK: &[u8] = b"#< CLIXML";
/// What it begins with itself.
const BEGIN: &[u8] = b"<Objs";
/// What it ends with.
const END: &[u8] = b"</Objs>";
/// The longest document that is understood; a longer one is passed on as it is.
const LONGEST: usize = 1024 * 1024;

/// Turns such standard error into plain lines. Everything else passes as it is.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// What can't be judged yet.
    held: Vec<u8>,
    /// Whether `held` is inside a document.
    inside: bool,
    /// Whether the next byte begins a line.
    mid_line: bool,
    /// Whether a document has just ended: PowerShell writes one right behind another, without a mark.
    behind: bool,
}

impl Decoder {
    /// Takes `bytes` in and gives what is plain of it now.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let mut plain = Vec::new();
        while self.step(&mut plain) {}
        plain
    }

    /// What is left at the end of the stream.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        (self.inside, self.behind) = (false, false);
        std::mem::take(&mut self.held)
    }

    /// Judges the next piece; false when that needs more bytes.
    fn step(&mut self, plain: &mut Vec<u8>) -> bool {
        if self.inside {
            return self.document(plain);
        }
        if self.behind {
            let next = self.held.trim_ascii_start();
            if next.starts_with(BEGIN) {
                (self.inside, self.behind) = (true, false);
                return true;
            }
            if BEGIN.starts_with(next) {
                return false;
            }
            self.behind = false;
        }
        if !self.mid_line {
            if self.held.starts_with(MARK) {
                self.inside = true;
                return true;
            }
            if MARK.starts_with(&self.held) {
                return false;
            }
        }
        // To the end of the line, behind which the mark may stand.
        let line =
            self.held.iter().position(|&byte| byte == b'\n').map_or(self.held.len(), |at| at + 1);
        self.mid_line = self.held.get(line.wrapping_sub(1)) != Some(&b'\n');
        plain.extend(self.held.drain(..line));
        !self.held.is_empty()
    }

    fn document(&mut self, plain: &mut Vec<u8>) -> bool {
        let Some(at) = self.held.windows(END.len()).position(|window| window == END) else {
            if self.held.len() > LONGEST {
                plain.append(&mut self.held);
                self.inside = false;
                self.mid_line = true;
            }
            return false;
        };
        let whole: Vec<u8> = self.held.drain(..at + END.len()).collect();
        let text = whole.strip_prefix(MARK).unwrap_or(&whole);
        match std::str::from_utf8(text).ok().and_then(messages) {
            Some(lines) => plain.extend_from_slice(lines.as_bytes()),
            None => plain.extend_from_slice(&whole),
        }
        (self.inside, self.mid_line, self.behind) = (false, false, true);
        !self.held.is_empty()
    }
}

/// What `powershell.exe` wrote to standard error, in pieces, as plain lines.
#[must_use]
pub fn plain_errors<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut decoder = Decoder::default();
    let mut plain: Vec<u8> = pieces.into_iter().flat_map(|piece| decoder.hear(piece)).collect();
    plain.extend(decoder.finish());
    plain
}

/// The texts of all streams but progress, each as the host would have shown it.
fn messages(text: &str) -> Option<String> {
    let document = Document::parse(text.trim()).ok()?;
    let mut lines = String::new();
    for node in document.root_element().children().filter(roxmltree::Node::is_element) {
        let stream = node.attribute("S").unwrap_or_default();
        if stream.eq_ignore_ascii_case("progress") {
            continue;
        }
        let said = match node.tag_name().name() {
            "S" => node.text().unwrap_or_default(),
            _ => node
                .descendants()
                .find(|it| it.tag_name().name() == "ToString")
                .and_then(|it| it.text())
                .unwrap_or_default(),
        };
        lines.push_str(&unescape(said));
        if !lines.is_empty() && !lines.ends_with('\n') {
            lines.push('\n');
        }
    }
    Some(lines)
}

/// `_x000D_` stands for the character with that number (MS-PSRP, 2.2.5.3.2): UTF-16, so that one
/// character may take two.
fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(unit) = escaped(rest) {
            units.push(unit);
            rest = rest.get(7..).unwrap_or_default();
        } else {
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    String::from_utf16_lossy(&units).replace("\r\n", "\n")
}

fn escaped(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("_x")?.get(..4)?;
    let is_whole = text.as_bytes().get(6) == Some(&b'_');
    if is_whole && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "before\r\n#< CLIXML\r\n<Objs Version=\"1.1.0.1\" \
        xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj S=\"progress\" RefId=\"0\">\
        <MS><PR N=\"Record\"><AV>Preparing</AV></PR></MS></Obj><S S=\"Error\">no such \
        _x2018_file_x2019_ &lt;x&gt;_x000D__x000A_</S><S S=\"warning\">low_xD83D__xDE00_ _x00zz_</S>\
        </Objs>after\n#< CLIXM\n";
    const PLAIN: &str =
        "before\r\nno such \u{2018}file\u{2019} <x>\nlow\u{1f600} _x00zz_\nafter\n#< CLIXM\n";

    #[test]
    fn cut_at_every_byte() {
        for cut in 0..=SAMPLE.len() {
            let (one, other) = SAMPLE.as_bytes().split_at(cut);
            let mut decoder = Decoder::default();
            let mut plain = decoder.hear(one);
            plain.extend(decoder.hear(other));
            plain.extend(decoder.finish());
            assert_eq!(String::from_utf8_lossy(&plain), PLAIN, "cut at {cut}");
        }
    }

    #[test]
    fn byte_by_byte() {
        let mut decoder = Decoder::default();
        let mut plain: Vec<u8> = SAMPLE.bytes().flat_map(|byte| decoder.hear(&[byte])).collect();
        plain.extend(decoder.finish());
        assert_eq!(String::from_utf8_lossy(&plain), PLAIN);
    }

    #[test]
    fn what_is_no_document_passes_as_it_is() {
        for text in ["#< CLIXML\r\n<Objs>", "#< CLIXML\n<Objs><a></Objs>", "#", "\n\n#< CLIX"] {
            let mut decoder = Decoder::default();
            let mut plain = decoder.hear(text.as_bytes());
            plain.extend(decoder.finish());
            assert_eq!(String::from_utf8_lossy(&plain), text);
        }
    }
}
