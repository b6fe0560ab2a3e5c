//! Whether Cost Explorer is enabled in the account.

/// The state of Cost Explorer in the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum CostExplorer {
    #[default]
    Enabled,
    /// It has never been enabled.
    Off,
    /// It was just enabled: there is no data yet.
    New,
}

impl CostExplorer {
    /// Parses the value of a control request.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        match word {
            "enabled" => Ok(Self::Enabled),
            "off" => Ok(Self::Off),
            "new" => Ok(Self::New),
            _ => Err(format!("{word:?} is none of enabled, off, new")),
        }
    }
}
