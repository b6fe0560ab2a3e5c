//! A retry is followed to its own end, whoever drives the run by then.

use crate::support::{Home, until};
use crate::{PATIENCE, unit};
use cockpit::infra::run::events::{Reader, Writer};
use cockpit::infra::run::{folder, requests};
use cockpit::model::infra::RunEvent;
use cockpit::model::infra::run_event::{RequestKind, RunEnd, UnitEnd, What};
use jiff::Timestamp;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

const LAB: &str = "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n";
const FAILS: &str =
    "resource \"terraform_data\" \"it\" {\n  provisioner \"local-exec\" { command = \"test -e go\" }\n}\n";

/// A run that has failed, and that another process seems to drive: this one.
fn failed(home: &Home) -> (PathBuf, File) {
    unit(home, "a", &[], FAILS);
    crate::support::run(&mut home.at(None), ["infra", "apply", "lab", "--yes"]).coded(1);
    let runs = home.path().join(".local/state/cockpit/runs");
    let run = folder::list(&runs, "lab").expect("a list").remove(0).folder;
    let driven = until("its supervisor to be gone", PATIENCE, || folder::drive(&run).ok());
    (run, driven)
}

fn said(home: &Home) -> String {
    std::fs::read_to_string(home.path().join("said")).unwrap_or_default()
}

/// A retry that is typed, once it is asked for and has read what came before; and up to where it must be taken.
fn retried(home: &Home, run: &Path) -> (Child, u64) {
    let mut typed = home.at(None);
    let out = File::create(home.path().join("said")).expect("a file");
    typed.args(["infra", "retry", "--env", "lab", "--yes"]).stdout(Stdio::null()).stderr(Stdio::from(out));
    let child = typed.spawn().expect("it starts");
    until("the end before it", PATIENCE, || said(home).contains("\nfailed\n").then_some(()));
    let asked = until("the retry to be asked for", PATIENCE, || {
        let heard = Reader::new(0).read_all(run).expect("events").events;
        let from = heard.iter().rev().find_map(|event| match event.what {
            What::Heard { next } => Some(next),
            _ => None,
        });
        let (asked, next) = requests::read(run, from.unwrap_or(0)).expect("requests");
        asked.iter().any(|request| request.wish == RequestKind::Retry).then_some(next)
    });
    (child, asked)
}

#[test]
fn a_retry_ends_with_the_end_that_comes_after_it() {
    let home = Home::with(LAB);
    let (run, driven) = failed(&home);
    let (mut child, asked) = retried(&home, &run);
    let mut writer = Writer::open(&run).expect("events");
    let mut tell = |what| {
        writer.tell(&RunEvent { time: Timestamp::now(), what });
        assert!(writer.flush());
    };
    tell(What::Note { unit: None, text: "a note before it is taken".into() });
    until("the note", PATIENCE, || said(&home).contains("a note before it is taken").then_some(()));
    tell(What::Retried { units: vec!["a".into()], by: crate::who() });
    tell(What::Heard { next: asked });
    tell(What::UnitEnded { unit: "a".into(), end: UnitEnd::Done });
    tell(What::Ended { end: RunEnd::Done });
    assert!(child.wait().expect("an end").success(), "{}", said(&home));
    drop(driven);
}

#[test]
fn a_retry_that_who_drove_the_run_has_not_taken_is_taken_by_another() {
    let home = Home::with(LAB);
    let (run, driven) = failed(&home);
    let (mut child, _) = retried(&home, &run);
    home.write("units/a/go", "");
    drop(driven);
    assert!(child.wait().expect("an end").success() && said(&home).contains("tried again by"), "{}", said(&home));
}
