//! Identifiers of the Database pane and its blocks, and the state of its activity session.

use crate::app::command::PaneId;
use crate::app::effect::Effect;
use crate::app::operation::database::Request;
use crate::app::screen::Block;
use crate::model::Failure;
use crate::model::sql::activity::ActivityQuery;
use crate::model::sql::activity_listing::Listing;
use crate::model::sql::process::Process;
use crate::model::sql::{Server, SessionId};
use crate::model::tunnel::remote_end::RemoteAddress;
use jiff::Timestamp;
use std::collections::HashMap;

/// The identifier of the Database pane.
pub const ID: PaneId = PaneId("database");
/// The block with databases and their members.
pub const LIST: Block = Block("databases");
/// The block with the selected database's curves.
pub const CURVES: Block = Block("database-curves");
/// The block with the selected database's facts: endpoint, backups, pending changes.
pub const FACTS: Block = Block("database-facts");
/// The block with the server's activity.
pub const ACTIVITY: Block = Block("database-activity");

/// The state of the connection.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Link {
    #[default]
    Off,
    /// Connecting to this address.
    Opening(String),
    On,
    /// The connection failed or was lost.
    Failed(Failure),
}

/// The last answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct LastAnswer {
    /// Time of the last answer, with or without rows.
    pub at: Timestamp,
    /// Time when the rows arrived.
    pub rows_at: Option<Timestamp>,
    /// The rows of the last successful answer.
    pub listing: Option<Listing>,
    /// Why there is no newer answer, naming the required privilege.
    pub missing: Option<String>,
}

/// A pending request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    pub serial: u64,
    pub question: ActivityQuery,
}

/// A failover that waits for the list of connected sessions before it is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct FailoverLookup {
    /// The requested failover.
    pub request: Request,
    pub since: Timestamp,
    /// Serial number of the request for the sessions; `None` until there is a session.
    pub serial: Option<u64>,
    /// Whether the session was opened only for this and is closed afterwards.
    pub own: bool,
}

/// A pending confirmation before a session is cancelled or terminated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSignal {
    pub process: Process,
    /// Whether the session is terminated, rather than its statement cancelled.
    pub terminate: bool,
    /// Description of the session: who it is and what it runs.
    pub description: Vec<String>,
}

/// The state of the Database pane: its session and the answers received in it.
#[derive(Debug, Clone)]
pub struct State {
    /// Whether the activity is shown instead of the databases.
    pub shown: bool,
    pub question: ActivityQuery,
    pub link: Link,
    pub session: Option<SessionId>,
    /// Serial number of the request that holds the session open; 0 if there is none.
    pub connection: u64,
    /// The address to connect to as soon as a tunnel leads there.
    pub awaited_address: Option<RemoteAddress>,
    /// The database or instance that the session is connected to.
    pub connected_to: String,
    pub server: Option<Server>,
    pub answers: HashMap<ActivityQuery, LastAnswer>,
    pub flight: Option<InFlight>,
    pub pending_signal: Option<PendingSignal>,
    /// When the session was lost, and when the next reconnect is due.
    pub lost: Option<(Timestamp, Timestamp)>,
    pub failover_lookup: Option<FailoverLookup>,
    /// Number of sessions opened so far; used to number them.
    pub sessions: u64,
    pub serial: u64,
    /// Effects to return from the next `plan`.
    pub effects: Vec<Effect>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            shown: false,
            question: ActivityQuery::Sessions,
            link: Link::Off,
            session: None,
            connection: 0,
            awaited_address: None,
            connected_to: String::new(),
            server: None,
            answers: HashMap::new(),
            flight: None,
            pending_signal: None,
            lost: None,
            failover_lookup: None,
            sessions: 0,
            serial: 0,
            effects: Vec::new(),
        }
    }
}
