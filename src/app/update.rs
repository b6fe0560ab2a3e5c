//! The one place where the state changes. Every event has its arm.

mod astray;
mod buttons;
pub(crate) mod change;
pub(crate) mod checkup;
pub(crate) mod code;
pub(crate) mod dialogs;
pub(crate) mod grids;
pub(crate) mod mouse;
pub(crate) mod moves;
pub(crate) mod open;
pub(crate) mod operations;
pub(crate) mod run;
pub(crate) mod settle;
pub(crate) mod sign_in;
mod survey;
pub(crate) mod typing;
pub(crate) mod windows;

use super::asked_code::AskedCode;
use super::command::PaneId;
use super::command::{Id, Scope};
use super::confirm::Touch;
use super::effect::Effect;
use super::event::{Answer, Event, Mouse};
use super::state::Dirty;
use super::ticket::Owner;
use super::{App, question, screen, tunnels};
use crate::feeds::aws::{Fact, Part};
use crate::model::key::Key;
use crate::model::{Estate, Source, time};
use jiff::{SignedDuration, Timestamp};
use mouse::click;
use settle::too_soon;
use std::collections::BTreeMap;
use typing::{paste, press};

impl App {
    /// Changes the state by one event; the effects are to be carried out.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        update(self, event)
    }

    /// Brings rows, judgements and windows up to date. To be called when all waiting events have
    /// been taken in, before reading or drawing.
    pub fn settle(&mut self) {
        settle::settle(self);
    }

    /// The same for one of many frames: where there is much to judge, that is done a few times a
    /// second, and not in a frame that a person waits for (`urgent`). A later frame brings the rest.
    pub fn settle_frame(&mut self, urgent: bool) {
        settle::settle_frame(self, urgent);
    }

    /// Reads everything once more, keeping what is known; for readers that read once.
    pub fn again(&mut self, now: Timestamp) -> Vec<Effect> {
        self.poller.again();
        let mut effects = self.update(Event::Tick(now));
        effects.extend(self.plan());
        effects
    }

    /// Reads this beside what was read; for readers that read once.
    pub fn also(&mut self, source: Source, now: Timestamp) -> Vec<Effect> {
        self.poller.want(source);
        let mut effects = self.update(Event::Tick(now));
        effects.extend(self.plan());
        effects
    }
}

fn update(app: &mut App, event: Event) -> Vec<Effect> {
    let own = event.is_own();
    let mut effects = happened(app, event);
    effects.extend(operations::abandon(app));
    effects.extend(code::ask(app));
    astray::after(app, own);
    effects
}

/// Applies an event to the state: one arm for each kind of event.
fn happened(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Tick(now) => tick(app, now),
        Event::Clock(ahead) => clock_measured(app, ahead),
        Event::SetBack(by) => {
            clock_set_back(app, by);
            Vec::new()
        }
        Event::Elapsed(now) => elapsed(app, now),
        Event::Drawn(at, size) => drawn(app, at, size),
        Event::Key(key) => pressed(app, key, false),
        Event::Held(key) => pressed(app, key, true),
        // Nothing is typed into, or pointed at on, a screen that shows nothing.
        Event::Paste(_) | Event::Mouse(_) if screen::too_small(app.screen.size) => Vec::new(),
        Event::Paste(text) => paste(app, &text),
        Event::Mouse(mouse) => pointed(app, mouse),
        Event::Resize(columns, rows) => {
            app.screen.size = (columns, rows);
            app.changed();
            Vec::new()
        }
        Event::Focus(focused) => focus_changed(app, focused),
        Event::Answer(answer) => match answer.ticket.owner {
            Owner::Tunnels => answered_tunnels(app, answer),
            Owner::Pane(name, _) => answered_pane(app, PaneId(name), answer),
            Owner::Poll | Owner::Command(_) => answered(app, answer.of::<Fact>()),
        },
        Event::Reply(id, answered) => {
            let mut effects = app.operations.answered(id, &answered, app.now);
            effects.extend(operations::follow(app));
            effects
        }
        Event::Output(id, line) => {
            app.operations.output(id, &line, app.now);
            operations::follow(app)
        }
        Event::Renewed(ticket) => {
            app.poller.renewed(ticket, &app.environment, app.now);
            for pane in app.table.panes {
                (pane.hooks.renewed)(app);
            }
            app.plan()
        }
        Event::Resumed => {
            app.confirm.forget();
            app.changed();
            Vec::new()
        }
        Event::Stopped => dialogs::stop(app),
        Event::TeeEnded(why) => {
            for pane in app.table.panes {
                (pane.hooks.tee_ended)(app, &why);
            }
            Vec::new()
        }
        Event::SignIn(stand) => sign_in::happened(app, stand),
        Event::Glanced(name, seen) => {
            survey::seen(app, name, *seen);
            Vec::new()
        }
        Event::Checked(environment, checks) => {
            checkup::found(app, &environment, checks);
            Vec::new()
        }
        Event::MfaRequest(wanted) => {
            app.code = Some(AskedCode::new(wanted));
            Vec::new()
        }
        Event::Notice(notice) => {
            app.note(notice.error, notice.text.clone());
            app.say(notice.text);
            Vec::new()
        }
    }
}

/// The service's clock is so far ahead of the one that ticks.
fn clock_measured(app: &mut App, ahead: SignedDuration) -> Vec<Effect> {
    app.ahead = ahead;
    app.poller.ahead = ahead;
    app.operations.ahead = ahead;
    for pane in app.table.panes {
        (pane.hooks.clock)(app);
    }
    // Every age was another.
    app.changed();
    Vec::new()
}

/// This machine's clock was set back while the session was open. What is less than a clock is wrong by is not told.
fn clock_set_back(app: &mut App, by: SignedDuration) {
    if let Some(far) = time::set_back(by - app.set_back) {
        app.note(true, far);
    }
    app.set_back = by;
    app.redraw = true;
}

/// The monotonic clock has come to `now`.
fn elapsed(app: &mut App, now: SignedDuration) -> Vec<Effect> {
    app.confirm.elapsed(now);
    // What is asked can be answered from now on: the screen says so.
    app.redraw |= app.confirm.pending() && app.confirm.ready();
    Vec::new()
}

/// A frame of this size stands on the terminal since `at`.
fn drawn(app: &mut App, at: SignedDuration, size: (u16, u16)) -> Vec<Effect> {
    let asked = question::question(app).filter(|_| size == app.screen.size);
    app.confirm.drawn(asked, at);
    Vec::new()
}

/// The mouse was clicked, or its wheel turned.
fn pointed(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    if matches!(mouse, Mouse::Click(..)) {
        app.confirm.touch(Touch::Click, false);
        app.astray.end();
    }
    click(app, mouse)
}

/// The terminal gained or lost the focus.
fn focus_changed(app: &mut App, focused: bool) -> Vec<Effect> {
    app.focused = focused;
    if focused {
        // Whoever looked elsewhere has not read it, and the click that came back was for the window.
        app.confirm.forget();
        app.redraw = true;
    }
    app.plan()
}

/// An answer to a question about tunnels, which outlive a switch of environment.
fn answered_tunnels(app: &mut App, answer: Answer) -> Vec<Effect> {
    let mut effects = tunnels::absorb::absorb(app, answer);
    effects.extend(app.plan_panes());
    effects
}

/// An answer that a pane asked for: of the environment that is open, or too late, of one before it.
fn answered_pane(app: &mut App, pane: PaneId, answer: Answer) -> Vec<Effect> {
    let hooks = &app.table.pane(pane).hooks;
    if answer.ticket.generation == app.generation {
        app.poller.count(answer.requests, app.now);
        (hooks.answer)(app, answer);
        app.changed_by(Dirty::Lists);
    } else {
        (hooks.late)(app, answer);
    }
    app.plan_panes()
}

/// An answer that the poller asked for.
fn answered(app: &mut App, answer: Answer<Fact>) -> Vec<Effect> {
    // While the screen is held still nothing may change under it.
    if app.screen.paused.is_some() {
        app.poller.forget(&answer);
        return Vec::new();
    }
    let before = failing(&app.estate);
    let news = news_of(&answer);
    let mut effects = app.poller.absorb(&mut app.estate, &app.environment, answer, app.now);
    if std::mem::take(&mut app.estate.listed) {
        app.estate.unmatched = super::unmatched::of(&app.estate, &app.environment, &app.config);
    }
    tell_changes(app, &before);
    tell_cost(app);
    app.changed_by(news);
    effects.extend(app.plan());
    effects
}

/// A key; `held`: the terminal says that it is still down.
fn pressed(app: &mut App, key: Key, held: bool) -> Vec<Effect> {
    if let Some(keys) = app.keymap.apart(&typing::scopes(app, key), key) {
        return keys.into_iter().flat_map(|key| pressed(app, key, held)).collect();
    }
    if app.keymap.answers(key) {
        app.confirm.touch(Touch::Key(key), held);
    }
    if screen::too_small(app.screen.size) {
        // A screen that shows nothing takes nothing but leaving it.
        let leaves = app.keymap.command(&[Scope::Global], key) == Some(Id::QUIT);
        return if leaves { dialogs::quit(app) } else { Vec::new() };
    }
    if astray::swallows(app, key) {
        return Vec::new();
    }
    press(app, key)
}

/// The part of the state that an answer may change.
fn news_of(answer: &Answer<Fact>) -> Dirty {
    match &answer.part {
        // With the identity all that was held comes in.
        Part::Page(Fact::Tasks(_) | Fact::TaskIds(_) | Fact::Identity(_) | Fact::Endpoints(_))
        | Part::Last(Fact::Tasks(_) | Fact::TaskIds(_) | Fact::Identity(_))
        | Part::Failed(_) => Dirty::All,
        Part::Page(_) | Part::Last(_) => Dirty::Facts,
    }
}

fn tick(app: &mut App, now: jiff::Timestamp) -> Vec<Effect> {
    // The clock of the top line shows seconds; within one second only what ends needs a drawing.
    let second = now.as_second() != app.now.as_second();
    app.now = now;
    let flashes = app.screen.flashes.len();
    app.screen.flashes.retain(|_, until| *until > now);
    let toasted = app.screen.toast.as_ref().is_some_and(|(_, until)| *until <= now);
    if toasted {
        app.screen.toast = None;
    }
    if second {
        app.changed_by(Dirty::Time);
    } else if app.has_pending_facts() && !too_soon(app) {
        app.redraw = true;
    }
    if toasted || flashes != app.screen.flashes.len() {
        app.redraw = true;
    }
    let mut effects = app.operations.tick(now);
    if second || !effects.is_empty() {
        effects.extend(operations::follow(app));
    }
    // Everything that is due is due by the second; what follows from an answer is planned with it. Logs
    // have rounds of less than a second.
    effects.extend(if second { app.plan() } else { app.plan_panes() });
    if second {
        effects.extend(survey::plan(app));
    }
    effects
}

/// Sources with a failure, to tell when that changes.
fn failing(estate: &Estate) -> BTreeMap<Source, String> {
    let states = Source::ALL.iter().filter_map(|source| Some((*source, estate.status(*source).failure?.message)));
    states.collect()
}

/// Dollars for a thousand metrics asked for with `GetMetricData`; there is no free tier. Source: the
/// price list of CloudWatch.
const DOLLARS_PER_THOUSAND: f64 = 0.01;

/// Tells the cost of reading metrics when it is more than was told before.
fn tell_cost(app: &mut App) {
    let count = app.poller.metrics();
    if count <= app.reported_metric_count {
        return;
    }
    app.reported_metric_count = count;
    let interval = app.environment.refresh.metrics;
    let rounds = 30.44 * 86_400.0 / interval.as_secs_f64().max(1.0);
    let dollars = count as f64 * rounds * DOLLARS_PER_THOUSAND / 1000.0;
    let every = crate::model::time::spoken(interval);
    app.note(false, format!("{count} metrics are read every {every}: about ${dollars:.2} a month while this is open"));
}

fn tell_changes(app: &mut App, before: &BTreeMap<Source, String>) {
    let after = failing(&app.estate);
    for (source, message) in &after {
        if !before.contains_key(source) {
            app.note(true, format!("cannot read {}: {message}", source.words()));
        }
    }
    for source in before.keys().filter(|source| !after.contains_key(source)) {
        app.note(false, format!("{} can be read again", source.words()));
    }
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
