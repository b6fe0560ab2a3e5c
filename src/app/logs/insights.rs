//! Insights: presets, what a query will cost, what it did cost. Searches beyond what the store holds
//! go there.

use crate::app::event::{Fact, Part};
use crate::model::Failure;
use crate::model::logs::{INSIGHTS_DOLLARS_A_GB, InsightsResult, LogGroup, Ms};
use jiff::SignedDuration;

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

/// What the pane asks of Insights.
#[derive(Debug, Clone, Default)]
pub struct Insights {
    /// Which of [`RANGES`].
    pub range: usize,
    /// The query that was typed last.
    pub typed: String,
    /// A query that costs was chosen once: the next time it runs.
    pub agreed: Option<String>,
    /// The serial and the name of the query that runs.
    pub running: Option<(u64, String)>,
    /// What it found, to be shown.
    pub found: Option<Result<InsightsResult, Failure>>,
    /// Groups with their sizes.
    pub sizes: Vec<LogGroup>,
    /// All of them were read.
    pub sized: bool,
    /// Why they could not be.
    pub unsized_why: Option<Failure>,
}

impl Insights {
    /// From when to when a query looks.
    pub fn span(&self, shown: (Ms, Ms), now: Ms) -> (Ms, Ms) {
        match RANGES.get(self.range) {
            Some((_, Some(length))) => (now - length, now),
            _ => (shown.0.min(now - 1_000), now),
        }
    }

    /// Takes an answer in; that of a query which was left is nobody's.
    pub fn absorb(&mut self, serial: u64, part: Part) {
        if self.running.as_ref().is_some_and(|(asked, _)| *asked == serial) {
            match part {
                Part::Last(Fact::Insights(result)) => self.found = Some(Ok(*result)),
                Part::Broken(failure) => self.found = Some(Err(failure)),
                Part::Page(_) | Part::Last(_) => {}
            }
        }
    }

    /// Takes sizes in.
    pub fn absorb_sizes(&mut self, part: Part) {
        match part {
            Part::Page(Fact::LogGroups(groups)) => self.sizes.extend(groups),
            Part::Last(Fact::LogGroups(groups)) => {
                self.sizes.extend(groups);
                (self.sized, self.unsized_why) = (true, None);
            }
            Part::Broken(failure) => self.unsized_why = Some(failure),
            Part::Page(_) | Part::Last(_) => {}
        }
    }

    /// What a query over these groups is expected to scan.
    pub fn estimate(&self, groups: &[String], shown: (Ms, Ms), now: Ms) -> Estimate {
        if !self.sized {
            return Estimate::default();
        }
        let (from, to) = self.span(shown, now);
        estimate(&self.sizes, groups, SignedDuration::from_millis(to - from))
    }
}

/// A query with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// What is typed.
    pub name: &'static str,
    /// What it answers.
    pub title: &'static str,
    /// The query.
    pub query: &'static str,
}

/// The presets.
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

/// What a query is expected to scan.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Estimate {
    /// Bytes; none where nothing is known.
    pub bytes: Option<f64>,
}

impl Estimate {
    /// Whether a person should know before: a gigabyte or more.
    pub fn worth_saying(&self) -> bool {
        self.bytes.is_some_and(|bytes| bytes >= 1e9)
    }

    /// In a few words.
    pub fn short(&self) -> String {
        let known = |bytes| format!("about {}, {}", size(bytes), dollars(bytes));
        self.bytes.map_or_else(|| "what it will scan is not known".to_owned(), known)
    }

    /// In a sentence.
    pub fn words(&self) -> String {
        self.bytes.map_or_else(
            || "what it will scan is not known".to_owned(),
            |bytes| format!("it will scan about {}, which costs {}", size(bytes), dollars(bytes)),
        )
    }
}

/// What a query over some time scans: the groups' bytes, spread over the time that they keep.
pub fn estimate(all: &[LogGroup], names: &[String], time: SignedDuration) -> Estimate {
    let mut bytes = 0.0;
    for name in names {
        let Some(group) = all.iter().find(|group| group.name == *name) else { return Estimate::default() };
        // Without a limit of days, a year is assumed: the estimate is then too high rather than too low.
        let days = f64::from(group.retention_days.unwrap_or(365).max(1));
        let part = (time.as_secs_f64() / 86_400.0 / days).min(1.0);
        bytes += group.bytes as f64 * part;
    }
    Estimate { bytes: Some(bytes) }
}

/// What it has scanned and what that costs.
pub fn after(result: &InsightsResult) -> String {
    format!(
        "{} rows; {} of {} lines matched; {} scanned, {}",
        result.rows.len(),
        result.matched,
        result.scanned,
        size(result.bytes),
        dollars(result.bytes)
    )
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
    fn what_it_costs_is_said() {
        let group = LogGroup { name: "/a".into(), bytes: 70_000_000_000, retention_days: Some(7) };
        let day = estimate(std::slice::from_ref(&group), &["/a".to_owned()], SignedDuration::from_hours(24));
        assert!(day.worth_saying());
        assert_eq!(day.words(), "it will scan about 10.00 GB, which costs about $0.076");
        assert!(!estimate(&[group], &["/b".to_owned()], SignedDuration::from_hours(24)).worth_saying());
        assert_eq!(common(&["/ecs/a-web".into(), "/ecs/a-api".into()]), "/ecs/a-");
        assert!(preset("errors").is_some() && preset("none").is_none());
    }
}
