//! Drawing of the histogram above the lines: lines per bin, and marks of events.

use crate::model::logs::Ms;
use crate::model::time;
use crate::ui::canvas::Canvas;
use jiff::Timestamp;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// The eight steps of a bar within one row.
const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws bars of volume, with errors coloured and marked below, marks of deployments and alarms, and the selected line.
pub(super) fn histogram(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let theme = canvas.theme;
    let app = canvas.app;
    let logs = &app.panes.logs;
    let (from, to) = logs.span;
    let bins = &logs.histogram;
    if bins.is_empty() || to <= from {
        return;
    }
    let most = bins.iter().map(|bin| bin.total).max().unwrap_or(1).max(1);
    let bars = place.height - 1;
    let steps = u32::from(bars) * 8;
    for (x, bin) in (place.x..place.right()).zip(bins) {
        if bin.total == 0 {
            continue;
        }
        let level = (u64::from(bin.total) * u64::from(steps)).div_ceil(u64::from(most)) as u32;
        let style = if bin.errors > 0 {
            theme.down
        } else if bin.warnings > 0 {
            theme.degraded
        } else {
            theme.curve
        };
        for row in 0..bars {
            let here = level.saturating_sub(u32::from(row) * 8).min(8);
            if here > 0 {
                canvas.put(x, place.y + bars - 1 - row, 1, BARS[here as usize - 1], style);
            }
        }
    }
    // The axis: times at both ends, deployments and alarms, the selected line.
    let axis = place.y + place.height - 1;
    let zone = app.zone();
    let label = |at: Ms| {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        time::cell(at, app.service_now(), &zone)
    };
    let (left, right) = (label(from), label(to));
    let column = |at: Ms| -> Option<u16> {
        let part = (at - from) as f64 / (to - from) as f64;
        (0.0..1.0).contains(&part).then(|| place.x + (part * f64::from(place.width)) as u16)
    };
    // A sign in addition to the colour, for people who cannot distinguish the colours.
    for (x, _) in (place.x..place.right()).zip(bins).filter(|(_, bin)| bin.errors > 0) {
        canvas.put(x, axis, 1, "!", theme.down);
    }
    for service in app.estate.services.value().into_iter().flat_map(BTreeMap::values) {
        for deployment in &service.deployments {
            if let Some(x) = deployment.created_at.and_then(|at| column(at.as_millisecond())) {
                canvas.put(x, axis, 1, "◆", theme.changing);
            }
        }
    }
    for alarm in app.estate.alarms.value().into_iter().flatten() {
        if alarm.state == crate::model::AlarmState::Alarm
            && let Some(x) = alarm.since.and_then(|at| column(at.as_millisecond()))
        {
            canvas.put(x, axis, 1, "▲", theme.down);
        }
    }
    let selected = logs.current().and_then(|pos| logs.store.line(pos)).and_then(|line| column(line.at));
    if let Some(x) = selected {
        canvas.put(x, axis, 1, "│", theme.key);
    }
    // Drawn over the marks, because a mark inside a time would make it unreadable.
    canvas.put(place.x, axis, place.width, &format!("{left} "), theme.dim);
    canvas.put_right(place.right(), axis, place.width, &format!(" {right}"), theme.dim);
}
