//! Reads and prints the audit file.

use super::args::Arguments;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::open;
use crate::commands::context::Context;
use crate::commands::report_output::print_result;
use crate::headless;
use crate::runtime::audit as audit_file;
use std::io;

pub(super) fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let path = audit_file::path(opened.config.audit_file.as_deref()).ok_or_else(|| {
        Report::new("audit", "there is no home folder to keep the audit file in", ExitCode::Failed)
            .hint("name a file with `audit_file` in the configuration")
    })?;
    let (records, odd) = audit_file::read(&path).map_err(|error| {
        Report::new("audit", format!("the audit file {} cannot be read", path.display()), ExitCode::Failed)
            .caused_by(&error)
            .hint("check that its folder is there and its permissions, or name another one with `audit_file`")
    })?;
    let environment = (!arguments.all).then_some(opened.environment.name.as_str());
    let shown = headless::TimeDisplay { now: jiff::Timestamp::now(), zone: opened.zone.clone() };
    let report = report::audit(records, odd, path.display().to_string(), environment, arguments.last, shown);
    print_result(headless::print(out, &report, context.output, Context::width()).map(drop))
}
