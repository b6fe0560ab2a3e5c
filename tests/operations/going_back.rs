//! Back to what ran before: by a rollback that was asked for, from here, or by AWS.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stable_and_rolled_back_at_once_is_told_as_rolled_back() {
    let mut stage = Theatre::on(Scenario::Breaker).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::RolledBack, "{:#?}", operation.lines);
    assert_eq!(stage.truth(WEB).await["status"], "ROLLBACK_SUCCESSFUL");
    assert!(says(&operation, "what runs now: 1 × "), "{:?}", operation.outcome);
    // The independent witness: the AWS CLI calls the service stable, and the deployment rolled back.
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
async fn without_a_breaker_what_fails_is_rolled_back_from_here_or_left_as_was_said() {
    let mut stage = Theatre::on(Scenario::NoBreaker).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::RolledBack, "{:#?}", operation.lines);
    assert!(says(&operation, "rolling back: "));
    let mut stage = Theatre::on(Scenario::NoBreaker).await;
    stage.operations.limit = Some(jiff::SignedDuration::from_mins(5));
    let mut left = request(WEB, Source::Image("c0ffee1".into()));
    left.roll_back = Some(false);
    let operation = stage.run(What::from(left)).await;
    // Nobody ends it: ECS goes on trying, and how it ends is not known.
    assert_eq!(verdict(&operation), Verdict::Unknown, "{:#?}", operation.lines);
    assert!(says(&operation, "--no-rollback was given") && says(&operation, "exited 1, in "));
    assert_eq!(stage.truth(WEB).await["status"], "IN_PROGRESS");
}

/// The emergency for which a rollback is there: the version under way has crashed for an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_of_a_version_that_crashes_is_watched_to_the_end_of_the_way_back() {
    let mut stage = Theatre::on(Scenario::CrashLoop).await;
    let mut back = request(API, Source::Back(None));
    back.roll_back = Some(false);
    let operation = stage.run(What::from(back)).await;
    assert_eq!(stage.truth(API).await["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let report = cockpit::headless::operation::of(&operation);
    assert!(report.duration_ms.unwrap() < 1_800_000, "its own time, not that of what it ended: {report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_goes_to_what_ran_before_and_not_to_the_number_before() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    let first = stage.run(image("c0ffee1")).await;
    let good = first.machine().details().revision.unwrap();
    // A revision that never served lies between the two.
    let bad = stage.run(image("badc0de")).await;
    assert_eq!(verdict(&bad), Verdict::RolledBack);
    let second = stage.run(image("c0ffee2")).await;
    assert_eq!(verdict(&second), Verdict::Done);
    let mut back = request(WEB, Source::Back(None));
    back.roll_back = Some(false);
    let operation = stage.run(What::from(back)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert_eq!(operation.machine().details().revision.as_deref(), Some(good.as_str()));
    assert_eq!(stage.truth(WEB).await["status"], "SUCCESSFUL");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_ends_the_deployment_that_is_under_way() {
    let mut stage = Theatre::on(Scenario::BadImage).await;
    let name = [WEB, API];
    let mut busy = None;
    for service in name {
        if stage.truth(service).await["status"] == "IN_PROGRESS" {
            busy = Some(service);
        }
    }
    let busy = busy.expect("one is under way");
    let mut back = request(busy, Source::Back(None));
    back.roll_back = Some(false);
    let operation = stage.run(What::from(back)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert_eq!(stage.truth(busy).await["status"], "ROLLBACK_SUCCESSFUL");
}
