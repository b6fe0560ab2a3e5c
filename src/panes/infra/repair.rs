//! Repairs after an abnormal end: resuming a run, releasing a stale lock, pushing a state that could not be written, and
//! looking for resources that may exist without being in a state.

use super::requests::{Kind, ask, place, report_failure, show_lines};
use super::state::DialogQuestion;
use super::{inspect, migration, migration_choice, unit_changes};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::feeds::infra::{Ask, Fact, StateLock, UnpushedState};
use crate::feeds::part::Part;
use crate::feeds::runs;

/// `T`: resumes a run whose supervisor is gone.
pub fn resume_run(app: &mut App) -> Vec<Effect> {
    let lost = app.panes.infra.run.as_ref().filter(|run| run.events_arrived && !run.live && run.state.end.is_none());
    let Some(run) = lost.map(|run| run.folder.clone()) else {
        app.show_message("no run has lost its supervisor");
        return Vec::new();
    };
    app.panes.infra.pending_request = Some("resuming the run …".to_owned());
    let question = runs::Ask::Resume { place: place(app), run };
    let mut effects = vec![ask(app, Kind::Tell, question).1];
    effects.extend(after_move(app));
    effects
}

/// `L`: looks for locks of the marked units, the selected one, or all.
pub fn find_locks(app: &mut App) -> Vec<Effect> {
    let going = app.panes.infra.run.as_ref().is_some_and(super::state::Followed::is_running);
    if going {
        app.show_message("a run is going on, and holds the locks of what it works at");
        return Vec::new();
    }
    let units = inspect::chosen_units(app);
    app.panes.infra.pending_request = Some("looking for locks …".to_owned());
    let mut effects = vec![ask(app, Kind::Locks, Ask::Locks { units }).1];
    effects.extend(after_move(app));
    effects
}

/// `u`: looks for resources that the run may have left behind.
pub fn find_orphans(app: &mut App) -> Vec<Effect> {
    let Some(run) = app.panes.infra.run.as_ref().map(|run| run.folder.clone()) else {
        app.show_message("there is no run that could have left anything");
        return Vec::new();
    };
    app.panes.infra.pending_request = Some("looking for what may be in no state …".to_owned());
    let mut effects = vec![ask(app, Kind::Orphans, Ask::Orphans { run }).1];
    effects.extend(after_move(app));
    effects
}

/// `U`: looks for unwritten states of the marked units, the selected one, or all.
pub fn find_unwritten_states(app: &mut App) -> Vec<Effect> {
    if super::texts::recorded(app) {
        app.show_message(super::texts::ONLY_RECORDED);
        return Vec::new();
    }
    let going = app.panes.infra.run.as_ref().filter(|run| super::state::Followed::is_running(run));
    if let Some(run) = going.map(|run| run.name.clone()) {
        app.show_message(format!("{run} is going on, and writes states itself"));
        return Vec::new();
    }
    app.panes.infra.pending_request = Some("looking for states that could not be written …".to_owned());
    let units = inspect::chosen_units(app);
    let mut effects = vec![ask(app, Kind::Look, Ask::UnpushedStates { units }).1];
    effects.extend(after_move(app));
    effects
}

/// Handles states that could not be written: asks about a single one that can be pushed, lists several.
fn show_unwritten(app: &mut App, all: &[UnpushedState], mut notes: Vec<String>) {
    match all {
        [] if notes.is_empty() => app.show_message("no state that could not be written"),
        [state] if state.refused.is_none() && notes.is_empty() => {
            drop(super::windows::open(app, DialogQuestion::Push(state.clone())));
        }
        several => {
            for state in several {
                notes.extend(state.lines.iter().map(|line| format!("{}: {line}", state.unit)));
                notes.extend(state.refused.iter().map(|why| format!("{}: it is not pushed: {why}", state.unit)));
            }
            if several.len() > 1 {
                notes.push("mark one unit with space, then press U".to_owned());
            }
            show_lines(app, "States that could not be written", &notes);
        }
    }
}

/// Handles an answer.
pub fn answer(app: &mut App, part: Part<Fact>) {
    app.panes.infra.pending_request = None;
    match part {
        Part::Page(fact) | Part::Last(fact) => match fact {
            Fact::Locks(locked, said) => show_locks(app, &locked, &said),
            Fact::Unlocked(unit) => {
                let text = unlocked_message(&unit);
                app.note(false, text.clone());
                app.show_message(text);
            }
            Fact::Orphans(lines) if lines.is_empty() => {
                app.show_message("nothing was under way when a process of this run ended");
            }
            Fact::Orphans(lines) => show_lines(app, "What may be in no state", &lines),
            Fact::Inspected(what, lines) => inspect::show_output(app, what, &lines),
            Fact::Caches(cached) => inspect::propose_cache_removal(app, cached),
            Fact::UnpushedStates(all, said) => show_unwritten(app, &all, said),
            Fact::Pushed(unit, lines) => super::state_push::report_pushed(app, &unit, &lines),
            Fact::Changed(make, lines) => unit_changes::change_finished(app, &make, &lines),
            Fact::Movable(states) => migration_choice::propose_migration(app, states),
            Fact::Moving(text) => migration::goes_on(app, text),
            Fact::Moved(lines) => migration::moved(app, &lines),
            Fact::Units(_)
            | Fact::Began(..)
            | Fact::Plan { .. }
            | Fact::Declared(_)
            | Fact::Attributes { .. }
            | Fact::Written { .. } => {}
        },
        Part::Failed(failure) => report_failure(app, &failure),
    }
}

/// The message that a lock was released.
pub(super) fn unlocked_message(unit: &str) -> String {
    format!("{unit}: the lock is released")
}

/// Asks about a single lock; lists the units of several.
fn show_locks(app: &mut App, locked: &[StateLock], notes: &[String]) {
    match locked {
        [] if notes.is_empty() => app.show_message("no lock"),
        [] => show_lines(app, "Locks", notes),
        [one] => drop(super::windows::open(app, DialogQuestion::Unlock(one.clone()))),
        several => {
            let line = |one: &StateLock| {
                format!("{}: locked by {}, {}, since {}", one.unit, one.holder, one.operation, one.since)
            };
            let mut lines: Vec<String> = several.iter().map(line).collect();
            lines.push("mark one unit with space, then press L".to_owned());
            show_lines(app, "Locks", &lines);
        }
    }
}
