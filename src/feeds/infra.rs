//! The feed of infrastructure as code: which units the opened environment has, a run over them that is begun, and plans as
//! they may be shown. Runs themselves are followed, and asked for things, by the feed of runs.

use super::lifetime::Lifetime;
use super::runs::Place;
use crate::model::infra::Graph;
use crate::model::infra::cached::Cached;
use crate::model::infra::compared::Places;
use crate::model::infra::declared::Difference;
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::Goal;
use crate::model::infra::state::Resource;
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
        /// The kind of run: plan, apply, destroy.
        goal: Goal,
        /// Its units; empty is all.
        units: Vec<String>,
        /// Addresses that are made again.
        replace: Vec<String>,
        /// Addresses that alone are planned, with what they need; empty is all.
        targets: Vec<String>,
        /// The account of the credentials, as far as it was asked for.
        account: Option<String>,
        /// As it would be typed, for the audit file.
        command: String,
    },
    /// Looks for locks of states.
    Locks {
        /// Whose; empty is all.
        units: Vec<String>,
    },
    /// Releases a lock that was left behind.
    Unlock {
        /// Where runs are kept.
        place: Place,
        /// As it was shown: another one is not released.
        lock: Locked,
    },
    /// Looks for what a run may have left in AWS and in no state.
    Orphans {
        /// The run's own folder.
        run: PathBuf,
    },
    /// Looks at units without a run.
    Look {
        /// Where runs are kept: what they need of caches is not removed.
        place: Place,
        /// At what of them.
        what: What,
        /// Which; empty is all.
        units: Vec<String>,
    },
    /// Removes the caches of units, but for those that are needed.
    Clean {
        /// Where runs are kept.
        place: Place,
        /// Whose; empty is all.
        units: Vec<String>,
        /// Those that were shown, as they were: no other is removed.
        paths: Vec<PathBuf>,
    },
    /// Looks for states that could not be written at the end of an apply.
    Kept {
        /// Whose; empty is all.
        units: Vec<String>,
    },
    /// Pushes one of them.
    Push {
        /// Where runs are kept.
        place: Place,
        /// As it was shown: another one is not pushed.
        kept: KeptState,
    },
    /// Looks for states in files of this machine, which can be moved to S3.
    Movable {
        /// Where runs are kept: none begins where one of these is between two places.
        place: Place,
        /// Whose; empty is all.
        units: Vec<String>,
        /// The bucket for code that names none.
        bucket: Option<String>,
    },
    /// Moves them there, one unit after the other, and tells each; they are put back where anything is not as before.
    Move {
        /// Where runs are kept.
        place: Place,
        /// As they were shown: others are not moved.
        states: MovableStates,
    },
    /// Does something to units or to their code, without a run.
    Make {
        /// The change to make.
        make: Make,
        /// Which; empty is all.
        units: Vec<String>,
    },
    /// Makes the workspaces of units that are not there yet, and initialises these units.
    Workspaces {
        /// Where runs are kept, with the audit file beside them.
        place: Place,
        /// Which; empty is all.
        units: Vec<String>,
    },
    /// Reads what is declared of what runs, as it was applied last.
    Declared {
        /// The units whose declarations are read.
        units: Vec<String>,
    },
    /// Reads the attributes of a resource from the state.
    Attributes {
        unit: String,
        /// The resource.
        address: String,
    },
    /// Reads what the programs wrote in a run, as they wrote it.
    Written {
        /// The run's own folder.
        run: PathBuf,
        unit: String,
    },
    /// Reads a plan that may be shown.
    Plan {
        unit: String,
        /// Its hash.
        sha256: String,
        /// The path of the file.
        path: PathBuf,
    },
}

impl Ask {
    /// A run that is begun is not left half-way; the rest is of the environment.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Discover
            | Self::Plan { .. }
            | Self::Locks { .. }
            | Self::Orphans { .. }
            | Self::Look { .. }
            | Self::Kept { .. }
            | Self::Movable { .. }
            | Self::Declared { .. }
            | Self::Attributes { .. }
            | Self::Written { .. } => Lifetime::Environment,
            Self::Begin { .. }
            | Self::Unlock { .. }
            | Self::Clean { .. }
            | Self::Push { .. }
            | Self::Move { .. }
            | Self::Workspaces { .. }
            | Self::Make { .. } => Lifetime::Detached,
        }
    }

    /// Each has an end.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Discover
            | Self::Begin { .. }
            | Self::Plan { .. }
            | Self::Locks { .. }
            | Self::Unlock { .. }
            | Self::Look { .. }
            | Self::Clean { .. }
            | Self::Kept { .. }
            | Self::Push { .. }
            | Self::Movable { .. }
            | Self::Move { .. }
            | Self::Workspaces { .. }
            | Self::Make { .. }
            | Self::Declared { .. }
            | Self::Attributes { .. }
            | Self::Written { .. }
            | Self::Orphans { .. } => false,
        }
    }
}

/// The kind of look at units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Their outputs, sensitive ones masked.
    Outputs,
    /// The addresses in their states.
    States,
    /// Their states whole, sensitive values masked.
    Whole,
    /// Whether their code is valid and formatted, and what a linter says where there is one.
    Code,
    /// The caches that Terraform and Terragrunt keep beside the code.
    Caches,
}

/// A change of units or of their code that is no run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Make {
    /// They are initialised: providers, modules, backends.
    Ready,
    /// Their code is written in its usual form.
    Form,
    /// A block is written into the code of one that imports a resource.
    Import {
        /// The address of the resource in the code.
        address: String,
        /// The id by which the provider imports it.
        id: String,
    },
}

/// A state that could not be written at the end of an apply, beside the state as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptState {
    pub unit: String,
    /// The file in which Terraform has kept it.
    pub file: PathBuf,
    /// Which it is and how far, and the same of the state as it is now.
    pub lines: [String; 2],
    /// Resources that it has.
    pub resources: usize,
    /// Why it cannot take the place of the state; none where it can.
    pub refused: Option<String>,
}

/// States that are in files of this machine, and where each would go in S3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MovableStates {
    /// Their units, in the order in which they are moved.
    pub units: Vec<String>,
    /// The bucket for code that names none.
    pub bucket: Option<String>,
    /// Which states, and where each of the units goes, a line each.
    pub lines: Vec<String>,
    /// Sentences on the other units.
    pub said: Vec<String>,
}

/// The units of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    /// The units and what each needs.
    pub graph: Graph,
    /// Warnings to a person, in sentences.
    pub warnings: Vec<String>,
}

/// A lock of a unit's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locked {
    pub unit: String,
    /// The lock's id, which `force-unlock` takes.
    pub id: String,
    /// `user@host`.
    pub who: String,
    /// The operation that holds the lock: `apply`.
    pub operation: String,
    /// Since when, as Terraform says it.
    pub since: String,
    /// Whether whoever holds it still works, in a sentence.
    pub alive: String,
    /// Nobody does: it was taken on this machine, on which no Terraform runs.
    pub gone: bool,
}

/// The declared resources, to be compared with what runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    /// Units with those of their resources that are held against what runs.
    pub states: Vec<(String, Vec<Resource>)>,
    /// Where these are declared.
    pub places: Places,
    /// Parameters that tasks name and that there are none of.
    pub absent: Vec<Difference>,
    /// Sentences on what could not be read.
    pub missing: Vec<String>,
}

/// An answer of this feed.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Units(Units),
    /// A run was begun, and goes on without the cockpit: its folder, and the units that were found for it.
    Began(PathBuf, Units),
    /// Locks that were found, and sentences on states that could not be looked at.
    Locks(Vec<Locked>, Vec<String>),
    /// The lock of this unit was released.
    Unlocked(String),
    /// Resources that a failed run may have left behind, a line each.
    Orphans(Vec<String>),
    /// The findings of a look, a line each.
    Looked(What, Vec<String>),
    /// Caches that are there.
    Caches(Vec<Cached>),
    /// States that could not be written, and sentences on those that cannot be looked at.
    Kept(Vec<KeptState>, Vec<String>),
    /// The state of this unit was pushed: what is to be said of it, a line each.
    Pushed(String, Vec<String>),
    /// States that can be moved to S3.
    Movable(MovableStates),
    /// They are being moved: how far that is.
    Moving(String),
    /// They were moved: what is to be said of it, a line each.
    Moved(Vec<String>),
    /// Something was done to units: what came of it, a line each.
    Made(Make, Vec<String>),
    /// The declared resources, to be compared with what runs.
    Declared(Box<Declared>),
    /// Attributes of a resource.
    Attributes {
        unit: String,
        /// The resource.
        address: String,
        /// Names and values, sensitive ones masked; none where no state has the resource.
        values: Option<Vec<(String, String)>>,
    },
    /// The end of the output of Terraform and Terragrunt for a unit in a run.
    Written {
        unit: String,
        /// Lines, those of each file after its name.
        lines: Vec<String>,
    },
    Plan {
        unit: String,
        /// Its hash.
        sha256: String,
        /// The plan itself.
        plan: Box<Plan>,
    },
}
