//! The far end of a tunnel.

use super::no_target::{NoTarget, unavailable};
use crate::Database;
use core::net::Ipv6Addr;

/// The default port of PostgreSQL.
pub const POSTGRES: u16 = 5432;

/// The requested far end of a tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteTarget {
    /// The writer of the database.
    Writer,
    Reader,
    /// A given host and port.
    Address(RemoteAddress),
}

/// The host and port at the far end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAddress {
    /// The host name as the container resolves it; an IPv6 address has no brackets.
    pub host: String,
    /// The port of the remote server.
    pub port: u16,
    /// The name of the database, if known.
    pub database: Option<String>,
}

impl RemoteAddress {
    /// Formats the address: `db.example:5432`, `[::1]:5432`.
    pub fn host_and_port(&self) -> String {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

impl RemoteTarget {
    /// Parses `writer`, `reader`, or a host and a port.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn parse(text: &str) -> Result<Self, NoTarget> {
        match text {
            "writer" => return Ok(Self::Writer),
            "reader" => return Ok(Self::Reader),
            _ => {}
        }
        let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let parts = parts.map(|(host, port)| (host.trim_matches(['[', ']']), port));
        let (host, port) = parts.filter(|(host, port)| is_host(host) && *port > 0).ok_or_else(|| {
            unavailable(
                format!("`{text}` is not a place to go to"),
                "write `writer`, `reader`, or a host and a port as db.example:5432",
            )
        })?;
        Ok(Self::Address(RemoteAddress { host: host.to_owned(), port, database: None }))
    }

    /// Returns it as it is typed: `writer`, `reader`, `HOST:PORT`.
    pub fn label(&self) -> String {
        match self {
            Self::Writer => "writer".to_owned(),
            Self::Reader => "reader".to_owned(),
            Self::Address(far) => far.host_and_port(),
        }
    }

    /// Resolves the current address; if there are several databases, that of the database `named`. `environment` is for
    /// messages.
    ///
    /// # Errors
    /// The reason why there is none, with a hint.
    pub fn of(
        &self,
        environment: &str,
        databases: &[&Database],
        named: Option<&str>,
    ) -> Result<RemoteAddress, NoTarget> {
        let word = match self {
            Self::Address(far) => return Ok(far.clone()),
            Self::Writer => "writer",
            Self::Reader => "reader",
        };
        let failure = || {
            unavailable(
                format!("{environment} has no database with a {word}"),
                "name it in `databases` of the environment, or say where to with --to HOST:PORT",
            )
        };
        let chosen: Vec<&&Database> =
            databases.iter().filter(|database| named.is_none_or(|name| database.id == name)).collect();
        let database = match &chosen[..] {
            [one] => one,
            [] => return Err(failure()),
            several => {
                let names: Vec<&str> = several.iter().map(|database| database.id.as_str()).collect();
                let hint = format!("name it with --to HOST:PORT; there are {}", names.join(", "));
                return Err(unavailable("it is not said which database", hint));
            }
        };
        let host = if *self == Self::Reader { database.reader_endpoint.clone() } else { database.endpoint.clone() };
        let host = host.ok_or_else(failure)?;
        Ok(RemoteAddress { host, port: database.port.unwrap_or(POSTGRES), database: database.database.clone() })
    }
}

/// Whether a text is a DNS name or an address.
fn is_host(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    text.parse::<Ipv6Addr>().is_ok() || (!text.is_empty() && text.chars().all(is_allowed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DbCluster;
    use crate::database::join;

    fn database(id: &str) -> Database {
        let cluster = DbCluster {
            id: id.into(),
            endpoint: Some(format!("{id}.example")),
            reader_endpoint: Some(format!("{id}-ro.example")),
            port: Some(5433),
            ..DbCluster::default()
        };
        join(&[cluster], None).remove(0)
    }

    #[test]
    fn host_and_port_are_parsed_including_ipv6() {
        for (text, place) in [("db.example:5432", "db.example:5432"), ("[fd00::5]:5432", "[fd00::5]:5432")] {
            assert_eq!(RemoteTarget::parse(text).unwrap().label(), place);
        }
        let RemoteTarget::Address(far) = RemoteTarget::parse("[fd00::5]:5432").unwrap() else { panic!("a place") };
        assert_eq!(far.host, "fd00::5");
        let no_host =
            ["my db:5432", "db:x:5432", "a@db:5432", "https://db:5432", "データ:5432", "db\n:5432", "[db:1]:5432"];
        for bad in ["", "db", "db:", ":5432", "db:0", "db:70000", "[]:1", "Writer"].into_iter().chain(no_host) {
            assert!(RemoteTarget::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn writer_and_reader_come_from_the_only_or_the_named_database() {
        let (one, two) = (database("one"), database("two"));
        assert_eq!(RemoteTarget::Reader.of("staging", &[&one], None).unwrap().host_and_port(), "one-ro.example:5433");
        let why = RemoteTarget::Writer.of("staging", &[&one, &two], None).unwrap_err();
        assert!(why.hint.contains("one, two"), "{why:?}");
        assert_eq!(RemoteTarget::Writer.of("staging", &[&one, &two], Some("two")).unwrap().host, "two.example");
        assert!(RemoteTarget::Writer.of("staging", &[], None).unwrap_err().why.contains("no database with a writer"));
        let lone = Database { reader_endpoint: None, ..one };
        assert!(RemoteTarget::Reader.of("staging", &[&lone], None).is_err());
    }
}
