//! Whether the account has Cost Explorer.

/// The state of Cost Explorer in the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum CostExplorer {
    #[default]
    Enabled,
    /// Nobody has ever opened it.
    Off,
    /// It was enabled a moment ago: there are no figures yet.
    New,
}

impl CostExplorer {
    /// Reads the word of a control request.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        match word {
            "enabled" => Ok(Self::Enabled),
            "off" => Ok(Self::Off),
            "new" => Ok(Self::New),
            _ => Err(format!("{word:?} is none of enabled, off, new")),
        }
    }
}
