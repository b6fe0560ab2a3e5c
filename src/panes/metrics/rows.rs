//! Rows of the Metrics pane (figures and events), the grouping of figures into charts, and data status.

use super::alarms;
use super::state::{Curve, LIST, RANGES, Read, Topic};
use super::update::poll_interval;
use crate::app::App;
use crate::app::data_status::{self, note};
use crate::app::list::List;
use crate::app::pane::DataStatus;
use crate::app::subject::{Fact, Subject, fact};
use crate::app::timeline;
use crate::model::telemetry::{self, Area};
use crate::model::text::sanitize;
use crate::model::time::{cell, short};
use crate::model::timeline::TimelineEvent;
use crate::model::{Alarm, FailureKind, Health, Point, Source};
use jiff::{SignedDuration, Timestamp};

/// Maximum age of a point that counts as current: metrics arrive up to three minutes late.
const LATE: SignedDuration = SignedDuration::from_mins(6);

fn curves(app: &App) -> &[Curve] {
    app.panes.metrics.read.as_ref().map_or(&[][..], |read| read.curves.as_slice())
}

fn key(curve: &Curve) -> String {
    format!("{}/{}/{}", curve.figure.area.name(), curve.figure.of, curve.figure.name)
}

/// Returns the curve with this key.
pub fn curve<'a>(app: &'a App, wanted: &str) -> Option<&'a Curve> {
    curves(app).iter().find(|curve| key(curve) == wanted)
}

/// The figures, each with the text that a filter searches.
pub fn lines(app: &App) -> Vec<(String, String)> {
    let text = |curve: &Curve| {
        let figure = &curve.figure;
        format!("{} {} {} {}", figure.area.name(), figure.of, figure.name, figure.statistic.metric.metric)
    };
    curves(app).iter().map(|curve| (key(curve), text(curve))).collect()
}

/// The metric as `CloudWatch` names it, which `y` copies.
pub fn subject(app: &App, wanted: Option<&str>) -> Option<Subject> {
    let metric = &curve(app, wanted?)?.figure.statistic.metric;
    let dimensions: Vec<String> = metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Some(Subject::Text(format!("{} {} {}", metric.namespace, metric.metric, dimensions.join(","))))
}

/// The newest value, unless it is too old for the end of the range.
pub fn newest(points: &[Point], until: Timestamp, period: i32) -> Option<f64> {
    let late = LATE.max(SignedDuration::from_secs(i64::from(period) * 2));
    points.last().filter(|point| until.duration_since(point.at) <= late).map(|point| point.value)
}

/// The threshold of the team's own alarm on exactly this metric, or the target of the service's scaling policy.
pub fn threshold(app: &App, curve: &Curve) -> Option<(f64, String)> {
    if app.panes.metrics.topic == Topic::Alarms {
        let value = alarms::alarm(app, &curve.figure.of)?.threshold?;
        return Some((value * f64::from(curve.figure.scale), "alarm".to_owned()));
    }
    let metric = &curve.figure.statistic.metric;
    let alarms = app.estate.alarms.value().map_or(&[][..], Vec::as_slice);
    let watching = |alarm: &&Alarm| alarm.watches(metric) && alarm.threshold.is_some();
    if let Some(value) = alarms.iter().find(watching).and_then(|alarm| alarm.threshold) {
        return Some((value * f64::from(curve.figure.scale), "alarm".to_owned()));
    }
    if curve.figure.area != Area::Service {
        return None;
    }
    let resource = app.estate.service(metric.dimension("ServiceName")?)?.scaling_id();
    let wanted = format!("ECSServiceAverage{}", metric.metric);
    let mut policies = app.estate.policies.value()?.iter();
    let policy =
        policies.find(|policy| policy.resource == resource && policy.metric.as_deref() == Some(wanted.as_str()))?;
    Some((policy.target?, "scales at".to_owned()))
}

/// All facts of a figure, since its row may be cut.
pub fn details(app: &App, wanted: &str) -> Vec<Fact> {
    let (Some(curve), Some(read)) = (curve(app, wanted), &app.panes.metrics.read) else { return Vec::new() };
    let (figure, summary) = (&curve.figure, telemetry::summary(&curve.points));
    let words = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| figure.measure.format(value));
    let metric = subject(app, Some(wanted)).map(|subject| subject.name().to_owned()).unwrap_or_default();
    let mut facts = vec![
        fact("of", figure.of.clone()),
        fact("what", figure.name.clone()),
        fact("metric", metric),
        fact("statistic", format!("{} in periods of {} s", figure.statistic.stat, read.period)),
        fact("last", words(newest(&curve.points, read.until, read.period))),
        fact("least", words(summary.min)),
        fact("mean", words(summary.mean)),
        fact("most", words(summary.max)),
    ];
    if figure.sums {
        facts.push(fact("total", words(summary.total)));
    }
    if let Some((value, name)) = threshold(app, curve) {
        facts.push(fact(&name, figure.measure.format(value)));
    }
    facts
}

/// Figures grouped by chart: the latencies of one resource share one.
pub fn groups(app: &App) -> Vec<Vec<&Curve>> {
    if app.panes.metrics.topic == Topic::Alarms {
        return alarms::groups(app, curves(app));
    }
    let keys = app.screen.list_of(LIST).map_or(&[][..], |list| list.rows.as_slice());
    let mut groups: Vec<Vec<&Curve>> = Vec::new();
    for curve in keys.iter().filter_map(|key| curve(app, key)) {
        let with = |group: &Vec<&Curve>| {
            let one = &group[0].figure;
            let latency = |name: &str| name.starts_with("latency ");
            one.area == curve.figure.area
                && one.of == curve.figure.of
                && latency(&one.name)
                && latency(&curve.figure.name)
        };
        match groups.last_mut().filter(|group| with(group)) {
            Some(group) => group.push(curve),
            None => groups.push(vec![curve]),
        }
    }
    groups
}

/// The index of the selected row's chart.
pub fn selected(app: &App, groups: &[Vec<&Curve>]) -> usize {
    let wanted = app.screen.list_of(LIST).and_then(List::selected);
    let has = |group: &Vec<&Curve>| group.iter().any(|curve| Some(key(curve).as_str()) == wanted);
    groups.iter().position(has).unwrap_or(0)
}

/// The events, each with the text that a filter searches.
pub fn marks(app: &App) -> Vec<(String, String)> {
    app.panes.metrics.marks.iter().map(|event| (event.key.clone(), event.text())).collect()
}

fn mark<'a>(app: &'a App, key: &str) -> Option<&'a TimelineEvent> {
    app.panes.metrics.marks.iter().find(|event| event.key == key)
}

/// The subject that an event opens.
pub fn mark_subject(app: &App, key: Option<&str>) -> Option<Subject> {
    mark(app, key?).map(|event| timeline::subject(app, event))
}

/// All details of an event.
pub fn mark_details(app: &App, key: &str) -> Vec<Fact> {
    mark(app, key).map(|event| timeline::facts(app, event)).unwrap_or_default()
}

/// The text in the frame: subject, range, and comparison.
pub fn caption(app: &App) -> String {
    let metrics = &app.panes.metrics;
    let of = match &metrics.topic {
        Topic::All => "everything".to_owned(),
        Topic::Service(name) => app.estate.service_row(name).map_or_else(|| name.clone(), |row| row.short.clone()),
        Topic::Database(id) => id.clone(),
        Topic::Area(Area::Service) => "services".to_owned(),
        Topic::Area(Area::Db) => "databases".to_owned(),
        Topic::Area(Area::Alb) => "load balancers".to_owned(),
        Topic::Area(Area::Nat) => "NAT gateways".to_owned(),
        Topic::Area(Area::Waf) => "firewalls".to_owned(),
        Topic::Alarms => "alarms".to_owned(),
    };
    let range = RANGES[metrics.range].1;
    match &metrics.read {
        Some(Read { until, .. }) if metrics.steps_back > 0 => {
            format!("{of}, {range} to {}", cell(*until, app.service_now(), &app.zone()))
        }
        _ => format!("{of}, {range}"),
    }
}

/// Freshness of the curves, and which data is missing.
pub fn data_status(app: &App) -> DataStatus {
    let metrics = &app.panes.metrics;
    let old = metrics.read.as_ref().filter(|_| metrics.steps_back == 0).map(|read| app.now.duration_since(read.at));
    let age = old.filter(|age| *age > poll_interval(app) * 2).map(|age| format!("{} old", short(age)));
    let failed = metrics.failure.as_ref().map(|failure| {
        let what = if failure.kind == FailureKind::Denied { "no permission to read" } else { "cannot read" };
        (Health::Down, format!("{what} the metrics: {failure}"))
    });
    let unlisted =
        metrics.monitored.failure.as_ref().filter(|_| needs_list(&metrics.topic)).map(|failure| {
            (Health::Degraded, format!("without load balancers, NAT gateways and firewalls: {failure}"))
        });
    let unlisted = match (unlisted, data_status::secondary_trouble(app, sources_of(&metrics.topic))) {
        (Some((health, one)), Some((_, other))) => Some((health, format!("{other}; {one}"))),
        (one, other) => other.or(one),
    };
    let left_out = metrics.read.as_ref().map_or(0, |read| read.left_out);
    let left_out = (left_out > 0).then(|| {
        (Health::Degraded, format!("{left_out} more are left out: a request has 500; m on one of them shows its own"))
    });
    let others = metrics.read.as_ref().filter(|read| !read.others.is_empty()).map(|read| {
        let names: Vec<&str> = read.others.iter().map(String::as_str).collect();
        (Health::Stopped, format!("* shows those of others, too: {}", sanitize(&names.join(", "))))
    });
    let why = failed.clone();
    let wrong = app.poller.wrong_account().then(|| (Health::Down, "wrong account: nothing is asked".to_owned()));
    let trouble = wrong.or(failed).or(unlisted).or(left_out).or(others);
    // With infrastructure only, metrics are never requested, so nothing is loading.
    let unasked = metrics.flight.is_none() && app.environment.is_only_infra();
    let loading = metrics.flight.is_some() || (!unasked && metrics.read.is_none() && metrics.failure.is_none());
    let nothing = match &metrics.failure {
        Some(failure) => why.into_iter().chain([(Health::Stopped, format!("→ {}", failure.hint()))]).collect(),
        None if unasked => note("metrics are not configured"),
        None if loading => note("reading metrics …"),
        None => match metrics.topic {
            Topic::Area(Area::Nat) => note("no NAT gateway has measured anything lately"),
            Topic::Area(Area::Waf) => note("no firewall has measured anything lately"),
            Topic::Area(Area::Alb) => note("no load balancer has measured anything lately"),
            Topic::Alarms => note("it watches no metric that can be drawn: a formula, or a metric that is not sent"),
            Topic::All | Topic::Service(_) | Topic::Database(_) | Topic::Area(_) => note("there is nothing to measure"),
        },
    };
    DataStatus { age, trouble, dimmed: metrics.failure.is_some(), loading, empty: nothing }
}

/// Status of the charts: that of the figures, and of the marks.
pub fn charts_status(app: &App) -> DataStatus {
    let figures = data_status(app);
    let trouble = figures.trouble.clone().or_else(|| marks_status(app).trouble);
    DataStatus { trouble, ..figures }
}

/// Sources that determine the list of figures, alarm thresholds, and scaling targets.
fn sources_of(of: &Topic) -> &'static [Source] {
    use Source::{Alarms, DbClusters, DbInstances, ScalingPolicies, Services};
    match of {
        Topic::All => &[Services, DbClusters, DbInstances, Alarms, ScalingPolicies],
        Topic::Service(_) | Topic::Area(Area::Service | Area::Alb) => &[Services, Alarms, ScalingPolicies],
        Topic::Database(_) | Topic::Area(Area::Db) => &[DbClusters, DbInstances, Alarms],
        Topic::Area(Area::Nat | Area::Waf) | Topic::Alarms => &[Alarms],
    }
}

fn needs_list(of: &Topic) -> bool {
    !matches!(of, Topic::Database(_) | Topic::Alarms | Topic::Area(Area::Service | Area::Db))
}

/// Status of the events.
pub fn marks_status(app: &App) -> DataStatus {
    let metrics = &app.panes.metrics;
    timeline::data_status(app, &metrics.local, metrics.marks_made.is_some(), "nothing happened meanwhile")
}
