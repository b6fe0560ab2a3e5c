//! A retry is followed to its own end, whichever process drives the run by then.

use crate::infra_runs::{PATIENCE, unit};
use crate::support::{Home, until};
use cockpit::infra::run::events::{Reader, Writer};
use cockpit::infra::run::{folder, requests};
use cockpit::model::infra::RunEvent;
use cockpit::model::infra::run_event::{RequestKind, RunEnd, RunEventKind, UnitEnd};
use jiff::Timestamp;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

const LAB: &str = "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n";
const FAILS: &str =
    "resource \"terraform_data\" \"it\" {\n  provisioner \"local-exec\" { command = \"test -e go\" }\n}\n";

/// A failed run that is apparently driven by another process: this one.
fn failed(home: &Home) -> (PathBuf, File) {
    unit(home, "a", &[], FAILS);
    crate::support::run(&mut home.at(None), ["infra", "apply", "lab", "--yes"]).exits(1);
    let runs = home.path().join(".local/state/cockpit/runs");
    let run = folder::list(&runs, "lab").expect("a list").remove(0).folder;
    let driven = until("its supervisor to be gone", PATIENCE, || folder::lock_run(&run).ok());
    (run, driven)
}

fn stderr_of(home: &Home) -> String {
    std::fs::read_to_string(home.path().join("said")).unwrap_or_default()
}

/// Starts a retry, and waits until it is requested and has read the earlier events; returns the offset at which it must be
/// taken.
fn retried(home: &Home, run: &Path) -> (Child, u64) {
    let mut typed = home.at(None);
    let out = File::create(home.path().join("said")).expect("a file");
    typed.args(["infra", "retry", "--env", "lab", "--yes"]).stdout(Stdio::null()).stderr(Stdio::from(out));
    let child = typed.spawn().expect("it starts");
    until("the previous end", PATIENCE, || stderr_of(home).contains("\nfailed\n").then_some(()));
    let offset = until("the request for the retry", PATIENCE, || {
        let events = Reader::new(0).read_all(run).expect("events").events;
        let from = events.iter().rev().find_map(|event| match event.what {
            RunEventKind::Heard { next } => Some(next),
            _ => None,
        });
        let (pending, next) = requests::read(run, from.unwrap_or(0)).expect("requests");
        pending.iter().any(|request| request.wish == RequestKind::Retry).then_some(next)
    });
    (child, offset)
}

#[test]
fn retry_ends_with_the_next_end_of_the_run() {
    let home = Home::with(LAB);
    let (run, driven) = failed(&home);
    let (mut child, offset) = retried(&home, &run);
    let mut writer = Writer::open(&run).expect("events");
    let mut tell = |what| {
        writer.append(&RunEvent { time: Timestamp::now(), what });
        assert!(writer.flush());
    };
    tell(RunEventKind::Note { unit: None, text: "a note before it is taken".into() });
    until("the note", PATIENCE, || stderr_of(&home).contains("a note before it is taken").then_some(()));
    tell(RunEventKind::Retried { units: vec!["a".into()], by: crate::infra_runs::who() });
    tell(RunEventKind::Heard { next: offset });
    tell(RunEventKind::UnitEnded { unit: "a".into(), end: UnitEnd::Done });
    tell(RunEventKind::Ended { end: RunEnd::Done });
    assert!(child.wait().expect("an end").success(), "{}", stderr_of(&home));
    drop(driven);
}

#[test]
fn retry_not_taken_by_the_previous_supervisor_is_taken_by_the_next() {
    let home = Home::with(LAB);
    let (run, driven) = failed(&home);
    let (mut child, _) = retried(&home, &run);
    home.write("units/a/go", "");
    drop(driven);
    assert!(
        child.wait().expect("an end").success() && stderr_of(&home).contains("tried again by"),
        "{}",
        stderr_of(&home)
    );
}
