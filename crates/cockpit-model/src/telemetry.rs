//! Metrics of an environment beyond the polled ones: of services, databases, load balancers, NAT gateways and
//! firewalls; and the statistics of a series.

use crate::units::Unit;
use crate::{Point, Service};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// An existing metric, as `ListMetrics` returns it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct MetricIdentity {
    pub namespace: String,
    pub metric: String,
    /// A dimension's name and value.
    pub dimensions: Vec<(String, String)>,
}

impl MetricIdentity {
    /// Returns the value of a dimension.
    pub fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A statistic of a metric.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Statistic {
    pub metric: MetricIdentity,
    /// `Average`, `Sum`, `Maximum`, `p99`, …
    pub stat: Cow<'static, str>,
}

/// The kind of resource that a figure describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    Service,
    Db,
    Alb,
    Nat,
    Waf,
}

impl Area {
    /// All areas.
    pub const ALL: [Self; 5] = [Self::Service, Self::Db, Self::Alb, Self::Nat, Self::Waf];

    /// Returns the word used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Db => "db",
            Self::Alb => "alb",
            Self::Nat => "nat",
            Self::Waf => "waf",
        }
    }
}

/// A series to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub area: Area,
    /// The measured resource: a service's short name, a database instance, a load balancer, a gateway, a firewall.
    pub of: String,
    /// The name of the figure: `CPU`, `latency p99`, `5xx`.
    pub name: String,
    pub measure: Unit,
    /// The factor for the values: `CloudWatch` has latencies in seconds.
    pub scale: u32,
    /// Whether the values of periods are summed rather than averaged.
    pub sums: bool,
    pub statistic: Statistic,
}

/// A service and its short name.
#[derive(Debug, Clone, Copy)]
pub struct NamedService<'a> {
    pub service: &'a Service,
    pub short: &'a str,
}

const ECS: &[(&str, &str)] = &[("CPUUtilization", "CPU"), ("MemoryUtilization", "memory")];

const RDS: &[(&str, &str, Unit, &str)] = &[
    ("CPUUtilization", "CPU", Unit::Percent, "Average"),
    ("ServerlessDatabaseCapacity", "capacity", Unit::Acu, "Average"),
    ("DatabaseConnections", "connections", Unit::Count, "Average"),
    ("FreeableMemory", "free memory", Unit::Bytes, "Average"),
    ("AuroraReplicaLag", "replica lag", Unit::Milliseconds, "Maximum"),
];

const ALB: &[(&str, &str, Unit, u32, &str)] = &[
    ("RequestCount", "requests", Unit::Count, 1, "Sum"),
    ("HTTPCode_Target_4XX_Count", "4xx", Unit::Count, 1, "Sum"),
    ("HTTPCode_Target_5XX_Count", "5xx", Unit::Count, 1, "Sum"),
    ("TargetResponseTime", "latency p50", Unit::Milliseconds, 1_000, "p50"),
    ("TargetResponseTime", "latency p90", Unit::Milliseconds, 1_000, "p90"),
    ("TargetResponseTime", "latency p99", Unit::Milliseconds, 1_000, "p99"),
];

const NAT: &[(&str, &str)] = &[
    ("BytesOutToDestination", "bytes out"),
    ("BytesInFromDestination", "bytes in"),
    ("ErrorPortAllocation", "port errors"),
    ("PacketsDropCount", "packets dropped"),
];

/// Returns the namespaces whose metrics must be listed for these areas.
pub fn namespaces(areas: &[Area]) -> Vec<&'static str> {
    let of = |area: &Area| match area {
        Area::Service | Area::Db => None,
        Area::Alb => Some("AWS/ApplicationELB"),
        Area::Nat => Some("AWS/NATGateway"),
        Area::Waf => Some("AWS/WAFV2"),
    };
    areas.iter().filter_map(of).collect()
}

fn listed(namespace: &str, metric: &str, dimensions: &[(&str, &str)]) -> MetricIdentity {
    MetricIdentity {
        namespace: namespace.to_owned(),
        metric: metric.to_owned(),
        dimensions: dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

/// Returns the figures of some areas. Services and instances always have theirs; of the others, only existing metrics
/// are used. Load balancers are those in front of these services or, if no service has one, all.
pub fn figures(
    services: &[NamedService<'_>],
    instances: &[String],
    existing: &[MetricIdentity],
    areas: &[Area],
) -> Vec<Figure> {
    let mut found = Vec::new();
    let wanted = |area: Area| areas.contains(&area);
    if wanted(Area::Service) {
        for one in services {
            for (metric, name) in ECS {
                let dimensions =
                    [("ClusterName", one.service.cluster.as_str()), ("ServiceName", one.service.name.as_str())];
                let statistic = Statistic { metric: listed("AWS/ECS", metric, &dimensions), stat: "Average".into() };
                found.push(figure(Area::Service, one.short, name, Unit::Percent, 1, statistic));
            }
        }
    }
    if wanted(Area::Alb) {
        found.extend(balancers(services, existing));
    }
    if wanted(Area::Db) {
        for id in instances {
            for (metric, name, measure, stat) in RDS {
                let metric = listed("AWS/RDS", metric, &[("DBInstanceIdentifier", id)]);
                found.push(figure(Area::Db, id, name, *measure, 1, Statistic { metric, stat: (*stat).into() }));
            }
        }
    }
    let mut add_summed =
        |area: Area, dimension: &str, metric: &str, name: &dyn Fn(&MetricIdentity) -> String, measure: Unit| {
            if !wanted(area) {
                return;
            }
            for one in existing.iter().filter(|one| one.metric == metric) {
                let Some(of) = one.dimension(dimension).filter(|of| *of != "ALL") else { continue };
                let statistic = Statistic { metric: one.clone(), stat: "Sum".into() };
                let mut summed = figure(area, of, &name(one), measure, 1, statistic);
                summed.sums = true;
                if !found.contains(&summed) {
                    found.push(summed);
                }
            }
        };
    for (metric, name) in NAT {
        let measure = if metric.starts_with("Bytes") { Unit::Bytes } else { Unit::Count };
        add_summed(Area::Nat, "NatGatewayId", metric, &|_| (*name).to_owned(), measure);
    }
    for (metric, name) in [("AllowedRequests", "allowed"), ("BlockedRequests", "blocked")] {
        let named = |one: &MetricIdentity| match one.dimension("Rule") {
            None | Some("ALL") => name.to_owned(),
            Some(rule) => format!("{name} by {rule}"),
        };
        add_summed(Area::Waf, "WebACL", metric, &named, Unit::Count);
    }
    found
}

fn figure(area: Area, of: &str, name: &str, measure: Unit, scale: u32, statistic: Statistic) -> Figure {
    let sums = statistic.stat == "Sum";
    Figure { area, of: of.to_owned(), name: name.to_owned(), measure, scale, sums, statistic }
}

/// Returns load balancer figures per target group, by service.
fn balancers(services: &[NamedService<'_>], existing: &[MetricIdentity]) -> Vec<Figure> {
    // `arn:…:targetgroup/NAME/ID` is `targetgroup/NAME/ID` in a dimension.
    let group = |arn: &str| arn.rsplit(':').next().unwrap_or(arn).to_owned();
    let mut found = Vec::new();
    let of_group = |one: &&MetricIdentity| one.dimensions.len() == 2 && one.dimension("LoadBalancer").is_some();
    for one in services {
        let groups: Vec<String> = one.service.target_groups.iter().map(|arn| group(arn)).collect();
        let of_service = |listed: &&MetricIdentity| {
            listed.dimension("TargetGroup").is_some_and(|of| groups.iter().any(|group| group == of))
        };
        for listed in existing.iter().filter(of_group).filter(of_service) {
            found.extend(of_balancer(one.short, listed));
        }
    }
    if found.is_empty() {
        for listed in existing.iter().filter(|one| one.dimensions.len() == 1) {
            if let Some(balancer) = listed.dimension("LoadBalancer") {
                found.extend(of_balancer(balancer.split('/').nth(1).unwrap_or(balancer), listed));
            }
        }
    }
    found.sort_by(|a, b| {
        let place = |figure: &Figure| ALB.iter().position(|(_, name, ..)| *name == figure.name);
        (&a.of, place(a)).cmp(&(&b.of, place(b)))
    });
    found
}

/// Returns the figures of one metric of a load balancer.
fn of_balancer<'a>(of: &'a str, one: &'a MetricIdentity) -> impl Iterator<Item = Figure> + 'a {
    ALB.iter().filter(|(metric, ..)| *metric == one.metric).map(move |(_, name, measure, scale, stat)| {
        figure(Area::Alb, of, name, *measure, *scale, Statistic { metric: one.clone(), stat: (*stat).into() })
    })
}

/// Returns the period in seconds for a time range of this length and age, so that a series has at most 360 points and
/// the points still exist: `CloudWatch` keeps one-minute points for 15 days and five-minute points for 63 ("Metrics
/// retention").
pub fn period(span: SignedDuration, age: SignedDuration) -> i32 {
    const PERIODS: [i32; 6] = [60, 300, 900, 3_600, 21_600, 86_400];
    let kept = match age.as_hours() / 24 {
        ..15 => 60,
        15..63 => 300,
        _ => 3_600,
    };
    let fits = |period: &&i32| **period >= kept && span.as_secs() / i64::from(**period) <= 360;
    PERIODS.iter().find(fits).copied().unwrap_or(86_400)
}

/// The statistics of a series.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Summary {
    pub last: Option<f64>,
    pub min: Option<f64>,
    pub mean: Option<f64>,
    pub max: Option<f64>,
    /// The sum of all values.
    pub total: Option<f64>,
}

/// Returns the statistics of a series; all `None` if it has no points.
pub fn summary(points: &[Point]) -> Summary {
    let values = || points.iter().map(|point| point.value).filter(|value| value.is_finite());
    let total: f64 = values().sum();
    let count = values().count();
    if count == 0 {
        return Summary::default();
    }
    #[expect(clippy::cast_precision_loss, reason = "points are few")]
    let mean = total / count as f64;
    Summary {
        last: values().next_back(),
        min: values().min_by(f64::total_cmp),
        mean: Some(mean),
        max: values().max_by(f64::total_cmp),
        total: Some(total),
    }
}

/// Returns the points shifted in time, to be drawn beside the current ones.
pub fn shifted(points: &[Point], by: SignedDuration) -> Vec<Point> {
    points.iter().filter_map(|point| Some(Point { at: point.at.checked_add(by).ok()?, value: point.value })).collect()
}

/// Returns the relative change of the mean; `None` if one mean is unknown or the earlier one is zero.
pub fn change(now: &Summary, before: &Summary) -> Option<f64> {
    let (now, before) = (now.mean?, before.mean?);
    (before.abs() > f64::EPSILON).then(|| (now - before) / before)
}

/// Draws a series as one line of text with eight heights; a blank where there are no points.
pub fn sparkline(points: &[Point], since: Timestamp, until: Timestamp, cells: usize) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let span = until.duration_since(since).as_secs_f64();
    let mut peaks: Vec<Option<f64>> = vec![None; cells];
    for point in points.iter().filter(|point| point.value.is_finite()) {
        let position = point.at.duration_since(since).as_secs_f64() / span;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "within the cells"
        )]
        let cell = (position * cells as f64) as usize;
        if (0.0..1.0).contains(&position)
            && let Some(slot) = peaks.get_mut(cell)
        {
            *slot = Some(slot.map_or(point.value, |known| known.max(point.value)));
        }
    }
    let highest = peaks.iter().flatten().copied().fold(0.0, f64::max);
    let sign = |value: Option<f64>| match value {
        None => ' ',
        Some(_) if highest <= 0.0 => STEPS[0],
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "of eight")]
        Some(value) => STEPS[((value.max(0.0) / highest * 7.0).round() as usize).min(7)],
    };
    peaks.into_iter().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn existing_metrics() -> Vec<MetricIdentity> {
        let group = [("LoadBalancer", "app/main/1"), ("TargetGroup", "targetgroup/web/2")];
        vec![
            listed("AWS/ApplicationELB", "RequestCount", &group),
            listed("AWS/ApplicationELB", "TargetResponseTime", &group),
            listed("AWS/ApplicationELB", "RequestCount", &[("LoadBalancer", "app/other/9")]),
            listed("AWS/NATGateway", "BytesOutToDestination", &[("NatGatewayId", "nat-1")]),
            listed("AWS/WAFV2", "BlockedRequests", &[("Region", "eu-west-1"), ("Rule", "sqli"), ("WebACL", "acl")]),
            listed("AWS/WAFV2", "BlockedRequests", &[("Region", "eu-west-1"), ("Rule", "ALL"), ("WebACL", "acl")]),
        ]
    }

    #[test]
    fn service_figures_come_from_its_own_target_groups() {
        let service = Service {
            name: "shop-web".into(),
            cluster: "shop".into(),
            target_groups: vec!["arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/2".into()],
            ..Service::default()
        };
        let named = [NamedService { service: &service, short: "web" }];
        let all = figures(&named, &["db-1".into()], &existing_metrics(), &Area::ALL);
        let words: Vec<String> = all.iter().map(|one| format!("{} {} {}", one.area.name(), one.of, one.name)).collect();
        assert_eq!(
            words,
            [
                "service web CPU",
                "service web memory",
                "alb web requests",
                "alb web latency p50",
                "alb web latency p90",
                "alb web latency p99",
                "db db-1 CPU",
                "db db-1 capacity",
                "db db-1 connections",
                "db db-1 free memory",
                "db db-1 replica lag",
                "nat nat-1 bytes out",
                "waf acl blocked by sqli",
                "waf acl blocked",
            ]
        );
        let alone = figures(&[], &[], &existing_metrics(), &[Area::Alb]);
        assert_eq!(alone.iter().map(|one| one.of.as_str()).collect::<Vec<_>>(), ["other"]);
    }

    #[test]
    fn period_grows_with_the_range_to_limit_the_points() {
        let of = |hours, age| period(SignedDuration::from_hours(hours), SignedDuration::from_hours(age));
        assert_eq!(of(3, 3), 60);
        assert_eq!(of(24, 24), 300);
        assert_eq!(of(24 * 7, 24 * 7), 3_600);
        assert_eq!(of(24 * 400, 24 * 400), 86_400);
        // For an hour long ago there are no one-minute points any more.
        assert_eq!((of(1, 24 * 14), of(1, 24 * 16), of(1, 24 * 62), of(1, 24 * 64)), (60, 300, 300, 3_600));
    }

    #[test]
    fn unmeasured_metric_has_no_figure() {
        assert_eq!(summary(&[]), Summary::default());
        let points: Vec<Point> = [(0, 1.0), (60, 3.0)].map(|(second, value)| Point { at: at(second), value }).into();
        let figures = summary(&points);
        assert_eq!((figures.last, figures.mean, figures.total), (Some(3.0), Some(2.0), Some(4.0)));
        assert_eq!(change(&figures, &Summary { mean: Some(1.0), ..Summary::default() }), Some(1.0));
        assert_eq!(change(&figures, &Summary { mean: Some(0.0), ..Summary::default() }), None);
        assert_eq!(sparkline(&points, at(0), at(180), 3), "▃█ ");
        assert_eq!(shifted(&points, SignedDuration::from_secs(5))[0].at, at(5));
    }

    proptest! {
        #[test]
        fn spark_has_the_requested_number_of_cells(
            values in proptest::collection::vec((0i64..5_000, -10.0f64..1e12), 0..50),
            cells in 1usize..80,
        ) {
            let points: Vec<Point> = values.into_iter().map(|(second, value)| Point { at: at(second), value }).collect();
            let drawn = sparkline(&points, at(0), at(3_600), cells);
            prop_assert_eq!(drawn.chars().count(), cells);
            let figures = summary(&points);
            if let (Some(least), Some(mean), Some(most)) = (figures.min, figures.mean, figures.max) {
                prop_assert!(least <= mean + 1e-3 && mean <= most + 1e-3);
            }
        }
    }
}
