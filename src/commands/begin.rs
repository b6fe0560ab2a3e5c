//! From the command line to its exit code.

use super::context::Context;
use super::declared::Work;
use super::line::{Cli, command};
use super::list::Command;
use super::printed::printed;
use super::{diagnostics, session};
use crate::aws::helpers_asked;
use crate::cli::{ExitCode, Report};
use std::io::{self, IsTerminal as _};

/// Runs what was parsed; what is printed goes to `out`.
///
/// # Errors
/// What failed, with what to do and the exit code.
pub async fn run(cli: Cli, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    diagnostics::start(&cli.global, cli.work() == Work::Screen)?;
    let name = cli.command.as_ref().map_or("session", Command::name);
    let environment = cli.global.env.as_deref().unwrap_or("the default environment");
    tracing::info!("cockpit {}: {name}, {environment}", env!("CARGO_PKG_VERSION"));
    match cli.global.mfa_code.clone() {
        Some(code) => crate::runtime::codes::given(code),
        None => crate::runtime::codes::at_terminal(),
    }
    let output = cli.output(io::stdout().is_terminal())?;
    let all = cli.all;
    let context = Context::new(cli.global, output, command);
    let ended = match &cli.command {
        None => Box::pin(session::run(&context, all)).await,
        Some(command) => command.run(&context, out).await,
    };
    let ended = with_helpers(&context, ended).map_err(|report| context.told(report));
    match &ended {
        Ok(code) => tracing::info!("it ends with {}", code.code()),
        Err(report) => tracing::warn!("it ends with {}: {report}", report.code.code()),
    }
    ended
}

/// Names the credential helpers that were asked and had not answered when the time was up: nothing else says what was waited
/// for.
fn with_helpers(context: &Context, ended: Result<ExitCode, Report>) -> Result<ExitCode, Report> {
    let line = |(helper, said): (String, String)| format!("{helper} had not given credentials by then{said}");
    let asked = helpers_asked().into_iter().map(line);
    match ended {
        Err(report) if report.code == ExitCode::TimedOut => Err(asked.fold(report, Report::cause)),
        Ok(ExitCode::TimedOut) => {
            // One that is left ends so, too.
            let when = if context.is_over() { "the time is up: " } else { "" };
            asked.for_each(|line| context.say(&format!("{when}{line}")));
            Ok(ExitCode::TimedOut)
        }
        ended => ended,
    }
}

/// Prints the help or the version.
///
/// # Errors
/// When it cannot be written; a closed pipe is no fault.
pub fn print_text(out: &mut dyn io::Write, text: &str) -> Result<ExitCode, Report> {
    printed(crate::headless::write(out, text).map(drop))
}
