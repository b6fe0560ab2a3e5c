//! Monitoring agents that run as sidecars beside a service's own container: kind, version, whether they run, and
//! whether they report.

use crate::logs::LogEvent;
use crate::task::{Container, Task};
use crate::time;
use jiff::{SignedDuration, Timestamp};
use log_store::kind::Kind;
use log_store::level::Level;
use log_store::parse;

/// Agent kinds, recognized by a part of the image or container name.
const KNOWN: &[(&str, &str)] = &[
    ("datadog", "datadog"),
    ("newrelic", "newrelic"),
    ("cloudwatch-agent", "cloudwatch"),
    ("aws-otel-collector", "opentelemetry"),
    ("opentelemetry-collector", "opentelemetry"),
    ("dynatrace", "dynatrace"),
    ("fluent-bit", "fluent bit"),
    ("fluentbit", "fluent bit"),
    ("log_router", "fluent bit"),
];

/// An agent that has run longer than this without writing a log line counts as not working.
const STARTUP_GRACE: SignedDuration = SignedDuration::from_mins(10);
/// An agent counts as not reporting after this many consecutive errors, or when nothing but errors was logged for
/// [`RETRY_WINDOW`].
const MAX_ERRORS: usize = 3;
const RETRY_WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// Maximum length of a displayed log line, in characters.
const MAX_SHOWN_CHARS: usize = 120;

/// A monitoring agent (Datadog, CloudWatch …) that runs as a sidecar container of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Which agent it is: `datadog`.
    pub kind: &'static str,
    pub container: String,
    /// The version, taken from the image tag.
    pub version: Option<String>,
    /// Whether its container is running.
    pub running: bool,
    /// The result of the container's own health check; `None` if it has none.
    pub reporting: Option<bool>,
}

impl Agent {
    /// `datadog 7.72.1`.
    pub fn label(&self) -> String {
        let version = self.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        format!("{}{version}", self.kind)
    }

    /// The status line that is displayed: `datadog 7.72.1 running`.
    pub fn status_label(&self) -> String {
        let state = match (self.running, self.reporting) {
            (false, _) => "not running",
            (true, Some(false)) => "running, its health check fails",
            (true, Some(true)) => "running and well",
            (true, None) => "running",
        };
        format!("{} {state}", self.label())
    }
}

/// The state of an agent, derived from the last lines of its log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogStatus {
    /// Time of the last line that is not an error, a warning or the continuation of an error.
    pub success: Option<Timestamp>,
    /// Time and text of the last error.
    pub error: Option<(Timestamp, String)>,
    /// Number of errors since the last successful line.
    pub errors: usize,
}

/// Derives the state of an agent from its log lines, oldest first; the newest line of each kind counts.
pub fn log_status(lines: &[LogEvent]) -> LogStatus {
    let mut heard = LogStatus::default();
    for line in lines {
        let Ok(at) = Timestamp::from_millisecond(line.at) else { continue };
        match level(&line.message) {
            Level::Error | Level::Fatal => {
                let text = parse::strip_colour(line.message.trim());
                heard.error = Some((at, text.chars().take(MAX_SHOWN_CHARS).collect()));
                heard.errors += 1;
            }
            // A warning proves neither success nor failure.
            Level::Warn => {}
            // The continuation of an error, such as its stack trace: after an error, only a line with a level proves
            // success.
            Level::None if heard.errors > 0 => {}
            _ => (heard.success, heard.errors) = (Some(at), 0),
        }
    }
    heard
}

/// Returns the level of a log line. Agents write it between bars, in brackets, or as a letter with an exclamation mark.
fn level(line: &str) -> Level {
    // Datadog puts the agent's component first, and one component is called `TRACE`: take the most severe of the words.
    let barred = line.split(" | ").take(4).filter_map(|word| Level::from_word(word.trim().as_bytes())).max();
    if let Some(level) = barred.filter(|_| line.contains(" | ")) {
        return level;
    }
    let read = parse::parse(line, Kind::default()).level;
    if read != Level::None {
        return read;
    }
    let mut words =
        line.split(|c: char| c.is_whitespace() || matches!(c, '|' | '[' | ']')).filter(|word| !word.is_empty());
    let found = words.by_ref().take(8).find_map(|word| match word {
        "E!" => Some(Level::Error),
        "W!" => Some(Level::Warn),
        "I!" | "D!" => Some(Level::Info),
        word if word.len() >= 4 => Level::from_word(word.as_bytes()),
        _ => None,
    });
    found.unwrap_or(Level::None)
}

/// Whether an agent delivers data to its backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reporting {
    /// The last line that has a level is not an error; the time of that line.
    Active(Option<Timestamp>),
    /// It does not report: the reason, and since when.
    Failing { why: String, since: Option<Timestamp> },
    /// Unknown, with the reason.
    Unknown(String),
}

/// The log of an agent, if it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Log {
    /// The log is not in CloudWatch or was not read; the reason.
    Unread(String),
    /// Its last log lines were read.
    Read(LogStatus),
}

/// Decides from container state, health check and log whether an agent reports. `began` is the start time of its task.
pub fn reports(agent: &Agent, log: &Log, began: Option<Timestamp>, now: Timestamp) -> Reporting {
    if !agent.running {
        return Reporting::Failing { why: "its container does not run".to_owned(), since: None };
    }
    if agent.reporting == Some(false) {
        return Reporting::Failing { why: "its health check fails".to_owned(), since: None };
    }
    let heard = match log {
        Log::Read(heard) => heard,
        Log::Unread(_) if agent.reporting == Some(true) => return Reporting::Active(None),
        Log::Unread(why) => return Reporting::Unknown(why.clone()),
    };
    match (heard.success, &heard.error) {
        (Some(success), None) => Reporting::Active(Some(success)),
        // It failed once and is retrying: still counts as reporting.
        (Some(success), Some(_)) if heard.errors < MAX_ERRORS && now.duration_since(success) < RETRY_WINDOW => {
            Reporting::Active(Some(success))
        }
        (Some(success), Some(_)) if heard.errors == 0 => Reporting::Active(Some(success)),
        (_, Some((failed, line))) => {
            Reporting::Failing { why: format!("its last log line is an error: {line}"), since: Some(*failed) }
        }
        (None, None) if agent.reporting == Some(true) => Reporting::Active(None),
        (None, None) if began.is_some_and(|began| now.duration_since(began) > STARTUP_GRACE) => {
            Reporting::Failing { why: "it has written nothing since it began".to_owned(), since: began }
        }
        (None, None) => Reporting::Unknown("it has written nothing yet".to_owned()),
    }
}

impl Reporting {
    /// The line that is displayed: `reports, 2m ago`, `does not report: its health check fails`.
    pub fn describe(&self, now: Timestamp) -> String {
        let ago = |at: Timestamp| format!("{} ago", time::age(Some(at), now));
        match self {
            Self::Active(Some(at)) => format!("reports, {}", ago(*at)),
            Self::Active(None) => "reports".to_owned(),
            Self::Failing { why, since: Some(at) } => format!("does not report: {why}, {}", ago(*at)),
            Self::Failing { why, since: None } => format!("does not report: {why}"),
            Self::Unknown(why) => format!("unknown whether it reports: {why}"),
        }
    }
}

fn of_container(container: &Container) -> Option<Agent> {
    let (image, name) = (container.image.to_ascii_lowercase(), container.name.to_ascii_lowercase());
    let (_, kind) = KNOWN.iter().find(|(word, _)| image.contains(word) || name.contains(word))?;
    let tag = container.image.rsplit('/').next().and_then(|last| last.split('@').next()?.split_once(':'));
    Some(Agent {
        kind,
        container: container.name.clone(),
        version: tag.map(|(_, tag)| tag.to_owned()),
        running: container.status == "RUNNING",
        reporting: match container.health.as_str() {
            "HEALTHY" => Some(true),
            "UNHEALTHY" => Some(false),
            _ => None,
        },
    })
}

/// Returns the agents of a task.
pub fn agents(task: &Task) -> Vec<Agent> {
    // A task with a single container has no sidecars.
    if task.containers.len() < 2 { Vec::new() } else { task.containers.iter().filter_map(of_container).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, image: &str, status: &str, health: &str) -> Container {
        Container {
            name: name.into(),
            image: image.into(),
            status: status.into(),
            health: health.into(),
            ..Container::default()
        }
    }

    #[test]
    fn agent_is_recognized_by_image_or_container_name() {
        let of = |name, image, health| of_container(&container(name, image, "RUNNING", health));
        let datadog = of("datadog-agent", "public.ecr.aws/datadog/agent:7.72.1", "UNKNOWN").unwrap();
        assert_eq!(datadog.status_label(), "datadog 7.72.1 running");
        assert_eq!(
            of("dd", "registry.example/datadog/agent@sha256:0", "HEALTHY").unwrap().status_label(),
            "datadog running and well"
        );
        assert_eq!(of("web", "1.dkr.ecr.x.amazonaws.com/web:9f3c2e1", "HEALTHY"), None);
    }

    #[test]
    fn stopped_or_unhealthy_agent_is_described_as_such() {
        let stopped = of_container(&container("datadog-agent", "datadog/agent:7", "STOPPED", "UNKNOWN")).unwrap();
        assert_eq!(stopped.status_label(), "datadog 7 not running");
        let unhealthy = of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", "UNHEALTHY")).unwrap();
        assert_eq!(unhealthy.status_label(), "datadog 7 running, its health check fails");
    }

    fn line(minute: i64, message: &str) -> LogEvent {
        LogEvent { at: minute * 60_000, message: message.into(), ..LogEvent::default() }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[test]
    fn log_levels_of_each_agent_are_recognized() {
        let lines = [
            (
                "2026-11-20 05:00:00 UTC | CORE | INFO | (pkg/collector/worker/check_logger.go:40 in CheckStarted) | Done running check",
                Level::Info,
            ),
            (
                "2026-11-20 05:00:00 UTC | CORE | ERROR | (comp/forwarder/worker.go:191 in process) | Error while processing transaction",
                Level::Error,
            ),
            ("2026-11-20 05:00:00 UTC | TRACE | WARN | (pkg/x.go:1) | late", Level::Warn),
            ("[2026/11/20 05:00:00] [ info] [output:datadog:datadog.1] worker #0 started", Level::Info),
            (
                "[2026/11/20 05:00:00] [error] [output:cloudwatch_logs:cloudwatch_logs.0] Failed to send log events",
                Level::Error,
            ),
            ("2026-11-20T05:00:00Z E! WriteToCloudWatch failure, err: AccessDenied", Level::Error),
            ("2026-11-20T05:00:00Z I! [logagent] starting", Level::Info),
        ];
        for (text, wanted) in lines {
            assert_eq!(level(text), wanted, "{text}");
        }
    }

    #[test]
    fn agent_reports_until_its_last_line_is_an_error() {
        let agent = of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", "UNKNOWN")).unwrap();
        let good = line(1, "2026-11-20 05:00:00 UTC | CORE | INFO | Done running check");
        let bad = line(2, "2026-11-20 05:00:00 UTC | CORE | ERROR | 403 Forbidden: API key invalid");
        let warning = line(3, "2026-11-20 05:00:00 UTC | CORE | WARN | slow");
        let judged = |lines: &[LogEvent]| reports(&agent, &Log::Read(log_status(lines)), Some(at(0)), at(20));
        assert_eq!(judged(&[good.clone(), warning.clone()]).describe(at(20)), "reports, 19m ago");
        let failing = judged(&[good.clone(), bad.clone(), warning]);
        assert!(
            failing.describe(at(20)).contains("its last log line is an error")
                && failing.describe(at(20)).contains("18m ago"),
            "{failing:?}"
        );
        assert_eq!(judged(&[bad.clone(), LogEvent { at: 240_000, ..good.clone() }]), Reporting::Active(Some(at(4))));
        let soon = reports(&agent, &Log::Read(log_status(&[good.clone(), bad.clone()])), Some(at(0)), at(3));
        assert_eq!(soon, Reporting::Active(Some(at(1))), "a single error is tolerated");
        let again = [good.clone(), bad.clone(), bad.clone(), bad.clone()];
        let again = reports(&agent, &Log::Read(log_status(&again)), Some(at(0)), at(3));
        assert!(matches!(again, Reporting::Failing { .. }), "three are");
        assert!(matches!(judged(&[]), Reporting::Failing { .. }), "it has run for twenty minutes");
        let young = reports(&agent, &Log::Read(LogStatus::default()), Some(at(15)), at(20));
        assert!(matches!(young, Reporting::Unknown(_)), "{young:?}");
    }

    #[test]
    fn stack_trace_after_an_error_does_not_count_as_success() {
        let agent = of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", "UNKNOWN")).unwrap();
        let good = line(1, "2026-11-20 05:00:00 UTC | CORE | INFO | Done running check");
        let bad = line(2, "2026-11-20 05:00:00 UTC | CORE | ERROR | 403 Forbidden: API key invalid");
        let trace = [line(2, "    at forwarder.process (worker)"), line(2, "    at main.run (main)")];
        assert!(trace.iter().all(|line| level(&line.message) == Level::None));
        let mut lines = vec![good.clone(), bad];
        lines.extend(trace.clone());
        let state = log_status(&lines);
        assert_eq!((state.success, state.errors), (Some(at(1)), 1));
        let judged = reports(&agent, &Log::Read(state), Some(at(0)), at(20));
        assert!(
            judged.describe(at(20)).contains("its last log line is an error: 2026-11-20 05:00:00 UTC | CORE | ERROR"),
            "{judged:?}"
        );
        lines.push(LogEvent { at: 240_000, ..good });
        lines.extend(trace.map(|line| LogEvent { at: 300_000, ..line }));
        let state = log_status(&lines);
        assert_eq!((state.success, state.errors), (Some(at(5)), 0), "the last line with a level is not an error");
    }

    #[test]
    fn agent_with_unreadable_log_is_unknown() {
        let agent = |health| of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", health)).unwrap();
        let log = Log::Unread("logs:GetLogEvents: not allowed".to_owned());
        let judged = reports(&agent("UNKNOWN"), &log, None, at(1));
        assert_eq!(judged.describe(at(1)), "unknown whether it reports: logs:GetLogEvents: not allowed");
        assert_eq!(
            reports(&agent("HEALTHY"), &log, None, at(1)),
            Reporting::Active(None),
            "its own health check passes"
        );
        assert!(matches!(reports(&agent("UNHEALTHY"), &log, None, at(1)), Reporting::Failing { .. }));
    }
}
