//! Operations with consecutive steps: counts, limits, power, the schedule, tasks.

use super::*;

/// A count that is right at one moment: the task of a crashing version is gone two seconds later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scale_and_start_are_not_done_while_tasks_crash() {
    let scale = StepChange::Scale { service: API.into(), desired: 1, min: None, max: None, move_limits: false };
    let start = StepChange::Power { power: Power::Start, services: vec![API.into()], databases: false, direct: true };
    for (wants, stopped) in [(scale, false), (start, true)] {
        let mut stage = Harness::on(Scenario::CrashLoop).await;
        if stopped {
            let stop =
                StepChange::Power { power: Power::Stop, services: vec![API.into()], databases: false, direct: true };
            assert_eq!(verdict(&stage.run(wanted(stop)).await), Verdict::Done);
        }
        let operation = stage.run(wanted(wants)).await;
        let outcome = operation.outcome.clone().unwrap();
        assert!(matches!(outcome.verdict, Verdict::Failed | Verdict::Unknown), "{:#?}", operation.lines);
        assert!(says(&operation, "exit "), "{:#?}", operation.lines);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forced_deployment_starts_new_tasks_of_the_same_revision() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let operation = stage.run(NewOperation::from(request(API, Source::Force))).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let watch = operation.machine().watch().cloned().unwrap();
    assert_eq!(Some(watch.subject.revision), operation.machine().details().previous);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaling_waits_for_tasks_and_adjusts_the_limits() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let scale = |desired, move_limits| {
        wanted(StepChange::Scale { service: WEB.into(), desired, min: None, max: None, move_limits })
    };
    let operation = stage.run(scale(2, true)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let operation = stage.run(scale(5, true)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let limits = |suspended| {
        wanted(StepChange::Limits { service: WEB.into(), min: None, max: None, suspended: Some(suspended) })
    };
    assert_eq!(verdict(&stage.run(limits(true)).await), Verdict::Done);
    assert_eq!(verdict(&stage.run(limits(false)).await), Verdict::Done);
    let min_over_max = wanted(StepChange::Limits { service: WEB.into(), min: Some(9), max: Some(2), suspended: None });
    let scaled = StepChange::Scale { service: WEB.into(), desired: 5, min: Some(9), max: Some(2), move_limits: false };
    for wrong in [min_over_max, wanted(scaled)] {
        let id = stage.plan(wrong).await;
        assert!(says(stage.operations.get(id).unwrap(), "the minimum 9 is above the maximum 2"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn environment_stops_and_restarts_unchanged_by_function_and_directly() {
    for direct in [false, true] {
        let mut stage = Harness::on(Scenario::Staging).await;
        let counts = |services: Vec<Value>| -> Vec<(String, u64)> {
            services
                .iter()
                .map(|other| (other["name"].as_str().unwrap().to_owned(), other["desired"].as_u64().unwrap()))
                .collect()
        };
        let before = counts(stage.services().await);
        let power = |power| {
            wanted(StepChange::Power { power, services: vec![WEB.into(), API.into()], databases: false, direct })
        };
        let operation = stage.run(power(Power::Stop)).await;
        assert_eq!(verdict(&operation), Verdict::Done, "{direct}: {:#?}", operation.lines);
        let stopped = counts(stage.services().await);
        assert!(stopped.iter().all(|(_, desired)| *desired == 0), "{stopped:?}");
        if !direct {
            assert!(says(&operation, "the function answered"), "{:#?}", operation.lines);
        }
        let operation = stage.run(power(Power::Start)).await;
        assert_eq!(verdict(&operation), Verdict::Done, "{direct}: {:#?}", operation.lines);
        assert_eq!(counts(stage.services().await), before, "{direct}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_stop_after_services_and_start_before_them_on_request() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let power = |power| {
        wanted(StepChange::Power { power, services: vec![WEB.into(), API.into()], databases: true, direct: true })
    };
    let operation = stage.run(power(Power::Stop)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert!(says(&operation, "bookmark-manager-staging-db: stopped"), "{:#?}", operation.lines);
    let operation = stage.run(power(Power::Start)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let place = |text: &str| operation.lines.iter().position(|line| line.text.contains(text)).unwrap();
    assert!(place("bookmark-manager-staging-db: available") < place("bookmark-manager-staging-web: desired count"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_next_stop_is_skipped() {
    let mut stage = Harness::on(Scenario::Staging).await;
    // The scheduled actions of Application Auto Scaling would stop it anyway.
    stage.post("/_sim/poke", json!({"scheduled_actions": false})).await;
    let operation = stage.run(wanted(StepChange::Skip { power: Power::Stop, undo: false })).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let desired = async |stage: &Harness| -> u64 {
        stage.services().await.iter().map(|other| other["desired"].as_u64().unwrap()).sum()
    };
    let before = desired(&stage).await;
    // Friday 14:00 to Friday 23:00: the stop at 22:00 was skipped.
    stage.post("/_sim/advance", json!({"seconds": 9 * 3_600})).await;
    assert_eq!(desired(&stage).await, before);
    // To Monday 23:00: the next stop was executed.
    stage.post("/_sim/advance", json!({"seconds": 3 * 86_400})).await;
    assert_eq!(desired(&stage).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_task_is_replaced_by_its_service() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let (_, text) =
        stage.aws(&format!("ecs list-tasks --cluster bookmark-manager-staging-cluster --service-name {API}")).await;
    let listed: Value = serde_json::from_str(&text).unwrap();
    let id = listed["taskArns"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let operation = stage.run(wanted(StepChange::StopTask { id })).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
}
