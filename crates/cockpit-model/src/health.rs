//! Health rules for services: one health, and the reasons for it.
//!
//! The rules, most severe first. Each is a function below, named as here:
//!
//! | rule | health | when |
//! |---|---|---|
//! | `rolled_back` | down or degraded | the newest service deployment ended ROLLBACK_*, or the primary's rollout FAILED |
//! | `too_few` | down, degraded or changing | running < desired; down when nothing runs |
//! | `restart_loop` | degraded | at least 2 tasks of the primary deployment ended by a fault within an hour |
//! | `unplaced` | degraded | an `unable to` event within 15 min while tasks are missing |
//! | `bad_targets` | degraded or down | unhealthy targets in a target group |
//! | `stuck` | degraded | a task not yet RUNNING for over 5 min |
//! | `suspended` | note | autoscaling is suspended |
//! | `at_max` | note | desired is at the maximum, with since when |
//! | `stopped` | stopped | desired is 0 |
//! | `soon` | note | a schedule stops it within an hour |

use super::rollout::{RolloutStatus, ServiceDeployment};
use super::scaling::{ScalableTarget, ScalingActivity, ScheduledAction};
use super::schedule;
use super::service::{EventKind, RolloutState, Service};
use super::target::{Target, group_name};
use super::task::Task;
use super::text::shell_quote;
use super::time::{moment, sentence_duration};
use super::timer::{Power, Timer};
use jiff::{SignedDuration, Timestamp};

/// The health of a service or database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Everything is as it should be.
    Healthy,
    /// Still changing, without failures.
    Changing,
    /// It serves, but with problems.
    Degraded,
    /// It does not serve.
    Down,
    /// It was stopped on purpose.
    Stopped,
    /// Its state is not known.
    #[default]
    Unknown,
}

impl Health {
    /// Returns its sign, the same everywhere; the user interface decides on replacements for limited terminals.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Healthy => "●",
            Self::Changing => "◐",
            Self::Degraded => "▲",
            Self::Down => "✖",
            Self::Stopped => "○",
            Self::Unknown => "?",
        }
    }

    /// Returns the word that accompanies the sign.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Changing => "changing",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the rank by urgency; lower is more urgent.
    pub fn rank(self) -> u8 {
        match self {
            Self::Down => 0,
            Self::Degraded => 1,
            Self::Unknown => 2,
            Self::Changing => 3,
            Self::Stopped => 4,
            Self::Healthy => 5,
        }
    }
}

/// The severity of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Users are not served, or a change would hit the wrong place.
    Critical,
    /// Something is broken, but it still serves.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// Returns the word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One reason for a health, as a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The severity.
    pub severity: Severity,
    /// The reason, as a sentence without a full stop.
    pub text: String,
    /// Since when, if known.
    pub since: Option<Timestamp>,
    /// The hint, as a sentence.
    pub hint: Option<String>,
}

/// A health with its reasons, the most severe first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assessment {
    pub health: Health,
    /// The reasons for this health.
    pub reasons: Vec<Reason>,
}

/// Everything known about one service.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    pub service: &'a Service,
    /// Its tasks, running and stopped.
    pub tasks: &'a [&'a Task],
    /// Its deployment history, newest first.
    pub rollouts: &'a [ServiceDeployment],
    pub scaling: Option<&'a ScalableTarget>,
    /// Its scaling activities, newest first.
    pub activities: &'a [&'a ScalingActivity],
    pub scheduled: &'a [&'a ScheduledAction],
    /// Schedules of the whole environment.
    pub timers: &'a [Timer],
    /// Its target groups: ARN and targets.
    pub targets: &'a [(&'a str, &'a [Target])],
    pub now: Timestamp,
}

/// A restart loop is at least this many tasks of the primary deployment that ended by a fault …
pub const LOOP_COUNT: usize = 2;
/// … within this time.
const LOOP_WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// A task that is not RUNNING after this time is stuck.
const STUCK: SignedDuration = SignedDuration::from_mins(5);
/// Events older than this are ignored.
const EVENT_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// A scheduled stop is announced this long before it happens.
const STOP_NOTICE: SignedDuration = SignedDuration::from_hours(1);

/// Judges a service by the rules above.
pub fn assess(evidence: &Evidence<'_>) -> Assessment {
    let service = evidence.service;
    let mut found = Found::default();
    if service.is_deleted() {
        // Its tasks will not come back.
        let hint = "it is being deleted or was: take it out of the configuration, or create it again";
        let text = format!("the service is {}: it was deleted", service.status);
        found.add(Health::Down, Severity::Warning, text, None, hint);
        return Assessment { health: Health::Down, reasons: found.reasons };
    }
    if service.desired == 0 && service.is_daemon() {
        let text = "DAEMON: its cluster has no container instance for it".to_owned();
        found.note(text, None, "it runs once on each container instance: register one, or look at its constraints");
    } else if service.desired == 0 {
        stopped(evidence, &mut found);
    } else {
        rolled_back(evidence, &mut found);
        too_few(evidence, &mut found);
        restart_loop(evidence, &mut found);
        unplaced(evidence, &mut found);
        bad_targets(evidence, &mut found);
        stuck(evidence, &mut found);
        at_max(evidence, &mut found);
        // A daemon service has no desired count that a scheduled stop could change.
        if !service.is_daemon() {
            soon(evidence, &mut found);
        }
    }
    suspended(evidence, &mut found);
    let mut health = found.worst.unwrap_or(Health::Healthy);
    if health == Health::Healthy && service.is_rolling_out() {
        health = Health::Changing;
    }
    found.reasons.sort_by_key(|reason| reason.severity);
    Assessment { health, reasons: found.reasons }
}

/// Collects reasons and the worst health among them.
#[derive(Default)]
struct Found {
    worst: Option<Health>,
    reasons: Vec<Reason>,
    /// Whether a reason already describes how the tasks ended.
    ends_described: bool,
}

impl Found {
    /// Adds a reason. Every rule has a hint, because a reason without one only alarms.
    fn add(&mut self, health: Health, severity: Severity, text: String, since: Option<Timestamp>, hint: &str) {
        if self.worst.is_none_or(|worst| health.rank() < worst.rank()) {
            self.worst = Some(health);
        }
        self.reasons.push(Reason { severity, text, since, hint: Some(hint.to_owned()) });
    }

    fn note(&mut self, text: String, since: Option<Timestamp>, hint: &str) {
        self.reasons.push(Reason { severity: Severity::Note, text, since, hint: Some(hint.to_owned()) });
    }
}

fn stopped(evidence: &Evidence<'_>, found: &mut Found) {
    let start = next_scheduled(evidence, schedule::ScheduleEffect::Start, Power::Start);
    let text = match start {
        Some(next) => format!("stopped; scheduled to start at {}", moment(next.at, evidence.now, &next.zone)),
        None => "stopped: its desired count is 0".to_owned(),
    };
    found.worst = Some(Health::Stopped);
    let back = format!("`cockpit scale {} COUNT` brings it back", shell_quote(&evidence.service.name));
    found.note(text, None, &back);
    if evidence.service.running > 0 {
        let text = format!("{} still stopping", super::text::pluralize(evidence.service.running, "task"));
        found.note(text, None, "they end within their stop timeout");
    }
}

/// Returns the tasks of the primary deployment that ended by a fault, newest first.
fn faulty_ends<'a>(evidence: &Evidence<'a>) -> Vec<&'a Task> {
    let primary = evidence.service.primary().map(|primary| primary.id.as_str());
    let mut ends: Vec<&Task> = evidence
        .tasks
        .iter()
        .copied()
        .filter(|task| task.failed())
        .filter(|task| primary.is_none_or(|id| task.started_by == id))
        .filter(|task| ended_at(task).is_none_or(|at| evidence.now.duration_since(at) <= LOOP_WINDOW))
        .collect();
    ends.sort_by_key(|task| std::cmp::Reverse(ended_at(task)));
    ends
}

fn ended_at(task: &Task) -> Option<Timestamp> {
    task.stopped_at.or(task.stopping_at)
}

/// Formats task ends: `3 tasks stopped in 4 min, last exit 137 OutOfMemoryError`.
fn ends_in_words(ends: &[&Task], now: Timestamp) -> Option<String> {
    let newest = ends.first()?;
    let since = ends.iter().filter_map(|task| ended_at(task)).min();
    let within = since.map(|since| format!(" in {}", sentence_duration(now.duration_since(since)))).unwrap_or_default();
    let last = newest.end_reason().map(|why| format!(", last {why}")).unwrap_or_default();
    let tasks = if ends.len() == 1 { "task" } else { "tasks" };
    Some(format!("{} {tasks} stopped{within}{last}", ends.len()))
}

fn too_few(evidence: &Evidence<'_>, found: &mut Found) {
    let service = evidence.service;
    if service.running >= service.desired {
        return;
    }
    let ends = faulty_ends(evidence);
    let started = service.primary().and_then(|primary| primary.created_at);
    let words = ends_in_words(&ends, evidence.now);
    let mut text = format!("running {} of {}", service.running, service.desired);
    if let Some(words) = &words {
        found.ends_described = true;
        text = format!("{text}: {words}");
    } else if service.pending > 0 {
        text = format!("{text}: {} starting", service.pending);
    }
    let health = if words.is_none() && (service.is_rolling_out() || service.pending > 0) {
        Health::Changing
    } else if service.running == 0 {
        Health::Down
    } else {
        Health::Degraded
    };
    let severity = match health {
        Health::Down => Severity::Critical,
        Health::Degraded => Severity::Warning,
        Health::Healthy | Health::Changing | Health::Stopped | Health::Unknown => Severity::Note,
    };
    let since = ends.last().and_then(|task| ended_at(task)).or(started);
    found.add(
        health,
        severity,
        text,
        since,
        if words.is_some() {
            "open the service and look at its stopped tasks"
        } else {
            "open the service: its events and tasks show what it waits for"
        },
    );
}

fn restart_loop(evidence: &Evidence<'_>, found: &mut Found) {
    let ends = faulty_ends(evidence);
    if ends.len() < LOOP_COUNT {
        return;
    }
    let since = ends.last().and_then(|task| ended_at(task));
    let span =
        since.map(|since| format!(" in {}", sentence_duration(evidence.now.duration_since(since)))).unwrap_or_default();
    let why = if found.ends_described { None } else { ends[0].end_reason() };
    let why = why.map(|why| format!(", last {why}")).unwrap_or_default();
    let text = format!("restart loop: {} replacements{span}{why}", ends.len());
    found.add(Health::Degraded, Severity::Warning, text, since, "the log of a stopped task says why it ended");
}

fn rolled_back(evidence: &Evidence<'_>, found: &mut Found) {
    let service = evidence.service;
    if let Some(newest) = evidence.rollouts.first()
        && matches!(
            newest.status,
            RolloutStatus::RollbackSuccessful | RolloutStatus::RollbackFailed | RolloutStatus::RollbackInProgress
        )
    {
        let failed = newest.status == RolloutStatus::RollbackFailed;
        let (health, severity) =
            if failed { (Health::Down, Severity::Critical) } else { (Health::Degraded, Severity::Critical) };
        let why = newest.rollback_reason.as_deref().filter(|why| !why.is_empty()).unwrap_or(&newest.reason);
        // The row may be cut: remove what the text already contains, so that the cause is visible.
        let why = why.strip_prefix("Service deployment rolled back because ").unwrap_or(why);
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let text = format!("deployment {}{why}", newest.status.label());
        found.add(
            health,
            severity,
            text,
            newest.finished_at.or(newest.started_at),
            if failed {
                "open the service and look at what runs; then deploy a version that starts"
            } else {
                "the version before it serves; the stopped tasks of the new one say why"
            },
        );
        return;
    }
    let failed = service.deployments.iter().find(|deployment| deployment.rollout == Some(RolloutState::Failed));
    if let Some(failed) = failed {
        let why = if failed.rollout_reason.is_empty() { String::new() } else { format!(": {}", failed.rollout_reason) };
        let hint = "look at its stopped tasks; then roll back, or deploy a version that starts";
        found.add(Health::Degraded, Severity::Critical, format!("deployment failed{why}"), failed.updated_at, hint);
    }
}

fn unplaced(evidence: &Evidence<'_>, found: &mut Found) {
    if evidence.service.running >= evidence.service.desired {
        return;
    }
    let event = evidence.service.events.iter().find(|event| {
        matches!(event.kind(), EventKind::Unplaced | EventKind::CannotStart | EventKind::OtherFailure)
            && event.at.is_some_and(|at| evidence.now.duration_since(at) <= EVENT_WINDOW)
    });
    if let Some(event) = event {
        let (text, hint) = event.describe(evidence.service);
        found.add(Health::Degraded, Severity::Warning, text, event.at, hint);
    }
}

fn bad_targets(evidence: &Evidence<'_>, found: &mut Found) {
    for (arn, targets) in evidence.targets {
        let counted: Vec<&Target> = targets.iter().filter(|target| target.state != "draining").collect();
        let bad: Vec<&&Target> = counted.iter().filter(|target| target.state == "unhealthy").collect();
        let Some(first) = bad.first() else { continue };
        let all = bad.len() == counted.len();
        let why = first.description.as_deref().or(first.reason.as_deref()).unwrap_or("no reason given");
        let text = format!("{} of {} targets unhealthy in {}: {why}", bad.len(), counted.len(), group_name(arn));
        let (health, severity) =
            if all { (Health::Down, Severity::Critical) } else { (Health::Degraded, Severity::Warning) };
        found.add(health, severity, text, None, "look at the health check's path and at the log of the task");
    }
}

fn stuck(evidence: &Evidence<'_>, found: &mut Found) {
    let waiting = evidence.tasks.iter().filter(|task| {
        task.desired_status == "RUNNING"
            && matches!(task.last_status.as_str(), "PROVISIONING" | "PENDING" | "ACTIVATING")
    });
    let oldest = waiting
        .filter_map(|task| task.created_at.map(|at| (at, *task)))
        .filter(|(at, _)| evidence.now.duration_since(*at) > STUCK)
        .min_by_key(|(at, _)| *at);
    if let Some((at, task)) = oldest {
        let text = format!("a task is {} for {}", task.last_status, sentence_duration(evidence.now.duration_since(at)));
        found.add(Health::Degraded, Severity::Warning, text, Some(at), "open the task for its containers' reasons");
    }
}

fn suspended(evidence: &Evidence<'_>, found: &mut Found) {
    if let Some(target) = evidence.scaling.filter(|target| target.suspended.any()) {
        let text = if target.suspended.scale_in && target.suspended.scale_out && target.suspended.scheduled {
            "autoscaling is suspended".to_owned()
        } else {
            format!("autoscaling is suspended for {}", target.suspended.describe())
        };
        found.note(text, None, "counts stay as they are until it is resumed");
    }
}

fn at_max(evidence: &Evidence<'_>, found: &mut Found) {
    let Some(target) = evidence.scaling else { return };
    if target.max == 0 || target.min >= target.max || evidence.service.desired < target.max {
        return;
    }
    let since = evidence
        .activities
        .iter()
        .find(|activity| activity.new_desired_count() == Some(target.max))
        .and_then(|activity| activity.at);
    let text = match since {
        Some(since) => format!("at max {} for {}", target.max, sentence_duration(evidence.now.duration_since(since))),
        None => format!("at max {}", target.max),
    };
    found.note(text, since, "it cannot scale out further: look at the load, or raise the maximum");
}

/// Returns the next start or stop of a service: by a scheduled action of its own, unless those are suspended, or by a
/// schedule of the environment.
fn next_scheduled(evidence: &Evidence<'_>, effect: schedule::ScheduleEffect, power: Power) -> Option<schedule::Next> {
    let suspended = evidence.scaling.is_some_and(|target| target.suspended.scheduled);
    let actions = evidence.scheduled.iter().copied().filter(|_| !suspended);
    let action = schedule::soonest_with_effect(actions, effect, evidence.now);
    let timer = schedule::soonest_timer(evidence.timers, power, evidence.now);
    [action, timer].into_iter().flatten().min_by_key(|next| next.at)
}

fn soon(evidence: &Evidence<'_>, found: &mut Found) {
    let stop = next_scheduled(evidence, schedule::ScheduleEffect::Stop, Power::Stop);
    if let Some(next) = stop
        && next.at.duration_since(evidence.now) <= STOP_NOTICE
    {
        let text = format!("scheduled to stop at {}", moment(next.at, evidence.now, &next.zone));
        found.note(text, None, "skip the stop, or suspend scheduled scaling, if it is still needed");
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
