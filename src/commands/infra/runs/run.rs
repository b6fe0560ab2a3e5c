//! Lists the runs of an environment.

use super::args::Arguments;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::{environment_runs, state};
use crate::commands::infra::plan_texts;
use crate::commands::report_output::print_result;
use crate::headless::{self, TimeDisplay};
use crate::infra::run::times;
use crate::model::infra::estimate::History;
use crate::model::infra::run_order::ListedRun;
use crate::model::infra::{Graph, RunState};
use crate::runtime::clock::zone;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;

#[allow(clippy::unused_async, reason = "a command is run as one that may wait")]
pub(super) async fn run(context: &Context, _: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let recorded = environment_runs(context)?;
    let history = times::history(&recorded.root, &recorded.environment.name);
    let mut runs = Vec::new();
    for listed in recorded.listed {
        let state = state(&listed)?;
        let left = left(&listed, &state, &history);
        runs.push((listed, state, left));
    }
    let shown = TimeDisplay { now: Timestamp::now(), zone: zone(recorded.environment.timezone.as_deref()) };
    let report = report::runs(&recorded.environment.name, &runs, shown);
    print_result(headless::print(out, &report, context.output, Context::width()).map(drop))
}

/// Estimates the remaining seconds of a run that applies, from the usual durations of its plans; `None` if not known.
fn left(listed: &ListedRun, state: &RunState, history: &History) -> Option<u64> {
    let started =
        state.started.as_ref().filter(|started| started.goal.applies() && state.end.is_none() && listed.live)?;
    let graph = Graph::new(started.units.clone()).ok()?;
    let plans =
        state.units.iter().filter_map(|(unit, is)| Some((unit, plan_texts::read_plan(&is.plan.as_ref()?.shown).ok()?)));
    let usual: BTreeMap<&str, u64> =
        plans.filter_map(|(unit, plan)| Some((unit.as_str(), history.plan_duration(&plan)?))).collect();
    History::remaining_seconds(state, &graph, |unit| usual.get(unit).copied(), Timestamp::now().as_second())
}
