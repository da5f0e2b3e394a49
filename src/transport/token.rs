//! Words that nobody can guess, by which our own lines are told apart from a command's output.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// A random word of 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    /// A new one, from the kernel's random numbers (random(4)).
    pub(super) fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(format!("{:032x}", u128::from_le_bytes(bytes))))
    }

    #[cfg(test)]
    pub(super) fn fixed() -> Self {
        Self("TOKEN".to_owned())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A word that nobody can guess, for the name of a file.
///
/// # Errors
/// When the kernel has no random numbers.
pub fn random_word() -> io::Result<String> {
    Token::random().map(|token| token.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_twice() {
        let (one, two) = (Token::random().unwrap(), Token::random().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.to_string().len(), 32);
    }
}
