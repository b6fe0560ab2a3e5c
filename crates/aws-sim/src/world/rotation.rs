//! The rotation of secrets: every 30 days, a pure function of the time, until somebody makes it fail.

use super::{DAY, World};
use crate::clock::Ms;

/// Days between two rotations.
const EVERY: Ms = 30 * DAY;

/// How the rotation of a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// The last one that ended well.
    pub(crate) last: Ms,
    pub(crate) next: Option<Ms>,
    pub(crate) changed: Ms,
    /// Whether a version waits for a rotation that did not end.
    pub(crate) pending: bool,
}

impl World {
    /// The present rotation of a database's secret.
    pub(crate) fn rotation(&self, database: &str) -> Rotation {
        let first = self.start - 12 * DAY;
        let until = self.failing_rotations.get(database).copied().unwrap_or(self.now).min(self.now);
        let last = first + (until - first).max(0).div_euclid(EVERY) * EVERY;
        let next = last + EVERY;
        let pending = next <= self.now;
        Rotation { last, next: Some(next), changed: if pending { next } else { last }, pending }
    }
}
