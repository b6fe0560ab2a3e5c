//! Keys, questions and answers of the Overview pane, and the contents of its blocks.

use super::state::{ID, State, TIMELINE};
use super::switches::keep;
use super::{certificates, standing};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::poll::HISTORY;
use crate::app::ticket::{Owner, Ticket};
use crate::app::timeline::happened;
use crate::app::update::settle::{done, many};
use crate::feeds::aws::CostsOf;
use crate::feeds::costs::{Ask as Look, Fact as Cost};
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact, Place};
use crate::model::costs;
use crate::model::timeline::TimelineEvent;
use jiff::SignedDuration;

/// The time line of many services is put together at most this often.
const MADE: SignedDuration = SignedDuration::from_secs(2);
/// The interval at which this machine's own operations and runs are read.
const LOCAL: SignedDuration = SignedDuration::from_secs(15);
/// Costs that could not be read are asked for again after this time.
const COSTS_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// The kind of the question for costs.
const COSTS: u8 = 1;
/// No more rows are kept.
const MOST: usize = 500;

/// Shows the time line on the whole screen, or all blocks again.
pub fn timeline(app: &mut App) -> Vec<Effect> {
    let shown = app.screen.zoom && app.focused() == TIMELINE;
    app.focus_on(TIMELINE);
    app.screen.zoom = !shown;
    done(app)
}

/// Puts the time line together while somebody looks, and asks for what this machine knows.
pub fn plan(app: &mut App) -> Vec<Effect> {
    // Where it cannot be asked who we are, the rest is read all the same.
    let met = app.estate.identity.at().is_some() || app.estate.identity.failure().is_some();
    let mut effects = certificates::ask(app);
    if app.shown().id != ID || !met {
        return effects;
    }
    let due = |at: Option<jiff::Timestamp>, every| at.is_none_or(|at| app.now.duration_since(at).abs() >= every);
    // Of a small environment it is put together as facts come in; without news only what is old leaves it.
    let (news, every) = if many(app) { (false, MADE) } else { (app.has_pending_facts(), LOCAL) };
    let (make, ask) = (news || due(app.panes.overview.made, every), due(app.panes.overview.asked, LOCAL));
    effects.extend(ask_costs(app));
    keep(app);
    standing::keep(app);
    if make {
        make_timeline(app);
    }
    if !ask {
        return effects;
    }
    app.panes.overview.asked = Some(app.now);
    let place = Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated };
    let since = app.service_now().checked_sub(HISTORY).unwrap_or(app.now);
    let changes = Ask::Changes { place, environment: app.environment.name.clone(), since };
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, 0), serial: 0 };
    effects.push(Effect::Fetch { ticket, lane: Priority::Background, ask: changes.into() });
    effects
}

/// Asks what the account costs, where that was not read today: each request of Cost Explorer costs a cent. What was read is kept
/// on this machine.
fn ask_costs(app: &mut App) -> Vec<Effect> {
    let overview = &app.panes.overview;
    let now = app.service_now();
    let fresh = overview.costs.as_ref().is_some_and(|costs| costs.are_of_today(now));
    let soon = overview.costs_asked.is_some_and(|at| app.now.duration_since(at).abs() < COSTS_AGAIN);
    let Some(identity) = app.estate.identity.value() else { return Vec::new() };
    // A command has no screen: nobody looks.
    let looks = app.screen.size != (0, 0);
    if !looks || fresh || soon || app.poller.wrong_account() || app.screen.paused.is_some() {
        return Vec::new();
    }
    let today = costs::today(now);
    let (from, to) = costs::span(today);
    let account = identity.account.clone();
    let of = Box::new(CostsOf { now, from, to, ahead: costs::ahead(today), tag: None, by: None, account });
    let endpoint = identity.endpoints.of("ce").unwrap_or_default().to_owned();
    let ask = Look::Look { of, endpoint, keep: !app.session.simulated };
    app.panes.overview.costs_asked = Some(app.now);
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, COSTS), serial: 0 };
    vec![Effect::Fetch { ticket, lane: Priority::Background, ask: ask.into() }]
}

fn make_timeline(app: &mut App) {
    let now = app.service_now();
    let since = now.checked_sub(HISTORY).unwrap_or(now);
    let local = &app.panes.overview.local;
    let mut events = happened(app, local, since);
    let others = events.iter().filter(|event| event.of_another.is_some() && !event.routine).count();
    events.retain(TimelineEvent::is_news);
    events.reverse();
    events.truncate(MOST);
    app.panes.overview.made = Some(app.now);
    app.panes.overview.of_others = others;
    if events != app.panes.overview.happened {
        app.panes.overview.happened = events;
        app.lists_changed();
    }
}

/// Stores what this machine knows.
pub fn answer(app: &mut App, answer: Answer) {
    if answer.ticket.owner == Owner::Pane(ID.0, certificates::KIND) {
        certificates::answer(app, answer);
        return;
    }
    if answer.ticket.owner == Owner::Pane(ID.0, COSTS) {
        match answer.of::<Cost>().part {
            Part::Page(Cost::Costs(costs)) | Part::Last(Cost::Costs(costs)) => {
                (app.panes.overview.costs, app.panes.overview.no_costs) = (Some(*costs), None);
            }
            Part::Failed(failure) => app.panes.overview.no_costs = Some(failure),
        }
        return;
    }
    if let Part::Last(Fact::Changes(local)) = answer.of::<Fact>().part {
        app.panes.overview.local = local;
        app.panes.overview.made = None;
    }
}

/// Forgets everything about the environment before.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.overview = State::default();
    Vec::new()
}
