//! `plan` and `drift`: a run that changes nothing, and its plans.

use super::difference::DifferenceDto;
use super::driving::{Followed, Following, begin, ended};
use super::run_args::RunArgs;
use super::running;
use super::shown;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::printed::{printed, verdict};
use crate::commands::say::say;
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
use crate::model::time::spoken;
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
    /// Every unit has a plan.
    pub(super) complete: bool,
    /// The units, in the order in which their turn comes.
    pub(super) units: Vec<UnitPlan>,
    /// Differences between what runs and what is declared; of `drift` alone, and `null` where nothing is compared.
    pub(super) differences: Option<Vec<DifferenceDto>>,
}

/// The plan of a unit.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct UnitPlan {
    /// Its name.
    pub(super) unit: String,
    /// `planned`, `unchanged`, or why there is no plan.
    pub(super) end: String,
    /// SHA-256 of the plan file, in hexadecimal digits; `null` where there is no plan.
    pub(super) sha256: Option<String>,
    /// How many are added, changed, removed and imported.
    #[schemars(with = "Option<std::collections::BTreeMap<String, u64>>")]
    pub(super) summary: Option<Summary>,
    /// Resources that were changed elsewhere.
    pub(super) drifted: Option<u64>,
    /// Values of dependencies were made up: it is never applied.
    pub(super) on_mocks: bool,
    /// How long its changes usually take one behind the other, in seconds, by earlier runs; `null` where nobody knows.
    pub(super) usual_seconds: Option<u64>,
    /// Changes, drift, outputs and resources, sensitive values masked.
    #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub(super) plan: Option<Plan>,
}

impl Printable for Plans {
    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }
}

/// Plans, prints, and says by the exit code whether something would change.
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
        (Goal::Drift, Followed::Over(_)) => {
            unless_stopped(Box::pin(running::compare(context, &arguments.target))).await??
        }
        _ => None,
    };
    let differences = compared.as_ref().map(|compared| compared.differences.clone());
    let differs = differences.as_ref().is_some_and(|all| !all.is_empty());
    for missing in compared.iter().flat_map(|compared| &compared.missing) {
        say(missing);
    }
    let incomplete = compared.is_some_and(|compared| !compared.missing.is_empty());
    let written = if arguments.json {
        differences.iter().flatten().for_each(|one| say(&one.sentence()));
        Ok(())
    } else {
        write(context, &environment.name, &run, state, differences, out)
    };
    match ended(&followed, state, &run, following.interrupted()) {
        Ok(ExitCode::Done) if incomplete => {
            verdict(written, if detailed { ExitCode::Failed } else { ExitCode::Incomplete })
        }
        Ok(ExitCode::Done) if detailed && (differs || changes(state, goal)) => verdict(written, ExitCode::Usage),
        Ok(code) if matches!(followed, Followed::Over(RunEnd::Done)) => verdict(written, code),
        Ok(code) => Ok(code),
        Err(report) => {
            printed(written)?;
            Err(as_terraform(report, detailed))
        }
    }
}

/// With `--detailed-exitcode` any error is 1, as 2 says that something would change.
fn as_terraform(report: Report, detailed: bool) -> Report {
    if detailed { Report { code: ExitCode::Failed, ..report } } else { report }
}

/// Whether something would change, or has changed elsewhere.
fn changes(state: &RunState, goal: Goal) -> bool {
    let mut plans = state.units.values().filter_map(|unit| unit.plan.as_ref());
    plans.any(|plan| if goal == Goal::Drift { plan.drifted > 0 } else { !plan.empty })
}

/// How long an apply of a plan usually takes, as a line; nothing where that is not known.
fn takes(seconds: Option<u64>) -> String {
    let Some(seconds) = seconds.filter(|seconds| *seconds > 0) else { return String::new() };
    let spoken = spoken(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0)));
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
        let is = &state.units[unit];
        let end = match (&is.plan, &is.end) {
            (Some(plan), _) if plan.empty => "unchanged".to_owned(),
            (Some(_), _) => "planned".to_owned(),
            (None, Some(end)) => super::progress::ended(end),
            (None, None) => "not planned".to_owned(),
        };
        let plan = is.plan.as_ref();
        let shown = plan.map(|plan| shown::read(&plan.shown)).transpose()?;
        units.push(UnitPlan {
            unit: unit.to_owned(),
            end,
            sha256: plan.map(|plan| plan.sha256.clone()),
            summary: plan.map(|plan| plan.summary),
            drifted: plan.map(|plan| plan.drifted),
            on_mocks: plan.is_some_and(|plan| plan.on_mocks),
            usual_seconds: shown.as_ref().and_then(|plan| history.of_plan(plan)),
            plan: shown,
        });
    }
    let each = |make: fn(&str, &Plan) -> String| {
        let one = |unit: &UnitPlan| match &unit.plan {
            Some(plan) => make(&unit.unit, plan) + &takes(unit.usual_seconds),
            None => format!("{}: {}\n", unit.unit, crate::model::text::harmless(&unit.end)),
        };
        let mut text = units.iter().map(one).collect::<Vec<_>>().join("\n");
        if let Some(all) = &differences {
            let title =
                if all.is_empty() { "what runs is as it is declared" } else { "runs, and is declared otherwise:" };
            let _ = writeln!(text, "\n{title}");
            for one in all {
                let _ = writeln!(text, "- {}", crate::model::text::harmless(&one.sentence()));
            }
        }
        text
    };
    let whole = match context.output {
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
    headless::write(out, &whole).map(drop)
}
