//! Finds the units and prints them.

use super::args::{Arguments, Format};
use super::report;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::open;
use crate::commands::printed::printed;
use crate::headless;
use crate::model::infra::picture::formats;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if let (Some(_), Some(output)) = (arguments.format, context.global.output) {
        let message = format!("--format and --output {} are both given", output.word());
        return Err(Report::usage(message).hint("leave one out"));
    }
    let opened = open(context, &arguments.target).await?;
    let (name, graph) = (&opened.environment.name, &opened.found.graph);
    let picture = report::picture(graph);
    let text = match arguments.format {
        Some(Format::Dot) => formats::dot(name, &picture),
        Some(Format::Mermaid) => formats::mermaid(&picture),
        Some(Format::Svg) => formats::svg(&picture),
        Some(Format::Text) => formats::text(&picture),
        format @ (None | Some(Format::Json | Format::Table)) => {
            let output = match format {
                Some(Format::Json) => Output::Json,
                Some(Format::Table) => Output::Table,
                _ => context.output,
            };
            let report = report::graph(name, graph, &opened.found.warnings);
            return printed(headless::print(out, &report, output, Context::width()).map(drop));
        }
    };
    let text = if text.ends_with('\n') { text } else { format!("{text}\n") };
    printed(headless::write(out, &text).map(drop))
}
