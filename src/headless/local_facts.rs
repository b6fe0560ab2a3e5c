//! Facts of an environment that are kept on disk and appear in the snapshot: the costs of its account and its latest
//! run.

use schemars::JsonSchema;
use serde::Serialize;

/// The costs of the account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CostDto {
    /// When Cost Explorer was read.
    pub read_at: String,
    /// The currency: `USD`.
    pub currency: String,
    /// The costs of this month until now.
    pub month: f64,
    /// The forecast for the whole month; `null` if there is none.
    pub forecast: Option<f64>,
    /// The costs of yesterday.
    pub yesterday: Option<f64>,
    /// The median of the two weeks before; `null` if too few days are known.
    pub usual: Option<f64>,
    /// Names of the budgets that are exceeded or forecast to be; `null` if they could not be read.
    pub budgets_exceeded: Option<Vec<String>>,
}

/// The infrastructure as code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InfraDto {
    /// `terraform`, `terragrunt`.
    pub kind: String,
    /// Names of its units; `null` with Terragrunt, which finds them itself.
    pub units: Option<Vec<String>>,
    /// The latest run on this machine; `null` if there is none, or it could not be read.
    pub run: Option<RunDto>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunDto {
    /// The run's name, which sorts by time.
    pub run: String,
    /// `plan`, `drift`, `apply` or `destroy`; `null` if that cannot be read.
    pub goal: Option<String>,
    /// `going on`, `lost` (its supervisor was killed; it can be resumed), `done`, `failed`, `cancelled`.
    pub state: String,
    /// The time at which it began.
    pub began: Option<String>,
    /// When it ended; `null` while it is running, and for a run that was killed.
    pub ended: Option<String>,
    /// The user who started it: `user@host`.
    pub by: Option<String>,
    /// Number of its units.
    pub units: usize,
    /// Number of its units that have finished.
    pub over: usize,
}
