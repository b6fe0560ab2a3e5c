//! Charts: braille curves over a time window, with axes, a threshold line, the curves of another period for comparison,
//! and marks for events on the time axis.

use super::units::Unit;
use crate::model::metric::RECENT;
use crate::model::{Point, time};
use crate::ui::canvas::Canvas;
use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Windows at least this long show dates on the axis.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The braille bit of each dot in a cell: `DOTS[row][column]`.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// The time span that a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub since: Timestamp,
    pub until: Timestamp,
    /// Points further apart than this are not joined, because measurements are missing between them.
    pub gap: SignedDuration,
}

impl Window {
    /// The last three hours, in one-minute points.
    pub fn last_three_hours(now: Timestamp) -> Self {
        let since = now.checked_sub(SignedDuration::from_hours(3)).unwrap_or(now);
        Self { since, until: now, gap: SignedDuration::from_mins(5) }
    }

    fn span(self) -> SignedDuration {
        self.until.duration_since(self.since)
    }
}

/// A mark on the time axis: its sign, and its name in the legend.
pub type Sign = (&'static str, &'static str);

/// The mark of a deployment on a time axis.
pub const DEPLOYED: Sign = ("◆", "deployed");
/// The mark of the end of an infrastructure run, successful or not: it may have changed what is deployed.
pub const RUN: Sign = ("■", "infra run");
/// The mark of a failover: the writer of a database moved.
pub const FAILOVER: Sign = ("▼", "failover");

/// One curve of a chart: its points and how they are drawn.
#[derive(Debug, Clone)]
pub struct Curve<'a> {
    /// The curve's name; empty if the chart has only one curve.
    pub name: String,
    /// The points, oldest first.
    pub points: &'a [Point],
    /// A note shown beside the newest figure.
    pub note: String,
}

/// A chart of one or more curves over the same time.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    /// The name of the measured quantity.
    pub title: &'a str,
    pub unit: Unit,
    /// The curves; at most three are drawn.
    pub curves: Vec<Curve<'a>>,
    /// Curves of another period, shifted to this one; drawn dimmed behind the others.
    pub before: Vec<&'a [Point]>,
    /// A horizontal line and its name.
    pub threshold: Option<(f64, String)>,
    /// The value that the scale must reach at least.
    pub full: Option<f64>,
    /// Events, marked on the time axis. If several fall on one cell, the last one is drawn.
    pub marks: Vec<(Timestamp, Sign)>,
    pub window: Window,
}

/// Draws charts side by side and stacked, or one row for each if there is no room.
pub fn draw_all(canvas: &mut Canvas<'_, '_>, place: Rect, charts: &[Chart<'_>]) {
    if charts.is_empty() || place.height == 0 || place.width == 0 {
        return;
    }
    let count = charts.len() as u16;
    let mut columns = 1;
    while columns < count && place.width / (columns + 1) >= 36 && place.height / count.div_ceil(columns) < 9 {
        columns += 1;
    }
    let rows = count.div_ceil(columns);
    let height = place.height / rows;
    if height < 4 {
        for (number, chart) in (0..place.height).zip(charts) {
            draw_row(canvas, Rect { y: place.y + number, height: 1, ..place }, chart);
        }
        return;
    }
    for (number, chart) in (0u16..).zip(charts) {
        let (row, column) = (number / columns, number % columns);
        let width = place.width / columns;
        let cell = Rect::new(place.x + column * width, place.y + row * height, width.saturating_sub(1), height);
        draw(canvas, cell, chart);
    }
}

/// Draws the title with the newest figures: `CPU  writer 7 %  reader 3 %  ╌ alarm 90 %`.
fn title(canvas: &mut Canvas<'_, '_>, place: Rect, chart: &Chart<'_>) {
    let theme = canvas.theme;
    let mut used = canvas.put(place.x, place.y, place.width, chart.title, theme.strong);
    // A part that does not fit is left out rather than cut.
    let mut add = |canvas: &mut Canvas<'_, '_>, text: &str, style: Style| {
        if used + canvas.width(text) > place.width {
            return;
        }
        used += canvas.put(place.x + used, place.y, place.width.saturating_sub(used), text, style);
    };
    for (curve, style) in chart.curves.iter().zip(theme.curves()) {
        let value = chart.newest(curve);
        let name = if curve.name.is_empty() { String::new() } else { format!("{} ", curve.name) };
        add(canvas, &format!("  {name}{value}"), style);
    }
    for curve in chart.curves.iter().filter(|curve| !curve.note.is_empty()) {
        add(canvas, &format!("  {}", curve.note), theme.dim);
    }
    if let Some((value, name)) = &chart.threshold {
        add(canvas, &format!("  ╌ {name} {}", chart.unit.format(*value)), theme.threshold);
    }
    let mut legend: Vec<Sign> = Vec::new();
    for (_, sign) in chart.marks.iter().filter(|(at, sign)| chart.shows(*at) && !sign.1.is_empty()) {
        if !legend.contains(sign) {
            legend.push(*sign);
            add(canvas, &format!("  {} {}", sign.0, sign.1), theme.dim);
        }
    }
}

impl Chart<'_> {
    /// The newest figure of a curve, or a dash if it is too old for the end of the window: the source has stopped
    /// reporting.
    fn newest(&self, curve: &Curve<'_>) -> String {
        let late = self.window.gap.max(RECENT);
        let newest = curve.points.last().filter(|point| self.window.until.duration_since(point.at) <= late);
        newest.map_or_else(|| "–".to_owned(), |point| self.unit.format(point.value))
    }

    fn shows(&self, at: Timestamp) -> bool {
        at >= self.window.since && at <= self.window.until
    }
}

fn draw_row(canvas: &mut Canvas<'_, '_>, place: Rect, chart: &Chart<'_>) {
    let label = 14.min(place.width);
    let theme = canvas.theme;
    canvas.put_cut(place.x, place.y, label.saturating_sub(1), chart.title, theme.strong);
    let room = place.width.saturating_sub(label) / chart.curves.len().clamp(1, 3) as u16;
    let full = ceiling(chart);
    for (number, (curve, style)) in (0u16..).zip(chart.curves.iter().zip(theme.curves())) {
        let value = chart.newest(curve);
        let text = format!("{} {value}", curve.name);
        let wide = canvas.width(&text) + 3;
        let cells = usize::from(room.saturating_sub(wide)).min(60);
        let drawn = super::spark::spark(curve.points, cells, full, canvas.app.service_now());
        canvas.put(place.x + label + number * room, place.y, room, &format!("{drawn} {}", text.trim_start()), style);
    }
}

/// The top of the scale: a round figure at or above every drawn value.
fn ceiling(chart: &Chart<'_>) -> f64 {
    let before = chart.before.iter().copied().flatten();
    let values = chart.curves.iter().flat_map(|curve| curve.points).chain(before).map(|point| point.value);
    let floor = chart.full.unwrap_or(0.0).max(chart.threshold.as_ref().map_or(0.0, |(value, _)| *value));
    let most = values.filter(|value| value.is_finite()).fold(floor, f64::max);
    round_up(most)
}

fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.iter().map(|step| step * power).find(|step| *step >= value * 0.999_999).unwrap_or(power * 10.0)
}

/// Draws one chart: title, curves, axis.
pub fn draw(canvas: &mut Canvas<'_, '_>, place: Rect, chart: &Chart<'_>) {
    title(canvas, place, chart);
    let full = ceiling(chart);
    let theme = canvas.theme;
    let labels = [chart.unit.format(full), chart.unit.format(full / 2.0), chart.unit.format(0.0)];
    let margin = labels.iter().map(|label| canvas.width(label)).max().unwrap_or(0) + 1;
    let rows = place.height.saturating_sub(2);
    let plot = Rect::new(place.x + margin, place.y + 1, place.width.saturating_sub(margin), rows);
    if plot.width < 8 || rows == 0 {
        return;
    }
    canvas.put_right(plot.x - 1, plot.y, margin - 1, &labels[0], theme.dim);
    if rows >= 5 {
        canvas.put_right(plot.x - 1, plot.y + rows / 2, margin - 1, &labels[1], theme.dim);
    }
    canvas.put_right(plot.x - 1, plot.bottom(), margin - 1, &labels[2], theme.dim);
    if let Some((value, _)) = &chart.threshold {
        let y = plot.y + row_of(*value, full, rows * 4) / 4;
        for x in plot.left()..plot.right() {
            canvas.put(x, y, 1, "╌", theme.threshold);
        }
    }
    let first_three = || chart.curves.iter().zip(theme.curves());
    let before = chart.before.iter().map(|points| (*points, theme.dim));
    // The first curve is drawn last, so that it stays complete where curves cross.
    for (points, style) in before.chain(first_three().rev().map(|(curve, style)| (curve.points, style))) {
        let grid = dots(points, full, plot, chart.window);
        for (number, bits) in grid.iter().enumerate().filter(|(_, bits)| **bits != 0) {
            let (x, y) = (number as u16 % plot.width, number as u16 / plot.width);
            let c = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
            canvas.put(plot.x + x, plot.y + y, 1, c.encode_utf8(&mut [0; 4]), style);
        }
    }
    axis(canvas, plot, chart);
}

/// The row of dots for a value, counted from the top.
fn row_of(value: f64, full: f64, rows: u16) -> u16 {
    let part = (value / full).clamp(0.0, 1.0);
    ((1.0 - part) * f64::from(rows.saturating_sub(1))).round() as u16
}

fn column_of(at: Timestamp, window: Window, columns: u16) -> Option<u16> {
    let back = window.until.duration_since(at).as_secs_f64() / window.span().as_secs_f64().max(1.0);
    (0.0..=1.0).contains(&back).then(|| ((1.0 - back) * f64::from(columns.saturating_sub(1))).round() as u16)
}

/// The braille bits of each cell of the plot.
fn dots(points: &[Point], full: f64, plot: Rect, window: Window) -> Vec<u8> {
    let mut grid = vec![0u8; usize::from(plot.width) * usize::from(plot.height)];
    let (columns, rows) = (plot.width * 2, plot.height * 4);
    let mut set = |x: u16, y: u16| {
        let cell = usize::from(y / 4) * usize::from(plot.width) + usize::from(x / 2);
        if let Some(bits) = grid.get_mut(cell) {
            *bits |= DOTS[usize::from(y % 4)][usize::from(x % 2)];
        }
    };
    let mut previous: Option<(u16, u16, Timestamp)> = None;
    for point in points.iter().filter(|point| point.value.is_finite()) {
        let Some(x) = column_of(point.at, window, columns) else { continue };
        let y = row_of(point.value, full, rows);
        match previous {
            Some((from_x, from_y, at)) if point.at.duration_since(at) <= window.gap => {
                let steps = (x - from_x.min(x)).max(from_y.abs_diff(y)).max(1);
                for step in 0..=steps {
                    let part = f64::from(step) / f64::from(steps);
                    let at = |from: u16, to: u16| (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round();
                    set(at(from_x, x) as u16, at(from_y, y) as u16);
                }
            }
            _ => set(x, y),
        }
        previous = Some((x, y, point.at));
    }
    grid
}

/// Draws the time axis: `11:02 ───◆──── 12:32 ──────── 14:02`. From one day on, labels include the date.
fn axis(canvas: &mut Canvas<'_, '_>, plot: Rect, chart: &Chart<'_>) {
    let (theme, window) = (canvas.theme, chart.window);
    let y = plot.bottom();
    for x in plot.left()..plot.right() {
        canvas.put(x, y, 1, "─", theme.border);
    }
    let zone = canvas.app.zone();
    let label = |at: Timestamp| {
        let date_and_time = time::date_clock(at, &zone);
        // `11-22 14:02`, or `14:02` alone.
        let from = if window.span() >= DAY { 5 } else { 11 };
        date_and_time.get(from..16).unwrap_or_default().to_owned()
    };
    let middle = window.since.checked_add(window.span() / 2).unwrap_or(window.until);
    let (from, middle, until) = (label(window.since), label(middle), label(window.until));
    let cells = canvas.width(&until);
    let ends = plot.width >= cells * 2 + 10;
    if ends {
        canvas.put(plot.x, y, cells + 1, &format!("{from} "), theme.dim);
        canvas.put_right(plot.right(), y, cells + 1, &format!(" {until}"), theme.dim);
    }
    let centre = plot.width / 2;
    let covers_middle = |(mark, _): &(Timestamp, Sign)| {
        column_of(*mark, window, plot.width).is_some_and(|x| x.abs_diff(centre) < cells / 2 + 3)
    };
    if plot.width >= cells * 4 + 20 && !chart.marks.iter().any(covers_middle) {
        canvas.put(plot.x + centre - cells / 2 - 1, y, cells + 2, &format!(" {middle} "), theme.dim);
    }
    for (mark, (sign, _)) in &chart.marks {
        if let Some(x) = column_of(*mark, window, plot.width) {
            // A mark that would cover a label at either end is drawn above the axis.
            let above = ends && (x <= cells || x + cells + 1 >= plot.width);
            canvas.put(plot.x + x, y - u16::from(above), 1, sign, theme.deployed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_figures() {
        for (value, rounded) in [(0.0, 1.0), (7.0, 8.0), (12.0, 15.0), (90.0, 100.0), (100.0, 100.0), (0.5, 0.5)] {
            assert!((round_up(value) - rounded).abs() < 1e-9, "{value}: {}", round_up(value));
        }
    }

    #[test]
    fn stale_curve_shows_a_dash_instead_of_a_figure() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        for (minutes, told) in [(0, "7 %"), (6, "7 %"), (7, "–"), (100, "–")] {
            let points = [Point { at: now - SignedDuration::from_mins(minutes), value: 7.0 }];
            let curve = Curve { name: String::new(), points: &points, note: String::new() };
            let chart = Chart {
                title: "CPU",
                unit: Unit::Percent,
                curves: Vec::new(),
                before: Vec::new(),
                threshold: None,
                full: None,
                marks: Vec::new(),
                window: Window::last_three_hours(now),
            };
            assert_eq!(chart.newest(&curve), told, "{minutes}");
        }
    }

    #[test]
    fn points_across_a_gap_are_not_joined() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let at = |minutes: i64| now - SignedDuration::from_mins(minutes);
        let plot = Rect::new(0, 0, 18, 2);
        let count = |points: &[Point]| {
            dots(points, 100.0, plot, Window::last_three_hours(now)).iter().filter(|bits| **bits != 0).count()
        };
        let far = [Point { at: at(170), value: 0.0 }, Point { at: at(10), value: 0.0 }];
        assert_eq!(count(&far), 2);
        let near = [Point { at: at(12), value: 0.0 }, Point { at: at(10), value: 100.0 }];
        assert!(count(&near) >= 2);
        assert_eq!(count(&[Point { at: at(500), value: 1.0 }]), 0);
    }

    #[test]
    fn mark_never_covers_a_label_of_the_time_axis() {
        use crate::ui::testing::{loaded_app, now, staging};
        let app = loaded_app(&staging(), (80, 24));
        let theme = crate::ui::theme::Theme::default();
        let drawn = |marks: Vec<(Timestamp, Sign)>| {
            let window = Window::last_three_hours(now());
            let chart = Chart {
                title: "CPU",
                unit: Unit::Percent,
                curves: Vec::new(),
                before: Vec::new(),
                threshold: None,
                full: Some(100.0),
                marks,
                window,
            };
            let area = Rect::new(0, 0, 60, 6);
            let mut buffer = ratatui::buffer::Buffer::empty(area);
            draw(&mut Canvas::new(&app, &theme, &mut buffer), area, &chart);
            let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
            (0..area.height).map(row).collect::<Vec<_>>()
        };
        let clear = drawn(Vec::new());
        let figures = |line: &str| {
            line.split(['─', '◆', ' ']).filter(|word| word.contains(':')).map(str::to_owned).collect::<Vec<_>>()
        };
        let axis = figures(clear.last().unwrap());
        assert_eq!(axis.len(), 3, "{clear:?}");
        for minutes in 0..=180 {
            let lines = drawn(vec![(now() - SignedDuration::from_mins(minutes), DEPLOYED)]);
            assert!(lines.iter().skip(1).any(|line| line.contains('◆')), "{minutes}: {lines:?}");
            let shown = figures(lines.last().unwrap());
            // Only the label in the middle may be left out.
            assert!(shown == axis || shown == [&axis[..1], &axis[2..]].concat(), "{minutes}: {lines:?}");
        }
    }
}
