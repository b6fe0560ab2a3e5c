//! Formats the code of units, with Terraform and Terragrunt themselves.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::{self, limited, report};
use crate::commands::printed::printed;
use crate::commands::say::say;
use crate::headless;
use crate::infra::format;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if context.global.read_only && !arguments.check {
        return Err(Report::new("refused", "nothing was changed: --read-only refuses every change", ExitCode::Refused)
            .hint("--check changes nothing"));
    }
    let opened = opened::open_to_ask(context, &arguments.target).await?;
    let changed = limited(context, format::all(&opened.found, arguments.check)).await?.map_err(report)?;
    let mut lines = String::new();
    for file in &changed {
        lines.push_str(&crate::model::text::harmless(&file.display().to_string()));
        lines.push('\n');
    }
    printed(headless::write(out, &lines).map(drop))?;
    match (changed.len(), arguments.check) {
        (0, _) => say("everything is formatted"),
        (count, true) => {
            say(&format!("not formatted: {count}; without --check they are formatted"));
            return Ok(ExitCode::Failed);
        }
        (count, false) => say(&format!("formatted: {count}")),
    }
    Ok(ExitCode::Done)
}
