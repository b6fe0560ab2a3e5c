//! `config show`, `config check` and `schema`.

use super::context::Context;
use super::printed;
use crate::cli::tools::{Config, ConfigAction, Schema};
use crate::cli::{ExitCode, Report};
use crate::headless;
use std::io;

pub(super) fn run(context: &Context, arguments: &Config, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let loaded = context.load();
    match arguments.action {
        ConfigAction::Show => {
            let report = headless::config::show(&loaded);
            printed(headless::print(out, &report, context.output()?, Context::width()).map(drop))?;
        }
        ConfigAction::Check => {
            let report = headless::config::check(&loaded);
            printed(headless::print(out, &report, context.output()?, Context::width()).map(drop))?;
        }
    }
    Ok(if loaded.diagnostics.is_empty() { ExitCode::Done } else { ExitCode::Usage })
}

pub(super) fn schema(arguments: &Schema, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let text = headless::emit::json(&headless::schema(arguments.name)).unwrap_or_default();
    printed(headless::write(out, &text).map(drop))
}
