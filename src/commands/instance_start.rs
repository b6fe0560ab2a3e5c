//! Makes sure that an instance used by a tunnel is running: finds it, starts it after confirmation if it is stopped,
//! and waits until its SSM agent is online.

use super::confirmation::confirm;
use super::context::Context;
use super::progress::print_note;
use super::waiting::wait_for;
use crate::app::command::Risk;
use crate::aws::Session;
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::model::tunnel::instance::{InstanceSelector, InstanceStatus};
use crate::model::tunnel::{NoTarget, owner};
use crate::model::{Failure, FailureKind};
use crate::runtime::stop::next_stop_signal;
use serde_json::{Value, json};
use std::time::Duration;

/// The interval between two checks of whether the agent is online.
const LOOK: Duration = Duration::from_secs(1);
/// How long to wait for the agent: an instance that is not online by then will not come online.
const LIMIT: Duration = Duration::from_mins(5);

/// Writes a record into the audit file: the command, its subject, the outcome and the reason.
pub(super) type Audit<'a> = &'a (dyn Fn(&str, Value, &str, &str) -> Result<(), Report> + Sync);

/// How to find the instance, and where to record changes to it.
pub(super) struct InstanceLookup<'a> {
    pub(super) session: &'a Session,
    pub(super) environment: &'a EnvironmentConfig,
    pub(super) ownership: &'a owner::Ownership,
    pub(super) audit: Audit<'a>,
}

/// Finds the instance, starts it after confirmation if it is stopped, waits for its agent, and returns its id.
pub(super) async fn ensure_running(
    target: &InstanceLookup<'_>,
    context: &Context,
    named: &str,
) -> Result<String, Report> {
    let named = InstanceSelector::configured(named);
    let failed = |failure: Failure| Report::from_failure("the instance cannot be read", &failure);
    let lookup = Box::pin(async { target.session.find_instance(&named, target.ownership).await.map_err(failed) });
    let found = wait_for(context, "the instance was not read", lookup).await?;
    let id = match found.map_err(|why| instance_error(&why))? {
        InstanceStatus::Running(id) => return Ok(id),
        InstanceStatus::Stopped(id) => {
            start(target, context, &named, &id).await?;
            id
        }
        InstanceStatus::Changing(id) => id,
    };
    print_note(&format!("waiting until the agent of {id} is online"));
    let limit = context.time_left().map_or(LIMIT, |limit| limit.min(LIMIT));
    let online = async {
        loop {
            match target.session.instance_is_online(&id).await {
                Ok(true) => return,
                // Without permission to check, the caller tries to open the session instead, until that succeeds.
                Err(failure) if failure.kind == FailureKind::Denied => return,
                // A failed check is repeated; it does not end the wait.
                Ok(false) | Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    };
    tokio::select! {
        () = online => Ok(id.clone()),
        () = tokio::time::sleep(limit) => {
            let report = Report::new("timeout", format!("{id} is not online"), ExitCode::TimedOut);
            Err(report.hint("its agent needs a role with AmazonSSMManagedInstanceCore and a way to Systems Manager"))
        }
        signal = next_stop_signal(), if !context.is_lent() => {
            Err(Report::new("interrupted", format!("{id} continues to start"), signal.code()))
        }
    }
}

/// Returns the error for an instance that was not found, is ambiguous, or belongs to another environment.
pub(super) fn instance_error(why: &NoTarget) -> Report {
    let report = if why.elsewhere {
        Report::new("refused", why.why.clone(), ExitCode::Refused)
    } else {
        Report::usage(why.why.clone())
    };
    report.hint(why.hint.clone())
}

/// Starts the instance after confirmation, once the change is in the audit file.
async fn start(
    target: &InstanceLookup<'_>,
    context: &Context,
    named: &InstanceSelector,
    id: &str,
) -> Result<(), Report> {
    print_note(&format!("{} ({id}) is stopped: it is started, and stays running", named.describe()));
    if !confirm(context, target.environment, Risk::Change).await? {
        return Err(Report::new("refused", "nothing was started", ExitCode::Refused));
    }
    let command = format!("aws ec2 start-instances --instance-ids {id}");
    (target.audit)(&command, json!({"instance": id}), "started", "")?;
    let started = target.session.start_instance(id).await;
    let (outcome, reason) = match &started {
        Ok(()) => ("done", String::new()),
        Err(failure) => ("failed", failure.message.clone()),
    };
    (target.audit)(&command, json!({"instance": id}), outcome, &reason)?;
    started.map_err(|failure| Report::from_failure("the instance cannot be started", &failure))
}
