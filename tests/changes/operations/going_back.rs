//! Returning to the previous version: by a requested rollback, by the cockpit, or by AWS.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stable_service_with_rolled_back_deployment_is_reported_as_rolled_back() {
    let mut stage = Harness::on(Scenario::Breaker).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::RolledBack, "{:#?}", operation.lines);
    assert_eq!(stage.truth(WEB).await["status"], "ROLLBACK_SUCCESSFUL");
    assert!(says(&operation, "what runs now: 1 × "), "{:?}", operation.outcome);
    // The independent witness: the AWS CLI reports the service as stable, and the deployment as rolled back.
    stage.post("/_sim/advance", json!({"seconds": 60})).await;
    let cluster = "--cluster bookmark-manager-staging-cluster";
    let (code, text) = stage.aws(&format!("ecs wait services-stable {cluster} --services {WEB}")).await;
    assert_eq!(code, 0, "{text}");
    let (_, text) = stage.aws(&format!("ecs list-service-deployments {cluster} --service {WEB}")).await;
    let listed: Value = serde_json::from_str(&text).unwrap();
    let arn = listed["serviceDeployments"][0]["serviceDeploymentArn"].as_str().unwrap();
    let (_, text) = stage.aws(&format!("ecs describe-service-deployments --service-deployment-arns {arn}")).await;
    let described: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(described["serviceDeployments"][0]["status"], "ROLLBACK_SUCCESSFUL");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failure_without_circuit_breaker_is_rolled_back_or_left_as_requested() {
    let mut stage = Harness::on(Scenario::NoBreaker).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::RolledBack, "{:#?}", operation.lines);
    assert!(says(&operation, "rolling back: "));
    let mut stage = Harness::on(Scenario::NoBreaker).await;
    stage.operations.limit = Some(jiff::SignedDuration::from_mins(5));
    let mut left = request(WEB, Source::Image("c0ffee1".into()));
    left.roll_back = Some(false);
    let operation = stage.run(NewOperation::from(left)).await;
    // Nobody ends it: ECS keeps trying, and the outcome is unknown.
    assert_eq!(verdict(&operation), Verdict::Unknown, "{:#?}", operation.lines);
    assert!(says(&operation, "--no-rollback was given") && says(&operation, "exited 1, in "));
    assert_eq!(stage.truth(WEB).await["status"], "IN_PROGRESS");
}

/// The emergency that a rollback is made for: the deploying version has been crashing for an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rollback_of_a_crashing_version_is_watched_to_its_end() {
    let mut stage = Harness::on(Scenario::CrashLoop).await;
    let mut back = request(API, Source::RollBack(None));
    back.roll_back = Some(false);
    let operation = stage.run(NewOperation::from(back)).await;
    assert_eq!(stage.truth(API).await["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let report = cockpit::headless::operation::of(&operation);
    assert!(report.duration_ms.unwrap() < 1_800_000, "its own duration, not that of the ended deployment: {report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rollback_targets_the_previously_running_revision() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let first = stage.run(image("c0ffee1")).await;
    let good = first.machine().details().revision.unwrap();
    // A revision that never served is between the two.
    let bad = stage.run(image("badc0de")).await;
    assert_eq!(verdict(&bad), Verdict::RolledBack);
    let second = stage.run(image("c0ffee2")).await;
    assert_eq!(verdict(&second), Verdict::Done);
    let mut back = request(WEB, Source::RollBack(None));
    back.roll_back = Some(false);
    let operation = stage.run(NewOperation::from(back)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert_eq!(operation.machine().details().revision.as_deref(), Some(good.as_str()));
    assert_eq!(stage.truth(WEB).await["status"], "SUCCESSFUL");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rollback_ends_the_running_deployment() {
    let mut stage = Harness::on(Scenario::BadImage).await;
    let name = [WEB, API];
    let mut busy = None;
    for service in name {
        if stage.truth(service).await["status"] == "IN_PROGRESS" {
            busy = Some(service);
        }
    }
    let busy = busy.expect("one is in flight");
    let mut back = request(busy, Source::RollBack(None));
    back.roll_back = Some(false);
    let operation = stage.run(NewOperation::from(back)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert_eq!(stage.truth(busy).await["status"], "ROLLBACK_SUCCESSFUL");
}
