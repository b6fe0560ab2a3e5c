//! Formats the code of units with Terraform's and Terragrunt's own formatters.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_units::{self, report, with_timeout};
use crate::commands::progress::print_note;
use crate::commands::report_output::print_result;
use crate::headless;
use crate::infra::format;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if context.global.read_only && !arguments.check {
        return Err(Report::new("refused", "nothing was changed: --read-only refuses every change", ExitCode::Refused)
            .hint("--check changes nothing"));
    }
    let opened = environment_units::open_for_query(context, &arguments.target).await?;
    let changed = with_timeout(context, format::format_units(&opened.found, arguments.check)).await?.map_err(report)?;
    let mut lines = String::new();
    for file in &changed {
        lines.push_str(&crate::model::text::sanitize(&file.display().to_string()));
        lines.push('\n');
    }
    print_result(headless::write(out, &lines).map(drop))?;
    match (changed.len(), arguments.check) {
        (0, _) => print_note("everything is formatted"),
        (count, true) => {
            print_note(&format!("not formatted: {count}; without --check they are formatted"));
            return Ok(ExitCode::Failed);
        }
        (count, false) => print_note(&format!("formatted: {count}")),
    }
    Ok(ExitCode::Done)
}
