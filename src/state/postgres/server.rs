//! How the database is reached.

use std::time::Duration;

use camino::Utf8PathBuf;
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use postgres::config::{Host, SslMode, TargetSessionAttrs};
use postgres::{Client, Config, NoTls};
use postgres_openssl::MakeTlsConnector;

use super::trouble::Trouble;
use crate::manifest::PostgresState;
use crate::transport::{authorities, resolve_secret};
use crate::value::Secret;

/// What holds for every session. A dead client's session has to end within [`crate::state::ALIVE`],
/// and what was recorded has to be on disk when the server says so.
const SETTINGS: &str = "
    SET statement_timeout = '20s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '20s';
    SET tcp_keepalives_idle = 15;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') IN ('off', 'local');
";

/// A database, as the manifest names it.
#[derive(Debug, Clone)]
pub(super) struct Server {
    setting: PostgresState,
    /// What relative paths start from.
    folder: Utf8PathBuf,
}

impl Server {
    pub(super) fn new(setting: PostgresState, folder: Utf8PathBuf) -> Self {
        Self { setting, folder }
    }

    pub(super) fn site(&self) -> &str {
        &self.setting.site
    }

    /// The database in words, without a secret.
    pub(super) fn place(&self) -> String {
        let Ok(config) = self.config() else { return "PostgreSQL".to_owned() };
        let ports = config.get_ports().iter().copied().chain(std::iter::repeat(5432));
        let hosts = config.get_hosts().iter().zip(ports).map(|(host, port)| match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Unix(path) => format!("{}:{port}", path.display()),
        });
        let hosts: Vec<String> = hosts.collect();
        let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
        format!("PostgreSQL {}/{database}, site {}", hosts.join(","), self.setting.site)
    }

    fn config(&self) -> Result<Config, Trouble> {
        Ok(self.setting.address.parse::<Config>()?)
    }

    /// A new connection, fit for writing.
    pub(super) fn connect(&self) -> Result<Client, Trouble> {
        let mut config = self.config()?;
        config
            .application_name("mdc")
            .connect_timeout(Duration::from_secs(10))
            .tcp_user_timeout(Duration::from_secs(30))
            .keepalives_idle(Duration::from_secs(15))
            // A standby answers too, but takes nothing down.
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        let reference = self.setting.password.as_ref();
        let password = reference.map(|it| resolve_secret(it, &self.folder)).transpose();
        let password = password.map_err(Trouble::Secret)?;
        if let Some(password) = &password {
            config.password(password.expose());
        }
        self.log_in(config)
            .map_err(|trouble| trouble.without(password.as_ref().map(Secret::expose)))
    }

    fn log_in(&self, mut config: Config) -> Result<Client, Trouble> {
        let mut client = if self.setting.encrypted {
            config.ssl_mode(SslMode::Require).connect(self.tls()?)?
        } else {
            config.ssl_mode(SslMode::Disable).connect(NoTls)?
        };
        client.batch_execute(SETTINGS)?;
        Ok(client)
    }

    /// TLS that checks the server's certificate and its name (the library's default), against the
    /// manifest's authorities alone where it names some.
    fn tls(&self) -> Result<MakeTlsConnector, Trouble> {
        let ca = self.setting.ca.as_ref().map(|path| self.folder.join(path));
        let (path, pem) = authorities(ca.as_deref()).map_err(|problem| lasting(&problem))?;
        let unusable = |problem: &dyn std::fmt::Display| lasting(&format!("{path}: {problem}"));
        let connector = || {
            let mut store = X509StoreBuilder::new()?;
            for certificate in X509::stack_from_pem(&pem)? {
                store.add_cert(certificate)?;
            }
            let mut builder = SslConnector::builder(SslMethod::tls_client())?;
            builder.set_cert_store(store.build());
            builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
            Ok::<_, Box<dyn std::error::Error>>(builder.build())
        };
        Ok(MakeTlsConnector::new(connector().map_err(|error| unusable(&error))?))
    }
}

fn lasting(problem: &str) -> Trouble {
    let hint = "name a file with the certificate of the database's authority: `ca` under `state`";
    Trouble::Lasting { problem: problem.to_owned(), hint }
}
