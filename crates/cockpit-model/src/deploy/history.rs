//! The history of a service's deployments: what ran before, and how long it usually takes.

use crate::rollout::{RolloutStatus, ServiceDeployment};
use jiff::SignedDuration;

/// The task definition that ran before `current`: the target of the newest successful deployment to
/// another one that is older than the newest to `current`. Never "the number before": revisions are also
/// registered without being deployed.
pub fn ran_before<'a>(history: &'a [ServiceDeployment], current: &str) -> Option<&'a ServiceDeployment> {
    let from = history.iter().position(|entry| ran(entry) && entry.target.as_deref() == Some(current));
    let older = &history[from.map_or(0, |at| at + 1)..];
    older.iter().find(|entry| ran(entry) && entry.target.as_deref().is_some_and(|target| target != current))
}

/// Whether the one that ran before `current` cannot be told: a deployment that came to serve later than the last one that is known
/// does not say what it went to. Whoever went back to that one would go too far.
pub fn hides_what_ran_before(history: &[ServiceDeployment], current: &str) -> bool {
    let from = history.iter().position(|entry| ran(entry) && entry.target.as_deref() == Some(current));
    let older = history[from.map_or(0, |at| at + 1)..].iter().filter(|entry| ran(entry));
    let mut nearer = older.take_while(|entry| entry.target.as_deref().is_none_or(|target| target == current));
    nearer.any(|entry| entry.target.is_none())
}

/// Whether the target of a deployment came to serve.
fn ran(entry: &ServiceDeployment) -> bool {
    entry.status == RolloutStatus::Successful
}

/// The revisions that came to serve, newest first, each once, without `current`: what can be gone back to.
pub fn candidates<'a>(history: &'a [ServiceDeployment], current: &str) -> Vec<&'a ServiceDeployment> {
    let mut found: Vec<&ServiceDeployment> = Vec::new();
    for entry in history.iter().filter(|entry| ran(entry)) {
        let Some(target) = entry.target.as_deref() else { continue };
        if target != current && found.iter().all(|other| other.target.as_deref() != Some(target)) {
            found.push(entry);
        }
    }
    found
}

/// How long the successful deployments took: their median.
pub fn usual(history: &[ServiceDeployment]) -> Option<SignedDuration> {
    let mut took: Vec<SignedDuration> = history
        .iter()
        .filter(|entry| ran(entry))
        .filter_map(|entry| Some(entry.finished_at?.duration_since(entry.created_at?)))
        .filter(|took| *took > SignedDuration::ZERO)
        .collect();
    took.sort();
    took.get(took.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn entry(status: RolloutStatus, target: &str, took: i64) -> ServiceDeployment {
        let created = Timestamp::from_second(1_700_000_000).expect("valid");
        ServiceDeployment {
            status,
            target: Some(target.into()),
            created_at: Some(created),
            finished_at: Some(created + SignedDuration::from_secs(took)),
            ..ServiceDeployment::default()
        }
    }

    #[test]
    fn a_version_that_was_rolled_back_is_no_version_that_ran_before() {
        let history = [
            entry(RolloutStatus::RollbackSuccessful, "web:44", 90),
            entry(RolloutStatus::Successful, "web:43", 60),
            entry(RolloutStatus::Successful, "web:43", 80),
            entry(RolloutStatus::Stopped, "web:42", 5),
            entry(RolloutStatus::Successful, "web:40", 100),
        ];
        assert_eq!(ran_before(&history, "web:43").and_then(|entry| entry.target.as_deref()), Some("web:40"));
        // What runs is in no entry: the newest that ran is the one before.
        assert_eq!(ran_before(&history, "web:45").and_then(|entry| entry.target.as_deref()), Some("web:43"));
        assert_eq!(ran_before(&history, "web:40"), None);
        assert_eq!(candidates(&history, "web:43").len(), 1);
        assert_eq!(usual(&history), Some(SignedDuration::from_secs(80)));
        assert_eq!(usual(&history[..1]), None);
    }

    #[test]
    fn what_ran_before_is_not_guessed_where_a_deployment_between_does_not_say_what_it_was() {
        let unnamed = || ServiceDeployment { target: None, ..entry(RolloutStatus::Successful, "", 60) };
        let (now, old) =
            (entry(RolloutStatus::Successful, "web:43", 60), entry(RolloutStatus::Successful, "web:40", 60));
        assert!(hides_what_ran_before(&[now.clone(), unnamed(), old.clone()], "web:43"));
        assert!(hides_what_ran_before(&[unnamed(), unnamed()], "web:43"), "none may be read");
        assert!(
            !hides_what_ran_before(&[now.clone(), old.clone(), unnamed()], "web:43"),
            "what is older is in nobody's way"
        );
        let failed = ServiceDeployment { status: RolloutStatus::Stopped, ..unnamed() };
        assert!(!hides_what_ran_before(&[now, failed, old], "web:43"), "it never served");
        assert!(!hides_what_ran_before(&[], "web:43"));
    }

    #[test]
    fn after_a_rollback_the_previous_version_is_the_one_before_it() {
        // 41 ran, then 42, then back to 41: before 41 ran 42.
        let history = [
            entry(RolloutStatus::Successful, "web:41", 60),
            entry(RolloutStatus::Successful, "web:42", 60),
            entry(RolloutStatus::Successful, "web:41", 60),
        ];
        assert_eq!(ran_before(&history, "web:41").and_then(|entry| entry.target.as_deref()), Some("web:42"));
    }
}
