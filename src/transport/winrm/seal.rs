//! Sealing: over bare TCP no message goes unless it is encrypted and signed by the login's keys.

use sspi::credssp::SspiContext;
use sspi::{EncryptionFlags, SecurityBufferRef, Sspi};

use super::http::Answer;
use super::multipart::{self, Sealed};

/// The type of a message that TLS protects.
const SOAP: &str = "application/soap+xml;charset=UTF-8";

/// How messages are protected beside TLS.
pub(super) enum Seal {
    /// By TLS alone.
    Tls,
    /// By the login's keys. Each message depends on those before it, so that one that was lost ends
    /// the connection.
    Keys(Box<SspiContext>),
}

impl Seal {
    /// `text` as it goes over the wire, and its type.
    pub(super) fn close(&mut self, text: String) -> Result<(&'static str, Vec<u8>), String> {
        let Self::Keys(context) = self else { return Ok((SOAP, text.into_bytes())) };
        let mut data = text.into_bytes();
        let length = data.len();
        let sizes = context.query_context_sizes().map_err(|error| error.to_string())?;
        let mut header = vec![0; usize::try_from(sizes.security_trailer).unwrap_or_default()];
        let mut message =
            [SecurityBufferRef::token_buf(&mut header), SecurityBufferRef::data_buf(&mut data)];
        context
            .encrypt_message(EncryptionFlags::empty(), &mut message)
            .map_err(|error| error.to_string())?;
        let [header, data] = message.map(|buffer| buffer.data().to_vec());
        Ok((multipart::CONTENT_TYPE, multipart::encode(&Sealed { header, data, length })))
    }

    /// The text in `answer`. What should be sealed and isn't may be anybody's.
    pub(super) fn open(&mut self, answer: &Answer) -> Result<Vec<u8>, String> {
        let Self::Keys(context) = self else { return Ok(answer.body.clone()) };
        let is_sealed = answer.headers("content-type").any(|kind| {
            kind.get(..19).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/encrypted"))
        });
        if !is_sealed {
            let status = answer.status;
            return Err(format!("the host's answer (status {status}) is not sealed"));
        }
        let Sealed { mut header, mut data, length } = multipart::decode(&answer.body)
            .map_err(|why| format!("the host's sealed answer can't be read: {why}"))?;
        let mut message =
            [SecurityBufferRef::token_buf(&mut header), SecurityBufferRef::data_buf(&mut data)];
        context
            .decrypt_message(&mut message)
            .map_err(|error| format!("the host's sealed answer can't be opened ({error})"))?;
        let [_, text] = message.map(|buffer| buffer.data().to_vec());
        if text.len() == length {
            Ok(text)
        } else {
            Err("the host's sealed answer has another length than it says".to_owned())
        }
    }
}
