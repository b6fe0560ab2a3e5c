//! `config show`, `config check` and `schema`.

use super::context::Context;
use super::{printed, verdict};
use crate::cli::tools::{Config, ConfigAction, Schema};
use crate::cli::{ExitCode, Report};
use crate::headless;
use std::io;

pub(super) fn run(context: &Context, arguments: &Config, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut loaded = context.load();
    if let Some(Err(report)) = loaded.config.ui.theme.as_deref().map(super::session::named_theme) {
        // Without this the check would pass and the session end at its start.
        let message = std::iter::once(report.message).chain(report.causes).collect::<Vec<_>>().join(": ");
        loaded.wrong("ui.theme", message, report.hint.unwrap_or_default());
    }
    let code = if loaded.diagnostics.is_empty() { ExitCode::Done } else { ExitCode::Usage };
    let (output, width) = (context.output()?, Context::width());
    match arguments.action {
        ConfigAction::Show => {
            printed(headless::print(out, &headless::config::show(&loaded), output, width).map(drop))?;
            Ok(code)
        }
        ConfigAction::Check => {
            verdict(headless::print(out, &headless::config::check(&loaded), output, width).map(drop), code)
        }
    }
}

pub(super) fn schema(arguments: &Schema, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let text = headless::emit::json(&headless::schema(arguments.name)).unwrap_or_default();
    printed(headless::write(out, &text).map(drop))
}
