//! Instances of EC2 that sessions can go through: a bastion that runs, and one that is stopped.

use super::SECOND;
use crate::clock::Ms;

/// From the start until it runs, and from there until its agent is online.
const BOOT: Ms = 15 * SECOND;
const AGENT: Ms = 20 * SECOND;

/// An instance.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: &'static str,
    /// Tags with their values; `Name` is its name.
    pub(crate) tags: &'static [(&'static str, &'static str)],
    /// When it was started; none: it is stopped.
    pub(crate) started: Option<Ms>,
}

impl Instance {
    /// Those of every world.
    pub(crate) fn all() -> Vec<Self> {
        vec![
            Self {
                id: "i-0123456789abcdef0",
                tags: &[("Name", "bastion"), ("Role", "bastion")],
                // Long ago.
                started: Some(Ms::MIN / 2),
            },
            Self { id: "i-0fedcba9876543210", tags: &[("Name", "bastion-spare")], started: None },
        ]
    }

    /// Its state: the number that EC2 gives it, and the word.
    pub(crate) fn state(&self, now: Ms) -> (i64, &'static str) {
        match self.started {
            None => (80, "stopped"),
            Some(at) if at + BOOT > now => (0, "pending"),
            Some(_) => (16, "running"),
        }
    }

    /// Whether its agent is online.
    pub(crate) fn online(&self, now: Ms) -> bool {
        self.started.is_some_and(|at| at + BOOT + AGENT <= now)
    }
}
