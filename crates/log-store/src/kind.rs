//! The format of a line: plain text, JSON or pairs.

/// The format of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Plain text without fields.
    #[default]
    Plain,
    /// A JSON object: pino, `NestJS`, Winston, Datadog and others.
    Json,
    /// `key=value` pairs.
    Logfmt,
}
