//! The one place where the state changes. Every kind of event has its own arm.

mod buttons;
pub(crate) mod change;
pub(crate) mod dialogs;
pub(crate) mod doctor;
pub(crate) mod grids;
pub(crate) mod mfa_code;
pub(crate) mod mouse;
pub(crate) mod moves;
pub(crate) mod open;
pub(crate) mod operations;
pub(crate) mod refresh;
pub(crate) mod run;
pub(crate) mod sign_in;
mod stray_input;
mod survey;
pub(crate) mod typing;
pub(crate) mod windows;

use super::command::PaneId;
use super::command::{Id, Scope};
use super::confirm::Touch;
use super::effect::Effect;
use super::event::{Answer, Event, Mouse};
use super::mfa_code::PendingMfaCode;
use super::state::Dirty;
use super::ticket::Owner;
use super::{App, question, screen, tunnels};
use crate::feeds::aws::{Fact, Part};
use crate::model::key::Key;
use crate::model::{Estate, Source, time};
use jiff::{SignedDuration, Timestamp};
use mouse::click;
use refresh::too_soon;
use std::collections::BTreeMap;
use typing::{paste, press};

impl App {
    /// Applies an event to the state; returns the effects to run.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        update(self, event)
    }

    /// Brings rows, judgements and windows up to date. Call it once all pending events have been handled, before
    /// reading or drawing the state.
    pub fn settle(&mut self) {
        refresh::settle(self);
    }

    /// Like [`Self::settle`], for one of many frames: with many services and tasks, judging runs only a few times a
    /// second, and never in a frame that a person waits for (`urgent`). A later frame catches up.
    pub fn settle_frame(&mut self, urgent: bool) {
        refresh::settle_frame(self, urgent);
    }

    /// Reads everything once more and keeps what is known; for readers that read once.
    pub fn read_again(&mut self, now: Timestamp) -> Vec<Effect> {
        self.poller.make_all_due();
        let mut effects = self.update(Event::Tick(now));
        effects.extend(self.plan());
        effects
    }

    /// Also reads this source; for readers that read once.
    pub fn read_also(&mut self, source: Source, now: Timestamp) -> Vec<Effect> {
        self.poller.want(source);
        let mut effects = self.update(Event::Tick(now));
        effects.extend(self.plan());
        effects
    }
}

fn update(app: &mut App, event: Event) -> Vec<Effect> {
    let own = event.is_own();
    let mut effects = happened(app, event);
    effects.extend(operations::cancel_closed_plans(app));
    effects.extend(mfa_code::open_prompt(app));
    stray_input::record_target(app, own);
    effects
}

/// Applies an event to the state: one arm per kind of event.
fn happened(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Tick(now) => tick(app, now),
        Event::Clock(ahead) => clock_measured(app, ahead),
        Event::ClockSetBack(by) => {
            clock_set_back(app, by);
            Vec::new()
        }
        Event::Elapsed(now) => elapsed(app, now),
        Event::Drawn(at, size) => drawn(app, at, size),
        Event::Key(key) => pressed(app, key, false),
        Event::Held(key) => pressed(app, key, true),
        // A screen that is too small shows nothing to type into or point at.
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
        Event::CredentialsRenewed(ticket) => {
            app.poller.renewed(ticket, &app.environment, app.now);
            for pane in app.table.panes {
                (pane.hooks.renewed)(app);
            }
            app.plan()
        }
        Event::Resumed => {
            app.confirm.reset();
            app.changed();
            Vec::new()
        }
        Event::Stopped => dialogs::quit_now(app),
        Event::TeeFailed(why) => {
            for pane in app.table.panes {
                (pane.hooks.tee_ended)(app, &why);
            }
            Vec::new()
        }
        Event::SignIn(stand) => sign_in::show_progress(app, stand),
        Event::Surveyed(name, seen) => {
            survey::store(app, name, *seen);
            Vec::new()
        }
        Event::DoctorFinished(environment, checks) => {
            doctor::store_results(app, &environment, checks);
            Vec::new()
        }
        Event::MfaRequest(wanted) => {
            app.code = Some(PendingMfaCode::new(wanted));
            Vec::new()
        }
        Event::Notice(notice) => {
            app.note(notice.error, notice.text.clone());
            app.show_message(notice.text);
            Vec::new()
        }
    }
}

/// Sets how far AWS's clock is ahead of the local one.
fn clock_measured(app: &mut App, ahead: SignedDuration) -> Vec<Effect> {
    app.ahead = ahead;
    app.poller.ahead = ahead;
    app.operations.ahead = ahead;
    for pane in app.table.panes {
        (pane.hooks.clock_changed)(app);
    }
    // All ages change.
    app.changed();
    Vec::new()
}

/// Handles this machine's clock being set back during the session. Steps within the usual inaccuracy of clocks are not
/// reported.
fn clock_set_back(app: &mut App, by: SignedDuration) {
    if let Some(far) = time::clock_set_back_note(by - app.set_back) {
        app.note(true, far);
    }
    app.set_back = by;
    app.redraw = true;
}

/// Advances the monotonic clock to `now`.
fn elapsed(app: &mut App, now: SignedDuration) -> Vec<Effect> {
    app.confirm.elapsed(now);
    // Redraws once the question can be answered, so that the screen shows it.
    app.redraw |= app.confirm.needs_redraw() && app.confirm.accepts_answer();
    Vec::new()
}

/// Records that a frame of this size has been on the terminal since `at`.
fn drawn(app: &mut App, at: SignedDuration, size: (u16, u16)) -> Vec<Effect> {
    let question = question::question(app).filter(|_| size == app.screen.size);
    app.confirm.drawn(question, at);
    Vec::new()
}

/// Handles a click or a turn of the wheel.
fn pointed(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    if matches!(mouse, Mouse::Click(..)) {
        app.confirm.touch(Touch::Click, false);
        app.stray_input.accept_again();
    }
    click(app, mouse)
}

/// Handles the terminal gaining or losing the focus.
fn focus_changed(app: &mut App, focused: bool) -> Vec<Effect> {
    app.focused = focused;
    if focused {
        // A person who looked elsewhere has not read the question, and the click that returned was meant for the
        // window.
        app.confirm.reset();
        app.redraw = true;
    }
    app.plan()
}

/// Takes an answer about tunnels, which outlive a switch of environment.
fn answered_tunnels(app: &mut App, answer: Answer) -> Vec<Effect> {
    let mut effects = tunnels::absorb::absorb(app, answer);
    effects.extend(app.plan_panes());
    effects
}

/// Takes an answer that a pane requested: for the open environment, or late for a previous one.
fn answered_pane(app: &mut App, pane: PaneId, answer: Answer) -> Vec<Effect> {
    let hooks = &app.table.pane(pane).hooks;
    if answer.ticket.generation == app.generation {
        app.poller.count(answer.requests, app.now);
        (hooks.answer)(app, answer);
        app.changed_by(Dirty::Lists);
    } else {
        (hooks.stale_answer)(app, answer);
    }
    app.plan_panes()
}

/// Takes an answer that the poller requested.
fn answered(app: &mut App, answer: Answer<Fact>) -> Vec<Effect> {
    // While the screen is paused nothing may change on it.
    if app.screen.paused.is_some() {
        app.poller.drop_answer(&answer);
        return Vec::new();
    }
    let before = failing(&app.estate);
    let news = news_of(&answer);
    let mut effects = app.poller.absorb(&mut app.estate, &app.environment, answer, app.now);
    if std::mem::take(&mut app.estate.lists_changed) {
        app.estate.unmatched = super::unmatched_names::find_unmatched(&app.estate, &app.environment, &app.config);
    }
    report_source_changes(app, &before);
    report_cost(app);
    app.changed_by(news);
    effects.extend(app.plan());
    effects
}

/// Handles a key; `held`: the terminal reports that it is still held down.
fn pressed(app: &mut App, key: Key, held: bool) -> Vec<Effect> {
    if let Some(keys) = app.keymap.split_alt(&typing::scopes(app, key), key) {
        return keys.into_iter().flat_map(|key| pressed(app, key, held)).collect();
    }
    if app.keymap.can_answer(key) {
        app.confirm.touch(Touch::Key(key), held);
    }
    if screen::too_small(app.screen.size) {
        // A screen that is too small accepts only quitting.
        let leaves = app.keymap.command(&[Scope::Global], key) == Some(Id::QUIT);
        return if leaves { dialogs::quit(app) } else { Vec::new() };
    }
    if stray_input::drops_key(app, key) {
        return Vec::new();
    }
    press(app, key)
}

/// Which part of the state an answer may change.
fn news_of(answer: &Answer<Fact>) -> Dirty {
    match &answer.part {
        // Once the identity is known, all answers held back are taken.
        Part::Page(Fact::Tasks(_) | Fact::TaskIds(_) | Fact::Identity(_) | Fact::Endpoints(_))
        | Part::Last(Fact::Tasks(_) | Fact::TaskIds(_) | Fact::Identity(_))
        | Part::Failed(_) => Dirty::All,
        Part::Page(_) | Part::Last(_) => Dirty::Facts,
    }
}

fn tick(app: &mut App, now: jiff::Timestamp) -> Vec<Effect> {
    // The top line's clock shows seconds; within a second only something that expires needs a redraw.
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
    // Everything is due on full seconds; requests that follow from an answer are planned with it. Log rounds can be
    // shorter than a second.
    effects.extend(if second { app.plan() } else { app.plan_panes() });
    if second {
        effects.extend(survey::plan(app));
    }
    effects
}

/// The sources that fail, with their messages, to detect changes.
fn failing(estate: &Estate) -> BTreeMap<Source, String> {
    let states = Source::ALL.iter().filter_map(|source| Some((*source, estate.status(*source).failure?.message)));
    states.collect()
}

/// US dollars for a thousand metrics requested with `GetMetricData`; there is no free tier. Source: the price list of
/// CloudWatch.
const DOLLARS_PER_THOUSAND: f64 = 0.01;

/// Reports the cost of reading metrics when it exceeds the last reported cost.
fn report_cost(app: &mut App) {
    let count = app.poller.metrics();
    if count <= app.reported_metric_count {
        return;
    }
    app.reported_metric_count = count;
    let interval = app.environment.refresh.metrics;
    let rounds = 30.44 * 86_400.0 / interval.as_secs_f64().max(1.0);
    let dollars = count as f64 * rounds * DOLLARS_PER_THOUSAND / 1000.0;
    let every = crate::model::time::sentence_duration(interval);
    app.note(false, format!("{count} metrics are read every {every}: about ${dollars:.2} a month while this is open"));
}

/// Reports sources that started failing or recovered.
fn report_source_changes(app: &mut App, before: &BTreeMap<Source, String>) {
    let after = failing(&app.estate);
    for (source, message) in &after {
        if !before.contains_key(source) {
            app.note(true, format!("cannot read {}: {message}", source.label()));
        }
    }
    for source in before.keys().filter(|source| !after.contains_key(source)) {
        app.note(false, format!("{} can be read again", source.label()));
    }
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
