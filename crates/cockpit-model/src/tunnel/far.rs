//! Where a tunnel leads.

use super::no_target::{NoTarget, none};
use crate::Database;
use core::net::Ipv6Addr;

/// The port of PostgreSQL, where nothing says another.
pub const POSTGRES: u16 = 5432;

/// Where a tunnel is to lead, as it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// The writer of the database.
    Writer,
    Reader,
    /// A host and a port.
    Place(RemoteAddress),
}

/// A host and a port at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAddress {
    /// The name as the container resolves it; an IPv6 address without brackets.
    pub host: String,
    /// The port of the server there.
    pub port: u16,
    /// The database as AWS names it, where it is known.
    pub database: Option<String>,
}

impl RemoteAddress {
    /// `db.example:5432`, `[::1]:5432`.
    pub fn place(&self) -> String {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

impl To {
    /// `writer`, `reader`, or a host and a port.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Self, NoTarget> {
        match text {
            "writer" => return Ok(Self::Writer),
            "reader" => return Ok(Self::Reader),
            _ => {}
        }
        let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let parts = parts.map(|(host, port)| (host.trim_matches(['[', ']']), port));
        let (host, port) = parts.filter(|(host, port)| is_host(host) && *port > 0).ok_or_else(|| {
            none(
                format!("`{text}` is not a place to go to"),
                "write `writer`, `reader`, or a host and a port as db.example:5432",
            )
        })?;
        Ok(Self::Place(RemoteAddress { host: host.to_owned(), port, database: None }))
    }

    /// The place as it is written: `writer`, `reader`, `HOST:PORT`.
    pub fn words(&self) -> String {
        match self {
            Self::Writer => "writer".to_owned(),
            Self::Reader => "reader".to_owned(),
            Self::Place(far) => far.place(),
        }
    }

    /// The place, as AWS says it now; of the database of this name, where there are several. `environment` is for the words.
    ///
    /// # Errors
    /// Why there is none, and what to do.
    pub fn of(
        &self,
        environment: &str,
        databases: &[&Database],
        named: Option<&str>,
    ) -> Result<RemoteAddress, NoTarget> {
        let word = match self {
            Self::Place(far) => return Ok(far.clone()),
            Self::Writer => "writer",
            Self::Reader => "reader",
        };
        let failure = || {
            none(
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
                return Err(none("it is not said which database", hint));
            }
        };
        let host = if *self == Self::Reader { database.reader_endpoint.clone() } else { database.endpoint.clone() };
        let host = host.ok_or_else(failure)?;
        Ok(RemoteAddress { host, port: database.port.unwrap_or(POSTGRES), database: database.database.clone() })
    }
}

/// Whether it is a name of DNS or an address.
fn is_host(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    text.parse::<Ipv6Addr>().is_ok() || (!text.is_empty() && text.chars().all(good))
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
    fn a_place_is_a_host_and_a_port_also_of_ipv6() {
        for (text, place) in [("db.example:5432", "db.example:5432"), ("[fd00::5]:5432", "[fd00::5]:5432")] {
            assert_eq!(To::parse(text).unwrap().words(), place);
        }
        let To::Place(far) = To::parse("[fd00::5]:5432").unwrap() else { panic!("a place") };
        assert_eq!(far.host, "fd00::5");
        let no_host =
            ["my db:5432", "db:x:5432", "a@db:5432", "https://db:5432", "データ:5432", "db\n:5432", "[db:1]:5432"];
        for bad in ["", "db", "db:", ":5432", "db:0", "db:70000", "[]:1", "Writer"].into_iter().chain(no_host) {
            assert!(To::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_writer_and_the_reader_are_those_of_the_only_database_or_of_the_named_one() {
        let (one, two) = (database("one"), database("two"));
        assert_eq!(To::Reader.of("staging", &[&one], None).unwrap().place(), "one-ro.example:5433");
        let why = To::Writer.of("staging", &[&one, &two], None).unwrap_err();
        assert!(why.hint.contains("one, two"), "{why:?}");
        assert_eq!(To::Writer.of("staging", &[&one, &two], Some("two")).unwrap().host, "two.example");
        assert!(To::Writer.of("staging", &[], None).unwrap_err().why.contains("no database with a writer"));
        let lone = Database { reader_endpoint: None, ..one };
        assert!(To::Reader.of("staging", &[&lone], None).is_err());
    }
}
