//! Tests of what a deployment reports about its version: whose task definition it is, and whether it runs.

use super::{Request, Source};
use crate::app::command::Risk;
use crate::app::operation::call::{Call, CallResult, Read, Reply, Write};
use crate::app::operation::outcome::Outcome;
use crate::app::operation::plan::Plan;
use crate::app::operation::tests::{at, environment, get, healthy, me, ok, service, settle, to_its_end};
use crate::app::operation::{OperationId, Operations};
use crate::config::Hooks;
use crate::model::deploy::Level;
use crate::model::rollout::{Pause, RolloutStatus, ServiceDeployment};
use crate::model::service::{Deployment, RolloutState, Service};
use crate::model::task_definition::ContainerDefinition;
use crate::model::{Failure, FailureKind, TaskDefinition};
use jiff::tz::TimeZone;

/// A service `web` that runs `web:5`, with one task.
pub(super) struct Aws {
    service: Service,
    pub(super) history: Vec<ServiceDeployment>,
    /// The container of task definitions in other families.
    container: &'static str,
    /// Whether a schedule stops the service after the change.
    stopped: bool,
    newest: Vec<String>,
}

fn entry(arn: &str, target: &str) -> ServiceDeployment {
    ServiceDeployment {
        arn: arn.into(),
        status: RolloutStatus::Successful,
        target: Some(target.into()),
        created_at: Some(at(0)),
        finished_at: Some(at(1)),
        ..ServiceDeployment::default()
    }
}

fn deployment(id: &str, target: &str) -> Deployment {
    Deployment {
        id: id.into(),
        status: "PRIMARY".into(),
        task_definition: target.into(),
        rollout: Some(RolloutState::Completed),
        running: 1,
        created_at: Some(at(0)),
        ..Deployment::default()
    }
}

impl Aws {
    pub(super) fn new() -> Self {
        let web = Service {
            task_definition: "web:5".into(),
            deployments: vec![deployment("ecs-svc/1", "web:5")],
            balanced: vec!["web".into()],
            ..service("web", 1, 1)
        };
        let history = vec![entry("arn:5", "web:5"), entry("arn:4", "web:4"), entry("arn:3", "old-web:3")];
        Self { service: web, history, container: "web", stopped: false, newest: Vec::new() }
    }

    fn definition(&mut self, name: &str) -> TaskDefinition {
        let name = if name.contains(':') {
            name.to_owned()
        } else {
            self.newest.push(name.to_owned());
            format!("{name}:9")
        };
        let container = if name.starts_with("web:") { "web" } else { self.container };
        let container = ContainerDefinition {
            name: container.into(),
            image: "registry.local/web:1".into(),
            essential: true,
            ..ContainerDefinition::default()
        };
        TaskDefinition { name, containers: vec![container], ..TaskDefinition::default() }
    }

    pub(super) fn answer(&mut self, call: &Call) -> CallResult {
        match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Services { .. }) => ok(Reply::Services(vec![self.service.clone()])),
            Call::Read(Read::History { .. } | Read::Releases { .. }) => ok(Reply::Releases(self.history.clone())),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            Call::Read(Read::Timers { .. }) => ok(Reply::Timers(Vec::new())),
            Call::Read(Read::TaskDefinition { name }) => ok(Reply::TaskDefinition(Box::new(self.definition(name)))),
            Call::Read(Read::Tasks { .. }) => healthy("web", 1),
            Call::Write { write: Write::Update { task_definition: Some(to), .. }, .. } => {
                let mut ours = deployment("ecs-svc/2", to);
                self.service.task_definition.clone_from(to);
                self.service.deployments = vec![ours.clone()];
                self.history.insert(0, entry("arn:new", to));
                let taken = self.service.clone();
                if self.stopped {
                    ours.running = 0;
                    (self.service.desired, self.service.running) = (0, 0);
                    self.service.deployments = vec![ours];
                }
                ok(Reply::Services(vec![taken]))
            }
            Call::Audit(_) => ok(Reply::Done),
            other => CallResult::new(Err(Failure::new(FailureKind::Other, format!("{other:?}")))),
        }
    }

    pub(super) fn planned(&mut self, request: Request) -> (Operations, OperationId, Plan) {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let (id, effects) = operations.start(request, &environment(), at(100));
        let writes = settle(&mut operations, effects, at(100), &mut |call| self.answer(call));
        assert_eq!(writes, [], "nothing is sent before the yes");
        let plan = get(&operations, id).plan.clone().expect("a plan");
        (operations, id, plan)
    }

    fn ended(&mut self, request: Request) -> Outcome {
        let (mut operations, id, plan) = self.planned(request);
        assert!(plan.possible(), "{:?}", plan.checks);
        let effects = operations.confirm(id, at(101));
        to_its_end(&mut operations, id, effects, 101, &mut |call| self.answer(call));
        get(&operations, id).outcome.clone().expect("it ended")
    }
}

pub(super) fn back(to: &str) -> Request {
    Request::new("web".into(), "web".into(), Source::RollBack(Some(to.into())), Hooks::default())
}

fn checks_text(plan: &Plan, level: Level) -> String {
    plan.checks
        .iter()
        .filter(|check| check.level == level)
        .map(|check| check.text.as_str())
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn definition_without_the_load_balanced_container_is_not_deployed() {
    let from = Request {
        base: Some("api:5".into()),
        container: Some("api".into()),
        ..Request::new("web".into(), "web".into(), Source::Image("7".into()), Hooks::default())
    };
    for request in [back("api:4"), from] {
        let mut aws = Aws { container: "api", ..Aws::new() };
        let (operations, id, plan) = aws.planned(request);
        let stop = checks_text(&plan, Level::Stop);
        assert!(stop.contains("has no container web, which the load balancer reaches"), "{stop}");
        let outcome = get(&operations, id).outcome.as_ref().expect("it ended");
        assert!(outcome.usage && outcome.summary.contains("has no container web"), "{outcome:?}");
        assert!(!checks_text(&plan, Level::Note).contains("was not deployed"), "{:?}", plan.checks);
    }
}

#[test]
fn definition_of_another_service_is_warned_of_and_is_no_rollback() {
    let mut aws = Aws::new();
    let (.., plan) = aws.planned(back("api:4"));
    assert!(
        checks_text(&plan, Level::Warn).contains("api:4 is of the family api, and web runs web:5"),
        "{:?}",
        plan.checks
    );
    assert_eq!(plan.risk, Risk::Disrupt);
    assert_eq!(aws.newest, ["api"], "a copy would come after the newest of that family");
    assert!(aws.ended(back("api:4")).summary.starts_with("web runs api:4 "));
    // A definition that served there before is a rollback, whatever its name.
    for to in ["web:4", "old-web:3"] {
        let mut aws = Aws::new();
        let (.., plan) = aws.planned(back(to));
        assert_eq!((checks_text(&plan, Level::Warn).contains("family"), plan.risk), (false, Risk::Change), "{to}");
        assert!(aws.ended(back(to)).summary.starts_with(&format!("web is back at {to}")), "{to}");
    }
}

#[test]
fn daemon_without_instances_is_warned_of_and_not_fixed_by_a_start() {
    let mut aws = Aws::new();
    aws.service = Service { scheduling: "DAEMON".into(), desired: 0, running: 0, ..aws.service };
    aws.service.deployments[0].running = 0;
    let (.., plan) = aws.planned(back("web:4"));
    assert!(
        checks_text(&plan, Level::Warn).contains("no container instance of its cluster takes it"),
        "{:?}",
        plan.checks
    );
    aws.stopped = true;
    let outcome = aws.ended(back("web:4"));
    assert!(outcome.summary.contains("nothing runs (desired 0)"), "{outcome:?}");
    let hint = outcome.hint.expect("a hint");
    assert!(hint.contains("container instances") && !hint.contains("cockpit start"), "{hint}");
}

#[test]
fn service_stopped_meanwhile_is_updated_but_does_not_run() {
    for to in ["web:4", "api:4"] {
        let mut aws = Aws { stopped: true, ..Aws::new() };
        let outcome = aws.ended(back(to));
        assert!(outcome.summary.starts_with(&format!("web is set to {to}")), "{outcome:?}");
        assert!(outcome.summary.contains("nothing runs (desired 0)"), "{outcome:?}");
        assert!(outcome.hint.is_some_and(|hint| hint.contains("cockpit start")));
    }
}

#[test]
fn plan_tells_what_happens_to_a_failing_version_as_requested() {
    let breaker_text = |source: Source, roll_back: Option<bool>| {
        let request = Request::new("web".into(), "web".into(), source, Hooks::default());
        let request = Request { roll_back: roll_back.or(request.roll_back), ..request };
        let (.., plan) = Aws::new().planned(request);
        let off = plan.checks.iter().find(|check| check.text.contains("the circuit breaker is off")).cloned();
        off.and_then(|check| check.hint).expect("a breaker that is off is told, and what then")
    };
    assert!(breaker_text(Source::Force, None).ends_with("from here, unless --no-rollback is given"));
    assert!(breaker_text(Source::Force, Some(true)).ends_with("rolled back from here"));
    assert!(breaker_text(Source::Force, Some(false)).contains("it is not rolled back"));
    assert!(breaker_text(Source::RollBack(None), None).contains("not rolled back again"));
}

#[test]
fn permanently_refused_read_ends_the_watch_despite_other_answers() {
    let mut aws = Aws::new();
    let request = Request::new("web".into(), "web".into(), Source::RollBack(None), Hooks::default());
    let (mut operations, id, _) = aws.planned(request);
    let effects = operations.confirm(id, at(101));
    let refused =
        || Failure::new(FailureKind::Credentials, "ecs:DescribeServiceDeployments: ExpiredToken").mark_permanent(true);
    to_its_end(&mut operations, id, effects, 101, &mut |call| match call {
        Call::Read(Read::History { .. } | Read::Releases { .. }) => CallResult::new(Err(refused())),
        call => aws.answer(call),
    });
    let operation = get(&operations, id);
    let outcome = operation.outcome.clone().expect("it ended");
    assert_eq!(outcome.failure, Some(FailureKind::Credentials), "{outcome:?}");
    let recovery_count = operation.lines.iter().filter(|line| line.text.contains("AWS answers again")).count();
    assert_eq!(recovery_count, 0, "{:?}", operation.lines);
}

#[test]
fn deployment_held_by_a_hook_reports_once_how_to_continue() {
    let mut aws = Aws::new();
    let (mut operations, id, _) = aws.planned(back("web:4"));
    let effects = operations.confirm(id, at(101));
    let mut looks = 0;
    to_its_end(&mut operations, id, effects, 101, &mut |call| match call {
        Call::Read(Read::History { .. } | Read::Releases { .. }) if looks < 5 && aws.history[0].arn == "arn:new" => {
            looks += 1;
            let pause = Some(Pause { hook: "h-1".into(), ..Pause::default() });
            let mut found = aws.history.clone();
            (found[0].status, found[0].finished_at, found[0].pause) = (RolloutStatus::InProgress, None, pause);
            ok(Reply::Releases(found))
        }
        call => aws.answer(call),
    });
    let operation = get(&operations, id);
    let hook_lines =
        operation.lines.iter().filter(|line| line.text.contains("--service-deployment-arn arn:new --hook-id h-1"));
    assert_eq!(hook_lines.count(), 1, "{:?}", operation.lines);
    let outcome = operation.outcome.as_ref().expect("it ended");
    assert!(outcome.summary.starts_with("web is back at web:4"), "{outcome:?}");
}

#[test]
fn incomplete_history_is_reported_and_not_guessed() {
    let mut aws = Aws::new();
    aws.history[1].target = None;
    let (.., plan) = aws.planned(Request::new("web".into(), "web".into(), Source::RollBack(None), Hooks::default()));
    let stop = checks_text(&plan, Level::Stop);
    assert!(stop.contains("which version ran before cannot be told"), "{stop}");
    assert!(!plan.possible() && plan.writes.is_empty(), "{plan:?}");
}
