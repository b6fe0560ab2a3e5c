//! A way back that a person asked for is wanted until it was sent, or until there is nothing to take back any more.

use super::tests::{Aws, back};
use crate::app::operation::call::{Answered, Call, Reply, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::tests::{at, get, ok, settle};
use crate::app::operation::{OperationId, Operations};
use crate::model::rollout::RolloutStatus;
use crate::model::{Failure, FailureKind};

/// A deployment to `web:4` that goes on; a person asks for the way back after 20 s. Nothing can be sent between two
/// seconds; the deployment succeeds at another one, if it does.
fn asked_back(unsent: std::ops::Range<i64>, succeeds: i64) -> (Operations, OperationId, Vec<Write>) {
    let mut aws = Aws::new();
    let (mut operations, id, _) = aws.planned(back("web:4"));
    let (mut sent, mut second) = (Vec::new(), 0);
    let mut answer = |call: &Call, second: i64| -> Answered {
        let goes_on = |aws: &Aws| aws.history[0].arn == "arn:new" && !aws.history[0].status.terminal();
        if goes_on(&aws) && second >= succeeds {
            aws.history[0].status = RolloutStatus::Successful;
        }
        let Call::Write { write, .. } = call else { return aws.answer(call) };
        if unsent.contains(&second) {
            return Answered::new(Err(Failure::new(FailureKind::Timeout, "sts:GetCallerIdentity: no answer").unsent()));
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
            // The way back is a deployment of its own.
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
fn a_way_back_that_could_not_be_sent_yet_is_sent_when_it_can_be() {
    let (operations, id, sent) = asked_back(15..200, i64::MAX);
    assert!(matches!(sent.as_slice(), [Write::Update { .. }, Write::RollBack { .. }]), "{sent:?}");
    let outcome = ended(&operations, id);
    assert_eq!(outcome.verdict, Verdict::RolledBack, "{outcome:?}");
    let lines = &get(&operations, id).lines;
    assert!(lines.iter().any(|line| line.text.contains("could not be rolled back yet")), "{lines:?}");
}

#[test]
fn one_that_succeeded_before_the_way_back_could_be_sent_is_taken_back_all_the_same() {
    let (operations, id, sent) = asked_back(15..200, 120);
    let [Write::Update { .. }, Write::Update { task_definition: Some(to), .. }] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(to, "web:5");
    let outcome = ended(&operations, id);
    assert_eq!(outcome.verdict, Verdict::RolledBack, "{outcome:?}");
    assert!(outcome.causes.contains(&"asked for by a person".to_owned()), "{outcome:?}");
}

#[test]
fn one_that_is_left_meanwhile_says_that_the_way_back_was_not_sent() {
    let (mut operations, id, sent) = asked_back(15..i64::MAX, i64::MAX);
    assert_eq!(sent.len(), 1, "{sent:?}");
    operations.detach(id, at(900));
    let outcome = ended(&operations, id);
    assert_eq!(outcome.verdict, Verdict::Unknown);
    assert!(outcome.causes.iter().any(|cause| cause.contains("that could not be sent")), "{outcome:?}");
}
