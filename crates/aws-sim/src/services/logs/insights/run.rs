//! Executes a query over the events of its groups.

use super::parse::{Command, Expr, Pattern, Query};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use crate::services::logs::events::visible_in;
use crate::world::World;
use crate::world::logs::QueryState;
use regex::Regex;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The resulting rows of a query, and its statistics.
pub(super) struct Found {
    pub(super) rows: Vec<Vec<(String, String)>>,
    pub(super) matched: usize,
    pub(super) scanned: usize,
    pub(super) bytes: usize,
}

/// A record: an event, or a row that a command produced from events.
#[derive(Debug, Clone, Default)]
struct Record {
    values: Vec<(String, String)>,
    json: Option<Value>,
}

impl Record {
    fn get(&self, name: &str) -> Option<String> {
        if let Some((_, value)) = self.values.iter().rev().find(|(key, _)| key == name) {
            return Some(value.clone());
        }
        let mut at = self.json.as_ref()?;
        if let Some(found) = at.get(name) {
            return text(found);
        }
        for key in name.split('.') {
            at = at.get(key)?;
        }
        text(at)
    }

    fn set(&mut self, name: &str, value: String) {
        self.values.retain(|(key, _)| key != name);
        self.values.push((name.to_owned(), value));
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Reads the events of the groups, and applies the commands of the query in order.
pub(super) fn run(world: &World, state: &QueryState, query: &Query) -> Found {
    let (mut records, bytes) = read(world, state);
    let scanned = records.len();
    let mut matched = scanned;
    let mut shown: Option<Vec<String>> = None;
    let (mut sorted, mut limit, mut aggregated) = (false, state.limit, false);
    for command in &query.0 {
        match command {
            Command::Filter(test) => {
                records.retain(|record| truth(test, record));
                if !aggregated {
                    matched = records.len();
                }
            }
            Command::Fields(named) => {
                set_fields(&mut records, named);
                shown.get_or_insert_default().extend(named.iter().map(|(_, name)| name.clone()));
            }
            Command::Stats(values, by) => {
                records = stats(&records, values, by);
                shown = Some(by.iter().chain(values).map(|(_, name)| name.clone()).collect());
                (sorted, aggregated) = (false, true);
            }
            Command::Sort(keys) => {
                sort(&mut records, keys);
                sorted = true;
            }
            Command::Parse(from, regex, names) => extract(&mut records, from, regex, names),
            Command::Dedup(keys) => {
                // Of equal rows the newest one is kept, or the first one of the sort.
                if !sorted && !aggregated {
                    newest_first(&mut records);
                }
                let mut seen = std::collections::BTreeSet::new();
                // Records without one of the values are kept.
                records.retain(|record| {
                    let key: Option<Vec<String>> = keys.iter().map(|key| value(key, record)).collect();
                    key.is_none_or(|key| seen.insert(key))
                });
            }
            Command::Limit(n) => limit = limit.min(*n),
        }
    }
    if !sorted && !aggregated {
        newest_first(&mut records);
    }
    records.truncate(limit);
    let shown = shown.unwrap_or_else(|| vec!["@timestamp".to_owned(), "@message".to_owned()]);
    Found { rows: records.iter().map(|record| row(record, &shown)).collect(), matched, scanned, bytes }
}

/// The events of the groups in the query's time range as records, and their size in bytes.
fn read(world: &World, state: &QueryState) -> (Vec<Record>, usize) {
    let (mut records, mut bytes) = (Vec::new(), 0);
    for group in &state.groups {
        let Some(streams) = world.streams(&state.region, group) else { continue };
        for event in visible_in(world, &streams, state.from, state.to) {
            bytes += event.message.len() + 26;
            let json = serde_json::from_str::<Value>(&event.message).ok().filter(Value::is_object);
            let values = vec![
                ("@timestamp".to_owned(), moment(event.at)),
                ("@ingestionTime".to_owned(), moment(event.ingested)),
                ("@logStream".to_owned(), streams[event.stream].name.clone()),
                ("@log".to_owned(), format!("{ACCOUNT}:{group}")),
                ("@ptr".to_owned(), event.id()),
                ("@message".to_owned(), event.message),
            ];
            records.push(Record { values, json });
        }
    }
    (records, bytes)
}

/// Sets the fields that the groups of a regular expression match in a text.
fn extract(records: &mut [Record], from: &Expr, regex: &Regex, names: &[String]) {
    for record in records {
        let Some(text) = value(from, record) else { continue };
        let Some(found) = regex.captures(&text) else { continue };
        for (name, part) in names.iter().zip(found.iter().skip(1)) {
            if let Some(part) = part.filter(|_| !name.is_empty()) {
                record.set(name, part.as_str().to_owned());
            }
        }
    }
}

fn set_fields(records: &mut [Record], named: &[(Expr, String)]) {
    for record in records {
        for (expr, name) in named {
            if let Some(value) = value(expr, record) {
                record.set(name, value);
            }
        }
    }
}

/// Sorts by these values, each in descending order if its flag is true.
fn sort(records: &mut [Record], keys: &[(Expr, bool)]) {
    records.sort_by(|a, b| {
        keys.iter().fold(Ordering::Equal, |order, (key, down)| {
            let next = compare(value(key, a).as_deref(), value(key, b).as_deref());
            order.then(if *down { next.reverse() } else { next })
        })
    });
}

/// The default order of a query.
fn newest_first(records: &mut [Record]) {
    records.sort_by_key(|record| std::cmp::Reverse(record.get("@timestamp")));
}

/// The displayed fields that the record has, and its pointer.
fn row(record: &Record, shown: &[String]) -> Vec<(String, String)> {
    let mut row: Vec<(String, String)> =
        shown.iter().filter_map(|name| Some((name.clone(), record.get(name)?))).collect();
    row.extend(record.get("@ptr").map(|ptr| ("@ptr".to_owned(), ptr)));
    row
}

fn moment(at: Ms) -> String {
    timestamp(at).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

fn compare(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a.and_then(number), b.and_then(number)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.cmp(&b),
    }
}

fn value(expr: &Expr, record: &Record) -> Option<String> {
    match expr {
        Expr::Field(name) => record.get(name),
        Expr::Text(text) => Some(text.clone()),
        Expr::Number(number) => Some(number.to_string()),
        Expr::Call(name, arguments) => match name.as_str() {
            "coalesce" => arguments.iter().find_map(|argument| value(argument, record)),
            "bin" => {
                let Some(Expr::Duration(width)) = arguments.first() else { return None };
                let at: jiff::civil::DateTime = record.get("@timestamp")?.parse().ok()?;
                let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
                Some(moment(at.div_euclid(*width.max(&1)) * width))
            }
            "ispresent" | "isblank" => Some(u8::from(truth(expr, record)).to_string()),
            // The result of an aggregation in an earlier command.
            _ => None,
        },
        Expr::Binary(..) | Expr::Not(_) | Expr::Like(..) | Expr::In(..) => {
            Some(u8::from(truth(expr, record)).to_string())
        }
        Expr::Star | Expr::Duration(_) => None,
    }
}

fn truth(expr: &Expr, record: &Record) -> bool {
    match expr {
        Expr::Binary(a, "and", b) => truth(a, record) && truth(b, record),
        Expr::Binary(a, "or", b) => truth(a, record) || truth(b, record),
        Expr::Binary(a, op, b) => {
            let (Some(a), Some(b)) = (value(a, record), value(b, record)) else { return false };
            let numbers = number(&a).zip(number(&b));
            match *op {
                "=" => numbers.map_or(a == b, |(a, b)| (a - b).abs() < f64::EPSILON),
                "!=" => numbers.map_or(a != b, |(a, b)| (a - b).abs() >= f64::EPSILON),
                // Only numbers are compared: a word is not greater than 50.
                _ => numbers.is_some_and(|(a, b)| match *op {
                    "<" => a < b,
                    "<=" => a <= b,
                    ">" => a > b,
                    _ => a >= b,
                }),
            }
        }
        Expr::Not(inner) => !truth(inner, record),
        Expr::Like(inner, pattern) => value(inner, record).is_some_and(|text| match pattern {
            Pattern::Regex(regex) => regex.is_match(&text),
            Pattern::Part(part) => text.contains(part.as_str()),
        }),
        Expr::In(inner, values) => {
            value(inner, record).is_some_and(|found| values.iter().any(|v| value(v, record).as_ref() == Some(&found)))
        }
        Expr::Call(name, arguments) if name == "ispresent" => {
            arguments.first().is_some_and(|argument| value(argument, record).is_some())
        }
        Expr::Call(name, arguments) if name == "isblank" => {
            arguments.first().is_none_or(|argument| value(argument, record).is_none_or(|text| text.trim().is_empty()))
        }
        other => value(other, record).is_some_and(|text| text != "0" && text != "false"),
    }
}

fn stats(records: &[Record], values: &[(Expr, String)], by: &[(Expr, String)]) -> Vec<Record> {
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Record>> = BTreeMap::new();
    for record in records {
        let key = by.iter().map(|(expr, _)| value(expr, record)).collect();
        groups.entry(key).or_default().push(record);
    }
    let rows = groups.into_iter().map(|(key, members)| {
        let mut row = Record::default();
        for ((_, name), found) in by.iter().zip(key) {
            if let Some(found) = found {
                row.set(name, found);
            }
        }
        for (expr, name) in values {
            if let Some(found) = aggregate(expr, &members) {
                row.set(name, found);
            }
        }
        row
    });
    rows.collect()
}

fn aggregate(expr: &Expr, members: &[&Record]) -> Option<String> {
    let Expr::Call(name, arguments) = expr else { return None };
    let texts = || members.iter().filter_map(|record| value(arguments.first()?, record));
    let mut numbers: Vec<f64> = if matches!(arguments.first(), Some(Expr::Star)) {
        Vec::new()
    } else {
        texts().filter_map(|t| number(&t)).collect()
    };
    let sum: f64 = numbers.iter().sum();
    let rounded = |value: f64| Some(format!("{}", (value * 10_000.0).round() / 10_000.0));
    match name.as_str() {
        "count" if matches!(arguments.first(), Some(Expr::Star) | None) => Some(members.len().to_string()),
        "count" => Some(texts().count().to_string()),
        "count_distinct" => Some(texts().collect::<std::collections::BTreeSet<_>>().len().to_string()),
        "sum" => rounded(sum),
        _ if numbers.is_empty() => None,
        "avg" => rounded(sum / numbers.len() as f64),
        "min" => rounded(numbers.iter().copied().fold(f64::MAX, f64::min)),
        "max" => rounded(numbers.iter().copied().fold(f64::MIN, f64::max)),
        "pct" => {
            let Some(Expr::Number(part)) = arguments.get(1) else { return None };
            numbers.sort_by(f64::total_cmp);
            let at = ((part / 100.0) * (numbers.len() - 1) as f64).round() as usize;
            rounded(numbers[at.min(numbers.len() - 1)])
        }
        _ => None,
    }
}
