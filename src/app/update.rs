//! The one place where the state changes. Every event has its arm.

use super::command::{self, Id, Scope};
use super::effect::Effect;
use super::event::{Answer, Event, Fact, Mouse, Part};
use super::input::Input;
use super::key::Key;
use super::list::List;
use super::overlay::{self, Choice, Kind};
use super::poll::Poller;
use super::screen::{Block, Pane, Screen, Typing, View};
use super::select::{self, Subject};
use super::{App, layout, rows};
use crate::model::{Estate, Health, Place, Source};
use jiff::SignedDuration;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeMap;

/// Changes flash for this long.
const FLASH: SignedDuration = SignedDuration::from_secs(1);
/// A short message stays for this long.
const TOAST: SignedDuration = SignedDuration::from_secs(4);
/// Rows that a turn of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn update(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Tick(now) => tick(app, now),
        Event::Key(key) => press(app, key),
        Event::Paste(text) => {
            paste(app, &text);
            Vec::new()
        }
        Event::Mouse(mouse) => click(app, mouse),
        Event::Resize(columns, rows) => {
            app.screen.size = (columns, rows);
            changed(app);
            Vec::new()
        }
        Event::Focus(focused) => {
            app.focused = focused;
            app.plan()
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
            changed_by(app, news);
            effects.extend(app.plan());
            effects
        }
        Event::Resumed => {
            changed(app);
            Vec::new()
        }
        Event::Notice(notice) => {
            app.note(notice.error, notice.text.clone());
            toast(app, notice.text);
            Vec::new()
        }
    }
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
    // Everything that is due is due by the second; what follows from an answer is planned with it.
    if second { app.plan() } else { Vec::new() }
}

/// Sources with a failure, to tell when that changes.
fn failing(estate: &Estate) -> BTreeMap<Source, String> {
    let states = Source::ALL.iter().filter_map(|source| Some((*source, estate.status(*source).failure?.message)));
    states.collect()
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

/// Judgements over many services and tasks are made at most this often.
const JUDGE: SignedDuration = SignedDuration::from_millis(250);
/// More services and tasks than this are many.
const MANY: usize = 500;

/// Whether facts have come in that are not judged yet.
pub(super) fn owing(app: &App) -> bool {
    app.unsettled >= News::Facts
}

/// Whether judging again would cost more than it tells.
fn too_soon(app: &App) -> bool {
    many(app) && app.judged.is_some_and(|at| app.now.duration_since(at).abs() < JUDGE)
}

fn many(app: &App) -> bool {
    let services = app.estate.services.value().map_or(0, BTreeMap::len);
    services + app.estate.tasks.value().map_or(0, BTreeMap::len) > MANY
}

/// Lists and windows, over judgements as they stand where there is much to judge: for a key, whose
/// frame is not to wait.
pub(super) fn settle_lists(app: &mut App) {
    if !many(app) {
        settle(app);
    } else if app.unsettled > News::Nothing {
        windows(app);
        if app.unsettled == News::Lists {
            app.unsettled = News::Nothing;
        }
    }
}

/// Rows, judgements and windows; see [`App::settle`].
pub(super) fn settle(app: &mut App) {
    if app.unsettled == News::Nothing {
        return;
    }
    if owing(app) && too_soon(app) {
        windows(app);
        return;
    }
    let now = app.now;
    match std::mem::take(&mut app.unsettled) {
        News::Nothing | News::Lists => {}
        News::Time => app.estate.pass(now),
        news @ (News::Facts | News::All) => {
            app.judged = Some(now);
            let before = std::mem::take(&mut app.estate.derived.services);
            if news == News::All {
                app.estate.settle(now)
            } else {
                app.estate.judge(now)
            }
            // Both are in the order of their names.
            let mut before = before.iter().peekable();
            for row in &app.estate.derived.services {
                while before.next_if(|known| known.name < row.name).is_some() {}
                if before.next_if(|known| known.name == row.name).is_some_and(|known| looks(known) != looks(row)) {
                    app.screen.flashes.insert(row.name.clone(), now + FLASH);
                }
            }
        }
    }
    windows(app);
}

/// The rows of the lists on the screen, and how many of them are shown.
fn windows(app: &mut App) {
    // What was opened and is gone: the list says more than an empty page.
    for block in app.screen.view().blocks() {
        rows::settle(app, *block);
    }
    let placed = layout::layout(app);
    for (block, place) in placed.blocks {
        app.screen.list(block).set_height(layout::rows_in(block, place));
    }
    let height = overlay_rows(&app.screen);
    if let Some(overlay) = app.screen.overlays.last_mut() {
        overlay.list.set_height(height);
    }
}

/// What makes a row flash when it changes.
fn looks(row: &crate::model::estate::ServiceRow) -> (u32, u32, Health) {
    (row.desired, row.running, row.assessment.health)
}

/// The place of the top overlay: its frame, in the middle of the screen.
pub fn overlay_place(screen: &Screen) -> Rect {
    let (width, height) = screen.size;
    let columns = overlay::width(width);
    let most = height.saturating_sub(4).max(3);
    let lines = screen.overlays.last().map_or(0, |overlay| match overlay.kind {
        // These are searched: a frame that shrinks with each letter would jump.
        Kind::Palette | Kind::Help | Kind::Inspect | Kind::Activity => usize::from(most),
        Kind::Actions | Kind::Environments | Kind::Message => overlay.lines.len() + 4,
    });
    let rows = (lines as u16).clamp(5.min(most), most);
    Rect::new((width - columns) / 2, (height.saturating_sub(rows)) / 2, columns, rows.min(height))
}

/// Frame, line of the query, line of the keys.
fn overlay_rows(screen: &Screen) -> usize {
    usize::from(overlay_place(screen).height.saturating_sub(4))
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
        View::Database => Vec::new(),
    }
}

fn scopes(app: &App) -> &'static [Scope] {
    if app.screen.typing.is_some() {
        &[Scope::Input]
    } else if app.screen.overlays.is_empty() {
        &[Scope::List, Scope::Global]
    } else {
        &[Scope::Overlay, Scope::List, Scope::Global]
    }
}

fn press(app: &mut App, key: Key) -> Vec<Effect> {
    let command = app.keymap.command(scopes(app), key);
    if let Some(typing) = &mut app.screen.typing {
        match (command, key.text()) {
            (Some(command), _) => return type_command(app, command),
            (None, Some(c)) => {
                typing.input.insert(&c.to_string());
                typed(app);
                return Vec::new();
            }
            (None, None) => return Vec::new(),
        }
    }
    let Some(command) = command else { return Vec::new() };
    if app.unsettled > News::Nothing {
        // Keys that come faster than frames: this one means a row as the key before it left them, and
        // not one that a filter or another order has just taken away.
        for block in app.screen.view().blocks() {
            rows::settle(app, *block);
        }
    }
    run(app, command)
}

fn paste(app: &mut App, text: &str) {
    if let Some(typing) = &mut app.screen.typing {
        typing.input.insert(text);
        typed(app);
    }
}

/// The typed line has changed: search or filter as one types.
fn typed(app: &mut App) {
    let Some(typing) = &app.screen.typing else { return };
    let text = typing.input.text().to_owned();
    match typing.block {
        Some(block) => app.screen.list(block).filter = text,
        None => {
            let input = typing.input.clone();
            if let Some(overlay) = app.screen.overlays.last_mut() {
                overlay.query = input;
                overlay.search();
            }
        }
    }
    changed_by(app, News::Lists);
}

fn type_command(app: &mut App, command: Id) -> Vec<Effect> {
    let Some(typing) = &mut app.screen.typing else { return Vec::new() };
    if typing.input.edit(command) {
        typed(app);
        return Vec::new();
    }
    let block = typing.block;
    let before = typing.before.clone();
    changed_by(app, News::Lists);
    match command {
        Id::InputUp => step(app, -1),
        Id::InputDown => step(app, 1),
        Id::Accept => {
            app.screen.typing = None;
            if block.is_none() && app.screen.overlays.last().is_some_and(super::overlay::Overlay::types) {
                return choose(app);
            }
        }
        Id::Cancel => {
            app.screen.typing = Some(Typing { block, input: Input::new(before.clone()), before });
            typed(app);
            app.screen.typing = None;
            if block.is_none() && app.screen.overlays.last().is_some_and(super::overlay::Overlay::types) {
                app.screen.overlays.pop();
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Runs a command. The only place where a command acts.
fn run(app: &mut App, command: Id) -> Vec<Effect> {
    changed_by(app, News::Lists);
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
            if app.screen.pane == Pane::Services {
                app.screen.task = None;
                app.screen.service = None;
            }
            return go(app, Pane::Services);
        }
        Id::PaneDatabase => return go(app, Pane::Database),
        Id::NextBlock => next_block(app, 1),
        Id::PreviousBlock => next_block(app, -1),
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
        Id::Suspend => return vec![Effect::Suspend],
        Id::Quit => return vec![Effect::Quit],
        // These act on a line being typed, in `type_command`.
        Id::Accept
        | Id::Cancel
        | Id::InputUp
        | Id::InputDown
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

fn push(app: &mut App, make: fn(&App) -> overlay::Overlay) {
    let overlay = make(app);
    // The same window twice would only have to be closed twice.
    app.screen.overlays.retain(|other| other.kind != overlay.kind);
    app.screen.overlays.push(overlay);
}

fn start_typing(app: &mut App, block: Option<Block>) {
    let text = match block {
        Some(block) => app.screen.list(block).filter.clone(),
        None => app.screen.overlays.last().map(|overlay| overlay.query.text().to_owned()).unwrap_or_default(),
    };
    app.screen.typing = Some(Typing { block, input: Input::new(text.clone()), before: text });
}

/// The list that moves: of the overlay on top, else of the focused block.
fn moving(app: &mut App) -> &mut List {
    let block = app.screen.focused();
    let screen = &mut app.screen;
    match screen.overlays.last_mut() {
        Some(overlay) => &mut overlay.list,
        None => screen.lists.entry(block).or_default(),
    }
}

fn step(app: &mut App, by: isize) {
    moving(app).step(by);
}

fn page(app: &mut App, direction: isize, part: isize) {
    let list = moving(app);
    let rows = (list.height as isize / part).max(1);
    list.step(direction * rows);
}

/// To the next or previous row, round the end.
fn wrap(app: &mut App, by: isize) {
    let list = moving(app);
    let count = list.rows.len() as isize;
    if count > 0 {
        let place = (list.place() as isize + by).rem_euclid(count);
        list.select(place as usize);
    }
}

/// Left and right: along long lines in an overlay, else to the block beside.
fn sideways(app: &mut App, direction: isize) {
    if let Some(overlay) = app.screen.overlays.last_mut() {
        overlay.column = overlay.column.saturating_add_signed(direction * 8);
        return;
    }
    let placed = layout::layout(app);
    let focused = app.screen.focused();
    let Some((_, here)) = placed.blocks.iter().find(|(block, _)| *block == focused) else { return };
    let beside = placed.blocks.iter().find(|(_, place)| {
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

fn next_block(app: &mut App, by: isize) {
    if !app.screen.overlays.is_empty() {
        return;
    }
    let view = app.screen.view();
    let placed = layout::layout(app);
    // In the Overview an environment may lack a block; elsewhere hidden ones come to the front.
    let all: Vec<Block> = if view == View::Overview && !app.screen.zoom && placed.strip.is_none() {
        placed.blocks.iter().map(|(block, _)| *block).collect()
    } else {
        view.blocks().to_vec()
    };
    let place = all.iter().position(|block| *block == app.screen.focused()).unwrap_or(0) as isize;
    app.screen.focus_on(all[(place + by).rem_euclid(all.len() as isize) as usize]);
}

fn sort(app: &mut App) {
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

fn back(app: &mut App) {
    let screen = &mut app.screen;
    if screen.overlays.pop().is_some() {
        return;
    }
    let block = screen.focused();
    let list = screen.list(block);
    if !list.filter.is_empty() {
        list.filter.clear();
    } else if screen.zoom {
        screen.zoom = false;
    } else if screen.pane == Pane::Services && screen.task.take().is_none() {
        screen.service = None;
    }
}

fn go(app: &mut App, pane: Pane) -> Vec<Effect> {
    app.screen.pane = pane;
    app.screen.overlays.clear();
    app.screen.zoom = false;
    settle_lists(app);
    app.plan()
}

/// Runs or opens the chosen line of the overlay on top.
fn choose(app: &mut App) -> Vec<Effect> {
    let Some(overlay) = app.screen.overlays.last() else { return Vec::new() };
    let choice = overlay.selected().map_or(Choice::Nothing, |line| line.choice.clone());
    match choice {
        Choice::Nothing => {
            if overlay.types() {
                app.screen.overlays.pop();
            }
            Vec::new()
        }
        Choice::Run(command) => {
            app.screen.overlays.pop();
            run(app, command)
        }
        Choice::Environment(name) => {
            app.screen.overlays.clear();
            switch(app, &name)
        }
    }
}

fn open(app: &mut App) -> Vec<Effect> {
    if !app.screen.overlays.is_empty() {
        return choose(app);
    }
    if app.screen.focused() == Block::Attention
        && let Some(entry) = select::attention(app)
    {
        match entry.place.clone() {
            Place::Service(name) => return open_service(app, name),
            Place::Database(id) => return open_database(app, &id),
            Place::Services => return go(app, Pane::Services),
            Place::Identity | Place::Alarm(_) | Place::TargetGroup(_) | Place::Source(_) => {
                let mut body = entry.what.clone();
                if let Some(hint) = &entry.hint {
                    body = format!("{body}\n\n{hint}");
                }
                let message = overlay::message(app, &entry.name, &body);
                app.screen.overlays.push(message);
                return Vec::new();
            }
        }
    }
    match select::subject(app) {
        Some(Subject::Service(name)) => open_service(app, name),
        Some(Subject::Task(service, id)) => {
            app.screen.service = Some(service);
            app.screen.task = Some(id);
            app.screen.list(Block::TaskFacts).select(0);
            settle_lists(app);
            app.plan()
        }
        Some(Subject::Database(id) | Subject::Instance(id, _)) => open_database(app, &id),
        Some(Subject::Container(..) | Subject::Deployment(..)) => run(app, Id::Inspect),
        Some(Subject::Text(text)) => {
            let title = app.screen.focused().title();
            let message = overlay::message(app, title, &text);
            app.screen.overlays.push(message);
            Vec::new()
        }
        Some(Subject::Alarm(_)) | None => Vec::new(),
    }
}

fn open_service(app: &mut App, name: String) -> Vec<Effect> {
    if app.screen.pane == Pane::Services && app.screen.service.as_deref() == Some(name.as_str()) {
        return Vec::new();
    }
    let mut keys = vec![(Source::Rollouts, name.clone())];
    if let Some(service) = app.estate.service(&name) {
        keys.push((Source::TaskDefinitions, service.task_definition.clone()));
        keys.extend(service.target_groups.iter().map(|arn| (Source::Targets, arn.clone())));
    }
    app.screen.service = Some(name);
    app.screen.task = None;
    for block in View::Service(String::new()).blocks() {
        // The window of the service that was open before says nothing about this one.
        app.screen.lists.remove(block);
    }
    app.screen.focus.remove(&Block::Tasks);
    app.poller.hurry_keys(&keys, app.now);
    changed_by(app, News::Lists);
    go(app, Pane::Services)
}

fn open_database(app: &mut App, id: &str) -> Vec<Effect> {
    app.screen.list(Block::Databases).select_key(id);
    changed_by(app, News::Lists);
    go(app, Pane::Database)
}

fn copy(app: &mut App) -> Vec<Effect> {
    let text = match app.screen.overlays.last() {
        Some(overlay) => overlay.copies.clone().or_else(|| overlay.selected().map(|line| line.text.clone())),
        None => select::subject(app).map(|subject| subject.name().to_owned()),
    };
    let Some(text) = text else { return Vec::new() };
    toast(app, format!("copied {}", crate::model::text::cut_end(&crate::model::text::harmless(&text), 40)));
    vec![Effect::Copy(text)]
}

fn console(app: &mut App) -> Vec<Effect> {
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

fn refresh(app: &mut App) -> Vec<Effect> {
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

fn pause(app: &mut App) -> Vec<Effect> {
    match app.screen.paused.take() {
        None => app.screen.paused = Some(app.now),
        // What came meanwhile was not taken in: ask again.
        Some(_) => app.poller.hurry(&Source::ALL, app.now),
    }
    app.plan()
}

/// Opens another environment. Nothing of the one before stays: old data under a new name is what
/// people fear most.
fn switch(app: &mut App, name: &str) -> Vec<Effect> {
    let Some(environment) = app.config.environment(name).cloned() else { return Vec::new() };
    app.environment = app.session.overrides.apply(environment);
    app.generation += 1;
    let wants = app.poller.wants().clone();
    app.poller = Poller::new(app.generation, wants, &app.environment);
    app.estate = Estate::default();
    app.judged = None;
    app.screen = Screen { size: app.screen.size, pane: app.screen.pane, ..Screen::default() };
    app.note(false, format!("opened {name}"));
    changed(app);
    let mut effects = vec![app.connect()];
    app.settle();
    effects.extend(app.plan());
    effects
}

fn click(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    let (column, row) = match mouse {
        Mouse::Click(column, row) | Mouse::WheelUp(column, row) | Mouse::WheelDown(column, row) => (column, row),
    };
    let turn = match mouse {
        Mouse::Click(..) => None,
        Mouse::WheelUp(..) => Some(-WHEEL),
        Mouse::WheelDown(..) => Some(WHEEL),
    };
    changed_by(app, News::Lists);
    if !app.screen.overlays.is_empty() {
        let place = overlay_place(&app.screen);
        match turn {
            Some(by) => step(app, by),
            None if !place.contains(Position::new(column, row)) => {
                app.screen.typing = None;
                app.screen.overlays.pop();
            }
            None => {
                let first = place.y + 2;
                let list = moving(app);
                if row >= first && usize::from(row - first) < list.window().len() {
                    list.select(list.offset + usize::from(row - first));
                }
            }
        }
        return Vec::new();
    }
    let placed = layout::layout(app);
    if turn.is_none() && row == placed.tabs.y {
        return tab_at(app, column).map_or_else(Vec::new, |pane| go(app, pane));
    }
    let hit = placed.blocks.iter().find(|(_, place)| place.contains(Position::new(column, row)));
    let Some((block, place)) = hit else { return Vec::new() };
    if let Some(by) = turn {
        app.screen.list(*block).step(by);
        return Vec::new();
    }
    let again = app.screen.focused() == *block;
    app.screen.focus_on(*block);
    let first = place.y + 1 + u16::from(block.has_header());
    let list = app.screen.list(*block);
    if block.has_rows() && row >= first && usize::from(row - first) < list.window().len() {
        let number = list.offset + usize::from(row - first);
        // A click on the row that is already selected opens it.
        if again && list.place() == number {
            return open(app);
        }
        list.select(number);
    }
    Vec::new()
}

/// The pane whose title is at this column of the tab line: ` 1 Overview  2 Services …`.
fn tab_at(app: &App, column: u16) -> Option<Pane> {
    let mut x = 1;
    for (pane, _, title) in Pane::ALL {
        let width = title.len() as u16 + 4;
        if (x..x + width).contains(&column) {
            return Some(pane);
        }
        x += width;
    }
    let _ = app;
    None
}

/// The commands of the bottom line, most useful first.
pub fn bottom_commands(app: &App) -> Vec<Id> {
    if app.screen.typing.is_some() {
        return vec![Id::Accept, Id::Cancel, Id::DeleteAll];
    }
    if let Some(overlay) = app.screen.overlays.last() {
        return match overlay.kind {
            Kind::Inspect | Kind::Message | Kind::Activity => vec![Id::Back, Id::Filter, Id::Copy],
            Kind::Help | Kind::Palette | Kind::Actions | Kind::Environments => vec![Id::Open, Id::Back, Id::Filter],
        };
    }
    let (_, mut commands) = select::actions(app);
    commands.insert(commands.len().min(1), Id::Actions);
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
