//! Commands of the Database pane.

use super::activity::{cancel, next, on_session, terminate, toggle};
use super::state::ID;
use super::{session, session_lookup};
use crate::app::Command;
use crate::app::command::Bottom::First;
use crate::app::command::{Id, Risk, Scope};
use crate::app::update::change::database::{on_database, power, reboot, snapshot};
use crate::app::update::refresh::after_move;
use crate::app::update::run::refresh;

const HERE: Scope = Scope::Pane(ID.0);
const FAILOVER: Id = Id("failover");
const SNAPSHOT: Id = Id("database-snapshot");
const REBOOT: Id = Id("database-reboot");
const POWER: Id = Id("database-power");
const ACTIVITY: Id = Id("database-activity");
const NEXT: Id = Id("database-activity-next");
const AGAIN: Id = Id("database-refresh");
const CANCEL: Id = Id("database-cancel");
const TERMINATE: Id = Id("database-terminate");

/// The commands of the pane.
pub const COMMANDS: &[Command] = &[
    Command::new(
        FAILOVER,
        HERE,
        "fail over",
        &["F"],
        "Fail over to the selected reader, or to the one that RDS chooses; watched until it is the writer.",
        session_lookup::failover,
    )
    .with_risk(Risk::Disrupt)
    .when(on_database)
    .on_bottom(First(1)),
    Command::new(SNAPSHOT, HERE, "snapshot", &["B"], "Create a snapshot of the selected database.", |app| {
        let mut effects = snapshot(app);
        effects.extend(after_move(app));
        effects
    })
    .with_risk(Risk::Change)
    .when(on_database)
    .on_bottom(First(2)),
    Command::new(REBOOT, HERE, "restart", &["R"], "Restart the selected instance.", reboot)
        .with_risk(Risk::Disrupt)
        .when(on_database),
    Command::new(POWER, HERE, "on/off", &["O"], "Stop the selected database, or start it.", power)
        .with_risk(Risk::Disrupt)
        .when(on_database),
    Command::new(
        ACTIVITY,
        HERE,
        "activity",
        &["a"],
        "Show the activity of the selected server: sessions, who blocks whom, statements, sizes; again goes back.",
        toggle,
    )
    .on_bottom(First(0)),
    Command::new(
        NEXT,
        HERE,
        "next list",
        &["v"],
        "Next page: sessions, transactions, locks, top statements, sizes, indexes, replication, connections.",
        next,
    )
    .on_bottom(First(3)),
    Command::new(AGAIN, HERE, "refresh", &["r"], "Refresh the data on the screen now.", |app| {
        if app.panes.database.shown { session::refresh(app) } else { refresh(app) }
    }),
    Command::new(CANCEL, HERE, "cancel query", &["I"], "Cancel the running statement of the selected session.", cancel)
        .with_risk(Risk::Change)
        .when(on_session),
    Command::new(TERMINATE, HERE, "end session", &["K"], "Terminate the selected session.", terminate)
        .with_risk(Risk::Disrupt)
        .when(on_session),
];

/// The actions on the selection, the most useful first.
pub const ACTIONS: &[Id] = &[
    Id::OPEN,
    ACTIVITY,
    NEXT,
    CANCEL,
    TERMINATE,
    FAILOVER,
    SNAPSHOT,
    REBOOT,
    POWER,
    Id("tunnel"),
    Id("tunnel-to"),
    Id("tunnel-close"),
    Id::INSPECT,
    Id::COPY,
    Id::CONSOLE,
    Id::REFRESH,
];
