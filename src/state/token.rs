//! Words that no two leases share.

use std::fs::File;
use std::io::{self, Read};

/// A random word of 32 hexadecimal digits, from the kernel's random numbers (random(4)).
pub(super) fn token() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}
