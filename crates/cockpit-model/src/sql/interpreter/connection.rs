//! The connection: `\c`, `\conninfo`, and the variables that say where it leads.

use super::action::{Action, Connection, Target};
use super::arguments::Arguments;
use super::state::{Interpreter, Waiting};
use crate::sql::Server;
use std::fmt::Write as _;

/// A version of the server as a number: `15.18 (Debian …)` is 150018.
pub fn version_number(version: &str) -> u32 {
    let number = version.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    major * 10_000 + minor
}

/// A name without the double quotes that it is written in; letters keep their case, as in psql (`OT_SQLIDHACK`).
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

/// The database of a connection string that names nothing else: `pg_dump` writes `dbname='x y'` for a name that is no plain one.
fn only_database(text: &str) -> Option<String> {
    let quoted = text.strip_prefix("dbname='")?.strip_suffix('\'')?;
    let mut name = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => name.push(letters.next()?),
            // It ended, and something else follows.
            '\'' => return None,
            letter => name.push(letter),
        }
    }
    Some(name)
}

impl Interpreter {
    /// The session is open, or now leads somewhere else.
    pub fn set_server(&mut self, server: &Server) {
        let number = version_number(&server.version).to_string();
        // Names of psql's own: none of them is refused.
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

    /// The server takes `\` in a text for an escape from now on, or does not any more: what is read next ends where it ends for it.
    pub fn set_escapes(&mut self, on: bool) {
        self.server.escapes = on;
    }

    /// The version of the server as a number; 0 is not known.
    pub(super) fn version(&self) -> u32 {
        version_number(&self.server.version)
    }

    pub(super) fn connect(&mut self, arguments: &Arguments) {
        let texts = arguments.texts().into_iter().filter(|text| !text.starts_with("-reuse-previous"));
        let texts: Vec<String> = texts.map(|text| without_quotes(&text)).collect();
        let part = |at: usize| texts.get(at).filter(|text| *text != "-" && !text.is_empty()).cloned();
        let database = part(0).map(|text| only_database(&text).unwrap_or(text));
        let connection = Connection { database, user: part(1), host: part(2), port: part(3) };
        self.ask(Action::Connect(connection), Waiting::Simple);
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
