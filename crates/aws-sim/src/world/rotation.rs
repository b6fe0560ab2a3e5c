//! The rotation of secrets: every 30 days, as a pure function of time, until a control request makes it fail.

use super::{DAY, World};
use crate::clock::Ms;

/// The interval of rotations.
const EVERY: Ms = 30 * DAY;

/// The state of a secret's rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// The time of the last successful rotation.
    pub(crate) last: Ms,
    pub(crate) next: Option<Ms>,
    pub(crate) changed: Ms,
    /// Whether a version is pending because a rotation did not finish.
    pub(crate) pending: bool,
}

impl World {
    /// The current rotation state of a database's secret.
    pub(crate) fn rotation(&self, database: &str) -> Rotation {
        let first = self.start - 12 * DAY;
        let until = self.failing_rotations.get(database).copied().unwrap_or(self.now).min(self.now);
        let last = first + (until - first).max(0).div_euclid(EVERY) * EVERY;
        let next = last + EVERY;
        let pending = next <= self.now;
        Rotation { last, next: Some(next), changed: if pending { next } else { last }, pending }
    }
}
