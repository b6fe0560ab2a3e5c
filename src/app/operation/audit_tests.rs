//! The start and end records of an operation in the audit file.

use super::call::{Call, CallResult, Read, Reply};
use super::steps::StepChange;
use super::tests::{at, calls, environment, get, me, ok, settle, steps};
use super::{Operations, Stage};
use crate::model::{Failure, FailureKind};
use jiff::tz::TimeZone;

#[test]
fn operation_left_while_its_start_is_recorded_gets_an_end_record() {
    for written in [true, false] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let what = steps(StepChange::StopTask { id: "0".repeat(32) });
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
        assert_eq!(get(&operations, id).stage, Stage::AwaitingConfirmation, "{:?}", get(&operations, id).outcome);
        let recording = operations.confirm(id, at(1));
        let pending = calls(&recording);
        assert!(matches!(pending[0].1, Call::Audit(record) if record.outcome == "started"), "{pending:?}");
        assert!(operations.detach(id, at(2)).is_empty(), "nothing is known of the file yet");
        assert!(operations.waits_for_audit(id));
        let summary = get(&operations, id).outcome.as_ref().map(|outcome| outcome.summary.clone());
        assert_eq!(summary.as_deref(), Some("stop task web: it was left before anything was changed"));
        let outcome = if written { Ok(Reply::Done) } else { Err(Failure::new(FailureKind::Other, "full")) };
        let after = operations.answered(pending[0].0, &CallResult::new(outcome), at(3));
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
fn unrecorded_end_is_reported() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let what = steps(StepChange::StopTask { id: "0".repeat(32) });
    let (id, effects) = operations.start(what, &environment(), at(0));
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Audit(record) if record.outcome != "started" => {
            CallResult::new(Err(Failure::new(FailureKind::Other, "no room")))
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
    assert_eq!(get(&operations, id).audit_failure.as_deref(), Some("no room"));
}
