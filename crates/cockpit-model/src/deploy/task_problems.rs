//! Problems of new tasks, reported as soon as they are certain. For the party at fault see [`crate::stop`].
//!
//! | trouble | certain when |
//! |---|---|
//! | image | one task could not pull an image that is missing or denied; otherwise two |
//! | secrets | one task was denied its secrets or could not find them; otherwise two |
//! | crash | containers of the version exited by a fault in two tasks |
//! | health | two tasks failed their health checks |
//! | capacity | two tasks could not be placed, or an event within the last five minutes reports it |
//! | platform | two tasks ended because of AWS |

use crate::service::{EventKind, Service};
use crate::stop::{Cause, End, Fault};
use crate::task::Task;
use crate::task_definition::TaskDefinition;
use jiff::{SignedDuration, Timestamp};

/// The kinds of problems of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProblemKind {
    /// The image cannot be pulled.
    Image,
    /// Secrets cannot be read.
    Secrets,
    /// A container exits by itself.
    Crash,
    /// Health checks fail.
    Health,
    /// A task cannot be placed.
    Capacity,
    /// AWS failed: hosts, Spot capacity, the network.
    Platform,
}

/// A problem of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeployProblem {
    pub kind: ProblemKind,
    /// The problem, as a sentence: `api exited 1 in 2 tasks`.
    pub text: String,
    /// Number of tasks with this problem.
    pub tasks: usize,
    /// Whether it occurred often enough to be certain.
    pub sure: bool,
    pub fault: Fault,
}

impl DeployProblem {
    /// Whether it is certain and the version's fault. Only such problems may roll back a deployment.
    pub fn justifies_rollback(&self) -> bool {
        self.sure && self.fault == Fault::Version
    }
}

/// Older events are ignored.
const RECENT: SignedDuration = SignedDuration::from_mins(5);

/// Returns the problems of a deployment's tasks, the most significant first. `definition` is the target task
/// definition, if known.
pub fn problems(
    service: &Service,
    tasks: &[Task],
    definition: Option<&TaskDefinition>,
    deployment: &str,
    since: Timestamp,
    now: Timestamp,
) -> Vec<DeployProblem> {
    let mut found: Vec<DeployProblem> = Vec::new();
    for task in tasks.iter().filter(|task| task.started_by == deployment) {
        let Some(end) = task.end(definition) else { continue };
        if matches!(end.fault, Fault::Person | Fault::Service | Fault::Unknown) {
            continue;
        }
        let (kind, text, clear) = problem_of(task, end);
        match found.iter_mut().find(|other| other.kind == kind && other.text == text) {
            Some(other) => {
                other.tasks += 1;
                other.sure = true;
            }
            None => found.push(DeployProblem { kind, text, tasks: 1, sure: clear, fault: end.fault }),
        }
    }
    // Different exit codes of one container are the same problem, seen several times.
    for kind in [
        ProblemKind::Crash,
        ProblemKind::Image,
        ProblemKind::Secrets,
        ProblemKind::Health,
        ProblemKind::Capacity,
        ProblemKind::Platform,
    ] {
        for fault in [Fault::Version, Fault::Platform] {
            let same_kind = |other: &&mut DeployProblem| other.kind == kind && other.fault == fault;
            let total_tasks = found.iter_mut().filter(same_kind).map(|other| other.tasks).sum::<usize>();
            if total_tasks >= 2 {
                found.iter_mut().filter(same_kind).for_each(|other| other.sure = true);
            }
        }
    }
    let unplaced = service.events.iter().find(|event| {
        let at = event.at.unwrap_or_default();
        at >= since && now.duration_since(at) <= RECENT && event.kind() == EventKind::Unplaced
    });
    if let Some(event) = unplaced {
        let why = event.message.split("Reason: ").nth(1).unwrap_or(&event.message);
        let text = format!("no place for a task: {}", first_sentence(why));
        found.push(DeployProblem { kind: ProblemKind::Capacity, text, tasks: 1, sure: true, fault: Fault::Platform });
    }
    // Faults of the version precede faults of the platform.
    found.sort_by_key(|other| (!other.justifies_rollback(), !other.sure, other.kind, std::cmp::Reverse(other.tasks)));
    for other in found.iter_mut().filter(|other| other.tasks > 1) {
        other.text = format!("{}, in {} tasks", other.text, other.tasks);
    }
    found
}

/// Returns the kind of problem of a stopped task, a sentence, and whether a single occurrence is certain.
fn problem_of(task: &Task, end: End<'_>) -> (ProblemKind, String, bool) {
    let reason = task.stopped_reason.as_deref().unwrap_or_default();
    let detail = end.container.and_then(|container| container.reason.as_deref()).unwrap_or_default();
    let full_reason = format!("{reason} {detail}");
    let lower = full_reason.to_lowercase();
    let refused = [
        "not found",
        "does not exist",
        "no such",
        "accessdenied",
        "access denied",
        "not authorized",
        "manifest unknown",
    ]
    .iter()
    .any(|sign| lower.contains(sign));
    let lasting = refused && end.fault == Fault::Version;
    match end.cause {
        Cause::Image => (
            ProblemKind::Image,
            format!("the image cannot be pulled: {}", text_after(&full_reason, "CannotPull")),
            lasting,
        ),
        Cause::Preparation => {
            let what = text_after(&full_reason, "ResourceInitializationError");
            (ProblemKind::Secrets, format!("the task cannot be prepared: {what}"), lasting)
        }
        Cause::Capacity => (ProblemKind::Capacity, "no place for a task: capacity is unavailable".to_owned(), false),
        Cause::Health => (ProblemKind::Health, "health checks fail".to_owned(), false),
        Cause::Crash | Cause::Other => {
            let name = end.container.map_or("a container", |container| container.name.as_str());
            let what = match (end.container.and_then(|container| container.exit_code), detail) {
                (Some(code), "") => format!("exited {code}"),
                (Some(code), detail) => format!("exited {code}: {}", first_sentence(detail)),
                (None, "") => first_sentence(reason).to_owned(),
                (None, detail) => first_sentence(detail).to_owned(),
            };
            if end.fault == Fault::Version {
                return (ProblemKind::Crash, format!("{name} {what}"), false);
            }
            let why = if reason.is_empty() { task.stop_code.as_deref().unwrap_or("a task ended") } else { reason };
            (ProblemKind::Platform, format!("not the version's fault: {}", first_sentence(why)), false)
        }
    }
}

/// Returns the text after a marker, cut to a readable length.
fn text_after(text: &str, marker: &str) -> String {
    let from = text.find(marker).map_or(text, |at| &text[at..]);
    let from = from.split_once(": ").map_or(from, |(_, rest)| rest);
    crate::text::cut_end(from.trim(), 160).into_owned()
}

fn first_sentence(text: &str) -> &str {
    text.split(". ").next().unwrap_or(text).trim().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::ServiceEvent;
    use crate::task::Container;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("valid")
    }

    fn task(code: &str, reason: &str, exit: Option<i32>, detail: Option<&str>) -> Task {
        Task {
            last_status: "STOPPED".into(),
            started_by: "ecs-svc/1".into(),
            stop_code: Some(code.into()),
            stopped_reason: Some(reason.into()),
            containers: vec![Container {
                name: "api".into(),
                exit_code: exit,
                reason: detail.map(str::to_owned),
                ..Container::default()
            }],
            ..Task::default()
        }
    }

    fn of(tasks: &[Task]) -> Vec<DeployProblem> {
        problems(&Service::default(), tasks, None, "ecs-svc/1", at(0), at(60))
    }

    #[test]
    fn crash_is_certain_when_seen_twice() {
        let crash = task("EssentialContainerExited", "Essential container in task exited", Some(1), None);
        let once = of(std::slice::from_ref(&crash));
        assert_eq!((once[0].sure, once[0].text.as_str()), (false, "api exited 1"));
        let twice = of(&[crash.clone(), crash.clone()]);
        assert_eq!((twice[0].sure, twice[0].text.as_str()), (true, "api exited 1, in 2 tasks"));
        let mut other = crash.clone();
        other.started_by = "ecs-svc/2".into();
        assert!(!of(&[crash, other])[0].sure, "tasks of another deployment are ignored");
    }

    #[test]
    fn missing_image_is_certain_at_once_and_slow_registry_is_not() {
        let missing = task(
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: not found",
            None,
            None,
        );
        assert!(of(&[missing])[0].sure);
        let slow = task("TaskFailedToStart", "CannotPullContainerError: i/o timeout", None, None);
        let found = of(&[slow]);
        assert_eq!((found[0].kind, found[0].sure), (ProblemKind::Image, false));
    }

    #[test]
    fn secrets_health_and_capacity_are_distinguished() {
        let secrets = task(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: User is not authorized",
            None,
            None,
        );
        let found = of(&[secrets]);
        assert_eq!((found[0].kind, found[0].sure), (ProblemKind::Secrets, true));
        let ill = task("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group x)", None, None);
        assert_eq!(of(&[ill.clone(), ill])[0].text, "health checks fail, in 2 tasks");
        let service = Service {
            events: vec![ServiceEvent {
                at: Some(at(30)),
                message: "(service x) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later.".into(),
                ..ServiceEvent::default()
            }],
            ..Service::default()
        };
        let found = problems(&service, &[], None, "ecs-svc/1", at(0), at(60));
        assert_eq!(found[0].text, "no place for a task: Capacity is unavailable at this time");
        assert!(problems(&service, &[], None, "ecs-svc/1", at(40), at(60)).is_empty(), "older than the deployment");
    }

    #[test]
    fn replaced_tasks_are_not_a_problem() {
        let replaced =
            task("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", None, None);
        assert!(of(&[replaced]).is_empty());
    }

    #[test]
    fn platform_faults_are_reported_but_do_not_roll_back() {
        for (code, reason) in [
            ("SpotInterruption", "Your Spot Task was interrupted."),
            ("TerminationNotice", "Host EC2 (instance i-0abc) terminated."),
            ("InfrastructureHealth", ""),
            ("TaskFailedToStart", "Timeout waiting for network interface provisioning to complete."),
            ("TaskFailedToStart", "CannotPullContainerError: ref pull has been retried 5 time(s): i/o timeout"),
        ] {
            let ended = task(code, reason, Some(137), None);
            let found = of(&[ended.clone(), ended.clone(), ended]);
            assert!(found.iter().all(|trouble| !trouble.justifies_rollback()), "{code}: {found:?}");
            assert!(found[0].sure, "it is said: {found:?}");
        }
        let crash = task("EssentialContainerExited", "Essential container in task exited", Some(1), None);
        let spot = task("SpotInterruption", "Your Spot Task was interrupted.", Some(137), None);
        let found = of(&[spot.clone(), crash.clone(), spot]);
        assert!(!found.iter().any(DeployProblem::justifies_rollback), "one crash between them is one: {found:?}");
        let found = of(&[crash.clone(), crash]);
        assert!(found[0].justifies_rollback());
    }
}
