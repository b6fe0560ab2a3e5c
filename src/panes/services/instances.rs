//! The environment's EC2 instances: requests, answers, rows and key handlers.

use super::other_pages;
use super::state::{ID, Listed, SubView};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::operation::single::instance::Request;
use crate::app::pane::{DataStatus, Order};
use crate::app::rows::{descending_unknown_last, ordered};
use crate::app::select;
use crate::app::subject::{Fact, Subject, fact};
use crate::app::ticket::Owner;
use crate::app::tunnels::shell;
use crate::app::update::change::plan as begin;
use crate::feeds::aws::{Fact as Told, Query};
use crate::model::machine::{Ec2Instance, PowerAction};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Ordering;

/// Poll interval of instances while they are shown.
const EVERY: SignedDuration = SignedDuration::from_secs(30);
/// Kind of the request, among those of the pane.
pub(super) const KIND: u8 = 1;

/// `b`: shows the instances.
pub fn show(app: &mut App) -> Vec<Effect> {
    other_pages::show(app, SubView::Machines)
}

/// Number of finished changes of instances.
fn ended(app: &App) -> usize {
    let about = |target: Option<crate::app::operation::Target>| target.is_some_and(|target| target.kind == "instance");
    app.operations.list.iter().filter(|operation| operation.outcome.is_some() && about(operation.target())).count()
}

/// Requests the instances while they are shown, periodically and after a change of one.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let known = app.estate.identity.at().is_some() && app.poller.account_known();
    if !known || !other_pages::is_shown(app, SubView::Machines) {
        return Vec::new();
    }
    let (now, generation, ended) = (app.now, app.generation(), ended(app));
    let state = &app.panes.services.machines;
    let held = app.screen.paused.is_some() && state.request.last_answer.at().is_some();
    if held || !state.request.is_due(EVERY, state.finished_changes != ended, now) {
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
    state.finished_changes = ended;
    let ticket = state.request.record_request(Owner::Pane(ID.0, KIND), generation, now);
    vec![Effect::Fetch { ticket, priority: Priority::Operator, ask: query.into() }]
}

/// Stores an answer about instances.
pub fn answer(app: &mut App, answer: Answer) {
    let listed = |fact| {
        let Told::Machines(machines, missing) = fact else { return None };
        Some(Listed { machines, missing })
    };
    app.panes.services.machines.request.store_answer(answer, listed, app.now);
    app.lists_changed();
}

fn all(app: &App) -> &[Ec2Instance] {
    app.panes.services.machines.request.last_answer.value().map_or(&[], |listed| &listed.machines)
}

/// Returns the instance with this id.
pub fn machine<'a>(app: &'a App, id: &str) -> Option<&'a Ec2Instance> {
    all(app).iter().find(|machine| machine.id == id)
}

/// The columns that instances can be sorted by.
pub const COLUMNS: &[&str] = &["NAME", "STATE", "CPU", "MEM", "DISK", "UP"];

/// The ordered row keys.
pub fn in_order(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    let line = |machine: &&Ec2Instance| {
        let (health, why) = machine.judge();
        let text = format!("{} {} {} {} {}", machine.title(), machine.id, machine.state, health.name(), why.join(" "));
        (machine.id.clone(), text)
    };
    ordered(order, all(app), line, |a, b, column| match column {
        1 => a.state.cmp(&b.state),
        2 => descending_unknown_last(a.cpu, b.cpu),
        3 => descending_unknown_last(a.memory, b.memory),
        4 => descending_unknown_last(a.disk, b.disk),
        // The longest uptime first; instances that were never started last.
        5 => a.launched.unwrap_or(Timestamp::MAX).cmp(&b.launched.unwrap_or(Timestamp::MAX)),
        _ => Ordering::Equal,
    })
}

/// The subject of a row.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    machine(app, key?).map(|machine| Subject::Machine(machine.id.clone()))
}

/// Both status checks in a word or two.
pub fn checks(machine: &Ec2Instance) -> String {
    match (&machine.system_check, &machine.instance_check) {
        // AWS does not check instances that are not running.
        (Some(system), Some(own)) if system == own && system == "not-applicable" => "–".to_owned(),
        (Some(system), Some(own)) if system == own => system.clone(),
        (Some(system), Some(own)) => format!("{system}/{own}"),
        _ if machine.state == "running" => "?".to_owned(),
        _ => "–".to_owned(),
    }
}

/// All details of the instance in this row.
pub fn details(app: &App, key: &str) -> Vec<Fact> {
    let Some(machine) = machine(app, key) else { return Vec::new() };
    let (health, why) = machine.judge();
    let mut lines = vec![fact("instance", &machine.id)];
    lines.extend(machine.name.iter().map(|name| fact("name", name)));
    lines.push(Fact { health: Some(health), ..fact("health", health.name()) });
    lines.extend(why.into_iter().map(|why| Fact { health: Some(health), ..fact("why", why) }));
    lines.extend([
        fact("state", &machine.state),
        fact("class", &machine.class),
        fact("zone", &machine.az),
        fact("host check", machine.system_check.as_deref().unwrap_or("not known")),
        fact("own check", machine.instance_check.as_deref().unwrap_or("not known")),
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

/// Freshness of the instances, and what is missing.
pub fn data_status(app: &App) -> DataStatus {
    let request = &app.panes.services.machines.request;
    let missing = match request.last_answer.value().map_or(&[][..], |listed| &listed.missing) {
        [first, rest @ ..] if !rest.is_empty() => Some(format!("{first} (+{})", rest.len())),
        missing => missing.first().map(ToString::to_string),
    };
    let nothing =
        "no instances: those of the environment have its tags Project and Environment, or are named by `instances`";
    other_pages::data_status(request, EVERY, missing, nothing, "reading the instances …", app.now)
}

/// The selected instance.
fn selected(app: &App) -> Option<Ec2Instance> {
    let Some(Subject::Machine(id)) = select::subject(app) else { return None };
    machine(app, &id).cloned()
}

/// Whether an instance is selected.
pub fn is_instance_selected(app: &App) -> bool {
    selected(app).is_some()
}

fn turn(app: &mut App, how: impl FnOnce(&Ec2Instance) -> PowerAction) -> Vec<Effect> {
    let Some(machine) = selected(app) else {
        app.show_message("select an instance first: b in Services lists them");
        return Vec::new();
    };
    let request = Request { name: machine.title().to_owned(), turn: how(&machine), id: machine.id };
    begin(app, request)
}

/// `U`: starts the instance if it is stopped, otherwise stops it.
pub fn power(app: &mut App) -> Vec<Effect> {
    turn(app, |machine| if machine.state == "stopped" { PowerAction::Start } else { PowerAction::Stop })
}

/// `B`: reboots the selected instance.
pub fn reboot(app: &mut App) -> Vec<Effect> {
    turn(app, |_| PowerAction::Reboot)
}

/// `L`: opens a shell on the selected instance.
pub fn session(app: &mut App) -> Vec<Effect> {
    match selected(app) {
        Some(machine) if machine.state == "running" => shell::on_instance(app, &machine.id),
        Some(machine) => {
            app.show_message(format!("{} is {}: it must run", machine.title(), machine.state));
            Vec::new()
        }
        None => {
            app.show_message("select an instance first: b in Services lists them");
            Vec::new()
        }
    }
}
