//! Log lines of two services, as a follower delivers them.

use super::now;
use crate::app::logs::follow::{Batch, Gap, ReceivedLine};
use crate::model::logs::LogEvent;
use log_store::Source;
use std::sync::Arc;

/// A pino log line of a successful request.
pub const PINO: &str = r#"{"level":30,"time":1,"req":{"method":"GET","url":"/api/bookmarks"},"res":{"statusCode":200},"responseTime":12,"msg":"request completed"}"#;
/// A pino log line of a failed request.
pub const FAILED: &str = r#"{"level":50,"req":{"method":"GET","url":"/api/tags"},"res":{"statusCode":500},"responseTime":812,"err":{"type":"MongoNetworkError","stack":"MongoNetworkError: closed\n    at find (/app/a.js:1)"},"msg":"request errored"}"#;

/// A line as it arrives from a service's log group.
pub fn line(service: &str, at: i64, text: &str, late: bool) -> ReceivedLine {
    let source = Source {
        group: format!("/ecs/{service}"),
        stream: format!("ecs/{service}/0123abcd"),
        service: service.to_owned(),
        container: "main".to_owned(),
        task: "0123abcd".to_owned(),
    };
    let (id, stream) = (format!("{at}{text}").into(), source.stream.as_str().into());
    let event = LogEvent { id, stream, at, ingested: at, message: text.into() };
    let id = log_store::store::hash(&[event.id.as_bytes()]);
    ReceivedLine { source: Arc::new(source), event, id, late }
}

/// `count` lines of two services over twelve minutes.
pub fn batch(count: i64) -> Batch {
    let end = now().as_millisecond();
    let mut lines = Vec::new();
    for n in 0..count {
        let at = end - (count - n) * 720_000 / count;
        let (service, text, late) = match n % 40 {
            7 => ("bookmark-manager-api", FAILED.to_owned(), false),
            11 => ("bookmark-manager-web", " ⨯ Error: fetch failed".to_owned(), false),
            12 => ("bookmark-manager-web", "    at async Page (/app/page.js:1:22)".to_owned(), false),
            19 => {
                ("bookmark-manager-web", "\u{1b}]0;title\u{7}\u{1b}[2J プロフィールを更新しました 🔑".to_owned(), false)
            }
            23 => ("bookmark-manager-api", r#"{"level":40,"msg":"slow query","durationMs":900}"#.to_owned(), true),
            k if k % 2 == 0 => ("bookmark-manager-api", PINO.to_owned(), false),
            _ => ("bookmark-manager-web", format!(" GET /bookmarks \u{1b}[32m200\u{1b}[39m in {n}ms"), false),
        };
        lines.push(line(service, at, &text, late));
    }
    let gap = Gap {
        group: "/ecs/bookmark-manager-web".into(),
        from: end - 9_000,
        to: end - 4_000,
        sampled: false,
        why: "more lines came than can be read at the rate that AWS allows".into(),
    };
    Batch { lines, gaps: vec![gap] }
}
