//! `CloudWatch`: alarms, and statistics over the values that the world computes.

mod alarm_history;
mod composites;
mod mute_rules;

use super::{ApiError, Call, token};
use crate::clock::{Ms, timestamp};
use crate::wire::{Node, list, map};
use crate::world::alarms::Alarm;
use crate::world::composite::Composite;
use crate::world::metrics::{MetricName, Source};
use crate::world::{DAY, MINUTE, SECOND, World};

/// Runs a `CloudWatch` operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeAlarms" => alarms(call),
        "DescribeAlarmHistory" => alarm_history::call(call),
        "PutCompositeAlarm" => composites::put(call),
        "DeleteAlarms" => composites::delete(call),
        "PutAlarmMuteRule" => mute_rules::put(call),
        "GetAlarmMuteRule" => mute_rules::get(call),
        "ListAlarmMuteRules" => mute_rules::list_rules(call),
        "DeleteAlarmMuteRule" => mute_rules::delete(call),
        "GetMetricData" => metric_data(call),
        "GetMetricStatistics" => statistics(call),
        "ListMetrics" => list_metrics(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterValue", message)
}

fn missing(name: &str) -> ApiError {
    ApiError::client("MissingParameter", format!("The parameter {name} is required."))
}

fn alarms(call: &Call<'_>) -> Result<Node, ApiError> {
    let input = call.input;
    let names = input.strings("AlarmNames");
    if names.len() > 100 {
        return Err(invalid("AlarmNames can have at most 100 entries."));
    }
    let prefix = input.str("AlarmNamePrefix");
    let state = input.str("StateValue");
    let types = input.strings("AlarmTypes");
    let action = input.str("ActionPrefix");
    let size = max_records(input, 50)?;
    let (of, above) = (input.str("ChildrenOfAlarmName"), input.str("ParentsOfAlarmName"));
    if (of.is_some() || above.is_some()) && (prefix.is_some() || state.is_some() || !names.is_empty()) {
        let text = "ChildrenOfAlarmName and ParentsOfAlarmName cannot be combined with other filters.";
        return Err(ApiError::client("ValidationError", text));
    }
    let composites = || call.world.composites.iter().filter(|one| one.region == call.region);
    let parts = |one: &Composite| {
        let mut names = Vec::new();
        one.rule.names(&mut names);
        names.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let children = of.map(|name| composites().find(|one| one.name == name).map(parts).unwrap_or_default());
    let related = |name: &str, parts: &[String]| {
        children.as_ref().is_none_or(|children| children.iter().any(|child| child == name))
            && above.is_none_or(|child| parts.iter().any(|part| part == child))
    };
    // By default only metric alarms; children and parents are returned regardless of their type.
    let kind = |kind: &str| of.is_some() || above.is_some() || types.contains(&kind);
    let fits = |name: &str, now: &str, actions: &[String]| {
        (names.is_empty() || names.contains(&name))
            && prefix.is_none_or(|p| name.starts_with(p))
            && state.is_none_or(|s| now == s)
            && action.is_none_or(|p| actions.iter().any(|x| x.starts_with(p)))
    };
    let is_requested = |a: &&Alarm| {
        a.region == call.region
            && fits(&a.name, a.state.name(), &a.actions)
            && (types.is_empty() || kind("MetricAlarm"))
            && related(&a.name, &[])
    };
    let mut rows: Vec<(String, Node)> =
        call.world.alarms.iter().filter(is_requested).map(|a| (a.name.clone(), alarm(a))).collect();
    let is_requested = |one: &&Composite| {
        fits(&one.name, one.state.name(), &one.actions) && kind("CompositeAlarm") && related(&one.name, &parts(one))
    };
    rows.extend(
        composites().filter(is_requested).map(|one| (one.name.clone(), composites::composite(call.world, one))),
    );
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (items, next) = token::page(rows.into_iter(), input.str("NextToken"), size)
        .ok_or_else(|| ApiError::client("InvalidNextToken", "The next token is not valid."))?;
    let (composite, metric): (Vec<Node>, Vec<Node>) =
        items.into_iter().partition(|node| node.get("AlarmRule").is_some());
    Ok(map! {"MetricAlarms": list(metric), "CompositeAlarms": list(composite), "NextToken": next})
}

fn dimensions(metric: &MetricName) -> Node {
    list(metric.dimensions.iter().map(|(k, v)| map! {"Name": k, "Value": v}))
}

fn alarm(a: &Alarm) -> Node {
    map! {
        "AlarmName": &a.name,
        "AlarmArn": a.arn(),
        "AlarmDescription": &a.description,
        "AlarmConfigurationUpdatedTimestamp": timestamp(a.created),
        "ActionsEnabled": true,
        "OKActions": list(Vec::<Node>::new()),
        "AlarmActions": list(&a.actions),
        "InsufficientDataActions": list(Vec::<Node>::new()),
        "StateValue": a.state.name(),
        "StateReason": &a.reason,
        "StateUpdatedTimestamp": timestamp(a.updated),
        "StateTransitionedTimestamp": timestamp(a.updated),
        "MetricName": &a.metric.name,
        "Namespace": &a.metric.namespace,
        "Statistic": a.statistic,
        "Dimensions": dimensions(&a.metric),
        "Period": a.period,
        "Unit": a.unit,
        "EvaluationPeriods": a.periods,
        "DatapointsToAlarm": a.periods,
        "Threshold": a.threshold,
        "ComparisonOperator": a.comparison.name(),
        "TreatMissingData": a.missing,
    }
}

/// The page size in `MaxRecords`, or a default.
fn max_records(input: &Node, default: usize) -> Result<usize, ApiError> {
    let Some(records) = input.int("MaxRecords") else { return Ok(default) };
    let records = usize::try_from(records).ok().filter(|records| (1..=100).contains(records));
    records.ok_or_else(|| invalid("MaxRecords must be between 1 and 100."))
}

/// Reads `{Namespace, MetricName, Dimensions}`.
fn metric_name(node: &Node) -> Result<MetricName, ApiError> {
    let namespace = node.str("Namespace").ok_or_else(|| missing("Namespace"))?;
    let name = node.str("MetricName").ok_or_else(|| missing("MetricName"))?;
    let pairs: Vec<(&str, &str)> = node
        .items("Dimensions")
        .iter()
        .map(|d| (d.str("Name").unwrap_or_default(), d.str("Value").unwrap_or_default()))
        .collect();
    if pairs.len() > 30 {
        return Err(invalid("Dimensions can have at most 30 entries."));
    }
    Ok(MetricName::new(namespace, name, &pairs))
}

/// The time window and period of a request.
struct Window {
    start: Ms,
    end: Ms,
    period: Ms,
}

/// One-minute values are kept for 15 days.
const KEPT: Ms = 15 * DAY;

impl Window {
    fn new(call: &Call<'_>, period: i64) -> Result<Window, ApiError> {
        let start = call.input.time("StartTime").ok_or_else(|| missing("StartTime"))?.as_millisecond();
        let end = call.input.time("EndTime").ok_or_else(|| missing("EndTime"))?.as_millisecond();
        if start >= end {
            return Err(ApiError::client(
                "ValidationError",
                "The parameter StartTime must be less than the parameter EndTime.",
            ));
        }
        if period < 1 || (period > 30 && period % 60 != 0) {
            return Err(invalid("Period must be 1, 5, 10, 30 or a multiple of 60."));
        }
        // Nothing in this world changes within a minute.
        let period = period.max(60) * SECOND;
        let start = start.max(call.world.now - KEPT);
        Ok(Window { start: start.div_euclid(period) * period, end, period })
    }

    /// The minutes of each period that has ended, oldest first.
    fn periods(&self, now: Ms) -> impl Iterator<Item = (Ms, std::ops::Range<i64>)> {
        let (period, end) = (self.period, self.end);
        (0..)
            .map(move |n| n * period)
            .map({
                let start = self.start;
                move |offset| start + offset
            })
            .take_while(move |at| *at < end && at + MINUTE <= now)
            .map(move |at| (at, at / MINUTE..((at + period).min(now) / MINUTE)))
    }
}

/// A statistic over the minutes of a period.
fn statistic(world: &World, source: Source, minutes: std::ops::Range<i64>, stat: &str) -> Option<f64> {
    let values: Vec<f64> = minutes.filter_map(|m| world.metric(source, m)).collect();
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let counts = matches!(source, Source::Group(_, crate::world::metrics::Elb::Requests));
    Some(match stat {
        "Sum" => values.iter().sum(),
        "Minimum" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "Maximum" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "SampleCount" if counts => values.iter().sum(),
        "SampleCount" => n,
        percentile if percentile.starts_with('p') => {
            let share = percentile[1..].parse::<f64>().unwrap_or(50.0) / 100.0;
            let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            // A minute's single value stands for a distribution around it, whose tail is a few times the mean.
            highest * (1.0 + 2.5 * share.clamp(0.0, 1.0).powi(8))
        }
        _ => values.iter().sum::<f64>() / n,
    })
}

/// Whether the name of a statistic is valid.
fn known_statistic(stat: &str) -> bool {
    matches!(stat, "Average" | "Sum" | "Minimum" | "Maximum" | "SampleCount")
        || stat.strip_prefix('p').and_then(|p| p.parse::<f64>().ok()).is_some_and(|p| (0.0..=100.0).contains(&p))
}

fn metric_data(call: &Call<'_>) -> Result<Node, ApiError> {
    let queries = call.input.items("MetricDataQueries");
    if queries.is_empty() {
        return Err(missing("MetricDataQueries"));
    }
    if queries.len() > 500 {
        let text = "The collection MetricDataQueries must not have a size greater than 500.";
        return Err(ApiError::client("ValidationError", text));
    }
    let oldest_first = call.input.str("ScanBy") == Some("TimestampAscending");
    let mut results = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for query in queries {
        let id = query.str("Id").ok_or_else(|| missing("Id"))?;
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !seen.insert(id) {
            let text =
                format!("The value {id} for parameter Id is not a unique name that starts with a lower-case letter.");
            return Err(ApiError::client("ValidationError", text));
        }
        if query.bool("ReturnData") == Some(false) {
            continue;
        }
        let Some(stat) = query.get("MetricStat") else {
            return Err(ApiError::client("ValidationError", "Expressions are not simulated: give a MetricStat."));
        };
        let metric = metric_name(stat.get("Metric").ok_or_else(|| missing("Metric"))?)?;
        let name = stat.str("Stat").ok_or_else(|| missing("Stat"))?;
        if !known_statistic(name) {
            return Err(invalid(format!("The value {name} for parameter Stat is not supported.")));
        }
        let window = Window::new(call, stat.int("Period").ok_or_else(|| missing("Period"))?)?;
        let mut points: Vec<(Ms, f64)> = Vec::new();
        if let Some(source) = call.world.resolve(call.region, &metric) {
            let now = call.world.now;
            points
                .extend(window.periods(now).filter_map(|(at, m)| Some((at, statistic(call.world, source, m, name)?))));
        }
        if !oldest_first {
            points.reverse();
        }
        results.push(map! {
            "Id": id,
            "Label": query.str("Label").unwrap_or(&metric.name),
            "Timestamps": list(points.iter().map(|(at, _)| timestamp(*at))),
            "Values": list(points.iter().map(|(_, v)| *v)),
            "StatusCode": "Complete",
        });
    }
    Ok(map! {"MetricDataResults": list(results), "Messages": list(Vec::<Node>::new())})
}

fn unit(name: &str) -> &'static str {
    match name {
        "CPUUtilization" | "MemoryUtilization" | "ACUUtilization" => "Percent",
        "FreeableMemory"
        | "FreeLocalStorage"
        | "FreeStorageSpace"
        | "BytesOutToDestination"
        | "BytesInFromDestination" => "Bytes",
        "AuroraReplicaLag" => "Milliseconds",
        "TargetResponseTime" => "Seconds",
        "DBLoad" | "ServerlessDatabaseCapacity" => "None",
        _ => "Count",
    }
}

fn statistics(call: &Call<'_>) -> Result<Node, ApiError> {
    let metric = metric_name(call.input)?;
    let window = Window::new(call, call.input.int("Period").ok_or_else(|| missing("Period"))?)?;
    let plain = call.input.strings("Statistics");
    let extended = call.input.strings("ExtendedStatistics");
    if plain.is_empty() && extended.is_empty() {
        return Err(ApiError::client("InvalidParameterCombination", "Statistics or ExtendedStatistics is required."));
    }
    if let Some(bad) = plain.iter().chain(&extended).find(|s| !known_statistic(s)) {
        return Err(invalid(format!("The value {bad} is not a statistic.")));
    }
    if (window.end - window.start) / window.period > 1_440 {
        let text = "You have requested more than the limit of 1,440 datapoints.";
        return Err(ApiError::client("InvalidParameterCombination", text));
    }
    let mut points = Vec::new();
    if let Some(source) = call.world.resolve(call.region, &metric) {
        for (at, minutes) in window.periods(call.world.now) {
            let value = |stat: &str| statistic(call.world, source, minutes.clone(), stat);
            if value("SampleCount").is_none() {
                continue;
            }
            let mut point = map! {"Timestamp": timestamp(at), "Unit": unit(&metric.name)};
            for (stat, key) in [
                ("Average", "Average"),
                ("Sum", "Sum"),
                ("Minimum", "Minimum"),
                ("Maximum", "Maximum"),
                ("SampleCount", "SampleCount"),
            ] {
                if plain.contains(&stat) {
                    point.set(key, value(stat));
                }
            }
            if !extended.is_empty() {
                let values = extended.iter().map(|s| ((*s).to_owned().into(), Node::from(value(s)))).collect();
                point.set("ExtendedStatistics", Node::Map(values));
            }
            points.push(point);
        }
    }
    Ok(map! {"Label": metric.name, "Datapoints": list(points)})
}

fn list_metrics(call: &Call<'_>) -> Result<Node, ApiError> {
    let namespace = call.input.str("Namespace");
    let name = call.input.str("MetricName");
    let is_requested = |m: &MetricName| {
        namespace.is_none_or(|n| n == m.namespace)
            && name.is_none_or(|n| n == m.name)
            && call.input.items("Dimensions").iter().all(|d| {
                let value = d.str("Name").and_then(|n| m.dimension(n));
                value.is_some_and(|v| d.str("Value").is_none_or(|w| w == v))
            })
    };
    let rows = call.world.all_metrics(call.region).into_iter().filter(is_requested).map(|m| {
        let node = map! {"Namespace": &m.namespace, "MetricName": &m.name, "Dimensions": dimensions(&m)};
        (format!("{m:?}"), node)
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (items, next) = token::page(rows.into_iter(), call.input.str("NextToken"), 500)
        .ok_or_else(|| ApiError::client("InvalidNextToken", "The next token is not valid."))?;
    Ok(map! {"Metrics": list(items), "NextToken": next})
}
