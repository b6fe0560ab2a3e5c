//! Logs as AWS returns them: events, pages, groups, live updates, results of Insights; and the location of a
//! container's log. The crate `log-store` stores, parses and searches lines; `app::logs` decides what to request.

use super::task_definition::ContainerDefinition;
use super::text_slice::Piece;
use std::sync::Arc;

/// Milliseconds since the Unix epoch, as the API counts.
pub type Ms = i64;

/// A log line of CloudWatch.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct LogEvent {
    /// Unique in its group; empty if the API returns none (live tail, `GetLogEvents`).
    pub id: Piece,
    pub stream: Piece,
    /// When it was written, in milliseconds since the epoch.
    pub at: Ms,
    /// When CloudWatch ingested it, in milliseconds since the epoch.
    pub ingested: Ms,
    /// The unchanged line.
    pub message: Piece,
}

impl LogEvent {
    /// Returns a copy with its own text, so that the page it came from can be freed.
    #[must_use]
    pub fn detached(&self) -> Self {
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
    /// Events, oldest first unless the newest were requested first.
    pub events: Vec<LogEvent>,
    /// The token of the next page; even an empty page may have one.
    pub next: Option<String>,
}

/// The part of a group to read: a time range, and optionally streams or a pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogWindow {
    /// The region of the group; `None` for the environment's region.
    pub region: Option<String>,
    /// The name of the log group.
    pub group: String,
    /// Only streams with this prefix.
    pub prefix: Option<String>,
    /// Only these streams; empty for all.
    pub streams: Vec<String>,
    /// The start of the range, in milliseconds.
    pub from: Ms,
    /// The inclusive end of the range, in milliseconds; `None` for no end.
    pub to: Option<Ms>,
    /// A filter pattern of the service.
    pub pattern: Option<String>,
    /// Whether to return the newest events first.
    pub newest_first: bool,
    /// The token of the page; `None` for the first.
    pub token: Option<String>,
    /// Maximum number of events in the page; `None` for the default of the service.
    pub limit: Option<i32>,
}

/// A log stream of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogStream {
    pub name: String,
    /// When the stream was created, in milliseconds since the epoch.
    pub created: Ms,
    /// When its last line was written or ingested, if known. The service updates it with a delay of up to hours.
    pub last: Option<Ms>,
}

/// A log group, with its size.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct LogGroup {
    pub name: String,
    /// Stored bytes.
    pub bytes: i64,
    /// Retention in days; `None` for unlimited.
    pub retention_days: Option<i32>,
    /// When the group was created.
    pub created: Option<Ms>,
}

/// One second of a live tail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveUpdate {
    /// Events, each with the name of its group; not sorted.
    pub events: Vec<(String, LogEvent)>,
    /// Whether the service left out events: it returns at most 500 a second.
    pub sampled: bool,
    /// Whether the session has just begun.
    pub started: bool,
}

/// An Insights query over some groups and a time range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InsightsQuery {
    /// The names of the groups, at most 50.
    pub groups: Vec<String>,
    /// The text of the query.
    pub text: String,
    /// The start of the range, in milliseconds.
    pub from: Ms,
    /// The end of the range, in milliseconds.
    pub to: Ms,
    /// Maximum number of rows to return.
    pub limit: i32,
}

/// The results of an Insights query so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightsResult {
    /// Whether it has ended.
    pub complete: bool,
    /// `Running`, `Complete`, …
    pub status: String,
    /// Names of the fields, in the order in which they first appeared.
    pub columns: Vec<String>,
    /// Values by column; a row may lack some.
    pub rows: Vec<Vec<Option<String>>>,
    /// Number of matching events.
    pub matched: f64,
    /// Number of scanned events.
    pub scanned: f64,
    /// Number of scanned bytes, which determine the price.
    pub bytes: f64,
}

/// Price in dollars per GB that Insights scans. Source: the price list of CloudWatch for ap-northeast-1 (0.0076; most
/// regions 0.005), the more expensive one.
pub const INSIGHTS_DOLLARS_A_GB: f64 = 0.0076;

/// The location of a container's log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum LogPlace {
    /// A log group, and the prefix of its stream names.
    Group {
        /// The name of the log group.
        group: String,
        /// `prefix/container/`; `None` if the task definition has no prefix.
        prefix: Option<String>,
        /// `awslogs-region`; `None` for the environment's region.
        region: Option<String>,
    },
    /// A log that cannot be read from CloudWatch; the sentence describes where it is.
    Elsewhere(String),
}

/// Returns where a container's log is; if it is not in CloudWatch, a sentence for the user.
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

/// Returns group and stream of one task's container, if the task definition has a stream prefix.
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
    fn stream_name_is_prefix_container_task() {
        let awslogs = container("awslogs", Some("/ecs/web"));
        assert_eq!(stream_of(&awslogs, "0123"), Some(("/ecs/web".into(), "ecs/web/0123".into())));
        assert!(stream_of(&container("awslogs", None), "0123").is_none());
    }

    #[test]
    fn other_log_drivers_describe_the_location() {
        let LogPlace::Elsewhere(said) = place_of(&container("awsfirelens", None)) else { panic!("a place") };
        assert!(said.contains("web") && said.contains("FireLens"), "{said}");
        assert!(matches!(place_of(&ContainerDefinition::default()), LogPlace::Elsewhere(_)));
    }
}
