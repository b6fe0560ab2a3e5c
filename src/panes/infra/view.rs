//! Drawing of the Infra pane.

use super::graph_view;
use super::rows::shown_log;
use super::state::{CHANGE, GRAPH, LOG, PLAN, RESOURCE_GRAPH, RESOURCES, UNIT_LOG, UNITS};
use super::{plan_lines, texts};
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::infra::Unit;
use crate::model::infra::plan::resource_of;
use crate::model::infra::run_event::UnitEnd;
use crate::model::time;
use crate::ui::canvas::Canvas;
use crate::ui::widgets::table::{self, Cell, Column};
use ratatui::layout::Rect;

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    match block {
        UNITS => units(canvas, place, data_status),
        RESOURCES => resources(canvas, place, data_status),
        GRAPH | RESOURCE_GRAPH => graph_view::draw(canvas, block, place, data_status),
        PLAN | CHANGE => plan(canvas, block, place, data_status),
        LOG | UNIT_LOG => log(canvas, block, place, data_status),
        _ => {}
    }
}

/// Draws the summary lines about the run.
pub fn summary(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let lines = texts::summary(canvas.app);
    for (y, (health, text)) in (place.y..place.bottom()).zip(lines) {
        let style = canvas.theme.health(health);
        canvas.put(place.x + 1, y, 1, health.sign(), style);
        let own = if y == place.y { canvas.theme.strong } else { style };
        canvas.put_cut(place.x + 3, y, place.width.saturating_sub(4), &text, own);
    }
}

fn units(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let state = &app.panes.infra;
    let graph = state.graph();
    let waves = graph.waves();
    // One folder may be several units, each with its own workspace.
    let workspaces = graph.units().iter().any(|unit| in_workspace(unit).is_some());
    let mut columns = vec![Column::left("", 1, 0), Column::left("", 1, 0), Column::left("  UNIT", 14, 0).up_to(22)];
    columns.extend(workspaces.then(|| Column::left("WORKSPACE", 9, 1).up_to(16)));
    columns.extend([
        Column::right("WAVE", 4, 4),
        Column::left("PLAN", 9, 1).up_to(12),
        Column::left("", 10, 3),
        Column::right("TIME", 6, 2),
        Column::left("STATE", 20, 0).up_to(200),
    ]);
    let recorded = if texts::recorded(app) { texts::RECORDED } else { "" };
    table::block(canvas, UNITS, recorded, place, &columns, data_status, |key| {
        let words = texts::unit(state, &graph, key, app.now);
        let wave = waves.iter().position(|wave| wave.iter().any(|unit| unit.name == key)).map_or(0, |wave| wave + 1);
        let mark = if state.marked_units.contains(key) { "*" } else { " " };
        let style = theme.health(words.health);
        let mut cells = vec![
            Cell::new(mark, theme.key),
            Cell::new(words.health.sign(), style),
            Cell::new(format!("{} {key}", critical(state, key)), theme.strong).cut_middle(),
        ];
        if workspaces {
            let workspace = graph.unit(key).and_then(|unit| unit.workspace.clone()).unwrap_or_default();
            cells.push(Cell::new(workspace, theme.text));
        }
        cells.extend([
            Cell::new(wave.to_string(), theme.dim),
            Cell::new(words.counts, theme.text),
            Cell::new(bar(progress(state, key)), theme.changing),
            Cell::new(words.time, theme.dim),
            Cell::new(words.words, style),
        ]);
        Some(cells.into())
    });
}

/// The workspace of a unit, unless it is the default one.
fn in_workspace(unit: &Unit) -> Option<&str> {
    unit.workspace.as_deref().filter(|workspace| *workspace != "default")
}

/// The heavy line beside a row on the critical path, as its box has it.
fn critical(state: &super::state::State, id: &str) -> &'static str {
    if state.drawing.picture.nodes.iter().any(|node| node.critical && node.id == id) { "┃" } else { " " }
}

/// Progress of a unit that is being applied: finished changes and their total.
fn progress(state: &super::state::State, unit: &str) -> Option<(u64, u64)> {
    let unit = state.state()?.units.get(unit)?;
    let planned = unit.plan.as_ref()?.summary;
    let total = (planned.add + planned.change + planned.remove).max(1);
    let over = unit.resources.values();
    let over = over.filter(|resource| resource.phase == crate::model::infra::run::ResourcePhase::Done).count() as u64;
    match (&unit.end, unit.phase) {
        (Some(UnitEnd::Done), _) if over > 0 => Some((total, total)),
        (None, crate::model::infra::run::Phase::Applying) => Some((over.min(total), total)),
        _ => None,
    }
}

fn bar(progress: Option<(u64, u64)>) -> String {
    const CELLS: u64 = 10;
    let Some((over, all)) = progress else { return String::new() };
    let full = over * CELLS / all;
    (0..CELLS).map(|cell| if cell < full { '█' } else { '░' }).collect()
}

fn resources(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let state = &app.panes.infra;
    let unit = state.opened_unit.clone().unwrap_or_default();
    let plan = state.plan_of(&unit);
    let run = state.state().and_then(|run| run.units.get(&unit));
    let columns = [
        Column::left("", 1, 0),
        Column::left("", 1, 3),
        Column::left("", 3, 0),
        Column::left("RESOURCE", 20, 0).up_to(48),
        Column::left("STATE", 16, 0).up_to(28),
        Column::left("WHY", 10, 2).up_to(200),
    ];
    let workspace = state.graph().unit(&unit).and_then(in_workspace).map(str::to_owned);
    let recorded = texts::recorded(app).then(|| texts::RECORDED.to_owned());
    let parts = [Some(unit.clone()), workspace.map(|name| format!("workspace {name}")), recorded];
    let title = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    table::block(canvas, RESOURCES, &title, place, &columns, data_status, |key| {
        let change = plan.and_then(|plan| plan.change(key));
        let resource = run.and_then(|run| run.resources.get(key));
        let (health, words) = resource.map_or((crate::model::Health::Stopped, String::new()), |resource| {
            texts::resource_with_usual(resource, app.now, state.history.0.usual_duration(key, resource.action))
        });
        let sign = change.map_or(" ", |change| change.sign());
        let tone = change.map_or(theme.dim, |change| theme.tone(plan_lines::tone(change.action)));
        let error = run.and_then(|run| {
            run.diagnostics.iter().find(|diagnostic| diagnostic.error && diagnostic.address.as_deref() == Some(key))
        });
        let why = match (error, change) {
            (Some(error), _) => format!("{} ({})", error.summary, super::state::place_of(error)),
            (None, Some(change)) if change.loses_data => {
                format!("the data in it is lost: {}", change.reason.as_deref().unwrap_or_default())
            }
            (None, change) => change.and_then(|change| change.reason.clone()).unwrap_or_default(),
        };
        let lost = error.is_some() || change.is_some_and(|change| change.loses_data);
        Some(
            vec![
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(critical(state, &resource_of(key)), theme.strong),
                Cell::new(sign, tone),
                Cell::new(
                    if state.marked_resources.contains(key) { format!("* {key}") } else { key.to_owned() },
                    theme.text,
                )
                .cut_middle(),
                Cell::new(words, theme.health(health)),
                Cell::new(why, if lost { theme.down } else { theme.dim }),
            ]
            .into(),
        )
    });
}

fn plan(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let state = &app.panes.infra;
    let named = match (&state.opened_unit, &state.selected_resource) {
        (Some(_), Some(resource)) => resource.as_str(),
        (Some(unit), None) => unit.as_str(),
        (None, _) => state.selected_unit.as_deref().unwrap_or_default(),
    };
    let columns = [Column::left("", 8, 0).up_to(u16::MAX / 2)];
    table::block(canvas, block, named, place, &columns, data_status, |key| {
        let line = state.shown_plan.lines.get(key.parse::<usize>().ok()?)?;
        let text = format!("{:indent$}{:>3} {}", "", line.sign, line.text, indent = usize::from(line.indent));
        Some(vec![Cell::new(text, theme.tone(line.tone))].into())
    });
}

fn log(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let state = &app.panes.infra;
    let zone = app.zone();
    let lines: Vec<&super::state::Logged> = shown_log(state).collect();
    let columns = [Column::left("", 8, 1), Column::left("", 20, 0).up_to(u16::MAX / 2)];
    let unit = state.opened_unit.as_ref().or(state.selected_unit.as_ref()).map(String::as_str).unwrap_or_default();
    let written = state.raw_output.shown;
    let named = if written { format!("{unit} as it was written") } else { unit.to_owned() };
    table::block(canvas, block, &named, place, &columns, data_status, |key| {
        let line = lines.get(key.parse::<usize>().ok()?)?;
        let cells = vec![
            // Raw program output has no times.
            Cell::new(if written { String::new() } else { time::clock(line.time, &zone) }, theme.dim),
            Cell::new(line.text.as_str(), theme.tone(line.tone)),
        ];
        Some(cells.into())
    });
}
