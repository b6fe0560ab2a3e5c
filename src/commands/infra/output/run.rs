//! Reads the outputs of units.

use super::args::Arguments;
use super::report::{OutputDto, Outputs, SCHEMA};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_units::{self, with_timeout};
use crate::commands::infra::failed_units::{FailedUnit, exit_code_for, print_failures};
use crate::commands::infra::target::{Environment, Target};
use crate::commands::report_output::{emit, print_result, print_value};
use crate::infra::{query_each, unit_reads};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let (environment, name) = split_arguments(context, &arguments.words)?;
    if arguments.sensitive && name.is_none() {
        return Err(
            Report::usage("--sensitive shows one output, and none is named").hint("name it after the environment")
        );
    }
    let target = Target { of: Environment { environment }, units: arguments.units.clone() };
    let opened = environment_units::open_for_query(context, &target).await?;
    let answers =
        with_timeout(context, query_each(&opened.found, |access| async move { unit_reads::outputs(&access).await }))
            .await?;
    let queried = answers.len();
    let (mut outputs, mut failed) = (Vec::new(), Vec::new());
    for (unit, answer) in answers {
        match answer {
            Ok(found) => {
                let wanted = found.into_iter().filter(|output| name.as_ref().is_none_or(|name| *name == output.name));
                outputs.extend(wanted.map(|output| OutputDto::new(&unit.name, output, arguments.sensitive)));
            }
            Err(trouble) => failed.push(FailedUnit::new(&unit.name, trouble)),
        }
    }
    let mut code = exit_code_for("no outputs can be read", &failed, queried)?;
    if let Some(name) = &name {
        // A named output is handled separately: to a script, a hidden value must not look like an empty one.
        let hidden = outputs.iter().find(|output| output.sensitive && !arguments.sensitive);
        if let Some(output) = hidden.filter(|_| context.global.output.is_none()) {
            return Err(Report::new(
                "refused",
                format!("{} of {} is sensitive", output.name, output.unit),
                ExitCode::Refused,
            )
            .hint("--sensitive shows it"));
        }
        match outputs.as_slice() {
            [] if failed.is_empty() => {
                return Err(Report::usage(format!("there is no output `{name}`"))
                    .hint(format!("`cockpit infra output {}` lists those that there are", opened.environment.name)));
            }
            [one] if context.global.output.is_none() => {
                let mut value = one.plain();
                if !value.ends_with('\n') {
                    value.push('\n');
                }
                print_result(print_value(&value, out))?;
                print_failures(&failed);
                return Ok(code);
            }
            [_, another, ..] if context.global.output.is_none() => {
                let units: Vec<&str> = outputs.iter().map(|output| output.unit.as_str()).collect();
                return Err(Report::usage(format!("several units have an output `{}`", another.name))
                    .hint(format!("name one with --unit: {}", units.join(", "))));
            }
            _ => {}
        }
    }
    let report = Outputs { schema: SCHEMA.to_owned(), environment: opened.environment.name, outputs, failed };
    if print_result(emit(context, &report, out))? != ExitCode::Done {
        code = ExitCode::Failed;
    }
    Ok(code)
}

/// Returns the environment and the output name among the arguments: a single one is the environment if one of that name
/// exists, else the output.
fn split_arguments(context: &Context, words: &[String]) -> Result<(Option<String>, Option<String>), Report> {
    Ok(match words {
        [] => (None, None),
        [environment, name] => (Some(environment.clone()), Some(name.clone())),
        [word] if context.load().config.environment(word).is_some() => (Some(word.clone()), None),
        [word] => (None, Some(word.clone())),
        _ => return Err(Report::usage("one output is needed, after the environment")),
    })
}
