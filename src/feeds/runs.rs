//! The feed of runs over the units of an environment, which outlive the cockpit. A run is a folder. It is started once,
//! followed by whoever looks, today or in a later session, and asked for things; nothing ends it unasked.

use super::lifetime::Lifetime;
use crate::model::infra::estimate::History;
use crate::model::infra::order::Listed;
use crate::model::infra::run_event::RequestKind;
use crate::model::infra::{Order, RunEvent};
use crate::model::timeline::local::Local;
use jiff::Timestamp;
use std::path::PathBuf;

/// Where runs are kept: beside the audit file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The configured file; none is the one in the user's state folder.
    pub audit_file: Option<String>,
    /// Runs of a simulated environment must not stand among those that were real.
    pub simulated: bool,
}

/// A question about runs, or what is to become of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Lists the runs of an environment, the latest first.
    List {
        /// Where they are kept.
        place: Place,
        environment: String,
    },
    /// Reads how long changes took in the latest runs of an environment that changed something.
    History {
        /// Where they are kept.
        place: Place,
        environment: String,
    },
    /// Reads what this machine knows of what happened in an environment: its audit file, its runs.
    Changes {
        /// Where they are kept.
        place: Place,
        environment: String,
        /// The time from which operations and runs are read.
        since: Timestamp,
    },
    /// Reads what happens in a run, from a place on, until it is left. It may be taken up again after its end.
    Follow {
        /// The run's own folder.
        run: PathBuf,
        /// Where to go on: `next` of the last [`News`], 0 for its beginning.
        from: u64,
    },
    /// Starts a run. Answered when it stands on its own.
    Start {
        /// Where it is kept.
        place: Place,
        /// The order of the run: goal, units, options.
        order: Box<Order>,
    },
    /// Has a run go on whose supervisor was killed. Answered when it stands on its own.
    Resume {
        /// Where it is kept.
        place: Place,
        /// The run's own folder.
        run: PathBuf,
    },
    /// Asks something of a run; one that has ended goes on for a retry.
    Tell {
        /// Where it is kept.
        place: Place,
        /// The run's own folder.
        run: PathBuf,
        wish: RequestKind,
    },
}

impl Ask {
    /// Following ends with the session; what starts a run or asks something of it is not left half-way.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Start { .. } | Self::Resume { .. } | Self::Tell { .. } => Lifetime::Detached,
            Self::List { .. } | Self::Follow { .. } | Self::History { .. } | Self::Changes { .. } => Lifetime::Session,
        }
    }

    /// Whether it goes on until it is left: following a run does.
    pub fn goes_on(&self) -> bool {
        matches!(self, Self::Follow { .. })
    }
}

/// An answer about runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The runs of an environment.
    Runs(Vec<Listed>),
    /// How long changes took.
    History(History),
    /// Operations and runs of this machine, for the time line.
    Changes(Local),
    /// It was started, and goes on without the cockpit: its folder.
    Started(PathBuf),
    /// It was asked.
    Told,
    /// The news of a followed run.
    News(News),
}

/// The news of a run since the last time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct News {
    /// Its new events, in order.
    pub events: Vec<RunEvent>,
    /// Where to go on, in bytes from the beginning.
    pub next: u64,
    /// Whether a supervisor drives it. One that has no end and no supervisor was killed: it can be resumed.
    pub live: bool,
}
