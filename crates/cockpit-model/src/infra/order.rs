//! The order of a run, as it is written down before the run begins. Never a secret: variables with credentials are
//! inherited from whoever starts it.

use super::run_event::{Goal, RunEnd, Who};
use super::unit::Unit;
use super::world::World;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The order that a run carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub environment: String,
    /// The goal of the run: plan, apply, destroy.
    pub goal: Goal,
    /// Its units; dependencies among them are waited for, others are taken as applied.
    pub units: Vec<Unit>,
    /// Addresses that alone are planned (`-target`); empty is all.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Addresses that are made again (`-replace`).
    #[serde(default)]
    pub replace: Vec<String>,
    /// How many units work at a time; none is as many as the machine has cores.
    #[serde(default)]
    pub parallelism: Option<u32>,
    /// Whether the environment is guarded.
    #[serde(default)]
    pub guarded: bool,
    /// The AWS account of the credentials, which is the one that the environment names if it names one; none where nobody
    /// was asked.
    #[serde(default)]
    pub account: Option<String>,
    /// The person who started it.
    pub by: Who,
    pub terraform: PathBuf,
    /// The output of `terraform version` a moment before the run was begun; empty where it was not asked.
    #[serde(default)]
    pub terraform_said: String,
    /// Terragrunt, where a unit needs it.
    #[serde(default)]
    pub terragrunt: Option<PathBuf>,
    /// A folder of providers, for `init -plugin-dir`.
    #[serde(default)]
    pub plugin_dir: Option<PathBuf>,
    /// A profile of the AWS configuration, as the environment names it.
    #[serde(default)]
    pub profile: Option<String>,
    /// The region, as the environment names it.
    #[serde(default)]
    pub region: Option<String>,
    /// Another endpoint of AWS, as the environment names it.
    #[serde(default)]
    pub endpoint_url: Option<String>,
    /// Where AWS is for it: states of elsewhere are not touched.
    #[serde(default)]
    pub world: World,
    /// Whether the configuration itself says that the environment is there: it was not typed for a moment.
    #[serde(default)]
    pub declared: bool,
    /// Units that are not of the run and whose outputs may be read.
    #[serde(default)]
    pub reads: Vec<Unit>,
    /// Units whose code reads nothing before the outputs of what they need: [`super::run_event::What::Prepared`].
    #[serde(default)]
    pub ahead: Vec<String>,
    /// Whether a destroy takes no last snapshot of databases whose code takes none.
    #[serde(default)]
    pub skip_snapshots: bool,
    /// The command as it was typed, for the audit file.
    #[serde(default)]
    pub command: String,
}

/// The name of a run: that of its folder.
pub fn run_name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A run, as a list of them shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name, which sorts by time.
    pub run: String,
    pub folder: PathBuf,
    /// The order that it was started with; none where that cannot be read.
    pub order: Option<Order>,
    /// Whether a supervisor drives it.
    pub live: bool,
    /// The end; none of a run that has not ended.
    pub end: Option<RunEnd>,
}

impl Listed {
    /// Whether its supervisor was killed: it has no end, and nothing drives it.
    pub fn is_lost(&self) -> bool {
        !self.live && self.end.is_none()
    }

    /// Whether it changes what is there, as far as that can be read.
    pub fn applies(&self) -> bool {
        self.order.as_ref().is_some_and(|order| order.goal.applies())
    }
}
