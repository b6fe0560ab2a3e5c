//! Key handlers, requests and answers of the Overview pane, and the contents of its blocks.

use super::state::{ID, State, TIMELINE};
use super::switches::cache_switches;
use super::{certificates, glance};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::poll::HISTORY;
use crate::app::ticket::{Owner, Ticket};
use crate::app::timeline::events_since;
use crate::app::update::refresh::{after_move, has_much_to_judge};
use crate::feeds::aws::CostQuery;
use crate::feeds::costs::{Ask as Look, Fact as Cost};
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact, Place};
use crate::model::costs;
use crate::model::timeline::TimelineEvent;
use jiff::SignedDuration;

/// Minimum interval for building the timeline of a large environment.
const MADE: SignedDuration = SignedDuration::from_secs(2);
/// Poll interval of operations and runs recorded on this machine.
const LOCAL: SignedDuration = SignedDuration::from_secs(15);
/// Delay before failed reads of costs are repeated.
const COSTS_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// Kind of the request for costs.
const COSTS: u8 = 1;
/// Maximum number of events kept.
const MOST: usize = 500;

/// Toggles between the timeline on the full screen and all blocks.
pub fn timeline(app: &mut App) -> Vec<Effect> {
    let shown = app.screen.zoom && app.focused() == TIMELINE;
    app.focus_on(TIMELINE);
    app.screen.zoom = !shown;
    after_move(app)
}

/// Builds the timeline while the pane is shown, and requests the operations and runs of this machine.
pub fn plan(app: &mut App) -> Vec<Effect> {
    // A failed identity does not prevent the other reads.
    let met = app.estate.identity.at().is_some() || app.estate.identity.failure().is_some();
    let mut effects = certificates::request_if_due(app);
    if app.shown_pane().id != ID || !met {
        return effects;
    }
    let due = |at: Option<jiff::Timestamp>, every| at.is_none_or(|at| app.now.duration_since(at).abs() >= every);
    // In a small environment the timeline is rebuilt as facts arrive; without news, only old events leave it.
    let (news, every) = if has_much_to_judge(app) { (false, MADE) } else { (app.has_pending_facts(), LOCAL) };
    let (make, ask) =
        (news || due(app.panes.overview.built_at, every), due(app.panes.overview.local_requested_at, LOCAL));
    effects.extend(ask_costs(app));
    cache_switches(app);
    glance::cache_costs(app);
    if make {
        make_timeline(app);
    }
    if !ask {
        return effects;
    }
    app.panes.overview.local_requested_at = Some(app.now);
    let place = Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated };
    let since = app.service_now().checked_sub(HISTORY).unwrap_or(app.now);
    let changes = Ask::Changes { place, environment: app.environment.name.clone(), since };
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, 0), serial: 0 };
    effects.push(Effect::Fetch { ticket, priority: Priority::Background, ask: changes.into() });
    effects
}

/// Requests the costs if they were not read today: each Cost Explorer request costs one cent. The result is kept on this
/// machine.
fn ask_costs(app: &mut App) -> Vec<Effect> {
    let overview = &app.panes.overview;
    let now = app.service_now();
    let fresh = overview.costs.as_ref().is_some_and(|costs| costs.were_read_today(now));
    let soon = overview.costs_requested_at.is_some_and(|at| app.now.duration_since(at).abs() < COSTS_AGAIN);
    let Some(identity) = app.estate.identity.value() else { return Vec::new() };
    // A command has no screen, so nobody looks at the result.
    let looks = app.screen.size != (0, 0);
    if !looks || fresh || soon || app.poller.wrong_account() || app.screen.paused.is_some() {
        return Vec::new();
    }
    let today = costs::today(now);
    let (from, to) = costs::days_to_read(today);
    let account = identity.account.clone();
    let of = Box::new(CostQuery {
        now,
        from,
        to,
        forecast: costs::days_to_forecast(today),
        tag: None,
        group_by_tag: None,
        account,
    });
    let endpoint = identity.endpoints.of("ce").unwrap_or_default().to_owned();
    let ask = Look::Read { of, endpoint, keep: !app.session.simulated };
    app.panes.overview.costs_requested_at = Some(app.now);
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, COSTS), serial: 0 };
    vec![Effect::Fetch { ticket, priority: Priority::Background, ask: ask.into() }]
}

fn make_timeline(app: &mut App) {
    let now = app.service_now();
    let since = now.checked_sub(HISTORY).unwrap_or(now);
    let local = &app.panes.overview.local;
    let mut events = events_since(app, local, since);
    let others = events.iter().filter(|event| event.other_environment.is_some() && !event.routine).count();
    events.retain(TimelineEvent::is_notable);
    events.reverse();
    events.truncate(MOST);
    app.panes.overview.built_at = Some(app.now);
    app.panes.overview.omitted_writes = others;
    if events != app.panes.overview.events {
        app.panes.overview.events = events;
        app.lists_changed();
    }
}

/// Stores operations and runs of this machine, certificates, and costs.
pub fn answer(app: &mut App, answer: Answer) {
    if answer.ticket.owner == Owner::Pane(ID.0, certificates::KIND) {
        certificates::answer(app, answer);
        return;
    }
    if answer.ticket.owner == Owner::Pane(ID.0, COSTS) {
        match answer.of::<Cost>().part {
            Part::Page(Cost::Costs(costs)) | Part::Last(Cost::Costs(costs)) => {
                (app.panes.overview.costs, app.panes.overview.costs_failure) = (Some(*costs), None);
            }
            Part::Failed(failure) => app.panes.overview.costs_failure = Some(failure),
        }
        return;
    }
    if let Part::Last(Fact::Changes(local)) = answer.of::<Fact>().part {
        app.panes.overview.local = local;
        app.panes.overview.built_at = None;
    }
}

/// Resets the state when another environment is opened.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.overview = State::default();
    Vec::new()
}
