//! Key handlers of the Infra pane, its requests, and the handling of their answers.

use super::requests::{Kind, ask, place, report_failure, request_run, ticket};
use super::state::{CHANGE, DialogQuestion, Followed, LOG, PLAN, RESOURCES, State, UNIT_LOG, UNITS};
use super::texts::{self, configured};
use super::{attributes, drift, pictures, raw_output, targeting};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::ticket::Owner;
use crate::app::update::open::reset_view;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::{infra, runs};
use crate::model::infra::RunState;
use crate::model::infra::run::Phase;
use crate::model::infra::run_event::RequestKind;
use crate::model::infra::run_order::{ListedRun, run_name};
use crate::model::infra::schedule::units_to_retry;
use jiff::SignedDuration;
use std::path::Path;

/// Poll interval for the list of runs, which other sessions can start too.
const LIST: SignedDuration = SignedDuration::from_secs(5);

/// Returns the requests that are due. Runs are listed regardless of the shown pane, because every pane shows a running one.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    if !configured(app) {
        return effects;
    }
    let state = &app.panes.infra;
    // A recording does not belong to local code, and brings its own units.
    if texts::is_shown(app) && !state.searched && !texts::recorded(app) {
        effects.push(discover(app));
    }
    let due = app.panes.infra.listed_at.is_none_or(|at| app.now.duration_since(at).abs() >= LIST);
    if due {
        app.panes.infra.listed_at = Some(app.now);
        let question = runs::Ask::List { place: place(app), environment: app.environment.name.clone() };
        effects.push(ask(app, Kind::List, question).1);
    }
    // Read once after each new run: durations of a run are known from the next one on.
    let latest = app.panes.infra.runs.first().map(|run| run.run.clone());
    if texts::is_shown(app) && latest.is_some() && app.panes.infra.history.1 != latest {
        app.panes.infra.history.1 = latest;
        let question = runs::Ask::History { place: place(app), environment: app.environment.name.clone() };
        effects.push(ask(app, Kind::History, question).1);
    }
    effects.extend(follow_newest(app));
    effects.extend(read_plans(app));
    effects.extend(drift::plan(app));
    effects.extend(raw_output::plan(app));
    effects
}

fn discover(app: &mut App) -> Effect {
    let (serial, effect) = ask(app, Kind::Discover, infra::Ask::Discover);
    app.panes.infra.search_serial = Some(serial);
    app.panes.infra.searched = true;
    effect
}

/// The run to follow by default: a live one, or else the latest.
pub fn newest(state: &State) -> Option<&ListedRun> {
    state.runs.iter().max_by_key(|run| (run.live, run.run.clone()))
}

/// Follows the latest run, unless a live one is followed or an older one was opened.
fn follow_newest(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let Some(newest) = newest(state) else { return Vec::new() };
    let name = newest.run.clone();
    let keeps = state.run.as_ref().is_some_and(|run| state.pinned || run.name >= name || run.is_running());
    if keeps {
        return Vec::new();
    }
    let folder = newest.folder.clone();
    follow(app, &folder)
}

/// Follows this run from its beginning.
pub fn follow(app: &mut App, folder: &Path) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(previous) = app.panes.infra.run.take() {
        effects.push(Effect::CancelFetch(ticket(app, Kind::Follow, previous.serial)));
    }
    let (serial, effect) = ask(app, Kind::Follow, runs::Ask::Follow { run: folder.to_owned(), from: 0 });
    effects.push(effect);
    let state = &mut app.panes.infra;
    (state.logs, state.plans, state.plans_failure) = Default::default();
    (state.raw_output.requested_at, state.raw_output.lines) = Default::default();
    state.run = Some(Followed {
        folder: folder.to_owned(),
        name: run_name(folder),
        state: RunState::default(),
        serial,
        live: true,
        events_arrived: false,
        failure: None,
    });
    effects
}

/// Requests the plans of the run that the pane has not read yet.
fn read_plans(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let Some(run) = state.state() else { return Vec::new() };
    let wanted = run.units.iter().filter_map(|(name, unit)| {
        let plan = unit.plan.as_ref()?;
        let known = state.plans.get(name).is_some_and(|(hash, _)| *hash == plan.sha256);
        (!known).then(|| infra::Ask::Plan { unit: name.clone(), sha256: plan.sha256.clone(), path: plan.shown.clone() })
    });
    let wanted: Vec<infra::Ask> = wanted.collect();
    let mut effects = Vec::new();
    for question in wanted {
        if let infra::Ask::Plan { unit, sha256, .. } = &question {
            // Each plan is requested once; a failure is reported.
            app.panes.infra.plans.insert(unit.clone(), (sha256.clone(), None));
        }
        effects.push(ask(app, Kind::Plan, question).1);
    }
    effects
}

/// Handles an answer.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, number) = answer.ticket.owner else { return };
    let serial = answer.ticket.serial;
    if !matches!(answer.part, Part::Page(_)) {
        app.panes.infra.detached.remove(&serial);
    }
    let kind = Kind::of(number);
    // Reads that can be repeated accept only the answer to the latest request.
    let is_read = matches!(kind, Some(Kind::Attributes | Kind::Written));
    if is_read && app.panes.infra.latest.get(&number) != Some(&serial) {
        return;
    }
    match kind {
        Some(Kind::Discover) if app.panes.infra.search_serial == Some(serial) => discovered(app, answer.of().part),
        Some(Kind::List) => listed(&mut app.panes.infra, serial, answer.of().part),
        Some(Kind::Follow) if app.panes.infra.run.as_ref().is_some_and(|run| run.serial == serial) => {
            news(app, answer.of().part);
        }
        Some(Kind::Begin) => began(app, answer.of().part),
        Some(Kind::Plan) => planned(app, answer.of().part),
        Some(Kind::History) => {
            // A failure only disables estimates.
            if let Part::Page(runs::Fact::History(history)) | Part::Last(runs::Fact::History(history)) =
                answer.of().part
            {
                app.panes.infra.history.0 = history;
                app.panes.infra.estimate();
            }
        }
        Some(Kind::Tell) => request_answered(app, answer.of().part),
        Some(Kind::Declared) => drift::answer(app, answer.of().part),
        Some(Kind::Attributes) => attributes::answer(app, answer.of().part),
        Some(Kind::Written) => raw_output::answer(app, answer.of().part),
        Some(Kind::Locks | Kind::Unlock | Kind::Orphans | Kind::Look) => super::repair::answer(app, answer.of().part),
        Some(Kind::Discover | Kind::Follow) | None => {}
    }
}

fn discovered(app: &mut App, part: Part<infra::Fact>) {
    app.panes.infra.search_serial = None;
    match part {
        Part::Page(infra::Fact::Units(units)) | Part::Last(infra::Fact::Units(units)) => {
            let state = &mut app.panes.infra;
            state.marked_units.retain(|name| units.graph.unit(name).is_some());
            (state.units, state.failure) = (Some(units), None);
        }
        Part::Failed(failure) => {
            app.note(true, failure.message.clone());
            app.panes.infra.failure = Some(failure);
        }
        Part::Page(_) | Part::Last(_) => {}
    }
}

fn listed(state: &mut State, serial: u64, part: Part<runs::Fact>) {
    // Drops a list that is older than the known one, or that predates a run started here.
    if serial <= state.last_list_serial {
        return;
    }
    state.last_list_serial = serial;
    match part {
        Part::Page(runs::Fact::Runs(found)) | Part::Last(runs::Fact::Runs(found)) => {
            (state.runs, state.runs_failure) = (found, None);
        }
        Part::Failed(failure) => state.runs_failure = Some(failure),
        Part::Page(_) | Part::Last(_) => {}
    }
}

fn news(app: &mut App, part: Part<runs::Fact>) {
    match part {
        Part::Page(runs::Fact::News(news)) | Part::Last(runs::Fact::News(news)) => {
            let ended = app.panes.infra.state().is_some_and(|run| run.end.is_some());
            let first = app.panes.infra.run.as_ref().is_some_and(|run| !run.events_arrived);
            app.panes.infra.absorb(&news.events);
            if let Some(run) = &mut app.panes.infra.run {
                run.live = news.live;
            }
            let Some(run) = &app.panes.infra.run else { return };
            // An end that was already there at the first read is not reported.
            if let Some((_, end)) = run.state.end.filter(|_| !ended && !first) {
                let bad = end != crate::model::infra::run_event::RunEnd::Done;
                let goal = texts::goal_word(texts::goal(&run.state));
                let text = format!("infra {goal}: {}", texts::end_word(end));
                app.note(bad, text.clone());
                app.show_message(text);
                drift::mark_comparison_due(app);
            }
        }
        Part::Failed(failure) => {
            if let Some(run) = &mut app.panes.infra.run {
                run.failure = Some(failure);
            }
        }
        Part::Page(_) | Part::Last(_) => {}
    }
}

fn began(app: &mut App, part: Part<infra::Fact>) {
    app.panes.infra.pending_request = None;
    match part {
        Part::Page(infra::Fact::Began(folder, units)) | Part::Last(infra::Fact::Began(folder, units)) => {
            let state = &mut app.panes.infra;
            (state.units, state.failure, state.pinned) = (Some(units), None, false);
            state.last_list_serial = state.serial;
            let run = run_name(&folder);
            // Follows the run at once, without waiting for the next list.
            state.runs.retain(|other| other.run != run);
            state.runs.insert(0, ListedRun { run, folder, order: None, live: true, end: None });
        }
        Part::Failed(failure) => report_failure(app, &failure),
        Part::Page(_) | Part::Last(_) => {}
    }
}

fn planned(app: &mut App, part: Part<infra::Fact>) {
    match part {
        Part::Page(infra::Fact::Plan { unit, sha256, plan }) | Part::Last(infra::Fact::Plan { unit, sha256, plan }) => {
            let known = app.panes.infra.plans.get_mut(&unit).filter(|(hash, _)| *hash == sha256);
            if let Some(known) = known {
                known.1 = Some(*plan);
                app.panes.infra.estimate();
            }
        }
        Part::Failed(failure) => {
            app.note(true, failure.message.clone());
            app.panes.infra.plans_failure = Some(failure);
        }
        Part::Page(_) | Part::Last(_) => {}
    }
}

fn request_answered(app: &mut App, part: Part<runs::Fact>) {
    app.panes.infra.pending_request = None;
    if let Part::Failed(failure) = part {
        report_failure(app, &failure);
    }
}

/// `r`: looks for units and runs again.
pub fn refresh(app: &mut App) -> Vec<Effect> {
    if !configured(app) {
        return Vec::new();
    }
    app.panes.infra.listed_at = None;
    let mut effects = if texts::recorded(app) { Vec::new() } else { vec![discover(app)] };
    app.show_message("looking for units again");
    effects.extend(app.plan());
    effects
}

/// `C`: asks whether to cancel the run.
pub fn cancel(app: &mut App) -> Vec<Effect> {
    if texts::recorded(app) {
        app.show_message(texts::ONLY_RECORDED);
        return Vec::new();
    }
    let going = app.panes.infra.run.as_ref().filter(|run| run.is_running());
    let Some(run) = going else {
        app.show_message("no run goes on");
        return Vec::new();
    };
    let hard = match run.state.cancel {
        Some((_, true)) => {
            app.show_message("it was asked to stop twice already: nothing stops it sooner");
            return Vec::new();
        }
        Some((_, false)) => true,
        None => false,
    };
    let name = run.name.clone();
    super::windows::open(app, DialogQuestion::Cancel(name, hard))
}

/// `R`: retries failed and blocked units.
pub fn retry(app: &mut App) -> Vec<Effect> {
    if texts::recorded(app) {
        app.show_message(texts::ONLY_RECORDED);
        return Vec::new();
    }
    let run = app.panes.infra.run.as_ref().map(|run| units_to_retry(&run.state));
    if let Err(why) = run.unwrap_or(Err("there is no run to retry")) {
        app.show_message(why);
        return Vec::new();
    }
    request_run(app, RequestKind::Retry, "trying failed and blocked units again …")
}

/// `space`: marks or unmarks the selected unit; in a unit, the selected resource.
pub fn mark(app: &mut App) -> Vec<Effect> {
    if app.panes.infra.opened_unit.is_some() {
        return targeting::mark(app);
    }
    let state = &mut app.panes.infra;
    let Some(unit) = state.selected_unit.clone() else { return Vec::new() };
    if !state.marked_units.remove(&unit) {
        state.marked_units.insert(unit);
    }
    let marked: Vec<&str> = state.marked_units.iter().map(String::as_str).collect();
    let text = if marked.is_empty() {
        "no unit is marked: P, A, X mean all".to_owned()
    } else {
        format!("marked: {}", marked.join(", "))
    };
    app.show_message(text);
    after_move(app)
}

/// `Enter`: opens the selected unit; in it, shows the change of the selected resource.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    if app.panes.infra.opened_unit.is_none() {
        let unit = app.panes.infra.selected_unit.clone()?;
        (app.panes.infra.opened_unit, app.panes.infra.level) = (Some(unit), None);
        reset_view(app);
        app.screen.zoom = false;
        return Some(after_move(app));
    }
    let focused = app.focused();
    if focused == RESOURCES || focused == super::state::RESOURCE_GRAPH {
        app.focus_on(CHANGE);
        return Some(after_move(app));
    }
    None
}

/// `Esc`: leaves the unit.
pub fn up(app: &mut App) {
    if let Some(unit) = app.panes.infra.opened_unit.take() {
        app.panes.infra.marked_resources.clear();
        app.panes.infra.selected_resource = None;
        app.screen.list(UNITS).select_key(&unit);
        app.focus_on(UNITS);
        app.lists_changed();
    }
}

/// `Esc` in plan or log returns to the list first.
pub fn back(app: &mut App) -> bool {
    let (list, others) =
        if app.panes.infra.opened_unit.is_some() { (RESOURCES, [CHANGE, UNIT_LOG]) } else { (UNITS, [PLAN, LOG]) };
    let focused = app.focused();
    let filtered = app.screen.list_of(focused).is_some_and(|list| !list.filter.is_empty());
    if !others.contains(&focused) || filtered || app.screen.zoom {
        return false;
    }
    app.focus_on(list);
    true
}

/// `v`: shows what the plan would do.
pub fn diff(app: &mut App) -> Vec<Effect> {
    let block = if app.panes.infra.opened_unit.is_some() { CHANGE } else { PLAN };
    pictures::to_what_waits(app);
    app.focus_on(block);
    after_move(app)
}

/// How often the screen is updated while something is being changed.
pub fn next_tick(app: &App) -> Option<std::time::Duration> {
    let going = app.panes.infra.state().filter(|run| run.end.is_none())?;
    let busy = going.units.values().any(|unit| !matches!(unit.phase, Phase::Queued | Phase::Review | Phase::Ended));
    (busy && texts::is_shown(app)).then_some(std::time::Duration::from_millis(500))
}
