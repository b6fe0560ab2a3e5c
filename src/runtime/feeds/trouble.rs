//! Failures of Terraform and Terragrunt, as feeds tell them.

use crate::model::infra::Trouble;
use crate::model::{Failure, FailureKind};

/// A failure in a sentence.
pub(super) fn failed(text: String) -> Failure {
    Failure::new(FailureKind::Other, text)
}

/// A failure of the trouble: what failed, why, and what to do, a line each.
pub(super) fn of_trouble(trouble: &Trouble) -> Failure {
    let hint = trouble.hint.iter().map(|hint| format!("→ {hint}"));
    let lines = std::iter::once(trouble.message.clone()).chain(trouble.causes.iter().cloned()).chain(hint);
    failed(lines.collect::<Vec<_>>().join("\n"))
}
