//! Why something about infrastructure as code cannot be done: before a run, or beside one.

use serde::{Deserialize, Serialize};

/// The kind of trouble, from which the exit code follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The configuration, or what was typed, does not fit what is there.
    Usage,
    /// Terraform or Terragrunt is not there, or not of a version that is known to work.
    Tool,
    /// The code is broken: HCL, a cycle, a dependency that leads nowhere.
    Code,
    /// The workspace does not exist.
    Workspace,
    /// Nothing of it was initialised on this machine.
    NotInitialised,
    /// Refused by a safety rule.
    Refused,
    /// Terraform or Terragrunt failed.
    Failed,
}

impl TroubleKind {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Tool => "tool",
            Self::Code => "code",
            Self::Workspace => "workspace",
            Self::NotInitialised => "not_initialised",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A failure: what failed, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    pub kind: TroubleKind,
    /// The failure, in a sentence.
    pub message: String,
    /// Why: a line each, with file and line where there are any.
    #[serde(default)]
    pub causes: Vec<String>,
    /// The hint: what a person can do about it.
    #[serde(default)]
    pub hint: Option<String>,
}

impl Trouble {
    /// Trouble with its sentence.
    pub fn new(kind: TroubleKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hint: None }
    }

    /// The same with one more cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// The same with more causes.
    #[must_use]
    pub fn causes(mut self, causes: impl IntoIterator<Item = String>) -> Self {
        self.causes.extend(causes);
        self
    }

    /// The same with a hint: what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
