//! Requests of the Query pane: their kinds and serial numbers, and the requests about a session.

use super::state::ID;
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::sql;
use crate::model::sql::{ResultId, SessionId};

/// The kinds of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Opens and holds a session.
    Connect,
    /// Runs a statement.
    Run,
    /// Cancels a statement, ends a process, or closes a result.
    Control,
    /// Reads rows for the window.
    Window,
    /// Reads a complete value.
    Value,
    /// Looks something up in the second session.
    LookUp,
    /// Reads rows for a scan.
    Scan,
    /// Reads rows for psql's interpreter.
    PsqlRows,
    /// Reads or stores queries on this machine.
    Storage,
    /// Reads a complete plan.
    Plan,
    /// Writes a result to a file.
    Export,
    /// Runs a command on this machine.
    Program,
}

impl Kind {
    /// Returns the kind with this number.
    pub fn of(number: u8) -> Option<Self> {
        let all = [
            Self::Connect,
            Self::Run,
            Self::Control,
            Self::Window,
            Self::Value,
            Self::LookUp,
            Self::Scan,
            Self::PsqlRows,
            Self::Storage,
            Self::Plan,
            Self::Export,
            Self::Program,
        ];
        all.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// A ticket with this serial number.
pub fn ticket(app: &App, kind: Kind, serial: u64) -> Ticket {
    Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind as u8), serial }
}

/// Creates a request with a new serial number.
pub fn request(app: &mut App, kind: Kind, ask: impl Into<crate::feeds::Ask>) -> (u64, Effect) {
    numbered(app, kind, |_| ask)
}

/// Creates a request that contains its own serial number.
pub fn numbered<A: Into<crate::feeds::Ask>>(
    app: &mut App,
    kind: Kind,
    question: impl FnOnce(u64) -> A,
) -> (u64, Effect) {
    app.panes.query.serial += 1;
    let serial = app.panes.query.serial;
    let ask = question(serial).into();
    (serial, Effect::Fetch { ticket: ticket(app, kind, serial), priority: Priority::Operator, ask })
}

/// Creates a request about the session, if there is one.
pub fn of_session(app: &mut App, kind: Kind, question: impl FnOnce(SessionId) -> sql::Ask) -> Option<(u64, Effect)> {
    let session = app.panes.query.session.filter(|_| app.panes.query.is_on())?;
    Some(request(app, kind, question(session)))
}

/// Looks something up in the second session.
pub fn look_up(app: &mut App, purpose: &'static str, statement: String) -> Vec<Effect> {
    let request = of_session(app, Kind::LookUp, |session| sql::Ask::Query { session, purpose, statement });
    let Some((serial, effect)) = request else { return Vec::new() };
    app.panes.query.look_ups.insert(serial, purpose);
    vec![effect]
}

/// Cancels the pending look-ups for a purpose at the server, where they might wait for a lock.
pub fn cancel_look_ups(app: &mut App, purpose: &'static str) -> Vec<Effect> {
    let looks = &mut app.panes.query.look_ups;
    let left: Vec<u64> = looks.iter().filter(|(_, known)| **known == purpose).map(|(serial, _)| *serial).collect();
    looks.retain(|serial, _| !left.contains(serial));
    left.into_iter().map(|serial| Effect::CancelFetch(ticket(app, Kind::LookUp, serial))).collect()
}

/// Closes results that are no longer shown.
pub fn close(app: &mut App, results: Vec<ResultId>) -> Vec<Effect> {
    let close = |result| request(app, Kind::Control, sql::Ask::Close { result }).1;
    results.into_iter().map(close).collect()
}
