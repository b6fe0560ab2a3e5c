//! What kind of line it is, how bad, and whether it goes on with the one before. Each stream keeps
//! the kind of its last line: lines of one program are alike.

use crate::json::{self, Value};
use crate::level::Level;
use memchr::{memchr, memchr_iter};

/// How a line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Words.
    #[default]
    Plain,
    /// A JSON object: pino, `NestJS`, Winston, Datadog and others.
    Json,
    /// `key=value` pairs.
    Logfmt,
}

/// What was seen in a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parsed {
    /// How it is written.
    pub kind: Kind,
    /// How bad it is.
    pub level: Level,
    /// It goes on with the line before: a frame of a stack trace.
    pub continues: bool,
}

/// No word for a level is longer.
const LONGEST: usize = 9;
/// More of a plain line is not looked at for a level.
const HEAD: usize = 160;

/// Looks at a line; `like` is the kind of the stream's last line.
#[must_use]
pub fn parse(line: &str, like: Kind) -> Parsed {
    let first = line.as_bytes().iter().find(|b| !b.is_ascii_whitespace());
    if first == Some(&b'{')
        && let Some(level) = json_level(line)
    {
        return Parsed { kind: Kind::Json, level, continues: false };
    }
    if (like == Kind::Logfmt || looks_logfmt(line))
        && let Some(level) = logfmt_level(line)
    {
        return Parsed { kind: Kind::Logfmt, level, continues: false };
    }
    if continues(line) {
        return Parsed { kind: Kind::Plain, level: Level::None, continues: true };
    }
    Parsed { kind: Kind::Plain, level: plain_level(line), continues: false }
}

/// The level of a whole JSON object; nothing if it is broken.
fn json_level(line: &str) -> Option<Level> {
    let mut walk = json::members(line);
    let mut level = None;
    for (key, value) in walk.by_ref() {
        let strong = matches!(key, "level" | "severity" | "lvl" | "levelname" | "log.level" | "@level");
        // Datadog calls it `status`, which elsewhere is the status of an answer.
        if !(strong || (key == "status" && level.is_none())) {
            continue;
        }
        let found = match value {
            Value::Text(word) => Level::from_word(word.as_bytes()),
            Value::Bare(number) if strong => number.parse().ok().and_then(Level::from_number),
            _ => None,
        };
        if strong || found.is_some() {
            level = found.or(level);
        }
    }
    walk.whole().then(|| level.unwrap_or_default())
}

fn looks_logfmt(line: &str) -> bool {
    memchr_iter(b'=', line.as_bytes()).enumerate().any(|(n, at)| {
        let before = &line[..at];
        (n == 0 && !before.is_empty() && is_key(before))
            || [" level", " lvl", " msg"].iter().any(|mark| before.ends_with(mark))
    })
}

fn is_key(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'@'))
}

/// The level of a line of pairs; nothing if it has fewer than two.
fn logfmt_level(line: &str) -> Option<Level> {
    let (mut pairs, mut level) = (0, Level::None);
    for (key, value) in crate::fields::pairs(line) {
        pairs += 1;
        if matches!(key, "level" | "lvl" | "severity") {
            level = Level::from_word(value.as_bytes()).unwrap_or(level);
        }
    }
    (pairs >= 2).then_some(level)
}

/// Whether a plain line belongs to the one before: it is indented, or goes on with a trace.
fn continues(line: &str) -> bool {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    if trimmed.is_empty() {
        return false;
    }
    let cause = ["Caused by:", "Caused by ", "During handling of", "[cause]:"];
    if cause.iter().any(|mark| trimmed.starts_with(mark)) {
        return true;
    }
    if trimmed.starts_with("at ") && indent > 0 {
        return true;
    }
    if line.starts_with('\t') {
        return true;
    }
    // Next.js indents every line by one blank, its banner by three.
    (indent >= 2 && !trimmed.starts_with(['▲', '-', '✓', '⨯', '⚠', '○'])) || matches!(trimmed, "}" | "]" | "})" | "^")
}

/// The level of a plain line, from marks at its beginning or from words in it.
fn plain_level(line: &str) -> Level {
    let line = strip_colour(line);
    let trimmed = line.trim_start();
    match trimmed.chars().next() {
        Some('⨯' | '✖' | '✗') => return Level::Error,
        Some('⚠') => return Level::Warn,
        Some('✓' | '▲' | '○') => return Level::Info,
        _ => {}
    }
    let head = &line.as_bytes()[..line.len().min(HEAD)];
    let (mut first, mut best, mut from) = (None, Level::None, 0);
    for at in 0..=head.len() {
        let byte = head.get(at).copied().unwrap_or(b' ');
        if byte.is_ascii_alphabetic() {
            continue;
        }
        let word = &head[from..at];
        from = at + 1;
        if word.len() < 3 {
            continue;
        }
        let rest = &head[at..];
        // Worse than whatever level the line has.
        if (word == b"FATAL" && rest.starts_with(b" ERROR")) || (word == b"panicked" && rest.starts_with(b" at")) {
            return Level::Fatal;
        }
        // `TypeError: …`, `PrismaClientInitializationError: …`
        if byte == b':' && (word.ends_with(b"Error") || word.ends_with(b"Exception")) {
            best = if word.len() <= LONGEST || rest.starts_with(b": ") { Level::Error } else { best };
        }
        // Lower-case words are prose unless something marks them as a level.
        let marked = matches!(byte, b':' | b']' | b'|');
        if first.is_some() || word.len() > LONGEST || !(marked || word[0].is_ascii_uppercase()) {
            continue;
        }
        if marked || byte == b'\t' || word.iter().all(u8::is_ascii_uppercase) {
            first = Level::from_word(word);
        }
    }
    first.unwrap_or(best)
}

/// Escape, with which colours begin.
const ESC: u8 = 0x1b;

/// A line without its colours, where it has any.
#[must_use]
pub fn strip_colour(line: &str) -> std::borrow::Cow<'_, str> {
    let Some(mut at) = memchr(ESC, line.as_bytes()) else { return std::borrow::Cow::Borrowed(line) };
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    loop {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let bytes = after.as_bytes();
        let end = bytes.iter().skip(2).position(|byte| !(byte.is_ascii_digit() || matches!(byte, b';' | b':')));
        if let (Some(b'['), Some(end)) = (bytes.get(1), end)
            && bytes[end + 2] == b'm'
        {
            rest = &after[end + 3..];
        } else {
            // Not a colour: it stays, to be shown for what it is.
            out.push('\x1b');
            rest = &after[1..];
        }
        match memchr(ESC, rest.as_bytes()) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
    std::borrow::Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(line: &str) -> (Kind, Level) {
        let parsed = parse(line, Kind::Plain);
        (parsed.kind, parsed.level)
    }

    #[test]
    fn the_loggers_that_teams_use() {
        let json = Kind::Json;
        assert_eq!(level(r#"{"level":50,"time":1,"msg":"x"}"#), (json, Level::Error));
        assert_eq!(level(r#"{"timestamp":"2026","level":"warn","message":"x","status":500}"#), (json, Level::Warn));
        assert_eq!(level(r#"{"message":"x","status":"error","service":"a"}"#), (json, Level::Error));
        assert_eq!(level(r#"{"severity":"CRITICAL","a":1}"#), (json, Level::Fatal));
        assert_eq!(level(r#"{"a":1}"#), (json, Level::None));
        assert_eq!(level(r#"{"level":50,"#), (Kind::Plain, Level::None));
        assert_eq!(level("time=1 level=error msg=\"a b\" status=500"), (Kind::Logfmt, Level::Error));
        assert_eq!(level(" ⨯ Error: fetch failed"), (Kind::Plain, Level::Error));
        assert_eq!(level(" GET / \x1b[32m200\x1b[39m in 3ms"), (Kind::Plain, Level::None));
        assert_eq!(level("2026-11-18 CORE | WARN | (a.go) | slow"), (Kind::Plain, Level::Warn));
        assert_eq!(level("Error: DATABASE_URL is not set"), (Kind::Plain, Level::Error));
        assert_eq!(level("FATAL ERROR: Reached heap limit"), (Kind::Plain, Level::Fatal));
        assert_eq!(level("[Nest] 1  - LOG [NestFactory] Starting"), (Kind::Plain, Level::Info));
        assert_eq!(level("the error of our ways"), (Kind::Plain, Level::None));
        assert_eq!(level("TypeError: x is not a function"), (Kind::Plain, Level::Error));
        assert_eq!(level("2026 UTC:10.0.0.1(5):u@d:[5]:ERROR:  deadlock detected"), (Kind::Plain, Level::Error));
    }

    #[test]
    fn traces_go_on() {
        for line in [
            "    at Object.<anonymous> (/app/a.js:1:2)",
            "\tat java.lang.Thread.run",
            "Caused by: java.io.IOException",
            "  [cause]: Error: x",
            "  }",
        ] {
            assert!(parse(line, Kind::Plain).continues, "{line}");
        }
        for line in [" GET / 200", "   ▲ Next.js 15", "   - Local: http://localhost", "Error: x", "", " ✓ Ready"] {
            assert!(!parse(line, Kind::Plain).continues, "{line}");
        }
    }

    #[test]
    fn only_colours_are_stripped() {
        assert_eq!(strip_colour("\x1b[1;31mred\x1b[0m \x1b[2J"), "red \x1b[2J");
        assert_eq!(strip_colour("\x1b["), "\x1b[");
    }
}
