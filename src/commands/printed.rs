//! The end of a command: a report in the format that was asked for, and the exit code.

use super::context::{Context, Reading};
use crate::cli::{ExitCode, Output, Report};
use crate::headless::{self, Printable};
use crate::model::text::harmless;
use crate::runtime::Collected;
use std::io::{self, IsTerminal as _, Write as _};

/// Prints a report and gives the exit code: that of its sources, or that the time ran out.
pub(super) fn print(
    context: &Context,
    reading: &Reading,
    report: &impl Printable,
    code: ExitCode,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    reading.check_credentials()?;
    printed(emit(context, report, out))?;
    Ok(if reading.collected == Collected::TimedOut { ExitCode::TimedOut } else { code })
}

/// Writes a report in the format that was asked for, and what is missing from it where that has no place in the format.
pub(super) fn emit(context: &Context, report: &impl Printable, out: &mut dyn io::Write) -> io::Result<()> {
    headless::print(out, report, context.output, Context::width())?;
    if context.output == Output::Csv {
        // Rows have no place for what is missing; without a word half a list would look whole.
        for note in report.notes() {
            let _ = writeln!(crate::runtime::Output::stderr(), "{}", harmless(&note));
        }
    }
    Ok(())
}

/// The exit code of something that only prints.
pub(super) fn printed(result: io::Result<()>) -> Result<ExitCode, Report> {
    match result {
        Ok(()) => Ok(ExitCode::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::Done),
        Err(error) => Err(unwritten(&error)),
    }
}

/// A value and nothing else: as it is for a program, which would not get a key of several lines otherwise; harmless and ended
/// for a terminal.
pub(super) fn value_alone(value: &str, out: &mut dyn io::Write) -> io::Result<()> {
    if io::stdout().is_terminal() {
        for line in value.lines() {
            writeln!(out, "{}", harmless(line))?;
        }
    } else {
        out.write_all(value.as_bytes())?;
    }
    out.flush()
}

/// The error where the output cannot be written.
pub(super) fn unwritten(error: &io::Error) -> Report {
    Report::new("output", "the output cannot be written", ExitCode::Failed).caused_by(error)
}

/// The exit code of a verdict that is also printed. It stays what it is where the output cannot be written: a
/// script must not take a deployment that was rolled back for one whose report was lost.
pub(super) fn verdict(result: io::Result<()>, code: ExitCode) -> Result<ExitCode, Report> {
    match printed(result) {
        Ok(_) => Ok(code),
        Err(report) => Err(Report { code, ..report }),
    }
}
