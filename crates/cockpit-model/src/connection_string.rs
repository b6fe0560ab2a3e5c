//! How programs are told where a PostgreSQL database is, and who connects.

use std::fmt::Write as _;
use std::path::Path;

/// The name of a socket as programs of PostgreSQL look for it, without its port.
const SOCKET: &str = ".s.PGSQL.";

/// The variables of the environment that lead programs of libpq; those that [`Place::variables`] sets or takes out.
pub const VARIABLES: [&str; 9] =
    ["PGHOST", "PGPORT", "PGHOSTADDR", "PGSERVICE", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGOPTIONS"];

/// A database at a local port, or at a Unix socket.
#[derive(Clone, Copy, Default)]
pub struct Place<'a> {
    /// Another address of this machine than 127.0.0.1.
    pub host: Option<&'a str>,
    pub port: u16,
    /// The socket instead of the port.
    pub socket: Option<&'a Path>,
    pub user: Option<&'a str>,
    /// Only where it is asked for by name, or for the environment of a program that is started.
    pub password: Option<&'a str>,
    pub database: Option<&'a str>,
    /// Whether the server speaks TLS. Its certificate names another host, so that it cannot be checked here.
    pub tls: bool,
    /// Sessions begin as read-only ones.
    pub read_only: bool,
}

impl Place<'_> {
    /// As psql, Prisma and most others take it.
    pub fn url(&self) -> String {
        let mut url = String::from("postgresql://");
        if let Some(user) = self.user {
            url.push_str(&encoded(user));
            if let Some(password) = self.password {
                url.push(':');
                url.push_str(&encoded(password));
            }
            url.push('@');
        }
        let (host, port) = self.at();
        let database = encoded(self.database.unwrap_or_default());
        let _ = match self.socket {
            Some(_) => write!(url, "localhost:{port}/{database}"),
            None => write!(url, "{host}:{port}/{database}"),
        };
        let mut sign = '?';
        let mut add = |pair: &str| {
            url.push(sign);
            url.push_str(pair);
            sign = '&';
        };
        if self.socket.is_some() {
            add(&format!("host={}", encoded(&host)));
        }
        if self.tls {
            add("sslmode=require");
        }
        if self.read_only {
            add("options=-c%20default_transaction_read_only%3Don");
        }
        url
    }

    /// As psql, `pg_dump` and all others that are made with libpq take it from their environment. One without a value is to be
    /// taken out: it would lead elsewhere.
    pub fn variables(&self) -> Vec<(&'static str, Option<String>)> {
        let (host, port) = self.at();
        let mut all =
            vec![("PGHOST", Some(host)), ("PGPORT", Some(port.to_string())), ("PGHOSTADDR", None), ("PGSERVICE", None)];
        let mut known = |name, value: Option<&str>| all.extend(value.map(|value| (name, Some(value.to_owned()))));
        known("PGUSER", self.user);
        known("PGPASSWORD", self.password);
        known("PGDATABASE", self.database);
        known("PGSSLMODE", self.tls.then_some("require"));
        known("PGOPTIONS", self.read_only.then_some("-c default_transaction_read_only=on"));
        all
    }

    /// The `psql` command, as it is typed at a shell.
    pub fn psql(&self) -> String {
        let (host, port) = self.at();
        let mut command = format!("psql -h {} -p {port}", quoted(&host));
        for (flag, value) in [(" -U ", self.user), (" -d ", self.database)] {
            if let Some(value) = value {
                command.push_str(flag);
                command.push_str(&quoted(value));
            }
        }
        command
    }

    /// The host and the port as programs of PostgreSQL take them: of a socket its folder, and the port in its name.
    fn at(&self) -> (String, u16) {
        let Some(path) = self.socket else { return (self.host().to_owned(), self.port) };
        let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        (folder, self.socket_port().unwrap_or_default())
    }

    fn host(&self) -> &str {
        self.host.unwrap_or("127.0.0.1")
    }

    /// The port in the name of the socket; none where the socket has another name, which no program of PostgreSQL finds.
    pub fn socket_port(&self) -> Option<u16> {
        self.socket?.file_name()?.to_str()?.strip_prefix(SOCKET)?.parse().ok()
    }

    /// As DBeaver and DataGrip take it.
    pub fn jdbc(&self) -> String {
        let mut url =
            format!("jdbc:postgresql://{}:{}/{}", self.host(), self.port, encoded(self.database.unwrap_or_default()));
        let mut sign = '?';
        for (name, value) in [("user", self.user), ("password", self.password)] {
            if let Some(value) = value {
                let _ = write!(url, "{sign}{name}={}", encoded(value));
                sign = '&';
            }
        }
        url
    }
}

/// Percent-encoded, but for letters, digits and `-._~` (RFC 3986).
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_url_is_encoded() {
        let place = Place {
            port: 5432,
            user: Some("a@b"),
            password: Some("p:/#ä"),
            database: Some("my db"),
            ..Place::default()
        };
        assert_eq!(place.url(), "postgresql://a%40b:p%3A%2F%23%C3%A4@127.0.0.1:5432/my%20db");
        assert_eq!(place.psql(), "psql -h 127.0.0.1 -p 5432 -U a@b -d 'my db'");
        assert_eq!(place.jdbc(), "jdbc:postgresql://127.0.0.1:5432/my%20db?user=a%40b&password=p%3A%2F%23%C3%A4");
    }

    #[test]
    fn programs_of_libpq_are_told_all_that_is_known_and_led_nowhere_else() {
        let place = Place { port: 5433, user: Some("app"), password: Some("hush"), ..Place::default() };
        let all = place.variables();
        let of = |wanted: &str| all.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_deref());
        assert_eq!((of("PGHOST"), of("PGPORT")), (Some(Some("127.0.0.1")), Some(Some("5433"))));
        assert_eq!((of("PGUSER"), of("PGPASSWORD")), (Some(Some("app")), Some(Some("hush"))));
        assert_eq!((of("PGSERVICE"), of("PGHOSTADDR")), (Some(None), Some(None)));
        assert_eq!((of("PGDATABASE"), of("PGSSLMODE"), of("PGOPTIONS")), (None, None, None));
        let whole = Place { database: Some("shop"), tls: true, read_only: true, ..place }.variables();
        assert!(whole.iter().all(|(name, _)| VARIABLES.contains(name)) && whole.len() == VARIABLES.len(), "{whole:?}");
    }

    #[test]
    fn a_socket_is_named_by_its_folder_and_the_port_in_its_name() {
        let at = |path| Place { socket: Some(Path::new(path)), user: Some("app"), ..Place::default() };
        assert_eq!(at("/run/my db/.s.PGSQL.5433").psql(), "psql -h '/run/my db' -p 5433 -U app");
        assert_eq!(at("/tmp/.s.PGSQL.5433").url(), "postgresql://app@localhost:5433/?host=%2Ftmp");
        assert_eq!(at("/tmp/db.sock").socket_port(), None);
    }

    #[test]
    fn tls_and_read_only_stand_in_it_and_nothing_stands_for_what_is_not_known() {
        let place = Place { port: 1, tls: true, read_only: true, ..Place::default() };
        assert_eq!(
            place.url(),
            "postgresql://127.0.0.1:1/?sslmode=require&options=-c%20default_transaction_read_only%3Don"
        );
        assert_eq!(Place { port: 1, ..Place::default() }.url(), "postgresql://127.0.0.1:1/");
    }
}
