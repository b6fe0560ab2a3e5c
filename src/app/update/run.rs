//! Commands: the one place where each acts.

use super::change;
use super::open::open;
use super::operations;
use super::settle::settle_lists;
use super::typing::{start_prompt, start_typing};
use super::{News, changed_by, toast};
use crate::app::command::{self, Id, Risk};
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::logs::keys;
use crate::app::logs::pane::Prompt;
use crate::app::overlay::{self, Question};
use crate::app::screen::{Block, Pane, View};
use crate::app::{App, layout, rows, select};
use crate::model::Source;
use crate::model::timer::Power;

/// Runs a command. The only place where a command acts.
pub(super) fn run(app: &mut App, command: Id) -> Vec<Effect> {
    changed_by(app, News::Lists);
    let in_logs = app.screen.view() == View::Logs && app.screen.overlays.is_empty();
    // A window that asks for a yes takes its own keys: what else is pressed there was not meant for it.
    if operations::asks(app) && !in_dialogs(command) {
        return Vec::new();
    }
    let entry = command::get(command);
    if entry.risk != Risk::Read && app.session.read_only {
        toast(app, format!("read-only: `{}` would change something and is refused", entry.name));
        return Vec::new();
    }
    match command {
        Id::Open => return open(app),
        Id::Back => back(app),
        Id::Actions => push(app, overlay::actions),
        Id::Help => push(app, overlay::help),
        Id::Palette => {
            push(app, overlay::palette);
            start_typing(app, None);
        }
        Id::Environment => push(app, overlay::environments),
        Id::Activity => push(app, overlay::activity),
        Id::Filter => {
            let block = if app.screen.overlays.is_empty() { Some(app.screen.focused()) } else { None };
            start_typing(app, block);
        }
        Id::Sort => sort(app),
        Id::Inspect if in_logs => return open(app),
        Id::Inspect => {
            if let Some((title, fields)) = select::fields(app) {
                app.screen.overlays.push(overlay::inspect(title, &fields));
            }
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
        Id::LogsSearch => start_prompt(app, Prompt::Search),
        Id::LogsFilter => start_prompt(app, Prompt::Filter),
        Id::LogsTime => start_prompt(app, Prompt::Time),
        Id::LogsExport => start_prompt(app, Prompt::Export),
        Id::LogsSave if app.logs.filter.trim().is_empty() && app.filters.is_empty() => {
            toast(app, "there is no filter to save: & types one");
        }
        Id::LogsSave => start_prompt(app, Prompt::Save),
        Id::LogsTee if app.logs.tee.is_some() => return keys::tee(app, ""),
        Id::LogsTee => start_prompt(app, Prompt::Tee),
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
        Id::Quit => return operations::quit(app),
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

pub(super) fn push(app: &mut App, make: fn(&App) -> overlay::Overlay) {
    let overlay = make(app);
    push_window(app, overlay);
}

pub(super) fn push_window(app: &mut App, overlay: overlay::Overlay) {
    // The same window twice would only have to be closed twice.
    app.screen.overlays.retain(|other| other.kind != overlay.kind);
    app.screen.overlays.push(overlay);
}

/// The list that moves: of the overlay on top, else of the focused block.
pub(super) fn moving(app: &mut App) -> &mut List {
    let block = app.screen.focused();
    let screen = &mut app.screen;
    match screen.overlays.last_mut() {
        Some(overlay) => &mut overlay.list,
        None => screen.lists.entry(block).or_default(),
    }
}

pub(super) fn step(app: &mut App, by: isize) {
    let scrolls = operations::asks(app);
    let list = moving(app);
    if scrolls { list.scroll(by) } else { list.step(by) }
}

pub(super) fn page(app: &mut App, direction: isize, part: isize) {
    let rows = (moving(app).height as isize / part).max(1);
    step(app, direction * rows);
}

/// To the next or previous row, round the end.
pub(super) fn wrap(app: &mut App, by: isize) {
    let list = moving(app);
    let count = list.rows.len() as isize;
    if count > 0 {
        let place = (list.place() as isize + by).rem_euclid(count);
        list.select(place as usize);
    }
}

/// Left and right: along long lines in an overlay, else to the block beside.
pub(super) fn sideways(app: &mut App, direction: isize) {
    if operations::asks(app) {
        return operations::next_button(app, direction);
    }
    if let Some(overlay) = app.screen.overlays.last_mut() {
        overlay.column = overlay.column.saturating_add_signed(direction * 8);
        return;
    }
    let placed = layout::layout(app);
    let focused = app.screen.focused();
    let Some((_, here)) = placed.blocks.iter().find(|(block, _)| *block == focused) else { return };
    let overview = app.screen.view() == View::Overview;
    let beside = placed.blocks.iter().filter(|(block, _)| !(overview && block.follows())).find(|(_, place)| {
        let side = if direction > 0 { place.x >= here.right() } else { place.right() <= here.x };
        side && place.y < here.bottom() && place.bottom() > here.y
    });
    match beside {
        Some((block, _)) => app.screen.focus_on(*block),
        // Where blocks are shown one at a time, the neighbour in the strip is beside.
        None if placed.strip.is_some() => next_block(app, direction),
        None => {}
    }
}

pub(super) fn next_block(app: &mut App, by: isize) {
    if operations::asks(app) {
        return operations::next_button(app, by);
    }
    if !app.screen.overlays.is_empty() {
        return;
    }
    let view = app.screen.view();
    let placed = layout::layout(app);
    // In the Overview an environment may lack a block; elsewhere hidden ones come to the front.
    let all: Vec<Block> = if view == View::Overview && !app.screen.zoom && placed.strip.is_none() {
        placed.blocks.iter().map(|(block, _)| *block).filter(|block| !block.follows()).collect()
    } else {
        view.blocks().to_vec()
    };
    let place = all.iter().position(|block| *block == app.screen.focused()).unwrap_or(0) as isize;
    app.screen.focus_on(all[(place + by).rem_euclid(all.len() as isize) as usize]);
}

pub(super) fn sort(app: &mut App) {
    if !app.screen.overlays.is_empty() {
        return;
    }
    let block = app.screen.focused();
    let columns = rows::columns(block);
    if columns.is_empty() {
        toast(app, format!("{} have their own order", block.title()));
        return;
    }
    let list = app.screen.list(block);
    if list.reversed {
        list.column = (list.column + 1) % columns.len();
    }
    list.reversed = !list.reversed;
    let (column, order) = (columns[list.column], if list.reversed { "downwards" } else { "upwards" });
    toast(app, format!("sorted by {} {order}", column.to_lowercase()));
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

pub(super) fn go(app: &mut App, pane: Pane) -> Vec<Effect> {
    app.screen.pane = pane;
    app.screen.operation = None;
    app.screen.overlays.clear();
    app.screen.zoom = false;
    settle_lists(app);
    app.plan()
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
        toast(app, "paused: nothing is read until it goes on");
    } else {
        toast(app, "reading again");
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
    toast(app, format!("copied {}", crate::model::text::cut_end(&crate::model::text::harmless(&text), 40)));
    vec![Effect::Copy(text)]
}

pub(super) fn console(app: &mut App) -> Vec<Effect> {
    let link = select::subject(app).and_then(|subject| select::console_link(app, &subject));
    let Some(link) = link else { return Vec::new() };
    if app.session.simulated {
        toast(app, "simulated: the AWS console knows nothing of it");
        return Vec::new();
    }
    let message = overlay::message(app, "AWS console", &link);
    app.screen.overlays.push(message);
    vec![Effect::OpenUrl(link)]
}
