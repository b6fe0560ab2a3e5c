//! Agents beside a service's own container, which tell others of it: whose, in which version, running, and whether they report.

use crate::logs::LogEvent;
use crate::task::{Container, Task};
use crate::time;
use jiff::{SignedDuration, Timestamp};
use log_store::kind::Kind;
use log_store::level::Level;
use log_store::parse;

/// Agents by what their image or their container is called.
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

/// One that has run for longer than this and has written nothing has not begun its work.
const BEGUN: SignedDuration = SignedDuration::from_mins(10);
/// An agent does not report after this many errors in a row, or after an error and no other line for this long.
const ERRORS: usize = 3;
const LATELY: SignedDuration = SignedDuration::from_mins(5);
/// A line of a log is cut to so many characters.
const SHOWN: usize = 120;

/// An agent (Datadog, CloudWatch …) that runs in a container beside the task's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Which agent it is: `datadog`.
    pub kind: &'static str,
    pub container: String,
    /// Its version, as its image's tag says.
    pub version: Option<String>,
    /// Whether its container runs.
    pub running: bool,
    /// Whether its own health check says that it reports; none where it has none.
    pub reporting: Option<bool>,
}

impl Agent {
    /// `datadog 7.72.1`.
    pub fn named(&self) -> String {
        let version = self.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        format!("{}{version}", self.kind)
    }

    /// The line that is shown: `datadog 7.72.1 running`.
    pub fn words(&self) -> String {
        let state = match (self.running, self.reporting) {
            (false, _) => "not running",
            (true, Some(false)) => "running, its health check fails",
            (true, Some(true)) => "running and well",
            (true, None) => "running",
        };
        format!("{} {state}", self.named())
    }
}

/// The state of an agent by the last lines of its log, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// When it last wrote a line that is no error, no warning and no more of an error.
    pub success: Option<Timestamp>,
    /// When it last wrote an error, and which.
    pub error: Option<(Timestamp, String)>,
    /// How many errors it wrote since the last line that is none.
    pub errors: usize,
}

/// Reads the state of an agent from lines of its log; the newest of each kind counts.
pub fn heard(lines: &[LogEvent]) -> Heard {
    let mut heard = Heard::default();
    for line in lines {
        let Ok(at) = Timestamp::from_millisecond(line.at) else { continue };
        match level(&line.message) {
            Level::Error | Level::Fatal => {
                let text = parse::strip_colour(line.message.trim());
                heard.error = Some((at, text.chars().take(SHOWN).collect()));
                heard.errors += 1;
            }
            // A warning says neither that it works nor that it does not.
            Level::Warn => {}
            // More of an error, as its stack trace: that an agent works is said by a line with a level.
            Level::None if heard.errors > 0 => {}
            _ => (heard.success, heard.errors) = (Some(at), 0),
        }
    }
    heard
}

/// How bad a line is. Agents write it between bars, in brackets, or as a letter with an exclamation mark.
fn level(line: &str) -> Level {
    // Datadog names the part of the agent first, one of which is called `TRACE`: the worst of its words is the level.
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

/// Whether an agent does what it is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reports {
    /// Its last telling line is no error: when it wrote it.
    Yes(Option<Timestamp>),
    /// It does not, and why.
    No { why: String, since: Option<Timestamp> },
    /// That is not known, and why.
    Unknown(String),
}

/// The log of an agent, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Log {
    /// It is not in CloudWatch, or was not read.
    Unread(String),
    /// Its last log lines were read.
    Read(Heard),
}

/// Judges an agent by its container, its health check and its log. `began` is when its task began to run.
pub fn reports(agent: &Agent, log: &Log, began: Option<Timestamp>, now: Timestamp) -> Reports {
    if !agent.running {
        return Reports::No { why: "its container does not run".to_owned(), since: None };
    }
    if agent.reporting == Some(false) {
        return Reports::No { why: "its health check fails".to_owned(), since: None };
    }
    let heard = match log {
        Log::Read(heard) => heard,
        Log::Unread(_) if agent.reporting == Some(true) => return Reports::Yes(None),
        Log::Unread(why) => return Reports::Unknown(why.clone()),
    };
    match (heard.success, &heard.error) {
        (Some(success), None) => Reports::Yes(Some(success)),
        // One that failed once and tries again reports.
        (Some(success), Some(_)) if heard.errors < ERRORS && now.duration_since(success) < LATELY => {
            Reports::Yes(Some(success))
        }
        (Some(success), Some(_)) if heard.errors == 0 => Reports::Yes(Some(success)),
        (_, Some((failed, line))) => {
            Reports::No { why: format!("its last word is an error: {line}"), since: Some(*failed) }
        }
        (None, None) if agent.reporting == Some(true) => Reports::Yes(None),
        (None, None) if began.is_some_and(|began| now.duration_since(began) > BEGUN) => {
            Reports::No { why: "it has written nothing since it began".to_owned(), since: began }
        }
        (None, None) => Reports::Unknown("it has written nothing yet".to_owned()),
    }
}

impl Reports {
    /// The line that is shown: `reports, 2m ago`, `does not report: its health check fails`.
    pub fn words(&self, now: Timestamp) -> String {
        let ago = |at: Timestamp| format!("{} ago", time::age(Some(at), now));
        match self {
            Self::Yes(Some(at)) => format!("reports, {}", ago(*at)),
            Self::Yes(None) => "reports".to_owned(),
            Self::No { why, since: Some(at) } => format!("does not report: {why}, {}", ago(*at)),
            Self::No { why, since: None } => format!("does not report: {why}"),
            Self::Unknown(why) => format!("whether it reports is not known: {why}"),
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

/// The agents of a task.
pub fn agents(task: &Task) -> Vec<Agent> {
    // A task of one container has nothing beside it.
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
    fn an_agent_is_known_by_its_image_or_its_container() {
        let of = |name, image, health| of_container(&container(name, image, "RUNNING", health));
        let datadog = of("datadog-agent", "public.ecr.aws/datadog/agent:7.72.1", "UNKNOWN").unwrap();
        assert_eq!(datadog.words(), "datadog 7.72.1 running");
        assert_eq!(
            of("dd", "registry.example/datadog/agent@sha256:0", "HEALTHY").unwrap().words(),
            "datadog running and well"
        );
        assert_eq!(of("web", "1.dkr.ecr.x.amazonaws.com/web:9f3c2e1", "HEALTHY"), None);
    }

    #[test]
    fn one_that_does_not_run_or_is_not_well_is_told_so() {
        let stopped = of_container(&container("datadog-agent", "datadog/agent:7", "STOPPED", "UNKNOWN")).unwrap();
        assert_eq!(stopped.words(), "datadog 7 not running");
        let sick = of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", "UNHEALTHY")).unwrap();
        assert_eq!(sick.words(), "datadog 7 running, its health check fails");
    }

    fn line(minute: i64, message: &str) -> LogEvent {
        LogEvent { at: minute * 60_000, message: message.into(), ..LogEvent::default() }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[test]
    fn lines_of_each_agent_say_how_bad_they_are() {
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
    fn an_agent_reports_while_its_last_telling_line_is_no_error() {
        let agent = of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", "UNKNOWN")).unwrap();
        let good = line(1, "2026-11-20 05:00:00 UTC | CORE | INFO | Done running check");
        let bad = line(2, "2026-11-20 05:00:00 UTC | CORE | ERROR | 403 Forbidden: API key invalid");
        let warning = line(3, "2026-11-20 05:00:00 UTC | CORE | WARN | slow");
        let judged = |lines: &[LogEvent]| reports(&agent, &Log::Read(heard(lines)), Some(at(0)), at(20));
        assert_eq!(judged(&[good.clone(), warning.clone()]).words(at(20)), "reports, 19m ago");
        let failing = judged(&[good.clone(), bad.clone(), warning]);
        assert!(
            failing.words(at(20)).contains("its last word is an error") && failing.words(at(20)).contains("18m ago"),
            "{failing:?}"
        );
        assert_eq!(judged(&[bad.clone(), LogEvent { at: 240_000, ..good.clone() }]), Reports::Yes(Some(at(4))));
        let soon = reports(&agent, &Log::Read(heard(&[good.clone(), bad.clone()])), Some(at(0)), at(3));
        assert_eq!(soon, Reports::Yes(Some(at(1))), "one error is none yet");
        let again = [good.clone(), bad.clone(), bad.clone(), bad.clone()];
        let again = reports(&agent, &Log::Read(heard(&again)), Some(at(0)), at(3));
        assert!(matches!(again, Reports::No { .. }), "three are");
        assert!(matches!(judged(&[]), Reports::No { .. }), "it has run for twenty minutes");
        let young = reports(&agent, &Log::Read(Heard::default()), Some(at(15)), at(20));
        assert!(matches!(young, Reports::Unknown(_)), "{young:?}");
    }

    #[test]
    fn a_stack_trace_after_an_error_is_no_success() {
        let agent = of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", "UNKNOWN")).unwrap();
        let good = line(1, "2026-11-20 05:00:00 UTC | CORE | INFO | Done running check");
        let bad = line(2, "2026-11-20 05:00:00 UTC | CORE | ERROR | 403 Forbidden: API key invalid");
        let trace = [line(2, "    at forwarder.process (worker)"), line(2, "    at main.run (main)")];
        assert!(trace.iter().all(|line| level(&line.message) == Level::None));
        let mut lines = vec![good.clone(), bad];
        lines.extend(trace.clone());
        let said = heard(&lines);
        assert_eq!((said.success, said.errors), (Some(at(1)), 1));
        let judged = reports(&agent, &Log::Read(said), Some(at(0)), at(20));
        assert!(
            judged.words(at(20)).contains("its last word is an error: 2026-11-20 05:00:00 UTC | CORE | ERROR"),
            "{judged:?}"
        );
        lines.push(LogEvent { at: 240_000, ..good });
        lines.extend(trace.map(|line| LogEvent { at: 300_000, ..line }));
        let said = heard(&lines);
        assert_eq!((said.success, said.errors), (Some(at(5)), 0), "no error is the last that has a level");
    }

    #[test]
    fn an_agent_whose_log_cannot_be_read_is_unknown_and_never_well() {
        let agent = |health| of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", health)).unwrap();
        let log = Log::Unread("logs:GetLogEvents: not allowed".to_owned());
        let judged = reports(&agent("UNKNOWN"), &log, None, at(1));
        assert_eq!(judged.words(at(1)), "whether it reports is not known: logs:GetLogEvents: not allowed");
        assert_eq!(reports(&agent("HEALTHY"), &log, None, at(1)), Reports::Yes(None), "its own check says so");
        assert!(matches!(reports(&agent("UNHEALTHY"), &log, None, at(1)), Reports::No { .. }));
    }
}
