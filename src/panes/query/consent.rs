//! Whether somebody agreed to let a session write that was opened to read.

/// A person's consent to let the session write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Consent {
    /// Nobody did.
    #[default]
    None,
    /// The statement that does it needs no other question.
    Given,
    /// It was run: what the server says of it is no surprise.
    Used,
}
