//! `plan` and `drift`: runs that change nothing, and the report of their plans.

use super::difference::DifferenceDto;
use super::follow_run::{Followed, Following, begin, run_result};
use super::plan_texts;
use super::run_args::RunArgs;
use super::running;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::report_output::{print_result, verdict_code};
use crate::headless;
use crate::headless::emit::Printable;
use crate::headless::table::Table;
use crate::infra::run::times;
use crate::model::infra::RunState;
use crate::model::infra::message::Summary;
use crate::model::infra::plan::Plan;
use crate::model::infra::plan::markdown::markdown;
use crate::model::infra::plan::text::text;
use crate::model::infra::run_event::{Goal, RunEnd};
use crate::model::time::sentence_duration;
use crate::runtime::stop::unless_stopped;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// Schema of the plans of a run.
pub const SCHEMA: &str = "cockpit.infra-plan/1";

/// The plans of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Plans {
    /// `cockpit.infra-plan/1`.
    pub(super) schema: String,
    /// The environment's name.
    pub(super) environment: String,
    /// The run.
    pub(super) run: String,
    /// Whether every unit has a plan.
    pub(super) complete: bool,
    /// The units, in the order in which they run.
    pub(super) units: Vec<UnitPlan>,
    /// Differences between running and declared resources, for `drift` only; `null` if they were not compared.
    pub(super) differences: Option<Vec<DifferenceDto>>,
}

/// The plan of a unit.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct UnitPlan {
    /// Its name.
    pub(super) unit: String,
    /// `planned`, `unchanged`, or why there is no plan.
    pub(super) end: String,
    /// SHA-256 of the plan file, in hexadecimal; `null` if there is no plan.
    pub(super) sha256: Option<String>,
    /// The number of additions, changes, removals and imports.
    #[schemars(with = "Option<std::collections::BTreeMap<String, u64>>")]
    pub(super) summary: Option<Summary>,
    /// The number of resources that were changed elsewhere.
    pub(super) drifted: Option<u64>,
    /// Whether outputs of dependencies were mocked; such a plan is never applied.
    pub(super) on_mocks: bool,
    /// The usual duration in seconds of its changes one after the other, by earlier runs; `null` if not known.
    pub(super) usual_seconds: Option<u64>,
    /// Changes, drift, outputs and resources, with sensitive values masked.
    #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub(super) plan: Option<Plan>,
}

impl Printable for Plans {
    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }
}

/// Makes the plans and prints them. The exit code tells whether something would change.
pub(super) async fn plan(
    context: &Context,
    arguments: &RunArgs,
    goal: Goal,
    detailed: bool,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let begun = Box::pin(begin(context, arguments, goal, true)).await;
    let (run, environment) = begun.map_err(|report| as_terraform(report, detailed))?;
    let mut following = Following::new(context, &environment, &run, arguments.json, false);
    let followed = following.follow(out).await?;
    let state = &following.state;
    let compared = match (goal, &followed) {
        (Goal::Drift, Followed::Ended(_)) => {
            unless_stopped(Box::pin(running::compare(context, &arguments.target))).await??
        }
        _ => None,
    };
    let differences = compared.as_ref().map(|compared| compared.differences.clone());
    let differs = differences.as_ref().is_some_and(|all| !all.is_empty());
    for missing in compared.iter().flat_map(|compared| &compared.missing) {
        print_note(missing);
    }
    let incomplete = compared.is_some_and(|compared| !compared.missing.is_empty());
    let written = if arguments.json {
        differences.iter().flatten().for_each(|one| print_note(&one.sentence()));
        Ok(())
    } else {
        write(context, &environment.name, &run, state, differences, out)
    };
    match run_result(&followed, state, &run, following.interrupted()) {
        Ok(ExitCode::Done) if incomplete => {
            verdict_code(written, if detailed { ExitCode::Failed } else { ExitCode::Incomplete })
        }
        Ok(ExitCode::Done) if detailed && (differs || changes(state, goal)) => verdict_code(written, ExitCode::Usage),
        Ok(code) if matches!(followed, Followed::Ended(RunEnd::Done)) => verdict_code(written, code),
        Ok(code) => Ok(code),
        Err(report) => {
            print_result(written)?;
            Err(as_terraform(report, detailed))
        }
    }
}

/// Maps the exit code of any error to 1 with `--detailed-exitcode`, where 2 means that something would change.
fn as_terraform(report: Report, detailed: bool) -> Report {
    if detailed { Report { code: ExitCode::Failed, ..report } } else { report }
}

/// Whether something would change, or for drift, has changed elsewhere.
fn changes(state: &RunState, goal: Goal) -> bool {
    let mut plans = state.units.values().filter_map(|unit| unit.plan.as_ref());
    plans.any(|plan| if goal == Goal::Drift { plan.drifted > 0 } else { !plan.empty })
}

/// Returns a line with the usual duration of applying a plan; empty if it is not known.
fn takes(seconds: Option<u64>) -> String {
    let Some(seconds) = seconds.filter(|seconds| *seconds > 0) else { return String::new() };
    let spoken = sentence_duration(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0)));
    format!("\nits changes usually take {spoken}, by earlier runs\n")
}

fn write(
    context: &Context,
    environment: &str,
    run: &Path,
    state: &RunState,
    differences: Option<Vec<DifferenceDto>>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut units = Vec::new();
    let history = run.ancestors().nth(2).map(|runs| times::history(runs, environment)).unwrap_or_default();
    for unit in state.in_order() {
        let unit_state = &state.units[unit];
        let end = match (&unit_state.plan, &unit_state.end) {
            (Some(plan), _) if plan.empty => "unchanged".to_owned(),
            (Some(_), _) => "planned".to_owned(),
            (None, Some(end)) => super::progress::describe_end(end),
            (None, None) => "not planned".to_owned(),
        };
        let plan = unit_state.plan.as_ref();
        let shown = plan.map(|plan| plan_texts::read_plan(&plan.shown)).transpose()?;
        units.push(UnitPlan {
            unit: unit.to_owned(),
            end,
            sha256: plan.map(|plan| plan.sha256.clone()),
            summary: plan.map(|plan| plan.summary),
            drifted: plan.map(|plan| plan.drifted),
            on_mocks: plan.is_some_and(|plan| plan.on_mocks),
            usual_seconds: shown.as_ref().and_then(|plan| history.plan_duration(plan)),
            plan: shown,
        });
    }
    let each = |make: fn(&str, &Plan) -> String| {
        let one = |unit: &UnitPlan| match &unit.plan {
            Some(plan) => make(&unit.unit, plan) + &takes(unit.usual_seconds),
            None => format!("{}: {}\n", unit.unit, crate::model::text::sanitize(&unit.end)),
        };
        let mut text = units.iter().map(one).collect::<Vec<_>>().join("\n");
        if let Some(all) = &differences {
            let title =
                if all.is_empty() { "no difference from the declaration" } else { "runs, and is declared otherwise:" };
            let _ = writeln!(text, "\n{title}");
            for one in all {
                let _ = writeln!(text, "- {}", crate::model::text::sanitize(&one.sentence()));
            }
        }
        text
    };
    let full_output = match context.output {
        Output::Markdown => each(markdown),
        Output::Table
        | Output::Csv
        | Output::Text
        | Output::Raw
        | Output::Tsv
        | Output::JsonLines
        | Output::Mermaid
        | Output::Dot
        | Output::Svg => each(text),
        Output::Json | Output::Yaml => {
            let complete = units.iter().all(|unit| unit.plan.is_some());
            let run = crate::infra::run::folder::name(run);
            let plans = Plans {
                schema: SCHEMA.to_owned(),
                environment: environment.to_owned(),
                run,
                complete,
                units,
                differences,
            };
            return headless::print(out, &plans, context.output, None).map(drop);
        }
    };
    headless::write(out, &full_output).map(drop)
}
