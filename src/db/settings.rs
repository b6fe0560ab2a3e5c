//! Where a connection leads, who connects, and what holds in it.

use crate::feeds::sql::Place;
pub use crate::model::ssl_mode::SslMode;
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;

/// How long a connection may take to be made, where nothing else is said.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A result may take so much of the disk, where nothing else is said.
pub const RESULT_LIMIT: u64 = 4 << 30;

/// Whether the password is bound to the channel of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Binding {
    /// It is not.
    Disable,
    /// Where the server offers it.
    #[default]
    Prefer,
    /// Else there is no session.
    Require,
}

/// Which authorities are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Roots {
    /// libpq's `~/.postgresql/root.crt` if it is there, else those of the system. In `require` nothing is checked.
    #[default]
    Usual,
    /// The certificates of the system (`sslrootcert=system`).
    System,
    /// The certificates of a file.
    File(PathBuf),
}

/// The settings of a connection.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How the server is reached.
    pub place: Place,
    /// The user that connects.
    pub user: String,
    pub database: String,
    /// It never prints.
    pub password: Option<SecretString>,
    /// Where the password comes from, in words for an error: `the secret app/db`.
    pub password_source: String,
    /// Whether TLS is wanted, and what is checked.
    pub sslmode: SslMode,
    /// The authorities whose certificates are trusted.
    pub roots: Roots,
    /// Whether the password is bound to the channel of TLS.
    pub binding: Binding,
    /// The application name that `pg_stat_activity` shows.
    pub application: String,
    /// `statement_timeout`; none leaves what the server has.
    pub statement_timeout: Option<Duration>,
    /// `idle_in_transaction_session_timeout`; none leaves what the server has.
    pub idle_timeout: Option<Duration>,
    /// Other settings of the session, by name and value.
    pub options: Vec<(String, String)>,
    /// Transactions begin as read-only ones.
    pub read_only: bool,
    /// How many bytes of a result are kept on the disk.
    pub result_limit: u64,
    /// The limit for making the connection.
    pub connect_timeout: Duration,
}

impl Settings {
    /// Settings for a place, with nothing but a user and a database.
    pub fn of(place: Place, user: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            place,
            user: user.into(),
            database: database.into(),
            password: None,
            password_source: String::new(),
            sslmode: SslMode::default(),
            roots: Roots::default(),
            binding: Binding::default(),
            options: Vec::new(),
            application: "cockpit".to_owned(),
            statement_timeout: None,
            idle_timeout: None,
            read_only: false,
            result_limit: RESULT_LIMIT,
            connect_timeout: CONNECT_TIMEOUT,
        }
    }

    /// Whether it leads to an RDS Proxy, which keeps a connection until the end of a session that has set something. Source:
    /// "Avoiding pinning an RDS Proxy" in the user guide of RDS; the names of its endpoints are
    /// `NAME.proxy-ID.REGION.rds.amazonaws.com`.
    pub(super) fn is_rds_proxy(&self) -> bool {
        let host = self.place.host.as_str();
        host.contains(".proxy-") && (host.ends_with(".rds.amazonaws.com") || host.ends_with(".rds.amazonaws.com.cn"))
    }
}
