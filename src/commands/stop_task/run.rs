//! Stops one task.

use super::args::Arguments;
use crate::app::operation::steps::{self, StepChange};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::{Opened, open};
use crate::commands::completeness::require_complete;
use crate::commands::context::Context;
use crate::headless;
use crate::model::Source;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.require_cluster()?;
    let id = full_id(context, &opened, &arguments.task).await?;
    let short = crate::app::operation::watch::short(&id).to_owned();
    let operation = steps::Request { wanted: StepChange::StopTask { id }, short }.into();
    act(context, &opened, vec![operation], arguments.dry_run, out).await
}

/// Resolves a task by a prefix of its id. A full id has 32 hexadecimal digits (source: format of ECS task ids).
async fn full_id(context: &Context, opened: &Opened, typed: &str) -> Result<String, Report> {
    let typed = headless::select::ArnScope::of(&opened.environment, None).bare_name("task", typed)?;
    if typed.len() == 32 && typed.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(typed.to_owned());
    }
    let reading = context.collect(&[Source::Services, Source::Tasks], false).await?;
    require_complete(&reading, &[Source::Tasks], "tasks")?;
    let tasks = reading.collector.app.estate.tasks.value();
    let mut found = tasks.into_iter().flatten().map(|(id, _)| id).filter(|id| id.starts_with(typed));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id.clone()),
        (None, _) => {
            Err(Report::usage(format!("no task's id begins with `{typed}`")).hint("`cockpit tasks` lists them"))
        }
        (Some(_), Some(_)) => {
            Err(Report::usage(format!("several tasks' ids begin with `{typed}`")).hint("write more of it"))
        }
    }
}
