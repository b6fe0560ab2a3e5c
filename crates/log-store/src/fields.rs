//! The content of a line: its message and its named fields. None of it is stored; it is parsed when a line is shown or a
//! filter needs it.

use crate::json::{self, Value};
use crate::kind::Kind;
use std::borrow::Cow;
use std::fmt::Write as _;

/// The field names that each name of filters and columns also matches.
const ALIASES: &[(&str, &[&str])] = &[
    ("status", &["status", "statusCode", "res.statusCode", "response.status", "http.status_code", "status_code"]),
    (
        "latency",
        &["latency", "responseTime", "duration", "durationMs", "duration_ms", "elapsed", "latency_ms", "took", "ms"],
    ),
    ("method", &["method", "req.method", "request.method", "http.method"]),
    ("url", &["url", "path", "req.url", "request.url", "http.url", "route"]),
    ("trace", &["dd.trace_id", "trace_id", "traceId", "req.id", "requestId", "reqId"]),
    ("message", MESSAGES),
];
/// The keys of the message in JSON lines, in order of preference.
const MESSAGES: &[&str] = &["msg", "message", "@message", "event", "err.message", "error"];
/// The keys of the level, compared case-insensitively.
const LEVELS: &[&str] = &[
    "level",
    "severity",
    "lvl",
    "levelname",
    "level_name",
    "log.level",
    "loglevel",
    "log_level",
    "severitytext",
    "severity_text",
    "@level",
    "@l",
];
/// Fields, besides the level, that other columns already show.
const SHOWN_ELSEWHERE: &[&str] =
    &["levelno", "time", "timestamp", "ts", "@timestamp", "msg", "message", "pid", "hostname", "v", "date"];

/// Returns whether a key holds the level.
pub(crate) fn is_level(key: &str) -> bool {
    let begins = key.bytes().next().is_some_and(|b| matches!(b, b'l' | b'L' | b's' | b'S' | b'@'));
    begins && LEVELS.iter().any(|name| name.eq_ignore_ascii_case(key))
}

fn is_shown_elsewhere(key: &str) -> bool {
    SHOWN_ELSEWHERE.contains(&key) || is_level(key)
}

/// Returns the pairs of a logfmt line without their quotes. Words without `=` are skipped.
pub fn pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return None;
            }
            let end = rest.find([' ', '=', '"']).unwrap_or(rest.len());
            if !rest[end..].starts_with('=') || end == 0 {
                let step = if end == 0 { rest.chars().next().map_or(1, char::len_utf8) } else { end };
                rest = &rest[step..];
                continue;
            }
            let (key, after) = (&rest[..end], &rest[end + 1..]);
            if let Some(quoted) = after.strip_prefix('"') {
                let close = closing(quoted);
                rest = quoted.get(close + 1..).unwrap_or_default();
                return Some((key, &quoted[..close]));
            }
            let close = after.find(' ').unwrap_or(after.len());
            rest = &after[close..];
            return Some((key, &after[..close]));
        }
    })
}

/// Returns the position of the closing quote, or the end.
fn closing(quoted: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in quoted.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return at,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    quoted.len()
}

/// Returns a field by its name or an alias.
#[must_use]
pub fn field<'a>(line: &'a str, kind: Kind, name: &str) -> Option<Cow<'a, str>> {
    let names = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, names)| *names);
    match names {
        Some(names) => names.iter().find_map(|name| exactly(line, kind, name)),
        None => exactly(line, kind, name),
    }
}

fn exactly<'a>(line: &'a str, kind: Kind, name: &str) -> Option<Cow<'a, str>> {
    match kind {
        Kind::Json => match json::get(line, name)? {
            Value::Text(text) => Some(json::unescape(text)),
            Value::Bare("null") => None,
            other => Some(Cow::Borrowed(other.raw())),
        },
        Kind::Logfmt => pairs(line).find(|(key, _)| *key == name).map(|(_, value)| Cow::Borrowed(value)),
        Kind::Plain => None,
    }
}

/// Returns the message: for a structured line that field, otherwise the line.
#[must_use]
pub fn message(line: &str, kind: Kind) -> Cow<'_, str> {
    let found = match kind {
        Kind::Plain => None,
        Kind::Json | Kind::Logfmt => field(line, kind, "message"),
    };
    found.unwrap_or(Cow::Borrowed(line))
}

/// Returns the fields worth showing after the message, in their order, as text. Nested objects are flattened one level
/// (`req.url`), and folded to `{…}` below that.
#[must_use]
pub fn extra_fields(line: &str, kind: Kind) -> Vec<(String, String)> {
    let mut found = Vec::new();
    match kind {
        Kind::Plain => {}
        Kind::Logfmt => found.extend(
            pairs(line)
                .filter(|(key, _)| !is_shown_elsewhere(key))
                .map(|(key, value)| (key.to_owned(), value.to_owned())),
        ),
        Kind::Json => {
            for (key, value) in json::members(line) {
                if is_shown_elsewhere(key) {
                    continue;
                }
                let Value::Object(inner) = value else {
                    found.push((key.to_owned(), short(value)));
                    continue;
                };
                for (name, value) in json::members(inner).filter(|(name, _)| !(key == "log" && is_level(name))) {
                    found.push((format!("{key}.{name}"), short(value)));
                }
            }
        }
    }
    found
}

fn short(value: Value<'_>) -> String {
    match value {
        Value::Text(text) => json::unescape(text).into_owned(),
        Value::Bare(text) => text.to_owned(),
        Value::Object(_) => "{…}".to_owned(),
        Value::Array(text) if text.len() <= 40 => text.to_owned(),
        Value::Array(_) => "[…]".to_owned(),
    }
}

/// Formats the whole event for reading: JSON is indented, each logfmt pair has its own line, text stays as it is.
#[must_use]
pub fn pretty(line: &str, kind: Kind) -> String {
    match kind {
        Kind::Plain => line.to_owned(),
        Kind::Logfmt => pairs(line).fold(String::new(), |mut out, (key, value)| {
            let _ = writeln!(out, "{key} = {value}");
            out
        }),
        Kind::Json => {
            let mut out = String::with_capacity(line.len() * 2);
            object(line, 0, &mut out);
            out
        }
    }
}

fn object(text: &str, depth: usize, out: &mut String) {
    let mut first = true;
    out.push('{');
    for (key, value) in json::members(text) {
        if !first {
            out.push(',');
        }
        first = false;
        newline(depth + 1, out);
        out.push('"');
        out.push_str(key);
        out.push_str("\": ");
        match value {
            // The depth is bounded, because the stack is finite and nobody reads deeper.
            Value::Object(inner) if depth < 16 => object(inner, depth + 1, out),
            Value::Text(text) if text.contains("\\n") => {
                out.push('"');
                for (n, line) in text.split("\\n").enumerate() {
                    if n > 0 {
                        newline(depth + 2, out);
                    }
                    out.push_str(line);
                }
                out.push('"');
            }
            Value::Text(text) => {
                out.push('"');
                out.push_str(text);
                out.push('"');
            }
            other => out.push_str(other.raw()),
        }
    }
    if !first {
        newline(depth, out);
    }
    out.push('}');
}

fn newline(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Parses a number with an optional unit. Durations are returned in milliseconds (`1.5s` is 1500).
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    let value: f64 = text[..end].parse().ok()?;
    let factor = match text[end..].trim() {
        "" | "ms" | "%" => 1.0,
        "s" | "sec" | "KB" | "kB" | "k" => 1_000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        "us" | "µs" => 0.001,
        "ns" => 0.000_001,
        "MB" | "M" => 1_000_000.0,
        _ => return None,
    };
    Some(value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINO: &str = r#"{"level":30,"time":1,"req":{"method":"GET","url":"/a","deep":{"x":1}},"res":{"statusCode":404},"responseTime":12,"msg":"request \"done\""}"#;

    #[test]
    fn fields_are_found_by_their_aliases() {
        assert_eq!(field(PINO, Kind::Json, "status").as_deref(), Some("404"));
        assert_eq!(field(PINO, Kind::Json, "latency").as_deref(), Some("12"));
        assert_eq!(field(PINO, Kind::Json, "req.deep.x").as_deref(), Some("1"));
        assert_eq!(message(PINO, Kind::Json), "request \"done\"");
        let logfmt = r#"level=info msg="a \"b\" c" status=200 latency=1.5s odd "quoted" =x"#;
        assert_eq!(field(logfmt, Kind::Logfmt, "status").as_deref(), Some("200"));
        assert_eq!(message(logfmt, Kind::Logfmt), r#"a \"b\" c"#);
    }

    #[test]
    fn rest_is_flat_and_short() {
        let rest = extra_fields(PINO, Kind::Json);
        assert_eq!(rest[0], ("req.method".into(), "GET".into()));
        assert_eq!(rest[2], ("req.deep".into(), "{…}".into()));
        assert!(pretty(PINO, Kind::Json).contains("\n  \"res\": {\n    \"statusCode\": 404\n  }"));
    }

    #[test]
    fn numbers_may_have_units() {
        assert_eq!(number("500ms"), Some(500.0));
        assert_eq!(number("1.5s"), Some(1500.0));
        assert_eq!(number("2 min"), Some(120_000.0));
        assert_eq!(number("x"), None);
    }
}
