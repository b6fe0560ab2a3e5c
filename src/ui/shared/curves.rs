//! CPU and memory curves of a service.

use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::{Alarm, MetricKey, Observed, Point, Series};
use crate::ui::canvas::Canvas;
use crate::ui::theme::Theme;
use crate::ui::widgets::chart::{self, Chart, Curve, DEPLOYED, RUN, Sign, Window};
use crate::ui::widgets::frame;
use crate::ui::widgets::units::Unit;
use ratatui::layout::Rect;

/// Draws CPU and memory, with the alarm's threshold or the target of autoscaling.
///
/// `named` is the service's name in the frame's title, empty if the view already shows it.
///
/// `tasks` holds the task counts of a service that is watched while it scales.
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
    let runs = crate::app::operation_list::activities(app).filter_map(|run| run.ended_at).map(|at| (at, RUN));
    let marks: Vec<(jiff::Timestamp, Sign)> = marks.into_iter().map(|at| (at, DEPLOYED)).chain(runs).collect();
    // All charts share one time window, so that cause and effect line up.
    let lately = Window::last_three_hours(app.service_now());
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
    // If there is no room for every chart, the task counts get a chart and the others one row each.
    if tasks.is_some() && inner.height / 3 < LOWEST && inner.height >= LOWEST + 2 {
        let (upper, lower) = (inner.height - 2, Rect { y: inner.bottom() - 2, height: 2, ..inner });
        chart::draw_all(canvas, Rect { height: upper, ..inner }, &charts[..1]);
        chart::draw_all(canvas, lower, &charts[1..]);
    } else {
        chart::draw_all(canvas, inner, &charts);
    }
    dim_old(canvas, inside, data_status);
}

/// Minimum height of a chart with axes.
const LOWEST: u16 = 4;

/// Task counts of a service that is watched while it scales.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    /// The desired count at each poll.
    pub desired: &'a [Point],
    /// Number of running tasks at each poll.
    pub running: &'a [Point],
    /// Time of the first poll.
    pub since: jiff::Timestamp,
}

impl<'a> Counts<'a> {
    /// The window starts ten minutes before watching began, so that it includes the cause of the scaling.
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

/// The points of a series; empty if it was never read.
pub fn points(series: Option<&Series>) -> &[Point] {
    series.map_or(&[][..], Series::points)
}

/// Dims curves whose latest read failed: they show the last good values.
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

/// The threshold of an alarm on this metric and dimension. Ignores the alarms that autoscaling manages.
pub fn alarm_threshold(canvas: &Canvas<'_, '_>, dimension: &str, id: &str, metric: &str) -> Option<(f64, String)> {
    let matches = |alarm: &&Alarm| {
        !alarm.is_for_autoscaling()
            && alarm.metric.as_deref() == Some(metric)
            && alarm.dimensions.iter().any(|(name, value)| name == dimension && value == id)
    };
    let alarm = canvas.app.estate.alarms.value()?.iter().find(matches)?;
    Some((alarm.threshold?, "alarm".to_owned()))
}

/// The short name of an availability zone: `1a` for `ap-northeast-1a`.
pub fn zone(az: &str) -> &str {
    if az.is_empty() { "–" } else { az.rsplit('-').next().unwrap_or(az) }
}
