//! The feed of infrastructure as code: the units of the opened environment, starting a run over them, and plans to show.
//! Following and controlling runs belongs to the feed of runs.

use super::lifetime::Lifetime;
use super::runs::Place;
use crate::model::infra::Graph;
use crate::model::infra::cached::Cached;
use crate::model::infra::compared::DeclarationLocations;
use crate::model::infra::declared::Difference;
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::Goal;
use crate::model::infra::state::Resource;
use std::path::PathBuf;

/// A question about the opened environment.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Finds and checks the units.
    Discover,
    /// Finds the units and begins a run over them, so that the plan is made from the current code.
    Begin {
        /// The place where runs are stored.
        place: Place,
        /// The kind of run: plan, apply, destroy.
        goal: Goal,
        /// The units of the run; all if empty.
        units: Vec<String>,
        /// Addresses to replace.
        replace: Vec<String>,
        /// Addresses to plan, with their dependencies; all if empty.
        targets: Vec<String>,
        /// The account of the credentials, if it was determined.
        account: Option<String>,
        /// The equivalent command line, for the audit file.
        command: String,
    },
    /// Looks for state locks.
    Locks {
        /// The units to look at; all if empty.
        units: Vec<String>,
    },
    /// Releases a stale lock.
    Unlock {
        /// The place where runs are stored.
        place: Place,
        /// The lock as it was shown; a different one is not released.
        lock: StateLock,
    },
    /// Looks for resources that a run may have left in AWS without a state entry.
    Orphans {
        /// The folder of the run.
        run: PathBuf,
    },
    /// Inspects units without a run.
    Inspect {
        /// The place where runs are stored; caches that runs need are not removed.
        place: Place,
        /// What to inspect.
        what: Inspection,
        /// The units to inspect; all if empty.
        units: Vec<String>,
    },
    /// Removes the caches of units, except those in use.
    Clean {
        /// The place where runs are stored.
        place: Place,
        /// The units to clean; all if empty.
        units: Vec<String>,
        /// The caches as they were shown; no others are removed.
        paths: Vec<PathBuf>,
    },
    /// Looks for states that could not be written at the end of an apply.
    UnpushedStates {
        /// The units to look at; all if empty.
        units: Vec<String>,
    },
    /// Pushes such a state.
    Push {
        /// The place where runs are stored.
        place: Place,
        /// The state as it was shown; a different one is not pushed.
        kept: UnpushedState,
    },
    /// Looks for local states that can be moved to S3.
    Movable {
        /// The place where runs are stored; a run cannot begin while one of these states is being moved.
        place: Place,
        /// The units to look at; all if empty.
        units: Vec<String>,
        /// The bucket for code that names none.
        bucket: Option<String>,
    },
    /// Moves states to S3, one unit after the other, and reports each. All are restored if anything differs afterwards.
    Move {
        /// The place where runs are stored.
        place: Place,
        /// The states as they were shown; others are not moved.
        states: MovableStates,
    },
    /// Changes units or their code, without a run.
    Change {
        /// The change to make.
        change: UnitChange,
        /// The units to change; all if empty.
        units: Vec<String>,
    },
    /// Creates missing workspaces of units, and initializes these units.
    Workspaces {
        /// The place where runs are stored, with the audit file beside them.
        place: Place,
        /// The units; all if empty.
        units: Vec<String>,
    },
    /// Reads the resources declared for running services, as last applied.
    Declared {
        /// The units whose declarations are read.
        units: Vec<String>,
    },
    /// Reads the attributes of a resource from the state.
    Attributes {
        unit: String,
        /// The address of the resource.
        address: String,
    },
    /// Reads the output of the programs in a run, unchanged.
    Written {
        /// The folder of the run.
        run: PathBuf,
        unit: String,
    },
    /// Reads a plan for display.
    Plan {
        unit: String,
        /// The hash of the plan.
        sha256: String,
        /// The path of the file.
        path: PathBuf,
    },
}

impl Ask {
    /// Returns the lifetime. Starting a run must not be interrupted; everything else belongs to the environment.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Discover
            | Self::Plan { .. }
            | Self::Locks { .. }
            | Self::Orphans { .. }
            | Self::Inspect { .. }
            | Self::UnpushedStates { .. }
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
            | Self::Change { .. } => Lifetime::Detached,
        }
    }

    /// Returns whether it continues until it is left: never, every question ends by itself.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Discover
            | Self::Begin { .. }
            | Self::Plan { .. }
            | Self::Locks { .. }
            | Self::Unlock { .. }
            | Self::Inspect { .. }
            | Self::Clean { .. }
            | Self::UnpushedStates { .. }
            | Self::Push { .. }
            | Self::Movable { .. }
            | Self::Move { .. }
            | Self::Workspaces { .. }
            | Self::Change { .. }
            | Self::Declared { .. }
            | Self::Attributes { .. }
            | Self::Written { .. }
            | Self::Orphans { .. } => false,
        }
    }
}

/// What to inspect of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// Their outputs, sensitive ones masked.
    Outputs,
    /// The addresses in their states.
    States,
    /// Their complete states, with sensitive values masked.
    FullStates,
    /// Whether their code is valid and formatted, and the findings of a linter if one is installed.
    Code,
    /// The caches of Terraform and Terragrunt beside the code.
    Caches,
}

/// A change to units or their code that is not a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitChange {
    /// Initializes providers, modules and backends.
    Init,
    /// Formats the code.
    Format,
    /// Adds an import block for a resource to the code of a unit.
    Import {
        /// The address of the resource in the code.
        address: String,
        /// The id that the provider imports it by.
        id: String,
    },
}

/// A state that could not be written at the end of an apply, compared with the current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpushedState {
    pub unit: String,
    /// The file in which Terraform saved it.
    pub file: PathBuf,
    /// A description of it with its lineage and serial, then one of the current state.
    pub lines: [String; 2],
    /// Number of resources in it.
    pub resources: usize,
    /// Why it cannot replace the current state; `None` if it can.
    pub refused: Option<String>,
}

/// Local states, with their destinations in S3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MovableStates {
    /// The units, in the order in which they are moved.
    pub units: Vec<String>,
    /// The bucket for code that names none.
    pub bucket: Option<String>,
    /// The states and their destinations, one line per unit.
    pub lines: Vec<String>,
    /// Sentences about the other units.
    pub notes: Vec<String>,
}

/// The units of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    /// The units with their dependencies.
    pub graph: Graph,
    /// Warnings, as sentences.
    pub warnings: Vec<String>,
}

/// A lock on a unit's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateLock {
    pub unit: String,
    /// The lock id, which `force-unlock` requires.
    pub id: String,
    /// `user@host`.
    pub holder: String,
    /// The operation that holds the lock: `apply`.
    pub operation: String,
    /// The time of the lock, as Terraform reports it.
    pub since: String,
    /// Whether the holder is still running, in a sentence.
    pub alive: String,
    /// Whether the lock is stale: it was taken on this machine, where no Terraform is running.
    pub is_stale: bool,
}

/// The declared resources, to compare with what runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    /// Units with the resources that are compared.
    pub states: Vec<(String, Vec<Resource>)>,
    /// Where these are declared.
    pub places: DeclarationLocations,
    /// Parameters that tasks refer to but that do not exist.
    pub absent: Vec<Difference>,
    /// Sentences about what could not be read.
    pub missing: Vec<String>,
}

/// An answer of this feed.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Units(Units),
    /// A run has begun and continues independently of the cockpit: its folder, and the units found for it.
    Began(PathBuf, Units),
    /// Locks found, and sentences about states that could not be inspected.
    Locks(Vec<StateLock>, Vec<String>),
    /// The lock of this unit was released.
    Unlocked(String),
    /// Resources that a failed run may have left behind, one per line.
    Orphans(Vec<String>),
    /// The findings of an inspection, one per line.
    Inspected(Inspection, Vec<String>),
    /// Existing caches.
    Caches(Vec<Cached>),
    /// States that could not be written, and sentences about those that cannot be inspected.
    UnpushedStates(Vec<UnpushedState>, Vec<String>),
    /// The state of this unit was pushed; a report, one item per line.
    Pushed(String, Vec<String>),
    /// States that can be moved to S3.
    Movable(MovableStates),
    /// The progress of moving states.
    Moving(String),
    /// The states were moved; a report, one item per line.
    Moved(Vec<String>),
    /// A change to units was made; a report, one item per line.
    Changed(UnitChange, Vec<String>),
    /// The declared resources, to compare with what runs.
    Declared(Box<Declared>),
    /// Attributes of a resource.
    Attributes {
        unit: String,
        /// The address of the resource.
        address: String,
        /// Names and values, with sensitive ones masked; `None` if no state has the resource.
        values: Option<Vec<(String, String)>>,
    },
    /// The end of the output of Terraform and Terragrunt for a unit in a run.
    Written {
        unit: String,
        /// The lines, those of each file after its name.
        lines: Vec<String>,
    },
    Plan {
        unit: String,
        /// The hash of the plan.
        sha256: String,
        /// The plan.
        plan: Box<Plan>,
    },
}
