//! Asks the run to stop.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::driving::ask;
use crate::commands::infra::runs_kept::kept;
use crate::model::infra::run_event::RequestKind;
use std::io;

/// The word that confirms the second one.
const WORD: &str = "stop";

#[allow(clippy::unused_async, reason = "a command is run as one that may wait")]
pub(super) async fn run(context: &Context, arguments: &Arguments, _: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let hard = match arguments.hard.as_deref() {
        None => false,
        Some(WORD) => true,
        Some(_) => {
            let lost = "Terraform stops where it is: what it is changing may exist and be in no state, and the state may be lost";
            let report = Report::usage(format!("--hard takes the word {WORD}")).cause(lost);
            return Err(report.hint(format!("if that is meant, say --hard {WORD}")));
        }
    };
    let kept = kept(context)?;
    let listed = kept.going_on(arguments.of.run.as_deref())?;
    ask(&listed.folder, RequestKind::Cancel { hard })?;
    context
        .say(&format!("{} is asked to stop: `cockpit infra attach {}` follows it to its end", listed.run, listed.run));
    Ok(ExitCode::Done)
}
