//! Converts failures of Terraform and Terragrunt into failures of feeds.

use crate::model::infra::InfraError;
use crate::model::{Failure, FailureKind};

/// Creates a failure from a sentence.
pub(super) fn failure_from(text: String) -> Failure {
    Failure::new(FailureKind::Other, text)
}

/// Converts a trouble into a failure: what failed, why, and what to do, on a line each.
pub(super) fn of_trouble(trouble: &InfraError) -> Failure {
    let hint = trouble.hint.iter().map(|hint| format!("→ {hint}"));
    let lines = std::iter::once(trouble.message.clone()).chain(trouble.causes.iter().cloned()).chain(hint);
    failure_from(lines.collect::<Vec<_>>().join("\n"))
}
