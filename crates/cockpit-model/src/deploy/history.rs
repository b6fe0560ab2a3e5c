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
    fn what_was_rolled_back_never_ran() {
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
