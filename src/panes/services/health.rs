//! Health from outside: how the environment is reached. Requests, answers and rows.

use super::other_pages;
use super::state::{ExternalHealth, HEALTH, ID, SubView};
use crate::app::App;
use crate::app::data_status::{note, secondary_trouble};
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::operation::single::address::{Request, TARGET};
use crate::app::pane::{DataStatus, Glance};
use crate::app::probes::{ProbeKinds, allows_automatic_probes, groups, is_local_only, order};
use crate::app::screen::{Purpose, Typing};
use crate::app::subject::{Fact, fact};
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::change::plan as begin;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::probes::{Ask, Fact as Told};
use crate::model::health_probe::checks;
use crate::model::health_probe::findings::Check;
use crate::model::suggested_commands::with_scope;
use crate::model::time::short;
use crate::model::{Health, Source};
use jiff::SignedDuration;

/// The input line for an address to allow, numbered among the input lines of this pane; `DISALLOW` is the one to remove.
pub(super) const ALLOW: u8 = 4;
pub(super) const DISALLOW: u8 = 5;
/// Age from which the findings are marked as old.
const OLD: SignedDuration = SignedDuration::from_mins(5);

/// Whether the view is shown.
pub fn is_shown(app: &App) -> bool {
    app.panes.services.is_shown(SubView::Health)
}

/// `v`: shows the health from outside.
pub fn show(app: &mut App) -> Vec<Effect> {
    other_pages::show(app, SubView::Health)
}

/// `u`: checks again and sends probes, even to a guarded environment.
pub fn look_again(app: &mut App) -> Vec<Effect> {
    if is_elsewhere(app) {
        return after_move(app);
    }
    ask(app, ProbeKinds { probes: true, waf: false })
}

/// `w`: checks again and also tests the firewall.
pub fn try_firewall(app: &mut App) -> Vec<Effect> {
    if is_elsewhere(app) {
        return after_move(app);
    }
    ask(app, ProbeKinds { probes: true, waf: true })
}

/// `A`: allows the public address of this machine. If it is not known, or was found long ago, opens an input line.
pub fn allow_address(app: &mut App) -> Vec<Effect> {
    if is_elsewhere(app) {
        return after_move(app);
    }
    let state = &app.panes.services.health;
    let fresh = state.read.is_some_and(|at| app.now.duration_since(at).abs() < OLD);
    match &state.found.address {
        Some(Ok(address)) if fresh => {
            let address = address.to_string();
            change(app, &address, true)
        }
        _ => type_address(app, ALLOW, "address to allow: "),
    }
}

/// `X`: removes an address that was allowed by hand.
pub fn disallow_address(app: &mut App) -> Vec<Effect> {
    if is_elsewhere(app) {
        return after_move(app);
    }
    type_address(app, DISALLOW, "address to remove: ")
}

/// Opens an input line for an address, prefilled with this machine's address if it is known.
fn type_address(app: &mut App, what: u8, label: &'static str) -> Vec<Effect> {
    let known = app.panes.services.health.found.address.as_ref().and_then(|address| address.as_ref().ok());
    let text = known.map(ToString::to_string).unwrap_or_default();
    app.screen.typing = Some(Typing::new(Purpose::Pane { pane: ID, what, label }, text));
    after_move(app)
}

/// Plans to allow or disallow an address or a network.
pub(super) fn change(app: &mut App, text: &str, allow: bool) -> Vec<Effect> {
    match Request::new(text, allow, None, groups(&app.estate)) {
        Ok(request) => begin(app, request),
        Err(why) => {
            app.show_message(why);
            after_move(app)
        }
    }
}

/// Number of finished changes of allowed addresses.
fn ended(app: &App) -> usize {
    let ours =
        |operation: &&crate::app::operation::Operation| operation.target().is_some_and(|target| target.kind == TARGET);
    app.operations.list.iter().filter(ours).filter(|operation| operation.outcome.is_some()).count()
}

fn ask(app: &mut App, sends: ProbeKinds) -> Vec<Effect> {
    let effect = start_look(app, sends);
    let mut effects = vec![effect];
    effects.extend(after_move(app));
    effects
}

fn start_look(app: &mut App, sends: ProbeKinds) -> Effect {
    // The hosts of a simulated world may belong to someone in the real one.
    let sends = if app.session.simulated && !is_local_only(&app.environment) { ProbeKinds::default() } else { sends };
    let mut order = order(&app.environment, &app.estate, sends);
    // Terraform outputs also describe the real world.
    order.outputs &= !app.session.simulated;
    let serial = app.panes.services.health.serial + 1;
    let ended = ended(app);
    app.panes.services.health =
        ExternalHealth { serial, requested_at: Some(app.now), sent: order.send, ended, ..ExternalHealth::default() };
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, 0), serial };
    Effect::Fetch { ticket, priority: Priority::Operator, ask: Ask::Run(Box::new(order)).into() }
}

/// Whether the services were read or failed: their target groups lead to the load balancers.
fn groups_are_known(app: &App) -> bool {
    let services = &app.estate.services;
    app.environment.cluster.is_none() || services.at().is_some() || services.failure().is_some()
}

/// Looks when the view is shown, and again after a change of allowed addresses. Waits until account and target groups are
/// known.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let looked = &app.panes.services.health;
    let changed = looked.read.is_some() && looked.ended != ended(app);
    let due = (looked.requested_at.is_none() || changed) && other_pages::is_shown(app, SubView::Health);
    let known = app.estate.identity.at().is_some() && app.poller.account_known();
    if !due || !known || !groups_are_known(app) {
        return Vec::new();
    }
    // Probes that were requested once are sent again.
    let probes = allows_automatic_probes(&app.environment) || app.panes.services.health.sent;
    let sends = ProbeKinds { probes, waf: false };
    vec![start_look(app, sends)]
}

/// Stores the findings.
pub fn answer(app: &mut App, answer: Answer) {
    let now = app.now;
    let looked = &mut app.panes.services.health;
    if answer.ticket.serial != looked.serial {
        return;
    }
    match answer.of::<Told>().part {
        Part::Page(Told::Found(finding)) | Part::Last(Told::Found(finding)) => looked.found.add(*finding),
        Part::Page(Told::Done) | Part::Last(Told::Done) => looked.read = Some(now),
        Part::Failed(failure) => (looked.failure, looked.read) = (Some(failure), Some(now)),
    }
}

/// All checks, from what serves requests to what protects the environment.
pub fn checks(app: &App) -> Vec<Check> {
    let looked = &app.panes.services.health;
    let targets = app.estate.targets.iter().filter_map(|(group, seen)| match (seen.value(), seen.failure()) {
        (_, Some(failure)) => Some(checks::targets(group, Err(failure))),
        (Some(targets), None) => Some(checks::targets(group, Ok(targets))),
        (None, None) => None,
    });
    targets.chain(checks::checks(&looked.found, app.service_now())).collect()
}

/// A summary of the last look with its age; `None` if there was none.
pub fn glance(app: &App) -> Option<Glance> {
    const LABEL: &str = "health";
    let looked = &app.panes.services.health;
    let age = short(app.now.duration_since(looked.read?));
    let checks = checks(app);
    let wrong = |one: &&Check| matches!(one.health, Health::Down | Health::Degraded | Health::Unknown);
    let worst = checks.iter().filter(wrong).min_by_key(|check| check.health.rank());
    let (text, brief, health) = match (&looked.failure, worst) {
        (Some(failure), _) => (format!("not known: {failure}"), "not known".to_owned(), Some(Health::Unknown)),
        (None, Some(worst)) => {
            let count = format!("{} of {}", checks.iter().filter(wrong).count(), checks.len());
            let what = format!("{} {}: {}", worst.topic.name(), worst.subject, worst.text);
            (format!("{count} checks not well: {what}"), format!("{count} not well"), Some(worst.health))
        }
        (None, None) if checks.is_empty() => ("nothing to check".to_owned(), "nothing to check".to_owned(), None),
        (None, None) => {
            let unsent = if looked.sent { "" } else { "; nothing was sent" };
            (format!("all {} checks are well{unsent}", checks.len()), format!("all {} well", checks.len()), None)
        }
    };
    let with_age = |text: String| format!("{text}, {age} ago");
    Some(Glance { label: LABEL, text: with_age(text), brief: format!("{LABEL} {}", with_age(brief)), health })
}

/// The checks, keyed by their index.
pub fn lines(app: &App) -> Vec<(String, String)> {
    let text =
        |check: &Check| format!("{} {} {} {}", check.topic.name(), check.subject, check.health.name(), check.text);
    checks(app).iter().enumerate().map(|(number, check)| (number.to_string(), text(check))).collect()
}

/// All details of a check.
pub fn details(app: &App, key: &str) -> Vec<Fact> {
    let Some(check) = key.parse().ok().and_then(|number: usize| checks(app).into_iter().nth(number)) else {
        return Vec::new();
    };
    let mut lines = vec![
        fact("check", check.topic.name()),
        fact("of", check.subject),
        Fact { health: Some(check.health), ..fact("health", check.health.name()) },
        fact("what", check.text),
    ];
    lines.extend(check.hint.map(|hint| fact("to do", with_scope(&hint, app.environment.command_scope()))));
    lines
}

/// Freshness of the checks, and what is missing.
pub fn data_status(app: &App) -> DataStatus {
    let looked = &app.panes.services.health;
    // The services' target groups lead to the load balancers.
    let unread = secondary_trouble(app, &[Source::Services, Source::Targets]);
    let trouble = match &looked.failure {
        Some(failure) => Some((Health::Down, format!("{failure}: {}", failure.hint()))),
        None if unread.is_some() => unread,
        None if looked.requested_at.is_some()
            && app.session.simulated
            && !looked.sent
            && !is_local_only(&app.environment) =>
        {
            Some((Health::Stopped, "simulated: nothing is sent to the hosts".to_owned()))
        }
        None if looked.requested_at.is_some() && !looked.sent => {
            Some((Health::Stopped, "guarded: nothing is sent to the hosts; u sends probes".to_owned()))
        }
        None if looked.requested_at.is_some() && looked.read.is_none() => {
            Some((Health::Changing, "looking: each probe has 5 seconds".to_owned()))
        }
        None => Some((Health::Stopped, "u checks again, w tests the firewall, A allows my address".to_owned())),
    };
    let age = looked.read.map(|at| app.now.duration_since(at)).filter(|age| *age > OLD);
    let placeholder = note(if looked.read.is_some() {
        "nothing to check: no target group, no load balancer, no host"
    } else {
        "looking at targets, load balancers, names and certificates …"
    });
    DataStatus {
        age: age.map(|age| format!("{} old", short(age))),
        loading: looked.requested_at.is_none(),
        // Without rows, the note on what is sent takes their place.
        empty: trouble.iter().cloned().chain(placeholder).collect(),
        trouble,
        dimmed: false,
    }
}

/// Whether another block has the focus; explains it if so. A key must not send anything to an environment's hosts unless its
/// meaning is on the screen.
fn is_elsewhere(app: &mut App) -> bool {
    let elsewhere = !has_focus(app);
    if elsewhere {
        app.show_message("v shows how the environment is reached; u, w, A and X work there");
    }
    elsewhere
}

/// Whether the block has the focus.
pub fn has_focus(app: &App) -> bool {
    app.focused() == HEALTH
}
