//! The end of a command: prints the report in the requested format, and returns the exit code.

use super::context::{Context, Reading};
use crate::cli::{ExitCode, Output, Report};
use crate::headless::{self, Printable};
use crate::model::text::sanitize;
use crate::runtime::Collected;
use std::io::{self, IsTerminal as _, Write as _};

/// Prints a report, and returns the exit code: `code`, or that of a timeout.
pub(super) fn print(
    context: &Context,
    reading: &Reading,
    report: &impl Printable,
    code: ExitCode,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    reading.check_credentials()?;
    print_result(emit(context, report, out))?;
    Ok(if reading.collected == Collected::TimedOut { ExitCode::TimedOut } else { code })
}

/// Writes a report in the requested format. For CSV, notes about missing data go to stderr.
pub(super) fn emit(context: &Context, report: &impl Printable, out: &mut dyn io::Write) -> io::Result<()> {
    headless::print(out, report, context.output, Context::width())?;
    if context.output == Output::Csv {
        // CSV has no place for notes; without them, an incomplete list would look complete.
        for note in report.notes() {
            let _ = writeln!(crate::runtime::Output::stderr(), "{}", sanitize(&note));
        }
    }
    Ok(())
}

/// Returns the exit code of a command that only prints.
pub(super) fn print_result(result: io::Result<()>) -> Result<ExitCode, Report> {
    match result {
        Ok(()) => Ok(ExitCode::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::Done),
        Err(error) => Err(write_error(&error)),
    }
}

/// Writes only a value: unchanged for programs, because escaping would break values of several lines such as keys;
/// escaped and with a final line break for a terminal.
pub(super) fn print_value(value: &str, out: &mut dyn io::Write) -> io::Result<()> {
    if io::stdout().is_terminal() {
        for line in value.lines() {
            writeln!(out, "{}", sanitize(line))?;
        }
    } else {
        out.write_all(value.as_bytes())?;
    }
    out.flush()
}

/// Returns the error for output that cannot be written.
pub(super) fn write_error(error: &io::Error) -> Report {
    Report::new("output", "the output cannot be written", ExitCode::Failed).caused_by(error)
}

/// Returns the exit code of a verdict whose report was printed. It is kept even if the report cannot be written: a
/// script must be able to tell a rollback from a lost report.
pub(super) fn verdict_code(result: io::Result<()>, code: ExitCode) -> Result<ExitCode, Report> {
    match print_result(result) {
        Ok(_) => Ok(code),
        Err(report) => Err(Report { code, ..report }),
    }
}
