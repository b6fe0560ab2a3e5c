//! From the parsed command line to the exit code.

use super::command_line::{Cli, command};
use super::context::Context;
use super::declared::Work;
use super::list::Command;
use super::report_output::print_result;
use super::{diagnostics, session};
use crate::aws::pending_helpers;
use crate::cli::{ExitCode, Report};
use std::io::{self, IsTerminal as _};

/// Runs the parsed command; its output goes to `out`.
///
/// # Errors
/// Returns the failure with a hint and the exit code.
pub async fn run(cli: Cli, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    diagnostics::start(&cli.global, cli.work() == Work::Screen)?;
    let name = cli.command.as_ref().map_or("session", Command::name);
    let environment = cli.global.env.as_deref().unwrap_or("the default environment");
    tracing::info!("cockpit {}: {name}, {environment}", env!("CARGO_PKG_VERSION"));
    match cli.global.mfa_code.clone() {
        Some(code) => crate::runtime::mfa_codes::use_code(code),
        None => crate::runtime::mfa_codes::prompt_at_terminal(),
    }
    let output = cli.output(io::stdout().is_terminal())?;
    let all_environments = cli.all;
    let context = Context::new(cli.global, output, command);
    let ended = match &cli.command {
        None => Box::pin(session::run(&context, all_environments)).await,
        Some(command) => command.run(&context, out).await,
    };
    let ended = with_helpers(&context, ended).map_err(|report| context.name_environment(report));
    match &ended {
        Ok(code) => tracing::info!("it ends with {}", code.code()),
        Err(report) => tracing::warn!("it ends with {}: {report}", report.code.code()),
    }
    ended
}

/// On a timeout, names the credential helpers that had not answered: nothing else in the output shows what was waited
/// for.
fn with_helpers(context: &Context, ended: Result<ExitCode, Report>) -> Result<ExitCode, Report> {
    let line = |(helper, output): (String, String)| format!("{helper} had not given credentials by then{output}");
    let pending_helpers = pending_helpers().into_iter().map(line);
    match ended {
        Err(report) if report.code == ExitCode::TimedOut => Err(pending_helpers.fold(report, Report::cause)),
        Ok(ExitCode::TimedOut) => {
            // A detached operation has the same exit code, without a timeout.
            let when = if context.is_timed_out() { "the time is up: " } else { "" };
            pending_helpers.for_each(|line| context.print_note(&format!("{when}{line}")));
            Ok(ExitCode::TimedOut)
        }
        ended => ended,
    }
}

/// Prints the help or the version.
///
/// # Errors
/// Fails if the text cannot be written; a closed pipe is not an error.
pub fn print_text(out: &mut dyn io::Write, text: &str) -> Result<ExitCode, Report> {
    print_result(crate::headless::write(out, text).map(drop))
}
