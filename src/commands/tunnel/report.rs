//! Formats the state of a tunnel as a line for people or for scripts.

use crate::model::connection_string::DatabaseAddress;
use crate::model::suggested_commands::{CommandScope, with_scope};
use schemars::JsonSchema;
use serde::Serialize;
use ssm_tunnel::driver::Status;
use ssm_tunnel::{Local, State};
use std::fmt::Write as _;

/// Schema of the lines; its number is raised when a field is renamed or removed.
pub const SCHEMA: &str = "cockpit.tunnel/1";

/// A change of a tunnel's state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TunnelDto {
    /// `cockpit.tunnel/1`.
    pub schema: String,
    /// The environment.
    pub environment: String,
    /// `resolving`, `opening`, `ready`, `resuming`, `replacing` or `closed`.
    pub state: String,
    /// The reason for the state, if there is one.
    pub reason: Option<String>,
    /// A hint on what to do, if there is one.
    pub hint: Option<String>,
    /// The local address: `127.0.0.1:5432`, or the path of a Unix socket.
    pub local: String,
    /// The remote address: host and port.
    pub to: String,
    /// The container that it goes through, once it is known.
    pub through: Option<String>,
    /// The id of the AWS session, once there is one.
    pub session: Option<String>,
    /// Number of open sessions: while much data goes through the first one, new connections use others.
    pub sessions: usize,
    /// Number of bytes sent to the remote side.
    pub sent: u64,
    /// Number of bytes received from the remote side.
    pub received: u64,
    /// The round-trip time to the agent in milliseconds, once it was measured.
    pub round_trip_ms: Option<u64>,
    /// How many times a lost connection to AWS was resumed without loss.
    pub resumes: u64,
    /// How many times a session was lost with its connections, and replaced.
    pub replacements: u64,
    /// Number of open local connections.
    pub open: usize,
    /// Number of local connections since the start.
    pub connections: u64,
    /// Number of connections that the remote side refused.
    pub refused: u64,
    /// Number of open connections that have received no byte of an answer for 5 seconds.
    pub silent: usize,
    /// Whether reading from a session is paused because a local program does not read its data.
    pub waits_for_reader: bool,
}

impl TunnelDto {
    pub(super) fn new(named: CommandScope<'_>, local: &Local, to: &str, status: &Status) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            environment: named.environment.to_owned(),
            state: status.state.name().to_owned(),
            reason: status.reason(),
            hint: status.hint.as_deref().map(|hint| with_scope(hint, named)),
            local: local.to_string(),
            to: to.to_owned(),
            through: status.target.clone(),
            session: status.session_id.clone(),
            sessions: status.sessions,
            sent: status.sent,
            received: status.received,
            round_trip_ms: status.round_trip.map(|round| round.as_millis() as u64),
            resumes: status.resumes,
            replacements: status.replacements,
            open: status.open,
            connections: status.connections,
            refused: status.refused,
            silent: status.silent,
            waits_for_reader: status.waits_for_reader,
        }
    }

    /// Formats the line for people.
    pub(super) fn line(&self) -> String {
        let mut line = format!("{}: {}", self.environment, self.state);
        match (self.state.as_str(), &self.through) {
            ("ready", Some(through)) => {
                let _ = write!(line, "  {} → {} through {through}", self.local, self.to);
            }
            ("ready", None) => {
                let _ = write!(line, "  {} → {}", self.local, self.to);
            }
            _ => {}
        }
        if self.refused > 0 && self.state == "ready" {
            let were = if self.refused == 1 { "connection was" } else { "connections were" };
            let _ = write!(line, "; {} {were} refused: {} cannot be reached from there", self.refused, self.to);
        }
        if let Some(reason) = &self.reason {
            let _ = write!(line, ": {reason}");
        }
        line
    }
}

impl TunnelDto {
    /// Returns the hint, unless the tunnel is closed: then the final error shows the reason.
    pub(super) fn current_hint(&self) -> Option<&str> {
        self.hint.as_deref().filter(|_| self.reason.is_some() && self.state != "closed")
    }
}

/// Returns the connection strings, printed once the tunnel is ready.
pub(super) fn connection_strings(place: &DatabaseAddress<'_>) -> String {
    if place.socket.is_some() {
        return match place.socket_port() {
            Some(_) => {
                format!("  psql                       {}\n  URL (Prisma and others)    {}\n", place.psql(), place.url())
            }
            None => "  psql and others find a socket by its folder, with the name .s.PGSQL.5432 alone\n".to_owned(),
        };
    }
    format!(
        "  psql                       {}\n  URL (Prisma and others)    {}\n  JDBC (DBeaver, DataGrip)   {}\n",
        place.psql(),
        place.url(),
        place.jdbc()
    )
}

/// Whether the tunnel is ready.
pub(super) fn is_ready(status: &Status) -> bool {
    status.state == State::Ready
}

/// Returns an example with all fields, for the schema test.
#[cfg(test)]
pub(in crate::commands) fn example() -> TunnelDto {
    TunnelDto {
        schema: SCHEMA.to_owned(),
        environment: "staging".to_owned(),
        state: "ready".to_owned(),
        reason: None,
        hint: Some("wait".to_owned()),
        local: "127.0.0.1:5432".to_owned(),
        to: "db.example:5432".to_owned(),
        through: Some("web, task 0123abcd, container web".to_owned()),
        session: Some("s-1".to_owned()),
        sessions: 2,
        sent: 1,
        received: 2,
        round_trip_ms: Some(21),
        resumes: 3,
        replacements: 0,
        open: 1,
        connections: 4,
        refused: 2,
        silent: 0,
        waits_for_reader: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_the_destination_and_refused_connections() {
        let line = example().line();
        assert!(line.starts_with("staging: ready  127.0.0.1:5432 → db.example:5432 through web, task"), "{line}");
        assert!(line.ends_with("2 connections were refused: db.example:5432 cannot be reached from there"), "{line}");
        let lost = TunnelDto { state: "resuming".into(), reason: Some("1000 Bye".into()), ..example() };
        assert_eq!((lost.line().as_str(), lost.current_hint()), ("staging: resuming: 1000 Bye", Some("wait")));
        let closed = TunnelDto { state: "closed".into(), ..lost };
        assert_eq!((closed.current_hint(), example().current_hint()), (None, None));
    }

    #[test]
    fn connection_strings_contain_the_password_only_if_given() {
        let place =
            DatabaseAddress { port: 5432, user: Some("app"), database: Some("shop"), ..DatabaseAddress::default() };
        assert!(!connection_strings(&place).contains("hush"));
        assert_eq!(connection_strings(&DatabaseAddress { password: Some("hush"), ..place }).matches("hush").count(), 2);
        assert_eq!(
            connection_strings(&DatabaseAddress { host: Some("10.0.0.7"), ..place }).matches("10.0.0.7").count(),
            3
        );
    }
}
