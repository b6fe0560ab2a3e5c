//! Prints when the environment is stopped and started by schedule, or skips the next time.

use super::args::{Action, Add, Arguments, Rm, Which};
use super::report;
use crate::app::operation::single::scaling;
use crate::app::operation::steps::{self, Wanted};
use crate::cli::{ExitCode, Report};
use crate::commands::act::act;
use crate::commands::context::Context;
use crate::commands::opened::{names, one, open};
use crate::commands::printed::print;
use crate::model::timer::Power;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    if let Some(action) = &arguments.action {
        let (typed, wanted, dry_run) = match action.clone() {
            Action::Add(Add { service, name, at, min, max, timezone, dry_run }) => {
                (service, scaling::Wanted::Add { name, schedule: at, timezone, min, max }, dry_run)
            }
            Action::Rm(Rm { service, name, dry_run }) => (service, scaling::Wanted::Remove { name }, dry_run),
        };
        opened.needs_cluster()?;
        let (service, short) = one(names(context, &opened, &[typed]).await?)?;
        let what = scaling::Request { service, short, wanted }.into();
        return Box::pin(act(context, &opened, vec![what], dry_run, out)).await;
    }
    let of = |which: Which| if which == Which::Stop { Power::Stop } else { Power::Start };
    let change = arguments.skip.map(|which| (of(which), false)).or(arguments.unskip.map(|which| (of(which), true)));
    if let Some((power, undo)) = change {
        let short = opened.environment.name.clone();
        let what = steps::Request { wanted: Wanted::Skip { power, undo }, short }.into();
        return act(context, &opened, vec![what], arguments.dry_run, out).await;
    }
    let reading = context.collect(report::SOURCES, false).await?;
    let list = report::schedule(&reading.input());
    print(context, &reading, &list, list.head.exit_code(), out)
}
