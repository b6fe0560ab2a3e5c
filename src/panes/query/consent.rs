//! The user's consent to writes in a read-only session.

/// The user's consent to let the session write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Consent {
    /// Not given.
    #[default]
    None,
    /// Given: the statement that enables writes needs no further question.
    Given,
    /// Used: the change that the server reports is expected.
    Used,
}
