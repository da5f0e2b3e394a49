//! TLS with a server that is known by its certificate alone: whose fingerprint is not the pinned one is
//! told nothing. Neither authorities nor names count.

use std::fmt;
use std::io::{Read, Write};

use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, TcpConnector,
    Transport, TransportAdapter,
};
use ureq::{Agent, Error, config::Config};

use crate::value::Digest;

/// An agent that speaks TLS only with the server whose certificate (as DER) has this digest.
#[must_use]
pub fn pinned(config: Config, certificate: Digest) -> Agent {
    let connector = ().chain(TcpConnector::default()).chain(Pinned { certificate });
    Agent::with_parts(config, connector, DefaultResolver::default())
}

#[derive(Debug)]
struct Pinned {
    certificate: Digest,
}

struct Stream {
    buffers: LazyBuffers,
    stream: SslStream<TransportAdapter>,
}

impl<In: Transport> Connector<In> for Pinned {
    type Out = Either<In, Stream>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let cant = |_| Error::Tls("TLS can't be set up");
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(cant)?;
        // Seen below, before anything is sent: a pinned certificate vouches for itself.
        builder.set_verify(SslVerifyMode::NONE);
        let mut settings = builder.build().configure().map_err(cant)?;
        settings.set_verify_hostname(false);
        let mut adapter = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        adapter.set_timeout(details.timeout);
        let host = details.uri.host().unwrap_or_default();
        let stream = settings
            .connect(host, adapter)
            .map_err(|_| Error::Tls("the server and mdc come to no agreement on TLS"))?;
        let shown = stream.ssl().peer_certificate().and_then(|it| it.to_der().ok());
        if shown.map(|der| Digest::of(&der)) != Some(self.certificate) {
            return Err(Error::Tls(
                "its certificate is not the one whose SHA-256 the manifest has",
            ));
        }
        let (input, output) =
            (details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(Stream { buffers: LazyBuffers::new(input, output), stream })))
    }
}

impl Transport for Stream {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.get_mut().set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(self.stream.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
