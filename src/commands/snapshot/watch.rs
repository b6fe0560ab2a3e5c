//! The changes between two snapshots: one line for each change.
//!
//! Elements of lists are matched by their name or id, not by their index. Fields that change with every read are left
//! out: ages, times of reading, counts of requests, and metrics (CPU, memory, connections, capacity, lag, free
//! storage), which `snapshot` itself shows.

use crate::headless::emit::json_line;
use crate::model::text::sanitize;
use crate::model::time;
use jiff::{Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;

/// Schema of a change.
pub const SCHEMA: &str = "cockpit.snapshot-change/1";

/// A change: a line of `cockpit snapshot --watch -o json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// `cockpit.snapshot-change/1`.
    pub schema: &'static str,
    /// When the change was seen.
    pub at: String,
    /// The path: `services.web.running`, as `--wait` accepts it.
    pub path: String,
    /// The value before; `null` also if there was none.
    pub from: Value,
    /// The value now; `null` also if it no longer exists.
    pub to: Value,
}

/// Fields whose changes are not reported.
const VOLATILE: [&str; 13] = [
    "age_ms",
    "taken_at",
    "duration_ms",
    "requests",
    "cpu_percent",
    "memory_percent",
    "connections",
    "lag_ms",
    "free_storage_bytes",
    "latest",
    "expires",
    "next",
    "hint",
];

/// Lists the changes between two snapshots, as JSON values, seen at `now`.
pub fn changes(before: &Value, after: &Value, now: Timestamp) -> Vec<Change> {
    let mut found = Vec::new();
    walk(&mut Vec::new(), before, after, &mut |path, from, to| {
        found.push(Change {
            schema: SCHEMA,
            at: now.to_string(),
            path: path.to_owned(),
            from: from.clone(),
            to: to.clone(),
        });
    });
    found
}

impl Change {
    /// Formats the change as one line of JSON, without a line break.
    pub fn json(&self) -> io::Result<String> {
        json_line(self).map(|line| line.trim_end().to_owned())
    }

    /// Formats the change as one line for people, without a line break: `02:41:07  services.web.running  1 → 2`.
    pub fn text(&self, zone: &TimeZone) -> String {
        let short = |value: &Value| match value {
            Value::Null => "–".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(all) if all.iter().all(Value::is_string) => {
                all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
            }
            Value::Object(fields) => fields
                .get("what")
                .or_else(|| fields.get("status"))
                .or_else(|| fields.get("state"))
                .and_then(Value::as_str)
                .map_or_else(|| "there".to_owned(), str::to_owned),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
        };
        let clock = self.at.parse().map_or_else(|_| self.at.clone(), |at| time::clock(at, zone));
        let line = format!("{clock}  {}  {} → {}", self.path, short(&self.from), short(&self.to));
        sanitize(&line).into_owned()
    }
}

fn walk(path: &mut Vec<String>, before: &Value, after: &Value, report: &mut dyn FnMut(&str, &Value, &Value)) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let missing = a.keys().filter(|key| !b.contains_key(*key));
            for key in b.keys().chain(missing).filter(|key| !VOLATILE.contains(&key.as_str())) {
                let (from, to) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
                // The current capacity of a member is a metric; the capacity range of a database is a setting.
                if key == "acu" && !from.is_object() && !to.is_object() {
                    continue;
                }
                path.push(segment(key));
                walk(path, from, to, report);
                path.pop();
            }
        }
        (Value::Array(a), Value::Array(b)) if have_names(a) && have_names(b) => {
            let (a, b) = (by_name(a), by_name(b));
            let missing = a.keys().filter(|key| !b.contains_key(*key));
            for key in b.keys().chain(missing) {
                let (from, to) = (a.get(key).copied(), b.get(key).copied());
                let shown = to.or(from).map_or_else(|| key.0.clone(), |one| label(one, &key.0));
                let shown = if key.1 == 0 { shown } else { format!("{shown}#{}", key.1 + 1) };
                // Unquoted, it would mean the length of the list.
                path.push(if shown == "count" { format!("\"{shown}\"") } else { segment(&shown) });
                walk(path, from.unwrap_or(&Value::Null), to.unwrap_or(&Value::Null), report);
                path.pop();
            }
        }
        (_, _) if same(before, after) => {}
        (_, _) => report(&path.join("."), before, after),
    }
}

/// Quotes a name with dots or blanks, as `--wait` reads it.
fn segment(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | ':' | '#');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

fn key(value: &Value) -> Option<&str> {
    ["name", "id", "where"].iter().find_map(|field| {
        // An entry's place is more specific than its name, as one resource can have several entries.
        value.get("where").filter(|_| *field == "name").or_else(|| value.get(field)).and_then(Value::as_str)
    })
}

fn label(value: &Value, otherwise: &str) -> String {
    value.get("short").and_then(Value::as_str).unwrap_or(otherwise).to_owned()
}

fn have_names(all: &[Value]) -> bool {
    all.iter().all(|one| key(one).is_some())
}

/// Indexes elements by their name, and by a number among elements of the same name.
fn by_name(all: &[Value]) -> BTreeMap<(String, usize), &Value> {
    let mut map = BTreeMap::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for one in all {
        let name = key(one).unwrap_or_default();
        let number = seen.entry(name).or_default();
        map.insert((name.to_owned(), *number), one);
        *number += 1;
    }
    map
}

/// Whether the values are equal, ignoring durations in sentences.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a == b || timeless(a) == timeless(b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (_, _) => a == b,
    }
}

/// Replaces the durations in a sentence: "at max 10 for 12 min" is the same a minute later.
fn timeless(text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        let unit = word.trim_end_matches([',', ';', ':', '.', ')']);
        let counted = words.last().is_some_and(|last| !last.is_empty() && last.chars().all(|c| c.is_ascii_digit()));
        if counted && matches!(unit, "s" | "min" | "h" | "days") {
            words.pop();
            words.push("…");
        }
        words.push(word);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-01-01T02:41:07Z".parse().unwrap()
    }

    fn change_lines(before: &Value, after: &Value) -> Vec<String> {
        changes(before, after, now())
            .iter()
            .map(|change| format!("{} {} {}", change.path, change.from, change.to))
            .collect()
    }

    #[test]
    fn elements_are_matched_by_name() {
        let before = json!({ "taken_at": 1, "services": [
            { "name": "x-api", "short": "api", "running": 2, "cpu_percent": 1.0 }, { "name": "x-web", "short": "web", "running": 1 } ] });
        let after = json!({ "taken_at": 2, "services": [
            { "name": "x-web", "short": "web", "running": 2 }, { "name": "x-api", "short": "api", "running": 2, "cpu_percent": 9.0 },
            { "name": "x.new", "running": 0 } ] });
        assert_eq!(
            change_lines(&before, &after),
            ["services.web.running 1 2", "services.\"x.new\" null {\"name\":\"x.new\",\"running\":0}"]
        );
    }

    #[test]
    fn value_becoming_unknown_is_a_change() {
        assert_eq!(change_lines(&json!({ "alarms": [] }), &json!({ "alarms": null })), ["alarms [] null"]);
        let failing = json!({ "sources": [ { "name": "ecs.tasks", "status": "failed", "age_ms": 5, "requests": 3 } ] });
        let fine = json!({ "sources": [ { "name": "ecs.tasks", "status": "ok", "age_ms": 9, "requests": 4 } ] });
        assert_eq!(change_lines(&fine, &failing), ["sources.\"ecs.tasks\".status \"ok\" \"failed\""]);
    }

    #[test]
    fn passing_time_is_not_a_change() {
        let of = |text: &str| json!({ "reasons": [text], "attention": [ { "where": "service:web", "name": "x-web", "what": text } ] });
        assert!(change_lines(&of("at max 10 for 12 min"), &of("at max 10 for 13 min")).is_empty());
        assert_eq!(change_lines(&of("at max 10 for 12 min"), &of("at max 9 for 12 min")).len(), 2);
    }

    #[test]
    fn lines_are_escaped_and_short() {
        let changes = changes(&json!({ "a": "x" }), &json!({ "a": "\u{1b}[31m\u{9b}" }), now());
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        assert_eq!(changes[0].text(&zone), "11:41:07  a  x → ␛[31m\\u{9b}");
        assert_eq!(
            changes[0].json().unwrap(),
            "{\"schema\":\"cockpit.snapshot-change/1\",\"at\":\"2026-01-01T02:41:07Z\",\"path\":\"a\",\"from\":\"x\",\"to\":\"\\u001b[31m\\u009b\"}"
        );
    }
}
