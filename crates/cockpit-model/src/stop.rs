//! Why a task stopped, and whose fault that is. Only what the version itself is at fault for may take a deployment
//! back: a Spot interruption, a host that goes away or a network that is slow would hit every version.
//!
//! Sources: the ECS API (`Task.stopCode`, `Task.stoppedReason`, `Container.reason`); the ECS developer guide,
//! "Viewing Amazon ECS stopped task errors", "Amazon ECS stopped tasks error messages" with its pages on
//! `CannotPullContainerError`, `ResourceInitializationError`, `CannotStartContainerError`, "AWS Fargate task
//! retirement", "Fargate capacity providers: Spot"; the error names of the ECS agent (`apierrors`, `engine/errors.go`);
//! AWS re:Post, "Why is my Amazon ECS task stopped?".

use super::task::{Container, Task};
use super::task_definition::TaskDefinition;
use std::cmp::Reverse;

/// The party at fault for the end of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The version: its image, its settings, the program in it.
    Version,
    /// AWS: hosts, network, capacity, containers that AWS adds by itself.
    Platform,
    /// A person, or a tool of theirs.
    Person,
    /// The service itself, in the normal course: it scales in, or replaces what is older.
    Service,
    /// The reason does not say.
    Unknown,
}

/// The kinds of reasons for which a task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// An image could not be pulled.
    Image,
    /// Secrets, volumes, log drivers or files that it needs could not be had.
    Preparation,
    /// A container ended, or could not be started.
    Crash,
    /// Health checks failed.
    Health,
    /// There was no place for it.
    Capacity,
    /// Anything else.
    Other,
}

/// `stopCode`: all values of the ECS API. A code that says no more is decided by the reason.
const CODES: &[(&str, Option<(Fault, Cause)>)] = &[
    ("TaskFailedToStart", None),
    ("EssentialContainerExited", None),
    ("ServiceSchedulerInitiated", None),
    ("UserInitiated", Some((Fault::Person, Cause::Other))),
    ("SpotInterruption", Some((Fault::Platform, Cause::Other))),
    ("TerminationNotice", Some((Fault::Platform, Cause::Other))),
    ("InfrastructureHealth", Some((Fault::Platform, Cause::Other))),
];

/// Parts of a reason, in small letters; the first that fits counts, so that special ones stand before general ones.
const REASONS: &[(&str, Fault, Cause)] = &[
    // Sentences of `stoppedReason`.
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
    // What the registry or the network does wrong, whatever the version.
    ("toomanyrequests", Fault::Platform, Cause::Image),
    ("rate limit", Fault::Platform, Cause::Image),
    ("no space left on device", Fault::Platform, Cause::Other),
    // Names of errors, of a task or of a container.
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
    // "Essential container in task exited": which container it was decides.
];

/// Words of a network or a registry that does not answer: an image or a secret is not at fault then.
const NETWORK: &[&str] = &[
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

/// Beginnings of the names of containers that AWS adds to a task. Sources: Service Connect, `GuardDuty`, ECS Exec,
/// Fargate.
const ADDED: &[&str] = &["ecs-service-connect-", "aws-guardduty-agent", "aws-fargate-", "~internal~"];

/// The end of a task: whose fault it was, and what ended it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct End<'a> {
    /// The party at fault.
    pub fault: Fault,
    /// The cause of the end.
    pub cause: Cause,
    /// The container that ended it, where it was one.
    pub container: Option<&'a Container>,
}

impl Task {
    /// Did it end by a fault, rather than because a deployment, a scaling action or a person ended it, or because
    /// what it ran on was taken away.
    pub fn failed(&self) -> bool {
        let broke = matches!(self.stop_code.as_deref(), Some("EssentialContainerExited" | "TaskFailedToStart"));
        self.end(None).is_some_and(|end| match end.fault {
            Fault::Version => true,
            Fault::Platform | Fault::Unknown => broke,
            Fault::Person | Fault::Service => false,
        })
    }

    /// Why it ended, short: `exit 137 OutOfMemoryError`, `CannotPullContainerError`, the stop reason.
    pub fn ended_because(&self) -> Option<String> {
        let culprit = self
            .culprit(None)
            .filter(|container| container.reason.is_some() || container.exit_code.is_some_and(|code| code != 0));
        if let Some(container) = culprit {
            let reason = container.reason.as_deref().map(first_word);
            return Some(match (container.exit_code, reason) {
                (Some(code), Some(reason)) => format!("exit {code} {reason}"),
                (Some(code), None) => format!("exit {code}"),
                (None, Some(reason)) => reason.to_owned(),
                (None, None) => return self.stopped_reason.clone(),
            });
        }
        if let Some(code) = self.containers.iter().find_map(|container| container.exit_code)
            && self.stop_code.as_deref() == Some("EssentialContainerExited")
        {
            return Some(format!("exit {code}"));
        }
        self.stopped_reason.as_deref().map(|reason| reason.split(':').next().unwrap_or(reason).trim().to_owned())
    }

    /// The cause of the task's end, or of the end that begins; none while it runs. `definition` is its task definition,
    /// where it is known: a container that is not essential, or that AWS added, does not make the version a failing
    /// one.
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
            // What the platform does shows in the task's own reason; a container only ended with it.
            ("EssentialContainerExited", Some((fault, cause))) if container.is_some() => (fault, cause),
            // One of those that count ended by itself; else one did that AWS added, or that is not essential.
            ("EssentialContainerExited", _) if container.is_some() => (Fault::Version, Cause::Crash),
            ("EssentialContainerExited", _) => (Fault::Platform, Cause::Crash),
            (_, Some(known)) => known,
            ("TaskFailedToStart", None) => (Fault::Version, Cause::Crash),
            // In a normal deployment the service gives no other reason than this.
            ("ServiceSchedulerInitiated", None) => (Fault::Service, Cause::Other),
            (_, None) => (Fault::Unknown, Cause::Other),
        };
        Some(End { fault, cause, container })
    }

    /// The container that ended it, whatever order they come in: of those that the version is answerable for, the one
    /// with the gravest end. One that was told to end with the others ends by a signal.
    pub(super) fn culprit(&self, definition: Option<&TaskDefinition>) -> Option<&Container> {
        let counts = |container: &&Container| {
            let named = definition.and_then(|definition| {
                definition.containers.iter().find(|other| other.name == container.name).map(|other| other.essential)
            });
            match (definition, named) {
                (Some(_), named) => named == Some(true),
                (None, _) => !ADDED.iter().any(|start| container.name.starts_with(start)),
            }
        };
        let gravity = |container: &Container| match (&container.reason, container.exit_code) {
            (Some(_), Some(code)) if code != 0 => 6,
            (Some(_), _) => 5,
            // SIGTERM: all the others get it when one has ended. SIGKILL is for those that do not listen.
            (None, Some(143)) => 1,
            (None, Some(0)) => 2,
            (None, Some(137)) => 3,
            (None, Some(_)) => 4,
            (None, None) => 0,
        };
        let ended = self.containers.iter().filter(counts).filter(|container| gravity(container) > 0);
        ended.max_by_key(|container| (gravity(container), Reverse(container.name.clone())))
    }
}

/// `OutOfMemoryError: Container killed …` is known by what stands before the colon.
fn first_word(reason: &str) -> &str {
    reason.split(':').next().unwrap_or(reason).trim()
}

/// All stop codes that are known here.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(code, _)| *code)
}

/// The fault and the cause that a sentence means.
fn by_reason(reason: &str) -> Option<(Fault, Cause)> {
    let reason = reason.to_ascii_lowercase();
    let (_, fault, cause) = REASONS.iter().find(|(sign, ..)| reason.contains(sign))?;
    let fetched = matches!(cause, Cause::Image | Cause::Preparation);
    let fault = if fetched && NETWORK.iter().any(|sign| reason.contains(sign)) { Fault::Platform } else { *fault };
    Some((fault, *cause))
}

#[cfg(test)]
#[path = "stop_tests.rs"]
mod tests;
