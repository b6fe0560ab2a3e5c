//! The MFA code that AWS requires, and whether its prompt is on the screen.

use super::event::MfaRequest;

/// An MFA code that the person has been asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMfaCode {
    pub request: MfaRequest,
    /// Whether its prompt is on the screen.
    pub shown: bool,
}

impl PendingMfaCode {
    /// A request for a code whose prompt is not on the screen yet.
    pub fn new(wanted: MfaRequest) -> Self {
        Self { request: wanted, shown: false }
    }
}
