//! Insights: presets, what a query will cost, what it did cost. Searches beyond what the store holds
//! go there.
use crate::app::ticket::Ticket;
use crate::feeds::aws::{Fact, Part};
use crate::model::Failure;
use crate::model::logs::{INSIGHTS_DOLLARS_A_GB, InsightsResult, LogGroup, Ms};
use crate::model::text::counted;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::borrow::Cow;

const HOUR: Ms = 3_600_000;

/// Times that a query may look at, each with its length; none is what is shown.
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
    /// The place of the range in [`RANGES`].
    pub range: usize,
    /// The query that was typed last.
    pub typed: String,
    /// A query that costs was chosen once: the next time it runs, if it still costs the same.
    pub agreed: Option<Agreed>,
    /// The query that is under way.
    pub running: Option<Running>,
    /// The result of the last query, to be shown.
    pub found: Option<Result<InsightsResult, Failure>>,
    /// Groups with their sizes.
    pub sizes: Vec<LogGroup>,
    /// Why they could not be.
    pub size_error: Option<Failure>,
}

/// A query that was chosen once, and what it was said to cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Tells the query from the others.
    pub query: String,
    /// The cost in words, as it was shown.
    pub cost: String,
}

/// A query that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// It was asked for under this.
    pub ticket: Ticket,
    /// Its name for a person.
    pub name: String,
}

impl Insights {
    /// The time range of a query.
    pub fn span(&self, shown: (Ms, Ms), now: Ms) -> (Ms, Ms) {
        match RANGES.get(self.range) {
            Some((_, Some(length))) => (now - length, now),
            // Nothing is here: from the beginning of time would be all that there is, and cost as much.
            _ if shown.0 == 0 => (now - HOUR, now),
            _ => (shown.0.min(now - 1_000), now),
        }
    }

    /// Applies an answer; that of an abandoned query is dropped.
    pub fn absorb(&mut self, ticket: Ticket, part: Part) {
        if self.running.as_ref().is_some_and(|running| running.ticket == ticket) {
            match part {
                Part::Last(Fact::Insights(result)) => self.found = Some(Ok(*result)),
                Part::Failed(failure) => self.found = Some(Err(failure)),
                Part::Page(_) | Part::Last(_) => {}
            }
        }
    }

    /// Adds the sizes of groups, for the price.
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

    /// Whether it is known how large these groups are.
    pub fn sized(&self, groups: &[String]) -> bool {
        groups.iter().all(|name| self.sizes.iter().any(|group| group.name == *name))
    }

    /// The bytes that a query over these groups is expected to scan.
    pub fn estimate(&self, groups: &[String], shown: (Ms, Ms), now: Ms) -> Estimate {
        let (from, to) = self.span(shown, now);
        estimate(&self.sizes, groups, SignedDuration::from_millis(to - from), now)
    }
}

/// A query that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name that is typed for it.
    pub name: &'static str,
    /// The question that it answers.
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

/// The query of this name: one that is saved, each `NAME: QUERY`, else a preset.
pub fn named<'a>(name: &str, saved: &'a [String]) -> Option<&'a str> {
    let mut known = saved.iter().filter_map(|query| query.split_once(':'));
    known.find(|(known, _)| known.trim() == name).map(|(_, query)| query.trim()).or_else(|| preset(name))
}

/// The bytes that a query is expected to scan.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Estimate {
    /// Bytes; none where nothing is known.
    pub bytes: Option<f64>,
}

impl Estimate {
    /// Whether to warn before it runs: it scans a gigabyte or more, or an unknown amount.
    pub fn worth_saying(&self) -> bool {
        self.bytes.is_none_or(|bytes| bytes >= 1e9)
    }

    /// The expected bytes and their price, in a few words.
    pub fn short(&self) -> String {
        let known = |bytes| format!("about {}, {}", size(bytes), dollars(bytes));
        self.bytes.map_or_else(|| "what it will scan is not known".to_owned(), known)
    }

    /// The expected bytes and their price, in a sentence.
    pub fn words(&self) -> String {
        self.bytes.map_or_else(
            || "what it will scan is not known".to_owned(),
            |bytes| format!("it will scan about {}, which costs {}", size(bytes), dollars(bytes)),
        )
    }
}

/// The bytes that a query over some time scans: the groups' stored bytes, spread over their retention, or over their
/// age where that is shorter.
pub fn estimate(all: &[LogGroup], names: &[String], time: SignedDuration, now: Ms) -> Estimate {
    let mut bytes = 0.0;
    for name in names {
        let Some(group) = all.iter().find(|group| group.name == *name) else { return Estimate::default() };
        let age = group.created.map(|created| (now - created) as f64 / 86_400_000.0);
        let kept = group.retention_days.map(f64::from);
        // Where neither is known, a day: the estimate is then too high rather than too low.
        let days = kept.into_iter().chain(age).reduce(f64::min).unwrap_or(1.0).max(1.0 / 24.0);
        let part = (time.as_secs_f64() / 86_400.0 / days).min(1.0);
        bytes += group.bytes as f64 * part;
    }
    Estimate { bytes: Some(bytes) }
}

/// The bytes that the query has scanned, and their price.
pub fn after(result: &InsightsResult) -> String {
    format!(
        "{}; {} of {} lines matched; {} scanned, {}",
        counted(result.rows.len(), "row"),
        result.matched,
        result.scanned,
        size(result.bytes),
        dollars(result.bytes)
    )
}

/// A value of a result as people read it: a time of CloudWatch Logs' own, which stands there in UTC, in their zone. JSON
/// and CSV keep it as it came.
pub fn shown<'a>(column: &str, value: &'a str, zone: &TimeZone) -> Cow<'a, str> {
    const FORM: &str = "%Y-%m-%d %H:%M:%S%.3f";
    // Times that an application has written itself are text: nobody knows their zone.
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

/// The beginning that all names share: one list of groups then has them all.
pub fn common(names: &[String]) -> String {
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
    fn times_of_the_service_are_shown_in_the_zone_of_the_reader_and_text_as_it_came() {
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
            assert_eq!(shown(column, value, &zone), expected, "{column}");
        }
    }

    #[test]
    fn the_price_of_a_query_is_told_before_it_runs() {
        let group = LogGroup { name: "/a".into(), bytes: 70_000_000_000, retention_days: Some(7), created: None };
        let of = |group: &LogGroup, name: &str| {
            estimate(std::slice::from_ref(group), &[name.to_owned()], SignedDuration::from_hours(24), 864_000_000)
        };
        let day = of(&group, "/a");
        assert!(day.worth_saying());
        assert_eq!(day.words(), "it will scan about 10.00 GB, which costs about $0.076");
        assert!(of(&group, "/b").worth_saying(), "what is not known is asked for twice");
        let young = LogGroup { created: Some(432_000_000), retention_days: None, ..group.clone() };
        assert_eq!(of(&young, "/a").bytes, Some(14e9), "five days old");
        let small = LogGroup { bytes: 1_000_000, ..group };
        assert!(!of(&small, "/a").worth_saying());
        assert_eq!(common(&["/ecs/a-web".into(), "/ecs/a-api".into()]), "/ecs/a-");
        assert!(preset("errors").is_some() && preset("none").is_none());
        let saved =
            ["slow-routes: filter ms > 500 | stats count(*) by bin(1h): x".to_owned(), "errors: mine".to_owned()];
        assert_eq!(named("slow-routes", &saved), Some("filter ms > 500 | stats count(*) by bin(1h): x"));
        assert_eq!(named("errors", &saved), Some("mine"), "one's own goes first");
        assert_eq!(named("volume", &saved), preset("volume"));
        assert_eq!(named("fields @message", &saved), None);
    }
}
