//! Benchmark of the store alone: `cargo bench -p log-store [-- FILE]`. It reads the file (lines of JSON, one event each), or
//! generates a million lines.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use log_store::store::hash;
use log_store::view::Rule;
use log_store::{Filter, Limits, NewLine, Search, Source, Store, View};
use std::fmt::Write as _;
use std::time::Instant;

fn made() -> String {
    let mut out = String::with_capacity(220_000_000);
    let mut state = 1_u64;
    for n in 0..1_000_000_u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (level, status) = if state >> 57 == 0 { (50, 502) } else { (30, 200) };
        let rare = if n == 777_777 { "NeedleInTheHaystack" } else { "request completed" };
        let _ = write!(
            out,
            r#"{{"level":{level},"time":{},"pid":1,"context":"HTTP","req":{{"id":"{:012x}","method":"GET","url":"/api/bookmarks/{}","remoteAddress":"10.0.1.7"}},"res":{{"statusCode":{status}}},"responseTime":{},"msg":"{rare}"}}"#,
            1_760_000_000_000 + n,
            state >> 16,
            state >> 50,
            (state >> 40) % 900
        );
        out.push('\n');
    }
    out
}

fn main() {
    let text = match std::env::args().nth(1).filter(|argument| !argument.starts_with('-')) {
        Some(path) => std::fs::read_to_string(path).unwrap(),
        None => made(),
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut store = Store::new(Limits { lines: 4_000_000, bytes: 4 << 30 });
    let stream = store.stream(Source { service: "api".into(), ..Source::default() });
    let start = Instant::now();
    for (n, text) in lines.iter().enumerate() {
        let id = hash(&[&n.to_le_bytes()]);
        store.push(&NewLine { at: 1_760_000_000_000 + n as i64 / 50, id, stream, text, late: false });
    }
    let took = start.elapsed().as_secs_f64();
    let bytes: usize = lines.iter().map(|line| line.len()).sum();
    println!("ingest {} lines {:.3} s {:.0} lines/s", lines.len(), took, lines.len() as f64 / took);
    println!("bytes a line beyond its text {:.1}", (store.bytes() - bytes) as f64 / lines.len() as f64);
    for (name, search) in [
        ("rare term", Search::plain("NeedleInTheHaystack").unwrap()),
        ("rare term, any case", Search::plain("needleinthehaystack").unwrap()),
        ("regex", Search::regex(r#"statusCode":50\d"#).unwrap()),
    ] {
        let mut best = f64::MAX;
        let mut count = 0;
        for _ in 0..5 {
            let start = Instant::now();
            let mut view = View::new(Rule { search: Some(search.clone()), ..Rule::default() });
            view.update(&store, usize::MAX);
            best = best.min(start.elapsed().as_secs_f64());
            count = view.len();
        }
        println!("search {name} {:.1} ms {count} lines", best * 1e3);
    }
    for filter in ["level>=error", "status:5xx latency>500ms", "-health"] {
        let start = Instant::now();
        let mut view = View::new(Rule { filter: Filter::parse(filter).unwrap(), ..Rule::default() });
        view.update(&store, usize::MAX);
        println!("filter {filter} {:.1} ms {} lines", start.elapsed().as_secs_f64() * 1e3, view.len());
    }
    let start = Instant::now();
    let (from, to) = store.span().unwrap();
    let bins = store.histogram(from, to, 180);
    println!("histogram {:.2} ms {} bins", start.elapsed().as_secs_f64() * 1e3, bins.len());
    let start = Instant::now();
    assert!(store.seek(from.midpoint(to)).is_some());
    println!("jump {:.4} ms", start.elapsed().as_secs_f64() * 1e3);
}
