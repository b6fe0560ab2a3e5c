//! Why new tasks do not come up, said as soon as it is sure. Whose fault an end is: [`crate::stop`].
//!
//! | trouble | sure when |
//! |---|---|
//! | image | one task could not pull an image that is missing or refused; else two |
//! | secrets | one task was refused its secrets or could not find them; else two |
//! | crash | containers of the version ended by a fault in two tasks |
//! | health | two tasks failed their health checks |
//! | capacity | two tasks, or an event of the last five minutes, had no place |
//! | platform | two tasks ended by what AWS provides |

use crate::service::{EventKind, Service};
use crate::stop::{Cause, End, Fault};
use crate::task::Task;
use crate::task_definition::TaskDefinition;
use jiff::{SignedDuration, Timestamp};

/// The kinds of trouble of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TroubleKind {
    /// The image cannot be pulled.
    Image,
    /// Secrets cannot be read.
    Secrets,
    /// A container ends by itself.
    Crash,
    /// Health checks fail.
    Health,
    /// There is no place for the task.
    Capacity,
    /// AWS failed: hosts, Spot capacity, the network.
    Platform,
}

/// One kind of trouble of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Trouble {
    pub kind: TroubleKind,
    /// A sentence: `api exited 1 in 2 tasks`.
    pub text: String,
    /// In how many tasks it was seen.
    pub tasks: usize,
    /// Seen often enough to be said.
    pub sure: bool,
    pub fault: Fault,
}

impl Trouble {
    /// Whether it is sure, and the version's own: no other may take a deployment back.
    pub fn condemns(&self) -> bool {
        self.sure && self.fault == Fault::Version
    }
}

/// Events older than this say nothing of what is now.
const RECENT: SignedDuration = SignedDuration::from_mins(5);

/// The troubles of a deployment's tasks, the most telling first. `definition` is the task definition that it goes to,
/// where it is known.
pub fn troubles(
    service: &Service,
    tasks: &[Task],
    definition: Option<&TaskDefinition>,
    deployment: &str,
    since: Timestamp,
    now: Timestamp,
) -> Vec<Trouble> {
    let mut found: Vec<Trouble> = Vec::new();
    for task in tasks.iter().filter(|task| task.started_by == deployment) {
        let Some(end) = task.end(definition) else { continue };
        if matches!(end.fault, Fault::Person | Fault::Service | Fault::Unknown) {
            continue;
        }
        let (kind, text, clear) = told_of(task, end);
        match found.iter_mut().find(|other| other.kind == kind && other.text == text) {
            Some(other) => {
                other.tasks += 1;
                other.sure = true;
            }
            None => found.push(Trouble { kind, text, tasks: 1, sure: clear, fault: end.fault }),
        }
    }
    // Different exit codes of one container are one trouble that was seen several times.
    for kind in [
        TroubleKind::Crash,
        TroubleKind::Image,
        TroubleKind::Secrets,
        TroubleKind::Health,
        TroubleKind::Capacity,
        TroubleKind::Platform,
    ] {
        for fault in [Fault::Version, Fault::Platform] {
            let same = |other: &&mut Trouble| other.kind == kind && other.fault == fault;
            let several = found.iter_mut().filter(same).map(|other| other.tasks).sum::<usize>();
            if several >= 2 {
                found.iter_mut().filter(same).for_each(|other| other.sure = true);
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
        found.push(Trouble { kind: TroubleKind::Capacity, text, tasks: 1, sure: true, fault: Fault::Platform });
    }
    // The version's own stand before what the platform does.
    found.sort_by_key(|other| (!other.condemns(), !other.sure, other.kind, std::cmp::Reverse(other.tasks)));
    for other in found.iter_mut().filter(|other| other.tasks > 1) {
        other.text = format!("{}, in {} tasks", other.text, other.tasks);
    }
    found
}

/// The end of a task: the kind of trouble, a sentence, and whether once is enough to be sure.
fn told_of(task: &Task, end: End<'_>) -> (TroubleKind, String, bool) {
    let reason = task.stopped_reason.as_deref().unwrap_or_default();
    let detail = end.container.and_then(|container| container.reason.as_deref()).unwrap_or_default();
    let all = format!("{reason} {detail}");
    let lower = all.to_lowercase();
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
        Cause::Image => {
            (TroubleKind::Image, format!("the image cannot be pulled: {}", told(&all, "CannotPull")), lasting)
        }
        Cause::Preparation => {
            let what = told(&all, "ResourceInitializationError");
            (TroubleKind::Secrets, format!("the task cannot be prepared: {what}"), lasting)
        }
        Cause::Capacity => (TroubleKind::Capacity, "no place for a task: capacity is unavailable".to_owned(), false),
        Cause::Health => (TroubleKind::Health, "health checks fail".to_owned(), false),
        Cause::Crash | Cause::Other => {
            let name = end.container.map_or("a container", |container| container.name.as_str());
            let what = match (end.container.and_then(|container| container.exit_code), detail) {
                (Some(code), "") => format!("exited {code}"),
                (Some(code), detail) => format!("exited {code}: {}", first_sentence(detail)),
                (None, "") => first_sentence(reason).to_owned(),
                (None, detail) => first_sentence(detail).to_owned(),
            };
            if end.fault == Fault::Version {
                return (TroubleKind::Crash, format!("{name} {what}"), false);
            }
            let why = if reason.is_empty() { task.stop_code.as_deref().unwrap_or("a task ended") } else { reason };
            (TroubleKind::Platform, format!("not the version's fault: {}", first_sentence(why)), false)
        }
    }
}

/// The text behind a marker, cut to a readable length.
fn told(text: &str, marker: &str) -> String {
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

    fn of(tasks: &[Task]) -> Vec<Trouble> {
        troubles(&Service::default(), tasks, None, "ecs-svc/1", at(0), at(60))
    }

    #[test]
    fn a_crash_is_sure_when_it_comes_twice() {
        let crash = task("EssentialContainerExited", "Essential container in task exited", Some(1), None);
        let once = of(std::slice::from_ref(&crash));
        assert_eq!((once[0].sure, once[0].text.as_str()), (false, "api exited 1"));
        let twice = of(&[crash.clone(), crash.clone()]);
        assert_eq!((twice[0].sure, twice[0].text.as_str()), (true, "api exited 1, in 2 tasks"));
        let mut other = crash.clone();
        other.started_by = "ecs-svc/2".into();
        assert!(!of(&[crash, other])[0].sure, "tasks of another deployment say nothing");
    }

    #[test]
    fn a_missing_image_is_sure_at_once_and_a_slow_registry_is_not() {
        let missing = task(
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: not found",
            None,
            None,
        );
        assert!(of(&[missing])[0].sure);
        let slow = task("TaskFailedToStart", "CannotPullContainerError: i/o timeout", None, None);
        let found = of(&[slow]);
        assert_eq!((found[0].kind, found[0].sure), (TroubleKind::Image, false));
    }

    #[test]
    fn secrets_health_and_capacity_are_told_apart() {
        let secrets = task(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: User is not authorized",
            None,
            None,
        );
        let found = of(&[secrets]);
        assert_eq!((found[0].kind, found[0].sure), (TroubleKind::Secrets, true));
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
        let found = troubles(&service, &[], None, "ecs-svc/1", at(0), at(60));
        assert_eq!(found[0].text, "no place for a task: Capacity is unavailable at this time");
        assert!(troubles(&service, &[], None, "ecs-svc/1", at(40), at(60)).is_empty(), "older than the deployment");
    }

    #[test]
    fn tasks_that_were_replaced_are_no_trouble() {
        let replaced =
            task("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", None, None);
        assert!(of(&[replaced]).is_empty());
    }

    #[test]
    fn what_the_platform_does_is_said_and_condemns_nothing() {
        for (code, reason) in [
            ("SpotInterruption", "Your Spot Task was interrupted."),
            ("TerminationNotice", "Host EC2 (instance i-0abc) terminated."),
            ("InfrastructureHealth", ""),
            ("TaskFailedToStart", "Timeout waiting for network interface provisioning to complete."),
            ("TaskFailedToStart", "CannotPullContainerError: ref pull has been retried 5 time(s): i/o timeout"),
        ] {
            let ended = task(code, reason, Some(137), None);
            let found = of(&[ended.clone(), ended.clone(), ended]);
            assert!(found.iter().all(|trouble| !trouble.condemns()), "{code}: {found:?}");
            assert!(found[0].sure, "it is said: {found:?}");
        }
        let crash = task("EssentialContainerExited", "Essential container in task exited", Some(1), None);
        let spot = task("SpotInterruption", "Your Spot Task was interrupted.", Some(137), None);
        let found = of(&[spot.clone(), crash.clone(), spot]);
        assert!(!found.iter().any(Trouble::condemns), "one crash between them is one: {found:?}");
        let found = of(&[crash.clone(), crash]);
        assert!(found[0].condemns());
    }
}
