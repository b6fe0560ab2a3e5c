//! The effects of keys in the pane, its questions, and what the answers change.

use super::ask::{Kind, ask, place, refused, ticket, wish};
use super::state::{Asking, CHANGE, Followed, LOG, PLAN, RESOURCES, State, UNIT_LOG, UNITS};
use super::tell::{self, configured};
use super::{attributes, drawing, drift, target, written};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::ticket::Owner;
use crate::app::update::open::forget;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::{infra, runs};
use crate::model::infra::RunState;
use crate::model::infra::order::{Listed, run_name};
use crate::model::infra::run::Phase;
use crate::model::infra::run_event::RequestKind;
use crate::model::infra::schedule::to_retry;
use jiff::SignedDuration;
use std::path::Path;

/// Runs are listed this often: somebody else may have begun one.
const LIST: SignedDuration = SignedDuration::from_secs(5);

/// The questions that are due. Runs are looked for whichever pane is shown: what goes on is told everywhere.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    if !configured(app) {
        return effects;
    }
    let state = &app.panes.infra;
    // What was recorded is of no code that is here, and shows its own units.
    if tell::is_shown(app) && !state.looked && !tell::recorded(app) {
        effects.push(discover(app));
    }
    let due = app.panes.infra.listed.is_none_or(|at| app.now.duration_since(at).abs() >= LIST);
    if due {
        app.panes.infra.listed = Some(app.now);
        let question = runs::Ask::List { place: place(app), environment: app.environment.name.clone() };
        effects.push(ask(app, Kind::List, question).1);
    }
    // Read once for each run that has begun since: what it takes itself is known from the next one on.
    let latest = app.panes.infra.runs.first().map(|run| run.run.clone());
    if tell::is_shown(app) && latest.is_some() && app.panes.infra.history.1 != latest {
        app.panes.infra.history.1 = latest;
        let question = runs::Ask::History { place: place(app), environment: app.environment.name.clone() };
        effects.push(ask(app, Kind::History, question).1);
    }
    effects.extend(follow_newest(app));
    effects.extend(read_plans(app));
    effects.extend(drift::plan(app));
    effects.extend(written::plan(app));
    effects
}

fn discover(app: &mut App) -> Effect {
    let (serial, effect) = ask(app, Kind::Discover, infra::Ask::Discover);
    app.panes.infra.looking = Some(serial);
    app.panes.infra.looked = true;
    effect
}

/// The run that is followed where nobody has chosen one: one that goes on, else the latest.
pub fn newest(state: &State) -> Option<&Listed> {
    state.runs.iter().max_by_key(|run| (run.live, run.run.clone()))
}

/// Follows the latest run, unless a live one is followed already, or an older one was chosen.
fn follow_newest(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let Some(newest) = newest(state) else { return Vec::new() };
    let name = newest.run.clone();
    let keeps = state.run.as_ref().is_some_and(|run| state.pinned || run.name >= name || run.goes_on());
    if keeps {
        return Vec::new();
    }
    let folder = newest.folder.clone();
    follow(app, &folder)
}

/// Follows this run from its beginning on.
pub fn follow(app: &mut App, folder: &Path) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(before) = app.panes.infra.run.take() {
        effects.push(Effect::Leave(ticket(app, Kind::Follow, before.serial)));
    }
    let (serial, effect) = ask(app, Kind::Follow, runs::Ask::Follow { run: folder.to_owned(), from: 0 });
    effects.push(effect);
    let state = &mut app.panes.infra;
    (state.logs, state.plans, state.plans_failure) = Default::default();
    (state.written.asked, state.written.lines) = Default::default();
    state.run = Some(Followed {
        folder: folder.to_owned(),
        name: run_name(folder),
        state: RunState::default(),
        serial,
        live: true,
        read: false,
        failure: None,
    });
    effects
}

/// Reads the plans that the run has and the pane does not.
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
            // Requested once; a failure is reported.
            app.panes.infra.plans.insert(unit.clone(), (sha256.clone(), None));
        }
        effects.push(ask(app, Kind::Plan, question).1);
    }
    effects
}

/// Takes an answer in.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, number) = answer.ticket.owner else { return };
    let serial = answer.ticket.serial;
    if !matches!(answer.part, Part::Page(_)) {
        app.panes.infra.lasting.remove(&serial);
    }
    let kind = Kind::of(number);
    // What one reads and asks for again, of the same or of something else, is what was asked for last.
    let is_read = matches!(kind, Some(Kind::Attributes | Kind::Written));
    if is_read && app.panes.infra.latest.get(&number) != Some(&serial) {
        return;
    }
    match kind {
        Some(Kind::Discover) if app.panes.infra.looking == Some(serial) => discovered(app, answer.of().part),
        Some(Kind::List) => listed(&mut app.panes.infra, serial, answer.of().part),
        Some(Kind::Follow) if app.panes.infra.run.as_ref().is_some_and(|run| run.serial == serial) => {
            news(app, answer.of().part);
        }
        Some(Kind::Begin) => began(app, answer.of().part),
        Some(Kind::Plan) => planned(app, answer.of().part),
        Some(Kind::History) => {
            // Without it nothing is estimated.
            if let Part::Page(runs::Fact::History(history)) | Part::Last(runs::Fact::History(history)) =
                answer.of().part
            {
                app.panes.infra.history.0 = history;
                app.panes.infra.estimate();
            }
        }
        Some(Kind::Tell) => told(app, answer.of().part),
        Some(Kind::Declared) => drift::answer(app, answer.of().part),
        Some(Kind::Attributes) => attributes::answer(app, answer.of().part),
        Some(Kind::Written) => written::answer(app, answer.of().part),
        Some(Kind::Locks | Kind::Unlock | Kind::Orphans | Kind::Look) => super::after::answer(app, answer.of().part),
        Some(Kind::Discover | Kind::Follow) | None => {}
    }
}

fn discovered(app: &mut App, part: Part<infra::Fact>) {
    app.panes.infra.looking = None;
    match part {
        Part::Page(infra::Fact::Units(units)) | Part::Last(infra::Fact::Units(units)) => {
            let state = &mut app.panes.infra;
            state.marked.retain(|name| units.graph.unit(name).is_some());
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
    // One that took longer than the next, or does not know yet what was begun here.
    if serial <= state.known_of {
        return;
    }
    state.known_of = serial;
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
            let first = app.panes.infra.run.as_ref().is_some_and(|run| !run.read);
            app.panes.infra.absorb(&news.events);
            if let Some(run) = &mut app.panes.infra.run {
                run.live = news.live;
            }
            let Some(run) = &app.panes.infra.run else { return };
            // An end that was there before anybody looked is no news.
            if let Some((_, end)) = run.state.end.filter(|_| !ended && !first) {
                let bad = end != crate::model::infra::run_event::RunEnd::Done;
                let goal = tell::goal_word(tell::goal(&run.state));
                let text = format!("infra {goal}: {}", tell::end_word(end));
                app.note(bad, text.clone());
                app.say(text);
                drift::ended(app);
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
    app.panes.infra.waiting = None;
    match part {
        Part::Page(infra::Fact::Began(folder, units)) | Part::Last(infra::Fact::Began(folder, units)) => {
            let state = &mut app.panes.infra;
            (state.units, state.failure, state.pinned) = (Some(units), None, false);
            state.known_of = state.serial;
            let run = run_name(&folder);
            // It is followed at once, and not only when runs are listed again.
            state.runs.retain(|other| other.run != run);
            state.runs.insert(0, Listed { run, folder, order: None, live: true, end: None });
        }
        Part::Failed(failure) => refused(app, &failure),
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

fn told(app: &mut App, part: Part<runs::Fact>) {
    app.panes.infra.waiting = None;
    if let Part::Failed(failure) = part {
        refused(app, &failure);
    }
}

/// `r`: looks for units and runs again.
pub fn again(app: &mut App) -> Vec<Effect> {
    if !configured(app) {
        return Vec::new();
    }
    app.panes.infra.listed = None;
    let mut effects = if tell::recorded(app) { Vec::new() } else { vec![discover(app)] };
    app.say("looking for units again");
    effects.extend(app.plan());
    effects
}

/// `C`: asks whether the run is cancelled.
pub fn cancel(app: &mut App) -> Vec<Effect> {
    if tell::recorded(app) {
        app.say(tell::ONLY_RECORDED);
        return Vec::new();
    }
    let going = app.panes.infra.run.as_ref().filter(|run| run.goes_on());
    let Some(run) = going else {
        app.say("no run goes on");
        return Vec::new();
    };
    let hard = match run.state.cancel {
        Some((_, true)) => {
            app.say("it was asked to stop twice already: nothing stops it sooner");
            return Vec::new();
        }
        Some((_, false)) => true,
        None => false,
    };
    let name = run.name.clone();
    super::windows::open(app, Asking::Cancel(name, hard))
}

/// `R`: tries failed and blocked units again.
pub fn retry(app: &mut App) -> Vec<Effect> {
    if tell::recorded(app) {
        app.say(tell::ONLY_RECORDED);
        return Vec::new();
    }
    let run = app.panes.infra.run.as_ref().map(|run| to_retry(&run.state));
    if let Err(why) = run.unwrap_or(Err("there is no run to retry")) {
        app.say(why);
        return Vec::new();
    }
    wish(app, RequestKind::Retry, "trying failed and blocked units again …")
}

/// `space`: marks the selected unit, or unmarks it; in a unit the selected resource.
pub fn mark(app: &mut App) -> Vec<Effect> {
    if app.panes.infra.open.is_some() {
        return target::mark(app);
    }
    let state = &mut app.panes.infra;
    let Some(unit) = state.unit.clone() else { return Vec::new() };
    if !state.marked.remove(&unit) {
        state.marked.insert(unit);
    }
    let marked: Vec<&str> = state.marked.iter().map(String::as_str).collect();
    let text = if marked.is_empty() {
        "no unit is marked: P, A, X mean all".to_owned()
    } else {
        format!("marked: {}", marked.join(", "))
    };
    app.say(text);
    done(app)
}

/// `Enter`: into the selected unit; in it, to the change of the selected resource.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    if app.panes.infra.open.is_none() {
        let unit = app.panes.infra.unit.clone()?;
        (app.panes.infra.open, app.panes.infra.level) = (Some(unit), None);
        forget(app);
        app.screen.zoom = false;
        return Some(done(app));
    }
    let focused = app.focused();
    if focused == RESOURCES || focused == super::state::RESOURCE_GRAPH {
        app.focus_on(CHANGE);
        return Some(done(app));
    }
    None
}

/// `Esc`: out of the unit.
pub fn up(app: &mut App) {
    if let Some(unit) = app.panes.infra.open.take() {
        app.panes.infra.aimed.clear();
        app.panes.infra.resource = None;
        app.screen.list(UNITS).select_key(&unit);
        app.focus_on(UNITS);
        app.lists_changed();
    }
}

/// `Esc` from plan and log goes back to the list first.
pub fn back(app: &mut App) -> bool {
    let (list, others) =
        if app.panes.infra.open.is_some() { (RESOURCES, [CHANGE, UNIT_LOG]) } else { (UNITS, [PLAN, LOG]) };
    let focused = app.focused();
    let filtered = app.screen.list_of(focused).is_some_and(|list| !list.filter.is_empty());
    if !others.contains(&focused) || filtered || app.screen.zoom {
        return false;
    }
    app.focus_on(list);
    true
}

/// `v`: to what the plan would do.
pub fn diff(app: &mut App) -> Vec<Effect> {
    let block = if app.panes.infra.open.is_some() { CHANGE } else { PLAN };
    drawing::to_what_waits(app);
    app.focus_on(block);
    done(app)
}

/// How often the screen is brought up to date while something is being changed.
pub fn next_tick(app: &App) -> Option<std::time::Duration> {
    let going = app.panes.infra.state().filter(|run| run.end.is_none())?;
    let busy = going.units.values().any(|unit| !matches!(unit.phase, Phase::Queued | Phase::Review | Phase::Ended));
    (busy && tell::is_shown(app)).then_some(std::time::Duration::from_millis(500))
}
