//! Lists the environment's instances, changes one, or opens a session on one.

use super::args::{Action, Arguments, Change, Session as Typed};
use super::report;
use crate::app::command::Risk;
use crate::app::operation::single::instance::Request;
use crate::aws::Session;
use crate::aws::machines::InstanceScope;
use crate::aws::ssm::Purpose;
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::{open, time_is_up};
use crate::commands::context::Context;
use crate::commands::remote::Target;
use crate::commands::remote_shell::{Opening, join_shell, quote_words};
use crate::commands::report_output::print;
use crate::commands::waiting::wait_for;
use crate::config::EnvironmentConfig;
use crate::model::machine::{Ec2Instance, PowerAction};
use crate::model::names::{find, list_names};
use crate::model::tunnel::TunnelGateway;
use crate::model::{Failure, FailureKind};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    match &arguments.action {
        None => Box::pin(list(context, out)).await,
        Some(Action::Start(typed)) => Box::pin(change(context, typed, PowerAction::Start, out)).await,
        Some(Action::Stop(typed)) => Box::pin(change(context, typed, PowerAction::Stop, out)).await,
        Some(Action::Reboot(typed)) => Box::pin(change(context, typed, PowerAction::Reboot, out)).await,
        Some(Action::Session(typed)) => Box::pin(session(context, typed)).await,
    }
}

async fn list(context: &Context, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(report::SOURCES, false).await?;
    reading.check_credentials()?;
    let app = &reading.collector.app;
    let session = context.aws(&app.environment);
    let which = InstanceScope::of(&app.environment);
    let read = session.machines(&which, app.service_now(), context.time_left()).await;
    // Decided by the failures of the reads: a complete answer stays complete even if the time is up while it is
    // printed.
    let late = |failure: &Failure| failure.kind == FailureKind::Timeout;
    let late = match &read {
        Ok((_, missing)) => missing.iter().any(late),
        Err(failure) => late(failure),
    };
    let late = late && context.is_timed_out();
    if late && read.is_err() {
        return Err(time_is_up("the instances were not read"));
    }
    let list = report::instances(&reading.input(), &app.environment.instances, &read);
    let code = if late { ExitCode::TimedOut } else { list.exit_code() };
    print(context, &reading, &list, code, out)
}

async fn change(
    context: &Context,
    typed: &Change,
    turn: PowerAction,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let session = context.aws(&opened.environment);
    let found = find_instance(context, &session, &opened.environment, &typed.instance).await?;
    let request = Request { name: found.title().to_owned(), id: found.id, turn };
    Box::pin(act(context, &opened, vec![request.into()], typed.dry_run, out)).await
}

async fn session(context: &Context, typed: &Typed) -> Result<ExitCode, Report> {
    let target = Target::open(context, None).await?;
    let found = find_instance(context, &target.session, &target.environment, &typed.instance).await?;
    if found.state != "running" {
        let report =
            Report::new("stopped", format!("{} ({}) is {}", found.title(), found.id, found.state), ExitCode::Failed);
        return Err(report.hint(format!("`cockpit instances start {}` starts it", found.id)));
    }
    let command = quote_words(&typed.command);
    let title = if command.is_empty() { String::new() } else { format!(" -- {command}") };
    let title = format!("session on {} ({}){title}", found.title(), found.id);
    target.confirm_if_guarded(context, &title, Risk::Change, context.global.read_only).await?;
    let wanted = TunnelGateway { instance: Some(found.id.clone()), ..TunnelGateway::default() };
    let shown = if command.is_empty() { String::new() } else { format!(" -- {command}") };
    let opening = Opening {
        gateway: target.gateway(wanted, Purpose::Shell { command }),
        audit_name: "session",
        to: &found.id,
        command: format!("cockpit instances session {} --env {}{shown}", found.id, target.environment.name),
        details: serde_json::json!({"instance": found.id}),
    };
    join_shell(context, &target, opening).await
}

/// Returns the instance that is meant, which must belong to the environment.
async fn find_instance(
    context: &Context,
    session: &Session,
    environment: &EnvironmentConfig,
    typed: &str,
) -> Result<Ec2Instance, Report> {
    let which = InstanceScope::of(environment);
    let failed = |failure| Report::from_failure("the instances cannot be listed", &failure);
    let listing = Box::pin(async { session.list_instances(&which).await.map_err(failed) });
    let machines = wait_for(context, "while the instances were listed", listing).await?;
    // A terminated instance is listed for an hour, with a name that another instance may have by now.
    let selectable: Vec<Ec2Instance> = machines.into_iter().filter(|one| !one.is_ending() || one.id == typed).collect();
    let exact: Vec<&Ec2Instance> =
        selectable.iter().filter(|one| one.id == typed || one.name.as_deref() == Some(typed)).collect();
    let several = |found: &[&Ec2Instance]| {
        let ids: Vec<String> = found.iter().map(|one| format!("{} ({}, {})", one.id, one.title(), one.state)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        Report::usage(format!("`{typed}` could be several instances"))
            .hint(format!("name one by its id: {}", list_names(&ids)))
    };
    match &exact[..] {
        [only] => return Ok((*only).clone()),
        [] => {}
        found => return Err(several(found)),
    }
    let names: Vec<&str> = selectable.iter().filter_map(|one| one.name.as_deref()).collect();
    let close = match find(typed, &names) {
        Ok(name) => vec![name],
        Err(close) => close,
    };
    let found: Vec<&Ec2Instance> =
        selectable.iter().filter(|one| one.name.as_deref().is_some_and(|name| close.contains(&name))).collect();
    match &found[..] {
        [only] if close.len() == 1 && find(typed, &names).is_ok() => Ok((*only).clone()),
        [] => {
            let report = Report::usage(format!("{} has no instance `{typed}`", environment.name));
            Err(if names.is_empty() {
                report.hint("`instances` in the configuration names them, else their tags `Project` and `Environment`")
            } else {
                report.hint(format!("there are: {}", list_names(&names)))
            })
        }
        found if found.len() > 1 => Err(several(found)),
        found => {
            let names: Vec<&str> = found.iter().filter_map(|one| one.name.as_deref()).collect();
            let report = Report::usage(format!("{} has no instance `{typed}`", environment.name));
            Err(report.hint(format!("did you mean {}?", list_names(&names))))
        }
    }
}
