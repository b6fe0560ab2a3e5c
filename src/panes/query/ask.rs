//! Its questions: their kinds, their numbers, and what is asked of a session.

use super::state::ID;
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::sql;
use crate::model::sql::{ResultId, SessionId};

/// The kinds of its questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A session is opened and held.
    Connect,
    /// A statement is run.
    Run,
    /// A statement is cancelled, a process ended, a result closed.
    Control,
    /// Rows for the window.
    Window,
    /// A whole value.
    Value,
    /// Something is looked up beside what runs.
    Look,
    /// Rows that are read through.
    Scan,
    /// Rows that psql's interpreter wants.
    Kept,
    /// Keeps queries on this machine.
    Keep,
    /// A plan, whole.
    Plan,
    /// A file that a result is written to.
    Export,
    /// A command of this machine.
    Program,
}

impl Kind {
    /// The kind of this number.
    pub fn of(number: u8) -> Option<Self> {
        let all = [
            Self::Connect,
            Self::Run,
            Self::Control,
            Self::Window,
            Self::Value,
            Self::Look,
            Self::Scan,
            Self::Kept,
            Self::Keep,
            Self::Plan,
            Self::Export,
            Self::Program,
        ];
        all.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// A ticket with this number.
pub fn ticket(app: &App, kind: Kind, serial: u64) -> Ticket {
    Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind as u8), serial }
}

/// A question with a number of its own.
pub fn ask(app: &mut App, kind: Kind, ask: impl Into<crate::feeds::Ask>) -> (u64, Effect) {
    numbered(app, kind, |_| ask)
}

/// A question that has its own number in it.
pub fn numbered<A: Into<crate::feeds::Ask>>(
    app: &mut App,
    kind: Kind,
    question: impl FnOnce(u64) -> A,
) -> (u64, Effect) {
    app.panes.query.serial += 1;
    let serial = app.panes.query.serial;
    let ask = question(serial).into();
    (serial, Effect::Fetch { ticket: ticket(app, kind, serial), lane: Priority::Operator, ask })
}

/// A question about the session, where there is one.
pub fn of_session(app: &mut App, kind: Kind, question: impl FnOnce(SessionId) -> sql::Ask) -> Option<(u64, Effect)> {
    let session = app.panes.query.session.filter(|_| app.panes.query.is_on())?;
    Some(ask(app, kind, question(session)))
}

/// Looks something up in the second session.
pub fn look(app: &mut App, purpose: &'static str, statement: String) -> Vec<Effect> {
    let asked = of_session(app, Kind::Look, |session| sql::Ask::Look { session, purpose, statement });
    let Some((serial, effect)) = asked else { return Vec::new() };
    app.panes.query.looks.insert(serial, purpose);
    vec![effect]
}

/// Cancels the look-ups of a purpose at the server, where they may wait for a lock: nobody waits for them any more.
pub fn leave(app: &mut App, purpose: &'static str) -> Vec<Effect> {
    let looks = &mut app.panes.query.looks;
    let left: Vec<u64> = looks.iter().filter(|(_, known)| **known == purpose).map(|(serial, _)| *serial).collect();
    looks.retain(|serial, _| !left.contains(serial));
    left.into_iter().map(|serial| Effect::Leave(ticket(app, Kind::Look, serial))).collect()
}

/// Forgets results that are not shown any more.
pub fn close(app: &mut App, results: Vec<ResultId>) -> Vec<Effect> {
    let close = |result| ask(app, Kind::Control, sql::Ask::Close { result }).1;
    results.into_iter().map(close).collect()
}
