//! The MFA code that AWS wants, and whether the question for it is on the screen.

use super::event::MfaRequest;

/// A code that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedCode {
    pub wanted: MfaRequest,
    /// Whether its window is on the screen.
    pub shown: bool,
}

impl AskedCode {
    /// A question for a code that is not on the screen yet.
    pub fn new(wanted: MfaRequest) -> Self {
        Self { wanted, shown: false }
    }
}
