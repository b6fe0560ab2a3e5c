//! One file a command: opens the environment, collects, prints. What is printed is made in
//! `src/headless`; what is read and when is decided in `src/app`.

mod configuration;
mod context;
mod diagnostics;
mod doctor;
mod insights;
mod lists;
mod log_groups;
mod log_writer;
mod logs;
mod operations;
mod own_values;
mod session;
mod simulator;
mod snapshot;
mod tail;

use crate::cli::{Cli, Command, ExitCode, Report};
use crate::model::timer::Power;
use context::Context;
use std::io;

/// Runs what was parsed; what is printed goes to `out`.
///
/// # Errors
/// What failed, with what to do and the exit code.
pub async fn run(cli: Cli, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    diagnostics::start(&cli)?;
    let command = cli.command.as_ref().map_or("session", Command::name);
    let environment = cli.global.env.as_deref().unwrap_or("the default environment");
    tracing::info!("cockpit {}: {command}, {environment}", env!("CARGO_PKG_VERSION"));
    let ended = Box::pin(carry_out(cli, out)).await;
    match &ended {
        Ok(code) => tracing::info!("it ends with {}", code.code()),
        Err(report) => tracing::warn!("it ends with {}: {report}", report.code.code()),
    }
    ended
}

async fn carry_out(cli: Cli, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let context = Context::new(cli);
    let command = context.cli.command.clone();
    match &command {
        None => session::run(&context).await,
        Some(Command::Snapshot(arguments)) => Box::pin(snapshot::run(&context, arguments, out)).await,
        Some(Command::Services(arguments)) => lists::services(&context, arguments, out).await,
        Some(Command::Tasks(arguments)) => lists::tasks(&context, arguments, out).await,
        Some(Command::Autoscaling(arguments)) if arguments.changes() => {
            operations::limits(&context, arguments, out).await
        }
        Some(Command::Deploy(arguments)) => operations::deploy(&context, arguments, out).await,
        Some(Command::Rollback(arguments)) => operations::rollback(&context, arguments, out).await,
        Some(Command::Scale(arguments)) => operations::scale(&context, arguments, out).await,
        Some(Command::Stop(arguments)) => operations::power(&context, Power::Stop, arguments, out).await,
        Some(Command::Start(arguments)) => operations::power(&context, Power::Start, arguments, out).await,
        Some(Command::Schedule(arguments)) => operations::schedule(&context, arguments, out).await,
        Some(Command::StopTask(arguments)) => operations::stop_task(&context, arguments, out).await,
        Some(Command::Audit(arguments)) => operations::audit(&context, arguments, out),
        Some(Command::Autoscaling(arguments)) => lists::autoscaling(&context, arguments, out).await,
        Some(Command::Db(arguments)) => lists::databases(&context, arguments, out).await,
        Some(Command::Alarms(arguments)) => lists::alarms(&context, arguments, out).await,
        Some(Command::Logs(arguments)) => Box::pin(logs::run(&context, arguments, out)).await,
        Some(Command::Insights(arguments)) => Box::pin(insights::run(&context, arguments, out)).await,
        Some(Command::Doctor) => doctor::run(&context, out).await,
        Some(Command::Config(arguments)) => configuration::run(&context, arguments, out),
        Some(Command::Schema(arguments)) => configuration::schema(arguments, out),
        Some(Command::Completions(arguments)) => {
            printed(crate::cli::rendered::completions(arguments.shell, out).and_then(|()| out.flush()))
        }
        Some(Command::Man) => printed(crate::cli::rendered::man(out).and_then(|()| out.flush())),
        Some(Command::Sim(arguments)) => simulator::sim(arguments, out).await,
        Some(Command::Demo(arguments)) => simulator::demo(&context, arguments).await,
    }
}

/// Prints the help or the version.
///
/// # Errors
/// When it cannot be written; a closed pipe is no fault.
pub fn print_text(out: &mut dyn io::Write, text: &str) -> Result<ExitCode, Report> {
    printed(crate::headless::write(out, text).map(drop))
}

/// The exit code of something that only prints.
fn printed(result: io::Result<()>) -> Result<ExitCode, Report> {
    match result {
        Ok(()) => Ok(ExitCode::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::Done),
        Err(error) => Err(Report::new("output", "the output cannot be written", ExitCode::Failed).caused_by(&error)),
    }
}

/// The exit code of a verdict that is also printed. It stays what it is where the output cannot be written: a
/// script must not take a deployment that was rolled back for one whose report was lost.
fn verdict(result: io::Result<()>, code: ExitCode) -> Result<ExitCode, Report> {
    match printed(result) {
        Ok(_) => Ok(code),
        Err(report) => Err(Report { code, ..report }),
    }
}

/// Whether the command takes an interrupt itself: what it began goes on without it, and it says how to look
/// again.
pub fn takes_interrupt(cli: &Cli) -> bool {
    match &cli.command {
        Some(
            Command::Deploy(_)
            | Command::Rollback(_)
            | Command::Scale(_)
            | Command::Stop(_)
            | Command::Start(_)
            | Command::StopTask(_)
            | Command::Insights(_)
            // It ends in its own way when it is told to.
            | Command::Sim(_),
        ) => true,
        Some(Command::Schedule(arguments)) => arguments.skip.is_some() || arguments.unskip.is_some(),
        Some(Command::Autoscaling(arguments)) => arguments.changes(),
        _ => false,
    }
}

/// Whether its answers are large enough to be taken apart beside the main thread.
pub fn takes_much_apart(cli: &Cli) -> bool {
    matches!(cli.command, Some(Command::Logs(_)))
}

/// Whether the command may show a screen, so that it needs more than one thread: the screen must not
/// wait while an answer is taken apart.
pub fn interactive(cli: &Cli) -> bool {
    matches!(cli.command, None | Some(Command::Demo(_)))
}
