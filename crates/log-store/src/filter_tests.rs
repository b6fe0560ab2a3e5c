//! Tests of the filter language.

use super::*;
use crate::store::{Limits, NewLine, Pos, Source, Store};

fn hits(filter: &str, text: &str) -> bool {
    let mut store = Store::new(Limits::default());
    let source = Source {
        group: "/ecs/app-api".into(),
        stream: "ecs/api/0123".into(),
        service: "app-api".into(),
        container: "api".into(),
        task: "0123".into(),
    };
    let stream = store.stream(source);
    store.push(&NewLine { at: 1, id: 1, stream, text, late: false });
    Filter::parse(filter).unwrap().matches(&store.line(Pos { block: 0, row: 0 }).unwrap())
}

#[test]
fn every_filter_form_matches_the_right_lines() {
    let line = r#"{"level":50,"req":{"url":"/api/a"},"res":{"statusCode":502},"responseTime":812,"msg":"it failed"}"#;
    for filter in [
        "",
        "level>=warn service:api status:5xx latency>500ms -healthcheck",
        "FAILED or nothing".to_lowercase().as_str(),
        "\"it failed\"",
        "/fa[i]led/",
        "(status:4xx or status:502) not nothing",
        "url:/api/* group:/ecs/* task:01 stream:*0123",
        "latency<1s latency>=0.812s res.statusCode=502",
        "status!=200 service!=web",
        "-(a_b or c_d)",
    ] {
        assert!(hits(filter, line), "{filter}");
    }
    for filter in ["level<error", "service:web", "status:4xx", "latency>1s", "-failed", "none:1", "Failed"] {
        assert!(!hits(filter, line), "{filter}");
    }
    assert!(hits("status:200 latency<=1.5s", "level=info status=200 latency=1.5s msg=x"));
    assert!(hits("http://a/b 12:30", "see http://a/b at 12:30"));
}

#[test]
fn mistakes_are_under_the_caret() {
    let at = |text: &str| {
        let error = Filter::parse(text).unwrap_err();
        (error.at, error.length, error.what)
    };
    assert_eq!(at("level>=bad").0, 7);
    assert_eq!(at("日本 latency>soon").0, 11);
    assert_eq!(at("(a or b"), (0, 1, "this bracket is not closed".into()));
    assert_eq!(at("a )").0, 2);
    assert_eq!(at("a or").2, "`or` needs a term on both sides");
    assert_eq!(at("x /a(b/").0, 4);
    assert!(at("status:").2.contains("compared with nothing"));
    assert!(at("\"open").2.contains("not closed"));
    assert!(at("-").2.contains("no term to exclude"));
    assert_eq!(Filter::parse("a ()").unwrap_err().with_carets("a ()"), "a ()\n  ^^");
    assert!(Filter::parse(&"(".repeat(10_000)).is_err());
}
