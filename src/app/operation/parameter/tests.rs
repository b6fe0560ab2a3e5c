//! Parameters are written once, never unseen, and no value is shown or recorded.

use super::{Request, StepChange};
use crate::app::command::Risk;
use crate::app::operation::call::{Call, CallResult, ParameterWrite, Read, Reply, Write};
use crate::app::operation::outcome::Verdict;
use crate::app::operation::tests::{at, environment, get, healthy, me, ok, service, settle, to_its_end};
use crate::app::operation::{OperationId, Operations};
use crate::model::deploy::Check;
use crate::model::parameters::{Kind, Parameter, ParameterWithValue, Value};
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::{Deployment, RolloutState, Service};
use crate::model::task_definition::ContainerDefinition;
use crate::model::{Failure, FailureKind, TaskDefinition};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

pub(super) const NAME: &str = "/app/staging/KEY";

fn held(value: &str, version: i64) -> ParameterWithValue {
    let parameter = Parameter {
        name: NAME.into(),
        kind: Kind::Secure,
        version,
        key: Some("alias/app".into()),
        ..Parameter::default()
    };
    ParameterWithValue { parameter, value: Ok(Value::new(value)) }
}

pub(super) fn put(value: &str) -> StepChange {
    StepChange::Put { name: NAME.into(), value: Value::new(value), kind: None, key: None, description: None }
}

pub(super) fn request(wanted: Vec<StepChange>, readers: &[&str]) -> Request {
    let of = readers.iter().map(|name| (format!("app-{name}"), (*name).to_owned())).collect();
    let readers = wanted.first().map(|one| BTreeMap::from([(one.name().to_owned(), of)]));
    Request { wanted, foreign: Vec::new(), readers, restart: false, command_line: format!("params put {NAME}") }
}

/// A fake AWS with what these tests need.
pub(super) struct Aws {
    pub(super) held: Option<ParameterWithValue>,
    pub(super) services: Vec<Service>,
    pub(super) history: Vec<ServiceDeployment>,
    /// The status of deployments started from now on.
    pub(super) comes_to: RolloutStatus,
    /// Whether task definitions are deregistered.
    pub(super) deregistered: bool,
    pub(super) puts: Vec<ParameterWrite>,
    pub(super) audit: Vec<String>,
    /// Whether the answer to the next change is lost although it is made.
    pub(super) loses: bool,
}

impl Aws {
    fn new(held: Option<ParameterWithValue>) -> Self {
        Self {
            held,
            services: Vec::new(),
            history: Vec::new(),
            comes_to: RolloutStatus::Successful,
            deregistered: false,
            puts: Vec::new(),
            audit: Vec::new(),
            loses: false,
        }
    }

    /// Adds a service `app-web` that runs one task of `app-web:5`.
    pub(super) fn with_web() -> Self {
        let web = Service {
            task_definition: "app-web:5".into(),
            deployments: vec![deployment("ecs-svc/1")],
            ..service("app-web", 1, 1)
        };
        let history = vec![entry("arn:5", RolloutStatus::Successful)];
        Self { services: vec![web], history, ..Self::new(Some(held("old", 3))) }
    }

    pub(super) fn answer(&mut self, call: &Call) -> CallResult {
        match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Parameter { .. }) => ok(Reply::Parameter(self.held.clone().map(Box::new))),
            Call::Read(Read::Services { names, .. }) => {
                ok(Reply::Services(self.services.iter().filter(|one| names.contains(&one.name)).cloned().collect()))
            }
            Call::Read(Read::History { .. } | Read::Releases { .. }) => ok(Reply::Releases(self.history.clone())),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            Call::Read(Read::Timers { .. }) => ok(Reply::Timers(Vec::new())),
            Call::Read(Read::Tasks { .. }) => healthy("app-web", 1),
            Call::Read(Read::TaskDefinition { name }) => {
                let container = ContainerDefinition {
                    name: "web".into(),
                    image: "registry.local/web:1".into(),
                    essential: true,
                    ..ContainerDefinition::default()
                };
                let name = if name.contains(':') { name.clone() } else { format!("{name}:5") };
                ok(Reply::TaskDefinition(Box::new(TaskDefinition {
                    name,
                    containers: vec![container],
                    status: if self.deregistered { "INACTIVE" } else { "ACTIVE" }.into(),
                    ..TaskDefinition::default()
                })))
            }
            Call::Write { write: Write::Register { .. }, .. } => ok(Reply::Registered("app-web:6".into())),
            Call::Write { write: Write::PutParameter(put), .. } => {
                let version = self.held.as_ref().map_or(1, |held| held.parameter.version + 1);
                self.held = Some(held(put.value.expose(), version));
                self.puts.push((**put).clone());
                if std::mem::take(&mut self.loses) {
                    return CallResult::new(Err(Failure::new(FailureKind::Timeout, "no answer")));
                }
                ok(Reply::Written(version))
            }
            Call::Write { write: Write::DeleteParameter { .. }, .. } => {
                self.held = None;
                ok(Reply::Done)
            }
            Call::Write { write: Write::Update { service, task_definition: definition, .. }, .. } => {
                let found = self.services.iter_mut().find(|one| one.name == *service).expect("known");
                let to = definition.clone().unwrap_or_else(|| found.task_definition.clone());
                let ours = Deployment { task_definition: to.clone(), ..deployment("ecs-svc/2") };
                found.task_definition = to;
                found.deployments = vec![ours];
                let target = Some(found.task_definition.clone());
                self.history.insert(0, ServiceDeployment { target, ..entry("arn:new", self.comes_to.clone()) });
                // None of its tasks runs yet.
                let mut begun = found.clone();
                begun.deployments[0].running = 0;
                ok(Reply::Services(vec![begun]))
            }
            Call::Audit(record) => {
                self.audit.push(format!("{record:?}"));
                ok(Reply::Done)
            }
            _ => ok(Reply::Done),
        }
    }
}

pub(super) fn entry(arn: &str, status: RolloutStatus) -> ServiceDeployment {
    ServiceDeployment {
        arn: arn.into(),
        status,
        target: Some("app-web:5".into()),
        created_at: Some(at(0)),
        finished_at: Some(at(1)),
        ..ServiceDeployment::default()
    }
}

pub(super) fn deployment(id: &str) -> Deployment {
    Deployment {
        id: id.into(),
        status: "PRIMARY".into(),
        task_definition: "app-web:5".into(),
        rollout: Some(RolloutState::Completed),
        running: 1,
        created_at: Some(at(0)),
        ..Deployment::default()
    }
}

pub(super) fn started(request: Request, aws: &mut Aws) -> (Operations, OperationId) {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(request, &environment(), at(0));
    let writes = settle(&mut operations, effects, at(0), &mut |call| aws.answer(call));
    assert_eq!(writes, [], "nothing is sent before the yes");
    (operations, id)
}

fn finished(request: Request, aws: &mut Aws, later: i64) -> (Operations, OperationId, Vec<Write>) {
    let (mut operations, id) = started(request, aws);
    let effects = operations.confirm(id, at(later));
    let writes = to_its_end(&mut operations, id, effects, later, &mut |call| aws.answer(call));
    (operations, id, writes)
}

#[test]
fn new_value_keeps_type_and_key_and_appears_only_in_the_write() {
    let mut aws = Aws::new(Some(held("old-s3cret", 3)));
    let (operations, id, writes) = finished(request(vec![put("new-s3cret\n")], &["web"]), &mut aws, 1);
    let operation = get(&operations, id);
    assert_eq!(operation.outcome.as_ref().expect("ended").summary, format!("{NAME} is version 4"));
    let [Write::PutParameter(sent)] = writes.as_slice() else { panic!("{writes:?}") };
    assert_eq!((sent.kind, sent.key.as_deref(), sent.overwrite), (Kind::Secure, Some("alias/app"), true));
    let plan = operation.plan.as_ref().expect("planned");
    let checks: Vec<&str> = plan.checks.iter().map(|check| check.text.as_str()).collect();
    assert!(checks.iter().any(|text| text.contains("line break")), "{checks:?}");
    assert!(checks.iter().any(|text| text.contains("web read it only when a task starts")), "{checks:?}");
    assert_eq!(plan.wider_plan_title.as_deref(), Some("restart web"));
    let everything_shown =
        format!("{:?} {plan:?} {writes:?} {:?} {}", operation.lines, aws.audit, plan.writes[0].parameters());
    assert!(!everything_shown.contains("s3cret"), "{everything_shown}");
}

#[test]
fn new_parameter_is_a_secure_string_that_must_not_exist() {
    let mut aws = Aws::new(None);
    let (_, _, writes) = finished(request(vec![put("x")], &[]), &mut aws, 1);
    let [Write::PutParameter(sent)] = writes.as_slice() else { panic!("{writes:?}") };
    assert_eq!((sent.kind, sent.overwrite, sent.key.as_deref()), (Kind::Secure, false, None));
}

#[test]
fn unchanged_value_is_not_written_again() {
    let mut aws = Aws::new(Some(held("x", 3)));
    let (operations, id, writes) = finished(request(vec![put("x")], &[]), &mut aws, 1);
    assert_eq!(writes, []);
    assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").verdict, Verdict::Done);
}

#[test]
fn value_written_by_someone_else_is_not_overwritten() {
    let mut aws = Aws::new(Some(held("old", 3)));
    let (mut operations, id) = started(request(vec![put("new")], &[]), &mut aws);
    aws.held = Some(held("theirs", 4));
    let effects = operations.confirm(id, at(60));
    let writes = to_its_end(&mut operations, id, effects, 60, &mut |call| aws.answer(call));
    assert_eq!(writes, []);
    let outcome = get(&operations, id).outcome.as_ref().expect("ended");
    assert_eq!(outcome.verdict, Verdict::Impossible);
    assert!(outcome.summary.contains("changed since it was looked at"), "{outcome:?}");
}

#[test]
fn unreadable_recheck_is_not_reported_as_a_foreign_change() {
    let mut aws = Aws::new(Some(held("old", 3)));
    let (mut operations, id) = started(request(vec![put("new")], &[]), &mut aws);
    let effects = operations.confirm(id, at(60));
    let writes = to_its_end(&mut operations, id, effects, 60, &mut |call| match call {
        Call::Read(Read::Parameter { .. }) => {
            CallResult::new(Err(Failure::new(FailureKind::Credentials, "ExpiredToken").mark_permanent(true)))
        }
        call => aws.answer(call),
    });
    assert_eq!(writes, []);
    let outcome = get(&operations, id).outcome.as_ref().expect("ended");
    assert_eq!((outcome.verdict, outcome.failure), (Verdict::Impossible, Some(FailureKind::Credentials)));
    assert!(outcome.summary.contains("cannot be read again"), "{outcome:?}");
}

#[test]
fn lost_change_is_looked_for_and_not_sent_twice() {
    let mut aws = Aws::new(Some(held("old", 3)));
    aws.loses = true;
    let (operations, id, writes) = finished(request(vec![put("new")], &[]), &mut aws, 1);
    assert_eq!((writes.len(), aws.puts.len()), (1, 1));
    assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").summary, format!("{NAME} is version 4"));
}

#[test]
fn readers_are_restarted_afterwards_on_request() {
    let mut aws = Aws::with_web();
    let request = Request { restart: true, ..request(vec![put("new")], &["web"]) };
    let (operations, id, writes) = finished(request, &mut aws, 1);
    assert!(matches!(writes.as_slice(), [Write::PutParameter(_), Write::Update { force: true, .. }]), "{writes:?}");
    let outcome = get(&operations, id).outcome.as_ref().expect("ended");
    assert_eq!(outcome.summary, format!("{NAME} is version 4, and web runs new tasks"));
    assert!(get(&operations, id).command().ends_with("--restart --env staging"));
}

#[test]
fn deletion_requires_typing_and_names_the_readers() {
    let mut aws = Aws::new(Some(held("x", 1)));
    let (operations, id) = started(request(vec![StepChange::Remove { name: NAME.into() }], &["web"]), &mut aws);
    let plan = get(&operations, id).plan.as_ref().expect("planned");
    assert_eq!((plan.risk, plan.wider_plan_title.as_deref()), (Risk::Destroy, None));
    assert!(plan.checks[0].text.contains("no new task of theirs starts"), "{:?}", plan.checks);
    // A missing parameter cannot be deleted.
    let (operations, id) = started(request(vec![StepChange::Remove { name: NAME.into() }], &[]), &mut Aws::new(None));
    assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").verdict, Verdict::Impossible);
}

#[test]
fn invalid_value_is_refused_before_sending() {
    for (wanted, words) in [
        (put(""), "empty"),
        (put(&"x".repeat(9_000)), "at most 8192"),
        (
            StepChange::Put { name: "a/b".into(), value: Value::new("x"), kind: None, key: None, description: None },
            "begins with /",
        ),
    ] {
        let (operations, id) = started(request(vec![wanted], &[]), &mut Aws::new(None));
        let outcome = get(&operations, id).outcome.as_ref().expect("ended");
        assert!(outcome.summary.contains(words), "{outcome:?}");
    }
    let (operations, id) = started(request(vec![put(&"x".repeat(5_000))], &[]), &mut Aws::new(None));
    let plan = get(&operations, id).plan.as_ref().expect("planned");
    assert!(plan.checks.iter().any(|check| check.text.contains("advanced tier")), "{:?}", plan.checks);
}

#[test]
fn parameters_of_another_environment_are_not_read() {
    let foreign = vec![Check::usage("/app/prod/KEY belongs to prod, not to staging")];
    for wanted in [put("x"), StepChange::Remove { name: NAME.into() }] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let request = Request { foreign: foreign.clone(), ..request(vec![wanted], &[]) };
        let (id, effects) = operations.start(request, &environment(), at(0));
        let mut aws = Aws::new(Some(held("theirs", 3)));
        settle(&mut operations, effects, at(0), &mut |call| {
            assert!(!matches!(call, Call::Read(Read::Parameter { .. })), "{call:?}");
            aws.answer(call)
        });
        let outcome = get(&operations, id).outcome.as_ref().expect("ended");
        assert!(outcome.usage && outcome.summary.contains("belongs to prod, not to staging"), "{outcome:?}");
        assert!(get(&operations, id).plan.as_ref().is_some_and(|plan| plan.writes.is_empty()));
    }
}
