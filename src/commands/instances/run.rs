//! Reads the environment's instances and prints them, changes one, or opens a session on one.

use super::args::{Action, Arguments, Change, Session as Typed};
use super::report;
use crate::app::command::Risk;
use crate::app::operation::single::instance::Request;
use crate::aws::Session;
use crate::aws::machines::Which;
use crate::aws::ssm::Purpose;
use crate::cli::{ExitCode, Report};
use crate::commands::act::act;
use crate::commands::context::Context;
use crate::commands::joined::{Opening, join_shell, words};
use crate::commands::opened::{open, time_is_up};
use crate::commands::printed::print;
use crate::commands::through::Target;
use crate::commands::waits::waited;
use crate::config::EnvironmentConfig;
use crate::model::machine::{Machine, Turn};
use crate::model::names::{find, listed};
use crate::model::tunnel::Wanted;
use crate::model::{Failure, FailureKind};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    match &arguments.action {
        None => Box::pin(list(context, out)).await,
        Some(Action::Start(typed)) => Box::pin(change(context, typed, Turn::Start, out)).await,
        Some(Action::Stop(typed)) => Box::pin(change(context, typed, Turn::Stop, out)).await,
        Some(Action::Reboot(typed)) => Box::pin(change(context, typed, Turn::Reboot, out)).await,
        Some(Action::Session(typed)) => Box::pin(session(context, typed)).await,
    }
}

async fn list(context: &Context, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(report::SOURCES, false).await?;
    reading.check_credentials()?;
    let app = &reading.collector.app;
    let session = context.aws(&app.environment);
    let which = Which::of(&app.environment);
    let read = session.machines(&which, app.service_now(), context.limit()).await;
    // Decided by what happened: a whole answer stays whole even if the time is up while it is printed.
    let late = |failure: &Failure| failure.kind == FailureKind::Timeout;
    let late = match &read {
        Ok((_, missing)) => missing.iter().any(late),
        Err(failure) => late(failure),
    };
    let late = late && context.is_over();
    if late && read.is_err() {
        return Err(time_is_up("the instances were not read"));
    }
    let list = report::instances(&reading.input(), &app.environment.instances, &read);
    let code = if late { ExitCode::TimedOut } else { list.exit_code() };
    print(context, &reading, &list, code, out)
}

async fn change(context: &Context, typed: &Change, turn: Turn, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let session = context.aws(&opened.environment);
    let found = one(context, &session, &opened.environment, &typed.instance).await?;
    let request = Request { name: found.title().to_owned(), id: found.id, turn };
    Box::pin(act(context, &opened, vec![request.into()], typed.dry_run, out)).await
}

async fn session(context: &Context, typed: &Typed) -> Result<ExitCode, Report> {
    let target = Target::open(context, None).await?;
    let found = one(context, &target.session, &target.environment, &typed.instance).await?;
    if found.state != "running" {
        let report =
            Report::new("stopped", format!("{} ({}) is {}", found.title(), found.id, found.state), ExitCode::Failed);
        return Err(report.hint(format!("`cockpit instances start {}` starts it", found.id)));
    }
    let command = words(&typed.command);
    let title = if command.is_empty() { String::new() } else { format!(" -- {command}") };
    let title = format!("session on {} ({}){title}", found.title(), found.id);
    target.guarded(context, &title, Risk::Change, context.global.read_only).await?;
    let wanted = Wanted { instance: Some(found.id.clone()), ..Wanted::default() };
    let shown = if command.is_empty() { String::new() } else { format!(" -- {command}") };
    let opening = Opening {
        gateway: target.gateway(wanted, Purpose::Shell { command }),
        what: "session",
        to: &found.id,
        command: format!("cockpit instances session {} --env {}{shown}", found.id, target.environment.name),
        after: serde_json::json!({"instance": found.id}),
    };
    join_shell(context, &target, opening).await
}

/// The instance that is meant: one of the environment, and of no other.
async fn one(
    context: &Context,
    session: &Session,
    environment: &EnvironmentConfig,
    typed: &str,
) -> Result<Machine, Report> {
    let which = Which::of(environment);
    let failed = |failure| Report::of_failure("the instances cannot be listed", &failure);
    let asked = Box::pin(async { session.listed(&which).await.map_err(failed) });
    let all = waited(context, "while the instances were listed", asked).await?;
    // One that is gone is listed for an hour, under the name that another may have now.
    let there: Vec<Machine> = all.into_iter().filter(|one| !one.is_ending() || one.id == typed).collect();
    let exact: Vec<&Machine> =
        there.iter().filter(|one| one.id == typed || one.name.as_deref() == Some(typed)).collect();
    let several = |found: &[&Machine]| {
        let ids: Vec<String> = found.iter().map(|one| format!("{} ({}, {})", one.id, one.title(), one.state)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        Report::usage(format!("`{typed}` could be several instances"))
            .hint(format!("name one by its id: {}", listed(&ids)))
    };
    match &exact[..] {
        [only] => return Ok((*only).clone()),
        [] => {}
        found => return Err(several(found)),
    }
    let names: Vec<&str> = there.iter().filter_map(|one| one.name.as_deref()).collect();
    let close = match find(typed, &names) {
        Ok(name) => vec![name],
        Err(close) => close,
    };
    let found: Vec<&Machine> =
        there.iter().filter(|one| one.name.as_deref().is_some_and(|name| close.contains(&name))).collect();
    match &found[..] {
        [only] if close.len() == 1 && find(typed, &names).is_ok() => Ok((*only).clone()),
        [] => {
            let report = Report::usage(format!("{} has no instance `{typed}`", environment.name));
            Err(if names.is_empty() {
                report.hint("`instances` in the configuration names them, else their tags `Project` and `Environment`")
            } else {
                report.hint(format!("there are: {}", listed(&names)))
            })
        }
        found if found.len() > 1 => Err(several(found)),
        found => {
            let names: Vec<&str> = found.iter().filter_map(|one| one.name.as_deref()).collect();
            let report = Report::usage(format!("{} has no instance `{typed}`", environment.name));
            Err(report.hint(format!("did you mean {}?", listed(&names))))
        }
    }
}
