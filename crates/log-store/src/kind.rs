//! How a line is written: words, JSON or pairs.

/// How a line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Words without fields.
    #[default]
    Plain,
    /// A JSON object: pino, `NestJS`, Winston, Datadog and others.
    Json,
    /// `key=value` pairs.
    Logfmt,
}
