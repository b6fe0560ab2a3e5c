//! How a tunnel stands, as a line for people or for scripts.

use crate::model::connection_string::Place;
use crate::model::offered::{CommandScope, in_environment};
use schemars::JsonSchema;
use serde::Serialize;
use ssm_tunnel::driver::Status;
use ssm_tunnel::{Local, State};
use std::fmt::Write as _;

/// Raised when a field is renamed or removed.
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
    /// Why, where there is a reason.
    pub reason: Option<String>,
    /// The hint, where something can be done.
    pub hint: Option<String>,
    /// Where it listens: `127.0.0.1:5432`, or the path of a Unix socket.
    pub local: String,
    /// Where it leads: a host and a port.
    pub to: String,
    /// The container that it goes through, once one is known.
    pub through: Option<String>,
    /// The id of the session at AWS, once there is one.
    pub session: Option<String>,
    /// How many sessions are open: others beside the first carry who connects while much goes through it.
    pub sessions: usize,
    /// Bytes from here to there.
    pub sent: u64,
    /// Bytes from there to here.
    pub received: u64,
    /// A round to the agent, in milliseconds, once measured.
    pub round_trip_ms: Option<u64>,
    /// How often a lost connection to AWS was made again without losing anything.
    pub resumes: u64,
    /// How often a session was lost, and its connections with it.
    pub replacements: u64,
    /// Local connections that are open.
    pub open: usize,
    /// Local connections since the start.
    pub connections: u64,
    /// Connections that the other side refused.
    pub refused: u64,
    /// Connections that are open, and had no byte of an answer for 5 seconds.
    pub silent: usize,
    /// Whether nothing more of a session is read, as a local program does not read what came for it.
    pub waits_for_reader: bool,
}

impl TunnelDto {
    pub(super) fn new(named: CommandScope<'_>, local: &Local, to: &str, status: &Status) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            environment: named.environment.to_owned(),
            state: status.state.word().to_owned(),
            reason: status.reason(),
            hint: status.hint.as_deref().map(|hint| in_environment(hint, named)),
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

    /// The line for people.
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
    /// The hint while it goes on; the reason of its end is said at the end.
    pub(super) fn what_to_do(&self) -> Option<&str> {
        self.hint.as_deref().filter(|_| self.reason.is_some() && self.state != "closed")
    }
}

/// How programs connect, below the first line that says ready.
pub(super) fn strings(place: &Place<'_>) -> String {
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

/// Whether it is the first time that connections go through.
pub(super) fn is_ready(status: &Status) -> bool {
    status.state == State::Ready
}

/// A report with all fields, for the schema's test.
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
    fn a_line_says_where_it_leads_and_what_was_refused() {
        let line = example().line();
        assert!(line.starts_with("staging: ready  127.0.0.1:5432 → db.example:5432 through web, task"), "{line}");
        assert!(line.ends_with("2 connections were refused: db.example:5432 cannot be reached from there"), "{line}");
        let lost = TunnelDto { state: "resuming".into(), reason: Some("1000 Bye".into()), ..example() };
        assert_eq!((lost.line().as_str(), lost.what_to_do()), ("staging: resuming: 1000 Bye", Some("wait")));
        let closed = TunnelDto { state: "closed".into(), ..lost };
        assert_eq!((closed.what_to_do(), example().what_to_do()), (None, None));
    }

    #[test]
    fn the_strings_have_no_password_unless_there_is_one_to_show() {
        let place = Place { port: 5432, user: Some("app"), database: Some("shop"), ..Place::default() };
        assert!(!strings(&place).contains("hush"));
        assert_eq!(strings(&Place { password: Some("hush"), ..place }).matches("hush").count(), 2);
        assert_eq!(strings(&Place { host: Some("10.0.0.7"), ..place }).matches("10.0.0.7").count(), 3);
    }
}
