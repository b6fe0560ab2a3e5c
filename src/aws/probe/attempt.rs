//! One read, tried once.

use crate::aws::clients::Clients;
use crate::aws::session::{Action, Caller};
use crate::model::{Failure, FailureKind};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// A name that no resource has: AWS checks the permission before it looks for the resource.
pub(super) const UNUSED_NAME: &str = "cockpit-doctor";
/// A task id that no task has.
pub(super) const UNUSED_TASK_ID: &str = "00000000000000000000000000000000";

/// One read and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The action as named in IAM.
    pub action: &'static str,
    /// Whether the request succeeded, or how it failed.
    pub outcome: Result<(), Failure>,
}

pub(super) async fn try_read<T, E, Sending>(
    caller: Caller<'_>,
    action: Action,
    send: impl Fn(&Clients) -> Sending,
) -> Probe
where
    Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + Error + 'static,
{
    let outcome = accept_not_found(caller.call(action, send).await.map(drop));
    Probe { action: action.name, outcome }
}

/// Treats a missing resource as success: the read itself is allowed.
pub(super) fn accept_not_found(outcome: Result<(), Failure>) -> Result<(), Failure> {
    match outcome {
        Err(failure) if failure.kind == FailureKind::NotFound || about_names(&failure) => Ok(()),
        other => other,
    }
}

/// Whether a service rejected only a value: the request was allowed.
fn about_names(failure: &Failure) -> bool {
    // ECS has no error code for a missing task definition, only this message.
    failure.kind == FailureKind::Invalid
        || (failure.kind == FailureKind::Other && failure.message.contains("Unable to describe"))
}
