//! The risk level of a command for an environment.

/// The impact of a command on an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Read-only.
    Read,
    /// A reversible change: requires confirmation.
    Change,
    /// Interrupts users: requires confirmation, with Cancel preselected.
    Disrupt,
    /// Irreversible: the environment's name must be typed.
    Destroy,
}

impl Risk {
    /// All risks, from lowest to highest.
    pub const ALL: [Self; 4] = [Self::Read, Self::Change, Self::Disrupt, Self::Destroy];

    /// Returns the risk, one level higher if the environment is guarded.
    #[must_use]
    pub fn raised(self, guarded: bool) -> Self {
        match (self, guarded) {
            (Self::Change, true) => Self::Disrupt,
            (Self::Disrupt, true) => Self::Destroy,
            (risk, _) => risk,
        }
    }

    /// Returns the word used in lists and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "look",
            Self::Change => "change",
            Self::Disrupt => "disrupt",
            Self::Destroy => "destroy",
        }
    }

    /// Returns the risk for this word.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.name() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guarded_environment_raises_each_risk_by_one() {
        assert_eq!(Risk::Read.raised(true), Risk::Read);
        assert_eq!(Risk::Change.raised(true), Risk::Disrupt);
        assert_eq!(Risk::Disrupt.raised(true), Risk::Destroy);
        assert_eq!(Risk::Disrupt.raised(false), Risk::Disrupt);
    }
}
