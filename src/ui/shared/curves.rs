//! Curves of a service: CPU and memory.

use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::{Alarm, MetricKey, Observed, Point, Series};
use crate::ui::canvas::Canvas;
use crate::ui::theme::Theme;
use crate::ui::widgets::chart::{self, Chart, Curve, DEPLOYED, RUN, Sign, Window};
use crate::ui::widgets::frame;
use crate::ui::widgets::units::Unit;
use ratatui::layout::Rect;

/// CPU and memory, with the alarm's threshold or the aim of its autoscaling.
///
/// `named` is what the frame names beside the block, where it is not said above which service it is.
///
/// `tasks` are the counts of a service that is watched while it scales: desired, running, and since when.
pub fn service(
    canvas: &mut Canvas<'_, '_>,
    block: Block,
    (shown, named): (Option<&str>, &str),
    place: Rect,
    data_status: &DataStatus,
    tasks: Option<Counts<'_>>,
) {
    let app = canvas.app;
    let inside = frame::block(canvas, block, named, place, data_status);
    let Some(name) = shown else { return };
    let series = |key: MetricKey| app.estate.series.get(&key).filter(|series| !series.points().is_empty());
    let (cpu, memory) =
        (series(MetricKey::ServiceCpu(name.to_owned())), series(MetricKey::ServiceMemory(name.to_owned())));
    if cpu.is_none() && memory.is_none() && tasks.is_none() {
        frame::message(canvas, inside, &data_status.empty);
        return;
    }
    let mut marks: Vec<jiff::Timestamp> = Vec::new();
    let service = app.estate.service(name);
    marks
        .extend(service.iter().flat_map(|service| &service.deployments).filter_map(|deployment| deployment.created_at));
    let history = app.estate.rollouts.get(name).and_then(Observed::value);
    marks.extend(history.into_iter().flatten().filter_map(|rollout| rollout.created_at));
    let runs = crate::app::listed::going(app).filter_map(|one| one.mark).map(|at| (at, RUN));
    let marks: Vec<(jiff::Timestamp, Sign)> = marks.into_iter().map(|at| (at, DEPLOYED)).chain(runs).collect();
    // All of one time, so that what follows what is seen.
    let lately = Window::lately(app.service_now());
    let window = tasks.as_ref().map_or(lately, |tasks| tasks.window(app.service_now()));
    let mut charts: Vec<Chart<'_>> = tasks.iter().map(|tasks| tasks.chart(window, &marks)).collect();
    for (title, series, metric) in [("CPU", cpu, "CPUUtilization"), ("Memory", memory, "MemoryUtilization")] {
        charts.push(Chart {
            title,
            unit: Unit::Percent,
            curves: vec![Curve { name: String::new(), points: points(series), note: String::new() }],
            before: Vec::new(),
            threshold: threshold(canvas, name, metric),
            full: Some(10.0),
            marks: marks.clone(),
            window: Window { gap: lately.gap, ..window },
        });
    }
    let inner = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    // Where there is no room for a chart of each, what is watched gets it, and the others a row.
    if tasks.is_some() && inner.height / 3 < LOWEST && inner.height >= LOWEST + 2 {
        let (upper, lower) = (inner.height - 2, Rect { y: inner.bottom() - 2, height: 2, ..inner });
        chart::draw_all(canvas, Rect { height: upper, ..inner }, &charts[..1]);
        chart::draw_all(canvas, lower, &charts[1..]);
    } else {
        chart::draw_all(canvas, inner, &charts);
    }
    dim_old(canvas, inside, data_status);
}

/// The lowest chart that has axes.
const LOWEST: u16 = 4;

/// Counts of a service that is watched while it scales.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    /// The desired count at each look.
    pub desired: &'a [Point],
    /// How many tasks ran at each look.
    pub running: &'a [Point],
    /// When it was looked at first.
    pub since: jiff::Timestamp,
}

impl<'a> Counts<'a> {
    /// From ten minutes before it is watched, so that what led to it is seen, to now.
    fn window(&self, now: jiff::Timestamp) -> Window {
        let since = self.since.checked_sub(jiff::SignedDuration::from_mins(10)).unwrap_or(self.since);
        Window { since, until: now, gap: jiff::SignedDuration::from_mins(2) }
    }

    fn chart(&self, window: Window, marks: &[(jiff::Timestamp, Sign)]) -> Chart<'a> {
        let curve = |name: &str, points| Curve { name: name.to_owned(), points, note: String::new() };
        Chart {
            title: "Tasks",
            unit: Unit::Count,
            curves: vec![curve("desired", self.desired), curve("running", self.running)],
            before: Vec::new(),
            threshold: None,
            full: Some(2.0),
            marks: marks.to_vec(),
            window,
        }
    }
}

/// The points of a curve; none where nothing was read of it.
pub fn points(series: Option<&Series>) -> &[Point] {
    series.map_or(&[][..], Series::points)
}

/// Curves whose read fails are the last good ones: dimmed.
pub fn dim_old(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    if data_status.dimmed {
        let theme: &Theme = canvas.theme;
        canvas.restyle(place, theme.dim);
    }
}

fn threshold(canvas: &Canvas<'_, '_>, name: &str, metric: &str) -> Option<(f64, String)> {
    let estate = &canvas.app.estate;
    if let Some(threshold) = alarm_threshold(canvas, "ServiceName", name, metric) {
        return Some(threshold);
    }
    let resource = estate.service(name)?.scaling_id();
    let policies = estate.policies.value()?.iter().filter(|policy| policy.resource == resource);
    let wanted = format!("ECSServiceAverage{metric}");
    let policy = policies.into_iter().find(|policy| policy.metric.as_deref() == Some(wanted.as_str()))?;
    Some((policy.target?, "scales at".to_owned()))
}

/// The threshold of an alarm of the team's own on a metric of a thing.
pub fn alarm_threshold(canvas: &Canvas<'_, '_>, dimension: &str, id: &str, metric: &str) -> Option<(f64, String)> {
    let fits = |alarm: &&Alarm| {
        !alarm.of_autoscaling()
            && alarm.metric.as_deref() == Some(metric)
            && alarm.dimensions.iter().any(|(name, value)| name == dimension && value == id)
    };
    let alarm = canvas.app.estate.alarms.value()?.iter().find(fits)?;
    Some((alarm.threshold?, "alarm".to_owned()))
}

/// `1a` of `ap-northeast-1a`.
pub fn zone(az: &str) -> &str {
    if az.is_empty() { "–" } else { az.rsplit('-').next().unwrap_or(az) }
}
