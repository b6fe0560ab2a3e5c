//! Prints the configuration, or its mistakes.

use super::args::{Action, Arguments};
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::printed::{printed, verdict};
use crate::headless;
use std::io;

pub(super) fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut loaded = context.load();
    if let Some(Err(report)) = loaded.config.ui.theme.as_deref().map(crate::commands::session::named_theme) {
        // Without this the check would pass and the session end at its start.
        let message = std::iter::once(report.message).chain(report.causes).collect::<Vec<_>>().join(": ");
        loaded.wrong("ui.theme", message, report.hint.unwrap_or_default());
    }
    let code = report::check(&loaded).exit_code();
    let (output, width) = (context.output, Context::width());
    match arguments.action {
        Action::Show => {
            printed(headless::print(out, &report::show(&loaded), output, width).map(drop))?;
            Ok(code)
        }
        Action::Check => verdict(headless::print(out, &report::check(&loaded), output, width).map(drop), code),
    }
}
