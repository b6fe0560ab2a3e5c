//! Logs as AWS hands them out: events, pages of them, groups, live updates, results of Insights.
//! Where a container's lines are found lives here too. How lines are kept, parsed and searched is
//! the crate `log-store`; when what is asked is `app::logs`.

use super::piece::Piece;
use super::task_definition::ContainerDefinition;
use std::sync::Arc;

/// Milliseconds since the Unix epoch, as the service counts.
pub type Ms = i64;

/// A log line as CloudWatch has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct LogEvent {
    /// Unique in its group; empty where the API gives none (live tail, `GetLogEvents`).
    pub id: Piece,
    pub stream: Piece,
    /// When it was written, in milliseconds.
    pub at: Ms,
    /// When the service took it in, in milliseconds.
    pub ingested: Ms,
    /// The line, as it came.
    pub message: Piece,
}

impl LogEvent {
    /// A copy with its own text, so that the page it came from can be freed.
    #[must_use]
    pub fn alone(&self) -> Self {
        let whole = Arc::new([&*self.id, &*self.stream, &*self.message].concat());
        let (id, stream) = (self.id.len(), self.id.len() + self.stream.len());
        Self {
            id: Piece::of(&whole, 0..id),
            stream: Piece::of(&whole, id..stream),
            message: Piece::of(&whole, stream..whole.len()),
            ..*self
        }
    }
}

/// One page of a read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPage {
    /// Events, oldest first unless the newest were asked for first.
    pub events: Vec<LogEvent>,
    /// The token of the next page; an empty page may have one.
    pub next: Option<String>,
}

/// The part of a group that a page is read from: a time, perhaps streams or a pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogWindow {
    /// The region of the group; none for the environment's.
    pub region: Option<String>,
    /// The name of the log group.
    pub group: String,
    /// Only streams whose names begin so.
    pub prefix: Option<String>,
    /// Only these streams; empty for all.
    pub streams: Vec<String>,
    /// From this time on, in milliseconds.
    pub from: Ms,
    /// To this time, which belongs to it, in milliseconds; none for no end.
    pub to: Option<Ms>,
    /// A filter pattern of the service.
    pub pattern: Option<String>,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// The token of the page; none for the first.
    pub token: Option<String>,
    /// The most events of the page; none for as many as the service gives.
    pub limit: Option<i32>,
}

/// A log stream of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogStream {
    pub name: String,
    /// When the stream was made, in milliseconds of the epoch.
    pub created: Ms,
    /// When its last line was written or taken in, as far as the service says: it may say so hours late.
    pub last: Option<Ms>,
}

/// A log group, with its size.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct LogGroup {
    pub name: String,
    /// How many bytes it stores.
    pub bytes: i64,
    /// Days after which lines are deleted; none for never.
    pub retention_days: Option<i32>,
    /// When the group was made.
    pub created: Option<Ms>,
}

/// One second of a live tail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveUpdate {
    /// Events with the name of their group before their stream: not in order.
    pub events: Vec<(String, LogEvent)>,
    /// More came than the service shows: 500 a second.
    pub sampled: bool,
    /// Whether the session has just begun.
    pub started: bool,
}

/// A query of Insights over some groups and a range of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InsightsQuery {
    /// The names of the groups, at most 50.
    pub groups: Vec<String>,
    /// The text of the query.
    pub text: String,
    /// From this time on, in milliseconds.
    pub from: Ms,
    /// To this time, in milliseconds.
    pub to: Ms,
    /// How many rows are returned at most.
    pub limit: i32,
}

/// The result of a query of Insights so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightsResult {
    /// Whether it has ended.
    pub complete: bool,
    /// `Running`, `Complete`, …
    pub status: String,
    /// Names of the fields, in the order in which they came.
    pub columns: Vec<String>,
    /// Values by column; a row may lack one.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many events matched.
    pub matched: f64,
    /// Events that were looked at.
    pub scanned: f64,
    /// Bytes that were looked at: what is paid for.
    pub bytes: f64,
}

/// Dollars for a GB that Insights scans. Source: the price list of CloudWatch for ap-northeast-1
/// (0.0076; most regions 0.005): the dearer one.
pub const INSIGHTS_DOLLARS_A_GB: f64 = 0.0076;

/// Where the lines of one container are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum LogPlace {
    /// A group, and how its streams' names begin.
    Group {
        /// The name of the log group.
        group: String,
        /// `prefix/container/`; none where the definition names no prefix.
        prefix: Option<String>,
        /// `awslogs-region`; none for that of the environment.
        region: Option<String>,
    },
    /// Somewhere that cannot be read here; the sentence says where.
    Elsewhere(String),
}

/// Where a container writes to, and if that is not CloudWatch, where a person finds it.
pub fn place_of(container: &ContainerDefinition) -> LogPlace {
    let Some(log) = &container.log else {
        return LogPlace::Elsewhere(format!(
            "container {} has no log configuration: what it writes is kept nowhere",
            container.name
        ));
    };
    if log.driver != "awslogs" {
        let name = &container.name;
        let somewhere = match log.driver.as_str() {
            "awsfirelens" => "a FireLens sidecar of its task routes them: its configuration says where to",
            "splunk" => "they go to Splunk: search there",
            "fluentd" | "gelf" | "syslog" | "logentries" => "they go to a collector of that kind: search there",
            "json-file" | "local" | "journald" => "they stay on the container instance: read them there",
            "none" => "that keeps nothing",
            _ => "CloudWatch Logs does not have them",
        };
        return LogPlace::Elsewhere(format!("container {name} logs with the driver {}: {somewhere}", log.driver));
    }
    match &log.group {
        Some(group) => LogPlace::Group {
            group: group.clone(),
            prefix: log.prefix.as_ref().map(|prefix| format!("{prefix}/{}/", container.name)),
            region: log.region.clone(),
        },
        None => LogPlace::Elsewhere(format!(
            "container {} logs with awslogs and its definition names no group",
            container.name
        )),
    }
}

/// The stream of one task's container, where the definition names a prefix.
pub fn stream_of(container: &ContainerDefinition, task: &str) -> Option<(String, String)> {
    match place_of(container) {
        LogPlace::Group { group, prefix: Some(prefix), .. } => Some((group, format!("{prefix}{task}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task_definition::LogConfiguration;

    fn container(driver: &str, group: Option<&str>) -> ContainerDefinition {
        let log = LogConfiguration {
            driver: driver.into(),
            group: group.map(str::to_owned),
            prefix: group.map(|_| "ecs".to_owned()),
            region: None,
        };
        ContainerDefinition { name: "web".into(), log: Some(log), ..ContainerDefinition::default() }
    }

    #[test]
    fn a_stream_is_prefix_container_task() {
        let awslogs = container("awslogs", Some("/ecs/web"));
        assert_eq!(stream_of(&awslogs, "0123"), Some(("/ecs/web".into(), "ecs/web/0123".into())));
        assert!(stream_of(&container("awslogs", None), "0123").is_none());
    }

    #[test]
    fn other_drivers_say_where() {
        let LogPlace::Elsewhere(said) = place_of(&container("awsfirelens", None)) else { panic!("a place") };
        assert!(said.contains("web") && said.contains("FireLens"), "{said}");
        assert!(matches!(place_of(&ContainerDefinition::default()), LogPlace::Elsewhere(_)));
    }
}
