//! Prints the autoscaling of services, or changes the limits of one.

use super::args::Arguments;
use super::report;
use crate::app::operation::single::scaling;
use crate::app::operation::steps::{self, StepChange};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::{open, service_names, single_service};
use crate::commands::context::Context;
use crate::commands::report_output::print;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if arguments.changes() {
        return change(context, arguments, out).await;
    }
    if arguments.watch {
        return Box::pin(super::watch::watch(context, arguments, out)).await;
    }
    let reading = context.collect(report::SOURCES, false).await?;
    let list = report::autoscaling(&reading.input(), &arguments.services)?;
    print(context, &reading, &list, list.head.exit_code(), out)
}

/// Changes the limits or a target value of one service, or suspends or resumes its autoscaling.
async fn change(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.require_cluster()?;
    if arguments.services.len() != 1 {
        return Err(
            Report::usage("a change of autoscaling needs one service").hint("name it, as `cockpit services` lists it")
        );
    }
    let (service, short) = single_service(service_names(context, &opened, &arguments.services).await?)?;
    if let Some((metric, value)) = arguments.target.clone() {
        let operation =
            scaling::Request { service, short, wanted: scaling::StepChange::Target { metric, value } }.into();
        return Box::pin(act(context, &opened, vec![operation], arguments.dry_run, out)).await;
    }
    let suspended = if arguments.suspend { Some(true) } else { arguments.resume.then_some(false) };
    let wanted = StepChange::Limits { service, min: arguments.min, max: arguments.max, suspended };
    let operation = steps::Request { wanted, short }.into();
    Box::pin(act(context, &opened, vec![operation], arguments.dry_run, out)).await
}
