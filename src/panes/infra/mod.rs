//! The Infra pane: the environment's units and their order, what a plan would do, and a run in progress.
//!
//! [`state`] holds the state, [`update`] handles keys and answers, [`ask`] creates requests, [`windows`] has the dialogs,
//! [`late`] handles answers for another environment, [`tell`] has the texts, and [`drawing`] the graphs.

pub mod after;
#[cfg(test)]
mod after_tests;
pub mod apply;
pub mod approve;
#[cfg(test)]
mod approve_tests;
pub mod ask;
pub mod attributes;
pub mod begin;
pub mod clean;
pub mod code;
pub mod cost;
pub mod drawing;
pub mod drift;
#[cfg(test)]
mod drift_tests;
pub mod folding;
mod graph_view;
pub mod kept;
pub mod late;
pub mod layout;
mod lock;
pub mod look;
#[cfg(test)]
mod look_tests;
pub mod make;
#[cfg(test)]
mod make_tests;
pub mod movable;
pub mod moves;
#[cfg(test)]
mod moves_tests;
pub mod plan_lines;
pub mod replace;
pub mod rows;
pub mod runs;
#[cfg(test)]
mod runs_tests;
pub mod state;
pub mod target;
pub mod tell;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;
pub mod windows;
pub mod written;

use crate::app::command::{Bottom, Id, Risk, Scope};
use crate::app::pane::{Data, Rows};
use crate::app::{Command, Hooks, Pane, Spec, View};
use crate::feeds::infra::Inspection;
use crate::model::infra::run_event::Goal;
use state::{CHANGE, GRAPH, LOG, PLAN, RESOURCE_GRAPH, RESOURCES, UNIT_LOG, UNITS};

/// The Infra pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Infra",
    key: "6",
    doc: "Go to the infrastructure as code.",
    heading: "In the infrastructure",
    commands: COMMANDS,
    in_lists: &[],
    actions: &[Id::OPEN, Id::COPY],
    views: &[&ALL, &UNIT],
    view: |app| if app.panes.infra.opened_unit.is_some() { &UNIT } else { &ALL },
    hooks: Hooks {
        moves: drawing::moves,
        back: update::back,
        up: update::up,
        open: update::open,
        accepted: code::typed,
        lines: runs::lines,
        picked: runs::picked,
        confirm: windows::confirm,
        confirmed: windows::confirmed,
        activity: windows::going,
        loss: moves::loses,
        plan: update::plan,
        answer: update::answer,
        stale_answer: late::answer,
        on_switch: late::switched,
        settle: drawing::settle,
        next_tick: update::next_tick,
        ..Hooks::NONE
    },
};

static ALL: View = View {
    name: "infra",
    blocks: OF_ALL,
    unfocusable_blocks: &[],
    layout: layout::units,
    summary: layout::summary,
    subject: |_| None,
    services: None,
    sources: &[],
};

static UNIT: View = View {
    name: "infra-unit",
    blocks: OF_UNIT,
    unfocusable_blocks: &[],
    layout: layout::unit,
    summary: layout::summary,
    subject: |_| None,
    services: None,
    sources: &[],
};

/// The common fields of blocks whose rows are lines.
const LINES: Spec = Spec {
    block: UNITS,
    title: "Units",
    header: true,
    columns: &[],
    rows: Rows::Lines(rows::unit_lines),
    follows_end: false,
    is_entry: |_| true,
    subject: rows::subject,
    open: |_| None,
    details: |_, _| Vec::new(),
    data: Data::Own(rows::units_status),
};

const OF_ALL: &[&Spec] = &[
    &LINES,
    &Spec { block: GRAPH, title: "Graph", header: false, data: Data::Own(rows::graph_status), ..LINES },
    &Spec {
        block: PLAN,
        title: "Plan",
        header: false,
        rows: Rows::Lines(rows::plan_lines),
        subject: rows::plan_line,
        data: Data::Own(rows::plan_status),
        ..LINES
    },
    &Spec {
        block: LOG,
        title: "Log",
        header: false,
        rows: Rows::Lines(rows::log_lines),
        follows_end: true,
        subject: rows::log_line,
        data: Data::Own(rows::log_status),
        ..LINES
    },
];

const OF_UNIT: &[&Spec] = &[
    &Spec {
        block: RESOURCES,
        title: "Resources",
        rows: Rows::Lines(rows::resource_lines),
        data: Data::Own(rows::resources_status),
        ..LINES
    },
    &Spec {
        block: RESOURCE_GRAPH,
        title: "Graph",
        header: false,
        rows: Rows::Lines(rows::group_lines),
        data: Data::Own(rows::graph_status),
        ..LINES
    },
    &Spec {
        block: CHANGE,
        title: "Change",
        header: false,
        rows: Rows::Lines(rows::plan_lines),
        subject: rows::plan_line,
        data: Data::Own(rows::plan_status),
        ..LINES
    },
    &Spec {
        block: UNIT_LOG,
        title: "Log",
        header: false,
        rows: Rows::Lines(rows::log_lines),
        follows_end: true,
        subject: rows::log_line,
        data: Data::Own(rows::log_status),
        ..LINES
    },
];

const OWN: Scope = Scope::Pane(state::ID.0);

const COMMANDS: &[Command] = &[
    Command::new(
        Id("infra-plan"),
        OWN,
        "plan",
        &["P"],
        "Plan the marked units, or all: what would be changed. Changes nothing.",
        |app| begin::begin(app, Goal::Plan),
    )
    // A drift run takes the lock of each state.
    .with_risk(Risk::Change)
    .on_bottom(Bottom::First(1)),
    Command::new(
        Id("infra-apply"),
        OWN,
        "apply",
        &["A"],
        "Approve the plans that wait for review: of the marked units, of the one that was gone into, else all of the wave. \
         Without a run, plan first and ask then.",
        apply::apply,
    )
    .with_risk(Risk::Disrupt)
    .on_bottom(Bottom::First(2)),
    Command::new(Id("infra-diff"), OWN, "diff", &["v"], "Show what the plan of the selected unit would do.", update::diff)
        .on_bottom(Bottom::First(3)),
    Command::new(
        Id("infra-log"),
        OWN,
        "log",
        &["l"],
        "Show the log of the selected unit; there, the output as Terraform and Terragrunt wrote it, and back.",
        written::log,
    )
    .on_bottom(Bottom::First(4)),
    Command::new(
        Id("infra-cancel"),
        OWN,
        "cancel",
        &["C"],
        "Ask the run to stop, after a question; a second time ends it at once, and state may be lost.",
        update::cancel,
    )
    .with_risk(Risk::Change)
    .on_bottom(Bottom::First(5)),
    Command::new(Id("infra-mark"), OWN, "mark", &["space"], "Mark the selected unit, or unmark it; in a unit the selected resource.", update::mark)
        .on_bottom(Bottom::First(6)),
    Command::new(
        Id("infra-retry"),
        OWN,
        "retry",
        &["R"],
        "Try the failed and blocked units of the run again.",
        update::retry,
    )
    .with_risk(Risk::Disrupt)
    .on_bottom(Bottom::First(7)),
    Command::new(
        Id("infra-destroy"),
        OWN,
        "destroy",
        &["X"],
        "Plan to destroy the marked units, or all, and ask then.",
        |app| begin::begin(app, Goal::Destroy),
    )
    .with_risk(Risk::Destroy)
    .on_bottom(Bottom::First(8)),
    Command::new(
        Id("infra-drift"),
        OWN,
        "drift",
        &["W"],
        "Look for drift in the marked units or in all: what was changed elsewhere, and what runs otherwise than declared. Changes nothing.",
        |app| begin::begin(app, Goal::Drift),
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-state"),
        OWN,
        "state",
        &["s"],
        "Show how the selected resource stands, with its attributes as the state has them, sensitive ones masked.",
        attributes::read,
    ),
    Command::new(
        Id("infra-replace"),
        OWN,
        "replace",
        &["M"],
        "Plan to replace the selected resource, after a question; the plan needs approval as any other.",
        apply::replace,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-target"),
        OWN,
        "plan a part",
        &["O"],
        "Plan the marked resources of a unit alone, else the selected one, after a warning; the plan is approved as every other.",
        apply::plan_targets,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-fold"),
        OWN,
        "fold",
        &["-"],
        "Fold the resources in the graph: by type, by module.",
        |app| folding::fold(app, false),
    ),
    Command::new(Id("infra-unfold"), OWN, "unfold", &["+"], "Unfold the resources in the graph.", |app| {
        folding::fold(app, true)
    }),
    Command::new(
        Id("infra-runs"),
        OWN,
        "runs",
        &["a"],
        "List the runs of the environment: an older one is opened and read, with its plans and logs.",
        runs::list,
    ),
    Command::new(
        Id("infra-outputs"),
        OWN,
        "outputs",
        &["o"],
        "Show the outputs of the marked units or of the selected one: names, addresses, endpoints.",
        |app| look::inspect(app, Inspection::Outputs),
    ),
    Command::new(
        Id("infra-states"),
        OWN,
        "states",
        &["t"],
        "List the resources that are in the state of the marked units or of the selected one.",
        |app| look::inspect(app, Inspection::States),
    ),
    Command::new(
        Id("infra-pull"),
        OWN,
        "pull state",
        &["w"],
        "Show the whole state of the marked units or of the selected one, sensitive values masked.",
        |app| look::inspect(app, Inspection::FullStates),
    ),
    Command::new(
        Id("infra-init"),
        OWN,
        "initialise",
        &["i"],
        "Initialise the marked units or the selected one: providers, modules, backend. A state is neither made nor moved.",
        code::initialise,
    ),
    Command::new(
        Id("infra-workspaces"),
        OWN,
        "make workspaces",
        &[],
        "Make missing workspaces of the marked units or the selected one, of all if no units are found; asks first.",
        code::propose_workspaces,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-check"),
        OWN,
        "check code",
        &["f"],
        "Check the code of the marked units or of the selected one: valid, formatted, and what tflint finds.",
        |app| look::inspect(app, Inspection::Code),
    ),
    Command::new(
        Id("infra-format"),
        OWN,
        "format code",
        &["F"],
        "Write the code of the marked units or of the selected one in its usual form, after a question.",
        code::propose_formatting,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-import"),
        OWN,
        "import",
        &["B"],
        "Write a block into the code of the selected unit that imports what exists: its address and its id are typed.",
        code::import,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-clean"),
        OWN,
        "clear caches",
        &["K"],
        "Remove what Terraform and Terragrunt keep beside the code of the marked units or of the selected one, after a question.",
        |app| look::inspect(app, Inspection::Caches),
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-cost"),
        OWN,
        "cost",
        &["c"],
        "Show what the environment costs a month by the plans of the run, before it is built.",
        cost::show,
    ),
    Command::new(
        Id("infra-take-up"),
        OWN,
        "take up",
        &["T"],
        "Resume a run whose supervisor was killed.",
        after::resume_run,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-unlock"),
        OWN,
        "unlock",
        &["L"],
        "Show who holds the lock of the selected unit's state, and release one that was left behind, after a question.",
        after::find_locks,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-push-state"),
        OWN,
        "push state",
        &["U"],
        "Show a state that could not be written at the end of an apply beside the state as it is, and push it, after a question.",
        after::find_unwritten_states,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-migrate"),
        OWN,
        "move states to S3",
        &[],
        "Move the states of the marked units or of the selected one from files of this machine to S3, with a lock, after a question; \
         they are put back where anything is not the same there.",
        movable::find_movable_states,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-orphans"),
        OWN,
        "orphans",
        &["u"],
        "Look in AWS for what the run may have made and what is in no state; import blocks go into the run's folder.",
        after::find_orphans,
    ),
    Command::new(Id("infra-again"), OWN, "look again", &["r"], "Look for units and runs again.", update::refresh),
];
