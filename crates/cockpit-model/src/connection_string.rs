//! Connection settings for PostgreSQL clients: URL, libpq variables, `psql` command and JDBC URL.

use std::fmt::Write as _;
use std::path::Path;

/// The file name of a PostgreSQL Unix socket, without its port.
const SOCKET: &str = ".s.PGSQL.";

/// The environment variables that libpq programs read; [`DatabaseAddress::variables`] sets or removes them.
pub const VARIABLES: [&str; 9] =
    ["PGHOST", "PGPORT", "PGHOSTADDR", "PGSERVICE", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGOPTIONS"];

/// A database at a local port, or at a Unix socket.
#[derive(Clone, Copy, Default)]
pub struct DatabaseAddress<'a> {
    /// A local address other than 127.0.0.1.
    pub host: Option<&'a str>,
    pub port: u16,
    /// The Unix socket to use instead of the port.
    pub socket: Option<&'a Path>,
    pub user: Option<&'a str>,
    /// Set only if it was explicitly requested, or for the environment of a child process.
    pub password: Option<&'a str>,
    pub database: Option<&'a str>,
    /// Whether the server speaks TLS. Its certificate is for another host name, so it cannot be verified here.
    pub tls: bool,
    /// Whether sessions start in read-only mode.
    pub read_only: bool,
}

impl DatabaseAddress<'_> {
    /// Returns the URL that psql, Prisma and most others accept.
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
        let mut separator = '?';
        let mut add = |pair: &str| {
            url.push(separator);
            url.push_str(pair);
            separator = '&';
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

    /// Returns the environment variables for psql, `pg_dump` and other libpq programs. A variable without a value must
    /// be removed, because it would redirect the connection.
    pub fn variables(&self) -> Vec<(&'static str, Option<String>)> {
        let (host, port) = self.at();
        let mut variables =
            vec![("PGHOST", Some(host)), ("PGPORT", Some(port.to_string())), ("PGHOSTADDR", None), ("PGSERVICE", None)];
        let mut set_if_known =
            |name, value: Option<&str>| variables.extend(value.map(|value| (name, Some(value.to_owned()))));
        set_if_known("PGUSER", self.user);
        set_if_known("PGPASSWORD", self.password);
        set_if_known("PGDATABASE", self.database);
        set_if_known("PGSSLMODE", self.tls.then_some("require"));
        set_if_known("PGOPTIONS", self.read_only.then_some("-c default_transaction_read_only=on"));
        variables
    }

    /// Returns the `psql` command, quoted for a shell.
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

    /// Returns host and port as PostgreSQL clients expect them: for a socket, its folder and the port in its name.
    fn at(&self) -> (String, u16) {
        let Some(path) = self.socket else { return (self.host().to_owned(), self.port) };
        let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        (folder, self.socket_port().unwrap_or_default())
    }

    fn host(&self) -> &str {
        self.host.unwrap_or("127.0.0.1")
    }

    /// Returns the port in the socket's file name; `None` if it is named differently, and PostgreSQL clients cannot
    /// find it.
    pub fn socket_port(&self) -> Option<u16> {
        self.socket?.file_name()?.to_str()?.strip_prefix(SOCKET)?.parse().ok()
    }

    /// Returns the JDBC URL for DBeaver and DataGrip.
    pub fn jdbc(&self) -> String {
        let mut url =
            format!("jdbc:postgresql://{}:{}/{}", self.host(), self.port, encoded(self.database.unwrap_or_default()));
        let mut separator = '?';
        for (name, value) in [("user", self.user), ("password", self.password)] {
            if let Some(value) = value {
                let _ = write!(url, "{separator}{name}={}", encoded(value));
                separator = '&';
            }
        }
        url
    }
}

/// Percent-encodes everything except letters, digits and `-._~` (RFC 3986).
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
    fn reserved_characters_in_a_url_are_encoded() {
        let place = DatabaseAddress {
            port: 5432,
            user: Some("a@b"),
            password: Some("p:/#ä"),
            database: Some("my db"),
            ..DatabaseAddress::default()
        };
        assert_eq!(place.url(), "postgresql://a%40b:p%3A%2F%23%C3%A4@127.0.0.1:5432/my%20db");
        assert_eq!(place.psql(), "psql -h 127.0.0.1 -p 5432 -U a@b -d 'my db'");
        assert_eq!(place.jdbc(), "jdbc:postgresql://127.0.0.1:5432/my%20db?user=a%40b&password=p%3A%2F%23%C3%A4");
    }

    #[test]
    fn libpq_variables_are_set_and_conflicting_ones_removed() {
        let place =
            DatabaseAddress { port: 5433, user: Some("app"), password: Some("hush"), ..DatabaseAddress::default() };
        let all = place.variables();
        let of = |wanted: &str| all.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_deref());
        assert_eq!((of("PGHOST"), of("PGPORT")), (Some(Some("127.0.0.1")), Some(Some("5433"))));
        assert_eq!((of("PGUSER"), of("PGPASSWORD")), (Some(Some("app")), Some(Some("hush"))));
        assert_eq!((of("PGSERVICE"), of("PGHOSTADDR")), (Some(None), Some(None)));
        assert_eq!((of("PGDATABASE"), of("PGSSLMODE"), of("PGOPTIONS")), (None, None, None));
        let whole = DatabaseAddress { database: Some("shop"), tls: true, read_only: true, ..place }.variables();
        assert!(whole.iter().all(|(name, _)| VARIABLES.contains(name)) && whole.len() == VARIABLES.len(), "{whole:?}");
    }

    #[test]
    fn socket_is_given_by_folder_and_port() {
        let at =
            |path| DatabaseAddress { socket: Some(Path::new(path)), user: Some("app"), ..DatabaseAddress::default() };
        assert_eq!(at("/run/my db/.s.PGSQL.5433").psql(), "psql -h '/run/my db' -p 5433 -U app");
        assert_eq!(at("/tmp/.s.PGSQL.5433").url(), "postgresql://app@localhost:5433/?host=%2Ftmp");
        assert_eq!(at("/tmp/db.sock").socket_port(), None);
    }

    #[test]
    fn url_has_tls_and_read_only_and_omits_unknown_parts() {
        let place = DatabaseAddress { port: 1, tls: true, read_only: true, ..DatabaseAddress::default() };
        assert_eq!(
            place.url(),
            "postgresql://127.0.0.1:1/?sslmode=require&options=-c%20default_transaction_read_only%3Don"
        );
        assert_eq!(DatabaseAddress { port: 1, ..DatabaseAddress::default() }.url(), "postgresql://127.0.0.1:1/");
    }
}
