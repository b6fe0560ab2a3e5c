//! An MFA code that is asked for, and whether its question stands on the screen.

use super::event::MfaRequest;

/// A code that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedCode {
    /// What for.
    pub wanted: MfaRequest,
    /// It is on the screen.
    pub shown: bool,
}

impl AskedCode {
    /// One that is not on the screen yet.
    pub fn new(wanted: MfaRequest) -> Self {
        Self { wanted, shown: false }
    }
}
