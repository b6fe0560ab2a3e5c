//! The list of services, in its pane and in the Overview.

use super::curves::points;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::estate::ServiceRow;
use crate::model::{Health, MetricKey, Severity, time};
use crate::ui::canvas::Canvas;
use crate::ui::theme::Theme;
use crate::ui::widgets::spark::spark;
use crate::ui::widgets::table::{self, Cell, Column, Row};
use crate::ui::widgets::units::percent;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// From this width on, figures have a curve beside them.
const CURVES_FROM: u16 = 150;
/// Width of such a curve, in cells.
const CURVE: usize = 8;

/// Draws the list of services.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let rows = &app.estate.derived.services;
    let longest = rows.iter().map(|row| row.short.len()).max().unwrap_or(0).min(usize::from(place.width));
    let image = rows.iter().filter_map(|row| row.image.as_deref()).map(str::len).max().unwrap_or(0);
    let rollout = rows.iter().map(|row| row.rollout.len()).max().unwrap_or(0);
    let curves = place.width >= CURVES_FROM;
    let figure = if curves { CURVE as u16 + 6 } else { 5 };
    let columns = [
        Column::left("", 1, 0),
        Column::left("NAME", 12, 0).up_to((longest as u16).min(40)),
        Column::left("HEALTH", 8, 3),
        Column::right("DESIRED", 8, 2).up_to(10),
        Column::right("RUNNING", 8, 1),
        Column::left("ROLLOUT", 11, 4).up_to((rollout as u16).min(20)),
        Column::left("IMAGE", 8, 7).up_to((image as u16).min(20)),
        Column::right("CPU", figure, 5),
        Column::right("MEM", figure, 6),
        Column::right("DEPLOYED", 9, 8),
        Column::left("", 18, 9).up_to(u16::MAX / 2),
    ];
    let prefix = app.estate.derived.prefix.trim_end_matches(['-', '/', '_']);
    let named = if prefix.is_empty() { String::new() } else { format!("of {prefix}") };
    table::block(canvas, block, &named, place, &columns, data_status, |key| {
        let row = app.estate.service_row(key)?;
        let flash = app.screen.flashes.contains_key(key).then_some(1);
        let curve = |series: MetricKey, value: Option<f64>| {
            let figure = value.map_or_else(|| "–".to_owned(), percent);
            if !curves {
                return figure;
            }
            format!("{} {figure:>5}", spark(points(app.estate.series.get(&series)), CURVE, 100.0, app.service_now()))
        };
        Some(Row {
            cells: vec![
                Cell::new(row.assessment.health.sign(), theme.health(row.assessment.health)),
                Cell::new(row.short.as_str(), theme.text).cut_middle(),
                Cell::new(row.assessment.health.name(), health_style(theme, row.assessment.health)),
                Cell::new(desired(row), theme.text),
                Cell::new(row.running.to_string(), running_style(theme, row)),
                Cell::new(row.rollout.as_str(), rollout_style(theme, row.rollout_health)),
                Cell::new(row.image.as_deref().unwrap_or("–"), theme.text),
                Cell::new(curve(MetricKey::ServiceCpu(row.name.clone()), row.cpu), theme.text),
                Cell::new(curve(MetricKey::ServiceMemory(row.name.clone()), row.memory), theme.text),
                Cell::new(time::age(row.deployed_at, app.service_now()), theme.dim),
                reason(theme, row),
            ],
            flash,
        })
    });
}

/// The desired count, with its limits if autoscaling sets it: `1–10: 1`.
pub fn desired(row: &ServiceRow) -> String {
    match row.limits {
        Some((min, max)) => format!("{min}–{max}: {}", row.desired),
        None => row.desired.to_string(),
    }
}

/// The style of a health word: coloured unless the service is healthy.
pub fn health_style(theme: &Theme, health: Health) -> Style {
    if health == Health::Healthy { theme.dim } else { theme.health(health) }
}

fn running_style(theme: &Theme, row: &ServiceRow) -> Style {
    if row.running == row.desired { theme.text } else { theme.health(row.assessment.health) }
}

/// The style of a rollout's text, the same in every view.
pub fn rollout_style(theme: &Theme, health: Health) -> Style {
    match health {
        Health::Down => theme.down,
        Health::Changing => theme.changing,
        Health::Healthy | Health::Degraded | Health::Stopped | Health::Unknown => theme.text,
    }
}

fn reason<'a>(theme: &Theme, row: &'a ServiceRow) -> Cell<'a> {
    let Some(first) = row.assessment.reasons.first() else { return Cell::new("", theme.dim) };
    let style = if first.severity == Severity::Note { theme.dim } else { theme.severity(first.severity) };
    Cell::new(first.text.as_str(), style)
}
