//! What is submitted: two test files, and noise of any size.

use std::io::{self, Read};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A test file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Sample {
    /// A short text without anything in it.
    Harmless,
    /// The EICAR test pattern, which every engine has to find and which does no harm (eicar.org,
    /// "anti malware testfile").
    Eicar,
}

impl Sample {
    /// Both, in the order in which they are scanned.
    pub const ALL: [Self; 2] = [Self::Harmless, Self::Eicar];

    /// The name it is submitted under.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Harmless => "mdc-test-scan-harmless.txt",
            Self::Eicar => "mdc-test-scan-eicar.txt",
        }
    }

    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Harmless => "the harmless file",
            Self::Eicar => "the EICAR test pattern",
        }
    }

    /// Its content. The pattern is put together here: written whole, it would have virus scanners take
    /// this program for it.
    pub(super) fn content(self) -> Vec<u8> {
        match self {
            Self::Harmless => b"A test scan of mdc: nothing is in this file.\n".to_vec(),
            Self::Eicar => {
                let mut mirrored: Vec<u8> = EICAR_MIRRORED.to_vec();
                mirrored.reverse();
                mirrored
            }
        }
    }
}

/// The pattern from its end to its beginning.
const EICAR_MIRRORED: &[u8] =
    b"*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X";

/// Bytes that don't repeat and can't be made smaller, the same for the same seed: no file of a load is
/// like another, and none is ever held in memory.
#[derive(Debug)]
pub struct Noise {
    seed: u64,
    at: u64,
    size: u64,
}

/// The step of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014),
/// whose numbers can be had at any place without those before them.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Noise {
    /// `size` bytes of noise.
    #[must_use]
    pub const fn new(seed: u64, size: u64) -> Self {
        Self { seed, at: 0, size }
    }

    /// The next byte.
    fn byte(&self) -> u8 {
        // Streams of different seeds are 2^40 numbers apart.
        let number = (self.seed << 40).wrapping_add(self.at / 8).wrapping_add(1);
        let mut mixed = number.wrapping_mul(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        mixed.rotate_right(u32::from(self.at.to_le_bytes()[0] % 8) * 8).to_le_bytes()[0]
    }
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        for byte in buffer.iter_mut().take(count) {
            *byte = self.byte();
            self.at += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_its_size_and_is_its_seeds_own() {
        let read = |seed, size| {
            let mut bytes = Vec::new();
            Noise::new(seed, size).read_to_end(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(read(1, 1003).len(), 1003);
        let mut in_parts = vec![0; 1003];
        let mut noise = Noise::new(1, 1003);
        in_parts.chunks_mut(13).for_each(|part| noise.read_exact(part).unwrap());
        assert_eq!(read(1, 1003), in_parts);
        assert_ne!(read(1, 1003), read(2, 1003));
        let bytes: std::collections::BTreeSet<u8> = read(0, 10_000).into_iter().collect();
        assert_eq!(bytes.len(), 256);
    }

    #[test]
    fn the_pattern_is_the_published_one() {
        let digest = crate::value::Digest::of(&Sample::Eicar.content()).to_string();
        // As published with the pattern by everybody who catalogues malware by SHA-256.
        assert_eq!(digest, "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f");
    }
}
