//! Secrets of Secrets Manager, read-only: what they are called, and how their rotation stands.

use crate::time::spoken;
use jiff::{SignedDuration, Timestamp};

/// A rotation takes minutes; a new version that is not the current one after this long has been left behind.
const STUCK: SignedDuration = SignedDuration::from_hours(1);
/// A rotation that is this much later than it was due did not happen.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// A secret without its value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Secret {
    pub name: String,
    pub arn: String,
    pub description: Option<String>,
    /// Rotation is switched on.
    pub rotates: bool,
    /// Every so many days, or as an expression.
    pub every: Option<String>,
    pub rotated_at: Option<Timestamp>,
    pub next_rotation: Option<Timestamp>,
    pub changed_at: Option<Timestamp>,
    pub accessed_at: Option<Timestamp>,
    /// When it will be gone, once it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// Whether a version waits to become the current one: a rotation is under way, or was left behind.
    pub pending: bool,
    /// The service that keeps it: `rds`.
    pub owner: Option<String>,
}

/// How a secret's rotation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// It was deleted, and is gone after a while.
    Deleted,
    /// Nothing rotates it.
    Off,
    /// As it should be, in words.
    Fine(String),
    UnderWay,
    /// The last one failed, in words.
    Failed(String),
    /// It was due and did not happen, in words.
    Late(String),
}

impl Secret {
    /// How its rotation stands. Secrets Manager does not say whether the last one failed; a version that was made for it
    /// and never became the current one does.
    pub fn rotation(&self, now: Timestamp) -> Rotation {
        let ago = |at: Timestamp| spoken(now.duration_since(at).max(SignedDuration::ZERO));
        if self.deleted_at.is_some() {
            return Rotation::Deleted;
        }
        if !self.rotates {
            return Rotation::Off;
        }
        if self.pending {
            let since = self.changed_at.unwrap_or(now);
            if now.duration_since(since) < STUCK {
                return Rotation::UnderWay;
            }
            return Rotation::Failed(format!(
                "the last rotation did not end: its version has waited for {}",
                ago(since)
            ));
        }
        if let Some(next) = self.next_rotation.filter(|next| now.duration_since(*next) > LATE) {
            return Rotation::Late(format!("its rotation was due {} ago", ago(next)));
        }
        let last = self.rotated_at.map_or_else(|| "never rotated".to_owned(), |at| format!("rotated {} ago", ago(at)));
        let next = self.next_rotation.filter(|next| *next > now);
        Rotation::Fine(match next {
            Some(next) => format!("{last}, next in {}", spoken(next.duration_since(now))),
            None => last,
        })
    }
}

impl Rotation {
    /// The word for it in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Off => "off",
            Self::Fine(_) => "fine",
            Self::UnderWay => "under_way",
            Self::Failed(_) => "failed",
            Self::Late(_) => "late",
        }
    }

    /// The word for it for people.
    pub fn text(&self) -> &str {
        match self {
            Self::Deleted => "deleted: it is gone when its recovery time is over",
            Self::Off => "nothing rotates it",
            Self::UnderWay => "a rotation is under way",
            Self::Fine(text) | Self::Failed(text) | Self::Late(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_never_became_the_current_one_is_a_rotation_that_failed() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let at = |hours: i64| Some(now - SignedDuration::from_hours(hours));
        let secret = Secret { rotates: true, rotated_at: at(48), changed_at: at(48), ..Secret::default() };
        assert_eq!(secret.rotation(now), Rotation::Fine("rotated 2 days ago".into()));
        let under_way = Secret { pending: true, changed_at: at(0), ..secret.clone() };
        assert_eq!(under_way.rotation(now), Rotation::UnderWay);
        let stuck = Secret { pending: true, changed_at: at(3), ..secret.clone() };
        assert_eq!(stuck.rotation(now).word(), "failed");
        let late = Secret { next_rotation: at(30), ..secret.clone() };
        assert_eq!(late.rotation(now).word(), "late");
        assert_eq!(Secret::default().rotation(now), Rotation::Off);
        assert_eq!(Secret { deleted_at: at(1), ..secret }.rotation(now), Rotation::Deleted);
    }
}
