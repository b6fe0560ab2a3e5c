//! How the environment is reached: what is asked for it, what came, and its rows.

use super::instead;
use super::state::{HEALTH, ID, Looked, SubView};
use crate::app::App;
use crate::app::data_status::{beside, note};
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::operation::single::address::{Request, TARGET};
use crate::app::pane::{DataStatus, Glance};
use crate::app::probes::{Sends, groups, order, sends_by_itself, stays_here};
use crate::app::screen::{Purpose, Typing};
use crate::app::subject::{Fact, fact};
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::change::plan as begin;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::probes::{Ask, Fact as Told};
use crate::model::health_probe::findings::Check;
use crate::model::health_probe::judge;
use crate::model::offered::in_environment;
use crate::model::time::short;
use crate::model::{Health, Source};
use jiff::SignedDuration;

/// The number of the line in which an address to let in is typed, among the lines of this pane.
pub(super) const ALLOW: u8 = 4;
pub(super) const DISALLOW: u8 = 5;
/// The age from which it is told.
const OLD: SignedDuration = SignedDuration::from_mins(5);

/// Whether the view is shown.
pub fn is_shown(app: &App) -> bool {
    app.panes.services.is_shown(SubView::Health)
}

/// `v`: shows how the environment is reached.
pub fn show(app: &mut App) -> Vec<Effect> {
    instead::show(app, SubView::Health)
}

/// `u`: looks again, and sends probes whatever the environment is.
pub fn look_again(app: &mut App) -> Vec<Effect> {
    if is_elsewhere(app) {
        return done(app);
    }
    ask(app, Sends { probes: true, waf: false })
}

/// `w`: tries the firewall, too.
pub fn try_firewall(app: &mut App) -> Vec<Effect> {
    if is_elsewhere(app) {
        return done(app);
    }
    ask(app, Sends { probes: true, waf: true })
}

/// `A`: the public address of this machine is let in; where it is not known, or was found a while ago, it is typed.
pub fn let_in(app: &mut App) -> Vec<Effect> {
    if is_elsewhere(app) {
        return done(app);
    }
    let state = &app.panes.services.health;
    let fresh = state.read.is_some_and(|at| app.now.duration_since(at).abs() < OLD);
    match &state.found.address {
        Some(Ok(address)) if fresh => {
            let address = address.to_string();
            change(app, &address, true)
        }
        _ => typing(app, ALLOW, "address to allow: "),
    }
}

/// `X`: what was let in by hand is let in no more.
pub fn take_back(app: &mut App) -> Vec<Effect> {
    if is_elsewhere(app) {
        return done(app);
    }
    typing(app, DISALLOW, "address to remove: ")
}

/// Begins to type an address; that of this machine stands there where it is known.
fn typing(app: &mut App, what: u8, label: &'static str) -> Vec<Effect> {
    let known = app.panes.services.health.found.address.as_ref().and_then(|address| address.as_ref().ok());
    let text = known.map(ToString::to_string).unwrap_or_default();
    app.screen.typing = Some(Typing::new(Purpose::Pane { pane: ID, what, label }, text));
    done(app)
}

/// The plan for an address, or a network.
pub(super) fn change(app: &mut App, text: &str, allow: bool) -> Vec<Effect> {
    match Request::new(text, allow, None, groups(&app.estate)) {
        Ok(request) => begin(app, request),
        Err(why) => {
            app.say(why);
            done(app)
        }
    }
}

/// Changes of who is let in that have ended.
fn ended(app: &App) -> usize {
    let ours = |one: &&crate::app::operation::Operation| one.target().is_some_and(|target| target.kind == TARGET);
    app.operations.list.iter().filter(ours).filter(|one| one.outcome.is_some()).count()
}

fn ask(app: &mut App, sends: Sends) -> Vec<Effect> {
    let effect = looking(app, sends);
    let mut effects = vec![effect];
    effects.extend(done(app));
    effects
}

fn looking(app: &mut App, sends: Sends) -> Effect {
    // The hosts of a simulated world may be somebody's in the real one.
    let sends = if app.session.simulated && !stays_here(&app.environment) { Sends::default() } else { sends };
    let mut order = order(&app.environment, &app.estate, sends);
    // What Terraform declares is of the real world, too.
    order.outputs &= !app.session.simulated;
    let serial = app.panes.services.health.serial + 1;
    let ended = ended(app);
    app.panes.services.health = Looked { serial, asked: Some(app.now), sent: order.send, ended, ..Looked::default() };
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, 0), serial };
    Effect::Fetch { ticket, lane: Priority::Operator, ask: Ask::Look(Box::new(order)).into() }
}

/// Whether the services are known, or cannot be read: by their target groups load balancers are found.
fn groups_are_known(app: &App) -> bool {
    let services = &app.estate.services;
    app.environment.cluster.is_none() || services.at().is_some() || services.failure().is_some()
}

/// Asked when somebody looks, and again when a change of who is let in has ended: nothing before the account and the target groups are known.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let looked = &app.panes.services.health;
    let changed = looked.read.is_some() && looked.ended != ended(app);
    let due = (looked.asked.is_none() || changed) && instead::is_shown(app, SubView::Health);
    let known = app.estate.identity.at().is_some() && app.poller.account_known();
    if !due || !known || !groups_are_known(app) {
        return Vec::new();
    }
    // What was asked for once is asked for again.
    let probes = sends_by_itself(&app.environment) || app.panes.services.health.sent;
    let sends = Sends { probes, waf: false };
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

/// The checks, from what serves to what protects.
pub fn checks(app: &App) -> Vec<Check> {
    let looked = &app.panes.services.health;
    let targets = app.estate.targets.iter().filter_map(|(group, seen)| match (seen.value(), seen.failure()) {
        (_, Some(failure)) => Some(judge::targets(group, Err(failure))),
        (Some(targets), None) => Some(judge::targets(group, Ok(targets))),
        (None, None) => None,
    });
    targets.chain(judge::checks(&looked.found, app.service_now())).collect()
}

/// The last look at how the environment is reached, with its age; none where nobody has looked.
pub fn glance(app: &App) -> Option<Glance> {
    const LABEL: &str = "health";
    let looked = &app.panes.services.health;
    let age = short(app.now.duration_since(looked.read?));
    let checks = checks(app);
    let wrong = |one: &&Check| matches!(one.health, Health::Down | Health::Degraded | Health::Unknown);
    let worst = checks.iter().filter(wrong).min_by_key(|one| one.health.rank());
    let (text, brief, health) = match (&looked.failure, worst) {
        (Some(failure), _) => (format!("not known: {failure}"), "not known".to_owned(), Some(Health::Unknown)),
        (None, Some(worst)) => {
            let count = format!("{} of {}", checks.iter().filter(wrong).count(), checks.len());
            let what = format!("{} {}: {}", worst.topic.word(), worst.subject, worst.words);
            (format!("{count} checks not well: {what}"), format!("{count} not well"), Some(worst.health))
        }
        (None, None) if checks.is_empty() => ("nothing to check".to_owned(), "nothing to check".to_owned(), None),
        (None, None) => {
            let unsent = if looked.sent { "" } else { "; nothing was sent" };
            (format!("all {} checks are well{unsent}", checks.len()), format!("all {} well", checks.len()), None)
        }
    };
    let told = |text: String| format!("{text}, {age} ago");
    Some(Glance { label: LABEL, text: told(text), brief: format!("{LABEL} {}", told(brief)), health })
}

/// Its rows, by their numbers.
pub fn lines(app: &App) -> Vec<(String, String)> {
    let text =
        |check: &Check| format!("{} {} {} {}", check.topic.word(), check.subject, check.health.word(), check.words);
    checks(app).iter().enumerate().map(|(number, check)| (number.to_string(), text(check))).collect()
}

/// Everything about the finding in this row.
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
    lines.extend(check.hint.map(|hint| fact("to do", in_environment(&hint, app.environment.named()))));
    lines
}

/// Whether the findings are fresh, and what is missing of them.
pub fn data_status(app: &App) -> DataStatus {
    let looked = &app.panes.services.health;
    // Load balancers are found by the target groups of the services.
    let unread = beside(app, &[Source::Services, Source::Targets]);
    let trouble = match &looked.failure {
        Some(failure) => Some((Health::Down, format!("{failure}: {}", failure.hint()))),
        None if unread.is_some() => unread,
        None if looked.asked.is_some() && app.session.simulated && !looked.sent && !stays_here(&app.environment) => {
            Some((Health::Stopped, "simulated: nothing is sent to the hosts".to_owned()))
        }
        None if looked.asked.is_some() && !looked.sent => {
            Some((Health::Stopped, "guarded: nothing is sent to the hosts; u sends probes".to_owned()))
        }
        None if looked.asked.is_some() && looked.read.is_none() => {
            Some((Health::Changing, "looking: each probe has 5 seconds".to_owned()))
        }
        None => Some((Health::Stopped, "u looks again, w tries the firewall, A allows my address".to_owned())),
    };
    let age = looked.read.map(|at| app.now.duration_since(at)).filter(|age| *age > OLD);
    let instead = note(if looked.read.is_some() {
        "nothing to check: no target group, no load balancer, no host"
    } else {
        "looking at targets, load balancers, names and certificates …"
    });
    DataStatus {
        age: age.map(|age| format!("{} old", short(age))),
        loading: looked.asked.is_none(),
        // Where there are no rows yet, what is sent and what is not is told in their place.
        empty: trouble.iter().cloned().chain(instead).collect(),
        trouble,
        dimmed: false,
    }
}

/// Whether something else of the pane has the focus, and says so: nothing is sent to an environment's hosts by a letter whose
/// meaning is not on the screen.
fn is_elsewhere(app: &mut App) -> bool {
    let elsewhere = !has_focus(app);
    if elsewhere {
        app.say("v shows how the environment is reached; u, w, A and X work there");
    }
    elsewhere
}

/// Whether the block has the focus.
pub fn has_focus(app: &App) -> bool {
    app.focused() == HEALTH
}
