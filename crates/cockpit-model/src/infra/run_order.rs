//! The order of a run, which is recorded before the run begins. It contains no secrets: variables with credentials are
//! inherited from the process that starts the run.

use super::run_event::{Actor, Goal, RunEnd};
use super::state_endpoint::EndpointVariables;
use super::unit::Unit;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The order of a run: what to do, with which units and settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOrder {
    pub environment: String,
    /// The goal of the run: plan, apply, destroy.
    pub goal: Goal,
    /// Its units. Dependencies among them are awaited; others are assumed to be applied.
    pub units: Vec<Unit>,
    /// Addresses to which the plan is limited (`-target`); empty for all.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Addresses to be replaced (`-replace`).
    #[serde(default)]
    pub replace: Vec<String>,
    /// Maximum number of units at a time; `None` for the number of the machine's cores.
    #[serde(default)]
    pub parallelism: Option<u32>,
    /// Whether the environment is guarded.
    #[serde(default)]
    pub guarded: bool,
    /// The AWS account of the credentials, which is the environment's configured account, if any; `None` if it was not
    /// checked.
    #[serde(default)]
    pub account: Option<String>,
    /// The person who started it.
    pub by: Actor,
    pub terraform: PathBuf,
    /// The output of `terraform version` just before the run; empty if unknown.
    #[serde(default)]
    pub terraform_said: String,
    /// The Terragrunt executable, if a unit needs it.
    #[serde(default)]
    pub terragrunt: Option<PathBuf>,
    /// A folder with providers, for `init -plugin-dir`.
    #[serde(default)]
    pub plugin_dir: Option<PathBuf>,
    /// The AWS profile of the environment.
    #[serde(default)]
    pub profile: Option<String>,
    /// The region of the environment.
    #[serde(default)]
    pub region: Option<String>,
    /// The AWS endpoint of the environment, if it has one.
    #[serde(default)]
    pub endpoint_url: Option<String>,
    /// The AWS endpoints of the environment: states at other endpoints are not touched.
    #[serde(default)]
    pub world: EndpointVariables,
    /// Whether the environment is declared in the configuration, rather than only typed for one command.
    #[serde(default)]
    pub declared: bool,
    /// Units outside the run whose outputs may be read.
    #[serde(default)]
    pub reads: Vec<Unit>,
    /// Units whose code reads nothing before the outputs of their dependencies: [`super::run_event::RunEventKind::Prepared`].
    #[serde(default)]
    pub ahead: Vec<String>,
    /// Whether a destroy skips the final snapshot of databases whose code has none.
    #[serde(default)]
    pub skip_snapshots: bool,
    /// The command line, for the audit file.
    #[serde(default)]
    pub command: String,
}

/// Returns the name of a run: the name of its folder.
pub fn run_name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRun {
    /// Its name, which sorts by time.
    pub run: String,
    pub folder: PathBuf,
    /// Its order; `None` if it cannot be read.
    pub order: Option<RunOrder>,
    /// Whether a supervisor is running it.
    pub live: bool,
    /// Its end; `None` if it has not ended.
    pub end: Option<RunEnd>,
}

impl ListedRun {
    /// Whether its supervisor was killed: it has not ended, and no supervisor is running it.
    pub fn is_lost(&self) -> bool {
        !self.live && self.end.is_none()
    }

    /// Whether it changes resources, if its order can be read.
    pub fn applies(&self) -> bool {
        self.order.as_ref().is_some_and(|order| order.goal.applies())
    }
}
