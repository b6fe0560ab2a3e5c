//! The state of a deployment's rollback.

/// The rollback of our deployment, with its reason.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Rollback {
    /// No rollback is wanted.
    #[default]
    NotWanted,
    /// It is wanted, and could not be sent yet.
    Wanted(String),
    /// It was sent, and the watched deployment may already be the rollback.
    Sent(String),
}

impl Rollback {
    /// The reason of a rollback that is wanted.
    pub(super) fn wanted_reason(&self) -> Option<&String> {
        match self {
            Self::Wanted(why) => Some(why),
            Self::NotWanted | Self::Sent(_) => None,
        }
    }

    /// The reason of a rollback that was sent.
    pub(super) fn sent_reason(&self) -> Option<&String> {
        match self {
            Self::Sent(why) => Some(why),
            Self::NotWanted | Self::Wanted(_) => None,
        }
    }

    /// Returns the reason and drops the rollback.
    pub(super) fn take(&mut self) -> String {
        match std::mem::take(self) {
            Self::NotWanted => String::new(),
            Self::Wanted(why) | Self::Sent(why) => why,
        }
    }
}
