//! Identifiers of the Infra pane and its blocks, and its state.

use crate::app::command::PaneId;
use crate::app::overlay::Tone;
use crate::app::screen::Block;
use crate::feeds::infra::{MovableStates, StateLock, Units, UnpushedState};
use crate::model::Failure;
use crate::model::infra::cached::Cached;
use crate::model::infra::declared::Difference;
use crate::model::infra::error_causes;
use crate::model::infra::estimate::History;
use crate::model::infra::message::{Diagnostic, Message};
use crate::model::infra::picture::fold::Level;
use crate::model::infra::picture::{Layout, Picture};
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::{RunEvent, RunEventKind, Step};
use crate::model::infra::run_order::ListedRun;
use crate::model::infra::{Graph, RunState};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

/// The identifier of the Infra pane.
pub const ID: PaneId = PaneId("infra");
/// The block with the units as a list.
pub const UNITS: Block = Block("infra-units");
/// The block with the units as a graph.
pub const GRAPH: Block = Block("infra-graph");
/// The block with the plan of the selected unit.
pub const PLAN: Block = Block("infra-plan");
/// The block with the log of the selected unit.
pub const LOG: Block = Block("infra-log");
/// The block with the resources of a unit as a list.
pub const RESOURCES: Block = Block("infra-resources");
/// The block with the resources of a unit as a graph.
pub const RESOURCE_GRAPH: Block = Block("infra-resource-graph");
/// The block with the change of the selected resource, attribute by attribute.
pub const CHANGE: Block = Block("infra-change");
/// The block with the log of the opened unit.
pub const UNIT_LOG: Block = Block("infra-unit-log");

/// Maximum number of lines kept of a unit's log.
const LOGGED: usize = 5_000;

/// The state of the Infra pane.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The units, once they were found.
    pub units: Option<Units>,
    /// Why the last search for units failed.
    pub failure: Option<Failure>,
    /// Serial number of the pending search for units.
    pub search_serial: Option<u64>,
    /// Whether units were looked for since the environment was opened.
    pub searched: bool,
    /// Runs of the environment, the latest first.
    pub runs: Vec<ListedRun>,
    /// Why runs cannot be listed.
    pub runs_failure: Option<Failure>,
    /// Time of the last list.
    pub listed_at: Option<Timestamp>,
    /// Lists requested with a serial number up to this one are outdated.
    pub last_list_serial: u64,
    /// The followed run.
    pub run: Option<Followed>,
    /// Whether an older run was opened, which newer ones must not replace.
    pub pinned: bool,
    /// The comparison of the running environment with its declaration.
    pub comparison: Option<Comparison>,
    /// Description of a pending request.
    pub pending_request: Option<String>,
    /// The usual durations of changes, and the latest run at the time they were read.
    pub history: (History, Option<String>),
    /// The usual duration of each unit's plan, in seconds.
    pub usual: BTreeMap<String, u64>,
    /// The plans that were read, by unit, each with its hash.
    pub plans: BTreeMap<String, (String, Option<Plan>)>,
    /// Why the last unreadable plan could not be read.
    pub plans_failure: Option<Failure>,
    /// The log of each unit, oldest line first.
    pub logs: BTreeMap<String, VecDeque<Logged>>,
    /// The raw output of Terraform and Terragrunt in the followed run.
    pub raw_output: RawOutput,
    /// The opened unit.
    pub opened_unit: Option<String>,
    /// The selected unit.
    pub selected_unit: Option<String>,
    /// The selected resource of the opened unit.
    pub selected_resource: Option<String>,
    /// The resource whose attributes are being read, with its unit.
    pub reading: Option<(String, String)>,
    /// The chosen fold level of the opened unit's resources.
    pub level: Option<Level>,
    /// The unit to import into, while address and id are typed.
    pub importing: Option<String>,
    /// The marked units.
    pub marked_units: BTreeSet<String>,
    /// The marked resources of the opened unit.
    pub marked_resources: BTreeSet<String>,
    /// The question of the open dialog.
    pub open_question: Option<DialogQuestion>,
    /// The graph that is drawn, and the data it was made from.
    pub drawing: GraphDrawing,
    /// The shown lines of the plan, and the data they were made from.
    pub shown_plan: ShownPlan,
    /// The last serial number given to a request.
    pub serial: u64,
    /// Serial number of the last request of each kind, by the kind's number.
    pub latest: BTreeMap<u8, u64>,
    /// Pending requests that continue when another environment is opened, with the environment of each.
    pub detached: BTreeMap<u64, String>,
    /// Those of them that migrate states.
    pub migrations: BTreeSet<u64>,
}

/// A followed run.
#[derive(Debug, Clone)]
pub struct Followed {
    pub folder: PathBuf,
    pub name: String,
    /// The run's state, derived from its events.
    pub state: RunState,
    /// Serial number of the request that follows it.
    pub serial: u64,
    /// Whether a supervisor drives it.
    pub live: bool,
    /// Whether its events arrived at least once.
    pub events_arrived: bool,
    /// Why it cannot be read.
    pub failure: Option<Failure>,
}

impl Followed {
    /// Whether a supervisor drives it and it has not ended.
    pub fn is_running(&self) -> bool {
        self.live && self.state.end.is_none()
    }
}

/// The comparison of the running environment with its declaration, made after a drift run.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The drift run.
    pub run: String,
    /// The progress of the comparison.
    pub progress: ComparisonState,
}

/// The progress of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum ComparisonState {
    /// To be requested.
    Due,
    /// Requested.
    Requested,
    /// The result.
    Found {
        /// The differences, each with the place of its declaration.
        differences: Vec<(Difference, Option<String>)>,
        /// Sentences on what could not be read.
        missing: Vec<String>,
    },
    /// Why the comparison failed.
    Failed(Failure),
}

/// The raw output of Terraform and Terragrunt for a unit in the followed run.
#[derive(Debug, Clone, Default)]
pub struct RawOutput {
    /// Whether it is shown instead of the log.
    pub shown: bool,
    /// The unit whose output was read.
    pub unit: String,
    /// Time of the last request.
    pub requested_at: Option<Timestamp>,
    pub lines: Vec<Logged>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The time of the line.
    pub time: Timestamp,
    /// The colour of the line.
    pub tone: Tone,
    /// The text of the line.
    pub text: String,
}

/// The question of a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialogQuestion {
    /// Whether to apply these plans, each with unit and hash.
    Approve(Vec<(String, String)>),
    /// Whether to cancel the run with this name; `true` for the second, harder cancel.
    Cancel(String, bool),
    /// Whether to release this lock.
    Unlock(StateLock),
    /// Whether to remove caches.
    Clean(Vec<Cached>),
    /// Whether to plan the replacement of a resource: unit and address.
    Replace(String, String),
    /// Whether to plan only these resources of a unit.
    Target(String, Vec<String>),
    /// Whether to push a state that could not be written.
    Push(UnpushedState),
    /// Whether to format the code of these units.
    Form(Vec<String>),
    /// Whether to migrate these states to S3.
    Move(MovableStates),
    /// Whether to create workspaces of these units.
    Workspaces(Vec<String>),
}

/// A graph with the places of its boxes.
#[derive(Debug, Clone, Default)]
pub struct GraphDrawing {
    /// Identifies the data it was made from; empty if it was not made yet.
    pub source_key: String,
    /// The boxes.
    pub picture: Picture,
    /// The places of the boxes.
    pub layout: Layout,
    /// The first visible column and row.
    pub offset: (usize, usize),
    /// The fold level of its resources.
    pub level: Level,
}

/// The lines of a plan.
#[derive(Debug, Clone, Default)]
pub struct ShownPlan {
    /// Identifies the data they were made from.
    pub of: String,
    pub lines: Vec<PlanLine>,
}

/// A line of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    /// The indentation in cells.
    pub indent: u16,
    /// The sign that Terraform prints.
    pub sign: String,
    /// The text of the line.
    pub text: String,
    /// The colour of the line.
    pub tone: Tone,
}

impl State {
    /// The state of the followed run.
    pub fn state(&self) -> Option<&RunState> {
        self.run.as_ref().map(|run| &run.state)
    }

    /// The environments whose states are being migrated.
    pub fn migrating_environments(&self) -> impl Iterator<Item = &str> {
        self.migrations.iter().filter_map(|serial| self.detached.get(serial)).map(String::as_str)
    }

    /// The units as they were found, or those of the followed run if units were not found or an older run is opened.
    pub fn graph(&self) -> Graph {
        let started = self.state().and_then(|state| state.started.as_ref());
        let of_run = || started.and_then(|started| Graph::new(started.units.clone()).ok());
        match &self.units {
            // A run over some units leaves the others visible; an older run may have had other units.
            Some(units) if !self.pinned => units.graph.clone(),
            _ => of_run().unwrap_or_default(),
        }
    }

    /// The names of the environment's units, or why they are not known.
    pub fn unit_names(&self) -> Result<Vec<String>, String> {
        match (&self.units, &self.failure) {
            (Some(units), _) => Ok(units.graph.units().iter().map(|unit| unit.name.clone()).collect()),
            (None, Some(failure)) => Err(failure.message.clone()),
            (None, None) => Err("they are still looked for".to_owned()),
        }
    }

    /// The plan of a unit in the followed run, if it was read.
    pub fn plan_of(&self, unit: &str) -> Option<&Plan> {
        let bound = self.state()?.units.get(unit)?.plan.as_ref()?;
        let (sha256, plan) = self.plans.get(unit)?;
        plan.as_ref().filter(|_| *sha256 == bound.sha256)
    }

    /// Computes the usual duration of each unit's plan from earlier runs.
    pub fn estimate(&mut self) {
        let plans = self.plans.iter().filter_map(|(unit, (_, plan))| Some((unit, plan.as_ref()?)));
        self.usual =
            plans.filter_map(|(unit, plan)| Some((unit.clone(), self.history.0.plan_duration(plan)?))).collect();
    }

    /// Applies the events of the followed run.
    pub fn absorb(&mut self, events: &[RunEvent]) {
        for event in events {
            self.log(event);
        }
        if let Some(run) = &mut self.run {
            run.events_arrived = true;
            for event in events {
                run.state.apply(event);
            }
        }
    }

    fn log(&mut self, event: &RunEvent) {
        let mut put = |unit: &str, tone: Tone, text: String| {
            let lines = self.logs.entry(unit.to_owned()).or_default();
            if lines.len() >= LOGGED {
                lines.pop_front();
            }
            lines.push_back(Logged { time: event.time, tone, text });
        };
        match &event.what {
            RunEventKind::Step { unit, step, pid: Some(pid), .. } => {
                put(unit, Tone::Dim, format!("── {} (process {pid})", step_label(*step)));
            }
            RunEventKind::Said { unit, message, .. } => {
                for (tone, text) in message_lines(message) {
                    put(unit, tone, text);
                }
            }
            RunEventKind::StepEnded { unit, step, code, failed } => {
                let code = match code {
                    Some(code) => format!("exit {code}"),
                    // Steps of the supervisor itself have no exit code.
                    None if failed.is_none() => return put(unit, Tone::Dim, format!("── {} ended", step_label(*step))),
                    None => "without an exit code".to_owned(),
                };
                match failed {
                    Some(why) => put(unit, Tone::Bad, format!("── {} failed, {code}: {why}", step_label(*step))),
                    None => put(unit, Tone::Dim, format!("── {} ended, {code}", step_label(*step))),
                }
            }
            RunEventKind::PlanReady { unit, .. } => put(unit, Tone::Strong, "the plan is ready to be read".to_owned()),
            RunEventKind::Approved { unit, by, .. } => {
                put(unit, Tone::Strong, format!("approved by {} on {}", by.user, by.host));
            }
            RunEventKind::PlanStale { unit, why } => put(unit, Tone::Warn, format!("the plan is stale: {why}")),
            RunEventKind::Guarded { unit, guards } => {
                put(unit, Tone::Strong, "before it is destroyed, by a separate plan:".to_owned());
                for guard in guards {
                    put(unit, Tone::Warn, format!("  {}", guard.describe()));
                }
            }
            RunEventKind::Counted { unit, losses } => {
                put(unit, Tone::Strong, "lost with what is destroyed:".to_owned());
                for loss in losses {
                    put(unit, if loss.counted { Tone::Bad } else { Tone::Warn }, format!("  {}", loss.sentence()));
                }
            }
            RunEventKind::Lifted { unit } => put(unit, Tone::Strong, "nothing guards it any more".to_owned()),
            RunEventKind::Note { unit: Some(unit), text } => put(unit, Tone::Warn, text.clone()),
            // Other events add no line to a unit's log.
            _ => {}
        }
    }
}

/// The name of a step.
pub fn step_label(step: Step) -> &'static str {
    match step {
        Step::Init => "init",
        Step::Plan => "plan",
        Step::Show => "show",
        Step::Apply => "apply",
    }
}

/// The log lines for a message of Terraform.
fn message_lines(message: &Message) -> Vec<(Tone, String)> {
    let one = |tone, text: String| vec![(tone, text)];
    match message {
        Message::Version { terraform, .. } => one(Tone::Dim, format!("Terraform {terraform}")),
        Message::Planned { address, action, reason } => {
            let reason = reason.as_ref().map(|reason| format!(" ({})", reason.replace('_', " "))).unwrap_or_default();
            one(Tone::Plain, format!("{} {address}{reason}", action.sign()))
        }
        Message::Drift { address, .. } => one(Tone::Warn, format!("{address}: changed elsewhere")),
        Message::RefreshStarted { .. } => Vec::new(),
        Message::Refreshed { address } => one(Tone::Dim, format!("{address}: read")),
        Message::ApplyStarted { address, action } => {
            one(Tone::Plain, format!("{address}: {} …", action.progress_label()))
        }
        Message::ApplyProgress { address, elapsed } => one(Tone::Dim, format!("{address}: still at it, {elapsed}s")),
        Message::ApplyDone { address, elapsed, id, .. } => {
            let id = id.as_ref().map(|id| format!(" [{id}]")).unwrap_or_default();
            one(Tone::Good, format!("{address}: done after {elapsed}s{id}"))
        }
        Message::ApplyFailed { address, elapsed, .. } => one(Tone::Bad, format!("{address}: failed after {elapsed}s")),
        Message::Diagnostic(diagnostic) => diagnostic_lines(diagnostic),
        Message::Summary(summary) => {
            one(Tone::Strong, format!("+{} ~{} -{}", summary.add, summary.change, summary.remove))
        }
        Message::Log { text } => one(Tone::Plain, text.clone()),
    }
}

/// The log lines for an error or a warning: summary with place, then details.
pub fn diagnostic_lines(diagnostic: &Diagnostic) -> Vec<(Tone, String)> {
    let (sign, tone) = if diagnostic.error { ("✖", Tone::Bad) } else { ("▲", Tone::Warn) };
    let mut lines = vec![(tone, format!("{sign} {}", diagnostic.summary))];
    let place = place_of(diagnostic);
    if !place.is_empty() {
        lines.push((Tone::Dim, format!("  at {place}")));
    }
    lines.extend(diagnostic.code.iter().flat_map(|code| code.lines()).map(|line| (Tone::Dim, format!("  │ {line}"))));
    let detail = diagnostic.detail.lines().filter(|line| !line.trim().is_empty());
    lines.extend(detail.map(|line| (Tone::Plain, format!("  {line}"))));
    if let Some(explained) = error_causes::explain(diagnostic) {
        lines.push((Tone::Strong, format!("  that is: {}", explained.meaning)));
        lines.push((Tone::Strong, format!("  do: {}", explained.hint)));
    }
    lines
}

/// The place of a diagnostic: `main.tf:12, aws_vpc.main`.
pub fn place_of(diagnostic: &Diagnostic) -> String {
    let line = diagnostic.line.map(|line| format!(":{line}")).unwrap_or_default();
    let file = diagnostic.file.as_ref().map(|file| format!("{file}{line}"));
    [file, diagnostic.address.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
