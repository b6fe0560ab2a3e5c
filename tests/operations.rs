//! Deployments and other changes against the simulator, end to end but for the clock, which only the test
//! moves: the real machines, the real AWS clients, the real rollouts. Each scenario's verdict is compared with
//! what the simulator knows, and with what the AWS CLI says.
#![allow(clippy::unwrap_used)]

mod support;

use aws_sim::{Scenario, Sim, SimOptions};
use cockpit::app::effect::Effect;
use cockpit::app::event::Event;
use cockpit::app::operation::deploy::{self, Source};
use cockpit::app::operation::outcome::Verdict;
use cockpit::app::operation::steps::{self, Wanted};
use cockpit::app::operation::{Operation, OperationId, Operations, Stage, What};
use cockpit::config::{EnvironmentConfig, Hooks};
use cockpit::model::FailureKind;
use cockpit::model::timer::Power;
use cockpit::runtime::Executor;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::{Home, http};
use tokio::sync::mpsc;

const WEB: &str = "bookmark-manager-staging-web";
const API: &str = "bookmark-manager-staging-api";

/// A simulated AWS, operations on it, and a clock.
struct Theatre {
    sim: Sim,
    operations: Operations,
    executor: Executor,
    events: mpsc::Receiver<Event>,
    home: Home,
    environment: EnvironmentConfig,
}

impl Theatre {
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

    /// A control request, away from the runtime's thread.
    async fn post(&self, path: &str, body: Value) -> Value {
        let (endpoint, path) = (self.sim.endpoint(), path.to_owned());
        tokio::task::spawn_blocking(move || http(&endpoint, "POST", &path, &body.to_string())).await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let (endpoint, path) = (self.sim.endpoint(), path.to_owned());
        tokio::task::spawn_blocking(move || http(&endpoint, "GET", &path, "")).await.unwrap()
    }

    async fn requests(&self) -> u64 {
        let all = self.get("/_sim/requests").await;
        let count = |value: &Value| value.as_u64().or_else(|| value["count"].as_u64()).unwrap_or(0);
        all["operations"].as_object().unwrap().values().map(count).sum()
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            assert!(self.executor.carry_out(effect).is_none());
        }
    }

    /// Takes in replies until none is on its way.
    async fn replies(&mut self) {
        while !self.operations.quiet() {
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

    /// Begins and looks: the operation is then asking, or has ended.
    async fn plan(&mut self, what: What) -> OperationId {
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

    /// A second goes by.
    async fn second(&mut self) {
        self.post("/_sim/advance", json!({"seconds": 1})).await;
        let effects = self.operations.tick(self.sim.now());
        self.carry_out(effects);
        self.replies().await;
    }

    /// Seconds go by until all of these have ended.
    async fn follow(&mut self, ids: &[OperationId]) {
        for _ in 0..2_400 {
            if ids.iter().all(|id| self.operations.get(*id).unwrap().outcome.is_some()) {
                return;
            }
            self.second().await;
        }
        panic!("it does not end: {:#?}", self.operations.get(ids[0]).unwrap().lines);
    }

    /// From what was asked for to its end.
    async fn run(&mut self, what: What) -> Operation {
        let id = self.plan(what).await;
        self.confirm(id).await;
        self.follow(&[id]).await;
        self.operations.get(id).unwrap().clone()
    }

    /// What the simulator knows of the newest service deployment.
    async fn truth(&self, service: &str) -> Value {
        let found = self.services().await.into_iter().find(|other| other["name"] == service).unwrap();
        found["releases"][0].clone()
    }

    /// The simulator's services of staging.
    async fn services(&self) -> Vec<Value> {
        let state = self.get("/_sim/state").await;
        let clusters = state["clusters"].as_array().unwrap().iter();
        let mut ours = clusters.filter(|cluster| cluster["name"] == "bookmark-manager-staging-cluster");
        ours.next().unwrap()["services"].as_array().unwrap().clone()
    }

    /// The AWS CLI on this simulator.
    async fn aws(&self, arguments: &str) -> (i32, String) {
        let mut command = std::process::Command::new(support::python());
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
        roll_back: None,
        hooks: Hooks::default(),
    }
}

fn image(tag: &str) -> What {
    What::from(request(WEB, Source::Image(tag.into())))
}

fn wanted(wanted: Wanted) -> What {
    What::from(steps::Request { wanted, short: "it".into() })
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
async fn a_good_image_is_done_and_what_was_done_is_written_down() {
    let mut stage = Theatre::on(Scenario::Staging).await;
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
async fn a_crash_is_told_with_its_exit_code_and_its_last_lines() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    let operation = stage.run(image("badc0de")).await;
    assert_eq!(verdict(&operation), Verdict::RolledBack, "{:#?}", operation.lines);
    assert!(says(&operation, "exited 1, in 2 tasks"), "{:#?}", operation.lines);
    assert!(says(&operation, "DATABASE_URL is not set"), "{:#?}", operation.lines);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_after_running_that_no_breaker_sees_is_found_by_counting() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    let mut request = request(WEB, Source::Image("0dd5eed".into()));
    request.roll_back = Some(true);
    let operation = stage.run(What::from(request)).await;
    assert_eq!(verdict(&operation), Verdict::RolledBack, "{:#?}", operation.lines);
    assert!(says(&operation, "OutOfMemoryError"), "{:#?}", operation.lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_that_cannot_run_are_named_for_what_they_are() {
    for (tag, cause) in [
        ("f00dbad", "the image cannot be pulled"),
        ("5ec4e75", "the task cannot be prepared"),
        ("deadbee", "health checks fail"),
    ] {
        let mut stage = Theatre::on(Scenario::Staging).await;
        let operation = stage.run(image(tag)).await;
        assert_eq!(verdict(&operation), Verdict::RolledBack, "{tag}: {:#?}", operation.lines);
        assert!(says(&operation, cause), "{tag}: {:#?}", operation.lines);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_be_known_before_is_refused_before() {
    let mut stage = Theatre::on(Scenario::Staging).await;
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
    // Of several architectures one fits.
    let id = stage.plan(image("c0ffee2")).await;
    assert_eq!(stage.operations.get(id).unwrap().stage, Stage::Asking);
    // One that is under way keeps a second one out.
    stage.confirm(id).await;
    let second = stage.plan(image("c0ffee1")).await;
    assert_eq!(verdict(stage.operations.get(second).unwrap()), Verdict::Impossible);
    assert_ne!(before["deployment"], stage.truth(WEB).await["deployment"], "the first has begun");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_for_and_nothing_is_sent_twice() {
    let mut stage = Theatre::on(Scenario::LostAnswer).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert!(says(&operation, "was lost"), "{:#?}", operation.lines);
    let all = stage.get("/_sim/requests").await;
    let updates = &all["operations"]["ecs:UpdateService"];
    assert_eq!(updates.as_u64().or_else(|| updates["count"].as_u64()), Some(1), "{updates}");
}

/// Whose credentials these are is asked right before each change, and what belongs to a change is read before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_even_be_sent_is_not_called_lost() {
    let scale = Wanted::Scale { service: WEB.into(), desired: 2, min: None, max: None, move_limits: true };
    let skip = Wanted::Skip { power: Power::Stop, undo: false };
    for (what, operation, kind, change) in [
        (wanted(scale), "sts:GetCallerIdentity", "error", "ecs:UpdateService"),
        (image("c0ffee1"), "sts:GetCallerIdentity", "reset", "ecs:RegisterTaskDefinition"),
        (image("c0ffee1"), "ecs:DescribeTaskDefinition", "error", "ecs:RegisterTaskDefinition"),
        (wanted(skip), "scheduler:GetSchedule", "error", "scheduler:UpdateSchedule"),
    ] {
        let mut stage = Theatre::on(Scenario::Staging).await;
        let id = stage.plan(what).await;
        stage.post("/_sim/fault", json!({"operation": operation, "kind": kind})).await;
        stage.confirm(id).await;
        stage.follow(&[id]).await;
        let ended = stage.operations.get(id).unwrap();
        assert_eq!(verdict(ended), Verdict::Impossible, "{operation}: {:#?}", ended.lines);
        assert!(!says(ended, "was lost") && (says(ended, "nothing was changed") || says(ended, "was not changed")));
        let all = stage.get("/_sim/requests").await;
        assert!(all["operations"].get(change).is_none(), "{operation}: {all}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_and_expiry_in_the_middle_delay_the_verdict_and_do_not_change_it() {
    let mut stage = Theatre::on(Scenario::ThrottledDeploy).await;
    let operation = stage.run(image("c0ffee1")).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert!(says(&operation, "cannot look"), "{:#?}", operation.lines);
    assert!(says(&operation, "AWS answers again"), "{:#?}", operation.lines);
    let mut stage = Theatre::on(Scenario::Expires).await;
    let id = stage.plan(image("51005e1")).await;
    stage.confirm(id).await;
    for _ in 0..90 {
        stage.second().await;
    }
    // A key that was given to it cannot be renewed: it is not watched for ever.
    let outcome = stage.operations.get(id).unwrap().outcome.clone().unwrap();
    assert_eq!((outcome.verdict, outcome.failure), (Verdict::Unknown, Some(FailureKind::Credentials)));
    assert!(outcome.hint.unwrap().contains("cockpit deploy --attach web --env staging"));
    // With a key that is good the same deployment is watched to its end.
    stage.post("/_sim/expire", json!({"access_key": "AKIASIMULATED0000000", "on": false})).await;
    let id = stage.plan(What::from(request(WEB, Source::Attach))).await;
    stage.follow(&[id]).await;
    let operation = stage.operations.get(id).unwrap();
    assert_eq!(verdict(operation), Verdict::Done, "{:#?}", operation.lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_deployment_in_the_middle_is_not_taken_for_ours() {
    let mut stage = Theatre::on(Scenario::OtherDeploy).await;
    let operation = stage.run(image("51005e1")).await;
    assert_eq!(verdict(&operation), Verdict::Failed, "{:#?}", operation.lines);
    assert!(says(&operation, "took the place of"), "{:?}", operation.outcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_is_stopped_before_anything_of_it_ran_is_not_done() {
    let mut stage = Theatre::on(Scenario::ScheduledStop).await;
    let operation = stage.run(image("51005e1")).await;
    assert_eq!(stage.truth(WEB).await["status"], "SUCCESSFUL", "ECS calls that a success");
    assert_eq!(verdict(&operation), Verdict::Unknown, "{:#?}", operation.lines);
    assert!(says(&operation, "none of its tasks ever ran"), "{:?}", operation.outcome);
    assert!(says(&operation, "its desired count became 0"), "{:?}", operation.outcome);
    // Nor is it for whoever looks at it afterwards.
    let id = stage.plan(What::from(request(WEB, Source::Attach))).await;
    stage.follow(&[id]).await;
    assert_eq!(verdict(stage.operations.get(id).unwrap()), Verdict::Unknown);
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

/// A count that is right at one glance: the task of a version that crashes is gone two seconds later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_scale_nor_start_is_done_while_the_tasks_crash() {
    let scale = Wanted::Scale { service: API.into(), desired: 1, min: None, max: None, move_limits: false };
    let start = Wanted::Power { power: Power::Start, services: vec![API.into()], databases: false, direct: true };
    for (wants, stopped) in [(scale, false), (start, true)] {
        let mut stage = Theatre::on(Scenario::CrashLoop).await;
        if stopped {
            let stop = Wanted::Power { power: Power::Stop, services: vec![API.into()], databases: false, direct: true };
            assert_eq!(verdict(&stage.run(wanted(stop)).await), Verdict::Done);
        }
        let operation = stage.run(wanted(wants)).await;
        let outcome = operation.outcome.clone().unwrap();
        assert!(matches!(outcome.verdict, Verdict::Failed | Verdict::Unknown), "{:#?}", operation.lines);
        assert!(says(&operation, "exit "), "{:#?}", operation.lines);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attaching_to_one_that_ended_long_ago_tells_how_long_that_one_took() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    let id = stage.plan(What::from(request(API, Source::Attach))).await;
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
    let mut stage = Theatre::on(Scenario::Stopped).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attaching_tells_the_truth_about_one_that_is_under_way_and_one_that_is_over() {
    let mut stage = Theatre::on(Scenario::BadImage).await;
    let mut seen = Vec::new();
    for service in [WEB, API] {
        let id = stage.plan(What::from(request(service, Source::Attach))).await;
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
    assert!(stage.audit().is_empty(), "looking is no change");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forcing_starts_new_tasks_of_the_same_revision() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    let operation = stage.run(What::from(request(API, Source::Force))).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let watch = operation.machine().watch().cloned().unwrap();
    assert_eq!(Some(watch.subject.revision), operation.machine().details().previous);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaling_waits_for_the_tasks_and_limits_move_with_it() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    let scale = |desired, move_limits| {
        wanted(Wanted::Scale { service: WEB.into(), desired, min: None, max: None, move_limits })
    };
    let operation = stage.run(scale(2, true)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let operation = stage.run(scale(5, true)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let limits =
        |suspended| wanted(Wanted::Limits { service: WEB.into(), min: None, max: None, suspended: Some(suspended) });
    assert_eq!(verdict(&stage.run(limits(true)).await), Verdict::Done);
    assert_eq!(verdict(&stage.run(limits(false)).await), Verdict::Done);
    let min_over_max = wanted(Wanted::Limits { service: WEB.into(), min: Some(9), max: Some(2), suspended: None });
    let scaled = Wanted::Scale { service: WEB.into(), desired: 5, min: Some(9), max: Some(2), move_limits: false };
    for wrong in [min_over_max, wanted(scaled)] {
        let id = stage.plan(wrong).await;
        assert!(says(stage.operations.get(id).unwrap(), "the minimum 9 is above the maximum 2"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_environment_stops_and_starts_as_it_was_through_the_function_and_directly() {
    for direct in [false, true] {
        let mut stage = Theatre::on(Scenario::Staging).await;
        let counts = |services: Vec<Value>| -> Vec<(String, u64)> {
            services
                .iter()
                .map(|other| (other["name"].as_str().unwrap().to_owned(), other["desired"].as_u64().unwrap()))
                .collect()
        };
        let before = counts(stage.services().await);
        let power =
            |power| wanted(Wanted::Power { power, services: vec![WEB.into(), API.into()], databases: false, direct });
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
async fn databases_stop_after_the_services_and_start_before_them_on_request() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    let power =
        |power| wanted(Wanted::Power { power, services: vec![WEB.into(), API.into()], databases: true, direct: true });
    let operation = stage.run(power(Power::Stop)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    assert!(says(&operation, "bookmark-manager-staging-db: stopped"), "{:#?}", operation.lines);
    let operation = stage.run(power(Power::Start)).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let place = |text: &str| operation.lines.iter().position(|line| line.text.contains(text)).unwrap();
    assert!(place("bookmark-manager-staging-db: available") < place("bookmark-manager-staging-web: desired count"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_stop_is_skipped_and_only_that() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    // The scheduled actions of Application Auto Scaling would stop it all the same.
    stage.post("/_sim/poke", json!({"scheduled_actions": false})).await;
    let operation = stage.run(wanted(Wanted::Skip { power: Power::Stop, undo: false })).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
    let desired = async |stage: &Theatre| -> u64 {
        stage.services().await.iter().map(|other| other["desired"].as_u64().unwrap()).sum()
    };
    let before = desired(&stage).await;
    // Friday 14:00 to Friday 23:00: the stop of 22:00 did not come.
    stage.post("/_sim/advance", json!({"seconds": 9 * 3_600})).await;
    assert_eq!(desired(&stage).await, before);
    // To Monday 23:00: the one after it did.
    stage.post("/_sim/advance", json!({"seconds": 3 * 86_400})).await;
    assert_eq!(desired(&stage).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_stopped_and_its_service_replaces_it() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    let (_, text) =
        stage.aws(&format!("ecs list-tasks --cluster bookmark-manager-staging-cluster --service-name {API}")).await;
    let listed: Value = serde_json::from_str(&text).unwrap();
    let id = listed["taskArns"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let operation = stage.run(wanted(Wanted::StopTask { id })).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{:#?}", operation.lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_account_is_refused_and_nothing_is_sent() {
    let mut stage = Theatre::on(Scenario::Staging).await;
    stage.environment.account = Some("999999999999".into());
    let id = stage.plan(image("c0ffee1")).await;
    assert_eq!(verdict(stage.operations.get(id).unwrap()), Verdict::Refused);
    let all = stage.get("/_sim/requests").await;
    assert!(all["operations"].get("ecs:UpdateService").is_none(), "{all}");
}

/// A stand-in for docker: writes down what it is called with and what it reads, and pushes into the simulator.
fn stand_in(folder: &Path, endpoint: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let script = format!(
        r##"#!/bin/sh
echo "$*" >> "{log}"
case "$1" in
  login) cat >> "{log}.stdin"; echo "Login Succeeded" ;;
  push)
    image="${{2##*/}}"; tag="${{image##*:}}"; repository="${{image%%:*}}"
    curl -s -X POST "{endpoint}/_sim/poke" -d "{{\"push_image\":{{\"repository\":\"$repository\",\"tag\":\"$tag\"}}}}" >/dev/null
    echo "$tag: digest: pushed" ;;
  buildx)
    [ "$2" = version ] && echo "github.com/docker/buildx 0.30" && exit 0
    echo "#5 [1/3] FROM node"; echo "#6 [2/3] COPY"; echo "#7 [3/3] RUN build" >&2 ;;
esac
"##,
        log = folder.join("docker.log").display(),
    );
    let path = bin.join("docker");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

#[test]
fn an_image_is_built_pushed_and_deployed_by_its_digest_and_hooks_are_told() {
    let world = support::World::run_at(Scenario::Staging, 30.0);
    let home = Home::with(
        &include_str!("../config.toml")
            .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
            .replace("# watch = \"3s\" ", "watch = \"1s\" ")
            .replace("# [build.web]", "[build.web]")
            .replace("# context = \"../bookmark-manager\"", "context = \"app\"")
            .replace("# [hooks]", "[hooks]")
            .replace(
                "# before_deploy = \"./migrate.sh\"",
                "before_deploy = \"cat > before.json; echo migrated $DEPLOY_SERVICE\"",
            )
            .replace("# after_deploy = \"./notify.sh\"", "after_deploy = \"cat > after.json\""),
    );
    let app = home.path().join("app");
    std::fs::create_dir_all(&app).unwrap();
    std::fs::create_dir_all(home.path().join("elsewhere/deep")).unwrap();
    std::fs::write(app.join("Dockerfile"), "FROM scratch\n").unwrap();
    let git = |arguments: &str| {
        let status = std::process::Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(arguments.split(' '))
            .current_dir(&app)
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
        String::from_utf8(status.stdout).unwrap().trim().to_owned()
    };
    git("init -q");
    git("add .");
    git("commit -q -m first");
    let sha = git("rev-parse HEAD");
    let bin = stand_in(home.path(), &world.endpoint());
    let command = || {
        let mut command = home.on(&world);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", bin.display()));
        // Hooks and builds belong to the folder of the file that names them, wherever the program is started.
        command.current_dir(home.path().join("elsewhere/deep")).arg("--config").arg(home.path().join("config.toml"));
        command
    };
    // A dirty tree is refused unless it is said.
    std::fs::write(app.join("new"), "x").unwrap();
    let said = support::line(&mut command(), "deploy web --build --yes").coded(1);
    assert!(said.err.contains("1 file is not committed"), "{said:#?}");
    std::fs::remove_file(app.join("new")).unwrap();
    let said = support::line(&mut command(), "deploy web --build --yes -o json").coded(0);
    let report = said.json();
    assert_eq!(report["operations"][0]["verdict"], "done", "{said:#?}");
    assert!(report["operations"][0]["image"].as_str().unwrap().contains("@sha256:"));
    let log = std::fs::read_to_string(home.path().join("docker.log")).unwrap();
    assert!(log.contains("login --username AWS --password-stdin"), "{log}");
    assert!(log.contains("buildx build --platform linux/amd64"), "{log}");
    assert!(log.contains(&format!("{WEB}:{sha}")), "{log}");
    let token = std::fs::read_to_string(home.path().join("docker.log.stdin")).unwrap();
    assert!(!token.trim().is_empty(), "the token is read from standard input");
    for text in [&log, &said.out, &said.err] {
        assert!(!text.contains(token.trim()), "the token is nowhere else");
    }
    let before: Value =
        serde_json::from_str(&std::fs::read_to_string(home.path().join("before.json")).unwrap()).unwrap();
    assert_eq!((before["service"].as_str(), before["verdict"].as_str()), (Some(WEB), None));
    assert!(said.err.contains(&format!("migrated {WEB}")), "{}", said.err);
    let after: Value = serde_json::from_str(&std::fs::read_to_string(home.path().join("after.json")).unwrap()).unwrap();
    assert_eq!(after["verdict"], "done");
    // Without docker the error says so, before anything else.
    let mut without = home.on(&world);
    without.env("PATH", home.path().join("none"));
    let said = support::line(&mut without, "deploy web --build --yes").coded(1);
    assert!(said.err.contains("there is no docker on this machine"), "{said:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_stays_within_its_calls_a_minute() {
    // One: from the change on, minute by minute.
    let mut stage = Theatre::on(Scenario::SlowRollout).await;
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
    // Ten at once: what they have in common is asked once.
    let mut stage = Theatre::on(Scenario::SlowRollout).await;
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
        let id = stage.plan(What::from(request)).await;
        stage.confirm(id).await;
        ids.push(id);
    }
    let going = |stage: &Theatre| ids.iter().filter(|id| stage.operations.get(**id).unwrap().outcome.is_none()).count();
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
