//! A line as one JSON object: what `-o json`, `--tee` and files that the pane writes have in common.

use super::follow::Arrived;
use crate::model::text::json_text;
use jiff::Timestamp;
use log_store::store::{Line, StreamId};
use log_store::{Kind, fields, parse};
use serde::Serialize;

#[derive(Serialize)]
struct LineDto<'a> {
    schema: &'static str,
    time: String,
    service: &'a str,
    container: Option<&'a str>,
    task: Option<&'a str>,
    group: &'a str,
    stream: &'a str,
    level: Option<&'static str>,
    message: &'a str,
    raw: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingested: Option<String>,
    late: bool,
}

/// The object, with the end of its line. The store keeps neither the event's id nor when it was taken
/// in: a line from there has `arrived` as none, and the object lacks both.
pub fn json(line: &Line<'_>, arrived: Option<&Arrived>) -> String {
    let some = |text: &'static str| (!text.is_empty()).then_some(text);
    let message = fields::message(line.text, line.kind);
    let dto = LineDto {
        schema: "cockpit.log/1",
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
    };
    let text = serde_json::to_string(&dto).unwrap_or_default();
    let mut text = json_text(&text).into_owned();
    text.push('\n');
    text
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
