//! Service deployments: the history that tells a success from a rollback. "Stable" is also true
//! after a rollback; only the status here tells.

use jiff::Timestamp;

/// One entry of `ListServiceDeployments`, with what `DescribeServiceDeployments` adds.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ServiceDeployment {
    /// The last part of its ARN.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: RolloutStatus,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// `family:revision` it goes to, where the revision was read.
    pub target: Option<String>,
    /// The service revision's id it goes to (the last part of its ARN).
    pub target_revision: String,
    /// Service revisions' ids it comes from.
    pub source_revisions: Vec<String>,
    /// Failures counted by the circuit breaker, and its threshold.
    pub breaker: Option<(u32, u32)>,
    /// Why it was rolled back.
    pub rollback_reason: Option<String>,
}

/// `status` of a service deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub enum RolloutStatus {
    /// Waits for its turn.
    #[default]
    Pending,
    /// Under way.
    InProgress,
    /// The new revision serves.
    Successful,
    /// Stopped by a person, nothing rolled back.
    Stopped,
    /// Being stopped.
    StopRequested,
    /// Going back.
    RollbackInProgress,
    /// The old revision serves again.
    RollbackSuccessful,
    /// Neither serves for certain.
    RollbackFailed,
    /// A word that this version does not know.
    Other(String),
}

impl RolloutStatus {
    /// From the API's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "PENDING" => Self::Pending,
            "IN_PROGRESS" => Self::InProgress,
            "SUCCESSFUL" => Self::Successful,
            "STOPPED" => Self::Stopped,
            "STOP_REQUESTED" => Self::StopRequested,
            "ROLLBACK_REQUESTED" | "ROLLBACK_IN_PROGRESS" => Self::RollbackInProgress,
            "ROLLBACK_SUCCESSFUL" => Self::RollbackSuccessful,
            "ROLLBACK_FAILED" => Self::RollbackFailed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// For people.
    pub fn words(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in progress",
            Self::Successful => "successful",
            Self::Stopped => "stopped",
            Self::StopRequested => "stopping",
            Self::RollbackInProgress => "rolling back",
            Self::RollbackSuccessful => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Other(word) => word,
        }
    }

    /// Whether nothing more will happen.
    pub fn terminal(&self) -> bool {
        matches!(self, Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed)
    }
}
