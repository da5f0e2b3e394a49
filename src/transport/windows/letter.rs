//! What goes over standard input to the bootstrap on a Windows host: lines of ASCII, so that neither
//! code pages nor line ends can spoil them. The first four are the token, the script, its words, and
//! where the file goes that the lines after them hold; the last is a dot, which proves that the rest is
//! whole. Each of the first begins with a dash, so that none is empty.

use std::io::{self, Read};

use openssl::base64::encode_block;

/// Bytes of a file in one line: a multiple of three, so that each line stands for itself.
const LINE: usize = 48 * 1024;

/// What is asked of a host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter<'a> {
    /// The script.
    pub(super) script: &'a str,
    /// What it is called with. Never empty: PowerShell can't tell no words from one empty word.
    pub(super) words: &'a [String],
    /// Where what follows is put: how much of it is there, and the path.
    pub(super) file: Option<(u64, &'a str)>,
}

/// A letter as the bytes that go over, read piece by piece.
pub(super) struct Lines<'a> {
    pending: Vec<u8>,
    at: usize,
    source: Option<&'a mut dyn Read>,
    is_ended: bool,
}

impl<'a> Lines<'a> {
    /// `letter`, under `token`, with the file's bytes from `source`.
    pub(super) fn new(token: &str, letter: Letter<'_>, source: Option<&'a mut dyn Read>) -> Self {
        let words = letter.words.join("\0");
        let file = letter.file.map(|(from, path)| format!("{from} {path}")).unwrap_or_default();
        let mut pending = format!("-{token}\n");
        for part in [letter.script, &words, &file] {
            pending.push('-');
            pending.push_str(&encode_block(part.as_bytes()));
            pending.push('\n');
        }
        Self { pending: pending.into_bytes(), at: 0, source, is_ended: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.at = 0;
        self.pending.clear();
        if let Some(source) = self.source.as_mut() {
            let mut bytes = Vec::with_capacity(LINE);
            source.take(LINE as u64).read_to_end(&mut bytes)?;
            if !bytes.is_empty() {
                self.pending.extend_from_slice(encode_block(&bytes).as_bytes());
                self.pending.push(b'\n');
                return Ok(());
            }
            self.source = None;
        }
        if !self.is_ended {
            self.is_ended = true;
            self.pending.extend_from_slice(b".\n");
        }
        Ok(())
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.pending.len() {
            self.refill()?;
        }
        let rest = self.pending.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use openssl::base64::decode_block;

    use super::*;

    fn lines(letter: Letter<'_>, source: Option<&mut dyn Read>) -> Vec<String> {
        let mut text = String::new();
        Lines::new("TOKEN", letter, source).read_to_string(&mut text).unwrap();
        assert!(text.is_ascii());
        text.lines().map(str::to_owned).collect()
    }

    fn decoded(line: &str) -> String {
        String::from_utf8(decode_block(line.strip_prefix('-').unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_letter_is_head_file_and_dot() {
        let words = ["ä b".to_owned(), String::new()];
        let content: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let letter = Letter { script: "say 'x'", words: &words, file: Some((7, r"C:\a b")) };
        let lines = lines(letter, Some(&mut content.as_slice()));
        let (head, rest) = lines.split_at(4);
        assert_eq!(head[0], "-TOKEN");
        let told: Vec<String> = head[1..].iter().map(|line| decoded(line)).collect();
        assert_eq!(told, ["say 'x'", "ä b\0", r"7 C:\a b"]);
        let (dot, file) = rest.split_last().unwrap();
        assert_eq!(dot, ".");
        let sent: Vec<u8> = file.iter().flat_map(|line| decode_block(line).unwrap()).collect();
        assert!(sent == content && file.len() == 3);
    }

    #[test]
    fn without_a_file_there_is_a_head_and_a_dot() {
        let letter = Letter { script: "s", words: &["w".to_owned()], file: None };
        assert_eq!(lines(letter, None), ["-TOKEN", "-cw==", "-dw==", "-", "."]);
    }

    #[test]
    fn a_file_that_breaks_off_is_never_followed_by_a_dot() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("cancelled"))
            }
        }
        let letter = Letter { script: "s", words: &["w".to_owned()], file: Some((0, "p")) };
        let mut sent = Vec::new();
        let mut broken = Broken;
        Lines::new("T", letter, Some(&mut broken)).read_to_end(&mut sent).unwrap_err();
        assert!(!sent.ends_with(b".\n"));
    }
}
