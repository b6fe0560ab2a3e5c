//! The feed of runs over the units of an environment. Runs outlive the cockpit: each is a folder, is started once, and can be
//! followed and controlled from any later session. Nothing stops a run unless requested.

use super::lifetime::Lifetime;
use crate::model::infra::estimate::History;
use crate::model::infra::run_event::RequestKind;
use crate::model::infra::run_order::ListedRun;
use crate::model::infra::{RunEvent, RunOrder};
use crate::model::timeline::local::Local;
use jiff::Timestamp;
use std::path::PathBuf;

/// The place where runs are stored: beside the audit file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The configured audit file; `None` for the one in the user's state folder.
    pub audit_file: Option<String>,
    /// Whether the environment is simulated. Such runs are stored apart from real ones.
    pub simulated: bool,
}

/// A question about runs, or a request to one.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Lists the runs of an environment, latest first.
    List {
        /// The place where runs are stored.
        place: Place,
        environment: String,
    },
    /// Reads how long changes took in the latest runs that changed something.
    History {
        /// The place where runs are stored.
        place: Place,
        environment: String,
    },
    /// Reads what this machine recorded of an environment: its audit file and its runs.
    Changes {
        /// The place where runs are stored.
        place: Place,
        environment: String,
        /// The earliest time to read from.
        since: Timestamp,
    },
    /// Follows the events of a run from a position on, until it is left. A run may be resumed after its end.
    Follow {
        /// The folder of the run.
        run: PathBuf,
        /// The position to continue from: `next` of the last [`News`], or 0 for the beginning.
        from: u64,
    },
    /// Starts a run. Answered once it runs independently.
    Start {
        /// The place where runs are stored.
        place: Place,
        /// The order of the run: goal, units, options.
        order: Box<RunOrder>,
    },
    /// Resumes a run whose supervisor was killed. Answered once it runs independently.
    Resume {
        /// The place where runs are stored.
        place: Place,
        /// The folder of the run.
        run: PathBuf,
    },
    /// Sends a request to a run. A run that has ended continues for a retry.
    Request {
        /// The place where runs are stored.
        place: Place,
        /// The folder of the run.
        run: PathBuf,
        request: RequestKind,
    },
}

impl Ask {
    /// Returns the lifetime. Following ends with the session; starting a run or sending it a request must not be interrupted.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Start { .. } | Self::Resume { .. } | Self::Request { .. } => Lifetime::Detached,
            Self::List { .. } | Self::Follow { .. } | Self::History { .. } | Self::Changes { .. } => Lifetime::Session,
        }
    }

    /// Returns whether it continues until it is left: following a run does.
    pub fn goes_on(&self) -> bool {
        matches!(self, Self::Follow { .. })
    }
}

/// An answer about runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The runs of an environment.
    Runs(Vec<ListedRun>),
    /// How long changes took.
    History(History),
    /// Operations and runs recorded on this machine, for the time line.
    Changes(Local),
    /// The run was started and continues independently of the cockpit; its folder.
    Started(PathBuf),
    /// The request was sent.
    Requested,
    /// News of a followed run.
    News(News),
}

/// The news of a run since the last answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct News {
    /// The new events, in order.
    pub events: Vec<RunEvent>,
    /// The position to continue from, in bytes from the beginning.
    pub next: u64,
    /// Whether it has a supervisor. A run without an end and without a supervisor was killed, and can be resumed.
    pub live: bool,
}
