//! Log levels, with the words and numbers that loggers use for them.

/// A level. Levels are ordered by severity; lines without one have [`Level::None`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// The line has no level.
    #[default]
    None,
    /// `trace`, `verbose`, `silly`; pino 10.
    Trace,
    /// `debug`; pino 20.
    Debug,
    /// `info`, `log`, `http`, `notice`; pino 30.
    Info,
    /// `warn`, `warning`; pino 40.
    Warn,
    /// `error`, `err`; pino 50.
    Error,
    /// `fatal`, `critical`, `panic`, `emergency`, `alert`; pino 60.
    Fatal,
}

impl Level {
    /// All levels, in increasing severity.
    pub const ALL: [Self; 7] = [Self::None, Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Parses a word, ignoring case.
    pub fn from_word(word: &[u8]) -> Option<Self> {
        // Go's slog writes `ERROR+2`.
        let word = match word.iter().position(|b| matches!(b, b'+' | b'-')) {
            Some(at) if at >= 4 => &word[..at],
            _ => word,
        };
        let mut lower = [0u8; 13];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"trace" | b"verbose" | b"silly" | b"trc" | b"trce" | b"trac" | b"vrb" => Self::Trace,
            b"debug" | b"dbg" | b"dbug" | b"debu" => Self::Debug,
            b"info" | b"log" | b"http" | b"notice" | b"inf" | b"ok" | b"success" | b"information"
            | b"informational" => Self::Info,
            b"warn" | b"warning" | b"wrn" => Self::Warn,
            b"error" | b"err" | b"erro" | b"severe" | b"fail" => Self::Error,
            b"fatal" | b"fata" | b"ftl" | b"pnc" | b"critical" | b"crit" | b"panic" | b"emergency" | b"emerg"
            | b"alert" => Self::Fatal,
            _ => return None,
        })
    }

    /// Parses a number as in pino and bunyan: 10, 20 … 60.
    pub fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1..=19 => Self::Trace,
            20..=29 => Self::Debug,
            30..=39 => Self::Info,
            40..=49 => Self::Warn,
            50..=59 => Self::Error,
            60..=69 => Self::Fatal,
            _ => return None,
        })
    }

    /// Decodes a stored byte.
    pub(crate) fn of(byte: u8) -> Self {
        Self::ALL.get(usize::from(byte)).copied().unwrap_or_default()
    }
}
