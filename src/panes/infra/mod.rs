//! The Infra pane: the environment's units and their order, what a plan would do, and a run in progress.
//!
//! [`state`] holds the state, [`update`] handles keys and answers, [`requests`] creates requests, [`windows`] has the dialogs,
//! [`late_answers`] handles answers for another environment, [`texts`] has the texts, and [`pictures`] the graphs.

pub mod apply;
pub mod approve;
#[cfg(test)]
mod approve_tests;
pub mod attributes;
pub mod begin;
pub mod cache_removal;
pub mod code;
pub mod cost;
pub mod drift;
#[cfg(test)]
mod drift_tests;
pub mod folding;
mod graph_view;
pub mod inspect;
#[cfg(test)]
mod inspect_tests;
pub mod late_answers;
pub mod layout;
mod lock;
pub mod migration;
pub mod migration_choice;
#[cfg(test)]
mod migration_tests;
pub mod pictures;
pub mod plan_lines;
pub mod raw_output;
pub mod repair;
#[cfg(test)]
mod repair_tests;
pub mod replace;
pub mod requests;
pub mod rows;
pub mod runs;
#[cfg(test)]
mod runs_tests;
pub mod state;
pub mod state_push;
pub mod targeting;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod texts;
pub mod unit_changes;
#[cfg(test)]
mod unit_changes_tests;
pub mod update;
pub mod view;
pub mod windows;

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
        moves: pictures::moves,
        back: update::back,
        up: update::up,
        open: update::open,
        accepted: code::typed,
        lines: runs::lines,
        picked: runs::picked,
        confirm: windows::confirm,
        confirmed: windows::confirmed,
        activity: windows::going,
        loss: migration::loses,
        plan: update::plan,
        answer: update::answer,
        stale_answer: late_answers::answer,
        on_switch: late_answers::switched,
        settle: pictures::settle,
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
        "Plan the marked units, or all. Changes nothing.",
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
        "Approve the plans that wait for review: of the marked units, of the opened one, else all of the wave. \
         Without a run, plan first, then ask.",
        apply::apply,
    )
    .with_risk(Risk::Disrupt)
    .on_bottom(Bottom::First(2)),
    Command::new(Id("infra-diff"), OWN, "diff", &["v"], "Show the changes in the plan of the selected unit.", update::diff)
        .on_bottom(Bottom::First(3)),
    Command::new(
        Id("infra-log"),
        OWN,
        "log",
        &["l"],
        "Show the log of the selected unit; pressed again, the raw output of Terraform and Terragrunt, and back.",
        raw_output::log,
    )
    .on_bottom(Bottom::First(4)),
    Command::new(
        Id("infra-cancel"),
        OWN,
        "cancel",
        &["C"],
        "Stop the run gracefully, after confirmation; a second time kills it, and state may be lost.",
        update::cancel,
    )
    .with_risk(Risk::Change)
    .on_bottom(Bottom::First(5)),
    Command::new(Id("infra-mark"), OWN, "mark", &["space"], "Mark or unmark the selected unit or resource.", update::mark)
        .on_bottom(Bottom::First(6)),
    Command::new(
        Id("infra-retry"),
        OWN,
        "retry",
        &["R"],
        "Retry the failed and blocked units of the run.",
        update::retry,
    )
    .with_risk(Risk::Disrupt)
    .on_bottom(Bottom::First(7)),
    Command::new(
        Id("infra-destroy"),
        OWN,
        "destroy",
        &["X"],
        "Plan the destruction of the marked units, or of all, then ask for approval.",
        |app| begin::begin(app, Goal::Destroy),
    )
    .with_risk(Risk::Destroy)
    .on_bottom(Bottom::First(8)),
    Command::new(
        Id("infra-drift"),
        OWN,
        "drift",
        &["W"],
        "Detect drift in the marked units or in all: changes made elsewhere, differences from the declaration. Changes nothing.",
        |app| begin::begin(app, Goal::Drift),
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-state"),
        OWN,
        "state",
        &["s"],
        "Show the state of the selected resource with its attributes, sensitive ones masked.",
        attributes::read,
    ),
    Command::new(
        Id("infra-replace"),
        OWN,
        "replace",
        &["M"],
        "Plan the replacement of the selected resource, after confirmation; the plan needs approval like any other.",
        apply::replace,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-target"),
        OWN,
        "plan a part",
        &["O"],
        "Plan only the marked resources of a unit, else the selected one (-target), after a warning; the plan needs \
         approval like any other.",
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
        "List the runs of the environment; an older one can be opened, with its plans and logs.",
        runs::list,
    ),
    Command::new(
        Id("infra-outputs"),
        OWN,
        "outputs",
        &["o"],
        "Show the outputs of the marked units or of the selected one.",
        |app| inspect::inspect(app, Inspection::Outputs),
    ),
    Command::new(
        Id("infra-states"),
        OWN,
        "states",
        &["t"],
        "List the resources in the state of the marked units or of the selected one.",
        |app| inspect::inspect(app, Inspection::States),
    ),
    Command::new(
        Id("infra-pull"),
        OWN,
        "pull state",
        &["w"],
        "Show the whole state of the marked units or of the selected one, sensitive values masked.",
        |app| inspect::inspect(app, Inspection::FullStates),
    ),
    Command::new(
        Id("infra-init"),
        OWN,
        "initialise",
        &["i"],
        "Initialise the marked units or the selected one: providers, modules, backend. States are neither created nor moved.",
        code::initialise,
    ),
    Command::new(
        Id("infra-workspaces"),
        OWN,
        "make workspaces",
        &[],
        "Create missing workspaces of the marked units or the selected one, of all if no units are found, after confirmation.",
        code::propose_workspaces,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-check"),
        OWN,
        "check code",
        &["f"],
        "Check the code of the marked units or of the selected one: validate, formatting, tflint.",
        |app| inspect::inspect(app, Inspection::Code),
    ),
    Command::new(
        Id("infra-format"),
        OWN,
        "format code",
        &["F"],
        "Format the code of the marked units or of the selected one (terraform fmt), after confirmation.",
        code::propose_formatting,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-import"),
        OWN,
        "import",
        &["B"],
        "Add an import block to the code of the selected unit: type the resource's address and id.",
        code::import,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-clean"),
        OWN,
        "clear caches",
        &["K"],
        "Remove the caches of Terraform and Terragrunt of the marked units or of the selected one, after confirmation.",
        |app| inspect::inspect(app, Inspection::Caches),
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-cost"),
        OWN,
        "cost",
        &["c"],
        "Estimate the environment's monthly cost from the plans of the run, before it is built.",
        cost::show,
    ),
    Command::new(
        Id("infra-take-up"),
        OWN,
        "take up",
        &["T"],
        "Resume a run whose supervisor was killed.",
        repair::resume_run,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-unlock"),
        OWN,
        "unlock",
        &["L"],
        "Show who holds the lock of the selected unit's state, and release a stale lock, after confirmation.",
        repair::find_locks,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("infra-push-state"),
        OWN,
        "push state",
        &["U"],
        "Compare a state that could not be written at the end of an apply with the current one, and push it, after confirmation.",
        repair::find_unwritten_states,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-migrate"),
        OWN,
        "move states to S3",
        &[],
        "Move the states of the marked units or of the selected one from local files to S3, with a lock, after confirmation; \
         a state that differs there afterwards is moved back.",
        migration_choice::find_movable_states,
    )
    .with_risk(Risk::Disrupt),
    Command::new(
        Id("infra-orphans"),
        OWN,
        "orphans",
        &["u"],
        "Search AWS for resources that the run may have created and that are in no state; import blocks are written into \
         the run's folder.",
        repair::find_orphans,
    ),
    Command::new(Id("infra-again"), OWN, "look again", &["r"], "Find units and runs again.", update::refresh),
];
