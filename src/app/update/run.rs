//! Commands: the one place where each acts.

use super::moves::{next_block, page, sideways, step, wrap};
use super::open::{go, inspect, open, switch};
use super::settle::settle_lists;
use super::windows::{push, retype, start_typing};
use super::{change, dialogs, operations};
use crate::app::command::{self, Id, Risk};
use crate::app::effect::Effect;
use crate::app::logs::pane::Prompt;
use crate::app::logs::{keys, prompt};
use crate::app::overlay::{Choice, Kind, Question};
use crate::app::screen::{Pane, View};
use crate::app::state::News;
use crate::app::{App, overlays, rows, select};
use crate::model::Source;
use crate::model::timer::Power;

/// Runs a command. The only place where a command acts.
pub(super) fn run(app: &mut App, command: Id) -> Vec<Effect> {
    app.changed_by(News::Lists);
    let in_logs = app.screen.view() == View::Logs && app.screen.overlays.is_empty();
    // A window that asks for a yes takes its own keys: what else is pressed there was not meant for it.
    if app.screen.asks() && !in_dialogs(command) {
        return Vec::new();
    }
    let entry = command::get(command);
    if entry.risk != Risk::Read && app.session.read_only {
        app.say(format!("read-only: `{}` would change something and is refused", entry.name));
        return Vec::new();
    }
    match command {
        Id::Open if app.screen.overlays.is_empty() => return open(app),
        Id::Open => return choose(app),
        Id::Back => back(app),
        Id::Actions => push(app, overlays::actions),
        Id::Help => push(app, overlays::help),
        Id::Palette => {
            push(app, overlays::palette);
            start_typing(app, None);
        }
        Id::Environment => push(app, overlays::environments),
        Id::Activity => push(app, overlays::activity),
        Id::Filter => {
            let block = if app.screen.overlays.is_empty() { Some(app.screen.focused()) } else { None };
            start_typing(app, block);
        }
        Id::Sort => sort(app),
        Id::Inspect if in_logs => return open(app),
        Id::Inspect => {
            inspect(app);
        }
        Id::Copy => return copy(app),
        Id::Console => return console(app),
        Id::Refresh => return refresh(app),
        Id::Zoom => app.screen.zoom = !app.screen.zoom,
        Id::Pause => return pause(app),
        Id::PaneOverview => return go(app, Pane::Overview),
        Id::PaneServices => {
            // A second press leaves an opened service: the key names the list.
            if app.screen.operation.is_none() && app.screen.pane == Pane::Services {
                app.screen.task = None;
                app.screen.service = None;
            }
            return go(app, Pane::Services);
        }
        Id::PaneDatabase => return go(app, Pane::Database),
        Id::PaneLogs => {
            app.logs.open();
            return go(app, Pane::Logs);
        }
        Id::NextBlock => next_block(app, 1),
        Id::PreviousBlock => next_block(app, -1),
        Id::Left if in_logs => app.logs.shift = app.logs.shift.saturating_sub(16),
        Id::Right if in_logs => app.logs.shift = (app.logs.shift + 16).min(1 << 18),
        Id::Down if in_logs => keys::step(app, 1),
        Id::Up if in_logs => keys::step(app, -1),
        Id::First if in_logs => keys::step(app, isize::MIN / 2),
        Id::Last if in_logs => keys::step(app, isize::MAX / 2),
        Id::HalfDown if in_logs => keys::page(app, 1, 2),
        Id::HalfUp if in_logs => keys::page(app, -1, 2),
        Id::PageDown if in_logs => keys::page(app, 1, 1),
        Id::PageUp if in_logs => keys::page(app, -1, 1),
        Id::NextMatch if in_logs => keys::jump(app, true),
        Id::PreviousMatch if in_logs => keys::jump(app, false),
        Id::Left => sideways(app, -1),
        Id::Right => sideways(app, 1),
        Id::Down => step(app, 1),
        Id::Up => step(app, -1),
        Id::First => step(app, isize::MIN / 2),
        Id::Last => step(app, isize::MAX / 2),
        Id::HalfDown => page(app, 1, 2),
        Id::HalfUp => page(app, -1, 2),
        Id::PageDown => page(app, 1, 1),
        Id::PageUp => page(app, -1, 1),
        Id::NextMatch => wrap(app, 1),
        Id::PreviousMatch => wrap(app, -1),
        Id::LogsOf => {
            let (service, task) = match select::subject(app) {
                Some(select::Subject::Service(name)) => (Some(name), None),
                Some(select::Subject::Task(service, task)) => (Some(service), Some(task)),
                Some(select::Subject::Container(task, _)) => (app.screen.service.clone(), Some(task)),
                Some(_) | None => (app.screen.service.clone(), app.screen.task.clone()),
            };
            return keys::of_subject(app, service.as_deref(), task.as_deref());
        }
        Id::LogsSearch => prompt::start(app, Prompt::Search),
        Id::LogsFilter => prompt::start(app, Prompt::Filter),
        Id::LogsTime => prompt::start(app, Prompt::Time),
        Id::LogsExport => prompt::start(app, Prompt::Export),
        Id::LogsSave if app.logs.filter.trim().is_empty() && app.filters.is_empty() => {
            app.say("there is no filter to save: & types one");
        }
        Id::LogsSave => prompt::start(app, Prompt::Save),
        Id::LogsTee if app.logs.tee.is_some() => return keys::tee(app, ""),
        Id::LogsTee => prompt::start(app, Prompt::Tee),
        Id::LogsFollow
        | Id::LogsLevel
        | Id::LogsMute
        | Id::LogsUnmute
        | Id::LogsMark
        | Id::LogsMarkTo
        | Id::LogsCopyMarked
        | Id::LogsFilters
        | Id::LogsDetail
        | Id::LogsWrap
        | Id::LogsColumns
        | Id::LogsSources
        | Id::LogsEarlier
        | Id::LogsLater
        | Id::LogsLive
        | Id::LogsTask
        | Id::LogsInsights => return keys::run(app, command),
        Id::Suspend => return vec![Effect::Suspend],
        Id::Quit => return dialogs::quit(app),
        Id::Deploy => return change::deploy(app),
        Id::RollBack => return change::roll_back(app),
        Id::Scale => change::ask(app, Question::Count),
        Id::Force => return change::force(app),
        Id::StopTask => return change::stop_task(app),
        Id::Power => return change::power(app),
        Id::Watch => return change::watch(app),
        Id::ScalingSuspend => return change::suspend(app, true),
        Id::ScalingResume => return change::suspend(app, false),
        Id::ScalingLimits => change::ask(app, Question::Limits),
        Id::SkipStop => return change::skip(app, Power::Stop),
        Id::SkipStart => return change::skip(app, Power::Start),
        // These act on a line being typed, in `type_command`.
        Id::Accept
        | Id::Cancel
        | Id::InputUp
        | Id::InputDown
        | Id::InputPageUp
        | Id::InputPageDown
        | Id::InputNext
        | Id::DeleteBack
        | Id::DeleteHere
        | Id::DeleteWord
        | Id::DeleteAll
        | Id::CursorLeft
        | Id::CursorRight
        | Id::CursorStart
        | Id::CursorEnd => {}
    }
    // Moving may bring services into view whose parts were not read yet.
    settle_lists(app);
    app.plan()
}

/// The commands that a window with buttons takes.
fn in_dialogs(command: Id) -> bool {
    matches!(
        command,
        Id::Open
            | Id::Back
            | Id::NextBlock
            | Id::PreviousBlock
            | Id::Left
            | Id::Right
            | Id::Up
            | Id::Down
            | Id::First
            | Id::Last
            | Id::HalfUp
            | Id::HalfDown
            | Id::PageUp
            | Id::PageDown
            | Id::Copy
            | Id::Suspend
            | Id::Quit
    )
}

/// Runs or opens the chosen line of the overlay on top.
pub(super) fn choose(app: &mut App) -> Vec<Effect> {
    let Some(overlay) = app.screen.overlays.last() else { return Vec::new() };
    if overlay.kind.is_dialog() {
        return dialogs::press(app);
    }
    if let Kind::Ask(question) = overlay.kind {
        return change::answer(app, question);
    }
    let choice = overlay.selected().map_or(Choice::Nothing, |line| line.choice.clone());
    match choice {
        Choice::Nothing if matches!(overlay.kind, Kind::Choose(_)) => {
            retype(app);
            Vec::new()
        }
        Choice::Nothing => {
            if overlay.types() {
                app.screen.overlays.pop();
            }
            Vec::new()
        }
        Choice::Operation(id) => {
            operations::open(app, id);
            Vec::new()
        }
        choice @ (Choice::Image(_) | Choice::Typed | Choice::Build | Choice::Revision(_)) => {
            change::chosen(app, choice)
        }
        Choice::Run(command) => {
            app.screen.overlays.pop();
            run(app, command)
        }
        Choice::Logs(pick) => {
            app.changed_by(News::Lists);
            crate::app::logs::windows::pick(app, pick)
        }
        Choice::Environment(name) => {
            app.screen.overlays.clear();
            switch(app, &name)
        }
    }
}

pub(super) fn sort(app: &mut App) {
    if !app.screen.overlays.is_empty() {
        return;
    }
    let block = app.screen.focused();
    let columns = rows::columns(block);
    if columns.is_empty() {
        app.say(format!("{} have their own order", block.title()));
        return;
    }
    let list = app.screen.list(block);
    if list.reversed {
        list.column = (list.column + 1) % columns.len();
    }
    list.reversed = !list.reversed;
    let (column, order) = (columns[list.column], if list.reversed { "downwards" } else { "upwards" });
    app.say(format!("sorted by {} {order}", column.to_lowercase()));
}

pub(super) fn back(app: &mut App) {
    let screen = &mut app.screen;
    if screen.overlays.pop().is_some() {
        return;
    }
    if screen.view() == View::Logs && keys::back(&mut app.logs) {
        return;
    }
    let block = screen.focused();
    let list = screen.list(block);
    if !list.filter.is_empty() {
        list.filter.clear();
    } else if screen.zoom {
        screen.zoom = false;
    } else if screen.operation.take().is_some() {
        // It goes on; the drawer and the tab line lead back to it.
    } else if screen.pane == Pane::Services && screen.task.take().is_none() {
        screen.service = None;
    }
}

pub(super) fn pause(app: &mut App) -> Vec<Effect> {
    match app.screen.paused.take() {
        None => app.screen.paused = Some(app.now),
        // What came meanwhile was not taken in: ask again.
        Some(_) => app.poller.hurry(&Source::ALL, app.now),
    }
    app.plan()
}

pub(super) fn refresh(app: &mut App) -> Vec<Effect> {
    let sources: &[Source] = match app.screen.view() {
        View::Overview => &Source::ALL,
        View::Services => &[Source::Services, Source::Tasks, Source::Metrics],
        View::Service(_) | View::Task(..) => &[
            Source::Services,
            Source::Tasks,
            Source::ScalableTargets,
            Source::ScalingPolicies,
            Source::ScheduledActions,
            Source::ScalingActivities,
            Source::Metrics,
        ],
        View::Database => &[Source::DbClusters, Source::DbInstances, Source::Metrics],
        View::Logs | View::Operation(_) => &[Source::Services, Source::Tasks],
    };
    app.poller.hurry(sources, app.now);
    if let Some(name) = app.screen.service.clone() {
        let groups = app.estate.service(&name).map(|service| service.target_groups.clone()).unwrap_or_default();
        let mut keys: Vec<(Source, String)> = groups.into_iter().map(|arn| (Source::Targets, arn)).collect();
        keys.push((Source::Rollouts, name));
        app.poller.hurry_keys(&keys, app.now);
    }
    if app.screen.paused.is_some() {
        app.say("paused: nothing is read until it goes on");
    } else {
        app.say("reading again");
    }
    app.plan()
}

pub(super) fn copy(app: &mut App) -> Vec<Effect> {
    let text = match app.screen.overlays.last() {
        Some(overlay) => overlay.copies.clone().or_else(|| overlay.selected().map(|line| line.text.clone())),
        None if app.screen.view() == View::Logs => crate::app::logs::keys::copied(app),
        None => select::subject(app).map(|subject| subject.name().to_owned()),
    };
    let Some(text) = text else { return Vec::new() };
    app.say(format!("copied {}", crate::model::text::cut_end(&crate::model::text::harmless(&text), 40)));
    vec![Effect::Copy(text)]
}

pub(super) fn console(app: &mut App) -> Vec<Effect> {
    let link = select::subject(app).and_then(|subject| select::console_link(app, &subject));
    let Some(link) = link else { return Vec::new() };
    if app.session.simulated {
        app.say("simulated: the AWS console knows nothing of it");
        return Vec::new();
    }
    let message = overlays::message(app, "AWS console", &link);
    app.screen.overlays.push(message);
    vec![Effect::OpenUrl(link)]
}
