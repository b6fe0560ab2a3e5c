//! One read, tried once.

use crate::aws::clients::Clients;
use crate::aws::session::{Action, Caller};
use crate::model::{Failure, FailureKind};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// A name that nothing has: AWS judges the permission before it looks for the thing.
pub(super) const NOBODY: &str = "cockpit-doctor";
/// A task's id that no task has.
pub(super) const NO_TASK: &str = "00000000000000000000000000000000";

/// One read and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The action as IAM names it.
    pub action: &'static str,
    /// Whether the request succeeded, or how it failed.
    pub outcome: Result<(), Failure>,
}

pub(super) async fn one<T, E, Sending>(caller: Caller<'_>, action: Action, send: impl Fn(&Clients) -> Sending) -> Probe
where
    Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + Error + 'static,
{
    let outcome = found(caller.call(action, send).await.map(drop));
    Probe { action: action.name, outcome }
}

/// That a thing with this name is missing is an answer: the read itself is allowed.
pub(super) fn found(outcome: Result<(), Failure>) -> Result<(), Failure> {
    match outcome {
        Err(failure) if failure.kind == FailureKind::NotFound || about_names(&failure) => Ok(()),
        other => other,
    }
}

/// Whether a service found fault with a value only: it was asked, and may be.
fn about_names(failure: &Failure) -> bool {
    // ECS has no code of its own for a task definition that is not there, only this sentence.
    failure.kind == FailureKind::Invalid
        || (failure.kind == FailureKind::Other && failure.message.contains("Unable to describe"))
}
