//! The environment's instances of EC2: what is asked for them, what came, their rows, and what keys do.

use super::instead;
use super::state::{ID, Listed, SubView};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::operation::single::instance::Request;
use crate::app::pane::{DataStatus, Order};
use crate::app::rows::{most, ordered};
use crate::app::select;
use crate::app::subject::{Fact, Subject, fact};
use crate::app::ticket::Owner;
use crate::app::tunnels::shell;
use crate::app::update::change::plan as begin;
use crate::feeds::aws::{Fact as Told, Query};
use crate::model::machine::{Machine, Turn};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Ordering;

/// The interval at which instances are read while somebody looks.
const EVERY: SignedDuration = SignedDuration::from_secs(30);
/// The question for them, among those of the pane.
pub(super) const ASKED: u8 = 1;

/// `m`: shows the instances, or the list again.
pub fn show(app: &mut App) -> Vec<Effect> {
    instead::show(app, SubView::Machines)
}

/// Changes of instances that have ended.
fn ended(app: &App) -> usize {
    let about = |target: Option<crate::app::operation::Target>| target.is_some_and(|target| target.kind == "instance");
    app.operations.list.iter().filter(|one| one.outcome.is_some() && about(one.target())).count()
}

/// Asked when somebody looks, again after a while, and when a change of one has ended.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let known = app.estate.identity.at().is_some() && app.poller.account_known();
    if !known || !instead::is_shown(app, SubView::Machines) {
        return Vec::new();
    }
    let (now, generation, ended) = (app.now, app.generation(), ended(app));
    let state = &app.panes.services.machines;
    let held = app.screen.paused.is_some() && state.asked.seen.at().is_some();
    if held || !state.asked.is_due(EVERY, state.ended != ended, now) {
        return Vec::new();
    }
    let environment = &app.environment;
    let query = Query::Machines {
        named: environment.instances.clone(),
        project: environment.project.clone(),
        environment: environment.name.clone(),
        now: app.service_now(),
    };
    let state = &mut app.panes.services.machines;
    state.ended = ended;
    let ticket = state.asked.ask(Owner::Pane(ID.0, ASKED), generation, now);
    vec![Effect::Fetch { ticket, lane: Priority::Operator, ask: query.into() }]
}

/// Takes in an answer about instances.
pub fn answer(app: &mut App, answer: Answer) {
    let listed = |fact| {
        let Told::Machines(machines, missing) = fact else { return None };
        Some(Listed { machines, missing })
    };
    app.panes.services.machines.asked.take(answer, listed, app.now);
    app.lists_changed();
}

fn all(app: &App) -> &[Machine] {
    app.panes.services.machines.asked.seen.value().map_or(&[], |listed| &listed.machines)
}

/// The instance with this id.
pub fn machine<'a>(app: &'a App, id: &str) -> Option<&'a Machine> {
    all(app).iter().find(|machine| machine.id == id)
}

/// The columns by which they can be sorted.
pub const COLUMNS: &[&str] = &["NAME", "STATE", "CPU", "MEM", "DISK", "UP"];

/// The rows in the order of a column.
pub fn in_order(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    let line = |machine: &&Machine| {
        let (health, why) = machine.judge();
        let text = format!("{} {} {} {} {}", machine.title(), machine.id, machine.state, health.word(), why.join(" "));
        (machine.id.clone(), text)
    };
    ordered(order, all(app), line, |a, b, column| match column {
        1 => a.state.cmp(&b.state),
        2 => most(a.cpu, b.cpu),
        3 => most(a.memory, b.memory),
        4 => most(a.disk, b.disk),
        // The one that runs longest first; what was never started last.
        5 => a.launched.unwrap_or(Timestamp::MAX).cmp(&b.launched.unwrap_or(Timestamp::MAX)),
        _ => Ordering::Equal,
    })
}

/// The thing that a row stands for.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    machine(app, key?).map(|machine| Subject::Machine(machine.id.clone()))
}

/// Both status checks in a word or two.
pub fn checks(machine: &Machine) -> String {
    match (&machine.system, &machine.own) {
        // AWS checks none that does not run.
        (Some(system), Some(own)) if system == own && system == "not-applicable" => "–".to_owned(),
        (Some(system), Some(own)) if system == own => system.clone(),
        (Some(system), Some(own)) => format!("{system}/{own}"),
        _ if machine.state == "running" => "?".to_owned(),
        _ => "–".to_owned(),
    }
}

/// Everything about the instance in this row.
pub fn whole(app: &App, key: &str) -> Vec<Fact> {
    let Some(machine) = machine(app, key) else { return Vec::new() };
    let (health, why) = machine.judge();
    let mut lines = vec![fact("instance", &machine.id)];
    lines.extend(machine.name.iter().map(|name| fact("name", name)));
    lines.push(Fact { health: Some(health), ..fact("health", health.word()) });
    lines.extend(why.into_iter().map(|why| Fact { health: Some(health), ..fact("why", why) }));
    lines.extend([
        fact("state", &machine.state),
        fact("class", &machine.class),
        fact("zone", &machine.az),
        fact("host check", machine.system.as_deref().unwrap_or("not known")),
        fact("own check", machine.own.as_deref().unwrap_or("not known")),
    ]);
    let agent = machine.agent.as_ref();
    let version = agent.and_then(|agent| agent.version.as_deref()).unwrap_or_default();
    lines.push(fact(
        "agent",
        agent.map_or_else(|| "none is known".to_owned(), |agent| format!("{} {version}", agent.ping)),
    ));
    for (label, share) in [("processor", machine.cpu), ("memory", machine.memory), ("disk", machine.disk)] {
        lines.push(fact(label, share.map_or_else(|| "not reported".to_owned(), |share| format!("{share:.0} %"))));
    }
    let known = [("address", &machine.address), ("public", &machine.public), ("group", &machine.group)];
    lines.extend(known.into_iter().filter_map(|(label, text)| Some(fact(label, text.as_deref()?))));
    lines
}

/// Whether the instances are fresh, and what is missing of them.
pub fn data_status(app: &App) -> DataStatus {
    let asked = &app.panes.services.machines.asked;
    let missing = match asked.seen.value().map_or(&[][..], |listed| &listed.missing) {
        [first, rest @ ..] if !rest.is_empty() => Some(format!("{first} (+{})", rest.len())),
        missing => missing.first().map(ToString::to_string),
    };
    let nothing =
        "no instances: those of the environment have its tags Project and Environment, or are named by `instances`";
    instead::data_status(asked, EVERY, missing, nothing, "reading the instances …", app.now)
}

/// The instance that is selected.
fn selected(app: &App) -> Option<Machine> {
    let Some(Subject::Machine(id)) = select::subject(app) else { return None };
    machine(app, &id).cloned()
}

/// Whether one is selected.
pub fn on_machine(app: &App) -> bool {
    selected(app).is_some()
}

fn turn(app: &mut App, how: impl FnOnce(&Machine) -> Turn) -> Vec<Effect> {
    let Some(machine) = selected(app) else {
        app.say("select an instance first: b in Services lists them");
        return Vec::new();
    };
    let request = Request { name: machine.title().to_owned(), turn: how(&machine), id: machine.id };
    begin(app, request)
}

/// `U`: starts it where it is stopped, else stops it.
pub fn power(app: &mut App) -> Vec<Effect> {
    turn(app, |machine| if machine.state == "stopped" { Turn::Start } else { Turn::Stop })
}

/// `B`: restarts the selected instance.
pub fn reboot(app: &mut App) -> Vec<Effect> {
    turn(app, |_| Turn::Reboot)
}

/// `L`: opens a shell on the selected instance.
pub fn session(app: &mut App) -> Vec<Effect> {
    match selected(app) {
        Some(machine) if machine.state == "running" => shell::on_instance(app, &machine.id),
        Some(machine) => {
            app.say(format!("{} is {}: it must run", machine.title(), machine.state));
            Vec::new()
        }
        None => {
            app.say("select an instance first: b in Services lists them");
            Vec::new()
        }
    }
}
