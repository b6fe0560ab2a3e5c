//! Handlers for the keys of the Tunnels pane and for the choices in its dialogs.

use super::state::ID;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlay::{Choice, Kind, Line, Overlay, Tone};
use crate::app::screen::{Purpose, Typing};
use crate::app::subject::Subject;
use crate::app::tunnels::state::{Plan, TunnelOptions, TunnelQuestion};
use crate::app::tunnels::{block, find, opening, shell as shells, texts};
use crate::app::update::change::deploy::enable_exec_on;
use crate::app::update::refresh::after_move;
use crate::app::update::windows::{push_window, windows};
use crate::app::{operation_texts as lines_of, select};
use crate::model::Role;
use crate::model::tunnel::remote_end::RemoteTarget;

/// The input line is a host and a port.
const PLACE: u8 = 0;
/// The input line is a command for a shell.
const COMMAND: u8 = 1;

/// `T`: opens a tunnel to the selected database, or to the configured target.
pub fn open(app: &mut App) -> Vec<Effect> {
    let wish = match select::subject(app).as_ref().and_then(Subject::database) {
        Some((id, instance)) => {
            let rows = app.estate.derived.databases.iter().filter(|row| row.database.id == id);
            let reads = rows
                .flat_map(|row| &row.database.members)
                .any(|member| Some(member.id.as_str()) == instance && member.role == Role::Reader);
            let to = if reads { RemoteTarget::Reader } else { RemoteTarget::Writer };
            TunnelOptions { to: Some(to), database: Some(id.to_owned()), ..TunnelOptions::default() }
        }
        None => TunnelOptions::default(),
    };
    let mut effects = opening::open(app, wish);
    effects.extend(after_move(app));
    effects
}

/// Whether a tunnel or a database is selected.
pub fn is_about_databases(app: &App) -> bool {
    let database = matches!(select::subject(app), Some(Subject::Database(_) | Subject::Instance(..)));
    database || app.focused() == block::TUNNELS
}

/// Opens the list of tunnel targets to choose from.
pub fn choose_place(app: &mut App) -> Vec<Effect> {
    push_window(app, Overlay::new(Kind::Pane(ID, opening::PLACES), "Tunnel: where to", Vec::new()));
    windows(app);
    after_move(app)
}

/// `C`: closes the selected tunnel.
pub fn close(app: &mut App) -> Vec<Effect> {
    let Some(number) = block::selected(app).map(|tunnel| tunnel.number) else {
        app.show_message("select a tunnel first: `tunnels` lists them");
        return Vec::new();
    };
    let mut effects = opening::close(app, number);
    effects.extend(after_move(app));
    effects
}

/// The lines of the pane's dialogs.
pub fn lines(app: &App, which: u8) -> Vec<Line> {
    let line = |text: String, note: String| Line {
        note,
        choice: Choice::Pane { pane: ID, what: which, text: text.clone() },
        ..lines_of::line("", text, Tone::Plain)
    };
    if which == opening::SERVICES {
        return opening::services(app).into_iter().map(|name| line(name, String::new())).collect();
    }
    let mut lines = Vec::new();
    for database in find::databases(app) {
        for to in [RemoteTarget::Writer, RemoteTarget::Reader] {
            if let Ok(far) = to.of(&app.environment.name, &[database], None) {
                lines.push(line(format!("{} {}", to.label(), database.id), far.host_and_port()));
            }
        }
    }
    lines.push(line(OTHER.to_owned(), "type a host and a port".to_owned()));
    lines
}

/// The choice of a target that is not in the list.
const OTHER: &str = "another place";

/// Handles a chosen line.
pub fn picked(app: &mut App, which: u8, text: &str) -> Vec<Effect> {
    app.screen.overlays.pop();
    if which == opening::SERVICES {
        let Some(TunnelQuestion::Service(wish)) = app.tunnels.question.take() else { return Vec::new() };
        let mut effects = opening::open(app, TunnelOptions { through: Some(text.to_owned()), ..wish });
        effects.extend(after_move(app));
        return effects;
    }
    let Some((to, database)) = text.split_once(' ').filter(|_| text != OTHER) else {
        app.screen.typing =
            Some(Typing::new(Purpose::Pane { pane: ID, what: PLACE, label: "to HOST:PORT " }, String::new()));
        return after_move(app);
    };
    match RemoteTarget::parse(to) {
        Ok(to) => lead(app, to, Some(database.to_owned())),
        Err(_) => Vec::new(),
    }
}

/// Handles a submitted input line.
pub fn accepted(app: &mut App, which: u8, text: &str) -> Vec<Effect> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    if which == COMMAND {
        return shell(app, Some(text.to_owned()));
    }
    match RemoteTarget::parse(text) {
        Ok(to) => lead(app, to, None),
        Err(why) => {
            app.show_message(format!("{}: {}", why.why, why.hint));
            Vec::new()
        }
    }
}

/// Opens a tunnel to `to`. A tunnel that is selected in the list is closed first, and its port is reused.
fn lead(app: &mut App, to: RemoteTarget, database: Option<String>) -> Vec<Effect> {
    let selected = (app.focused() == block::TUNNELS).then(|| block::selected(app)).flatten().cloned();
    let wish = TunnelOptions { to: Some(to), database, ..TunnelOptions::default() };
    let Some(selected) = selected.filter(|tunnel| tunnel.plan.environment == app.environment.name) else {
        let mut effects = opening::open(app, wish);
        effects.extend(after_move(app));
        return effects;
    };
    let through = Some(selected.plan.wanted.through().to_owned());
    if !selected.is_live() {
        let mut effects = opening::close(app, selected.number);
        effects.extend(opening::open(app, TunnelOptions { through, port: Some(selected.plan.port), ..wish }));
        effects.extend(after_move(app));
        return effects;
    }
    // The port is free only after the old tunnel has closed; the new one opens then.
    opening::replace_at_port(app, &selected, &TunnelOptions { through, port: Some(selected.port()), ..wish })
}

/// Handles a confirmed dialog.
pub fn confirmed(app: &mut App) -> Vec<Effect> {
    let mut effects = match app.tunnels.question.take() {
        Some(TunnelQuestion::Open(plan)) => opening::open_now(app, *plan),
        Some(TunnelQuestion::Replace(number, plan)) => opening::replace(app, number, *plan),
        Some(TunnelQuestion::Port(plan, _, free)) => {
            let plan = texts::with_port(app, &plan, free);
            opening::open_now(app, plan)
        }
        Some(TunnelQuestion::Start(plan, _)) => opening::open_now(app, Plan { start: true, ..*plan }),
        Some(TunnelQuestion::Close(number)) => app.tunnels.get(number).map(opening::close_now).unwrap_or_default(),
        Some(TunnelQuestion::Shell(plan)) => shells::begin(&plan),
        Some(TunnelQuestion::Exec(service)) => return enable_exec_on(app, service),
        Some(TunnelQuestion::Service(_)) | None => Vec::new(),
    };
    effects.extend(after_move(app));
    effects
}

/// `E`: opens a shell, or runs a command, in a container of the selected service or task.
pub fn shell(app: &mut App, command: Option<String>) -> Vec<Effect> {
    let (subject, about) = (select::subject(app), (app.view().subject)(app));
    let viewed_task = about.as_ref().and_then(Subject::task);
    let target = if let Some(Subject::Container(task, container)) = subject {
        let known = || app.estate.task(&task).and_then(|task| task.service.clone());
        let service = viewed_task.map(|(service, _)| service.to_owned()).or_else(known);
        service.map(|service| (service, Some(task), Some(container)))
    } else if let Some((service, task)) = subject.as_ref().and_then(Subject::task).or(viewed_task) {
        Some((service.to_owned(), Some(task.to_owned()), None))
    } else {
        select::service(app).map(|service| (service, None, None))
    };
    let Some((service, task, container)) = target else {
        app.refuse_line("select a service or a task first");
        return Vec::new();
    };
    let mut effects = shells::open(app, &service, task, container, command);
    effects.extend(after_move(app));
    effects
}

/// Opens the input line for a command.
pub fn type_command(app: &mut App) -> Vec<Effect> {
    let purpose = Purpose::Pane { pane: ID, what: COMMAND, label: "run " };
    app.screen.typing = Some(Typing::new(purpose, String::new()));
    after_move(app)
}
