//! The effects of keys in the Tunnels pane, and of choices in its windows.

use super::state::ID;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlay::{Choice, Kind, Line, Overlay, Tone};
use crate::app::screen::{Purpose, Typing};
use crate::app::subject::Subject;
use crate::app::tunnels::state::{Asking, Plan, Wish};
use crate::app::tunnels::{ask, block, find, shell as shells, tell};
use crate::app::update::change::deploy::enable_exec_on;
use crate::app::update::settle::done;
use crate::app::update::windows::{push_window, windows};
use crate::app::{select, tell as lines_of};
use crate::model::Role;
use crate::model::tunnel::far::To;

/// The line that is typed is a host and a port.
const PLACE: u8 = 0;
/// A command for a shell is typed.
const COMMAND: u8 = 1;

/// `T`: to the selected database, else as configured.
pub fn open(app: &mut App) -> Vec<Effect> {
    let wish = match select::subject(app).as_ref().and_then(Subject::database) {
        Some((id, instance)) => {
            let rows = app.estate.derived.databases.iter().filter(|row| row.database.id == id);
            let reads = rows
                .flat_map(|row| &row.database.members)
                .any(|member| Some(member.id.as_str()) == instance && member.role == Role::Reader);
            let to = if reads { To::Reader } else { To::Writer };
            Wish { to: Some(to), database: Some(id.to_owned()), ..Wish::default() }
        }
        None => Wish::default(),
    };
    let mut effects = ask::open(app, wish);
    effects.extend(done(app));
    effects
}

/// Whether a tunnel or a database is looked at.
pub fn is_about_databases(app: &App) -> bool {
    let database = matches!(select::subject(app), Some(Subject::Database(_) | Subject::Instance(..)));
    database || app.focused() == block::TUNNELS
}

/// Which places there are to choose from.
pub fn choose_place(app: &mut App) -> Vec<Effect> {
    push_window(app, Overlay::new(Kind::Pane(ID, ask::PLACES), "Tunnel: where to", Vec::new()));
    windows(app);
    done(app)
}

/// `C`: closes the selected tunnel.
pub fn close(app: &mut App) -> Vec<Effect> {
    let Some(number) = block::selected(app).map(|tunnel| tunnel.number) else {
        app.say("select a tunnel first: `tunnels` lists them");
        return Vec::new();
    };
    let mut effects = ask::close(app, number);
    effects.extend(done(app));
    effects
}

/// The lines of its windows.
pub fn lines(app: &App, which: u8) -> Vec<Line> {
    let line = |text: String, note: String| Line {
        note,
        choice: Choice::Pane { pane: ID, what: which, text: text.clone() },
        ..lines_of::line("", text, Tone::Plain)
    };
    if which == ask::SERVICES {
        return ask::services(app).into_iter().map(|name| line(name, String::new())).collect();
    }
    let mut lines = Vec::new();
    for database in find::databases(app) {
        for to in [To::Writer, To::Reader] {
            if let Ok(far) = to.of(&app.environment.name, &[database], None) {
                lines.push(line(format!("{} {}", to.words(), database.id), far.place()));
            }
        }
    }
    lines.push(line(OTHER.to_owned(), "type a host and a port".to_owned()));
    lines
}

/// The choice that is not in the list.
const OTHER: &str = "another place";

/// A line of them was chosen.
pub fn picked(app: &mut App, which: u8, text: &str) -> Vec<Effect> {
    app.screen.overlays.pop();
    if which == ask::SERVICES {
        let Some(Asking::Service(wish)) = app.tunnels.asking.take() else { return Vec::new() };
        let mut effects = ask::open(app, Wish { through: Some(text.to_owned()), ..wish });
        effects.extend(done(app));
        return effects;
    }
    let Some((to, database)) = text.split_once(' ').filter(|_| text != OTHER) else {
        app.screen.typing =
            Some(Typing::new(Purpose::Pane { pane: ID, what: PLACE, label: "to HOST:PORT " }, String::new()));
        return done(app);
    };
    match To::parse(to) {
        Ok(to) => lead(app, to, Some(database.to_owned())),
        Err(_) => Vec::new(),
    }
}

/// Takes the line that was typed for this.
pub fn accepted(app: &mut App, which: u8, text: &str) -> Vec<Effect> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    if which == COMMAND {
        return shell(app, Some(text.to_owned()));
    }
    match To::parse(text) {
        Ok(to) => lead(app, to, None),
        Err(why) => {
            app.say(format!("{}: {}", why.why, why.hint));
            Vec::new()
        }
    }
}

/// Opens one there; the tunnel that is selected in the list makes room for it, with its port.
fn lead(app: &mut App, to: To, database: Option<String>) -> Vec<Effect> {
    let before = (app.focused() == block::TUNNELS).then(|| block::selected(app)).flatten().cloned();
    let wish = Wish { to: Some(to), database, ..Wish::default() };
    let Some(before) = before.filter(|tunnel| tunnel.plan.environment == app.environment.name) else {
        let mut effects = ask::open(app, wish);
        effects.extend(done(app));
        return effects;
    };
    let through = Some(before.plan.wanted.through().to_owned());
    if !before.is_live() {
        let mut effects = ask::close(app, before.number);
        effects.extend(ask::open(app, Wish { through, port: Some(before.plan.port), ..wish }));
        effects.extend(done(app));
        return effects;
    }
    // Its port is free when it has ended: the other one is opened then.
    ask::lead_elsewhere(app, &before, &Wish { through, port: Some(before.port()), ..wish })
}

/// A window was answered with yes.
pub fn confirmed(app: &mut App) -> Vec<Effect> {
    let mut effects = match app.tunnels.asking.take() {
        Some(Asking::Open(plan)) => ask::begin(app, *plan),
        Some(Asking::Instead(number, plan)) => ask::instead(app, number, *plan),
        Some(Asking::Port(plan, _, free)) => {
            let plan = tell::with_port(app, &plan, free);
            ask::begin(app, plan)
        }
        Some(Asking::Start(plan, _)) => ask::begin(app, Plan { start: true, ..*plan }),
        Some(Asking::Close(number)) => app.tunnels.get(number).map(ask::end).unwrap_or_default(),
        Some(Asking::Shell(plan)) => shells::begin(&plan),
        Some(Asking::Exec(service)) => return enable_exec_on(app, service),
        Some(Asking::Service(_)) | None => Vec::new(),
    };
    effects.extend(done(app));
    effects
}

/// `E`: a shell, or a command, in a container of what is selected.
pub fn shell(app: &mut App, command: Option<String>) -> Vec<Effect> {
    let (subject, about) = (select::subject(app), (app.view().about)(app));
    let told = about.as_ref().and_then(Subject::task);
    let target = if let Some(Subject::Container(task, container)) = subject {
        let known = || app.estate.task(&task).and_then(|task| task.service.clone());
        let service = told.map(|(service, _)| service.to_owned()).or_else(known);
        service.map(|service| (service, Some(task), Some(container)))
    } else if let Some((service, task)) = subject.as_ref().and_then(Subject::task).or(told) {
        Some((service.to_owned(), Some(task.to_owned()), None))
    } else {
        select::service(app).map(|service| (service, None, None))
    };
    let Some((service, task, container)) = target else {
        app.no_line("select a service or a task first");
        return Vec::new();
    };
    let mut effects = shells::open(app, &service, task, container, command);
    effects.extend(done(app));
    effects
}

/// The command is typed.
pub fn type_command(app: &mut App) -> Vec<Effect> {
    let purpose = Purpose::Pane { pane: ID, what: COMMAND, label: "run " };
    app.screen.typing = Some(Typing::new(purpose, String::new()));
    done(app)
}
