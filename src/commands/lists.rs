//! `services`, `tasks`, `autoscaling`, `db`, `alarms`.

use super::context::{Context, Reading};
use super::printed;
use crate::cli::lists::{Alarms, Autoscaling, Db, Services, Tasks};
use crate::cli::{ExitCode, Output, Report};
use crate::headless::{self, Printable};
use crate::runtime::Collected;
use std::io::{self, Write as _};

pub(super) async fn services(
    context: &Context,
    arguments: &Services,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let reading = context.collect(headless::lists::SERVICES_OF, true).await?;
    let list = headless::services(&reading.input(), &arguments.services)?;
    print(context, &reading, &list, list.head.exit_code(), out)
}

pub(super) async fn tasks(context: &Context, arguments: &Tasks, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(headless::tasks::SOURCES, false).await?;
    let list = headless::tasks(&reading.input(), &arguments.services)?;
    print(context, &reading, &list, list.head.exit_code(), out)
}

pub(super) async fn autoscaling(
    context: &Context,
    arguments: &Autoscaling,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let reading = context.collect(headless::autoscaling::SOURCES, false).await?;
    let list = headless::autoscaling(&reading.input(), &arguments.services)?;
    print(context, &reading, &list, list.head.exit_code(), out)
}

pub(super) async fn databases(context: &Context, arguments: &Db, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(headless::lists::DATABASES_OF, false).await?;
    let list = headless::databases(&reading.input(), &arguments.databases)?;
    print(context, &reading, &list, list.head.exit_code(), out)
}

pub(super) async fn alarms(context: &Context, arguments: &Alarms, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(headless::lists::ALARMS_OF, false).await?;
    let list = headless::alarms(&reading.input(), arguments.all);
    print(context, &reading, &list, list.head.exit_code(), out)
}

/// Prints a report and gives the exit code: that of its sources, or that the time ran out.
pub(super) fn print(
    context: &Context,
    reading: &Reading,
    report: &impl Printable,
    code: ExitCode,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    refuse(reading)?;
    let output = context.output()?;
    let written = headless::print(out, report, output, Context::width());
    printed(written.map(drop))?;
    if output == Output::Csv {
        // Rows have no place for what is missing; without a word half a list would look whole.
        for note in report.notes() {
            let _ = writeln!(io::stderr(), "{}", crate::model::text::harmless(&note));
        }
    }
    Ok(if reading.collected == Collected::TimedOut { ExitCode::TimedOut } else { code })
}

/// Nothing is printed for credentials that are wrong or missing: there is nothing to print, and the
/// error says what to do.
pub(super) fn refuse(reading: &Reading) -> Result<(), Report> {
    use crate::model::FailureKind;
    let estate = &reading.collector.app.estate;
    let Some(failure) = estate.identity.failure() else { return Ok(()) };
    let name = &reading.collector.app.environment.name;
    match failure.kind {
        FailureKind::WrongAccount => Err(Report::of_failure(format!("this is not {name}"), failure)),
        FailureKind::Credentials => Err(Report::of_failure(format!("no valid credentials for {name}"), failure)),
        FailureKind::Throttled
        | FailureKind::Denied
        | FailureKind::Unreachable
        | FailureKind::Timeout
        | FailureKind::Malformed
        | FailureKind::Invalid
        | FailureKind::NotFound
        | FailureKind::Service
        | FailureKind::Other => Ok(()),
    }
}
