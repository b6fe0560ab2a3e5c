//! Prints the JSON Schema of an output.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::list::schemas;
use crate::commands::report_output::print_result;
use crate::headless;
use std::io;

pub(super) fn run(arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let schema = schemas().into_iter().find(|schema| schema.name == arguments.name);
    let text = schema.and_then(|schema| headless::emit::json(&(schema.make)()).ok()).unwrap_or_default();
    print_result(headless::write(out, &text).map(drop))
}
