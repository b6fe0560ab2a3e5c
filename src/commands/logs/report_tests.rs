//! Lines as text, as JSON lines and as they came; gaps; traces; what is remembered of streams.

use super::*;
use crate::model::logs::LogEvent;

fn arrived(text: &str) -> Arrived {
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
    Arrived { source: Arc::new(source), event, id: 1, late: false }
}

fn printed(form: Form, wanted: Wanted, terminal: bool, lines: &[&str]) -> String {
    let mut printer = Printer::new(form, wanted, TimeZone::UTC, ["app-api", "app-web"], (false, terminal));
    let mut out = String::new();
    for line in lines {
        printer.line(&arrived(line), None, &mut out);
    }
    out
}

#[test]
fn text_has_columns_and_drives_no_terminal() {
    let lines = [
        r#"{"level":50,"req":{"url":"/a"},"msg":"it \u001b[2J failed"}"#,
        "plain \x1b[31mred\x1b[0m \x1b]0;title\x07 日本 🚀\n",
    ];
    let text = printed(Form::Text, Wanted::default(), true, &lines);
    assert_eq!(
        text,
        "11-20 00:53:20.123 api ERROR it ␛[2J failed req.url=/a\n11-20 00:53:20.123 api     - plain red ␛]0;title␇ 日本 🚀\n"
    );
    assert!(printed(Form::Raw, Wanted::default(), true, &lines).contains("␛]0;title"));
    assert!(printed(Form::Raw, Wanted::default(), false, &lines).contains("\x1b]0;title"));
    let json = printed(Form::Json, Wanted::default(), false, &lines);
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["message"], "it \u{1b}[2J failed");
    assert_eq!((first["level"].as_str(), first["time"].as_str()), (Some("error"), Some("2025-11-20T00:53:20.123Z")));
    assert!(!json.contains('\u{1b}'));
}

#[test]
fn streams_of_one_name_in_two_groups_are_two() {
    let mut printer =
        Printer::new(Form::Text, Wanted::default(), TimeZone::UTC, ["app-api", "app-web"], (false, false));
    let mut other = arrived("two");
    other.source = Arc::new(Source { group: "/ecs/web".into(), service: "app-web".into(), ..(*other.source).clone() });
    let mut out = String::new();
    for line in [arrived("one"), other.clone(), arrived("three"), other] {
        printer.line(&line, None, &mut out);
    }
    let names: Vec<&str> = out.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(names, ["api", "web", "api", "web"], "{out}");
    // A service that joins may have a name whose end it shares with another.
    printer.know(["app-api", "app-web", "app-long-worker"]);
    out.clear();
    printer.line(&arrived("four"), None, &mut out);
    assert!(out.contains(" api         "), "{out}");
}

#[test]
fn streams_that_have_written_nothing_for_long_are_forgotten_and_others_are_not() {
    let wanted = Wanted { level: Level::Error, ..Wanted::default() };
    let mut printer = Printer::new(Form::Raw, wanted, TimeZone::UTC, ["app-api"], (false, false));
    let (mut out, mut most) = (String::new(), 0);
    // A task a second for hours, each with a stream of its own, beside one that writes a long trace.
    printer.line(&arrived("TypeError: x"), None, &mut out);
    for n in 0..20_000 {
        let mut task = arrived("one line");
        task.source = Arc::new(Source { stream: format!("ecs/api/{n}"), ..(*task.source).clone() });
        printer.line(&task, None, &mut out);
        if n % 1_000 == 0 {
            // The names of streams are made anew now and then.
            printer.line(&arrived("    at one"), None, &mut out);
        }
        most = most.max(printer.remembered());
    }
    assert!(most <= 2 * STREAMS, "{most}");
    assert_eq!(out.lines().filter(|line| *line == "    at one").count(), 20, "the trace goes with its error");
}

#[test]
fn a_trace_goes_with_its_error() {
    let wanted = Wanted { level: Level::Error, ..Wanted::default() };
    let lines = ["GET / 200", "    at nothing", "TypeError: x", "    at one", "GET / 200", "    at nothing"];
    let text = printed(Form::Raw, wanted, false, &lines);
    assert_eq!(text, "TypeError: x\n    at one\n");
}

#[test]
fn gaps_have_bounds() {
    let gap = Gap { group: "/g".into(), from: 0, to: 61_000, sampled: true, why: "why".into() };
    let mut printer = Printer::new(Form::Text, Wanted::default(), TimeZone::UTC, ["a"], (false, false));
    let mut out = String::new();
    printer.gap(&gap, &mut out);
    assert_eq!(out, "01-01 00:00:00.000 SAMPLED /g from 00:00:00 to 00:01:01: why\n");
}
