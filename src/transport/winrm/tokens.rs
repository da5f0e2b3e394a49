//! Tokens: the words by which a host is told who logs in, and the keys that both sides have from then
//! on. The crate `sspi` makes them; nothing of it is seen outside this file, `seal`, and `credssp`.

use sspi::credssp::SspiContext;
use sspi::generator::GeneratorState;
use sspi::{
    AuthIdentity, BufferType, ClientRequestFlags, CredentialUse, Credentials, CredentialsBuffers,
    DataRepresentation, ErrorKind, KerberosConfig, Negotiate, NegotiateConfig, Ntlm,
    SecurityBuffer, SecurityStatus, Sspi, SspiImpl, Username,
};

use crate::transport::failure::Problem;
use crate::transport::limit::Limit;

use super::kdc;
use super::keytab;

/// Who logs in, and by what.
pub(super) struct Account<'a> {
    /// `DOMAIN\user`, `user@domain`, `user`.
    pub(super) user: &'a str,
    /// The password or the key.
    pub(super) proof: Proof,
    /// The Kerberos realm; with it, nothing but Kerberos is used.
    pub(super) realm: Option<&'a str>,
    /// Where the realm's KDC is: `host` or `host:port`.
    pub(super) kdc: Option<&'a str>,
}

/// What proves who logs in.
pub(super) enum Proof {
    /// A password.
    Password(crate::value::Secret),
    /// A Kerberos key out of a keytab.
    Key(keytab::Key),
}

/// Which mechanism makes the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// NTLM by itself.
    Ntlm,
    /// SPNEGO that offers nothing but NTLM.
    SpnegoNtlm,
    /// SPNEGO that offers nothing but Kerberos.
    SpnegoKerberos,
}

/// One login's exchange of tokens.
pub(super) struct Exchange {
    context: SspiContext,
    credentials: Option<CredentialsBuffers>,
    target: String,
    binding: Option<Vec<u8>>,
    heard: kdc::Heard,
}

/// What one step came to.
pub(super) struct Step {
    /// The token for the host; empty when there is none.
    pub(super) token: Vec<u8>,
    /// Whether both sides have their keys.
    pub(super) is_done: bool,
}

impl Exchange {
    /// Begins to log `account` in at the service of `host`; over TLS, `certificate` is what the login
    /// is bound to.
    pub(super) fn begin(
        mechanism: Mechanism,
        account: &Account<'_>,
        host: &str,
        certificate: Option<Vec<u8>>,
    ) -> Result<Self, Problem> {
        let mut context = context(mechanism, account)?;
        let credentials = credentials(account)?;
        let acquired = context
            .acquire_credentials_handle()
            .with_credential_use(CredentialUse::Outbound)
            .with_auth_data(&credentials)
            .execute(&mut context)
            .map_err(|error| refused(&error))?;
        // picky-krb 0.13 writes the constant that goes with channel bindings in Kerberos wrongly, so
        // that MIT's libraries refuse the login: there, no binding is better than a wrong one.
        let binding = certificate.filter(|_| mechanism != Mechanism::SpnegoKerberos);
        Ok(Self {
            context,
            credentials: acquired.credentials_handle,
            target: format!("HTTP/{host}"),
            binding: binding.map(|data| channel_bindings(&data)),
            heard: kdc::Heard::default(),
        })
    }

    /// Takes the host's `token` in, none at first, and gives the next one.
    pub(super) fn step(&mut self, token: Vec<u8>, limit: &Limit) -> Result<Step, Problem> {
        let mut output = vec![SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let mut input = vec![SecurityBuffer::new(token, BufferType::Token)];
        if let Some(binding) = &self.binding {
            input.push(SecurityBuffer::new(binding.clone(), BufferType::ChannelBindings));
        }
        let target = self.target.clone();
        let mut builder = self
            .context
            .initialize_security_context()
            .with_credentials_handle(&mut self.credentials)
            .with_context_requirements(
                ClientRequestFlags::CONFIDENTIALITY
                    | ClientRequestFlags::INTEGRITY
                    | ClientRequestFlags::MUTUAL_AUTH
                    | ClientRequestFlags::REPLAY_DETECT
                    | ClientRequestFlags::SEQUENCE_DETECT,
            )
            .with_target_data_representation(DataRepresentation::Native)
            .with_target_name(&target)
            .with_input(&mut input)
            .with_output(&mut output);
        let mut generator = self
            .context
            .initialize_security_context_impl(&mut builder)
            .map_err(|error| refused(&error))?;
        let mut state = generator.start();
        let result = loop {
            match state {
                GeneratorState::Completed(result) => break result,
                GeneratorState::Suspended(request) => {
                    let answer = kdc::ask(&request, limit, &mut self.heard)?;
                    state = generator.resume(Ok(answer));
                }
            }
        };
        drop(generator);
        let result = result.map_err(|error| judged(&error, &self.heard))?;
        if matches!(
            result.status,
            SecurityStatus::CompleteNeeded | SecurityStatus::CompleteAndContinue
        ) {
            self.context.complete_auth_token(&mut output).map_err(|error| refused(&error))?;
        }
        let is_done = !matches!(
            result.status,
            SecurityStatus::ContinueNeeded | SecurityStatus::CompleteAndContinue
        );
        let token = output.pop().map(|buffer| buffer.buffer).unwrap_or_default();
        Ok(Step { token, is_done })
    }

    /// Whether the realm's KDC has let the user in: it has judged the password then.
    pub(super) const fn has_ticket(&self) -> bool {
        self.heard.has_ticket()
    }

    /// The keys of an exchange that is done.
    pub(super) fn into_context(self) -> SspiContext {
        self.context
    }
}

fn context(mechanism: Mechanism, account: &Account<'_>) -> Result<SspiContext, Problem> {
    let us = "mdc".to_owned();
    match mechanism {
        Mechanism::Ntlm => Ok(SspiContext::Ntlm(Ntlm::new())),
        _ => Negotiate::new_client(offer(mechanism, account, us))
            .map(SspiContext::Negotiate)
            .map_err(|error| refused(&error)),
    }
}

/// What SPNEGO offers: one mechanism, so that no host can talk us into a weaker one.
pub(super) fn offer(mechanism: Mechanism, account: &Account<'_>, us: String) -> NegotiateConfig {
    if mechanism == Mechanism::SpnegoKerberos {
        let kdc = account.kdc.map(kdc::url).unwrap_or_default();
        let config = if kdc.is_empty() {
            KerberosConfig {
                kdc_resolution: sspi::KdcResolution::KdcUrl(None),
                client_computer_name: us.clone(),
            }
        } else {
            KerberosConfig::new_with_kdc_url(&kdc, us.clone())
        };
        let only = "kerberos,!ntlm,!pku2u".to_owned();
        return NegotiateConfig::new(Box::new(config), Some(only), us);
    }
    let config = sspi::ntlm::NtlmConfig::default();
    NegotiateConfig::new(Box::new(config), Some("ntlm,!kerberos,!pku2u".to_owned()), us)
}

/// The credentials as the crate takes them.
pub(super) fn credentials(account: &Account<'_>) -> Result<Credentials, Problem> {
    let username = username(account)?;
    Ok(match &account.proof {
        Proof::Password(password) => Credentials::AuthIdentity(AuthIdentity {
            username,
            password: password.expose().to_owned().into(),
        }),
        Proof::Key(key) => key
            .credentials(username)
            .ok_or_else(|| Problem::Here("the keytab's key is of no known kind".to_owned()))?,
    })
}

/// The user's name. With a realm, the name is the one that the realm knows: a name of the form
/// `user@realm` would be sent as an enterprise name, which only Windows domains understand.
fn username(account: &Account<'_>) -> Result<Username, Problem> {
    let user = account.user.strip_prefix(".\\").unwrap_or(account.user);
    let made = match (account.realm, user.rsplit_once('@'), user.split_once('\\')) {
        (Some(realm), Some((name, at)), _) if at.eq_ignore_ascii_case(realm) => {
            Username::new_down_level_logon_name(name, realm)
        }
        (Some(realm), None, Some((_, name))) => Username::new_down_level_logon_name(name, realm),
        (Some(realm), None, None) => Username::new_down_level_logon_name(user, realm),
        _ => Username::parse(user),
    };
    made.map_err(|_| {
        let why = "is neither `user`, `DOMAIN\\user` nor `user@domain`";
        Problem::Here(format!("the user's name `{}` {why}", account.user))
    })
}

/// `SEC_CHANNEL_BINDINGS` (sspi.h): eight numbers, of which the last two are length and place of the
/// data behind them.
fn channel_bindings(data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or_default();
    let numbers = [0, 0, 0, 0, 0, 0, length, 32];
    let mut bytes: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
    bytes.extend_from_slice(data);
    bytes
}

/// The same after the KDC was heard: it is who judges the password.
pub(super) fn judged(error: &sspi::Error, heard: &kdc::Heard) -> Problem {
    match refused(error) {
        Problem::Login(why) if heard.is_refusal() && error.error_type != ErrorKind::TimeSkew => {
            Problem::Refused(why)
        }
        other => other,
    }
}

/// What the crate says, as a problem of logging in.
pub(super) fn refused(error: &sspi::Error) -> Problem {
    let said = crate::transport::excerpt::excerpt(error.description.as_bytes(), "without a reason");
    match error.error_type {
        ErrorKind::NoAuthenticatingAuthority => {
            Problem::Unreachable(format!("the realm's KDC could not be asked ({said})"))
        }
        ErrorKind::TimeSkew => Problem::Login(format!(
            "the KDC's clock and this machine's differ by more than Kerberos allows ({said})"
        )),
        // By CredSSP the host says itself why it does not let the user in.
        _ if error.nstatus.is_some() => {
            Problem::Refused(format!("the host refuses the login ({said})"))
        }
        ErrorKind::LogonDenied => Problem::Refused(format!("the login was refused ({said})")),
        ErrorKind::UnknownCredentials => Problem::Login(format!("the login was refused ({said})")),
        _ => Problem::Login(format!("the login failed ({said})")),
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").field("target", &self.target).finish_non_exhaustive()
    }
}
