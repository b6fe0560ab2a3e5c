//! Where the way back of a deployment stands.

/// The way back of a deployment of ours, with why it is taken back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum WayBack {
    /// Nobody wants it to be rolled back.
    #[default]
    No,
    /// It is wanted, and could not be sent yet.
    Wanted(String),
    /// It is sent, and what is watched may be it already.
    Going(String),
}

impl WayBack {
    /// Why, of one that is wanted.
    pub(super) fn wanted(&self) -> Option<&String> {
        match self {
            Self::Wanted(why) => Some(why),
            Self::No | Self::Going(_) => None,
        }
    }

    /// Why, of one that is sent.
    pub(super) fn going(&self) -> Option<&String> {
        match self {
            Self::Going(why) => Some(why),
            Self::No | Self::Wanted(_) => None,
        }
    }

    /// Why, of one that nobody wants any more from here on.
    pub(super) fn take(&mut self) -> String {
        match std::mem::take(self) {
            Self::No => String::new(),
            Self::Wanted(why) | Self::Going(why) => why,
        }
    }
}
