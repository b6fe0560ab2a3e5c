//! Compares the store with a plain sorted list, and feeds it arbitrary bytes.
#![allow(clippy::unwrap_used, missing_docs)]

use log_store::block::mark;
use log_store::store::hash;
use log_store::view::Rule;
use log_store::{Filter, InsertOutcome, Key, Level, Limits, NewLine, Search, Source, Store, View, fields, json, parse};
use proptest::prelude::*;

fn source(name: &str) -> Source {
    Source {
        group: format!("/ecs/{name}"),
        stream: format!("ecs/{name}/1"),
        service: name.to_owned(),
        container: name.to_owned(),
        task: "1".to_owned(),
    }
}

fn filled(lines: &[(i64, &str)]) -> Store {
    let mut store = Store::new(Limits::default());
    let stream = store.stream(source("a"));
    for (n, (at, text)) in lines.iter().enumerate() {
        store.push(&NewLine { at: *at, id: n as u64 + (1 << 63), stream, text, late: false });
    }
    store
}

/// A new task every second for a day, each with its own stream.
#[test]
fn streams_without_stored_lines_are_removed() {
    let mut store = Store::new(Limits { lines: 5_000, ..Limits::default() });
    let constant = store.stream(source("constant"));
    for n in 0..30_000_i64 {
        let stream = store.stream(Source { stream: n.to_string(), ..source("task") });
        store.push(&NewLine { at: n, id: 0, stream, text: "x", late: false });
        if n % 1_000 == 0 {
            store.push(&NewLine { at: n, id: 0, stream: constant, text: "y", late: false });
        }
        store.forget_streams();
        assert!(store.streams().count() <= 20_000, "{n}");
    }
    assert!(store.streams().count() < 15_000, "{}", store.streams().count());
    for line in store.iter() {
        let expected = if line.text == "y" { "ecs/constant/1".to_owned() } else { line.at.to_string() };
        assert_eq!(line.source.stream, expected, "each line keeps its stream");
    }
    assert_eq!(store.find_stream("/ecs/constant", "ecs/constant/1"), Some(constant), "the ids of others stay");
    assert_eq!(store.find_stream("/ecs/task", "1"), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 48 / 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn lines_come_out_in_order_and_once(lines in prop::collection::vec((0i64..5_000, 0u64..3_000), 1..6_000)) {
        let mut store = Store::new(Limits::default());
        let stream = store.stream(source("a"));
        let mut model: Vec<(i64, u64)> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for (at, id) in lines {
            let id = id | (1 << 63);
            let text = format!("line {at} {id}");
            let placed = store.push(&NewLine { at, id, stream, text: &text, late: false });
            if known.insert((at, id)) {
                prop_assert!(matches!(placed, InsertOutcome::Appended | InsertOutcome::Inserted));
                model.push((at, id));
            } else {
                prop_assert_eq!(placed, InsertOutcome::Duplicate);
            }
        }
        // A stable sort: lines of the same time stay in order of arrival.
        model.sort_by_key(|(at, _)| *at);
        let found: Vec<(i64, u64)> = store.iter().map(|line| (line.at, line.id)).collect();
        prop_assert_eq!(&found, &model);
        for line in store.iter() {
            prop_assert_eq!(line.text, format!("line {} {}", line.at, line.id));
        }
        prop_assert_eq!(store.len(), model.len());
        for (at, id) in model.iter().step_by(97) {
            let pos = store.find(Key { at: *at, id: *id }).unwrap();
            prop_assert_eq!(store.line(pos).unwrap().id, *id);
        }
        let bins = store.histogram(0, 5_000, 50);
        prop_assert_eq!(bins.iter().map(|bin| bin.total as usize).sum::<usize>(), model.len());
        for (n, bin) in bins.iter().enumerate() {
            let from = n as i64 * 100;
            prop_assert_eq!(bin.total as usize, model.iter().filter(|(at, _)| (from..from + 100).contains(at)).count());
        }
    }

    #[test]
    fn evicted_lines_are_counted(count in 1usize..30_000, limit in 5_000usize..12_000) {
        let mut store = Store::new(Limits { lines: limit, bytes: usize::MAX });
        let stream = store.stream(source("a"));
        for n in 0..count {
            store.push(&NewLine { at: n as i64, id: 0, stream, text: "x", late: false });
        }
        prop_assert!(store.len() <= limit);
        prop_assert_eq!(store.len() as u64 + store.evicted(), count as u64);
        if store.evicted() > 0 {
            let placed = store.push(&NewLine { at: 0, id: 0, stream, text: "old", late: true });
            prop_assert_eq!(placed, InsertOutcome::TooOld);
        }
    }

    #[test]
    fn view_contains_the_passing_lines(texts in prop::collection::vec("(info|ERROR|\\PC{0,12}|    at x)", 1..400), times in prop::collection::vec(0i64..300, 400)) {
        let lines: Vec<(i64, &str)> = times.iter().copied().zip(texts.iter().map(String::as_str)).collect();
        let store = filled(&lines);
        let filter = Filter::parse("level>=error or info").unwrap();
        let mut view = View::new(Rule { filter: filter.clone(), ..Rule::default() });
        prop_assert!(view.update(&store, usize::MAX));
        let mut wanted = Vec::new();
        let mut head = false;
        let mut any = false;
        for (n, line) in store.iter().enumerate() {
            if line.is(mark::CONTINUES) {
                if (any && head) || filter.matches(&line) {
                    wanted.push(n);
                }
            } else {
                any = true;
                head = filter.matches(&line);
                if head { wanted.push(n); }
            }
        }
        let found: Vec<usize> = (0..view.len()).map(|n| { let pos = view.nth(&store, n).unwrap(); assert_eq!(view.rank(&store, pos), n); pos.row }).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn block_search_finds_the_same_as_line_search(texts in prop::collection::vec("[ab \\n日]{0,8}", 1..300), times in prop::collection::vec(0i64..50, 300), pattern in prop::sample::select(vec!["a", "b", "ab", "a b", "日", r"b\s+a", "^a", "b$", "[^a]b", r"\s", "a|日"])) {
        let lines: Vec<(i64, &str)> = times.iter().copied().zip(texts.iter().map(String::as_str)).collect();
        let store = filled(&lines);
        for search in [Search::regex(pattern).unwrap(), Search::plain(pattern).unwrap()] {
            let mut rows = Vec::new();
            search.rows(&store.blocks()[0], 0, &mut rows);
            let wanted: Vec<u16> = store.iter().enumerate().filter(|(_, line)| search.matches(line.text)).map(|(n, _)| n as u16).collect();
            prop_assert_eq!(rows, wanted, "{}", pattern);
        }
    }

    #[test]
    fn any_text_is_accepted(text in "\\PC*|[\\x00-\\x7f]*|\\{.*|.*=.*") {
        let parsed = parse::parse(&text, log_store::Kind::Plain);
        for kind in [parsed.kind, log_store::Kind::Json, log_store::Kind::Logfmt, log_store::Kind::Plain] {
            let _ = fields::message(&text, kind);
            let _ = fields::extra_fields(&text, kind);
            let _ = fields::pretty(&text, kind);
            let _ = fields::field(&text, kind, "status");
        }
        let _ = log_store::shape::describe(&text);
        let _ = parse::strip_colour(&text);
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(error.at <= text.chars().count());
        }
        let _ = Search::regex(&text);
    }

    #[test]
    fn scanner_agrees_with_serde(value in json_value()) {
        let text = serde_json::Value::Object(value.clone()).to_string();
        let mut walk = json::members(&text);
        let found: Vec<(String, String)> = walk.by_ref().map(|(key, value)| {
            let value = match value { json::Value::Text(text) => json::unescape(text).into_owned(), other => other.raw().to_owned() };
            (json::unescape(key).into_owned(), value)
        }).collect();
        prop_assert!(walk.is_complete());
        let wanted: Vec<(String, String)> = value.into_iter().map(|(key, value)| (key, match value { serde_json::Value::String(text) => text, other => other.to_string() })).collect();
        prop_assert_eq!(found, wanted);
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Map<String, serde_json::Value>> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "\\PC{0,20}".prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    let tree = leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec(("\\PC{0,8}", inner), 0..4)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    });
    prop::collection::vec(("\\PC{0,8}", tree), 0..6).prop_map(|pairs| pairs.into_iter().collect())
}

#[test]
fn trace_is_one_event() {
    let mut store = Store::new(Limits::default());
    let (a, b) = (store.stream(source("a")), store.stream(source("b")));
    let lines = [(a, "Error: x"), (b, "other"), (a, "    at one"), (a, "    at two"), (b, "last"), (a, "next")];
    for (stream, text) in lines {
        store.push(&NewLine { at: 5, id: 0, stream, text, late: false });
    }
    let texts: Vec<&str> = store.iter().map(|line| line.text).collect();
    assert_eq!(
        texts,
        ["Error: x", "    at one", "    at two", "other", "last", "next"],
        "of one moment, a trace stays together"
    );
    let pos = store.seek(5).unwrap();
    assert_eq!(store.event(log_store::Pos { row: 2, ..pos }), "Error: x\n    at one\n    at two");
    let mut view = View::new(Rule { filter: Filter::parse("level>=error").unwrap(), ..Rule::default() });
    view.update(&store, usize::MAX);
    assert_eq!(view.len(), 3, "the trace goes with its error");
}

#[test]
fn gaps_pass_every_filter_and_late_lines_are_marked() {
    let mut store = filled(&[(1, "a"), (9, "b")]);
    let stream = store.find_stream("/ecs/a", "ecs/a/1").unwrap();
    store.push_note(5, stream, false, "GAP");
    store.push(&NewLine { at: 3, id: 7, stream, text: "late", late: true });
    let mut view = View::new(Rule { filter: Filter::parse("late").unwrap(), ..Rule::default() });
    view.update(&store, usize::MAX);
    let shown: Vec<_> = (0..view.len()).map(|n| store.line(view.nth(&store, n).unwrap()).unwrap()).collect();
    assert_eq!(shown.iter().map(|line| line.text).collect::<Vec<_>>(), ["late", "GAP"]);
    assert!(shown[0].is(mark::LATE) && shown[1].is(mark::GAP));
    assert_eq!(shown[1].level, Level::Warn);
}

#[test]
fn row_takes_less_than_32_bytes() {
    let mut store = Store::new(Limits { lines: 2_000_000, bytes: usize::MAX });
    let stream = store.stream(source("a"));
    let text = "x".repeat(200);
    for n in 0..300_000 {
        store.push(&NewLine { at: n, id: hash(&[&n.to_le_bytes()]), stream, text: &text, late: false });
    }
    let beyond = (store.bytes() - 300_000 * 200) as f64 / 300_000.0;
    assert!(beyond <= 32.0, "{beyond} bytes");
}

#[test]
fn older_pages_are_inserted_before_and_huge_lines_fit() {
    let mut store = Store::new(Limits::default());
    let stream = store.stream(source("a"));
    for at in (0..60_000).rev() {
        store.push(&NewLine { at, id: 0, stream, text: "x", late: false });
    }
    assert!(store.iter().zip(0..).all(|(line, at)| line.at == at) && store.len() == 60_000);
    let huge = "y".repeat(256 << 10);
    for at in 0..40 {
        store.push(&NewLine { at: at * 1_000, id: 0, stream, text: &huge, late: true });
    }
    assert_eq!(store.iter().filter(|line| line.text.len() == huge.len()).count(), 40);
    store.push(&NewLine { at: i64::MAX / 2, id: 0, stream, text: "far", late: false });
    store.push(&NewLine { at: 1, id: 0, stream, text: "back", late: true });
    assert_eq!(store.iter().last().unwrap().text, "far");
}
