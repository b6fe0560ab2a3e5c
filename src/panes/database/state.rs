//! The name of the Database pane, those of its blocks, and the session that asks a server for its activity.

use crate::app::command::PaneId;
use crate::app::effect::Effect;
use crate::app::operation::database::Request;
use crate::app::screen::Block;
use crate::model::Failure;
use crate::model::sql::activity::Question;
use crate::model::sql::activity_listing::Listing;
use crate::model::sql::process::Process;
use crate::model::sql::{Server, SessionId};
use crate::model::tunnel::far::RemoteAddress;
use jiff::Timestamp;
use std::collections::HashMap;

/// The name of the Database pane.
pub const ID: PaneId = PaneId("database");
/// Databases with their members.
pub const LIST: Block = Block("databases");
/// The selected database's curves.
pub const CURVES: Block = Block("database-curves");
/// The selected database's facts: endpoint, backups, pending changes.
pub const FACTS: Block = Block("database-facts");
/// The block with the sessions of the server.
pub const ACTIVITY: Block = Block("database-activity");

/// The state of the session.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Link {
    #[default]
    Off,
    /// On its way to a place.
    Opening(String),
    On,
    /// It could not be opened, or is lost.
    Failed(Failure),
}

/// The last answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// When an answer came last, with rows or without.
    pub at: Timestamp,
    /// When the rows came.
    pub read: Option<Timestamp>,
    /// The rows of the last answer that came.
    pub listing: Option<Listing>,
    /// Why there is no newer one, with the right that it takes.
    pub missing: Option<String>,
}

/// A question that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    pub serial: u64,
    pub question: Question,
}

/// A failover that somebody wants: the sessions are asked for before its plan is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Who {
    /// The failover that was asked for.
    pub request: Request,
    pub since: Timestamp,
    /// The number of the question; none before there is a session.
    pub serial: Option<u64>,
    /// Whether the session is one for this alone, and is left after it.
    pub own: bool,
}

/// The confirmation before somebody's session is cancelled or terminated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    pub process: Process,
    /// Ended, not only cancelled.
    pub terminate: bool,
    /// The words of the row: who the session is and what it does.
    pub words: Vec<String>,
}

/// The state of the Database pane: its session, and the answers of that.
#[derive(Debug, Clone)]
pub struct State {
    /// Whether the activity is shown instead of the databases.
    pub shown: bool,
    pub question: Question,
    pub link: Link,
    pub session: Option<SessionId>,
    /// The number of the question that holds the session; 0 is none.
    pub connection: u64,
    /// Where it goes as soon as a tunnel leads there.
    pub wanted: Option<RemoteAddress>,
    /// The database or the instance that it is a session of.
    pub of: String,
    pub server: Option<Server>,
    pub seen: HashMap<Question, Seen>,
    pub flight: Option<InFlight>,
    pub asking: Option<Asking>,
    /// The session was lost: since when, and when it is connected to again.
    pub lost: Option<(Timestamp, Timestamp)>,
    pub who: Option<Who>,
    /// How many sessions were opened, which numbers them.
    pub sessions: u64,
    pub serial: u64,
    /// Effects that are to be carried out in the next round.
    pub effects: Vec<Effect>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            shown: false,
            question: Question::Sessions,
            link: Link::Off,
            session: None,
            connection: 0,
            wanted: None,
            of: String::new(),
            server: None,
            seen: HashMap::new(),
            flight: None,
            asking: None,
            lost: None,
            who: None,
            sessions: 0,
            serial: 0,
            effects: Vec::new(),
        }
    }
}
