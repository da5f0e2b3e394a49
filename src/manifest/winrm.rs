//! Windows hosts by WinRM: who logs in, how, and whom to trust.

use std::sync::Arc;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, Span};
use crate::value::{Digest, Period, SecretReference};

/// How Windows hosts are reached by WinRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WinrmConnection {
    /// The user: `DOMAIN\user`, `user@domain` or `user`; empty where a certificate logs in.
    pub user: String,
    /// The user's password.
    pub password: Option<SecretReference>,
    /// How the login is done.
    pub auth: WinrmAuth,
    /// Whether it goes over HTTPS; over HTTP, every message is sealed by the login's keys.
    pub https: bool,
    /// The port, where it isn't the usual one.
    pub port: Option<u16>,
    /// Whom to trust as the host, over HTTPS.
    pub trust: TlsTrust,
    /// The Kerberos realm: with it, the login is done by Kerberos and nothing else.
    pub realm: Option<String>,
    /// The realm's KDC.
    pub kdc: Option<String>,
    /// A file with the user's Kerberos key, instead of the password.
    pub keytab: Option<Utf8PathBuf>,
    /// The certificate that logs in.
    pub certificate: Option<ClientCertificate>,
    /// That hosts fetch package files, and how; otherwise they are sent.
    pub pull: Option<Pull>,
    /// Time limits.
    pub timeouts: WinrmTimeouts,
}

/// How hosts fetch package files from this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// The address of this machine that they reach, where it isn't the one on the way to them.
    pub address: Option<String>,
    /// The port that they reach; any free one otherwise.
    pub port: Option<u16>,
}

/// How package files come to Windows hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Transfer {
    /// Over standard input.
    #[default]
    Stdin,
    /// The host fetches them from this machine by HTTPS; over standard input where it can't.
    Pull,
}

/// How a login over WinRM is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WinrmAuth {
    /// SPNEGO: by Kerberos where there is a `realm`, else by NTLM; never the one for the other.
    #[default]
    Negotiate,
    /// NTLM without SPNEGO.
    Ntlm,
    /// SPNEGO by Kerberos only; needs a `realm`.
    Kerberos,
    /// The password goes to the host, which can use it towards others; only over HTTPS with a host
    /// that is trusted.
    Credssp,
    /// Name and password as they are; only over HTTPS.
    Basic,
    /// A client's certificate, which the host maps to a user; only over HTTPS.
    Certificate,
}

/// Whom to trust as a host over HTTPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsTrust {
    /// Who has a certificate for its address by one of these authorities; default: the system's.
    Authorities(Option<Utf8PathBuf>),
    /// Who has the certificate with this SHA-256.
    Fingerprint(Digest),
    /// Anyone: the host is not proven to be itself.
    Anyone,
}

/// A client's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The file with it, as PEM.
    pub file: Utf8PathBuf,
    /// Its private key, as PEM.
    pub key: SecretReference,
}

/// Time limits of a connection over WinRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct WinrmTimeouts {
    /// TCP connect.
    pub connect: Period,
    /// TLS and login together.
    pub login: Period,
    /// How long the host may keep one request open while it waits for a command; at most its
    /// `MaxTimeoutms`.
    pub operation: Period,
}

impl Default for WinrmTimeouts {
    fn default() -> Self {
        Self {
            connect: Period::seconds(10),
            login: Period::seconds(20),
            operation: Period::seconds(20),
        }
    }
}

impl WinrmConnection {
    /// The port that is connected to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 5986 } else { 5985 })
    }

    /// Whether Kerberos is used, and nothing else.
    #[must_use]
    pub const fn is_kerberos(&self) -> bool {
        self.realm.is_some()
    }
}

/// WinRM: who logs in, how, and whom to trust.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct WinrmText {
    /// The user to log in as: `DOMAIN\user`, `user@domain` or `user`.
    #[schemars(length(min = 1))]
    user: Option<At<String>>,
    /// The user's password.
    password: Option<At<SecretReference>>,
    /// How the login is done; default `negotiate`.
    auth: Option<At<WinrmAuth>>,
    /// Whether it goes over HTTPS; default yes. Over HTTP, every message is sealed by the login's keys.
    https: Option<bool>,
    /// The port; default 5986, and 5985 over HTTP.
    #[schemars(range(min = 1))]
    port: Option<u16>,
    /// The certificates of the authorities to trust, as PEM; default: the system's.
    #[schemars(with = "Option<String>", length(min = 1))]
    ca: Option<At<Utf8PathBuf>>,
    /// The SHA-256 of the one certificate to trust (of its DER form).
    #[schemars(with = "Option<Digest>")]
    fingerprint: Option<At<Digest>>,
    /// Whether any certificate is taken: whoever stands between can pass for the host. Told in every
    /// plan.
    #[schemars(with = "Option<bool>")]
    unverified: Option<At<bool>>,
    /// The Kerberos realm: with it, the login is done by Kerberos and nothing else.
    #[schemars(length(min = 1))]
    realm: Option<At<String>>,
    /// The realm's KDC, as `host` or `host:port`; default: what `/etc/krb5.conf` says.
    #[schemars(length(min = 1))]
    kdc: Option<At<String>>,
    /// A keytab with the user's Kerberos key, instead of the password.
    #[schemars(with = "Option<String>", length(min = 1))]
    keytab: Option<At<Utf8PathBuf>>,
    /// The certificate that logs in, as PEM.
    #[schemars(with = "Option<String>", length(min = 1))]
    certificate: Option<At<Utf8PathBuf>>,
    /// The certificate's private key, as PEM without a passphrase.
    key: Option<At<SecretReference>>,
    /// How package files come to the hosts; default `stdin`.
    transfer: Option<Transfer>,
    /// The address of this machine that hosts fetch from; default: the one on the way to them.
    #[schemars(length(min = 1))]
    pull_address: Option<At<String>>,
    /// The port of this machine that hosts fetch from; default: any that is free.
    #[schemars(range(min = 1))]
    pull_port: Option<u16>,
    /// Time limits.
    #[serde(default)]
    timeouts: WinrmTimeouts,
}

/// What `text`, written at `place`, means.
pub(super) fn convert(
    source: &Arc<SourceText>,
    place: &Span,
    text: WinrmText,
    found: &mut Diagnostics,
) -> WinrmConnection {
    Check { source, place, found }.text(&text);
    let key = text.key;
    let certificate = text.certificate.zip(key);
    let trust = match (text.fingerprint, text.unverified) {
        (Some(fingerprint), _) => TlsTrust::Fingerprint(fingerprint.value),
        (None, Some(At { value: true, .. })) => TlsTrust::Anyone,
        _ => TlsTrust::Authorities(text.ca.map(|it| it.value)),
    };
    WinrmConnection {
        user: text.user.map(|it| it.value).unwrap_or_default(),
        password: text.password.map(|it| it.value),
        auth: text.auth.map(|it| it.value).unwrap_or_default(),
        https: text.https.unwrap_or(true),
        port: text.port,
        trust,
        realm: text.realm.map(|it| it.value),
        kdc: text.kdc.map(|it| it.value),
        keytab: text.keytab.map(|it| it.value),
        certificate: certificate
            .map(|(file, key)| ClientCertificate { file: file.value, key: key.value }),
        pull: (text.transfer == Some(Transfer::Pull))
            .then(|| Pull { address: text.pull_address.map(|it| it.value), port: text.pull_port }),
        timeouts: text.timeouts,
    }
}

/// Finds what can't go together, before any host is touched.
struct Check<'a> {
    source: &'a Arc<SourceText>,
    place: &'a Span,
    found: &'a mut Diagnostics,
}

impl Check<'_> {
    fn text(&mut self, text: &WinrmText) {
        let auth = text.auth.as_ref().map(|it| it.value).unwrap_or_default();
        let at = text.auth.as_ref().map_or_else(|| self.place.clone(), |it| it.span.clone());
        let https = text.https.unwrap_or(true);
        let is_unverified = text.unverified.as_ref().is_some_and(|it| it.value);
        if !https && matches!(auth, WinrmAuth::Basic | WinrmAuth::Credssp | WinrmAuth::Certificate)
        {
            let message = "this login gives the secret away, or proves nothing, without TLS";
            self.report(message, &at, "only over HTTPS", "set `https = true`, or take `negotiate`");
        }
        if auth == WinrmAuth::Credssp && is_unverified {
            let message = "CredSSP would hand the password to whoever answers";
            let help =
                "name the host's authority with `ca`, or pin its certificate by `fingerprint`";
            self.report(message, &at, "needs a host that is trusted", help);
        }
        self.trust(text, https);
        let is_pulled = text.transfer == Some(Transfer::Pull);
        if !is_pulled && (text.pull_address.is_some() || text.pull_port.is_some()) {
            let message = "`pull-address` and `pull-port` go with `transfer = \"pull\"`";
            let at = text.pull_address.as_ref().map_or(self.place, |it| &it.span).clone();
            self.report(message, &at, "has no effect", "add `transfer = \"pull\"`, or take it out");
        }
        self.proof(text, auth, &at);
        self.kerberos(text, auth, &at);
    }

    fn trust(&mut self, text: &WinrmText, https: bool) {
        let given = [
            text.ca.as_ref().map(|it| &it.span),
            text.fingerprint.as_ref().map(|it| &it.span),
            text.unverified.as_ref().filter(|it| it.value).map(|it| &it.span),
        ];
        let mut given = given.into_iter().flatten();
        let (first, second) = (given.next(), given.next());
        if let (Some(first), false) = (first, https) {
            let message = "over HTTP there is no certificate to check";
            self.report(message, first, "has no effect", "take it out, or set `https = true`");
        }
        if let Some(second) = second {
            let message = "`ca`, `fingerprint` and `unverified` exclude each other";
            self.report(message, second, "one too many", "keep the one that is meant");
        }
        if let Some(unverified) = text.unverified.as_ref().filter(|it| it.value && https) {
            let message = "hosts of this connection are not proven to be themselves";
            self.found.push(
                Diagnostic::new(Code::WinrmUnverified, message)
                    .at(Label::new(
                        self.source,
                        unverified.span.clone(),
                        "any certificate is taken",
                    ))
                    .help("name the authority with `ca`, or pin the certificate by `fingerprint`"),
            );
        }
    }

    /// Who logs in, and by what.
    fn proof(&mut self, text: &WinrmText, auth: WinrmAuth, at: &Span) {
        let is_certificate = auth == WinrmAuth::Certificate;
        if is_certificate != text.certificate.is_some() || is_certificate != text.key.is_some() {
            let message =
                "`certificate` and `key` go with `auth = \"certificate\"`, all three together";
            self.report(
                message,
                at,
                "this login",
                "add what is missing, or take out what is too much",
            );
        }
        let has_proof = text.password.is_some() || text.keytab.is_some();
        if is_certificate && (text.user.is_some() || has_proof) {
            let message = "a certificate logs in by itself: the host maps it to a user";
            self.report(message, at, "this login", "take `user`, `password` and `keytab` out");
        }
        if !is_certificate && (text.user.is_none() || !has_proof) {
            let message =
                "it is not said who logs in: `user`, and `password` or `keytab`, are needed";
            let help = "add `user = \"DOMAIN\\\\name\"` and `password = { env = \"NAME\" }`";
            self.report(message, at, "this login", help);
        }
        if let (Some(keytab), Some(_)) = (&text.keytab, &text.password) {
            let message = "`password` and `keytab` exclude each other";
            self.report(message, &keytab.span, "one too many", "keep the one that is meant");
        }
    }

    fn kerberos(&mut self, text: &WinrmText, auth: WinrmAuth, at: &Span) {
        let may = matches!(auth, WinrmAuth::Negotiate | WinrmAuth::Kerberos | WinrmAuth::Credssp);
        match &text.realm {
            None if auth == WinrmAuth::Kerberos => {
                let help = "add `realm = \"CORP.EXAMPLE\"`: the domain's DNS name in upper case";
                self.report("Kerberos needs a realm", at, "by Kerberos", help);
            }
            Some(realm) if !may => {
                let message = "this login is not done by Kerberos";
                let help = "take `realm` out, or set `auth = \"kerberos\"`";
                self.report(message, &realm.span, "has no effect", help);
            }
            _ => {}
        }
        let kdc = text.kdc.as_ref().map(|it| &it.span);
        let keytab = text.keytab.as_ref().map(|it| &it.span);
        let is_told = auth == WinrmAuth::Kerberos;
        if let (Some(span), None, false) = (kdc.or(keytab), &text.realm, is_told) {
            let message = "`kdc` and `keytab` are for Kerberos, which needs a realm";
            self.report(message, span, "has no effect", "add `realm = \"CORP.EXAMPLE\"`");
        }
        if let (Some(span), WinrmAuth::Credssp) = (keytab, auth) {
            let message = "CredSSP hands a password on, which a keytab has not";
            self.report(message, span, "is no password", "give `password` instead");
        }
    }

    fn report(&mut self, message: &str, span: &Span, label: &str, help: &str) {
        self.found.push(
            Diagnostic::new(Code::WinrmLogin, message)
                .at(Label::new(self.source, span.clone(), label))
                .help(help),
        );
    }
}
