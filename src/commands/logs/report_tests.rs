//! Tests of log lines as text, JSON and raw; gaps; stack traces; eviction of streams.

use super::*;
use crate::model::logs::LogEvent;

fn arrived(text: &str) -> ReceivedLine {
    let source = Source {
        group: "/ecs/app-api".into(),
        stream: "ecs/api/0123".into(),
        service: "app-api".into(),
        container: "api".into(),
        task: "0123".into(),
    };
    let event = LogEvent {
        id: "37".into(),
        stream: source.stream.as_str().into(),
        at: 1_763_600_000_123,
        ingested: 1_763_600_000_400,
        message: text.into(),
    };
    ReceivedLine { source: Arc::new(source), event, id: 1, late: false }
}

fn printed(form: Form, wanted: LineConditions, terminal: bool, lines: &[&str]) -> String {
    let mut printer = Printer::new(form, wanted, TimeZone::UTC, ["app-api", "app-web"], (false, terminal));
    let mut out = String::new();
    for line in lines {
        printer.line(&arrived(line), None, &mut out);
    }
    out
}

#[test]
fn text_has_columns_and_escapes_control_characters() {
    let lines = [
        r#"{"level":50,"req":{"url":"/a"},"msg":"it \u001b[2J failed"}"#,
        "plain \x1b[31mred\x1b[0m \x1b]0;title\x07 日本 🚀\n",
    ];
    let text = printed(Form::Text, LineConditions::default(), true, &lines);
    assert_eq!(
        text,
        "11-20 00:53:20.123 api ERROR it ␛[2J failed req.url=/a\n11-20 00:53:20.123 api     - plain red ␛]0;title␇ 日本 🚀\n"
    );
    assert!(printed(Form::Raw, LineConditions::default(), true, &lines).contains("␛]0;title"));
    assert!(printed(Form::Raw, LineConditions::default(), false, &lines).contains("\x1b]0;title"));
    let json = printed(Form::Json, LineConditions::default(), false, &lines);
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["message"], "it \u{1b}[2J failed");
    assert_eq!((first["level"].as_str(), first["time"].as_str()), (Some("error"), Some("2025-11-20T00:53:20.123Z")));
    assert!(!json.contains('\u{1b}'));
}

#[test]
fn same_stream_name_in_two_groups_is_two_streams() {
    let mut printer =
        Printer::new(Form::Text, LineConditions::default(), TimeZone::UTC, ["app-api", "app-web"], (false, false));
    let mut other = arrived("two");
    other.source = Arc::new(Source { group: "/ecs/web".into(), service: "app-web".into(), ..(*other.source).clone() });
    let mut out = String::new();
    for line in [arrived("one"), other.clone(), arrived("three"), other] {
        printer.line(&line, None, &mut out);
    }
    let names: Vec<&str> = out.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(names, ["api", "web", "api", "web"], "{out}");
    // A joining service may share the end of its name with another one.
    printer.set_services(["app-api", "app-web", "app-long-worker"]);
    out.clear();
    printer.line(&arrived("four"), None, &mut out);
    assert!(out.contains(" api         "), "{out}");
}

#[test]
fn idle_streams_are_evicted_and_active_ones_are_kept() {
    let wanted = LineConditions { level: Level::Error, ..LineConditions::default() };
    let mut printer = Printer::new(Form::Raw, wanted, TimeZone::UTC, ["app-api"], (false, false));
    let (mut out, mut most) = (String::new(), 0);
    // One task per second for hours, each with its own stream, beside one that writes a long trace.
    printer.line(&arrived("TypeError: x"), None, &mut out);
    for n in 0..20_000 {
        let mut task = arrived("one line");
        task.source = Arc::new(Source { stream: format!("ecs/api/{n}"), ..(*task.source).clone() });
        printer.line(&task, None, &mut out);
        if n % 1_000 == 0 {
            // A new `Source` for the same stream, as happens from time to time.
            printer.line(&arrived("    at one"), None, &mut out);
        }
        most = most.max(printer.remembered());
    }
    assert!(most <= 2 * MAX_STREAMS, "{most}");
    assert_eq!(out.lines().filter(|line| *line == "    at one").count(), 20, "the trace goes with its error");
}

#[test]
fn stack_trace_is_printed_with_its_error() {
    let wanted = LineConditions { level: Level::Error, ..LineConditions::default() };
    let lines = ["GET / 200", "    at nothing", "TypeError: x", "    at one", "GET / 200", "    at nothing"];
    let text = printed(Form::Raw, wanted, false, &lines);
    assert_eq!(text, "TypeError: x\n    at one\n");
}

#[test]
fn gaps_have_bounds() {
    let gap = Gap { group: "/g".into(), from: 0, to: 61_000, sampled: true, why: "why".into() };
    let mut printer = Printer::new(Form::Text, LineConditions::default(), TimeZone::UTC, ["a"], (false, false));
    let mut out = String::new();
    printer.gap(&gap, &mut out);
    assert_eq!(out, "01-01 00:00:00.000 SAMPLED /g from 00:00:00 to 00:01:01: why\n");
}
