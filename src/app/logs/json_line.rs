//! A line as one JSON object: shared by `-o json`, `--tee` and the files that the logs pane writes.

use super::follow::{Gap, ReceivedLine};
use crate::model::text::json_line;
use jiff::Timestamp;
use log_store::store::{Line, StreamId};
use log_store::{Kind, fields, parse};
use schemars::JsonSchema;
use serde::Serialize;

/// The schema of these objects.
pub const SCHEMA: &str = "cockpit.log/1";

/// One object of `cockpit logs -o json`, of `--tee` and of files that the logs pane writes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Entry<'a> {
    /// A line.
    Line(LineEntry<'a>),
    /// Missing lines.
    Gap(GapEntry<'a>),
}

/// A line that a service wrote.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LineEntry<'a> {
    /// `cockpit.log/1`.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// When it was written, with milliseconds.
    time: String,
    /// The service that wrote it; the group's name if it belongs to no service; `CONTAINER@GROUP` if several services
    /// may have written it and the task is unknown.
    service: &'a str,
    /// The container; `null` if unknown.
    container: Option<&'a str>,
    /// The task's id; `null` if unknown.
    task: Option<&'a str>,
    /// The log group.
    group: &'a str,
    /// The log stream.
    stream: &'a str,
    /// `trace`, `debug`, `info`, `warn`, `error`, `fatal`; `null` if the line has none.
    level: Option<&'static str>,
    /// The message of a JSON or logfmt line; otherwise the whole line.
    message: &'a str,
    /// The line as it was written.
    raw: &'a str,
    /// The event's id in CloudWatch Logs; not in files of the logs pane.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// When CloudWatch Logs ingested it; not in files of the logs pane.
    #[serde(skip_serializing_if = "Option::is_none")]
    ingested: Option<String>,
    /// Whether it came after later lines had been written.
    late: bool,
}

/// A time range with missing lines.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GapEntry<'a> {
    /// `cockpit.log/1`.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// `missing`: the lines could not be read; `sampled`: the live tail showed only some of them.
    gap: &'static str,
    /// The log group.
    group: &'a str,
    /// The time at which the gap begins.
    from: String,
    /// The time at which the gap ends.
    to: String,
    /// The reason for the gap.
    why: &'a str,
}

fn line_of(entry: &Entry<'_>) -> String {
    json_line(entry).unwrap_or_default()
}

/// Returns the object with a line break. The store keeps neither the event's id nor its ingestion time: for a line of
/// the store, `arrived` is `None`, and the object lacks both.
pub fn json(line: &Line<'_>, arrived: Option<&ReceivedLine>) -> String {
    let some = |text: &'static str| (!text.is_empty()).then_some(text);
    let message = fields::message(line.text, line.kind);
    line_of(&Entry::Line(LineEntry {
        schema: SCHEMA,
        time: json_time(line.at),
        service: &line.source.service,
        container: (!line.source.container.is_empty()).then_some(line.source.container.as_str()),
        task: (!line.source.task.is_empty()).then_some(line.source.task.as_str()),
        group: &line.source.group,
        stream: &line.source.stream,
        level: some(line.level.name()),
        message: &message,
        raw: line.text,
        id: arrived.map(|arrived| arrived.event.id.as_str()),
        ingested: arrived.map(|arrived| json_time(arrived.event.ingested)),
        late: line.is(log_store::block::mark::LATE),
    }))
}

/// Returns a gap as such an object.
pub fn gap(gap: &Gap) -> String {
    line_of(&Entry::Gap(GapEntry {
        schema: SCHEMA,
        gap: if gap.sampled { "sampled" } else { "missing" },
        group: &gap.group,
        from: json_time(gap.from),
        to: json_time(gap.to),
        why: &gap.why,
    }))
}

/// Returns a line as one JSON object, parsed on its own.
pub fn received_line_json(arrived: &ReceivedLine) -> String {
    let text = arrived.event.message.trim_end_matches(['\n', '\r']);
    let parsed = parse::parse(text, Kind::Plain);
    let line = Line {
        at: arrived.event.at,
        id: arrived.id,
        stream: StreamId(0),
        source: &arrived.source,
        level: parsed.level,
        kind: parsed.kind,
        marks: if arrived.late { log_store::block::mark::LATE } else { 0 },
        text,
    };
    json(&line, Some(arrived))
}

/// A moment in JSON: RFC 3339 with milliseconds, UTC.
pub fn json_time(at: i64) -> String {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
