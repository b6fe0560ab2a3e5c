//! The kept facts of an environment, as scripts read it in the snapshot: what its account costs, and its latest run.

use schemars::JsonSchema;
use serde::Serialize;

/// The costs of the account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CostDto {
    /// When Cost Explorer was asked.
    pub read_at: String,
    /// The currency: `USD`.
    pub currency: String,
    /// This month until now.
    pub month: f64,
    /// This month to its end; `null` where that cannot be told.
    pub forecast: Option<f64>,
    /// The costs of yesterday.
    pub yesterday: Option<f64>,
    /// The middle of the two weeks before; `null` where too few days are known.
    pub usual: Option<f64>,
    /// Names of the budgets that are exceeded, or will be; `null` where they could not be read.
    pub budgets_exceeded: Option<Vec<String>>,
}

/// The infrastructure as code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InfraDto {
    /// `terraform`, `terragrunt`.
    pub kind: String,
    /// Names of its units; `null` with Terragrunt, which finds them itself.
    pub units: Option<Vec<String>>,
    /// The latest run on this machine; `null` where there is none, or it could not be read.
    pub run: Option<RunDto>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunDto {
    /// Its name, which sorts by time.
    pub run: String,
    /// `plan`, `drift`, `apply` or `destroy`; `null` where that cannot be read.
    pub goal: Option<String>,
    /// `going on`, `lost` (it was killed and can be resumed), `done`, `failed`, `cancelled`.
    pub state: String,
    /// The time at which it began.
    pub began: Option<String>,
    /// When it ended; `null` while it goes on, and of one that was killed.
    pub ended: Option<String>,
    /// The person who began it: `user@host`.
    pub by: Option<String>,
    /// The number of its units.
    pub units: usize,
    /// Those that are over.
    pub over: usize,
}
