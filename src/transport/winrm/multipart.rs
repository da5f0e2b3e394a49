//! The frame around a sealed message (MS-WSMV, 2.2.9.1): two parts, of which the first tells what the
//! second becomes when it is opened.

/// The value of `Content-Type`. The protocol's name goes with the scheme `Negotiate`, also where its
/// mechanism is Kerberos.
pub(super) const CONTENT_TYPE: &str = "multipart/encrypted;\
    protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\"";

const BOUNDARY: &[u8] = b"Encrypted Boundary";
/// No header of a sealed message is longer; Kerberos's is 76 bytes.
const HEADER: usize = 1024;

/// A sealed message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    /// What opens and proves it.
    pub(super) header: Vec<u8>,
    /// The message itself.
    pub(super) data: Vec<u8>,
    /// How many bytes it has when it is opened.
    pub(super) length: usize,
}

/// `sealed` inside its frame. Between the data and the last boundary there is no line end: hosts
/// refuse one there.
pub(super) fn encode(sealed: &Sealed) -> Vec<u8> {
    let mut body = format!(
        "--Encrypted Boundary\r\n\
         \tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\
         \tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={}\r\n\
         --Encrypted Boundary\r\n\
         \tContent-Type: application/octet-stream\r\n",
        sealed.length
    )
    .into_bytes();
    let length = u32::try_from(sealed.header.len()).unwrap_or(u32::MAX);
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(&sealed.header);
    body.extend_from_slice(&sealed.data);
    body.extend_from_slice(b"--Encrypted Boundary--\r\n");
    body
}

/// The sealed message inside `body`; in words what is wrong with it.
pub(super) fn decode(body: &[u8]) -> Result<Sealed, String> {
    let mut rest = boundary(body).ok_or("it does not begin with its boundary")?;
    let mut length = None;
    while boundary(rest).is_none() {
        let (line, behind) = line(rest).ok_or("its first part has no end")?;
        length = length.or_else(|| original_length(line));
        rest = behind;
    }
    let length = length.ok_or("it does not say how long it is when it is opened")?;
    rest = boundary(rest).unwrap_or_default();
    let (kind, rest) = line(rest).ok_or("its second part is empty")?;
    if !kind.trim().eq_ignore_ascii_case("content-type: application/octet-stream") {
        return Err("its second part is not what was expected".to_owned());
    }
    let sealed = without_end(rest).ok_or("it does not end with its boundary")?;
    let (size, sealed) = sealed.split_first_chunk().ok_or("it is too short")?;
    let size = usize::try_from(u32::from_le_bytes(*size)).unwrap_or(usize::MAX);
    if size > HEADER || size > sealed.len() {
        return Err(format!("its header can't have {size} bytes"));
    }
    let (header, data) = sealed.split_at(size);
    Ok(Sealed { header: header.to_vec(), data: data.to_vec(), length })
}

/// What is behind a boundary's line. Some hosts write a space behind the dashes.
fn boundary(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.strip_prefix(b"--")?.trim_ascii_start();
    bytes.strip_prefix(BOUNDARY)?.strip_prefix(b"\r\n")
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().take(HEADER).position(|&byte| byte == b'\n')?;
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    Some((text, bytes.get(end + 1..)?))
}

/// The number behind `Length=` in the header `OriginalContent`.
fn original_length(line: &str) -> Option<usize> {
    let (name, value) = line.trim().split_once(':')?;
    let length = value.rsplit_once("Length=").map(|(_, number)| number.trim());
    length.filter(|_| name.eq_ignore_ascii_case("originalcontent"))?.parse().ok()
}

/// `bytes` without the last boundary.
fn without_end(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"--")?.strip_suffix(BOUNDARY)?;
    bytes.strip_suffix(b"-- ").or_else(|| bytes.strip_suffix(b"--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(data: &[u8]) -> Sealed {
        Sealed { header: vec![7; 16], data: data.to_vec(), length: 3 }
    }

    #[test]
    fn there_and_back() {
        for data in [&b"abc"[..], b"", b"--Encrypted Boundary--\r\n", b"\r\n--"] {
            assert_eq!(decode(&encode(&sample(data))), Ok(sample(data)));
        }
    }

    #[test]
    fn a_space_behind_the_dashes() {
        let text = String::from_utf8(encode(&sample(b"abc"))).unwrap();
        let spaced = text.replace("--Encrypted", "-- Encrypted");
        assert_eq!(decode(spaced.as_bytes()), Ok(sample(b"abc")));
    }

    #[test]
    fn cut_anywhere_it_is_refused() {
        let whole = encode(&sample(b"abc"));
        for end in 0..whole.len() - 2 {
            assert!(decode(&whole[..end]).is_err(), "{end}");
        }
    }
}
