//! The cause of a stopped task, and who is at fault. Only a fault of the version may roll back a deployment: a Spot
//! interruption, a lost host or a slow network would affect every version.
//!
//! Sources: the ECS API (`Task.stopCode`, `Task.stoppedReason`, `Container.reason`); the ECS developer guide,
//! "Viewing Amazon ECS stopped task errors", "Amazon ECS stopped tasks error messages" with its pages on
//! `CannotPullContainerError`, `ResourceInitializationError`, `CannotStartContainerError`, "AWS Fargate task
//! retirement", "Fargate capacity providers: Spot"; the error names of the ECS agent (`apierrors`, `engine/errors.go`);
//! AWS re:Post, "Why is my Amazon ECS task stopped?".

use super::task::{Container, Task};
use super::task_definition::TaskDefinition;
use std::cmp::Reverse;

/// The party at fault for a stopped task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The version: its image, its settings, or its program.
    Version,
    /// AWS: hosts, network, capacity, or containers that AWS adds.
    Platform,
    /// A person, or a person's tool.
    Person,
    /// The service itself, in normal operation: scaling in, or replacing older tasks.
    Service,
    /// The reason does not show it.
    Unknown,
}

/// The cause of a stopped task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// An image could not be pulled.
    Image,
    /// Secrets, volumes, log drivers or files that it needs were not available.
    Preparation,
    /// A container exited, or could not be started.
    Crash,
    /// Health checks failed.
    Health,
    /// There was no capacity for it.
    Capacity,
    /// Anything else.
    Other,
}

/// All values of `stopCode` in the ECS API. `None`: the stop reason decides.
const CODES: &[(&str, Option<(Fault, Cause)>)] = &[
    ("TaskFailedToStart", None),
    ("EssentialContainerExited", None),
    ("ServiceSchedulerInitiated", None),
    ("UserInitiated", Some((Fault::Person, Cause::Other))),
    ("SpotInterruption", Some((Fault::Platform, Cause::Other))),
    ("TerminationNotice", Some((Fault::Platform, Cause::Other))),
    ("InfrastructureHealth", Some((Fault::Platform, Cause::Other))),
];

/// Parts of a reason, in lower case. The first match counts, so specific ones precede general ones.
const REASONS: &[(&str, Fault, Cause)] = &[
    // Messages of `stoppedReason`.
    ("your spot task was interrupted", Fault::Platform, Cause::Other),
    ("spotinterruptionerror", Fault::Platform, Cause::Other),
    ("performing maintenance on the underlying", Fault::Platform, Cause::Other),
    ("host ec2 (instance", Fault::Platform, Cause::Other),
    ("is in draining state", Fault::Platform, Cause::Other),
    ("unhealthy container instance", Fault::Platform, Cause::Other),
    ("container instance deregistration forced by user", Fault::Person, Cause::Other),
    ("stopped by user", Fault::Person, Cause::Other),
    ("scaling activity initiated by", Fault::Service, Cause::Other),
    ("failed elb health checks", Fault::Version, Cause::Health),
    ("failed container health checks", Fault::Version, Cause::Health),
    ("health check", Fault::Version, Cause::Health),
    ("capacity is unavailable", Fault::Platform, Cause::Capacity),
    ("timeout waiting for network interface provisioning", Fault::Platform, Cause::Other),
    ("timeout waiting for ephemeralstorage provisioning", Fault::Platform, Cause::Other),
    ("unexpected ec2 error", Fault::Platform, Cause::Other),
    ("agent disconnected", Fault::Platform, Cause::Other),
    // Problems of the registry or the host, independent of the version.
    ("toomanyrequests", Fault::Platform, Cause::Image),
    ("rate limit", Fault::Platform, Cause::Image),
    ("no space left on device", Fault::Platform, Cause::Other),
    // Error names of tasks and containers.
    ("cannotpull", Fault::Version, Cause::Image),
    ("pull image manifest", Fault::Version, Cause::Image),
    ("resourceinitializationerror", Fault::Version, Cause::Preparation),
    ("resourcenotfoundexception", Fault::Version, Cause::Preparation),
    ("cannotcreatevolumeerror", Fault::Version, Cause::Preparation),
    ("environment file", Fault::Version, Cause::Preparation),
    ("secret", Fault::Version, Cause::Preparation),
    ("outofmemory", Fault::Version, Cause::Crash),
    ("hostconfigerror", Fault::Version, Cause::Crash),
    ("cannotcreatecontainererror", Fault::Version, Cause::Crash),
    ("cannotstartcontainererror", Fault::Version, Cause::Crash),
    ("containerruntimetimeouterror", Fault::Platform, Cause::Other),
    ("dockertimeouterror", Fault::Platform, Cause::Other),
    ("dockerstateerror", Fault::Platform, Cause::Other),
    ("cannotstopcontainererror", Fault::Platform, Cause::Other),
    ("cannotinspectcontainererror", Fault::Platform, Cause::Other),
    ("cannotdescribecontainererror", Fault::Platform, Cause::Other),
    ("cannotremovecontainererror", Fault::Platform, Cause::Other),
    ("cannotlistcontainerserror", Fault::Platform, Cause::Other),
    ("internalerror", Fault::Platform, Cause::Other),
    ("containerruntimeerror", Fault::Version, Cause::Crash),
    // "Essential container in task exited": the container that exited decides.
];

/// Messages for an unresponsive network or registry; then the image or secret is not at fault.
const NETWORK_ERRORS: &[&str] = &[
    "i/o timeout",
    "timeout exceeded",
    "context deadline exceeded",
    "request canceled",
    "connection reset",
    "connection refused",
    "connection issue",
    "tls handshake",
    "temporary failure in name resolution",
    "network is unreachable",
    "unexpected eof",
    "internal server error",
    "service unavailable",
    "bad gateway",
];

/// Name prefixes of containers that AWS adds to a task. Sources: Service Connect, `GuardDuty`, ECS Exec, Fargate.
const ADDED_BY_AWS: &[&str] = &["ecs-service-connect-", "aws-guardduty-agent", "aws-fargate-", "~internal~"];

/// The end of a task: who was at fault, and the cause.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct End<'a> {
    /// The party at fault.
    pub fault: Fault,
    /// The cause.
    pub cause: Cause,
    /// The container that caused it, if any.
    pub container: Option<&'a Container>,
}

impl Task {
    /// Whether it ended by a fault, and not because of a deployment, a scaling action or a person, or because its host
    /// was taken away.
    pub fn failed(&self) -> bool {
        let broke = matches!(self.stop_code.as_deref(), Some("EssentialContainerExited" | "TaskFailedToStart"));
        self.end(None).is_some_and(|end| match end.fault {
            Fault::Version => true,
            Fault::Platform | Fault::Unknown => broke,
            Fault::Person | Fault::Service => false,
        })
    }

    /// Returns a short reason for its end: `exit 137 OutOfMemoryError`, `CannotPullContainerError`, or the stop reason.
    pub fn end_reason(&self) -> Option<String> {
        let culprit = self.culprit(None);
        let exit_code = culprit.and_then(|container| container.exit_code);
        match (exit_code, culprit.and_then(|container| container.reason.as_deref()).map(error_name)) {
            (Some(code), Some(reason)) => return Some(format!("exit {code} {reason}")),
            (Some(code), None) if code != 0 => return Some(format!("exit {code}")),
            (None, Some(reason)) => return Some(reason.to_owned()),
            (Some(_) | None, None) => {}
        }
        let any_code = || self.containers.iter().find_map(|container| container.exit_code);
        if self.stop_code.as_deref() == Some("EssentialContainerExited")
            && let Some(code) = exit_code.or_else(any_code)
        {
            return Some(format!("exit {code}"));
        }
        self.stopped_reason.as_deref().map(|reason| error_name(reason).to_owned())
    }

    /// Returns how the task ended or is ending; `None` while it runs. `definition` is its task definition, if known: a
    /// container that is not essential, or that AWS added, does not count as a fault of the version.
    pub fn end<'a>(&'a self, definition: Option<&TaskDefinition>) -> Option<End<'a>> {
        if !self.stopped() && self.last_status != "DEPROVISIONING" && self.last_status != "STOPPING" {
            return None;
        }
        let container = self.culprit(definition);
        let code = self.stop_code.as_deref().unwrap_or_default();
        if let Some((_, Some((fault, cause)))) = CODES.iter().find(|(known, _)| *known == code) {
            return Some(End { fault: *fault, cause: *cause, container });
        }
        let of_task = self.stopped_reason.as_deref().unwrap_or_default();
        let of_container = container.and_then(|container| container.reason.as_deref()).unwrap_or_default();
        let known = by_reason(of_task).or_else(|| by_reason(of_container));
        let (fault, cause) = match (code, known) {
            // A container that AWS added, or that is not essential, exited.
            ("EssentialContainerExited", _) if container.is_none() => (Fault::Platform, Cause::Crash),
            (_, Some(known)) => known,
            ("EssentialContainerExited" | "TaskFailedToStart", None) => (Fault::Version, Cause::Crash),
            // In a normal deployment the service gives no more specific reason.
            ("ServiceSchedulerInitiated", None) => (Fault::Service, Cause::Other),
            (_, None) => (Fault::Unknown, Cause::Other),
        };
        Some(End { fault, cause, container })
    }

    /// Returns the container that caused the end, independent of their order: among those that belong to the version,
    /// the one with the most severe exit. Containers that were stopped along with it exit with a signal.
    pub(super) fn culprit(&self, definition: Option<&TaskDefinition>) -> Option<&Container> {
        let is_relevant = |container: &&Container| {
            let added = || ADDED_BY_AWS.iter().any(|start| container.name.starts_with(start));
            let is_essential = |definition: &TaskDefinition| {
                definition.containers.iter().any(|other| other.essential && other.name == container.name)
            };
            definition.map_or_else(|| !added(), is_essential)
        };
        let gravity = |container: &Container| match (&container.reason, container.exit_code) {
            (Some(_), Some(code)) if code != 0 => 6,
            (Some(_), _) => 5,
            // SIGTERM: sent to the other containers once one has exited. SIGKILL follows for those that ignore it.
            (None, Some(143)) => 1,
            (None, Some(0)) => 2,
            (None, Some(137)) => 3,
            (None, Some(_)) => 4,
            (None, None) => 0,
        };
        let ended = self.containers.iter().filter(is_relevant).filter(|container| gravity(container) > 0);
        ended.max_by_key(|container| (gravity(container), Reverse(container.name.clone())))
    }
}

/// Returns the name of the error that a reason begins with, as in `OutOfMemoryError: Container killed …`; otherwise the reason,
/// which may contain a colon too, as in `Service web: ECS is performing maintenance`.
fn error_name(reason: &str) -> &str {
    let reason = reason.trim();
    reason.split_once(':').map_or(reason, |(name, _)| if name.contains(' ') { reason } else { name })
}

/// Returns all known stop codes.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(code, _)| *code)
}

/// Returns the fault and the cause that match a reason.
fn by_reason(reason: &str) -> Option<(Fault, Cause)> {
    let reason = reason.to_ascii_lowercase();
    let (_, fault, cause) = REASONS.iter().find(|(sign, ..)| reason.contains(sign))?;
    let fetched = matches!(cause, Cause::Image | Cause::Preparation);
    let fault =
        if fetched && NETWORK_ERRORS.iter().any(|sign| reason.contains(sign)) { Fault::Platform } else { *fault };
    Some((fault, *cause))
}

#[cfg(test)]
#[path = "stop_tests.rs"]
mod tests;
