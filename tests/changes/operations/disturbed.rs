//! Interference: lost answers, requests that cannot be sent, other people's deployments.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answer_is_looked_up_and_nothing_is_sent_twice() {
    let mut stage = Harness::on(Scenario::LostAnswer).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert!(says(&operation, "was lost"), "{:#?}", operation.lines);
    let counts = stage.get("/_sim/requests").await;
    let updates = &counts["operations"]["ecs:UpdateService"];
    assert_eq!(updates.as_u64().or_else(|| updates["count"].as_u64()), Some(1), "{updates}");
}

/// The account is requested right before each change, and data for a change is read before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsent_change_is_not_reported_as_lost() {
    let scale = StepChange::Scale { service: WEB.into(), desired: 2, min: None, max: None, move_limits: true };
    let skip = StepChange::Skip { power: Power::Stop, undo: false };
    for (what, operation, kind, change) in [
        (wanted(scale), "sts:GetCallerIdentity", "error", "ecs:UpdateService"),
        (image("c0ffee1"), "sts:GetCallerIdentity", "reset", "ecs:RegisterTaskDefinition"),
        (image("c0ffee1"), "ecs:DescribeTaskDefinition", "error", "ecs:RegisterTaskDefinition"),
        (wanted(skip), "scheduler:GetSchedule", "error", "scheduler:UpdateSchedule"),
    ] {
        let mut stage = Harness::on(Scenario::Staging).await;
        let id = stage.plan(what).await;
        stage.post("/_sim/fault", json!({"operation": operation, "kind": kind})).await;
        stage.confirm(id).await;
        stage.follow(&[id]).await;
        let ended = stage.operations.get(id).unwrap();
        assert_eq!(verdict(ended), Verdict::Impossible, "{operation}: {:#?}", ended.lines);
        assert!(!says(ended, "was lost") && (says(ended, "nothing was changed") || says(ended, "was not changed")));
        let counts = stage.get("/_sim/requests").await;
        assert!(counts["operations"].get(change).is_none(), "{operation}: {counts}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_and_expired_credentials_delay_but_do_not_change_the_verdict() {
    let mut stage = Harness::on(Scenario::ThrottledDeploy).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert!(says(&operation, "cannot look"), "{:#?}", operation.lines);
    assert!(says(&operation, "AWS answers again"), "{:#?}", operation.lines);
    let mut stage = Harness::on(Scenario::Expires).await;
    let id = stage.plan(image("51005e1")).await;
    stage.confirm(id).await;
    for _ in 0..90 {
        stage.second().await;
    }
    // A key from the environment cannot be renewed: the watch ends.
    let outcome = stage.operations.get(id).unwrap().outcome.clone().unwrap();
    assert_eq!((outcome.verdict, outcome.failure), (Verdict::Unknown, Some(FailureKind::Credentials)));
    assert!(outcome.hint.unwrap().contains("cockpit deploy --attach web --env staging"));
    // With a valid key the same deployment is watched to its end.
    stage.post("/_sim/expire", json!({"access_key": "AKIASIMULATED0000000", "on": false})).await;
    let id = stage.plan(NewOperation::from(request(WEB, Source::Attach))).await;
    stage.follow(&[id]).await;
    let operation = stage.operations.get(id).unwrap();
    assert_eq!(verdict(operation), Verdict::Done, "{:#?}", operation.lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_deployment_in_the_middle_is_not_taken_for_ours() {
    let mut stage = Harness::on(Scenario::OtherDeploy).await;
    let operation = stage.run(image("51005e1")).await;
    assert_eq!(verdict(&operation), Verdict::Failed, "{:#?}", operation.lines);
    assert!(says(&operation, "took the place of"), "{:?}", operation.outcome);
}
