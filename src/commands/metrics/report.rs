//! The report of `cockpit metrics`: metrics with curves, events in their range, and a comparison range.

use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::{Extent, Head};
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::model::retention::retention_gaps;
use crate::model::telemetry::{self, Figure, Summary};
use crate::model::timeline::{Kind, TimelineEvent};
use crate::model::units::Unit;
use crate::model::{Alarm, Point, Source};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// Schema of `cockpit metrics`.
pub const SCHEMA: &str = "cockpit.metrics/1";
/// The sources that the report reads.
pub const SOURCES: &[Source] = &[
    Source::Identity,
    Source::Services,
    Source::DbClusters,
    Source::DbInstances,
    Source::Alarms,
    Source::Rollouts,
    Source::ScalingActivities,
    Source::AlarmHistory,
    Source::RdsEvents,
];
/// The width of a curve in a table, in cells.
const CELLS: usize = 30;

/// The metrics of an environment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Metrics {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// The start of the range.
    pub since: String,
    /// The end of the range.
    pub until: String,
    /// The period of a data point in seconds.
    pub period: i32,
    /// The start of the comparison range; `null` without `--against`.
    pub against: Option<String>,
    /// The metrics with their curves; `null` if they could not be read.
    #[allow(clippy::struct_field_names, reason = "the field's name in the output")]
    pub metrics: Option<Vec<MetricDto>>,
    /// Load balancers and firewalls of the region that are left out, because they do not have the environment's names.
    pub of_others: Vec<String>,
    /// Deployments, scaling, failovers, changes and alarms in the range, oldest first.
    pub marks: Vec<MarkDto>,
    #[serde(skip)]
    failed: Option<String>,
    #[serde(skip)]
    unlisted: Option<String>,
    /// Whether the range is too short for a data point per minute.
    #[serde(skip)]
    short: bool,
    /// Notes about the part of the requested range that AWS no longer keeps.
    #[serde(skip)]
    gone: Vec<String>,
}

/// A metric.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MetricDto {
    /// `service`, `db`, `alb`, `nat`, `waf`.
    pub area: String,
    /// The resource: a service, an instance, a gateway, a firewall.
    pub of: String,
    /// The name: `CPU`, `latency p99`, `5xx`.
    pub name: String,
    /// `percent`, `acu`, `count`, `milliseconds`, `bytes`.
    pub unit: String,
    /// The newest value; like the others, `null` if nothing was measured.
    pub last: Option<f64>,
    /// The lowest value of a period.
    pub min: Option<f64>,
    /// The mean of all periods.
    pub mean: Option<f64>,
    /// The highest value of a period.
    pub max: Option<f64>,
    /// The sum of all periods, for metrics that can be summed.
    pub total: Option<f64>,
    /// The threshold of an alarm on this metric.
    pub threshold: Option<f64>,
    /// The mean of the comparison range.
    pub mean_before: Option<f64>,
    /// The relative change from the comparison range: 0.5 is half as much again.
    pub change: Option<f64>,
    /// Its namespace, name and dimensions in `CloudWatch`.
    pub metric: String,
    /// The CloudWatch statistic: `Average`, `p99` …
    pub stat: String,
    /// The curve, oldest first.
    pub points: Vec<PointDto>,
    /// The curve of the comparison range.
    pub points_before: Option<Vec<PointDto>>,
    #[serde(skip)]
    spark: String,
}

/// A data point.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PointDto {
    /// The start of its period.
    pub at: String,
    /// The value of the point.
    pub value: f64,
}

/// An event in the range.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MarkDto {
    /// The time of the event.
    pub at: String,
    /// `deployment`, `scaling`, `failover`, `alarm`, …
    pub kind: String,
    /// The name of the event's subject.
    pub name: String,
    /// The event in a sentence.
    pub what: String,
}

/// A metric with its curves.
#[derive(Debug, Clone)]
pub struct Curve {
    pub figure: Figure,
    pub points: Vec<Point>,
    /// The curve of the comparison range, with its own times.
    pub comparison: Option<Vec<Point>>,
}

/// The curves that were read.
#[derive(Debug, Clone, Default)]
pub struct MetricsRead {
    pub curves: Vec<Curve>,
    /// Why load balancers, gateways and firewalls could not be listed.
    pub unlisted: Option<String>,
    /// Other resources of the region, which are left out.
    pub others: Vec<String>,
}

/// The time range of the curves.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The requested start.
    pub requested: Timestamp,
    /// The start that is read, limited by what AWS keeps.
    pub since: Timestamp,
    pub until: Timestamp,
    pub period: i32,
    /// The start of the comparison range.
    pub against: Option<Timestamp>,
}

const UNITS: [(Unit, &str); 5] = [
    (Unit::Percent, "percent"),
    (Unit::Acu, "acu"),
    (Unit::Count, "count"),
    (Unit::Milliseconds, "milliseconds"),
    (Unit::Bytes, "bytes"),
];

/// Returns the threshold of the team's own alarm on exactly this metric.
fn threshold(alarms: &[Alarm], figure: &Figure) -> Option<f64> {
    let alarm = alarms.iter().find(|alarm| alarm.watches(&figure.statistic.metric))?;
    alarm.threshold.map(|value| value * f64::from(figure.scale))
}

fn points(points: &[Point]) -> Vec<PointDto> {
    points.iter().map(|point| PointDto { at: point.at.to_string(), value: point.value }).collect()
}

/// Builds the report.
pub fn metrics(
    input: &SnapshotInput<'_>,
    curves: Result<MetricsRead, String>,
    marks: &[TimelineEvent],
    span: Span,
) -> Metrics {
    let alarms = input.estate.alarms.value().map_or(&[][..], Vec::as_slice);
    let (curves, unlisted, others, failed) = match curves {
        Ok(MetricsRead { curves, unlisted, others }) => (Some(curves), unlisted, others, None),
        Err(why) => (None, None, Vec::new(), Some(why)),
    };
    let dto = |curve: Curve| {
        let Figure { area, of, name, measure, sums, statistic, .. } = &curve.figure;
        let now = telemetry::summary(&curve.points);
        let before = curve.comparison.as_deref().map(telemetry::summary);
        MetricDto {
            area: area.name().to_owned(),
            of: of.clone(),
            name: name.clone(),
            unit: UNITS.iter().find(|(unit, _)| unit == measure).map_or("count", |(_, word)| word).to_owned(),
            last: now.last,
            min: now.min,
            mean: now.mean,
            max: now.max,
            total: now.total.filter(|_| *sums),
            threshold: threshold(alarms, &curve.figure),
            mean_before: before.as_ref().and_then(|before| before.mean),
            change: before.as_ref().and_then(|before: &Summary| telemetry::change(&now, before)),
            metric: {
                let dimensions = statistic.metric.dimensions.iter().map(|(name, value)| format!("{name}={value}"));
                let dimensions: Vec<String> = dimensions.collect();
                format!("{} {} {}", statistic.metric.namespace, statistic.metric.metric, dimensions.join(","))
            },
            stat: statistic.stat.clone().into_owned(),
            spark: telemetry::sparkline(&curve.points, span.since, span.until, CELLS),
            points: points(&curve.points),
            points_before: curve.comparison.as_deref().map(points),
        }
    };
    let wanted = |event: &&TimelineEvent| {
        !event.routine && event.kind != Kind::Service && event.kind != Kind::Task && event.at <= span.until
    };
    Metrics {
        head: Head::new(SCHEMA, input, SOURCES),
        since: span.since.to_string(),
        until: span.until.to_string(),
        period: span.period,
        against: span.against.map(|at| at.to_string()),
        metrics: curves.map(|curves| curves.into_iter().map(dto).collect()),
        of_others: others,
        marks: marks
            .iter()
            .filter(wanted)
            .map(|event| MarkDto {
                at: event.at.to_string(),
                kind: event.kind.name().to_owned(),
                name: event.about.name().to_owned(),
                what: event.what.clone(),
            })
            .collect(),
        failed,
        unlisted,
        short: span.until.duration_since(span.since).as_secs() < 180,
        gone: retention_gaps(span.requested.min(span.against.unwrap_or(span.since)), input.now, |source| {
            SOURCES.contains(&source) || source == Source::Metrics
        }),
    }
}

impl MetricDto {
    fn words(&self, value: Option<f64>) -> Option<String> {
        let unit = UNITS.iter().find(|(_, word)| *word == self.unit).map_or(Unit::Count, |(unit, _)| *unit);
        value.map(|value| unit.format(value))
    }
}

impl Printable for Metrics {
    fn tables(&self) -> Vec<Table> {
        let mut columns = vec![
            left_aligned("OF"),
            left_aligned("WHAT"),
            numbers("NOW"),
            numbers("MIN").rank(4),
            numbers("MEAN"),
            numbers("MAX"),
            numbers("TOTAL").rank(3),
            numbers("ALARM AT").rank(2),
            left_aligned("CURVE").rank(1),
        ];
        if self.against.is_some() {
            columns.insert(5, numbers("BEFORE"));
            columns.insert(6, numbers("CHANGE"));
        }
        let shown = &self.head.shown;
        let extent = self.head.extent(SOURCES);
        let empty = match (&self.metrics, extent) {
            (None, _) | (_, Extent::Unread) => "metrics are not known",
            (Some(_), Extent::NotRequested) => "nothing that is configured has metrics",
            (Some(_), Extent::Partial) => "nothing that was read has metrics",
            (Some(_), Extent::Complete) if self.unlisted.is_some() => "nothing that was read has metrics",
            (Some(_), Extent::Complete) => "no metrics",
        };
        let title = format!("{} to {}", shown.title(&self.since), shown.title(&self.until));
        let mut table = Table::new(&columns, empty).titled(title);
        for one in self.metrics.iter().flatten() {
            let mut row = vec![
                Some(one.of.clone()),
                Some(one.name.clone()),
                one.words(one.last),
                one.words(one.min),
                one.words(one.mean),
                one.words(one.max),
                one.words(one.total),
                one.words(one.threshold),
                Some(one.spark.clone()),
            ];
            if self.against.is_some() {
                row.insert(5, one.words(one.mean_before));
                row.insert(6, one.change.map(|change| format!("{:+.0} %", change * 100.0)));
            }
            table.row(row);
        }
        let mut tables = vec![table];
        if !self.marks.is_empty() {
            let columns = [left_aligned("TIME"), left_aligned("KIND"), left_aligned("NAME").rank(1), prose("WHAT")];
            let mut table = Table::new(&columns, "").titled("Meanwhile");
            for mark in &self.marks {
                table.row([
                    Some(shown.time(&mark.at)),
                    Some(mark.kind.clone()),
                    Some(mark.name.clone()).filter(|name| !name.is_empty()),
                    Some(mark.what.clone()),
                ]);
            }
            tables.push(table);
        }
        tables
    }

    fn rows(&self) -> Option<Rows> {
        let fields = [
            "area",
            "of",
            "name",
            "unit",
            "last",
            "min",
            "mean",
            "max",
            "total",
            "threshold",
            "mean_before",
            "change",
            "metric",
            "stat",
            "points",
            "points_before",
        ];
        Some(Rows::new("metrics", &fields))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.head.notes();
        notes.extend(self.failed.iter().map(|why| format!("! {} could not be read: {why}", Source::Metrics.name())));
        let without = |why: &String| format!("! without load balancers, NAT gateways and firewalls: {why}");
        notes.extend(self.unlisted.iter().map(without));
        if !self.of_others.is_empty() {
            let names = self.of_others.join(", ");
            notes.push(format!("without what does not have the environment's names: {names}; --all shows it, too"));
        }
        let gateways: BTreeSet<&str> =
            self.metrics.iter().flatten().filter(|one| one.area == "nat").map(|one| one.of.as_str()).collect();
        if gateways.len() > 1 {
            notes.push(
                "NAT gateways are those of the whole region: metrics do not show which environment uses them"
                    .to_owned(),
            );
        }
        notes.extend(self.gone.iter().cloned());
        if self.metrics.as_ref().is_some_and(|all| all.iter().all(|one| one.points.is_empty()) && !all.is_empty()) {
            let why = if self.short { ": a metric has a point a minute" } else { "" };
            notes.push(format!("nothing was measured in that time{why}"));
        }
        notes
    }
}
