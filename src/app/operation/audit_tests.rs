//! The beginning and the end of an operation in the audit file.

use super::call::{Answered, Call, Read, Reply};
use super::steps::Wanted;
use super::tests::{at, calls, environment, get, me, ok, settle, steps};
use super::{Operations, Stage};
use crate::model::{Failure, FailureKind};
use jiff::tz::TimeZone;

#[test]
fn one_that_is_left_while_its_beginning_is_written_gets_its_end_too() {
    for written in [true, false] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let what = steps(Wanted::StopTask { id: "0".repeat(32) });
        let (id, effects) = operations.start(what, &environment(), at(0));
        let mut answer = |call: &Call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            _ => ok(Reply::Tasks(vec![crate::model::Task {
                id: "0".repeat(32),
                last_status: "RUNNING".into(),
                ..Default::default()
            }])),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        assert_eq!(get(&operations, id).stage, Stage::Asking, "{:?}", get(&operations, id).outcome);
        let recording = operations.confirm(id, at(1));
        let asked = calls(&recording);
        assert!(matches!(asked[0].1, Call::Audit(record) if record.outcome == "started"), "{asked:?}");
        assert!(operations.detach(id, at(2)).is_empty(), "nothing is known of the file yet");
        assert!(operations.waits_for_audit(id));
        let summary = get(&operations, id).outcome.as_ref().map(|outcome| outcome.summary.clone());
        assert_eq!(summary.as_deref(), Some("stop task web: it was left before anything was changed"));
        let outcome = if written { Ok(Reply::Done) } else { Err(Failure::new(FailureKind::Other, "full")) };
        let after = operations.answered(asked[0].0, &Answered::new(outcome), at(3));
        match (written, calls(&after).as_slice()) {
            (true, [(end, Call::Audit(record))]) => {
                assert_eq!(record.outcome, "cancelled");
                assert!(operations.waits_for_audit(id));
                assert!(operations.answered(*end, &ok(Reply::Done), at(4)).is_empty());
            }
            (false, []) => {}
            other => panic!("{other:?}"),
        }
        assert!(!operations.waits_for_audit(id));
    }
}

#[test]
fn an_end_that_is_not_in_the_audit_file_is_told() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let what = steps(Wanted::StopTask { id: "0".repeat(32) });
    let (id, effects) = operations.start(what, &environment(), at(0));
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Audit(record) if record.outcome != "started" => {
            Answered::new(Err(Failure::new(FailureKind::Other, "no room")))
        }
        Call::Audit(_) => ok(Reply::Done),
        _ => ok(Reply::Tasks(vec![crate::model::Task {
            id: "0".repeat(32),
            last_status: "RUNNING".into(),
            ..Default::default()
        }])),
    };
    settle(&mut operations, effects, at(0), &mut answer);
    let recording = operations.confirm(id, at(1));
    let started = calls(&recording)[0].0;
    operations.answered(started, &ok(Reply::Done), at(1));
    let end = operations.detach(id, at(2));
    settle(&mut operations, end, at(2), &mut answer);
    assert_eq!(get(&operations, id).unaudited.as_deref(), Some("no room"));
}
