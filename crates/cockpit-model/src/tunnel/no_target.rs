//! Errors for a missing tunnel target.

/// The reason why there is no target, with a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTarget {
    /// The reason, as a sentence.
    pub why: String,
    /// The hint.
    pub hint: String,
    /// Whether it may become available soon without intervention.
    pub soon: bool,
    /// Whether it exists but belongs to another environment.
    pub elsewhere: bool,
}

/// Creates an error for a target that does not exist, so that waiting does not help.
pub fn unavailable(why: impl Into<String>, hint: impl Into<String>) -> NoTarget {
    NoTarget { why: why.into(), hint: hint.into(), soon: false, elsewhere: false }
}

/// Creates an error for a target that may become available soon.
pub fn not_yet(why: impl Into<String>) -> NoTarget {
    NoTarget { soon: true, ..unavailable(why, "wait a moment: it is tried again") }
}
