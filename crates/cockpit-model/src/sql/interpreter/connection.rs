//! The connection: `\c`, `\conninfo`, and the variables that describe it.

use super::action::{Action, Connection, Target};
use super::arguments::Arguments;
use super::state::{Interpreter, Waiting};
use crate::sql::Server;
use std::fmt::Write as _;

/// Converts a server version to a number: `15.18 (Debian …)` is 150018.
pub fn version_number(version: &str) -> u32 {
    let number = version.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    major * 10_000 + minor
}

/// Removes double quotes from a name; case is kept, as in psql (`OT_SQLIDHACK`).
fn without_quotes(text: &str) -> String {
    let mut name = String::new();
    let (mut letters, mut inside) = (text.chars().peekable(), false);
    while let Some(letter) = letters.next() {
        match letter {
            '"' if inside && letters.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => inside = !inside,
            letter => name.push(letter),
        }
    }
    name
}

/// Returns the database of a connection string that contains nothing else. `pg_dump` writes `dbname='x y'` for names that
/// need quotes.
fn only_database(text: &str) -> Option<String> {
    let quoted = text.strip_prefix("dbname='")?.strip_suffix('\'')?;
    let mut name = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => name.push(letters.next()?),
            // The value has ended, and another parameter follows.
            '\'' => return None,
            letter => name.push(letter),
        }
    }
    Some(name)
}

impl Interpreter {
    /// Sets the server of a new or changed connection.
    pub fn set_server(&mut self, server: &Server) {
        let number = version_number(&server.version).to_string();
        // These are psql's own names, which are always accepted.
        for (name, value) in [
            ("DBNAME", server.database.as_str()),
            ("USER", &server.user),
            ("HOST", &server.host),
            ("PORT", &server.port.to_string()),
            ("SERVER_VERSION_NAME", &server.version),
            ("SERVER_VERSION_NUM", &number),
        ] {
            let _ = self.variables.set(name, value);
        }
        self.server = server.clone();
    }

    /// Sets whether the server treats `\` as an escape in plain strings. It affects all text read afterwards.
    pub fn set_escapes(&mut self, on: bool) {
        self.server.escapes = on;
    }

    /// Returns the server version as a number; 0 if unknown.
    pub(super) fn version(&self) -> u32 {
        version_number(&self.server.version)
    }

    pub(super) fn connect(&mut self, arguments: &Arguments) {
        let texts = arguments.texts().into_iter().filter(|text| !text.starts_with("-reuse-previous"));
        let texts: Vec<String> = texts.map(|text| without_quotes(&text)).collect();
        let part = |at: usize| texts.get(at).filter(|text| *text != "-" && !text.is_empty()).cloned();
        let database = part(0).map(|text| only_database(&text).unwrap_or(text));
        let connection = Connection { database, user: part(1), host: part(2), port: part(3) };
        self.enqueue(Action::Connect(connection), Waiting::Simple);
    }

    pub(super) fn conninfo(&mut self) {
        let server = &self.server;
        let mut text = if server.database.is_empty() {
            "You are currently not connected to a database.\n".to_owned()
        } else {
            format!(
                "You are connected to database \"{}\" as user \"{}\" on host \"{}\" at port \"{}\".\n",
                server.database, server.user, server.host, server.port
            )
        };
        if server.tls {
            text.push_str("SSL connection.\n");
        }
        match server.reader {
            Some(true) => text.push_str("It is a reader: nothing can be written there.\n"),
            Some(false) => text.push_str("It is the writer.\n"),
            None => {}
        }
        if server.read_only {
            let why = server.read_only_why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            let _ = writeln!(text, "Transactions are read-only{why}.");
        }
        self.print(text, Target::Output);
    }
}
