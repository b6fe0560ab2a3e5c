//! Prints the configuration, or its mistakes.

use super::args::{Action, Arguments};
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::report_output::{print_result, verdict_code};
use crate::headless;
use crate::infra::shared_state;
use std::io;

pub(super) fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut loaded = context.load();
    if let Some(Err(report)) = loaded.config.ui.theme.as_deref().map(crate::commands::session::named_theme) {
        // Without this the check would pass and the session would fail at its start.
        let message = std::iter::once(report.message).chain(report.causes).collect::<Vec<_>>().join(": ");
        loaded.add_error("ui.theme", message, report.hint.unwrap_or_default());
    }
    let code = report::check(&loaded, Vec::new()).exit_code();
    // An unknown environment is reported only if the configuration itself has no mistakes.
    if let Some(name) = context.global.env.as_deref().filter(|_| code == ExitCode::Done) {
        loaded.select_environment(Some(name))?;
    }
    let (output, width) = (context.output, Context::width());
    match arguments.action {
        Action::Show => {
            print_result(headless::print(out, &report::show(&loaded), output, width).map(drop))?;
            // Values from a file with a mistake are not listed: without this error, the defaults would look like the
            // file's values.
            loaded.check_errors()?;
            Ok(code)
        }
        Action::Check => {
            let check = report::check(&loaded, shared_state::warnings(&loaded.config.environments));
            verdict_code(headless::print(out, &check, output, width).map(drop), code)
        }
    }
}
