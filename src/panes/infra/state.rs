//! Its name, those of its blocks, and what it keeps.

use crate::app::command::PaneId;
use crate::app::overlay::Tone;
use crate::app::screen::Block;
use crate::feeds::infra::{KeptState, Locked, MovableStates, Units};
use crate::model::Failure;
use crate::model::infra::cached::Cached;
use crate::model::infra::causes;
use crate::model::infra::declared::Difference;
use crate::model::infra::estimate::History;
use crate::model::infra::message::{Diagnostic, Message};
use crate::model::infra::order::Listed;
use crate::model::infra::picture::fold::Level;
use crate::model::infra::picture::{Layout, Picture};
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::{RunEvent, Step, What};
use crate::model::infra::{Graph, RunState};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

/// The pane.
pub const ID: PaneId = PaneId("infra");
/// The units of the environment, as a list.
pub const UNITS: Block = Block("infra-units");
/// The units of the environment, as a graph.
pub const GRAPH: Block = Block("infra-graph");
/// The block with the plan of the selected unit.
pub const PLAN: Block = Block("infra-plan");
/// The block with the log of the selected unit.
pub const LOG: Block = Block("infra-log");
/// The resources of a unit, as a list.
pub const RESOURCES: Block = Block("infra-resources");
/// The resources of a unit, as a graph.
pub const RESOURCE_GRAPH: Block = Block("infra-resource-graph");
/// The block with the change of the selected resource, attribute by attribute.
pub const CHANGE: Block = Block("infra-change");
/// The block with the log of the opened unit.
pub const UNIT_LOG: Block = Block("infra-unit-log");

/// The most lines of a unit's log that are kept.
const LOGGED: usize = 5_000;

/// The state of the Infrastructure pane.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The units, once they were found.
    pub units: Option<Units>,
    /// Why they could not be found the last time.
    pub failure: Option<Failure>,
    /// Units are being looked for, under this number.
    pub looking: Option<u64>,
    /// Units were looked for at least once since the environment was opened.
    pub looked: bool,
    /// Runs of the environment, the latest first.
    pub runs: Vec<Listed>,
    /// Why they cannot be listed.
    pub runs_failure: Option<Failure>,
    /// When they were listed last.
    pub listed: Option<Timestamp>,
    /// Lists that were asked for up to this number are older than what is known.
    pub known_of: u64,
    /// The run that is followed.
    pub run: Option<Followed>,
    /// It is an older run that was chosen: a newer one does not take its place.
    pub pinned: bool,
    /// The comparison of what runs with what is declared.
    pub compared: Option<Compared>,
    /// Something that was asked for and is not answered yet, in words.
    pub waiting: Option<String>,
    /// How long changes usually take; and the run that was the latest when that was read.
    pub history: (History, Option<String>),
    /// The usual duration of each unit's plan, in seconds.
    pub usual: BTreeMap<String, u64>,
    /// Plans that were read, by unit, each with its hash.
    pub plans: BTreeMap<String, (String, Option<Plan>)>,
    /// Why the last plan that could not be read cannot.
    pub plans_failure: Option<Failure>,
    /// The log of each unit, oldest line first.
    pub logs: BTreeMap<String, VecDeque<Logged>>,
    /// The output of the followed run, as Terraform and Terragrunt wrote it.
    pub written: Written,
    /// The unit that was gone into.
    pub open: Option<String>,
    /// The selected unit.
    pub unit: Option<String>,
    /// The selected resource of the opened unit.
    pub resource: Option<String>,
    /// The resource whose attributes are being read, with its unit.
    pub reading: Option<(String, String)>,
    /// How far the resources of the opened unit are folded, where somebody has said it.
    pub level: Option<Level>,
    /// The unit into which something is imported, while that is typed.
    pub importing: Option<String>,
    /// Units that were marked.
    pub marked: BTreeSet<String>,
    /// Resources of the opened unit that were marked.
    pub aimed: BTreeSet<String>,
    /// The question in a window with buttons.
    pub asking: Option<Asking>,
    /// The graph that is drawn, and what it was made for.
    pub drawn: Drawn,
    /// The lines of the plan that are shown, and what they were made for.
    pub shown: Shown,
    /// The last number that was given to a question.
    pub serial: u64,
    /// The number of the last question of each kind, by the number of the kind.
    pub latest: BTreeMap<u8, u64>,
    /// Questions that are not answered yet and go on when another environment is opened: of which environment each is.
    pub lasting: BTreeMap<u64, String>,
    /// Those of them that move states.
    pub moves: BTreeSet<u64>,
}

/// A run that is followed.
#[derive(Debug, Clone)]
pub struct Followed {
    pub folder: PathBuf,
    pub name: String,
    /// The run's state, from its events.
    pub state: RunState,
    /// The number of the question that follows it.
    pub serial: u64,
    /// Something drives it.
    pub live: bool,
    /// Its events came at least once.
    pub read: bool,
    /// Why it cannot be read.
    pub failure: Option<Failure>,
}

impl Followed {
    /// It is driven, and has not ended.
    pub fn goes_on(&self) -> bool {
        self.live && self.state.end.is_none()
    }
}

/// The comparison of what runs with what is declared, made when a look for drift has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The run after which it is compared.
    pub run: String,
    /// The progress of the comparison.
    pub came: ComparisonState,
}

/// The progress of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum ComparisonState {
    /// It is to be asked for.
    Wanted,
    /// It was asked for.
    Asked,
    /// The comparison is made.
    Found {
        /// The differences, each with the place of its declaration.
        differences: Vec<(Difference, Option<String>)>,
        /// Sentences on what could not be read.
        missing: Vec<String>,
    },
    /// Why nothing came.
    Failed(Failure),
}

/// The output of Terraform and Terragrunt for a unit in the followed run.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// It is shown instead of what was said.
    pub shown: bool,
    /// The unit that was read.
    pub unit: String,
    /// When it was asked for.
    pub asked: Option<Timestamp>,
    pub lines: Vec<Logged>,
}

/// A line that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The time of the line.
    pub time: Timestamp,
    /// The colour of the line.
    pub tone: Tone,
    /// The text of the line.
    pub text: String,
}

/// The question in a window with buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// Whether these plans are applied: unit and hash.
    Approve(Vec<(String, String)>),
    /// Whether the run of this name is cancelled; for the second time.
    Cancel(String, bool),
    /// Whether this lock is released.
    Unlock(Locked),
    /// Whether caches are removed.
    Clean(Vec<Cached>),
    /// Whether a resource of a unit is planned to be made again.
    Replace(String, String),
    /// Whether these resources of a unit alone are planned.
    Target(String, Vec<String>),
    /// Whether a state that could not be written is pushed.
    Push(KeptState),
    /// Whether the code of these units is written in its usual form.
    Form(Vec<String>),
    /// Whether these states are moved to S3.
    Move(MovableStates),
    /// Whether workspaces of these units are made.
    Workspaces(Vec<String>),
}

/// A graph and where its boxes are.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// The content that it was made for; empty: it is not made.
    pub of: String,
    /// The boxes.
    pub picture: Picture,
    /// The places of the boxes.
    pub layout: Layout,
    /// First column and row that are shown.
    pub offset: (usize, usize),
    /// How far its resources are folded.
    pub level: Level,
}

/// Lines of a plan.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The content that they were made for.
    pub of: String,
    pub lines: Vec<PlanLine>,
}

/// A line of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    /// How deep it is, in cells.
    pub indent: u16,
    /// Terraform's sign.
    pub sign: String,
    /// The text of the line.
    pub text: String,
    /// The colour of the line.
    pub tone: Tone,
}

impl State {
    /// How the followed run stands.
    pub fn state(&self) -> Option<&RunState> {
        self.run.as_ref().map(|run| &run.state)
    }

    /// Environments whose states are being moved.
    pub fn moving(&self) -> impl Iterator<Item = &str> {
        self.moves.iter().filter_map(|serial| self.lasting.get(serial)).map(String::as_str)
    }

    /// The units: of the followed run where that is live, else as they were found, else those of the last run.
    pub fn graph(&self) -> Graph {
        let started = self.state().and_then(|state| state.started.as_ref());
        let of_run = || started.and_then(|started| Graph::new(started.units.clone()).ok());
        match &self.units {
            // A run over some units leaves the others on the screen; an older one may be of others.
            Some(units) if !self.pinned => units.graph.clone(),
            _ => of_run().unwrap_or_default(),
        }
    }

    /// The names of the environment's units, or why they are not known.
    pub fn found(&self) -> Result<Vec<String>, String> {
        match (&self.units, &self.failure) {
            (Some(units), _) => Ok(units.graph.units().iter().map(|unit| unit.name.clone()).collect()),
            (None, Some(failure)) => Err(failure.message.clone()),
            (None, None) => Err("they are still looked for".to_owned()),
        }
    }

    /// The plan of a unit, as far as it was read; of the run that is followed.
    pub fn plan_of(&self, unit: &str) -> Option<&Plan> {
        let bound = self.state()?.units.get(unit)?.plan.as_ref()?;
        let (sha256, plan) = self.plans.get(unit)?;
        plan.as_ref().filter(|_| *sha256 == bound.sha256)
    }

    /// Works out the usual duration of each unit's plan from earlier runs.
    pub fn estimate(&mut self) {
        let plans = self.plans.iter().filter_map(|(unit, (_, plan))| Some((unit, plan.as_ref()?)));
        self.usual = plans.filter_map(|(unit, plan)| Some((unit.clone(), self.history.0.of_plan(plan)?))).collect();
    }

    /// Takes in what happened in the followed run.
    pub fn absorb(&mut self, events: &[RunEvent]) {
        for event in events {
            self.log(event);
        }
        if let Some(run) = &mut self.run {
            run.read = true;
            for event in events {
                run.state.fold(event);
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
            What::Step { unit, step, pid: Some(pid), .. } => {
                put(unit, Tone::Dim, format!("── {} (process {pid})", word(*step)));
            }
            What::Said { unit, message, .. } => {
                for (tone, text) in said(message) {
                    put(unit, tone, text);
                }
            }
            What::StepEnded { unit, step, code, failed } => {
                let code = match code {
                    Some(code) => format!("exit {code}"),
                    // What the supervisor does itself has none.
                    None if failed.is_none() => return put(unit, Tone::Dim, format!("── {} ended", word(*step))),
                    None => "without an exit code".to_owned(),
                };
                match failed {
                    Some(why) => put(unit, Tone::Bad, format!("── {} failed, {code}: {why}", word(*step))),
                    None => put(unit, Tone::Dim, format!("── {} ended, {code}", word(*step))),
                }
            }
            What::PlanReady { unit, .. } => put(unit, Tone::Strong, "the plan is ready to be read".to_owned()),
            What::Approved { unit, by, .. } => {
                put(unit, Tone::Strong, format!("approved by {} on {}", by.user, by.host));
            }
            What::PlanStale { unit, why } => put(unit, Tone::Warn, format!("the plan is stale: {why}")),
            What::Guarded { unit, guards } => {
                put(unit, Tone::Strong, "before it is destroyed, by a plan of its own:".to_owned());
                for guard in guards {
                    put(unit, Tone::Warn, format!("  {}", guard.words()));
                }
            }
            What::Counted { unit, losses } => {
                put(unit, Tone::Strong, "lost with what is destroyed:".to_owned());
                for loss in losses {
                    put(unit, if loss.counted { Tone::Bad } else { Tone::Warn }, format!("  {}", loss.sentence()));
                }
            }
            What::Lifted { unit } => put(unit, Tone::Strong, "nothing guards it any more".to_owned()),
            What::Note { unit: Some(unit), text } => put(unit, Tone::Warn, text.clone()),
            // The rest is no line of a unit's log.
            _ => {}
        }
    }
}

/// A step in a word.
pub fn word(step: Step) -> &'static str {
    match step {
        Step::Init => "init",
        Step::Plan => "plan",
        Step::Show => "show",
        Step::Apply => "apply",
    }
}

/// The lines for a message of Terraform.
fn said(message: &Message) -> Vec<(Tone, String)> {
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
        Message::ApplyStarted { address, action } => one(Tone::Plain, format!("{address}: {} …", action.doing())),
        Message::ApplyProgress { address, elapsed } => one(Tone::Dim, format!("{address}: still at it, {elapsed}s")),
        Message::ApplyDone { address, elapsed, id, .. } => {
            let id = id.as_ref().map(|id| format!(" [{id}]")).unwrap_or_default();
            one(Tone::Good, format!("{address}: done after {elapsed}s{id}"))
        }
        Message::ApplyFailed { address, elapsed, .. } => one(Tone::Bad, format!("{address}: failed after {elapsed}s")),
        Message::Diagnostic(diagnostic) => diagnosed(diagnostic),
        Message::Summary(summary) => {
            one(Tone::Strong, format!("+{} ~{} -{}", summary.add, summary.change, summary.remove))
        }
        Message::Log { text } => one(Tone::Plain, text.clone()),
    }
}

/// An error or a warning: its sentence with its place, then what it adds.
pub fn diagnosed(diagnostic: &Diagnostic) -> Vec<(Tone, String)> {
    let (sign, tone) = if diagnostic.error { ("✖", Tone::Bad) } else { ("▲", Tone::Warn) };
    let mut lines = vec![(tone, format!("{sign} {}", diagnostic.summary))];
    let place = place_of(diagnostic);
    if !place.is_empty() {
        lines.push((Tone::Dim, format!("  at {place}")));
    }
    lines.extend(diagnostic.code.iter().flat_map(|code| code.lines()).map(|line| (Tone::Dim, format!("  │ {line}"))));
    let detail = diagnostic.detail.lines().filter(|line| !line.trim().is_empty());
    lines.extend(detail.map(|line| (Tone::Plain, format!("  {line}"))));
    if let Some(explained) = causes::explain(diagnostic) {
        lines.push((Tone::Strong, format!("  that is: {}", explained.means)));
        lines.push((Tone::Strong, format!("  do: {}", explained.todo)));
    }
    lines
}

/// `main.tf:12, aws_vpc.main`.
pub fn place_of(diagnostic: &Diagnostic) -> String {
    let line = diagnostic.line.map(|line| format!(":{line}")).unwrap_or_default();
    let file = diagnostic.file.as_ref().map(|file| format!("{file}{line}"));
    [file, diagnostic.address.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
