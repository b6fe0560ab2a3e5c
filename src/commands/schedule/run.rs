//! Prints the schedules, skips the next time, or changes a scheduled action.

use super::args::{Action, Add, Arguments, Rm, Which};
use super::report;
use crate::app::operation::single::scaling;
use crate::app::operation::steps::{self, StepChange};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::{open, service_names, single_service};
use crate::commands::context::Context;
use crate::commands::report_output::print;
use crate::model::timer::Power;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    if let Some(action) = &arguments.action {
        let (typed, wanted, dry_run) = match action.clone() {
            Action::Add(Add { service, name, at, min, max, timezone, dry_run }) => {
                (service, scaling::StepChange::Add { name, schedule: at, timezone, min, max }, dry_run)
            }
            Action::Rm(Rm { service, name, dry_run }) => (service, scaling::StepChange::Remove { name }, dry_run),
        };
        opened.require_cluster()?;
        let (service, short) = single_service(service_names(context, &opened, &[typed]).await?)?;
        let operation = scaling::Request { service, short, wanted }.into();
        return Box::pin(act(context, &opened, vec![operation], dry_run, out)).await;
    }
    let power_of = |which: Which| if which == Which::Stop { Power::Stop } else { Power::Start };
    let change =
        arguments.skip.map(|which| (power_of(which), false)).or(arguments.unskip.map(|which| (power_of(which), true)));
    if let Some((power, undo)) = change {
        let short = opened.environment.name.clone();
        let operation = steps::Request { wanted: StepChange::Skip { power, undo }, short }.into();
        return act(context, &opened, vec![operation], arguments.dry_run, out).await;
    }
    let reading = context.collect(report::SOURCES, false).await?;
    let list = report::schedule(&reading.input());
    print(context, &reading, &list, list.head.exit_code(), out)
}
