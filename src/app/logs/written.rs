//! A line as one JSON object: what `-o json`, `--tee` and files that the pane writes have in common.

use super::follow::{Arrived, Gap};
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
    /// Lines that are missing.
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
    /// The service that wrote it; the group's name where it is none of a service; `CONTAINER@GROUP` where it is of one of several
    /// and the task is not known that would tell.
    service: &'a str,
    /// The container; `null` where it is not known.
    container: Option<&'a str>,
    /// The task's id; `null` where it is not known.
    task: Option<&'a str>,
    /// The log group.
    group: &'a str,
    /// The log stream.
    stream: &'a str,
    /// `trace`, `debug`, `info`, `warn`, `error`, `fatal`; `null` where the line has none.
    level: Option<&'static str>,
    /// Its sentence, of a line that is JSON or logfmt; else all of it.
    message: &'a str,
    /// As it was written.
    raw: &'a str,
    /// The event's id, which CloudWatch Logs gives; files of the logs pane do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// When CloudWatch Logs had it; files of the logs pane do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ingested: Option<String>,
    /// Whether it came after later lines had been written.
    late: bool,
}

/// Lines that are missing between two times.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GapEntry<'a> {
    /// `cockpit.log/1`.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// `missing`: they could not be read; `sampled`: the live tail showed only some of them.
    gap: &'static str,
    /// The log group.
    group: &'a str,
    /// The time at which the gap begins.
    from: String,
    /// The time at which the gap ends.
    to: String,
    /// The reason of the gap.
    why: &'a str,
}

fn line_of(entry: &Entry<'_>) -> String {
    json_line(entry).unwrap_or_default()
}

/// The object, with the end of its line. The store keeps neither the event's id nor when it was taken
/// in: a line from there has `arrived` as none, and the object lacks both.
pub fn json(line: &Line<'_>, arrived: Option<&Arrived>) -> String {
    let some = |text: &'static str| (!text.is_empty()).then_some(text);
    let message = fields::message(line.text, line.kind);
    line_of(&Entry::Line(LineEntry {
        schema: SCHEMA,
        time: moment(line.at),
        service: &line.source.service,
        container: (!line.source.container.is_empty()).then_some(line.source.container.as_str()),
        task: (!line.source.task.is_empty()).then_some(line.source.task.as_str()),
        group: &line.source.group,
        stream: &line.source.stream,
        level: some(line.level.word()),
        message: &message,
        raw: line.text,
        id: arrived.map(|arrived| arrived.event.id.as_str()),
        ingested: arrived.map(|arrived| moment(arrived.event.ingested)),
        late: line.is(log_store::block::mark::LATE),
    }))
}

/// A gap as such an object.
pub fn gap(gap: &Gap) -> String {
    line_of(&Entry::Gap(GapEntry {
        schema: SCHEMA,
        gap: if gap.sampled { "sampled" } else { "missing" },
        group: &gap.group,
        from: moment(gap.from),
        to: moment(gap.to),
        why: &gap.why,
    }))
}

/// A line as one JSON object, looked at by itself.
pub fn json_alone(arrived: &Arrived) -> String {
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

/// A moment as JSON has it: RFC 3339 with milliseconds, UTC.
pub fn moment(at: i64) -> String {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
