//! The way of every change of an environment: the plan is shown, a yes is asked for, and it is followed to its end.
//! What it does is decided in `app::operation`.

use super::context::Context;
use super::opened::{Opened, nothing_changed};
use super::printed::{printed, verdict};
use super::say::say;
use super::waits::over;
use super::yes::said_yes;
use crate::app::command::Risk;
use crate::app::operation::outcome::Verdict;
use crate::app::operation::{Operation, OperationId, Operations, Stage, What};
use crate::cli::{ExitCode, Output, Report};
use crate::headless::{self, operation as reports};
use crate::runtime::clock::Clock;
use crate::runtime::stop::{StopSignal, StopSignals};
use crate::runtime::{Driver, audit as audit_file};
use jiff::tz::TimeZone;
use std::io::{self, Write as _};

/// How long the audit file is looked at for what was left before.
const LOOK_BACK: std::time::Duration = std::time::Duration::from_secs(2);

/// Looks at all that was asked for, asks for one yes, and does one after the other up to the first failure. Those that are
/// only looked at are all followed to their ends.
pub(super) async fn act(
    context: &Context,
    opened: &Opened,
    whats: Vec<What>,
    dry_run: bool,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let output = context.output;
    let mut stops = StopSignals::new().map_err(|error| {
        Report::new("signals", "signal handlers cannot be installed", ExitCode::Failed).caused_by(&error)
    })?;
    if !dry_run {
        left_before(opened, context.session().mark).await;
    }
    let mut driver = opened.driver(context);
    let ids: Vec<OperationId> = whats.into_iter().map(|what| driver.start(what, &opened.environment)).collect();
    let mut told = Told::new(opened.zone.clone());
    let looked = |all: &Operations| {
        ids.iter().all(|id| all.get(*id).is_none_or(|operation| !matches!(operation.stage, Stage::Looking)))
    };
    tokio::select! {
        () = driver.until(looked, |_| {}) => {}
        stop = stops.next() => return stop.ended(),
    }
    let all: Vec<&Operation> = ids.iter().filter_map(|id| driver.operations.get(*id)).collect();
    let attach = all.iter().all(|operation| operation.only_looks());
    if let Some((operation, outcome)) =
        all.iter().find_map(|operation| Some((*operation, operation.outcome.as_ref()?))).filter(|_| !attach)
    {
        // What stops one stops all: nothing was changed yet.
        for other in all.iter().filter(|other| other.plan.is_some()) {
            tell_plan(other);
        }
        return Err(reports::not_begun(operation, outcome));
    }
    if dry_run {
        for operation in &all {
            tell_plan(operation);
        }
        let report = reports::report(&all, true);
        return printed(headless::print(out, &report, output, Context::width()).map(drop));
    }
    if !attach {
        for operation in &all {
            tell_plan(operation);
        }
        if let Some(code) = agreed(context, opened, &all, &mut stops).await? {
            return Ok(code);
        }
    }
    let (code, done) = carry_out(&mut driver, &ids, attach, &mut told, &mut stops).await;
    let finished: Vec<&Operation> = done.iter().filter_map(|id| driver.operations.get(*id)).collect();
    let report = reports::report(&finished, false);
    let written = headless::print(out, &report, output, Context::width());
    if output != Output::Table || written.is_err() {
        // The verdict also goes to stderr, for whoever watches.
        for operation in &finished {
            let told = |verdict: Verdict| verdict != Verdict::Done || written.is_err();
            if let Some(outcome) = operation.outcome.as_ref().filter(|outcome| told(outcome.verdict)) {
                say(&outcome.summary);
            }
        }
    }
    verdict(written.map(drop), code)
}

/// Asks for the one yes to all of them. None: it was given; else the process was told to stop, and ends with this code.
async fn agreed(
    context: &Context,
    opened: &Opened,
    all: &[&Operation],
    stops: &mut StopSignals,
) -> Result<Option<ExitCode>, Report> {
    let risk = all.iter().filter_map(|operation| operation.plan.as_ref()).map(|plan| plan.risk).max();
    let answer = tokio::select! {
        biased;
        // Nothing was changed: the read of the terminal is left behind, and the process ends.
        stop = stops.next() => {
            let _ = writeln!(crate::runtime::Output::stderr());
            return stop.ended().map(Some);
        }
        () = over(context) => return Err(nothing_changed("nobody answered")),
        answer = said_yes(context, &opened.environment, risk.unwrap_or(Risk::Change)) => answer?,
    };
    if !answer {
        return Err(Report::new("cancelled", "nothing was changed: the answer was no", ExitCode::Refused));
    }
    Ok(None)
}

/// Does one after the other up to the first failure. The worst of their ends, and those that were begun or skipped.
async fn carry_out(
    driver: &mut Driver,
    ids: &[OperationId],
    attach: bool,
    told: &mut Told,
    stops: &mut StopSignals,
) -> (ExitCode, Vec<OperationId>) {
    let mut code = ExitCode::Done;
    let mut done = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        done.push(*id);
        if !attach {
            driver.confirm(*id);
        }
        let stop = follow(driver, *id, told, stops).await;
        let Some(operation) = driver.operations.get(*id) else { continue };
        let mut ended = reports::exit_code(operation);
        if let Some(outcome) = &operation.outcome {
            // Why one was not begun may quote the output of a program, which must not be logged.
            let begun = operation.began().map_or("", |_| outcome.summary.as_str());
            tracing::info!("{} ended: {} {begun}", operation.title, outcome.verdict.word());
        }
        // A person ended it before the environment was changed; a program that was running was interrupted, too.
        if let Some(stop) = stop
            && matches!(ended_as(operation), Some(Verdict::Cancelled | Verdict::Impossible))
        {
            ended = stop.code();
        }
        let after = &ids[at + 1..];
        let why = match stop {
            // It had ended by itself already; who interrupts it wants no more of it.
            Some(stop) if !attach && ended == ExitCode::Done && !after.is_empty() => {
                ended = stop.code();
                format!("it was ended from outside, by {}", stop.name())
            }
            Some(_) | None => format!("`{}` ended: {}", operation.title, operation.words()),
        };
        code = worse(code, ended);
        // Those that only look have begun already, and each has an end of its own.
        if stop.is_none() && (attach || ended == ExitCode::Done) {
            continue;
        }
        for other in after {
            if attach {
                driver.leave(*other);
            } else {
                driver.skip(*other, &why);
            }
            told.news(&driver.operations, *other);
            // What had failed by then has failed, whoever is left.
            let seen = driver.operations.get(*other).filter(|_| attach);
            code = worse(code, seen.map_or(code, reports::exit_code));
        }
        done.extend(after);
        break;
    }
    (code, done)
}

/// The worse of two ends, where each is one of its own: what failed before what is not known.
fn worse(one: ExitCode, other: ExitCode) -> ExitCode {
    const WORST_FIRST: [ExitCode; 5] =
        [ExitCode::DeployFailed, ExitCode::RolledBack, ExitCode::Credentials, ExitCode::TimedOut, ExitCode::Failed];
    let worst = WORST_FIRST.into_iter().find(|code| [one, other].contains(code));
    worst.unwrap_or(if other == ExitCode::Done { one } else { other })
}

/// Tells what an earlier run has left behind in the audit file, and whether others can read it.
async fn left_before(opened: &Opened, ours: String) {
    let Some(path) = audit_file::path(opened.config.audit_file.as_deref()) else { return };
    let looking = tokio::task::spawn_blocking(move || audit_file::look_back(&path, &ours, Clock::System.now()));
    // A file system that does not answer is reported when something is written.
    let told = tokio::time::timeout(LOOK_BACK, looking).await;
    for said in told.into_iter().flatten().flatten() {
        say(&said);
    }
}

fn ended_as(operation: &Operation) -> Option<Verdict> {
    operation.outcome.as_ref().map(|outcome| outcome.verdict)
}

/// Follows one operation to its end; Ctrl-C, SIGTERM or SIGHUP leaves it, a second one at once. Which came first.
async fn follow(driver: &mut Driver, id: OperationId, told: &mut Told, stops: &mut StopSignals) -> Option<StopSignal> {
    let mut leaving = None;
    loop {
        let over = |all: &Operations| {
            all.get(id).is_none_or(|operation| operation.outcome.is_some()) && !all.waits_for_audit(id)
        };
        tokio::select! {
            biased;
            // Before its effects: a terminal interrupts the programs that run, too.
            stop = stops.next() => {
                if leaving.is_some() {
                    return leaving;
                }
                leaving = Some(stop);
                driver.leave(id);
            }
            () = driver.until(over, |all| told.news(all, id)) => return leaving,
        }
    }
}

fn tell_plan(operation: &Operation) {
    tracing::info!("{} in {}: this is the plan", operation.title, operation.environment.name);
    for line in reports::plan(operation) {
        say(&line);
    }
}

/// The lines that were written to stderr so far.
struct Told {
    zone: TimeZone,
    lines: usize,
    of: Option<OperationId>,
}

impl Told {
    fn new(zone: TimeZone) -> Self {
        Self { zone, lines: 0, of: None }
    }

    /// Lines that are new since the last time.
    fn news(&mut self, all: &Operations, id: OperationId) {
        let Some(operation) = all.get(id) else { return };
        if self.of != Some(id) {
            self.of = Some(id);
            self.lines = 0;
        }
        let total = operation.dropped + operation.lines.len();
        let new = total.saturating_sub(self.lines).min(operation.lines.len());
        for line in &operation.lines[operation.lines.len() - new..] {
            say(&reports::line(line, &self.zone));
        }
        self.lines = total;
    }
}
