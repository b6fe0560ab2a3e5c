//! A rollback requested by a person stays requested until it was sent, or until there is nothing left to roll back.

use super::tests::{Aws, back};
use crate::app::operation::call::{Call, CallResult, Reply, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::tests::{at, get, ok, settle};
use crate::app::operation::{OperationId, Operations};
use crate::model::rollout::RolloutStatus;
use crate::model::{Failure, FailureKind};

/// Deploys `web:4`; a person requests the rollback after 20 s. Nothing can be sent during `unsent`; the deployment
/// succeeds at second `succeeds`, if at all.
fn request_rollback(unsent: std::ops::Range<i64>, succeeds: i64) -> (Operations, OperationId, Vec<Write>) {
    let mut aws = Aws::new();
    let (mut operations, id, _) = aws.planned(back("web:4"));
    let (mut sent, mut second) = (Vec::new(), 0);
    let mut answer = |call: &Call, second: i64| -> CallResult {
        let goes_on = |aws: &Aws| aws.history[0].arn == "arn:new" && !aws.history[0].status.has_ended();
        if goes_on(&aws) && second >= succeeds {
            aws.history[0].status = RolloutStatus::Successful;
        }
        let Call::Write { write, .. } = call else { return aws.answer(call) };
        if unsent.contains(&second) {
            return CallResult::new(Err(
                Failure::new(FailureKind::Timeout, "sts:GetCallerIdentity: no answer").mark_unsent()
            ));
        }
        sent.push(write.clone());
        if let Write::RollBack { .. } = write {
            aws.history[0].status = RolloutStatus::RollbackSuccessful;
            return ok(Reply::Done);
        }
        let first = aws.history[0].arn != "arn:new";
        let answer = aws.answer(call);
        if first {
            aws.history[0].status = RolloutStatus::InProgress;
        } else {
            // The rollback is a deployment of its own.
            aws.history[0].arn = "arn:back".into();
        }
        answer
    };
    let effects = operations.confirm(id, at(101));
    settle(&mut operations, effects, at(101), &mut |call| answer(call, 0));
    while get(&operations, id).outcome.is_none() && second < 600 {
        second += 1;
        let now = at(101 + second);
        let mut effects = operations.tick(now);
        if second == 20 {
            effects.extend(operations.revert(id, now));
        }
        settle(&mut operations, effects, now, &mut |call| answer(call, second));
    }
    (operations, id, sent)
}

fn ended(operations: &Operations, id: OperationId) -> Outcome {
    get(operations, id).outcome.clone().expect("it ended")
}

#[test]
fn unsent_rollback_is_sent_as_soon_as_possible() {
    let (operations, id, sent) = request_rollback(15..200, i64::MAX);
    assert!(matches!(sent.as_slice(), [Write::Update { .. }, Write::RollBack { .. }]), "{sent:?}");
    let outcome = ended(&operations, id);
    assert_eq!(outcome.verdict, Verdict::RolledBack, "{outcome:?}");
    let lines = &get(&operations, id).lines;
    assert!(lines.iter().any(|line| line.text.contains("could not be rolled back yet")), "{lines:?}");
}

#[test]
fn deployment_that_succeeded_before_the_rollback_was_sent_is_still_rolled_back() {
    let (operations, id, sent) = request_rollback(15..200, 120);
    let [Write::Update { .. }, Write::Update { task_definition: Some(to), .. }] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(to, "web:5");
    let outcome = ended(&operations, id);
    assert_eq!(outcome.verdict, Verdict::RolledBack, "{outcome:?}");
    assert!(outcome.causes.contains(&"asked for by a person".to_owned()), "{outcome:?}");
}

#[test]
fn abandoned_deployment_reports_the_unsent_rollback() {
    let (mut operations, id, sent) = request_rollback(15..i64::MAX, i64::MAX);
    assert_eq!(sent.len(), 1, "{sent:?}");
    operations.detach(id, at(900));
    let outcome = ended(&operations, id);
    assert_eq!(outcome.verdict, Verdict::Unknown);
    assert!(outcome.causes.iter().any(|cause| cause.contains("that could not be sent")), "{outcome:?}");
}
