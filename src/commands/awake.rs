//! An instance that a tunnel goes through: found, started after a yes where it is stopped, and waited for until its agent is
//! online.

use super::context::Context;
use super::say::say;
use super::waits::waited;
use super::yes::said_yes;
use crate::app::command::Risk;
use crate::aws::Session;
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::model::tunnel::instance::{Found, InstanceSelector};
use crate::model::tunnel::{NoTarget, whose};
use crate::model::{Failure, FailureKind};
use crate::runtime::stop::stopped;
use serde_json::{Value, json};
use std::time::Duration;

/// The interval between two looks at whether its agent is online.
const LOOK: Duration = Duration::from_secs(1);
/// An instance that is not online so long after its start will not be.
const LIMIT: Duration = Duration::from_mins(5);

/// Writes a line into the audit file: the command, what it is about, the outcome and the reason.
pub(super) type Audit<'a> = &'a (dyn Fn(&str, Value, &str, &str) -> Result<(), Report> + Sync);

/// How the instance is looked for, and where what is done to it is written down.
pub(super) struct Whose<'a> {
    pub(super) session: &'a Session,
    pub(super) environment: &'a EnvironmentConfig,
    pub(super) beside: &'a whose::Whose,
    pub(super) audit: Audit<'a>,
}

/// Finds the instance, starts it after a yes where it is stopped, waits for its agent, and gives its id.
pub(super) async fn awake(target: &Whose<'_>, context: &Context, named: &str) -> Result<String, Report> {
    let named = InstanceSelector::configured(named);
    let failed = |failure: Failure| Report::of_failure("the instance cannot be looked at", &failure);
    let asked = Box::pin(async { target.session.found(&named, target.beside).await.map_err(failed) });
    let found = waited(context, "the instance was not looked at", asked).await?;
    let id = match found.map_err(|why| unclear(&why))? {
        Found::Runs(id) => return Ok(id),
        Found::Stopped(id) => {
            start(target, context, &named, &id).await?;
            id
        }
        Found::Changes(id) => id,
    };
    say(&format!("waiting until the agent of {id} is online"));
    let limit = context.limit().map_or(LIMIT, |limit| limit.min(LIMIT));
    let online = async {
        loop {
            match target.session.instance_is_online(&id).await {
                Ok(true) => return,
                // Who may not ask learns it by the session, which is tried until it is opened.
                Err(failure) if failure.kind == FailureKind::Denied => return,
                // A check that fails is repeated: it does not end the wait.
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
        signal = stopped(), if !context.has_lent() => {
            Err(Report::new("interrupted", format!("{id} goes on starting"), signal.code()))
        }
    }
}

/// The error for an instance that is not found, ambiguous, or another environment's.
pub(super) fn unclear(why: &NoTarget) -> Report {
    let report = if why.elsewhere {
        Report::new("refused", why.why.clone(), ExitCode::Refused)
    } else {
        Report::usage(why.why.clone())
    };
    report.hint(why.hint.clone())
}

/// Starts it, after a yes and not before it is written down.
async fn start(target: &Whose<'_>, context: &Context, named: &InstanceSelector, id: &str) -> Result<(), Report> {
    say(&format!("{} ({id}) is stopped: it is started, and stays running", named.words()));
    if !said_yes(context, target.environment, Risk::Change).await? {
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
    started.map_err(|failure| Report::of_failure("the instance cannot be started", &failure))
}
