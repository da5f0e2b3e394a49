//! The end of a stream of any length, in bounded memory.

/// The last bytes of what was pushed.
#[derive(Debug)]
pub(super) struct Tail {
    bytes: Vec<u8>,
    keep: usize,
    dropped: bool,
}

impl Tail {
    /// Keeps at most the last `keep` bytes.
    pub(super) const fn of(keep: usize) -> Self {
        Self { bytes: Vec::new(), keep, dropped: false }
    }

    /// Appends; forgets the oldest bytes when there are too many. Cuts at twice the bound, so
    /// that a byte is moved once on average.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * self.keep {
            self.cut();
        }
    }

    /// Whether anything was forgotten.
    pub(super) const fn is_cut(&self) -> bool {
        self.dropped || self.bytes.len() > self.keep
    }

    /// What is kept.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.cut();
        self.bytes
    }

    fn cut(&mut self) {
        let over = self.bytes.len().saturating_sub(self.keep);
        self.dropped |= over > 0;
        self.bytes.drain(..over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_end() {
        let mut tail = Tail::of(4);
        for chunk in [&b"abc"[..], b"", b"defghij", b"k"] {
            tail.push(chunk);
        }
        assert!(tail.is_cut());
        assert_eq!(tail.into_bytes(), b"hijk");
    }

    #[test]
    fn keeps_all_of_little() {
        let mut tail = Tail::of(4);
        tail.push(b"abcd");
        assert!(!tail.is_cut());
        assert_eq!(tail.into_bytes(), b"abcd");
    }

    #[test]
    fn stays_bounded() {
        let mut tail = Tail::of(1000);
        for _ in 0..10_000 {
            tail.push(&[7; 333]);
            assert!(tail.bytes.len() <= 2000);
        }
    }
}
