//! From the command line to its exit code.

use super::context::Context;
use super::declared::Work;
use super::line::{Cli, command};
use super::list::Command;
use super::printed::printed;
use super::{diagnostics, session};
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
    let ended = ended.map_err(|report| context.told(report));
    match &ended {
        Ok(code) => tracing::info!("it ends with {}", code.code()),
        Err(report) => tracing::warn!("it ends with {}: {report}", report.code.code()),
    }
    ended
}

/// Prints the help or the version.
///
/// # Errors
/// When it cannot be written; a closed pipe is no fault.
pub fn print_text(out: &mut dyn io::Write, text: &str) -> Result<ExitCode, Report> {
    printed(crate::headless::write(out, text).map(drop))
}
