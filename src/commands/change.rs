//! Carries out every change of an environment: shows the plan, asks for confirmation and follows the operation to its
//! end. `app::operation` decides what the operation does.

use super::change_target::{Opened, nothing_changed};
use super::confirmation::confirm;
use super::context::Context;
use super::progress::print_note;
use super::report_output::{print_result, verdict_code};
use super::waiting::wait_for_deadline;
use crate::app::command::Risk;
use crate::app::operation::outcome::Verdict;
use crate::app::operation::{NewOperation, Operation, OperationId, Operations, Stage};
use crate::cli::{ExitCode, Output, Report};
use crate::headless::{self, operation as reports};
use crate::runtime::clock::Clock;
use crate::runtime::stop::{StopSignal, StopSignals};
use crate::runtime::{Driver, audit as audit_file};
use jiff::tz::TimeZone;
use std::io::{self, Write as _};

/// How long to wait for the check of the audit file for unfinished earlier operations.
const LOOK_BACK: std::time::Duration = std::time::Duration::from_secs(2);

/// Plans all requested operations, asks for one confirmation, and runs them in order up to the first failure.
/// Operations that only watch are all followed to their end. The verdicts are printed at the end.
pub(super) async fn act(
    context: &Context,
    opened: &Opened,
    whats: Vec<NewOperation>,
    dry_run: bool,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let output = context.output;
    let mut stops = StopSignals::new().map_err(|error| {
        Report::new("signals", "signal handlers cannot be installed", ExitCode::Failed).caused_by(&error)
    })?;
    if !dry_run {
        report_unfinished(opened, context.session().mark).await;
    }
    let mut driver = opened.driver(context);
    let ids: Vec<OperationId> = whats.into_iter().map(|what| driver.start(what, &opened.environment)).collect();
    let mut printed_lines = PrintedLines::new(opened.zone.clone());
    let planned = |all: &Operations| {
        ids.iter().all(|id| all.get(*id).is_none_or(|operation| !matches!(operation.stage, Stage::Planning)))
    };
    tokio::select! {
        () = driver.until(planned, |_| {}) => {}
        stop = stops.next() => return stop.command_result(),
    }
    let operations: Vec<&Operation> = ids.iter().filter_map(|id| driver.operations.get(*id)).collect();
    let attach = operations.iter().all(|operation| operation.is_read_only());
    if let Some((operation, outcome)) =
        operations.iter().find_map(|operation| Some((*operation, operation.outcome.as_ref()?))).filter(|_| !attach)
    {
        // One impossible plan stops all operations: nothing has been changed yet.
        for other in operations.iter().filter(|other| other.plan.is_some()) {
            print_plan(other);
        }
        return Err(reports::not_begun(operation, outcome));
    }
    if dry_run {
        for operation in &operations {
            print_plan(operation);
        }
        let report = reports::report(&operations, true);
        return print_result(headless::print(out, &report, output, Context::width()).map(drop));
    }
    if !attach {
        for operation in &operations {
            print_plan(operation);
        }
        if let Some(code) = agreed(context, opened, &operations, &mut stops).await? {
            return Ok(code);
        }
    }
    let (code, done) = carry_out(&mut driver, &ids, attach, &mut printed_lines, &mut stops).await;
    let finished: Vec<&Operation> = done.iter().filter_map(|id| driver.operations.get(*id)).collect();
    let report = reports::report(&finished, false);
    let written = headless::print(out, &report, output, Context::width());
    if output != Output::Table || written.is_err() {
        // The verdict also goes to stderr, for a person who redirected the output.
        for operation in &finished {
            let worth_repeating = |verdict: Verdict| verdict != Verdict::Done || written.is_err();
            if let Some(outcome) = operation.outcome.as_ref().filter(|outcome| worth_repeating(outcome.verdict)) {
                print_note(&outcome.summary);
            }
        }
    }
    verdict_code(written.map(drop), code)
}

/// Asks for one confirmation of all operations. `None` means confirmed; otherwise a signal ended the process with this
/// exit code.
async fn agreed(
    context: &Context,
    opened: &Opened,
    all: &[&Operation],
    stops: &mut StopSignals,
) -> Result<Option<ExitCode>, Report> {
    let risk = all.iter().filter_map(|operation| operation.plan.as_ref()).map(|plan| plan.risk).max();
    let answer = tokio::select! {
        biased;
        // Nothing was changed yet: the pending read of the terminal is abandoned, and the process ends.
        stop = stops.next() => {
            let _ = writeln!(crate::runtime::Output::stderr());
            return stop.command_result().map(Some);
        }
        () = wait_for_deadline(context) => return Err(nothing_changed("nobody answered")),
        answer = confirm(context, &opened.environment, risk.unwrap_or(Risk::Change)) => answer?,
    };
    if !answer {
        return Err(Report::new("cancelled", "nothing was changed: the answer was no", ExitCode::Refused));
    }
    Ok(None)
}

/// Runs the operations in order up to the first failure. Returns the worst exit code, and the operations that began or
/// were skipped.
async fn carry_out(
    driver: &mut Driver,
    ids: &[OperationId],
    attach: bool,
    printed_lines: &mut PrintedLines,
    stops: &mut StopSignals,
) -> (ExitCode, Vec<OperationId>) {
    let mut code = ExitCode::Done;
    let mut done = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        done.push(*id);
        if !attach {
            driver.confirm(*id);
        }
        let stop = follow(driver, *id, printed_lines, stops).await;
        let Some(operation) = driver.operations.get(*id) else { continue };
        let mut ended = reports::exit_code(operation);
        if let Some(outcome) = &operation.outcome {
            // The reason why an operation did not begin may quote the output of a program, which must not be logged.
            let begun = operation.began().map_or("", |_| outcome.summary.as_str());
            tracing::info!("{} ended: {} {begun}", operation.title, outcome.verdict.name());
        }
        // The user interrupted it before the environment was changed; a program that was running was interrupted, too.
        if let Some(stop) = stop
            && matches!(ended_as(operation), Some(Verdict::Cancelled | Verdict::Impossible))
        {
            ended = stop.code();
        }
        let after = &ids[at + 1..];
        let why = match stop {
            // It had already ended by itself, but the user who interrupts it does not want the next ones.
            Some(stop) if !attach && ended == ExitCode::Done && !after.is_empty() => {
                ended = stop.code();
                format!("it was ended from outside, by {}", stop.name())
            }
            Some(_) | None => format!("`{}` ended: {}", operation.title, operation.status_label()),
        };
        code = worse(code, ended);
        // Operations that only watch have all begun already, and each has its own outcome.
        if stop.is_none() && (attach || ended == ExitCode::Done) {
            continue;
        }
        for other in after {
            if attach {
                driver.leave(*other);
            } else {
                driver.skip(*other, &why);
            }
            printed_lines.news(&driver.operations, *other);
            // A failure that already happened counts, even if its operation is left now.
            let seen = driver.operations.get(*other).filter(|_| attach);
            code = worse(code, seen.map_or(code, reports::exit_code));
        }
        done.extend(after);
        break;
    }
    (code, done)
}

/// Returns the worse of two exit codes: a known failure outranks an unknown outcome.
fn worse(one: ExitCode, other: ExitCode) -> ExitCode {
    const WORST_FIRST: [ExitCode; 5] =
        [ExitCode::DeployFailed, ExitCode::RolledBack, ExitCode::Credentials, ExitCode::TimedOut, ExitCode::Failed];
    let worst = WORST_FIRST.into_iter().find(|code| [one, other].contains(code));
    worst.unwrap_or(if other == ExitCode::Done { one } else { other })
}

/// Reports unfinished operations of an earlier run in the audit file, and an audit file that others can read.
async fn report_unfinished(opened: &Opened, ours: String) {
    let Some(path) = audit_file::path(opened.config.audit_file.as_deref()) else { return };
    let looking = tokio::task::spawn_blocking(move || audit_file::startup_notes(&path, &ours, Clock::System.now()));
    // If the file system does not answer in time, the later write to the audit file reports it.
    let findings = tokio::time::timeout(LOOK_BACK, looking).await;
    for finding in findings.into_iter().flatten().flatten() {
        print_note(&finding);
    }
}

fn ended_as(operation: &Operation) -> Option<Verdict> {
    operation.outcome.as_ref().map(|outcome| outcome.verdict)
}

/// Follows one operation to its end. The first Ctrl-C, SIGTERM or SIGHUP detaches from it, a second one returns at
/// once. Returns the first signal.
async fn follow(
    driver: &mut Driver,
    id: OperationId,
    printed_lines: &mut PrintedLines,
    stops: &mut StopSignals,
) -> Option<StopSignal> {
    let mut leaving = None;
    loop {
        let over = |all: &Operations| {
            all.get(id).is_none_or(|operation| operation.outcome.is_some()) && !all.waits_for_audit(id)
        };
        tokio::select! {
            biased;
            // Polled first: a terminal also interrupts the programs that run, and their failure must not win.
            stop = stops.next() => {
                if leaving.is_some() {
                    return leaving;
                }
                leaving = Some(stop);
                driver.leave(id);
            }
            () = driver.until(over, |all| printed_lines.news(all, id)) => return leaving,
        }
    }
}

fn print_plan(operation: &Operation) {
    tracing::info!("{} in {}: this is the plan", operation.title, operation.environment.name);
    for line in reports::plan(operation) {
        print_note(&line);
    }
}

/// Counts the log lines of an operation that were already written to stderr.
struct PrintedLines {
    zone: TimeZone,
    lines: usize,
    of: Option<OperationId>,
}

impl PrintedLines {
    fn new(zone: TimeZone) -> Self {
        Self { zone, lines: 0, of: None }
    }

    /// Prints the lines that are new since the last call.
    fn news(&mut self, all: &Operations, id: OperationId) {
        let Some(operation) = all.get(id) else { return };
        if self.of != Some(id) {
            self.of = Some(id);
            self.lines = 0;
        }
        let total = operation.dropped + operation.lines.len();
        let new = total.saturating_sub(self.lines).min(operation.lines.len());
        for line in &operation.lines[operation.lines.len() - new..] {
            print_note(&reports::line(line, &self.zone));
        }
        self.lines = total;
    }
}
