//! The feed of infrastructure as code: which units the opened environment has, a run over them that is begun, and plans as
//! they may be shown. Runs themselves are followed, and asked for things, by the feed of runs.

use super::lifetime::Lifetime;
use super::runs::Place;
use crate::model::infra::Graph;
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::Goal;
use std::path::PathBuf;

/// A question about the opened environment.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Finds its units, and checks them.
    Discover,
    /// Finds its units and begins a run over them: what is planned is the code as it is now.
    Begin {
        /// Where runs are kept.
        place: Place,
        /// What is done.
        goal: Goal,
        /// Its units; empty is all.
        units: Vec<String>,
        /// The account of the credentials, as far as it was asked for.
        account: Option<String>,
        /// As it would be typed, for the audit file.
        command: String,
    },
    /// Reads a plan that may be shown.
    Plan {
        /// The unit.
        unit: String,
        /// Its hash.
        sha256: String,
        /// Where it is.
        path: PathBuf,
    },
}

impl Ask {
    /// A run that is begun is not left half-way; the rest is of the environment.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Discover | Self::Plan { .. } => Lifetime::Environment,
            Self::Begin { .. } => Lifetime::Detached,
        }
    }

    /// Each is answered once.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Discover | Self::Begin { .. } | Self::Plan { .. } => false,
        }
    }
}

/// The units of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    /// The units and what each needs.
    pub graph: Graph,
    /// What a person should know, in sentences.
    pub warnings: Vec<String>,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The units.
    Units(Units),
    /// A run was begun, and goes on without the cockpit: its folder, and the units that were found for it.
    Began(PathBuf, Units),
    /// A plan.
    Plan {
        /// The unit.
        unit: String,
        /// Its hash.
        sha256: String,
        /// What it would do.
        plan: Box<Plan>,
    },
}
