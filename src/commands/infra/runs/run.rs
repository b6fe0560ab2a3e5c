//! Lists the runs.

use super::args::Arguments;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::runs_kept::{kept, state};
use crate::commands::infra::shown;
use crate::commands::printed::printed;
use crate::headless::{self, Shown};
use crate::infra::run::times;
use crate::model::infra::estimate::History;
use crate::model::infra::order::Listed;
use crate::model::infra::{Graph, RunState};
use crate::runtime::clock::zone;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;

#[allow(clippy::unused_async, reason = "a command is run as one that may wait")]
pub(super) async fn run(context: &Context, _: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let kept = kept(context)?;
    let history = times::history(&kept.runs, &kept.environment.name);
    let mut runs = Vec::new();
    for listed in kept.listed {
        let state = state(&listed)?;
        let left = left(&listed, &state, &history);
        runs.push((listed, state, left));
    }
    let shown = Shown { now: Timestamp::now(), zone: zone(kept.environment.timezone.as_deref()) };
    let report = report::runs(&kept.environment.name, &runs, shown);
    printed(headless::print(out, &report, context.output, Context::width()).map(drop))
}

/// How long a run that applies still takes, by what its plans usually take; none where nobody knows.
fn left(listed: &Listed, state: &RunState, history: &History) -> Option<u64> {
    let started =
        state.started.as_ref().filter(|started| started.goal.applies() && state.end.is_none() && listed.live)?;
    let graph = Graph::new(started.units.clone()).ok()?;
    let plans = state.units.iter().filter_map(|(unit, is)| Some((unit, shown::read(&is.plan.as_ref()?.shown).ok()?)));
    let usual: BTreeMap<&str, u64> =
        plans.filter_map(|(unit, plan)| Some((unit.as_str(), history.of_plan(&plan)?))).collect();
    History::left(state, &graph, |unit| usual.get(unit).copied(), Timestamp::now().as_second())
}
