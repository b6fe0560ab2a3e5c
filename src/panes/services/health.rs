//! How the environment is reached: what is asked for it, what came, and its rows.

use super::state::{HEALTH, ID, Looked};
use crate::app::App;
use crate::app::data_status::note;
use crate::app::effect::{Effect, Lane};
use crate::app::event::Answer;
use crate::app::pane::DataStatus;
use crate::app::probes::{Sends, order, sends_by_itself};
use crate::app::subject::{Fact, fact};
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::run::enter;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::probes::{Ask, Fact as Told};
use crate::model::health_probe::findings::Check;
use crate::model::health_probe::judge;
use crate::model::time::short;
use jiff::SignedDuration;

/// From then on its age is told.
const OLD: SignedDuration = SignedDuration::from_mins(5);

/// Whether the view is shown.
pub fn is_shown(app: &App) -> bool {
    app.panes.services.health.open && app.panes.services.service.is_none()
}

/// `v`: shows how the environment is reached.
pub fn show(app: &mut App) -> Vec<Effect> {
    let mut effects = enter(app, ID);
    let state = &mut app.panes.services;
    (state.health.open, state.machines.open, state.pool.open) = (true, false, false);
    effects.extend(done(app));
    effects
}

/// `u`: looks again, and sends probes whatever the environment is.
pub fn look_again(app: &mut App) -> Vec<Effect> {
    ask(app, Sends { probes: true, waf: false })
}

/// `w`: tries the firewall, too.
pub fn try_firewall(app: &mut App) -> Vec<Effect> {
    ask(app, Sends { probes: true, waf: true })
}

fn ask(app: &mut App, sends: Sends) -> Vec<Effect> {
    let effect = looking(app, sends);
    let mut effects = vec![effect];
    effects.extend(done(app));
    effects
}

fn looking(app: &mut App, sends: Sends) -> Effect {
    // The hosts of a simulated world may be somebody's in the real one.
    let sends = if app.session.simulated { Sends::default() } else { sends };
    let order = order(&app.environment, &app.estate, sends);
    let serial = app.panes.services.health.serial + 1;
    app.panes.services.health =
        Looked { open: true, serial, asked: Some(app.now), sent: order.send, ..Looked::default() };
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, 0), serial };
    Effect::Fetch { ticket, lane: Lane::Operator, ask: Ask::Look(Box::new(order)).into() }
}

/// Whether the services are known, or cannot be read: by their target groups load balancers are found.
fn groups_are_known(app: &App) -> bool {
    let services = &app.estate.services;
    app.environment.cluster.is_none() || services.at().is_some() || services.failure().is_some()
}

/// Asked once when somebody looks: nothing before the account and the target groups are known.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let due = app.panes.services.health.asked.is_none() && is_shown(app) && app.shown().id == ID;
    if !due || app.estate.identity.at().is_none() || !groups_are_known(app) {
        return Vec::new();
    }
    let sends = Sends { probes: sends_by_itself(&app.environment), waf: false };
    vec![looking(app, sends)]
}

/// Takes in what was found.
pub fn answer(app: &mut App, answer: Answer) {
    let now = app.now;
    let looked = &mut app.panes.services.health;
    if answer.ticket.serial != looked.serial {
        return;
    }
    match answer.of::<Told>().part {
        Part::Page(Told::Found(finding)) | Part::Last(Told::Found(finding)) => looked.found.take(*finding),
        Part::Page(Told::Done) | Part::Last(Told::Done) => looked.read = Some(now),
        Part::Failed(failure) => (looked.failure, looked.read) = (Some(failure), Some(now)),
    }
}

/// What is checked, from what serves to what protects.
pub fn checks(app: &App) -> Vec<Check> {
    let looked = &app.panes.services.health;
    let targets = app.estate.targets.iter().filter_map(|(group, seen)| match (seen.value(), seen.failure()) {
        (_, Some(failure)) => Some(judge::targets(group, Err(failure))),
        (Some(targets), None) => Some(judge::targets(group, Ok(targets))),
        (None, None) => None,
    });
    targets.chain(judge::checks(&looked.found, app.service_now())).collect()
}

/// Its rows, by their numbers.
pub fn lines(app: &App) -> Vec<(String, String)> {
    let text =
        |check: &Check| format!("{} {} {} {}", check.topic.word(), check.subject, check.health.word(), check.words);
    checks(app).iter().enumerate().map(|(number, check)| (number.to_string(), text(check))).collect()
}

/// The whole of a row.
pub fn whole(app: &App, key: &str) -> Vec<Fact> {
    let Some(check) = key.parse().ok().and_then(|number: usize| checks(app).into_iter().nth(number)) else {
        return Vec::new();
    };
    let mut lines = vec![
        fact("check", check.topic.word()),
        fact("of", check.subject),
        Fact { health: Some(check.health), ..fact("health", check.health.word()) },
        fact("what", check.words),
    ];
    lines.extend(check.hint.map(|hint| fact("to do", hint)));
    lines
}

/// How its data stands.
pub fn data_status(app: &App) -> DataStatus {
    let looked = &app.panes.services.health;
    let trouble = match &looked.failure {
        Some(failure) => Some((crate::model::Health::Down, format!("{failure}: {}", failure.hint()))),
        None if looked.asked.is_some() && app.session.simulated => {
            Some((crate::model::Health::Stopped, "simulated: nothing is sent to the hosts".to_owned()))
        }
        None if looked.asked.is_some() && !looked.sent => {
            Some((crate::model::Health::Stopped, "guarded: nothing is sent to the hosts; u sends probes".to_owned()))
        }
        None if looked.asked.is_some() && looked.read.is_none() => {
            Some((crate::model::Health::Changing, "looking: each probe has 5 seconds".to_owned()))
        }
        None => Some((crate::model::Health::Stopped, "u looks again, w tries the firewall".to_owned())),
    };
    let age = looked.read.map(|at| app.now.duration_since(at)).filter(|age| *age > OLD);
    let instead = note(if looked.read.is_some() {
        "nothing to check: no target group, no load balancer, no host"
    } else {
        "looking at targets, load balancers, names and certificates …"
    });
    DataStatus {
        age: age.map(|age| format!("{} old", short(age))),
        // Where there are no rows yet, what is sent and what is not is told in their place.
        empty: trouble.iter().cloned().chain(instead).collect(),
        trouble,
        dimmed: false,
        loading: false,
    }
}

/// Whether the block has the focus.
pub fn has_focus(app: &App) -> bool {
    app.focused() == HEALTH
}
