//! The pictures of the graphs and the lines of the shown plan, updated when their sources change.

use super::folding::fold_level;
use super::state::{CHANGE, GRAPH, GraphDrawing, PLAN, RESOURCE_GRAPH, RESOURCES, ShownPlan, State, UNITS};
use super::{drift, plan_lines, rows, texts};
use crate::app::App;
use crate::app::layout::layout as placed;
use crate::app::list::List;
use crate::app::pane::Motion;
use crate::app::screen::Block;
use crate::model::infra::message::Action;
use crate::model::infra::picture::fold::{self, Level};
use crate::model::infra::picture::formats::box_width;
use crate::model::infra::picture::{Frame, Node, Picture, layout::layout};
use crate::model::infra::plan::{Plan, resource_of, type_of};
use crate::model::infra::run::ResourcePhase;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Maximum width of a box in cells; longer names are cut.
const WIDEST: usize = 36;

/// Updates graph, plan and selection.
pub fn settle(app: &mut App) {
    if !texts::is_shown(app) {
        return;
    }
    select(app);
    draw(app);
    show(app);
    for block in [PLAN, CHANGE, GRAPH, RESOURCE_GRAPH, super::state::LOG, super::state::UNIT_LOG] {
        if app.view().takes_focus(block) {
            crate::app::rows::settle(app, block);
        }
    }
    scroll(app);
}

/// If the selected unit has nothing to review, selects the first unit whose plan waits for approval, or one that differs from
/// its declaration, so that `v` shows what the summary mentions.
pub fn to_what_waits(app: &mut App) {
    let state = &app.panes.infra;
    let Some(run) = state.state().filter(|_| state.opened_unit.is_none()) else { return };
    let differs = |name: &str| drift::found_differences(state).iter().any(|(one, _)| one.unit == name);
    let is_empty = |unit: &String| {
        !differs(unit) && run.units.get(unit).and_then(|unit| unit.plan.as_ref()).is_none_or(|plan| plan.empty)
    };
    let waits = |name: &str| run.to_review().any(|(unit, plan)| unit == name && !plan.empty);
    let order = run.in_order();
    let waiting = order.iter().find(|name| waits(name)).or(order.iter().find(|name| differs(name))).copied();
    if let Some(unit) = waiting.map(str::to_owned).filter(|_| state.selected_unit.as_ref().is_none_or(is_empty)) {
        app.screen.list(UNITS).select_key(&unit);
        app.panes.infra.selected_unit = Some(unit);
    }
}

/// Keeps the selections of the list and the graph in step.
fn select(app: &mut App) {
    let focused = app.focused();
    let selected = |app: &App, block: Block| app.screen.list_of(block).and_then(List::selected).map(str::to_owned);
    if app.panes.infra.opened_unit.is_none() {
        let from = if focused == GRAPH { GRAPH } else { UNITS };
        let unit = selected(app, from).or_else(|| selected(app, UNITS));
        if let Some(unit) = &unit {
            app.screen.list(if from == GRAPH { UNITS } else { GRAPH }).select_key(unit);
        }
        app.panes.infra.selected_unit = unit;
    } else {
        // A box can stand for several resources, so the list selects the first of them.
        let level = fold_level(&app.panes.infra);
        if focused == RESOURCE_GRAPH {
            let group = selected(app, RESOURCE_GRAPH);
            let rows = &app.screen.list(RESOURCES).rows;
            let first = rows.iter().find(|row| group.as_deref() == Some(&level.of(&resource_of(row)))).cloned();
            let here = selected(app, RESOURCES).map(|row| level.of(&resource_of(&row)));
            if let Some(first) = first.filter(|_| here != group) {
                app.screen.list(RESOURCES).select_key(&first);
            }
        } else if let Some(resource) = selected(app, RESOURCES) {
            app.screen.list(RESOURCE_GRAPH).select_key(&level.of(&resource_of(&resource)));
        }
        app.panes.infra.selected_resource = selected(app, RESOURCES);
    }
}

fn draw(app: &mut App) {
    let level = fold_level(&app.panes.infra);
    let (of, picture) = match app.panes.infra.opened_unit.clone() {
        None => ("units".to_owned(), units(&app.panes.infra, app.now)),
        Some(unit) => resources(&app.panes.infra, &unit, level, app.now),
    };
    let drawn = &mut app.panes.infra.drawing;
    drawn.level = level;
    // Boxes keep their place while their contents change, unless a text no longer fits.
    let same = drawn.source_key == of
        && drawn.picture.edges == picture.edges
        && drawn.picture.nodes.len() == picture.nodes.len();
    let widths: Vec<usize> = picture.nodes.iter().map(|node| box_width(&node.label, &node.note).min(WIDEST)).collect();
    let fits = drawn.layout.boxes.iter().zip(&widths).all(|(place, width)| place.width >= *width);
    if same && fits {
        drawn.picture = picture;
        return;
    }
    let widths: Vec<usize> = widths.iter().map(|width| (width + 4).min(WIDEST)).collect();
    let offset = if drawn.source_key == of { drawn.offset } else { (0, 0) };
    *drawn = GraphDrawing { layout: layout(&widths, &picture.edges), source_key: of, picture, offset, level };
}

/// The units as boxes, with their counts and states.
pub fn units(state: &State, now: Timestamp) -> Picture {
    let graph = state.graph();
    let units = rows::units(state);
    let numbers: BTreeMap<&str, usize> = units.iter().enumerate().map(|(at, unit)| (unit.name.as_str(), at)).collect();
    let mut picture = Picture::default();
    let mut weights = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let words = texts::unit(state, &graph, &unit.name, now);
        let note = [words.counts, words.brief, words.time].into_iter().filter(|part| !part.is_empty());
        let label = format!("{} {}", words.health.sign(), unit.name);
        let note = note.collect::<Vec<_>>().join(" ");
        picture.nodes.push(Node { id: unit.name.clone(), label, note, ..Node::default() });
        let needs = unit.depends_on.iter().filter_map(|needs| numbers.get(needs.as_str()));
        picture.edges.extend(needs.map(|from| (*from, at)));
        weights.push(weight(state, &unit.name));
    }
    picture.edges.sort_unstable();
    mark(&mut picture, &weights);
    picture
}

/// Marks the critical path: the boxes that determine the total duration, if there are several and something is to be done.
fn mark(picture: &mut Picture, weights: &[u64]) {
    for node in &mut picture.nodes {
        node.critical = false;
    }
    if picture.nodes.len() < 2 {
        return;
    }
    picture.mark_critical(weights);
    for (node, weight) in picture.nodes.iter_mut().zip(weights) {
        node.critical &= *weight > 0;
    }
}

/// The weight of a unit on the critical path: its usual or observed duration in seconds, or else its number of changes.
fn weight(state: &State, unit: &str) -> u64 {
    if let Some(usual) = state.usual.get(unit) {
        return 1 + usual;
    }
    let Some(unit) = state.state().and_then(|run| run.units.get(unit)) else { return 1 };
    let took = unit.resources.values().map(|resource| resource.elapsed).max().unwrap_or(0);
    let planned = unit.plan.as_ref().map_or(0, |plan| plan.summary.add + plan.summary.change + plan.summary.remove);
    1 + if took > 0 { took } else { planned }
}

/// The progress of the resources in one box.
#[derive(Debug, Default)]
struct Progress {
    total: u64,
    done: u64,
    /// What one of them is doing.
    applying: Option<String>,
    failed: bool,
    /// One was interrupted: it may exist without being in any state.
    in_flight: bool,
}

impl Progress {
    fn note(&self, sign: &str) -> String {
        let Self { total, done, applying, .. } = self;
        match applying {
            _ if self.failed => format!("✖ failed {done}/{total}"),
            _ if self.in_flight => format!("✖ in flight {done}/{total}"),
            Some(applying) if *total == 1 => format!("{sign} {applying}"),
            Some(applying) => format!("{sign} {done}/{total} {applying}"),
            None if done == total => format!("● {sign} done"),
            None if *done > 0 => format!("{sign} {done}/{total}"),
            None if *total > 1 => format!("{sign} {total}"),
            None => sign.to_owned(),
        }
    }
}

/// The resources of a unit as boxes, with their progress.
fn resources(state: &State, unit: &str, level: Level, now: Timestamp) -> (String, Picture) {
    let Some(plan) = state.plan_of(unit) else { return (format!("{unit} without a plan"), Picture::default()) };
    let hash = state.plans.get(unit).map(|(hash, _)| hash.as_str()).unwrap_or_default();
    let of = format!("{unit} {hash} {level:?}");
    let mut picture = if state.drawing.source_key == of {
        state.drawing.picture.clone()
    } else {
        fold::picture(plan, level).reduced()
    };
    let run = state.state().and_then(|run| run.units.get(unit));
    let mut progress: BTreeMap<String, Progress> = BTreeMap::new();
    for change in &plan.changes {
        let group = progress.entry(level.of(&resource_of(&change.address))).or_default();
        group.total += 1;
        let Some(resource) = run.and_then(|run| run.resources.get(&change.address)) else { continue };
        match resource.phase {
            ResourcePhase::Done => group.done += 1,
            ResourcePhase::Applying => group.applying = Some(texts::resource(resource, now).1),
            ResourcePhase::Failed => group.failed = true,
            ResourcePhase::InFlight => group.in_flight = true,
            ResourcePhase::Refreshing | ResourcePhase::Refreshed | ResourcePhase::Planned => {}
        }
    }
    for node in &mut picture.nodes {
        let Some(group) = progress.get(&node.id) else { continue };
        node.note = group.note(&node.sign);
    }
    let weights = weights(state, plan, level, &picture);
    mark(&mut picture, &weights);
    (of, picture)
}

/// The weight of each box of resources: the longest usual duration of its changes in seconds, with a small default; 0 if nothing
/// in it changes.
fn weights(state: &State, plan: &Plan, level: Level, picture: &Picture) -> Vec<u64> {
    let mut known: BTreeMap<(String, Action), u64> = BTreeMap::new();
    let mut longest: BTreeMap<String, u64> = BTreeMap::new();
    for change in &plan.changes {
        let resource = resource_of(&change.address);
        let usual = known
            .entry((type_of(&resource).to_owned(), change.action))
            .or_insert_with(|| 1 + state.history.0.usual_duration(&change.address, change.action).unwrap_or(0));
        let box_weight = longest.entry(level.of(&resource)).or_default();
        *box_weight = (*box_weight).max(*usual);
    }
    picture.nodes.iter().map(|node| longest.get(&node.id).copied().unwrap_or(0)).collect()
}

/// Updates the lines of the plan of the selection.
fn show(app: &mut App) {
    let state = &app.panes.infra;
    let unit = state.opened_unit.as_ref().or(state.selected_unit.as_ref());
    let hash = unit.and_then(|unit| state.plans.get(unit)).map(|(hash, _)| hash.as_str()).unwrap_or_default();
    let resource = state.opened_unit.as_ref().and(state.selected_resource.as_deref()).unwrap_or_default();
    let plan = unit.and_then(|unit| state.plan_of(unit));
    let named = unit.map_or("", String::as_str);
    let differing = drift::lines(state, named, state.opened_unit.as_ref().map(|_| resource));
    let of = format!("{named}\0{hash}\0{resource}\0{}\0{}", plan.is_some(), differing.len());
    if state.shown_plan.of == of {
        return;
    }
    let mut lines = match (plan, &state.opened_unit) {
        (None, _) => Vec::new(),
        (Some(plan), None) => plan_lines::plan(plan),
        (Some(plan), Some(_)) => {
            plan.change(resource).map(|change| plan_lines::change(plan, change)).unwrap_or_default()
        }
    };
    lines.extend(differing);
    app.panes.infra.shown_plan = ShownPlan { of, lines };
    for block in [PLAN, CHANGE] {
        app.screen.lists.remove(&block);
    }
    let places = placed(app).blocks;
    for (block, place) in places.into_iter().filter(|(block, _)| [PLAN, CHANGE].contains(block)) {
        let height = crate::app::layout::rows_in(app, block, place);
        app.screen.list(block).set_height(height);
    }
}

/// Scrolls the graph so that the selected box is visible.
fn scroll(app: &mut App) {
    let block = if app.panes.infra.opened_unit.is_some() { RESOURCE_GRAPH } else { GRAPH };
    let Some((_, place)) = placed(app).blocks.into_iter().find(|(other, _)| *other == block) else { return };
    let room = (usize::from(place.width.saturating_sub(4)), usize::from(place.height.saturating_sub(2)));
    let selected = app.screen.list_of(block).and_then(List::selected);
    let nodes = &app.panes.infra.drawing.picture.nodes;
    let at = selected.and_then(|selected| nodes.iter().position(|node| node.id == selected));
    let drawn = &mut app.panes.infra.drawing;
    let Some(place) = at.and_then(|at| drawn.layout.boxes.get(at)).copied() else { return };
    let keep = |offset: usize, from: usize, wide: usize, room: usize, all: usize| {
        let offset = if all <= room { 0 } else { offset.min(all - room) };
        if from < offset { from } else { offset.max((from + wide).saturating_sub(room.max(wide))) }
    };
    drawn.offset.0 = keep(drawn.offset.0, place.x, place.width, room.0, drawn.layout.size.0);
    drawn.offset.1 = keep(drawn.offset.1, place.y, place.height, room.1, drawn.layout.size.1);
}

/// Moves the selection in a graph to the nearest box in that direction.
pub fn moves(app: &mut App, motion: Motion) -> bool {
    let block = app.focused();
    if block != GRAPH && block != RESOURCE_GRAPH {
        return false;
    }
    let (dx, dy): (isize, isize) = match motion {
        Motion::Left => (-1, 0),
        Motion::Right => (1, 0),
        Motion::Up => (0, -1),
        Motion::Down => (0, 1),
        Motion::First
        | Motion::Last
        | Motion::HalfDown
        | Motion::HalfUp
        | Motion::PageDown
        | Motion::PageUp
        | Motion::NextMatch
        | Motion::PreviousMatch => return false,
    };
    let drawn = &app.panes.infra.drawing;
    let selected = app.screen.list_of(block).and_then(List::selected);
    let Some(here) = selected.and_then(|selected| drawn.picture.nodes.iter().position(|node| node.id == selected))
    else {
        return true;
    };
    let middle = |place: &Frame| (place.x as isize + place.width as isize / 2, place.y as isize + 2);
    let Some(from) = drawn.layout.boxes.get(here).map(middle) else { return true };
    let layer = |at: usize| drawn.layout.layers.iter().position(|layer| layer.contains(&at));
    let near = drawn.layout.boxes.iter().enumerate().filter(|(at, place)| {
        let to = middle(place);
        *at != here
            && if dx == 0 { layer(*at) == layer(here) && (to.1 - from.1) * dy > 0 } else { (to.0 - from.0) * dx > 0 }
            && (dx == 0 || layer(*at) != layer(here))
    });
    let best = near.min_by_key(|(_, place)| {
        let to = middle(place);
        ((to.0 - from.0).abs() * if dx == 0 { 1 } else { 4 } + (to.1 - from.1).abs()) as usize
    });
    if let Some(id) = best.map(|(at, _)| drawn.picture.nodes[at].id.clone()) {
        app.screen.list(block).select_key(&id);
    }
    true
}
