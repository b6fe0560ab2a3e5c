//! Finds the units and prints their graph.

use super::args::{Arguments, Format};
use super::report;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::{environment_runs_of, state};
use crate::commands::infra::environment_units::open;
use crate::commands::infra::plan_texts;
use crate::commands::infra::target::Environment;
use crate::commands::report_output::print_result;
use crate::headless;
use crate::model::infra::picture::fold::{Level, picture};
use crate::model::infra::picture::formats;
use crate::model::text::shell_quote;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if let (Some(_), Some(output)) = (arguments.format, context.global.output) {
        let message = format!("--format and --output {} are both given", output.name());
        return Err(Report::usage(message).hint("leave one out"));
    }
    // The diagram of a single unit shows its resources.
    if let ([unit], Some(format)) = (arguments.target.units.as_slice(), arguments.format)
        && format != Format::Table
    {
        return resources(context, &arguments.target.of, unit, format, out);
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
            return print_result(headless::print(out, &report, output, Context::width()).map(drop));
        }
    };
    let text = if text.ends_with('\n') { text } else { format!("{text}\n") };
    print_result(headless::write(out, &text).map(drop))
}

/// Prints the resources of a unit and their dependencies, from its latest recorded plan.
fn resources(
    context: &Context,
    of: &Environment,
    unit: &str,
    format: Format,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let runs = environment_runs_of(context, of)?;
    for listed in &runs.listed {
        let state = state(listed)?;
        let shown = state.units.get(unit).and_then(|unit| unit.plan.as_ref()).map(|plan| plan.shown.clone());
        let Some(plan) = shown.and_then(|path| plan_texts::read_plan(&path).ok()) else { continue };
        let picture = picture(&plan, Level::Resource).reduced();
        let text = match format {
            Format::Dot => formats::dot(unit, &picture),
            Format::Mermaid => formats::mermaid(&picture),
            Format::Svg => formats::svg(&picture),
            Format::Json => headless::emit::json(&formats::json(&picture)).unwrap_or_default(),
            Format::Text | Format::Table => formats::text(&picture),
        };
        crate::commands::progress::print_note(&format!("as {} has it", listed.run));
        let text = if text.ends_with('\n') { text } else { format!("{text}\n") };
        return print_result(headless::write(out, &text).map(drop));
    }
    let name = &runs.environment.name;
    Err(Report::usage(format!("no run of {name} has a plan of `{unit}`")).hint(format!(
        "`cockpit infra plan {name} --unit {}` makes one; `cockpit infra graph {name}` lists the units",
        shell_quote(unit)
    )))
}
