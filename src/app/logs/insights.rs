//! CloudWatch Logs Insights: presets, and the estimated and actual cost of a query. It serves searches beyond what the
//! store holds.
use crate::app::ticket::Ticket;
use crate::feeds::aws::{Fact, Part};
use crate::model::Failure;
use crate::model::logs::{INSIGHTS_DOLLARS_A_GB, InsightsResult, LogGroup, Ms};
use crate::model::text::pluralize;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::borrow::Cow;

const HOUR: Ms = 3_600_000;

/// The time ranges of a query with their lengths; `None` is the range on the screen.
pub const RANGES: &[(&str, Option<Ms>)] = &[
    ("the last hour", Some(HOUR)),
    ("the last 6 hours", Some(6 * HOUR)),
    ("the last day", Some(24 * HOUR)),
    ("the last 7 days", Some(7 * 24 * HOUR)),
    ("the last 30 days", Some(30 * 24 * HOUR)),
    ("the time of the lines that are here", None),
];

/// The state of the Logs pane's queries of CloudWatch Logs Insights.
#[derive(Debug, Clone, Default)]
pub struct Insights {
    /// The index of the range in [`RANGES`].
    pub range: usize,
    /// The query typed last.
    pub typed: String,
    /// A costly query that was chosen once: choosing it again runs it, if the cost is still the same.
    pub confirmed_cost: Option<ConfirmedCost>,
    /// The query in progress.
    pub running: Option<Running>,
    /// The result of the last query, not yet shown.
    pub result: Option<Result<InsightsResult, Failure>>,
    /// The groups with their sizes.
    pub sizes: Vec<LogGroup>,
    /// Why the sizes could not be read.
    pub size_error: Option<Failure>,
}

/// A query that was chosen once, and the cost that was shown for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedCost {
    /// Identifies the query.
    pub query: String,
    /// The cost as it was shown.
    pub cost: String,
}

/// A query in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The ticket of its request.
    pub ticket: Ticket,
    /// Its name on the screen.
    pub name: String,
}

impl Insights {
    /// The time range of a query.
    pub fn span(&self, shown: (Ms, Ms), now: Ms) -> (Ms, Ms) {
        match RANGES.get(self.range) {
            Some((_, Some(length))) => (now - length, now),
            // No lines are shown: starting at the beginning of time would scan, and cost, everything.
            _ if shown.0 == 0 => (now - HOUR, now),
            _ => (shown.0.min(now - 1_000), now),
        }
    }

    /// Takes an answer; the answer of an abandoned query is dropped.
    pub fn absorb(&mut self, ticket: Ticket, part: Part) {
        if self.running.as_ref().is_some_and(|running| running.ticket == ticket) {
            match part {
                Part::Last(Fact::Insights(result)) => self.result = Some(Ok(*result)),
                Part::Failed(failure) => self.result = Some(Err(failure)),
                Part::Page(_) | Part::Last(_) => {}
            }
        }
    }

    /// Takes the sizes of groups, for the cost.
    pub fn absorb_sizes(&mut self, part: Part) {
        match part {
            Part::Page(Fact::LogGroups(groups)) => self.sizes.extend(groups),
            Part::Last(Fact::LogGroups(groups)) => {
                self.sizes.extend(groups);
                self.size_error = None;
            }
            Part::Failed(failure) => self.size_error = Some(failure),
            Part::Page(_) | Part::Last(_) => {}
        }
    }

    /// Whether the sizes of these groups are known.
    pub fn knows_sizes(&self, groups: &[String]) -> bool {
        groups.iter().all(|name| self.sizes.iter().any(|group| group.name == *name))
    }

    /// The bytes that a query over these groups is expected to scan.
    pub fn estimate(&self, groups: &[String], shown: (Ms, Ms), now: Ms) -> Estimate {
        let (from, to) = self.span(shown, now);
        estimate(&self.sizes, groups, SignedDuration::from_millis(to - from), now)
    }
}

/// A query with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name to type for it.
    pub name: &'static str,
    /// The question it answers.
    pub title: &'static str,
    pub query: &'static str,
}

/// The queries that come with the program.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "errors",
        title: "errors by message",
        query: "fields coalesce(err.message, msg, message, @message) as text\n| filter level >= 50 or level = \"error\" or @message like /(?i)error/\n| stats count(*) as lines by text\n| sort lines desc\n| limit 50",
    },
    Preset {
        name: "slow",
        title: "slowest routes",
        query: "fields coalesce(req.url, url, path, message) as route, coalesce(responseTime, duration, latency) as ms\n| filter ispresent(ms)\n| stats count(*) as requests, avg(ms) as average, pct(ms, 95) as p95, max(ms) as slowest by route\n| sort p95 desc\n| limit 30",
    },
    Preset {
        name: "volume",
        title: "volume by service",
        query: "stats count(*) as lines by @log, bin(5m)\n| sort lines desc\n| limit 1000",
    },
];

/// The query of a preset.
pub fn preset(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|preset| preset.name == name).map(|preset| preset.query)
}

/// The query with this name: a saved one (`NAME: QUERY`), or else a preset.
pub fn find_query<'a>(name: &str, saved: &'a [String]) -> Option<&'a str> {
    let mut known = saved.iter().filter_map(|query| query.split_once(':'));
    known.find(|(known, _)| known.trim() == name).map(|(_, query)| query.trim()).or_else(|| preset(name))
}

/// The bytes that a query is expected to scan.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Estimate {
    /// The number of bytes; `None` if unknown.
    pub bytes: Option<f64>,
}

impl Estimate {
    /// Whether to warn before it runs: it scans a gigabyte or more, or an unknown amount.
    pub fn needs_warning(&self) -> bool {
        self.bytes.is_none_or(|bytes| bytes >= 1e9)
    }

    /// The expected bytes and their price, in a few words.
    pub fn short(&self) -> String {
        let known = |bytes| format!("about {}, {}", size(bytes), dollars(bytes));
        self.bytes.map_or_else(|| "what it will scan is not known".to_owned(), known)
    }

    /// The expected bytes and their price, in a sentence.
    pub fn describe(&self) -> String {
        self.bytes.map_or_else(
            || "what it will scan is not known".to_owned(),
            |bytes| format!("it will scan about {}, which costs {}", size(bytes), dollars(bytes)),
        )
    }
}

/// Estimates the bytes that a query over some time scans: the groups' stored bytes, spread over their retention, or
/// over their age if that is shorter.
pub fn estimate(groups: &[LogGroup], names: &[String], time: SignedDuration, now: Ms) -> Estimate {
    let mut bytes = 0.0;
    for name in names {
        let Some(group) = groups.iter().find(|group| group.name == *name) else { return Estimate::default() };
        let age = group.created.map(|created| (now - created) as f64 / 86_400_000.0);
        let retention = group.retention_days.map(f64::from);
        // If neither is known, one day: the estimate is then too high rather than too low.
        let days = retention.into_iter().chain(age).reduce(f64::min).unwrap_or(1.0).max(1.0 / 24.0);
        let part = (time.as_secs_f64() / 86_400.0 / days).min(1.0);
        bytes += group.bytes as f64 * part;
    }
    Estimate { bytes: Some(bytes) }
}

/// The bytes that a query has scanned, and their price.
pub fn scanned_summary(result: &InsightsResult) -> String {
    format!(
        "{}; {} of {} lines matched; {} scanned, {}",
        pluralize(result.rows.len(), "row"),
        result.matched,
        result.scanned,
        size(result.bytes),
        dollars(result.bytes)
    )
}

/// A value of a result as it is displayed: the service's own timestamps, which are in UTC, in the reader's zone. JSON
/// and CSV keep the original.
pub fn display_value<'a>(column: &str, value: &'a str, zone: &TimeZone) -> Cow<'a, str> {
    const FORM: &str = "%Y-%m-%d %H:%M:%S%.3f";
    // Timestamps written by an application are text in an unknown zone.
    if !(matches!(column, "@timestamp" | "@ingestionTime") || column.starts_with("bin(")) {
        return Cow::Borrowed(value);
    }
    let at = DateTime::strptime(FORM, value).ok().and_then(|at| at.to_zoned(TimeZone::UTC).ok());
    at.map_or(Cow::Borrowed(value), |at| Cow::Owned(at.with_time_zone(zone.clone()).strftime(FORM).to_string()))
}

fn dollars(bytes: f64) -> String {
    let cost = bytes / 1e9 * INSIGHTS_DOLLARS_A_GB;
    if cost < 0.001 { "less than $0.001".to_owned() } else { format!("about ${cost:.3}") }
}

fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1e3 => format!("{b:.0} B"),
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.2} GB", b / 1e9),
    }
}

/// The prefix that all names share: one list of groups then contains them all.
pub fn common_prefix(names: &[String]) -> String {
    let Some(first) = names.first() else { return String::new() };
    let length = names.iter().fold(first.len(), |length, name| {
        first.bytes().zip(name.bytes()).take(length).take_while(|(a, b)| a == b).count()
    });
    (0..=length).rev().find_map(|end| first.get(..end)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_times_are_shown_in_the_readers_zone_and_text_unchanged() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let at = "2026-11-20 20:02:31.042";
        for (column, value, expected) in [
            ("@timestamp", at, "2026-11-21 05:02:31.042"),
            ("@ingestionTime", at, "2026-11-21 05:02:31.042"),
            ("bin(5m)", "2026-11-20 20:00:00.000", "2026-11-21 05:00:00.000"),
            ("@message", at, at),
            ("time", at, at),
            ("@timestamp", "–", "–"),
        ] {
            assert_eq!(display_value(column, value, &zone), expected, "{column}");
        }
    }

    #[test]
    fn query_price_is_shown_before_it_runs() {
        let group = LogGroup { name: "/a".into(), bytes: 70_000_000_000, retention_days: Some(7), created: None };
        let of = |group: &LogGroup, name: &str| {
            estimate(std::slice::from_ref(group), &[name.to_owned()], SignedDuration::from_hours(24), 864_000_000)
        };
        let day = of(&group, "/a");
        assert!(day.needs_warning());
        assert_eq!(day.describe(), "it will scan about 10.00 GB, which costs about $0.076");
        assert!(of(&group, "/b").needs_warning(), "what is not known is asked for twice");
        let young = LogGroup { created: Some(432_000_000), retention_days: None, ..group.clone() };
        assert_eq!(of(&young, "/a").bytes, Some(14e9), "five days old");
        let small = LogGroup { bytes: 1_000_000, ..group };
        assert!(!of(&small, "/a").needs_warning());
        assert_eq!(common_prefix(&["/ecs/a-web".into(), "/ecs/a-api".into()]), "/ecs/a-");
        assert!(preset("errors").is_some() && preset("none").is_none());
        let saved =
            ["slow-routes: filter ms > 500 | stats count(*) by bin(1h): x".to_owned(), "errors: mine".to_owned()];
        assert_eq!(find_query("slow-routes", &saved), Some("filter ms > 500 | stats count(*) by bin(1h): x"));
        assert_eq!(find_query("errors", &saved), Some("mine"), "one's own goes first");
        assert_eq!(find_query("volume", &saved), preset("volume"));
        assert_eq!(find_query("fields @message", &saved), None);
    }
}
