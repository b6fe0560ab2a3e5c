//! The kept facts of an environment as DTOs, with their rows among the sources.

use crate::config::EnvironmentConfig;
use crate::headless::dto::{SourceDto, SourceState};
use crate::headless::local_facts::{CostDto, InfraDto, RunDto};
use crate::model::Source;
use crate::model::costs::{self, Costs, cents};
use crate::model::infra::RunState;
use crate::model::infra::run_order::ListedRun;
use jiff::Timestamp;

/// The name of the runs' source.
pub const RUNS: &str = "infra.runs";
/// Whether a source is kept on this machine, so that no request is sent for it.
pub fn is_local(source: &str) -> bool {
    source == RUNS || source == Source::Costs.name()
}

/// The message of the costs' source if no costs are kept.
const NOT_KEPT: &str = "not asked: `cockpit cost` asks, once a day at most";

/// The facts kept on this machine.
#[derive(Debug, Clone)]
pub struct LocalFacts {
    /// The costs that Cost Explorer returned today for the account in use.
    pub costs: Option<Costs>,
    /// The latest run with its state, or why it is not known.
    pub run: Result<Option<(ListedRun, RunState)>, String>,
}

impl Default for LocalFacts {
    fn default() -> Self {
        Self { costs: None, run: Ok(None) }
    }
}

/// Returns the costs of the account, and their row among the sources.
pub fn cost(kept: &LocalFacts, now: Timestamp) -> (Option<CostDto>, SourceDto) {
    let name = Source::Costs.name();
    let Some(costs) = &kept.costs else { return (None, row(name, SourceState::Skipped, Some(NOT_KEPT.to_owned()))) };
    let summary = costs::summarize(costs, costs::today(now));
    let exceeded = costs.budgets.iter().filter(|budget| budget.is_exceeded()).map(|budget| budget.name.clone());
    let cost = CostDto {
        read_at: costs.read_at.to_string(),
        currency: costs.currency.clone(),
        month: cents(summary.month),
        forecast: summary.forecast.map(cents),
        yesterday: summary.yesterday.map(cents),
        usual: summary.usual.map(cents),
        budgets_exceeded: costs.no_budgets.is_none().then(|| exceeded.collect()),
    };
    let age = u64::try_from(now.duration_since(costs.read_at).as_millis().max(0)).unwrap_or(u64::MAX);
    (Some(cost), SourceDto { age_ms: Some(age), ..row(name, SourceState::Ok, None) })
}

/// Returns the infrastructure as code, and its row among the sources.
pub fn infra(kept: &LocalFacts, environment: &EnvironmentConfig) -> (Option<InfraDto>, SourceDto) {
    let Some(kind) = environment.infra.kind else { return (None, row(RUNS, SourceState::Skipped, None)) };
    let units = &environment.infra.units;
    let (run, row) = match &kept.run {
        Ok(run) => {
            let run = run.as_ref().map(|(listed, state)| run_dto(listed, state));
            (run, SourceDto { age_ms: Some(0), ..row(RUNS, SourceState::Ok, None) })
        }
        Err(why) => {
            (None, SourceDto { kind: Some("other".into()), ..row(RUNS, SourceState::Failed, Some(why.clone())) })
        }
    };
    let units = (!units.is_empty()).then(|| units.iter().map(|unit| unit.name.clone()).collect());
    (Some(InfraDto { kind: kind.name().to_owned(), units, run }), row)
}

fn run_dto(listed: &ListedRun, state: &RunState) -> RunDto {
    let (over, units) = state.progress();
    RunDto {
        run: listed.run.clone(),
        goal: listed.order.as_ref().map(|order| order.goal.name().to_owned()),
        state: state.status_name(listed.live).to_owned(),
        began: state.began.map(|time| format!("{time:.0}")),
        ended: state.end.map(|(time, _)| format!("{time:.0}")),
        by: listed.order.as_ref().map(|order| format!("{}@{}", order.by.user, order.by.host)),
        units,
        over,
    }
}

fn row(name: &str, status: SourceState, error: Option<String>) -> SourceDto {
    SourceDto {
        name: name.to_owned(),
        status,
        age_ms: None,
        requests: 0,
        error,
        kind: None,
        unmatched: Vec::new(),
        failure: None,
    }
}
