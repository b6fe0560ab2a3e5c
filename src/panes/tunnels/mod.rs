//! The Tunnels pane: the session's tunnels in one list, the keys that open and close them in every pane, and their
//! dialogs.
//! The pane has no tab: its list is also a block of the Database pane, and the command `tunnels` opens it.

pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::command::{Id, Risk, Scope};
use crate::app::tunnels::{block, texts};
use crate::app::update::change::deploy::enable_exec;
use crate::app::update::run::enter;
use crate::app::{Command, Hooks, Pane, View, layout, select};

/// The Tunnels pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Tunnels",
    key: "",
    doc: "",
    heading: "In the tunnels",
    commands: &[],
    in_lists: COMMANDS,
    actions: &[OPEN, TO, CLOSE, Id::COPY],
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks {
        confirm: |app, _| texts::confirm(app),
        confirmed: |app, _| update::confirmed(app),
        lines: update::lines,
        picked: update::picked,
        accepted: update::accepted,
        ..Hooks::NONE
    },
};

static VIEW: View = View {
    name: "tunnels",
    blocks: &[&block::SPEC],
    unfocusable_blocks: &[],
    layout: layout::single_block,
    summary: layout::no_summary,
    subject: |_| None,
    services: None,
    sources: &[],
};

const OPEN: Id = Id("tunnel");
const TO: Id = Id("tunnel-to");
const CLOSE: Id = Id("tunnel-close");

const COMMANDS: &[Command] = &[
    Command::new(
        OPEN,
        Scope::List,
        "tunnel",
        &["T"],
        "Open a tunnel to the selected or the configured database, on a local port.",
        update::open,
    )
    .with_risk(Risk::Change),
    Command::new(
        TO,
        Scope::List,
        "tunnel to",
        &[],
        "Open a tunnel to a chosen or typed host and port, or change the target of the selected tunnel.",
        update::choose_place,
    )
    .with_risk(Risk::Change)
    .when(update::is_about_databases),
    Command::new(
        CLOSE,
        Scope::List,
        "close tunnel",
        &["C"],
        "Close the selected tunnel, or the only one of this environment; remove one that has ended.",
        update::close,
    )
    .with_risk(Risk::Change)
    .when(|app| block::selected(app).is_some()),
    Command::new(
        Id("exec"),
        Scope::List,
        "shell",
        &["E"],
        "Open a shell in a container of the selected task, or of the service's newest healthy one.",
        |app| update::shell(app, None),
    )
    .with_risk(Risk::Change)
    .when(|app| select::in_service(app) || select::has_task(app)),
    Command::new(
        Id("enable-exec"),
        Scope::List,
        "enable ECS Exec",
        &[],
        "Enable ECS Exec for the selected service, which replaces its tasks: tunnels and shells need it.",
        enable_exec,
    )
    .with_risk(Risk::Change)
    .when(select::exec_is_off),
    Command::new(
        Id("exec-command"),
        Scope::List,
        "run in task",
        &[],
        "Type a command and run it in a container of the selected task, with a terminal.",
        update::type_command,
    )
    .with_risk(Risk::Change)
    .when(|app| select::in_service(app) || select::has_task(app)),
    Command::new(Id("tunnels"), Scope::Global, "tunnels", &[], "Show the tunnels of this session.", |app| {
        enter(app, state::ID)
    }),
];
