//! The format of a line, its level, and whether it continues the previous line. Each stream keeps the format of its last
//! line, because the lines of one program are alike.

use crate::fields;
use crate::json::{self, Value};
use crate::kind::Kind;
use crate::level::Level;
use crate::line::plain_level;
use crate::trace::{self, Trace};
use memchr::{memchr, memchr_iter};

/// What was recognized in a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The format.
    pub kind: Kind,
    /// The level.
    pub level: Level,
    /// Whether it continues the previous line, such as a frame of a stack trace.
    pub continues: bool,
}

/// The state of a stream after its lines so far: its format, and its open stack trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    kind: Kind,
    /// The level of the last line that was not a continuation.
    level: Level,
    trace: Trace,
}

/// Parses a line on its own. `like` is the format of the stream's last line.
#[must_use]
pub fn parse(line: &str, like: Kind) -> Parsed {
    State { kind: like, ..State::default() }.read(line)
}

impl State {
    /// Returns the stream's format.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Parses the next line of the stream, which may be a whole trace in one event.
    #[must_use]
    pub fn read(&mut self, line: &str) -> Parsed {
        let first = line.as_bytes().iter().find(|b| !b.is_ascii_whitespace());
        if first == Some(&b'{')
            && let Some(level) = json_level(line)
        {
            return self.standalone(line, Kind::Json, level, Trace::None);
        }
        if self.trace != Trace::None {
            let plain = strip_colour(first_line(line));
            if let Some(next) = trace::next_state(self.trace, &plain) {
                return self.continues(line, next);
            }
        }
        if (self.kind == Kind::Logfmt || looks_logfmt(line))
            && let Some(level) = logfmt_level(line)
        {
            let after = if level >= Level::Error { Trace::After } else { Trace::None };
            return self.standalone(line, Kind::Logfmt, level, after);
        }
        self.read_plain(line)
    }

    fn read_plain(&mut self, line: &str) -> Parsed {
        let uncoloured = strip_colour(line);
        let plain = first_line(&uncoloured);
        if let Some((level, begun)) = trace::start(plain) {
            // After a line that a logger marked as an error, its exception is a continuation; otherwise the exception is the
            // error.
            let joined = matches!(self.trace, Trace::After | Trace::Zap) && self.level >= Level::Error;
            if joined && trace::joins_error(plain, begun) {
                return self.continues(line, if begun == Trace::After { Trace::Frames } else { begun });
            }
            return self.standalone(line, Kind::Plain, level, begun);
        }
        if trace::always_continues(plain) {
            let next = match self.trace {
                Trace::None if self.level < Level::Warn => Trace::None,
                Trace::None | Trace::After => Trace::Frames,
                other => other,
            };
            return self.continues(line, next);
        }
        if trace::is_postgres_detail(plain) {
            return self.continues(line, Trace::None);
        }
        let level = match plain_level(&uncoloured) {
            Level::None if trace::is_haskell_event(&uncoloured) => Level::Error,
            level => level,
        };
        self.standalone(line, Kind::Plain, level, trace::after_error(plain, level))
    }

    fn standalone(&mut self, line: &str, kind: Kind, level: Level, trace: Trace) -> Parsed {
        // An event of several lines already contains its trace.
        let trace = if trace != Trace::None && line.contains('\n') { Trace::None } else { trace };
        *self = Self { kind, level, trace };
        Parsed { kind, level, continues: false }
    }

    fn continues(&mut self, line: &str, next: Trace) -> Parsed {
        self.trace = if line.contains('\n') { Trace::None } else { next };
        Parsed { kind: Kind::Plain, level: Level::None, continues: true }
    }
}

/// Returns the first line of an event, which identifies a trace that the event may contain.
fn first_line(line: &str) -> &str {
    // Elixir events begin with an empty line.
    let line = line.trim_start_matches('\n');
    memchr(b'\n', line.as_bytes()).map_or(line, |end| &line[..end]).trim_end_matches('\r')
}

/// Returns the level of a JSON object; `None` if it is malformed.
fn json_level(line: &str) -> Option<Level> {
    let mut walk = json::members(line);
    let mut level = None;
    let mut number: Option<u32> = None;
    // Whether it is GELF, with syslog's numbers, or MongoDB, with single-letter names.
    let (mut gelf, mut mongo) = (false, false);
    for (key, value) in walk.by_ref() {
        let strong = fields::is_level(key);
        let found = match (key, value) {
            ("host" | "version", Value::Text(_)) => {
                gelf = true;
                None
            }
            ("t", Value::Object(_)) => {
                mongo = true;
                None
            }
            ("s", Value::Text(letter)) if mongo => mongodb_level(letter),
            ("log", Value::Object(inner)) => json::members(inner).find_map(|(key, value)| match value {
                Value::Text(word) if key == "level" => Level::from_word(word.as_bytes()),
                _ => None,
            }),
            // Datadog's key is `status`, which elsewhere is the status of a response.
            ("status", Value::Text(word)) if level.is_none() => Level::from_word(word.as_bytes()),
            // Python's numbers: 30 is a warning, 40 an error.
            ("levelno", Value::Bare(text)) => text.parse().ok().and_then(python_level),
            (_, Value::Text(word)) if strong => Level::from_word(word.as_bytes()).or_else(|| {
                number = word.parse().ok().or(number);
                None
            }),
            (_, Value::Bare(text)) if strong => {
                number = text.parse().ok().or(number);
                None
            }
            _ => None,
        };
        level = found.or(level);
    }
    let by_number = || {
        number.and_then(|number| match number {
            0..=7 if gelf => syslog_level(number),
            100..=600 => monolog_level(number),
            _ => Level::from_number(number),
        })
    };
    walk.is_complete().then(|| level.or_else(by_number).unwrap_or_default())
}

/// Returns the level for a letter of `MongoDB`: `F`, `E`, `W`, `I`, `D1` to `D5`.
fn mongodb_level(letter: &str) -> Option<Level> {
    Some(match letter.as_bytes() {
        b"F" => Level::Fatal,
        b"E" => Level::Error,
        b"W" => Level::Warn,
        b"I" => Level::Info,
        [b'D', ..] if letter.len() <= 2 => Level::Debug,
        _ => return None,
    })
}

/// Returns the level for a number of Python's `logging`: 10, 20 … 50.
fn python_level(number: u32) -> Option<Level> {
    Some(match number {
        1..=19 => Level::Debug,
        20..=29 => Level::Info,
        30..=39 => Level::Warn,
        40..=49 => Level::Error,
        50..=59 => Level::Fatal,
        _ => return None,
    })
}

/// Returns the level for a number of syslog (RFC 5424): 0 to 7, lower is more severe.
fn syslog_level(number: u32) -> Option<Level> {
    Some(match number {
        0..=2 => Level::Fatal,
        3 => Level::Error,
        4 => Level::Warn,
        5 | 6 => Level::Info,
        7 => Level::Debug,
        _ => return None,
    })
}

/// Returns the level for a number of Monolog: 100 to 600.
fn monolog_level(number: u32) -> Option<Level> {
    Some(match number {
        100..=199 => Level::Debug,
        200..=299 => Level::Info,
        300..=399 => Level::Warn,
        400..=499 => Level::Error,
        500..=600 => Level::Fatal,
        _ => return None,
    })
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

/// Returns the level of a line of pairs; `None` if it has fewer than two.
fn logfmt_level(line: &str) -> Option<Level> {
    let (mut pairs, mut level) = (0, Level::None);
    for (key, value) in fields::pairs(line) {
        pairs += 1;
        if fields::is_level(key) {
            level = Level::from_word(value.as_bytes()).unwrap_or(level);
        }
    }
    (pairs >= 2).then_some(level)
}

/// The escape character that begins colour sequences.
const ESC: u8 = 0x1b;

/// Returns a line without its colour sequences.
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
            // Other escape sequences stay, to be shown visibly.
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
    fn common_loggers_are_recognized() {
        let json = Kind::Json;
        assert_eq!(level(r#"{"level":50,"time":1,"msg":"x"}"#), (json, Level::Error));
        assert_eq!(level(r#"{"timestamp":"2026","level":"warn","message":"x","status":500}"#), (json, Level::Warn));
        assert_eq!(level(r#"{"message":"x","status":"error","service":"a"}"#), (json, Level::Error));
        assert_eq!(level(r#"{"severity":"CRITICAL","a":1}"#), (json, Level::Fatal));
        assert_eq!(level(r#"{"a":1}"#), (json, Level::None));
        for line in [
            r#"{"Timestamp":"2026","LogLevel":"Error","Message":"x"}"#,
            r#"{"Level":"Error"}"#,
            r#"{"LEVEL":"ERROR"}"#,
            r#"{"@t":"2026","@l":"Error","@m":"x"}"#,
            r#"{"message":"x","level":400,"level_name":"ERROR","channel":"app"}"#,
            r#"{"message":"x","level":400}"#,
            r#"{"log":{"level":"ERROR","logger":"a"},"message":"x"}"#,
            r#"{"severityText":"ERROR","body":"x"}"#,
            r#"{"severity_text":"error"}"#,
            r#"{"loglevel":"error"}"#,
            r#"{"log_level":"error"}"#,
            r#"{"t":{"$date":"2026"},"s":"E","c":"NETWORK","id":1,"msg":"x"}"#,
            r#"{"version":"1.1","host":"a","short_message":"x","level":3}"#,
            r#"{"level":3,"short_message":"x","version":"1.1"}"#,
            r#"{"name":"a","levelno":40,"msg":"x"}"#,
            r#"{"levelname":"ERROR","levelno":40}"#,
            r#"{"level":"50"}"#,
            r#"{"level":"error","s":"I"}"#,
        ] {
            assert_eq!(level(line), (json, Level::Error), "{line}");
        }
        assert_eq!(level(r#"{"LogLevel":"Information"}"#), (json, Level::Info));
        assert_eq!(level(r#"{"level":3}"#), (json, Level::Trace), "it is not of syslog");
        assert_eq!(level(r#"{"s":"E"}"#), (json, Level::None), "it may be anything");
        assert_eq!(level(r#"{"levelno":30}"#), (json, Level::Warn), "pino counts otherwise");
        assert_eq!(level("time=1 loglevel=error msg=x"), (Kind::Logfmt, Level::Error));
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
    fn line_that_continues_a_trace_is_marked() {
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
    fn only_colour_sequences_are_removed() {
        assert_eq!(strip_colour("\x1b[1;31mred\x1b[0m \x1b[2J"), "red \x1b[2J");
        assert_eq!(strip_colour("\x1b["), "\x1b[");
    }
}
