//! Why there is nothing to go through or to.

/// Why there is nothing to go through, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTarget {
    /// Why, in a sentence.
    pub why: String,
    /// The hint: what a person can do about it.
    pub hint: String,
    /// Whether it may be there in a moment, without anybody's help.
    pub soon: bool,
    /// Whether it is there, and another environment's.
    pub elsewhere: bool,
}

/// The reason that there is no target, where waiting does not help.
pub fn none(why: impl Into<String>, hint: impl Into<String>) -> NoTarget {
    NoTarget { why: why.into(), hint: hint.into(), soon: false, elsewhere: false }
}

/// The reason that there is no target yet, where waiting helps.
pub fn soon(why: impl Into<String>) -> NoTarget {
    NoTarget { soon: true, ..none(why, "wait a moment: it is tried again") }
}
