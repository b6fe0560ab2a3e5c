//! Deployments and other changes against the simulator, end to end except for the clock, which only the test
//! moves: the real machines, the real AWS clients, the real rollouts. Each scenario's verdict is compared with
//! the simulator's state, and with the output of the AWS CLI.

mod builds;
mod counts_and_power;
mod databases;
mod disturbed;
mod going_back;

use crate::support::{Home, http};
use aws_sim::{Scenario, Sim, SimOptions};
use cockpit::app::effect::Effect;
use cockpit::app::event::Event;
use cockpit::app::operation::deploy::{self, Source};
use cockpit::app::operation::outcome::Verdict;
use cockpit::app::operation::steps::{self, StepChange};
use cockpit::app::operation::{NewOperation, Operation, OperationId, Operations, Stage};
use cockpit::config::{EnvironmentConfig, Hooks};
use cockpit::model::FailureKind;
use cockpit::model::timer::Power;
use cockpit::runtime::Executor;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;

const WEB: &str = "bookmark-manager-staging-web";
const API: &str = "bookmark-manager-staging-api";

/// A simulated AWS, operations on it, and a clock.
struct Harness {
    sim: Sim,
    operations: Operations,
    executor: Executor,
    events: mpsc::Receiver<Event>,
    home: Home,
    environment: EnvironmentConfig,
}

impl Harness {
    async fn on(scenario: Scenario) -> Self {
        // Friday 14:00 in Tokyo: staging is awake.
        let noon: Timestamp = "2026-11-20T05:00:00Z".parse().unwrap();
        Self::at(scenario, noon).await
    }

    async fn at(scenario: Scenario, start: Timestamp) -> Self {
        let options = SimOptions { scenario, speed: 0.0, start: Some(start), ..SimOptions::default() };
        let sim = Sim::start(options).await.unwrap();
        let home = Home::new();
        let (executor, events) = Executor::new(true);
        let executor = executor.with_audit(Some(home.path().join("audit.jsonl")));
        let environment = EnvironmentConfig {
            name: "staging".into(),
            project: "bookmark-manager".into(),
            account: Some(aws_sim::ACCOUNT.into()),
            region: Some("ap-northeast-1".into()),
            endpoint_url: Some(sim.endpoint()),
            cluster: Some("bookmark-manager-staging-cluster".into()),
            services: vec![WEB.into(), API.into()],
            databases: vec!["bookmark-manager-staging-db".into()],
            scheduler: Some("bookmark-manager-staging-ecs-scheduler".into()),
            schedules: Some("bookmark-manager-staging-".into()),
            ..EnvironmentConfig::default()
        };
        let operations = Operations::new("test", TimeZone::get("Asia/Tokyo").unwrap());
        Self { sim, operations, executor, events, home, environment }
    }

    /// Sends a control request from a blocking thread.
    async fn post(&self, path: &str, body: Value) -> Value {
        let (endpoint, path) = (self.sim.endpoint(), path.to_owned());
        tokio::task::spawn_blocking(move || http(&endpoint, "POST", &path, &body.to_string())).await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let (endpoint, path) = (self.sim.endpoint(), path.to_owned());
        tokio::task::spawn_blocking(move || http(&endpoint, "GET", &path, "")).await.unwrap()
    }

    async fn requests(&self) -> u64 {
        let counts = self.get("/_sim/requests").await;
        let count = |value: &Value| value.as_u64().or_else(|| value["count"].as_u64()).unwrap_or(0);
        counts["operations"].as_object().unwrap().values().map(count).sum()
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            assert!(self.executor.carry_out(effect).is_none());
        }
    }

    /// Processes replies until none is pending.
    async fn replies(&mut self) {
        while !self.operations.is_idle() {
            let event = tokio::time::timeout(Duration::from_mins(1), self.events.recv()).await;
            let event = event.expect("a reply comes").unwrap();
            let now = self.sim.now();
            match event {
                Event::Reply(id, answered) => {
                    let effects = self.operations.answered(id, &answered, now);
                    self.carry_out(effects);
                }
                Event::Output(id, line) => self.operations.output(id, &line, now),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Starts an operation and reads; it then awaits confirmation, or has ended.
    async fn plan(&mut self, what: NewOperation) -> OperationId {
        let (id, effects) = self.operations.start(what, &self.environment.clone(), self.sim.now());
        self.carry_out(effects);
        self.replies().await;
        id
    }

    async fn confirm(&mut self, id: OperationId) {
        let effects = self.operations.confirm(id, self.sim.now());
        self.carry_out(effects);
        self.replies().await;
    }

    /// Advances the clock by one second.
    async fn second(&mut self) {
        self.post("/_sim/advance", json!({"seconds": 1})).await;
        let effects = self.operations.tick(self.sim.now());
        self.carry_out(effects);
        self.replies().await;
    }

    /// Advances the clock until all of these operations have ended.
    async fn follow(&mut self, ids: &[OperationId]) {
        for _ in 0..2_400 {
            if ids.iter().all(|id| self.operations.get(*id).unwrap().outcome.is_some()) {
                return;
            }
            self.second().await;
        }
        panic!("it does not end: {:#?}", self.operations.get(ids[0]).unwrap().lines);
    }

    /// Runs an operation from its request to its end.
    async fn run(&mut self, what: NewOperation) -> Operation {
        let id = self.plan(what).await;
        self.confirm(id).await;
        self.follow(&[id]).await;
        self.operations.get(id).unwrap().clone()
    }

    /// Runs an operation that is refused after its reads.
    async fn run_to_refusal(&mut self, what: NewOperation) -> Operation {
        let id = self.plan(what).await;
        self.operations.get(id).unwrap().clone()
    }

    /// The newest service deployment, as the simulator has it.
    async fn truth(&self, service: &str) -> Value {
        let found = self.services().await.into_iter().find(|other| other["name"] == service).unwrap();
        found["releases"][0].clone()
    }

    /// The simulator's services of staging.
    async fn services(&self) -> Vec<Value> {
        let state = self.get("/_sim/state").await;
        let clusters = state["clusters"].as_array().unwrap().iter();
        let mut staging = clusters.filter(|cluster| cluster["name"] == "bookmark-manager-staging-cluster");
        staging.next().unwrap()["services"].as_array().unwrap().clone()
    }

    /// Runs the AWS CLI on this simulator.
    async fn aws(&self, arguments: &str) -> (i32, String) {
        let mut command = std::process::Command::new(crate::support::python());
        command
            .args(["-m", "awscli"])
            .args(arguments.split_whitespace())
            .env_clear()
            .envs(self.home.variables(Some(&self.sim.endpoint())))
            .env("AWS_DEFAULT_REGION", "ap-northeast-1")
            .env("AWS_PAGER", "");
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), text)
    }

    fn audit(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.home.path().join("audit.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn request(service: &str, source: Source) -> deploy::Request {
    deploy::Request {
        service: service.into(),
        short: service.rsplit('-').next().unwrap().into(),
        source,
        base: None,
        container: None,
        exec: false,
        roll_back: None,
        hooks: Hooks::default(),
        flags: String::new(),
    }
}

fn image(tag: &str) -> NewOperation {
    NewOperation::from(request(WEB, Source::Image(tag.into())))
}

fn wanted(wanted: StepChange) -> NewOperation {
    NewOperation::from(steps::Request { wanted, short: "it".into() })
}

fn verdict(operation: &Operation) -> Verdict {
    operation.outcome.as_ref().unwrap().verdict
}

fn says(operation: &Operation, text: &str) -> bool {
    let outcome = operation.outcome.as_ref().unwrap();
    operation
        .lines
        .iter()
        .map(|line| &line.text)
        .chain(&outcome.causes)
        .chain([&outcome.summary])
        .any(|line| line.contains(text))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_image_ends_done_and_is_audited() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert_eq!(stage.truth(WEB).await["status"], "SUCCESSFUL");
    let details = operation.machine().details();
    assert!(details.digest.as_ref().unwrap().starts_with("sha256:"));
    assert!(details.image.as_ref().unwrap().contains("@sha256:"), "by digest, not by tag");
    let (code, text) =
        stage.aws(&format!("ecs describe-services --cluster bookmark-manager-staging-cluster --services {WEB}")).await;
    assert_eq!(code, 0, "{text}");
    let seen: Value = serde_json::from_str(&text).unwrap();
    let revision = details.revision.clone().unwrap();
    assert!(seen["services"][0]["taskDefinition"].as_str().unwrap().ends_with(&revision));
    let audit = stage.audit();
    assert_eq!(audit.iter().map(|line| line["outcome"].as_str().unwrap()).collect::<Vec<_>>(), ["started", "done"]);
    assert_eq!(audit[1]["after"]["task_definition"], revision.as_str());
    assert_eq!(audit[1]["before"]["task_definition"], details.previous.as_deref().unwrap());
    assert!(audit[1]["request_ids"].as_array().unwrap().len() >= 2, "{audit:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crash_is_reported_with_exit_code_and_last_lines() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let operation = stage.run(image("badc0de")).await;
    assert_eq!(verdict(&operation), Verdict::RolledBack, "{:#?}", operation.lines);
    assert!(says(&operation, "exited 1, in 2 tasks"), "{:#?}", operation.lines);
    assert!(says(&operation, "DATABASE_URL is not set"), "{:#?}", operation.lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crash_unnoticed_by_the_circuit_breaker_is_found_by_counting() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let mut request = request(WEB, Source::Image("0dd5eed".into()));
    request.roll_back = Some(true);
    let operation = stage.run(NewOperation::from(request)).await;
    assert_eq!(verdict(&operation), Verdict::RolledBack, "{:#?}", operation.lines);
    assert!(says(&operation, "OutOfMemoryError"), "{:#?}", operation.lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unrunnable_images_are_reported_with_their_cause() {
    for (tag, cause) in [
        ("f00dbad", "the image cannot be pulled"),
        ("5ec4e75", "the task cannot be prepared"),
        ("deadbee", "health checks fail"),
    ] {
        let mut stage = Harness::on(Scenario::Staging).await;
        let operation = stage.run(image(tag)).await;
        assert_eq!(verdict(&operation), Verdict::RolledBack, "{tag}: {:#?}", operation.lines);
        assert!(says(&operation, cause), "{tag}: {:#?}", operation.lines);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreseeable_failures_are_refused_before_the_change() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let before = stage.truth(WEB).await;
    for (tag, why) in [
        ("n0tthere", "there is no such image"),
        ("a4a4a4a", "the image is for arm64"),
        ("not a tag", "is neither a tag nor a digest"),
    ] {
        let id = stage.plan(image(tag)).await;
        let operation = stage.operations.get(id).unwrap();
        assert_eq!(verdict(operation), Verdict::Impossible, "{tag}");
        assert!(says(operation, why), "{tag}: {:?}", operation.outcome);
    }
    // One of several architectures matches.
    let id = stage.plan(image("c0ffee2")).await;
    assert_eq!(stage.operations.get(id).unwrap().stage, Stage::AwaitingConfirmation);
    // A running operation blocks a second one.
    stage.confirm(id).await;
    let second = stage.plan(image("c0ffee1")).await;
    assert_eq!(verdict(stage.operations.get(second).unwrap()), Verdict::Impossible);
    assert_ne!(before["deployment"], stage.truth(WEB).await["deployment"], "the first one has started");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deployment_stopped_before_any_task_ran_is_not_done() {
    let mut stage = Harness::on(Scenario::ScheduledStop).await;
    let operation = stage.run(image("51005e1")).await;
    assert_eq!(stage.truth(WEB).await["status"], "SUCCESSFUL", "ECS reports that as a success");
    assert_eq!(verdict(&operation), Verdict::Unknown, "{:#?}", operation.lines);
    assert!(says(&operation, "none of its tasks ever ran"), "{:?}", operation.outcome);
    assert!(says(&operation, "its desired count became 0"), "{:?}", operation.outcome);
    // A later attach does not report it as done either.
    let id = stage.plan(NewOperation::from(request(WEB, Source::Attach))).await;
    stage.follow(&[id]).await;
    assert_eq!(verdict(stage.operations.get(id).unwrap()), Verdict::Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attaching_to_an_old_deployment_reports_its_own_duration() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let id = stage.plan(NewOperation::from(request(API, Source::Attach))).await;
    stage.follow(&[id]).await;
    let operation = stage.operations.get(id).unwrap();
    let truth = stage.truth(API).await;
    let report = cockpit::headless::operation::of(operation);
    assert!(report.duration_ms.unwrap() < 1_800_000, "{report:?} {truth}");
    let ended: Timestamp = report.ended_at.as_deref().unwrap().parse().unwrap();
    assert!(stage.sim.now().duration_since(ended).as_secs() > 1_800, "it ended long ago: {report:?}");
    assert!(report.summary.unwrap().contains(", ended "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deploying_into_a_stopped_environment_is_done_with_nothing_running() {
    let mut stage = Harness::on(Scenario::Stopped).await;
    let id = stage.plan(image("c0ffee1")).await;
    let plan = stage.operations.get(id).unwrap().plan.clone().unwrap();
    assert!(plan.checks.iter().any(|check| check.text.contains("it is stopped (desired 0)")), "{:?}", plan.checks);
    stage.confirm(id).await;
    stage.follow(&[id]).await;
    let operation = stage.operations.get(id).unwrap();
    assert_eq!(verdict(operation), Verdict::Done, "{:#?}", operation.lines);
    assert!(says(operation, "nothing runs (desired 0)"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attaching_reports_running_and_ended_deployments_correctly() {
    let mut stage = Harness::on(Scenario::BadImage).await;
    let mut seen = Vec::new();
    for service in [WEB, API] {
        let id = stage.plan(NewOperation::from(request(service, Source::Attach))).await;
        stage.follow(&[id]).await;
        let operation = stage.operations.get(id).unwrap().clone();
        let truth = stage.truth(service).await;
        let expected = match truth["status"].as_str().unwrap() {
            "SUCCESSFUL" => Verdict::Done,
            "ROLLBACK_SUCCESSFUL" => Verdict::RolledBack,
            other => panic!("{other}"),
        };
        assert_eq!(verdict(&operation), expected, "{:#?}", operation.lines);
        seen.push(expected);
    }
    assert!(seen.contains(&Verdict::Done) && seen.contains(&Verdict::RolledBack), "{seen:?}");
    assert!(stage.audit().is_empty(), "reading is not a change");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_account_is_refused_and_nothing_is_sent() {
    let mut stage = Harness::on(Scenario::Staging).await;
    stage.environment.account = Some("999999999999".into());
    let id = stage.plan(image("c0ffee1")).await;
    assert_eq!(verdict(stage.operations.get(id).unwrap()), Verdict::Refused);
    let counts = stage.get("/_sim/requests").await;
    assert!(counts["operations"].get("ecs:UpdateService").is_none(), "{counts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_stays_within_its_call_rate() {
    // One: from the change on, minute by minute.
    let mut stage = Harness::on(Scenario::SlowRollout).await;
    let id = stage.plan(image("c0ffee1")).await;
    stage.confirm(id).await;
    let mut minutes = Vec::new();
    while stage.operations.get(id).unwrap().outcome.is_none() && minutes.len() < 4 {
        let before = stage.requests().await;
        for _ in 0..60 {
            stage.second().await;
        }
        minutes.push(stage.requests().await - before);
    }
    assert!(minutes.len() >= 2 && minutes.iter().all(|calls| *calls <= 60), "{minutes:?}");
    // Ten at once: their common data is requested once.
    let mut stage = Harness::on(Scenario::SlowRollout).await;
    let template = stage.environment.clone();
    stage
        .post(
            "/_sim/poke",
            json!({"add_services": {"cluster": template.cluster, "prefix": "extra-", "count": 10, "desired": 1}}),
        )
        .await;
    stage.environment.services = Vec::new();
    let mut ids = Vec::new();
    for number in 0..10 {
        let mut request = request(&format!("extra-{number:05}"), Source::Force);
        request.short = format!("extra-{number}");
        let id = stage.plan(NewOperation::from(request)).await;
        stage.confirm(id).await;
        ids.push(id);
    }
    let going = |stage: &Harness| ids.iter().filter(|id| stage.operations.get(**id).unwrap().outcome.is_none()).count();
    assert_eq!(
        going(&stage),
        10,
        "{:?}",
        ids.iter().map(|id| stage.operations.get(*id).unwrap().outcome.clone()).collect::<Vec<_>>()
    );
    let before = stage.requests().await;
    for _ in 0..60 {
        stage.second().await;
    }
    let calls = stage.requests().await - before;
    assert!(calls <= 200, "{calls} calls in a minute for ten");
}
