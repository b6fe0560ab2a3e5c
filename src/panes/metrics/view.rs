//! Drawing of the Metrics pane: figures as rows, their curves as charts, events as a list.

use super::alarms;
use super::rows::{caption, curve, groups, newest, selected, threshold};
use super::state::{ALARMS, Against, CHARTS, Curve, HISTORY, LIST, MARKS, Read, Topic};
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::units::Unit;
use crate::model::{AlarmState, Health, telemetry, time};
use crate::ui::canvas::Canvas;
use crate::ui::shared::curves::dim_old;
use crate::ui::shared::timeline_list;
use crate::ui::widgets::chart::{self, Chart, Window};
use crate::ui::widgets::frame;
use crate::ui::widgets::table::{self, Cell, Column};
use jiff::SignedDuration;
use ratatui::layout::Rect;

/// Rows and columns that a chart needs.
const CHART: (u16, u16) = (9, 44);
/// Width of the curve in a row, in cells.
const CELLS: u16 = 12;

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    match block {
        LIST => list(canvas, place, data_status),
        ALARMS => alarm_list(canvas, place, data_status),
        HISTORY => history(canvas, place, data_status),
        CHARTS => charts(canvas, place, data_status),
        MARKS => timeline_list::list(canvas, block, "", place, data_status, &app.panes.metrics.marks),
        _ => {}
    }
}

/// Draws nothing: the pane has no summary.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}

fn list(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let read = app.panes.metrics.read.as_ref();
    let compared = read.is_some_and(|read| read.against != Against::Nothing);
    let curves = read.map_or(&[][..], |read| read.curves.as_slice());
    let widest = |text: fn(&Curve) -> &str, most: u16| {
        curves.iter().map(|curve| canvas.width(text(curve))).max().unwrap_or(0).clamp(6, most)
    };
    let of = widest(|curve| &curve.figure.of, 28);
    let what = widest(|curve| &curve.figure.name, 28);
    // If all rows are about the same subject, its column can be left out.
    let same_subject = curves.windows(2).all(|pair| pair[0].figure.of == pair[1].figure.of);
    let columns = [
        Column::left("OF", of.min(10), if same_subject { 5 } else { 0 }).up_to(of),
        Column::left("WHAT", what.min(11), 0).up_to(what),
        Column::right("LAST", 8, 0),
        Column::right("MIN", 8, 2),
        Column::right("MEAN", 8, 3),
        Column::right("MAX", 8, 1),
        Column::right("BEFORE", if compared { 8 } else { 0 }, if compared { 2 } else { 9 }),
        Column::right("CHANGE", if compared { 7 } else { 0 }, if compared { 1 } else { 9 }),
        Column::left("CURVE", CELLS, 4),
    ];
    let columns: Vec<Column> = columns.into_iter().filter(|column| column.width > 0).collect();
    let named = caption(app);
    table::block(canvas, LIST, &named, place, &columns, data_status, |key| {
        let (curve, read) = (curve(app, key)?, read?);
        let Read { since, until, period, .. } = *read;
        let (now, before) = (telemetry::summary(&curve.points), telemetry::summary(&curve.before));
        let words =
            |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| curve.figure.measure.format(value));
        let last = newest(&curve.points, until, period);
        // Marks values at or above an alarm's threshold, the direction in which most alarms are raised.
        let over = threshold(app, curve).zip(last).is_some_and(|((at, name), last)| name == "alarm" && last >= at);
        let mut cells = vec![
            Cell::new(curve.figure.of.as_str(), theme.strong).cut_middle(),
            Cell::new(curve.figure.name.as_str(), theme.text).cut_middle(),
            Cell::new(words(last), if over { theme.degraded } else { theme.strong }),
            Cell::new(words(now.min), theme.text),
            Cell::new(words(now.mean), theme.text),
            Cell::new(words(now.max), theme.text),
        ];
        if compared {
            let change = telemetry::change(&now, &before);
            cells.push(Cell::new(words(before.mean), theme.dim));
            let change = change.map_or_else(|| "–".to_owned(), |change| format!("{:+.0} %", change * 100.0));
            cells.push(Cell::new(change, theme.text));
        }
        let drawn = telemetry::sparkline(&curve.points, since, until, usize::from(CELLS));
        cells.push(Cell::new(drawn, theme.curve));
        Some(cells.into())
    });
}

/// Draws alarms: state, name, watched metric, since when, and whether they notify.
fn alarm_list(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let alarms = alarms::sorted(app);
    let widest = alarms.iter().map(|alarm| canvas.width(&alarm.name)).max().unwrap_or(0);
    let watched = alarms.iter().map(|alarm| canvas.width(&alarms::watches(alarm))).max().unwrap_or(0);
    let notice = alarms.iter().map(|alarm| canvas.width(&alarms::notification(app, alarm).0)).max().unwrap_or(0);
    let columns = [
        Column::left("", 1, 0),
        Column::left("NAME", widest.clamp(8, 20), 0).up_to(widest.min(56)),
        Column::left("WATCHES", watched.clamp(8, 14), 2).up_to(watched.min(44)),
        Column::right("SINCE", 6, 3),
        Column::left("", notice.clamp(5, 24), 1),
    ];
    table::block(canvas, ALARMS, "", place, &columns, data_status, |key| {
        let alarm = alarms::alarm(app, key)?;
        let health = alarms::health(alarm);
        let (tells, quiet) = alarms::notification(app, alarm);
        let since = alarm.since.map(|since| time::age(Some(since), app.service_now())).unwrap_or_default();
        Some(
            vec![
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(alarm.name.as_str(), theme.strong).cut_middle(),
                Cell::new(alarms::watches(alarm), theme.text),
                Cell::new(since, theme.dim),
                Cell::new(tells, if quiet == Health::Healthy { theme.dim } else { theme.health(quiet) }),
            ]
            .into(),
        )
    });
}

/// Draws the state changes of the selected alarm, with their reasons.
fn history(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let (now, zone) = (app.service_now(), app.zone());
    let named = alarms::selected(app).map_or("", |alarm| alarm.name.as_str());
    let columns =
        [Column::left("", 8, 0).up_to(11), Column::left("", 1, 0), Column::left("", 20, 0).up_to(u16::MAX / 2)];
    table::block(canvas, HISTORY, named, place, &columns, data_status, |key| {
        let change = alarms::change(app, key)?;
        let (health, what) = match change.states {
            Some((from, to)) => {
                let health = match to {
                    AlarmState::Ok => Health::Healthy,
                    AlarmState::Alarm => Health::Degraded,
                    AlarmState::InsufficientData => Health::Unknown,
                };
                (health, format!("{} → {}: {}", from.name(), to.name(), change.reason))
            }
            None => (Health::Stopped, change.summary.clone()),
        };
        let other = alarms::selected(app).is_some_and(|alarm| alarm.name != change.alarm);
        let what = if other { format!("{}: {what}", change.alarm) } else { what };
        Some(
            vec![
                Cell::new(time::cell(change.at, now, &zone), theme.dim),
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(what, theme.text),
            ]
            .into(),
        )
    });
}

/// Draws the page of charts that contains the selected one, or only that one.
fn charts(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let metrics = &app.panes.metrics;
    let against = match metrics.read.as_ref().map(|read| read.against) {
        None | Some(Against::Nothing) => String::new(),
        Some(against) => format!("against {}", against.label()),
    };
    let marks = timeline_list::marks(&metrics.marks);
    // A full-screen chart has no list beside it, so its title names the subject.
    let of = match alarms::selected(app).filter(|_| metrics.topic == Topic::Alarms) {
        _ if !metrics.single_chart => String::new(),
        Some(alarm) => alarm.name.clone(),
        None => caption(app),
    };
    let heading = [of, against, timeline_list::legend(&marks)];
    let heading = heading.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ");
    let inside = frame::block(canvas, CHARTS, &heading, place, data_status);
    let groups = groups(app);
    let (Some(read), false) = (&metrics.read, groups.is_empty()) else {
        return frame::message(canvas, inside, &data_status.empty);
    };
    let at = selected(app, &groups);
    let inner = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    let columns =
        if usize::from(inner.height / CHART.0) < groups.len() { (inner.width / CHART.1).clamp(1, 2) } else { 1 };
    let fit = if metrics.single_chart { 1 } else { usize::from((inner.height / CHART.0).max(1) * columns) };
    let page: Vec<usize> = (0..groups.len()).skip(at / fit * fit).take(fit).collect();
    let several = read.curves.iter();
    let several = several.map(|curve| curve.figure.of.as_str()).collect::<std::collections::BTreeSet<_>>().len() > 1;
    let several = several && (metrics.topic != Topic::Alarms || groups.len() > 1);
    let titles: Vec<String> = page.iter().map(|number| title(&groups[*number], several, *number == at)).collect();
    // The legend above the charts explains the signs once.
    let marks: Vec<_> = marks.into_iter().map(|(at, (sign, _))| (at, (sign, ""))).collect();
    let gap = SignedDuration::from_secs(i64::from(read.period) * 3).max(SignedDuration::from_mins(5));
    let window = Window { since: read.since, until: read.until, gap };
    let charts: Vec<Chart<'_>> = page
        .iter()
        .zip(&titles)
        .map(|(number, title)| {
            let group = &groups[*number];
            let unit = group[0].figure.measure;
            Chart {
                title,
                unit,
                curves: group.iter().map(|curve| drawn(curve, group.len() > 1, unit)).collect(),
                before: group.iter().take(1).map(|curve| curve.before.as_slice()).collect(),
                threshold: group.iter().find_map(|curve| threshold(app, curve)),
                full: (unit == Unit::Percent).then_some(10.0),
                marks: marks.clone(),
                window,
            }
        })
        .collect();
    chart::draw_all(canvas, inner, &charts);
    dim_old(canvas, inside, data_status);
}

/// The title of a chart: `› web latency`. The subject is named only if rows have several, the sign marks the selected
/// chart.
fn title(group: &[&Curve], several: bool, selected: bool) -> String {
    let figure = &group[0].figure;
    let name = if group.len() > 1 { "latency" } else { figure.name.as_str() };
    let name = crate::model::text::sanitize(name);
    let of = crate::model::text::sanitize(&figure.of);
    let sign = if selected { "› " } else { "" };
    if several { format!("{sign}{of} {name}") } else { format!("{sign}{name}") }
}

/// A curve with its minimum and maximum as its note.
fn drawn(curve: &Curve, shared: bool, unit: Unit) -> chart::Curve<'_> {
    let summary = telemetry::summary(&curve.points);
    let name = if shared { curve.figure.name.trim_start_matches("latency ").to_owned() } else { String::new() };
    let note = match (summary.min, summary.max) {
        (Some(least), Some(most)) if !shared => format!("min {}, max {}", unit.format(least), unit.format(most)),
        _ => String::new(),
    };
    chart::Curve { name, points: &curve.points, note }
}
