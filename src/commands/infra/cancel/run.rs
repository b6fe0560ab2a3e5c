//! Requests the cancellation of a run.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::environment_runs;
use crate::commands::infra::follow_run::send_request;
use crate::model::infra::run_event::RequestKind;
use std::io;

/// The word that confirms a forced stop.
const HARD_STOP_WORD: &str = "stop";

#[allow(clippy::unused_async, reason = "a command is run as one that may wait")]
pub(super) async fn run(context: &Context, arguments: &Arguments, _: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let hard = match arguments.hard.as_deref() {
        None => false,
        Some(HARD_STOP_WORD) => true,
        Some(_) => {
            let lost = "Terraform stops where it is: what it is changing may exist and be in no state, and the state may be lost";
            let report = Report::usage(format!("--hard takes the word {HARD_STOP_WORD}")).cause(lost);
            return Err(report.hint(format!("if that is meant, say --hard {HARD_STOP_WORD}")));
        }
    };
    let runs = environment_runs(context)?;
    let listed = runs.running(arguments.of.run.as_deref())?;
    send_request(&listed.folder, RequestKind::Cancel { hard })?;
    context.print_note(&format!(
        "{} is asked to stop: `cockpit infra attach {}` follows it to its end",
        listed.run, listed.run
    ));
    Ok(ExitCode::Done)
}
