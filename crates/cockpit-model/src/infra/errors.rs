//! Errors of infrastructure as code, before a run or outside of one.

use serde::{Deserialize, Serialize};

/// The kind of an error, which determines the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InfraErrorKind {
    /// The configuration or the arguments do not match the existing units.
    Usage,
    /// Terraform or Terragrunt is missing, or of an unsupported version.
    Tool,
    /// The code is invalid: HCL errors, a cycle, a dependency on a missing unit.
    Code,
    /// The workspace does not exist.
    Workspace,
    /// Nothing was initialized on this machine.
    NotInitialised,
    /// Refused by a safety rule.
    Refused,
    /// Terraform or Terragrunt failed.
    Failed,
}

impl InfraErrorKind {
    /// Returns the word used in JSON.
    pub fn name(self) -> &'static str {
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

/// An error with its causes and a hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct InfraError {
    pub kind: InfraErrorKind,
    /// The error, as a sentence.
    pub message: String,
    /// The causes, one line each, with file and line if known.
    #[serde(default)]
    pub causes: Vec<String>,
    /// The hint.
    #[serde(default)]
    pub hint: Option<String>,
}

impl InfraError {
    /// Creates an error with its sentence.
    pub fn new(kind: InfraErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hint: None }
    }

    /// Returns the error with one more cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Returns the error with more causes.
    #[must_use]
    pub fn causes(mut self, causes: impl IntoIterator<Item = String>) -> Self {
        self.causes.extend(causes);
        self
    }

    /// Returns the error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
