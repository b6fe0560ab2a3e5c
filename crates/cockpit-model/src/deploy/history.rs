//! The deployment history of a service: earlier versions, and the usual duration of a deployment.

use crate::rollout::{RolloutStatus, ServiceDeployment};
use jiff::SignedDuration;

/// Returns the deployment of the task definition that ran before `current`: the newest successful deployment to another
/// one that precedes the newest to `current`. This is not simply the previous revision number, because revisions may be
/// registered without being deployed.
pub fn previous_deployment<'a>(history: &'a [ServiceDeployment], current: &str) -> Option<&'a ServiceDeployment> {
    let from = history.iter().position(|entry| succeeded(entry) && entry.target.as_deref() == Some(current));
    let older = &history[from.map_or(0, |at| at + 1)..];
    older.iter().find(|entry| succeeded(entry) && entry.target.as_deref().is_some_and(|target| target != current))
}

/// Whether the version before `current` is uncertain: a successful deployment after the last known other version has no
/// recorded target. A rollback to that known version would go too far back.
pub fn is_previous_uncertain(history: &[ServiceDeployment], current: &str) -> bool {
    let from = history.iter().position(|entry| succeeded(entry) && entry.target.as_deref() == Some(current));
    let older = history[from.map_or(0, |at| at + 1)..].iter().filter(|entry| succeeded(entry));
    let mut nearer = older.take_while(|entry| entry.target.as_deref().is_none_or(|target| target == current));
    nearer.any(|entry| entry.target.is_none())
}

/// Whether a deployment succeeded, so that its target was serving.
fn succeeded(entry: &ServiceDeployment) -> bool {
    entry.status == RolloutStatus::Successful
}

/// Returns the deployments of the rollback candidates: revisions that were serving, newest first, each once, without
/// `current`.
pub fn candidates<'a>(history: &'a [ServiceDeployment], current: &str) -> Vec<&'a ServiceDeployment> {
    let mut found: Vec<&ServiceDeployment> = Vec::new();
    for entry in history.iter().filter(|entry| succeeded(entry)) {
        let Some(target) = entry.target.as_deref() else { continue };
        if target != current && found.iter().all(|other| other.target.as_deref() != Some(target)) {
            found.push(entry);
        }
    }
    found
}

/// Returns the median duration of the successful deployments.
pub fn usual_duration(history: &[ServiceDeployment]) -> Option<SignedDuration> {
    let mut durations: Vec<SignedDuration> = history
        .iter()
        .filter(|entry| succeeded(entry))
        .filter_map(|entry| Some(entry.finished_at?.duration_since(entry.created_at?)))
        .filter(|duration| *duration > SignedDuration::ZERO)
        .collect();
    durations.sort();
    durations.get(durations.len() / 2).copied()
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
    fn rolled_back_version_does_not_count_as_previous() {
        let history = [
            entry(RolloutStatus::RollbackSuccessful, "web:44", 90),
            entry(RolloutStatus::Successful, "web:43", 60),
            entry(RolloutStatus::Successful, "web:43", 80),
            entry(RolloutStatus::Stopped, "web:42", 5),
            entry(RolloutStatus::Successful, "web:40", 100),
        ];
        assert_eq!(previous_deployment(&history, "web:43").and_then(|entry| entry.target.as_deref()), Some("web:40"));
        // The running version is in no entry: the newest successful one is the previous.
        assert_eq!(previous_deployment(&history, "web:45").and_then(|entry| entry.target.as_deref()), Some("web:43"));
        assert_eq!(previous_deployment(&history, "web:40"), None);
        assert_eq!(candidates(&history, "web:43").len(), 1);
        assert_eq!(usual_duration(&history), Some(SignedDuration::from_secs(80)));
        assert_eq!(usual_duration(&history[..1]), None);
    }

    #[test]
    fn previous_version_is_not_guessed_across_an_unknown_deployment() {
        let unnamed = || ServiceDeployment { target: None, ..entry(RolloutStatus::Successful, "", 60) };
        let (now, old) =
            (entry(RolloutStatus::Successful, "web:43", 60), entry(RolloutStatus::Successful, "web:40", 60));
        assert!(is_previous_uncertain(&[now.clone(), unnamed(), old.clone()], "web:43"));
        assert!(is_previous_uncertain(&[unnamed(), unnamed()], "web:43"), "no deployment has a known target");
        assert!(
            !is_previous_uncertain(&[now.clone(), old.clone(), unnamed()], "web:43"),
            "what is older is in nobody's way"
        );
        let failed = ServiceDeployment { status: RolloutStatus::Stopped, ..unnamed() };
        assert!(!is_previous_uncertain(&[now, failed, old], "web:43"), "it never served");
        assert!(!is_previous_uncertain(&[], "web:43"));
    }

    #[test]
    fn previous_version_after_a_rollback_is_the_one_before_it() {
        // Version 41 ran, then 42, then 41 again: the version before that is 42.
        let history = [
            entry(RolloutStatus::Successful, "web:41", 60),
            entry(RolloutStatus::Successful, "web:42", 60),
            entry(RolloutStatus::Successful, "web:41", 60),
        ];
        assert_eq!(previous_deployment(&history, "web:41").and_then(|entry| entry.target.as_deref()), Some("web:42"));
    }
}
