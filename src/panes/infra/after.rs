//! Repairs after an abnormal end: a run is taken up, a lock that was left behind is released, a state that could not be
//! written is pushed, and what may exist and be in no state is looked for.

use super::ask::{Kind, ask, place, refused, tell};
use super::state::Asking;
use super::{look, make, movable, moves};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::infra::{Ask, Fact, KeptState, Locked};
use crate::feeds::part::Part;
use crate::feeds::runs;

/// `T`: takes up a run that nothing drives any more.
pub fn take_up(app: &mut App) -> Vec<Effect> {
    let lost = app.panes.infra.run.as_ref().filter(|run| run.read && !run.live && run.state.end.is_none());
    let Some(run) = lost.map(|run| run.folder.clone()) else {
        app.say("no run has lost its supervisor");
        return Vec::new();
    };
    app.panes.infra.waiting = Some("resuming the run …".to_owned());
    let question = runs::Ask::Resume { place: place(app), run };
    let mut effects = vec![ask(app, Kind::Tell, question).1];
    effects.extend(done(app));
    effects
}

/// `L`: looks for locks, of the marked units, the selected one, or all.
pub fn locks(app: &mut App) -> Vec<Effect> {
    let going = app.panes.infra.run.as_ref().is_some_and(super::state::Followed::goes_on);
    if going {
        app.say("a run is going on, and holds the locks of what it works at");
        return Vec::new();
    }
    let units = look::meant(app);
    app.panes.infra.waiting = Some("looking for locks …".to_owned());
    let mut effects = vec![ask(app, Kind::Locks, Ask::Locks { units }).1];
    effects.extend(done(app));
    effects
}

/// `u`: looks for what the run may have left.
pub fn orphans(app: &mut App) -> Vec<Effect> {
    let Some(run) = app.panes.infra.run.as_ref().map(|run| run.folder.clone()) else {
        app.say("there is no run that could have left anything");
        return Vec::new();
    };
    app.panes.infra.waiting = Some("looking for what may be in no state …".to_owned());
    let mut effects = vec![ask(app, Kind::Orphans, Ask::Orphans { run }).1];
    effects.extend(done(app));
    effects
}

/// `U`: looks for such states of the marked units, the selected one, or all.
pub fn kept(app: &mut App) -> Vec<Effect> {
    if super::tell::recorded(app) {
        app.say(super::tell::ONLY_RECORDED);
        return Vec::new();
    }
    let going = app.panes.infra.run.as_ref().filter(|run| super::state::Followed::goes_on(run));
    if let Some(run) = going.map(|run| run.name.clone()) {
        app.say(format!("{run} is going on, and writes states itself"));
        return Vec::new();
    }
    app.panes.infra.waiting = Some("looking for states that could not be written …".to_owned());
    let units = look::meant(app);
    let mut effects = vec![ask(app, Kind::Look, Ask::Kept { units }).1];
    effects.extend(done(app));
    effects
}

/// Takes states that could not be written: one that can be pushed is asked about; of several each is named.
fn unwritten(app: &mut App, all: &[KeptState], mut said: Vec<String>) {
    match all {
        [] if said.is_empty() => app.say("no state that could not be written"),
        [one] if one.refused.is_none() && said.is_empty() => {
            drop(super::windows::open(app, Asking::Push(one.clone())));
        }
        several => {
            for one in several {
                said.extend(one.lines.iter().map(|line| format!("{}: {line}", one.unit)));
                said.extend(one.refused.iter().map(|why| format!("{}: it is not pushed: {why}", one.unit)));
            }
            if several.len() > 1 {
                said.push("space marks the unit that is meant, U asks then".to_owned());
            }
            tell(app, "States that could not be written", &said);
        }
    }
}

/// Takes an answer in.
pub fn answer(app: &mut App, part: Part<Fact>) {
    app.panes.infra.waiting = None;
    match part {
        Part::Page(fact) | Part::Last(fact) => match fact {
            Fact::Locks(locked, said) => found(app, &locked, &said),
            Fact::Unlocked(unit) => {
                let text = unlocked(&unit);
                app.note(false, text.clone());
                app.say(text);
            }
            Fact::Orphans(lines) if lines.is_empty() => {
                app.say("nothing was under way when a process of this run ended");
            }
            Fact::Orphans(lines) => tell(app, "What may be in no state", &lines),
            Fact::Looked(what, lines) => look::looked(app, what, &lines),
            Fact::Caches(cached) => look::caches(app, cached),
            Fact::Kept(all, said) => unwritten(app, &all, said),
            Fact::Pushed(unit, lines) => super::kept::pushed(app, &unit, &lines),
            Fact::Made(make, lines) => make::made(app, &make, &lines),
            Fact::Movable(states) => movable::found(app, states),
            Fact::Moving(text) => moves::goes_on(app, text),
            Fact::Moved(lines) => moves::moved(app, &lines),
            Fact::Units(_)
            | Fact::Began(..)
            | Fact::Plan { .. }
            | Fact::Declared(_)
            | Fact::Attributes { .. }
            | Fact::Written { .. } => {}
        },
        Part::Failed(failure) => refused(app, &failure),
    }
}

/// A lock is released, in words.
pub(super) fn unlocked(unit: &str) -> String {
    format!("{unit}: the lock is released")
}

/// One lock is asked about; of several the units are named.
fn found(app: &mut App, locked: &[Locked], said: &[String]) {
    match locked {
        [] if said.is_empty() => app.say("no lock"),
        [] => tell(app, "Locks", said),
        [one] => drop(super::windows::open(app, Asking::Unlock(one.clone()))),
        several => {
            let line =
                |one: &Locked| format!("{}: locked by {}, {}, since {}", one.unit, one.who, one.operation, one.since);
            let mut lines: Vec<String> = several.iter().map(line).collect();
            lines.push("space marks the one that is meant, L asks then".to_owned());
            tell(app, "Locks", &lines);
        }
    }
}
