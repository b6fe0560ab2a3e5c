//! The one place where the state changes. Every event has its arm.

mod change;
mod mouse;
mod open;
mod operations;
mod run;
mod settle;
mod typing;

pub use settle::overlay_place;
pub(super) use settle::{owing, settle, settle_frame};
pub(in crate::app) use typing::start_prompt;

use super::command::{self, Id, Scope};
use super::confirm::{self, Touch};
use super::effect::Effect;
use super::event::{Answer, Event, Fact, Mouse, Part};
use super::layout;
use super::logs::pane::LogsPane;
use super::overlay::Kind;
use super::screen::{Block, View};
use super::{App, rows, select};
use crate::model::key::Key;
use crate::model::{Estate, Source};
use jiff::SignedDuration;
use mouse::click;
use settle::too_soon;
use std::collections::BTreeMap;
use typing::{paste, press};

/// A short message stays for this long.
const TOAST: SignedDuration = SignedDuration::from_secs(4);

pub(super) fn update(app: &mut App, event: Event) -> Vec<Effect> {
    let mut effects = happened(app, event);
    effects.extend(operations::abandon(app));
    effects
}

fn happened(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Tick(now) => tick(app, now),
        Event::Clock(ahead) => {
            app.ahead = ahead;
            app.poller.ahead = ahead;
            app.operations.ahead = ahead;
            app.logs.set_ahead(ahead);
            // Every age was another.
            changed(app);
            Vec::new()
        }
        Event::Elapsed(now) => {
            app.confirm.elapsed(now);
            // What is asked can be answered from now on: the screen says so.
            app.redraw |= app.confirm.pending() && app.confirm.ready();
            Vec::new()
        }
        Event::Drawn(at, size) => {
            let asked = confirm::question(app).filter(|_| size == app.screen.size);
            app.confirm.drawn(asked, at);
            Vec::new()
        }
        Event::Key(key) => pressed(app, key, false),
        Event::Held(key) => pressed(app, key, true),
        // Nothing is typed into, or pointed at on, a screen that shows nothing.
        Event::Paste(_) | Event::Mouse(_) if layout::too_small(app.screen.size) => Vec::new(),
        Event::Paste(text) => {
            paste(app, &text);
            Vec::new()
        }
        Event::Mouse(mouse) => {
            if matches!(mouse, Mouse::Click(..)) {
                app.confirm.touch(Touch::Click, false);
            }
            click(app, mouse)
        }
        Event::Resize(columns, rows) => {
            app.screen.size = (columns, rows);
            changed(app);
            Vec::new()
        }
        Event::Focus(focused) => {
            app.focused = focused;
            if focused {
                // Whoever looked elsewhere has not read it, and the click that came back was for the window.
                app.confirm.forget();
                app.redraw = true;
            }
            app.plan()
        }
        Event::Answer(answer) if LogsPane::owns(answer.ticket) => {
            if answer.ticket.generation == app.generation {
                app.poller.count(answer.requests, app.now);
                app.logs.absorb(answer, app.now);
                crate::app::logs::windows::insights_found(app);
                changed_by(app, News::Lists);
            }
            app.plan_logs()
        }
        Event::Answer(answer) => {
            // While the screen is held still nothing may change under it.
            if app.screen.paused.is_some() {
                app.poller.forget(&answer);
                return Vec::new();
            }
            let before = failing(&app.estate);
            let news = news_of(&answer);
            let mut effects = app.poller.absorb(&mut app.estate, &app.environment, answer, app.now);
            tell_changes(app, &before);
            tell_cost(app);
            changed_by(app, news);
            effects.extend(app.plan());
            effects
        }
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
            app.logs.renew(app.now);
            app.plan()
        }
        Event::Resumed => {
            app.confirm.forget();
            changed(app);
            Vec::new()
        }
        Event::TeeEnded(why) => {
            if let Some(path) = app.logs.tee.take() {
                app.note(true, format!("{path} gets no more lines: {why}"));
                toast(app, format!("{path} gets no more lines: {why}"));
            }
            Vec::new()
        }
        Event::Notice(notice) => {
            app.note(notice.error, notice.text.clone());
            toast(app, notice.text);
            Vec::new()
        }
    }
}

/// A key; `held`: the terminal says that it is still down.
fn pressed(app: &mut App, key: Key, held: bool) -> Vec<Effect> {
    if app.keymap.answers(key) {
        app.confirm.touch(Touch::Key(key), held);
    }
    if layout::too_small(app.screen.size) {
        // A screen that shows nothing takes nothing but leaving it.
        let leaves = app.keymap.command(&[Scope::Global], key) == Some(Id::Quit);
        return if leaves { operations::quit(app) } else { Vec::new() };
    }
    press(app, key)
}

/// What has changed since the state was last settled; the greater includes the smaller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum News {
    #[default]
    Nothing,
    /// Where a person is: lists and windows.
    Lists,
    /// The second.
    Time,
    /// Facts, but none about tasks.
    Facts,
    /// Anything.
    All,
}

fn changed(app: &mut App) {
    changed_by(app, News::All);
}

fn changed_by(app: &mut App, news: News) {
    app.unsettled = app.unsettled.max(news);
    app.redraw = true;
}

/// What an answer may change.
fn news_of(answer: &Answer) -> News {
    match &answer.part {
        // With the identity all that was held comes in.
        Part::Page(Fact::Tasks(_) | Fact::TaskIds(_) | Fact::Identity(_))
        | Part::Last(Fact::Tasks(_) | Fact::TaskIds(_) | Fact::Identity(_))
        | Part::Broken(_) => News::All,
        Part::Page(_) | Part::Last(_) => News::Facts,
    }
}

/// A short message at the bottom.
pub(super) fn say(app: &mut App, text: String) {
    toast(app, text);
}

fn toast(app: &mut App, text: impl Into<String>) {
    app.screen.toast = Some((text.into(), app.now + TOAST));
    app.redraw = true;
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
        changed_by(app, News::Time);
    } else if owing(app) && !too_soon(app) {
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
    effects.extend(if second { app.plan() } else { app.plan_logs() });
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

/// What reading metrics costs is told when it is more than was told before.
fn tell_cost(app: &mut App) {
    let count = app.poller.metrics();
    if count <= app.metrics_told {
        return;
    }
    app.metrics_told = count;
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

/// The services on the screen, for what is read first.
pub(super) fn visible_services(app: &App) -> Vec<String> {
    let screen = &app.screen;
    match screen.view() {
        View::Overview => {
            screen.list_of(Block::OverviewServices).map(|list| list.window().to_vec()).unwrap_or_default()
        }
        View::Services => screen.list_of(Block::Services).map(|list| list.window().to_vec()).unwrap_or_default(),
        View::Service(name) | View::Task(name, _) => vec![name],
        View::Database | View::Logs => Vec::new(),
        View::Operation(id) => {
            let operation =
                app.operations.get(id).filter(|operation| operation.environment.name == app.environment.name);
            operation.and_then(|operation| operation.what().service()).map(str::to_owned).into_iter().collect()
        }
    }
}

/// The commands of the bottom line, most useful first.
pub fn bottom_commands(app: &App) -> Vec<Id> {
    if app.screen.typing.is_some() {
        return vec![Id::Accept, Id::Cancel, Id::DeleteAll];
    }
    if let Some(overlay) = app.screen.overlays.last() {
        return match overlay.kind {
            Kind::Inspect | Kind::Message => vec![Id::Back, Id::Filter, Id::Copy],
            Kind::Activity => vec![Id::Open, Id::Back, Id::Filter, Id::Copy],
            Kind::Plan(_) | Kind::Revert(_) | Kind::Quit => vec![Id::Open, Id::Back, Id::Copy],
            Kind::Choose(_)
            | Kind::Ask(_)
            | Kind::Help
            | Kind::Palette
            | Kind::Actions
            | Kind::Logs(_)
            | Kind::Environments => {
                vec![Id::Open, Id::Back, Id::Filter]
            }
        };
    }
    if app.screen.view() == View::Logs {
        return vec![
            Id::Open,
            Id::LogsFollow,
            Id::LogsSearch,
            Id::LogsFilter,
            Id::LogsLevel,
            Id::LogsTime,
            Id::LogsMute,
            Id::LogsSources,
            Id::LogsWrap,
            Id::LogsColumns,
            Id::LogsMark,
            Id::LogsInsights,
            Id::LogsTask,
            Id::Copy,
            Id::Environment,
            Id::Help,
            Id::Palette,
            Id::Quit,
        ];
    }
    let (_, mut commands) = select::actions(app);
    // The few changes that are made daily stand first; the others are in the list of actions and in help.
    let daily = [Id::StopTask, Id::Deploy, Id::RollBack, Id::Scale];
    let rare = |id: &Id| command::get(*id).risk != command::Risk::Read && !daily.contains(id);
    let later: Vec<Id> = commands.iter().copied().filter(rare).collect();
    commands.retain(|id| !(rare(id) || app.session.read_only && daily.contains(id)));
    commands.insert(commands.len().min(1), Id::Actions);
    if let Some(last) = commands.iter().rposition(|id| daily.contains(id)) {
        commands.insert(last + 1, Id::Filter);
    }
    if !rows::columns(app.screen.focused()).is_empty() {
        commands.push(Id::Sort);
    }
    commands.extend([
        Id::Filter,
        Id::NextBlock,
        Id::Environment,
        Id::Help,
        Id::Palette,
        Id::Zoom,
        Id::Pause,
        Id::Activity,
        Id::Quit,
    ]);
    commands.extend(later.into_iter().filter(|_| !app.session.read_only));
    if app.screen.view().blocks().len() == 1 {
        commands.retain(|id| *id != Id::NextBlock);
    }
    let mut seen = std::collections::BTreeSet::new();
    commands.retain(|id| seen.insert(*id) && !command::get(*id).title.is_empty());
    commands
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
