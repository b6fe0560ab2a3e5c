//! Secrets of Secrets Manager, read-only: their data and their rotation.

use crate::time::sentence_duration;
use jiff::{SignedDuration, Timestamp};

/// A rotation takes minutes; a pending version older than this means that it failed.
const MAX_ROTATION: SignedDuration = SignedDuration::from_hours(1);
/// A rotation this much overdue counts as missed.
const OVERDUE: SignedDuration = SignedDuration::from_hours(24);

/// A secret without its value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Secret {
    pub name: String,
    pub arn: String,
    pub description: Option<String>,
    /// Whether rotation is enabled.
    pub rotates: bool,
    /// The rotation interval in days, or a schedule expression.
    pub every: Option<String>,
    pub rotated_at: Option<Timestamp>,
    pub next_rotation: Option<Timestamp>,
    pub changed_at: Option<Timestamp>,
    pub accessed_at: Option<Timestamp>,
    /// When it will be deleted permanently, if it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// Whether a version waits to become current: a rotation is in progress, or failed.
    pub pending: bool,
    /// The AWS service that manages it: `rds`.
    pub owner: Option<String>,
}

/// The state of a secret's rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The secret was deleted, and will be removed permanently.
    Deleted,
    /// Rotation is disabled.
    Off,
    /// No problem, described in words.
    Healthy(String),
    InProgress,
    /// The last rotation failed, described in words.
    Failed(String),
    /// A due rotation did not happen, described in words.
    Overdue(String),
}

impl Secret {
    /// Returns the state of its rotation. Secrets Manager does not report whether the last rotation failed; a version
    /// that was created for it but never became current shows that.
    pub fn rotation(&self, now: Timestamp) -> Rotation {
        let ago = |at: Timestamp| sentence_duration(now.duration_since(at).max(SignedDuration::ZERO));
        if self.deleted_at.is_some() {
            return Rotation::Deleted;
        }
        if !self.rotates {
            return Rotation::Off;
        }
        if self.pending {
            let since = self.changed_at.unwrap_or(now);
            if now.duration_since(since) < MAX_ROTATION {
                return Rotation::InProgress;
            }
            return Rotation::Failed(format!(
                "the last rotation did not end: its version has waited for {}",
                ago(since)
            ));
        }
        if let Some(next) = self.next_rotation.filter(|next| now.duration_since(*next) > OVERDUE) {
            return Rotation::Overdue(format!("its rotation was due {} ago", ago(next)));
        }
        let last = self.rotated_at.map_or_else(|| "never rotated".to_owned(), |at| format!("rotated {} ago", ago(at)));
        let next = self.next_rotation.filter(|next| *next > now);
        Rotation::Healthy(match next {
            Some(next) => format!("{last}, next in {}", sentence_duration(next.duration_since(now))),
            None => last,
        })
    }
}

impl Rotation {
    /// Returns the word used in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Off => "off",
            Self::Healthy(_) => "fine",
            Self::InProgress => "under_way",
            Self::Failed(_) => "failed",
            Self::Overdue(_) => "late",
        }
    }

    /// Returns the description for display.
    pub fn text(&self) -> &str {
        match self {
            Self::Deleted => "deleted: it is gone when its recovery time is over",
            Self::Off => "nothing rotates it",
            Self::InProgress => "a rotation is under way",
            Self::Healthy(text) | Self::Failed(text) | Self::Overdue(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_that_never_became_current_is_a_failed_rotation() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let at = |hours: i64| Some(now - SignedDuration::from_hours(hours));
        let secret = Secret { rotates: true, rotated_at: at(48), changed_at: at(48), ..Secret::default() };
        assert_eq!(secret.rotation(now), Rotation::Healthy("rotated 2 days ago".into()));
        let under_way = Secret { pending: true, changed_at: at(0), ..secret.clone() };
        assert_eq!(under_way.rotation(now), Rotation::InProgress);
        let stuck = Secret { pending: true, changed_at: at(3), ..secret.clone() };
        assert_eq!(stuck.rotation(now).name(), "failed");
        let late = Secret { next_rotation: at(30), ..secret.clone() };
        assert_eq!(late.rotation(now).name(), "late");
        assert_eq!(Secret::default().rotation(now), Rotation::Off);
        assert_eq!(Secret { deleted_at: at(1), ..secret }.rotation(now), Rotation::Deleted);
    }
}
