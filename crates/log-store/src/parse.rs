//! What kind of line it is, how bad, and whether it goes on with the one before. Each stream keeps
//! the kind of its last line: lines of one program are alike.

use crate::json::{self, Value};
use crate::kind::Kind;
use crate::level::Level;
use crate::line::plain_level;
use crate::trace::{self, Trace};
use memchr::{memchr, memchr_iter};

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

/// What is known of a stream from its lines so far: how it writes, and what it is in the middle of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    kind: Kind,
    /// Of the last line that stands by itself.
    level: Level,
    trace: Trace,
}

/// Looks at a line that stands alone; `like` is the kind of the stream's last line.
#[must_use]
pub fn parse(line: &str, like: Kind) -> Parsed {
    State { kind: like, ..State::default() }.read(line)
}

impl State {
    /// How the stream writes.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Looks at the next line of the stream, which may be a whole trace in one event.
    #[must_use]
    pub fn read(&mut self, line: &str) -> Parsed {
        let first = line.as_bytes().iter().find(|b| !b.is_ascii_whitespace());
        if first == Some(&b'{')
            && let Some(level) = json_level(line)
        {
            return self.stands(line, Kind::Json, level, Trace::None);
        }
        if self.trace != Trace::None {
            let plain = strip_colour(first_line(line));
            if let Some(next) = trace::goes_on(self.trace, &plain) {
                return self.continues(line, next);
            }
        }
        if (self.kind == Kind::Logfmt || looks_logfmt(line))
            && let Some(level) = logfmt_level(line)
        {
            let after = if level >= Level::Error { Trace::After } else { Trace::None };
            return self.stands(line, Kind::Logfmt, level, after);
        }
        self.read_plain(line)
    }

    fn read_plain(&mut self, line: &str) -> Parsed {
        let whole = strip_colour(line);
        let plain = first_line(&whole);
        if let Some((level, begun)) = trace::start(plain) {
            // What a logger has just called an error goes on with its exception; else the exception is the error.
            let joined = matches!(self.trace, Trace::After | Trace::Zap) && self.level >= Level::Error;
            if joined && trace::joins(plain, begun) {
                return self.continues(line, if begun == Trace::After { Trace::Frames } else { begun });
            }
            return self.stands(line, Kind::Plain, level, begun);
        }
        if trace::indented(plain) {
            let next = match self.trace {
                Trace::None if self.level < Level::Warn => Trace::None,
                Trace::None | Trace::After => Trace::Frames,
                other => other,
            };
            return self.continues(line, next);
        }
        if trace::is_beside(plain) {
            return self.continues(line, Trace::None);
        }
        let level = plain_level(&whole);
        let after = match level {
            Level::Warn | Level::Error | Level::Fatal if plain.contains('\t') => Trace::Zap,
            Level::Error | Level::Fatal => Trace::After,
            _ => Trace::None,
        };
        self.stands(line, Kind::Plain, level, after)
    }

    fn stands(&mut self, line: &str, kind: Kind, level: Level, trace: Trace) -> Parsed {
        // An event of several lines has its trace with it.
        let trace = if trace != Trace::None && line.contains('\n') { Trace::None } else { trace };
        *self = Self { kind, level, trace };
        Parsed { kind, level, continues: false }
    }

    fn continues(&mut self, line: &str, next: Trace) -> Parsed {
        self.trace = if line.contains('\n') { Trace::None } else { next };
        Parsed { kind: Kind::Plain, level: Level::None, continues: true }
    }
}

/// An event may hold a whole trace: its first line tells what it is.
fn first_line(line: &str) -> &str {
    // Elixir begins its events with an empty line.
    let line = line.trim_start_matches('\n');
    memchr(b'\n', line.as_bytes()).map_or(line, |end| &line[..end]).trim_end_matches('\r')
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
