//! The tasks of a rollout over time, in two lanes: new tasks with those that are starting, and old tasks. The axis reaches as
//! far as deployments usually take, which shows how far this one has come.

use crate::app::operation::watch::TaskCounts;
use crate::model::time;
use crate::ui::canvas::Canvas;
use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Task counts over time, drawn as bars.
pub struct Lanes<'a> {
    /// The counts, oldest first.
    pub task_counts: &'a [TaskCounts],
    /// The time at the left end.
    pub began: Timestamp,
    /// The time of the newest count.
    pub until: Timestamp,
    /// How long such a deployment usually takes.
    pub usual: Option<SignedDuration>,
}

/// Width of the names and figures at the left, in cells.
const LEFT: u16 = 8;
/// The possible lengths of the axis, in seconds.
const SPANS: [i64; 15] = [30, 60, 120, 180, 240, 360, 480, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200];
/// The possible distances between marks on the axis, in seconds.
const MARKS: [i64; 10] = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
/// Block characters that fill a cell by eighths.
const PARTS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws both lanes and their axis.
pub fn draw(canvas: &mut Canvas<'_, '_>, place: Rect, lanes: &Lanes<'_>) {
    if place.height < 3 || place.width < LEFT + 12 {
        return;
    }
    let theme = canvas.theme;
    let most = lanes
        .task_counts
        .iter()
        .map(|bar| (bar.fresh + bar.starting).max(bar.old).max(bar.desired))
        .max()
        .unwrap_or(1)
        .max(1);
    let upper = lane(place.height.saturating_sub(1).div_ceil(2), most);
    let rows = upper + lane((place.height - 1) / 2, most);
    let columns = place.width - LEFT;
    let span = span(lanes);
    let usual =
        lanes.usual.map(|usual| (usual.as_secs() * i64::from(columns) / span) as u16).filter(|at| *at < columns);
    for (name, first, height) in [("new", 0, upper), ("old", upper, rows - upper)] {
        let lane = Rect { x: place.x + LEFT, y: place.y + first, width: columns, height };
        canvas.put(place.x, lane.y, 4, name, theme.dim);
        canvas.put_right(lane.x - 1, lane.y, 4, &most.to_string(), theme.dim);
        for y in lane.y..lane.bottom() {
            canvas.put(lane.x - 1, y, 1, "│", theme.dim);
        }
        for column in 0..columns {
            // The count at the end of this cell's time, or the newest one if the cell reaches beyond it.
            let from = lanes.began + SignedDuration::from_secs(span * i64::from(column) / i64::from(columns));
            let to = lanes.began + SignedDuration::from_secs(span * i64::from(column + 1) / i64::from(columns));
            let past = from <= lanes.until;
            let bar = lanes.task_counts.iter().rev().find(|bar| bar.at <= to.min(lanes.until)).filter(|_| past);
            for row in 0..height {
                let (x, y) = (lane.x + column, lane.bottom() - 1 - row);
                let drawn = bar.map(|bar| cell(canvas, bar, name == "new", most, height, row));
                let (sign, style) = match drawn {
                    Some((sign, style)) if sign != " " => (sign, style),
                    _ if usual == Some(column) => ("┆", theme.dim),
                    Some(other) => other,
                    None => continue,
                };
                canvas.put(x, y, 1, sign, style);
            }
        }
    }
    axis(canvas, Rect { y: place.y + rows, height: 1, ..place }, lanes, span, usual);
}

/// Number of rows of a lane: a whole number of rows for each task if there is room.
fn lane(rows: u16, most: u32) -> u16 {
    u16::try_from(most).ok().filter(|most| *most <= rows).map_or(rows, |most| rows / most * most)
}

/// One cell of a lane, `row` rows above its base.
fn cell(
    canvas: &Canvas<'_, '_>,
    bar: &TaskCounts,
    new: bool,
    most: u32,
    height: u16,
    row: u16,
) -> (&'static str, Style) {
    let theme = canvas.theme;
    let eighths = |count: u32| {
        let filled = u64::from(count) * u64::from(height) * 8 / u64::from(most);
        filled.saturating_sub(u64::from(row) * 8).min(8) as usize
    };
    if !new {
        return (PARTS[eighths(bar.old)], theme.text);
    }
    let (fresh, both) = (eighths(bar.fresh), eighths(bar.fresh + bar.starting));
    if fresh > 0 {
        return (PARTS[fresh], theme.healthy);
    }
    if both >= 4 {
        return ("░", theme.changing);
    }
    // A dashed line marks the desired count where tasks are missing.
    let top = (u64::from(bar.desired) * u64::from(height)).div_ceil(u64::from(most));
    if both == 0 && bar.desired > 0 && u64::from(row) + 1 == top {
        return ("╌", theme.dim);
    }
    (PARTS[both], theme.changing)
}

/// Length of the axis in seconds. Grows in steps, so that the axis does not move every second.
fn span(lanes: &Lanes<'_>) -> i64 {
    let elapsed = lanes.until.duration_since(lanes.began).as_secs().max(1);
    let usual = lanes.usual.map_or(0, |usual| usual.as_secs() * 6 / 5);
    let needed = elapsed.max(usual);
    SPANS.into_iter().find(|span| *span >= needed).unwrap_or(needed)
}

fn axis(canvas: &mut Canvas<'_, '_>, line: Rect, lanes: &Lanes<'_>, span: i64, usual: Option<u16>) {
    let theme = canvas.theme;
    let columns = line.width - LEFT;
    let ground = line.x + LEFT;
    canvas.put(ground - 1, line.y, 1, "└", theme.dim);
    canvas.put(ground, line.y, columns, &"─".repeat(usize::from(columns)), theme.dim);
    let clock = time::clock(lanes.began, &canvas.app.zone());
    let used = canvas.put(ground, line.y, columns, &format!("{clock} "), theme.dim);
    let step = MARKS.into_iter().find(|step| step * i64::from(columns) / span >= 14).unwrap_or(span);
    let mut free = ground + used + 1;
    let mut at = step;
    let name =
        usual.map(|column| (ground + column, format!(" usual {} ", time::short(lanes.usual.unwrap_or_default()))));
    while at < span {
        let x = ground + (at * i64::from(columns) / span) as u16;
        let label = format!(" +{} ", time::short(SignedDuration::from_secs(at)));
        let wide = label.len() as u16;
        let start = x.saturating_sub(wide / 2);
        let clear = name.as_ref().is_none_or(|(column, text)| {
            let begin = column.saturating_sub(text.len() as u16 / 2);
            start + wide < begin || start > begin + text.len() as u16
        });
        if start >= free && start + wide < line.right() && clear {
            canvas.put(start, line.y, wide, &label, theme.dim);
            free = start + wide + 1;
        }
        at += step;
    }
    if let Some((column, text)) = name {
        let wide = text.len() as u16;
        let start = column.saturating_sub(wide / 2).max(ground + used).min(line.right().saturating_sub(wide));
        canvas.put(start, line.y, wide, &text, theme.text);
    }
}
