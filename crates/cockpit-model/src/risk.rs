//! The risk of a command to an environment.

/// How much a command can do to the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Looks, and changes nothing.
    Read,
    /// Changes something that can be changed back: asks.
    Change,
    /// Interrupts those who are served: asks, and leaves Cancel selected.
    Disrupt,
    /// Cannot be taken back: the environment's name must be typed.
    Destroy,
}

impl Risk {
    /// All risks, the smallest first.
    pub const ALL: [Self; 4] = [Self::Read, Self::Change, Self::Disrupt, Self::Destroy];

    /// The risk in an environment that is guarded or not.
    #[must_use]
    pub fn raised(self, guarded: bool) -> Self {
        match (self, guarded) {
            (Self::Change, true) => Self::Disrupt,
            (Self::Disrupt, true) => Self::Destroy,
            (risk, _) => risk,
        }
    }

    /// The word in lists and in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "look",
            Self::Change => "change",
            Self::Disrupt => "disrupt",
            Self::Destroy => "destroy",
        }
    }

    /// The risk of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_environment_raises_each_risk_by_one() {
        assert_eq!(Risk::Read.raised(true), Risk::Read);
        assert_eq!(Risk::Change.raised(true), Risk::Disrupt);
        assert_eq!(Risk::Disrupt.raised(true), Risk::Destroy);
        assert_eq!(Risk::Disrupt.raised(false), Risk::Disrupt);
    }
}
