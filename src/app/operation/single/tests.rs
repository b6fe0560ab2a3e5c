//! Tests of instances and invalidations against a small AWS that the test advances.

use super::instance::Request as OnInstance;
use super::invalidation::Request as Paths;
use super::invalidation::call::{Batch, CdnRead, CdnReply};
use crate::app::command::Risk;
use crate::app::operation::call::{Call, CallResult, Read, Reply, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::plan::Plan;
use crate::app::operation::tests::{at, environment, get, me, ok, settle, to_its_end};
use crate::app::operation::{NewOperation, OperationId, Operations};
use crate::config::EnvironmentConfig;
use crate::model::cdn::{Distribution, Invalidation, Month};
use crate::model::machine::{Ec2Instance, PowerAction};
use crate::model::{Failure, FailureKind};
use jiff::tz::TimeZone;
use std::cell::RefCell;

/// An instance, distributions, and how their requests are answered.
#[derive(Default)]
struct World {
    machine: Option<Ec2Instance>,
    distributions: Vec<Distribution>,
    month: Option<Failure>,
    paths: u64,
    status: &'static str,
    /// Reads since the change.
    looks: u32,
    /// The answer to the change.
    answer: Option<Failure>,
    /// Number of upcoming reads that fail.
    failing: u32,
}

fn machine(state: &str, checks: &str) -> Ec2Instance {
    Ec2Instance {
        id: "i-1".into(),
        name: Some("bastion".into()),
        state: state.into(),
        system_check: Some(checks.into()),
        instance_check: Some(checks.into()),
        ..Ec2Instance::default()
    }
}

impl World {
    fn of(state: &str) -> Self {
        let checks = if state == "running" { "ok" } else { "not-applicable" };
        Self { machine: Some(machine(state, checks)), ..Self::default() }
    }

    fn site() -> Self {
        let one = |id: &str, comment: &str, alias: &str| Distribution {
            id: id.into(),
            domain: format!("{id}.cloudfront.net"),
            aliases: vec![alias.into()],
            comment: comment.into(),
            status: "Deployed".into(),
            enabled: true,
        };
        let distributions = vec![one("E1", "staging", "app.example"), one("E2", "another", "other.example")];
        Self { distributions, status: "InProgress", ..Self::default() }
    }

    fn answer(&mut self, call: &Call) -> CallResult {
        if self.failing > 0 && matches!(call, Call::Read(Read::Instance { .. } | Read::Cdn(_))) {
            self.failing -= 1;
            return CallResult::new(Err(Failure::new(FailureKind::Throttled, "slow down")));
        }
        match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Instance { .. }) => ok(Reply::Instance(self.machine.clone().map(Box::new))),
            Call::Read(Read::Cdn(read)) => match read {
                CdnRead::Distributions => ok(Reply::Cdn(CdnReply::Distributions(self.distributions.clone()))),
                CdnRead::Month { .. } => match &self.month {
                    Some(failure) => CallResult::new(Err(failure.clone())),
                    None => ok(Reply::Cdn(CdnReply::Month(Month { paths: self.paths, more: false }))),
                },
                CdnRead::Invalidation { .. } | CdnRead::Referenced { .. } => ok(self.invalidation()),
            },
            Call::Write { write: Write::Invalidate(_), .. } if self.answer.is_none() => ok(self.invalidation()),
            Call::Write { .. } => match self.answer.take() {
                Some(failure) => CallResult::new(Err(failure)),
                None => ok(Reply::Done),
            },
            _ => ok(Reply::Done),
        }
    }

    fn invalidation(&self) -> Reply {
        let one = Invalidation { id: "I1".into(), status: self.status.into(), ..Invalidation::default() };
        Reply::Cdn(CdnReply::Invalidation(Some(one)))
    }
}

fn on(turn: PowerAction) -> NewOperation {
    OnInstance { id: "i-1".into(), name: "bastion".into(), turn }.into()
}

fn paths(words: &[&str]) -> NewOperation {
    Paths::parse(words).expect("paths").into()
}

fn planned(what: NewOperation, world: World, environment: &EnvironmentConfig) -> (Operations, OperationId) {
    let world = RefCell::new(world);
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(what, environment, at(0));
    let sent = settle(&mut operations, effects, at(0), &mut |call| world.borrow_mut().answer(call));
    assert_eq!(sent, [], "nothing is sent before the yes");
    (operations, id)
}

/// Runs a request to its end; `moves` is called for each read after the change.
fn run(what: NewOperation, world: World, moves: impl Fn(&mut World)) -> (Vec<Write>, Outcome, Vec<String>) {
    let world = RefCell::new(world);
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(what, &environment(), at(0));
    settle(&mut operations, effects, at(0), &mut |call| world.borrow_mut().answer(call));
    let effects = operations.confirm(id, at(1));
    let changed = RefCell::new(false);
    let writes = to_its_end(&mut operations, id, effects, 1, &mut |call| {
        if matches!(call, Call::Write { .. }) {
            changed.replace(true);
        } else if *changed.borrow() && !matches!(call, Call::Audit(_)) {
            world.borrow_mut().looks += 1;
            moves(&mut world.borrow_mut());
        }
        world.borrow_mut().answer(call)
    });
    let operation = get(&operations, id);
    let lines = operation.lines.iter().map(|line| line.text.clone()).collect();
    (writes, operation.outcome.clone().expect("it ended"), lines)
}

fn stops(operations: &Operations, id: OperationId) -> Vec<String> {
    let operation = get(operations, id);
    if let Some(outcome) = &operation.outcome {
        return outcome.causes.iter().chain(std::iter::once(&outcome.summary)).cloned().collect();
    }
    operation.plan.iter().flat_map(Plan::blockers).map(|check| check.text.clone()).collect()
}

#[test]
fn start_is_done_when_the_instance_runs_and_its_checks_pass() {
    let (writes, outcome, lines) = run(on(PowerAction::Start), World::of("stopped"), |world| {
        world.machine = Some(match world.looks {
            1 | 2 => machine("pending", "not-applicable"),
            3..=5 => machine("running", "initializing"),
            _ => machine("running", "ok"),
        });
    });
    assert_eq!(writes, [Write::Instance { id: "i-1".into(), turn: PowerAction::Start }]);
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert!(outcome.summary.contains("its status checks pass"), "{outcome:?}");
    assert!(lines.iter().any(|line| line == "bastion is running, status checks initializing"), "{lines:?}");
}

#[test]
fn instance_terminated_while_watched_fails() {
    for gone in [Some("shutting-down"), None] {
        let (_, outcome, _) = run(on(PowerAction::Stop), World::of("running"), |world| {
            world.machine = match world.looks {
                1 => Some(machine("stopping", "not-applicable")),
                _ => gone.map(|state| machine(state, "not-applicable")),
            };
        });
        assert_eq!(outcome.verdict, Verdict::Failed, "{gone:?} {outcome:?}");
        assert!(outcome.summary.contains("was terminated meanwhile"), "{outcome:?}");
    }
}

#[test]
fn instance_stopping_by_itself_fails_with_the_reason_of_ec2() {
    let (_, outcome, _) = run(on(PowerAction::Start), World::of("stopped"), |world| {
        let reason = Some("Server.InternalError: Client error on launch".to_owned());
        world.machine = Some(match world.looks {
            1 => machine("pending", "not-applicable"),
            _ => Ec2Instance { reason, ..machine("stopped", "not-applicable") },
        });
    });
    assert_eq!(outcome.verdict, Verdict::Failed, "{outcome:?}");
    assert!(outcome.causes.iter().any(|cause| cause.contains("Client error on launch")), "{outcome:?}");
}

#[test]
fn reboot_is_done_when_the_checks_restarted_and_pass() {
    let (_, outcome, _) = run(on(PowerAction::Reboot), World::of("running"), |world| {
        let checks = if world.looks < 4 { "initializing" } else { "ok" };
        world.machine = Some(machine("running", checks));
    });
    assert_eq!((outcome.verdict, outcome.summary.contains("has restarted")), (Verdict::Done, true), "{outcome:?}");
    let (_, outcome, _) = run(on(PowerAction::Reboot), World::of("running"), |_| {});
    assert!(outcome.summary.contains("never failed"), "nothing was seen of it, and that is said: {outcome:?}");
}

#[test]
fn instance_with_a_persistently_failing_check_fails() {
    let (_, outcome, _) = run(on(PowerAction::Start), World::of("stopped"), |world| {
        world.machine = Some(Ec2Instance { instance_check: Some("impaired".into()), ..machine("running", "ok") });
    });
    assert_eq!(outcome.verdict, Verdict::Failed, "{outcome:?}");
    assert!(outcome.causes.iter().any(|cause| cause.contains("its own status check fails")), "{outcome:?}");
}

#[test]
fn throttled_reads_are_reported_once_and_waited_out() {
    let (_, outcome, lines) = run(on(PowerAction::Stop), World::of("running"), |world| {
        if world.looks == 1 {
            world.failing = 3;
        }
        let state = if world.looks < 6 { "stopping" } else { "stopped" };
        world.machine = Some(machine(state, "not-applicable"));
    });
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("cannot look")).count(), 1, "{lines:?}");
}

#[test]
fn plan_stopped_by_a_failure_ends_with_its_kind() {
    let world = World { failing: u32::MAX, ..World::of("running") };
    let (operations, id) = planned(on(PowerAction::Stop), world, &environment());
    let outcome = get(&operations, id).outcome.clone().expect("ended");
    assert_eq!((outcome.verdict, outcome.failure), (Verdict::Impossible, Some(FailureKind::Throttled)), "{outcome:?}");
}

#[test]
fn lost_change_is_looked_for_and_not_sent_twice() {
    let lost = Failure::new(FailureKind::Timeout, "no answer");
    let world = World { answer: Some(lost), ..World::of("running") };
    let (writes, outcome, _) = run(on(PowerAction::Stop), world, |world| {
        let state = if world.looks < 4 { "stopping" } else { "stopped" };
        world.machine = Some(machine(state, "not-applicable"));
    });
    assert_eq!((writes.len(), outcome.verdict), (1, Verdict::Done), "{outcome:?}");
}

#[test]
fn unstartable_instance_reports_why() {
    let stop_texts = |turn, machine: Option<Ec2Instance>| {
        let (operations, id) = planned(on(turn), World { machine, ..World::default() }, &environment());
        stops(&operations, id).join("; ")
    };
    assert!(stop_texts(PowerAction::Stop, Some(machine("stopped", "ok"))).contains("stopped already"));
    assert!(stop_texts(PowerAction::Start, Some(machine("running", "ok"))).contains("runs already"));
    assert!(stop_texts(PowerAction::Reboot, Some(machine("stopping", "ok"))).contains("it must be running"));
    assert!(stop_texts(PowerAction::Stop, None).contains("there is no instance i-1"));
    let store = Ec2Instance { has_instance_store_root: true, ..machine("running", "ok") };
    assert!(stop_texts(PowerAction::Stop, Some(store)).contains("instance store"));
    let grouped = Ec2Instance { group: Some("web-asg".into()), ..machine("running", "ok") };
    assert!(stop_texts(PowerAction::Stop, Some(grouped)).contains("web-asg"));
}

#[test]
fn stopping_is_disruptive_and_starting_is_not() {
    let risk = |turn, state| {
        let (operations, id) = planned(on(turn), World::of(state), &environment());
        get(&operations, id).plan.as_ref().map(|plan| plan.risk)
    };
    assert_eq!(risk(PowerAction::Start, "stopped"), Some(Risk::Change));
    assert_eq!(risk(PowerAction::Stop, "running"), Some(Risk::Disrupt));
    assert_eq!(risk(PowerAction::Reboot, "running"), Some(Risk::Disrupt));
}

#[test]
fn invalidation_is_done_when_completed() {
    let (writes, outcome, lines) = run(paths(&["/*", "/a", "/a"]), World::site(), |world| {
        if world.looks > 3 {
            world.status = "Completed";
        }
    });
    let [Write::Invalidate(Batch { distribution, paths, reference })] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!((distribution.as_str(), paths.len()), ("E1", 2), "a path that is named twice is one");
    assert!(reference.starts_with("cockpit-"), "{reference}");
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert!(lines.iter().any(|line| line == "I1: InProgress"), "{lines:?}");
}

#[test]
fn price_is_stated_from_the_1001st_path() {
    let texts = |paths: u64, month: Option<Failure>| {
        let world = World { month, paths, ..World::site() };
        let (operations, id) = planned(self::paths(&["/a", "/b"]), world, &environment());
        let plan = get(&operations, id).plan.clone().expect("a plan");
        plan.checks.iter().map(|check| check.text.clone()).collect::<Vec<_>>().join("; ")
    };
    assert!(texts(3, None).contains("free of charge: 3 paths were invalidated this month"), "{}", texts(3, None));
    assert!(texts(999, None).contains("it costs $0.005"), "{}", texts(999, None));
    let denied = Failure::new(FailureKind::Denied, "cloudfront:ListInvalidations: not allowed");
    let text = texts(0, Some(denied));
    assert!(text.contains("what it costs is not known") && text.contains("cloudfront:ListInvalidations"), "{text}");
}

#[test]
fn distribution_of_another_environment_is_not_touched() {
    let (operations, id) = planned(paths(&["E2", "/*"]), World::site(), &environment());
    assert!(
        stops(&operations, id).join("; ").contains("not known to be one of staging"),
        "{:?}",
        stops(&operations, id)
    );
    let named = EnvironmentConfig { distributions: vec!["E2".into()], ..environment() };
    let (operations, id) = planned(paths(&["other.example", "/*"]), World::site(), &named);
    assert_eq!(stops(&operations, id), [""; 0]);
    let both = EnvironmentConfig { distributions: vec!["E*".into()], ..environment() };
    let (operations, id) = planned(paths(&["/*"]), World::site(), &both);
    assert!(stops(&operations, id).join("; ").contains("several distributions"), "{:?}", stops(&operations, id));
}

#[test]
fn instance_started_by_someone_else_ends_the_wait() {
    let (_, outcome, _) = run(on(PowerAction::Stop), World::of("running"), |world| {
        world.machine = Some(match world.looks {
            1 => machine("stopping", "not-applicable"),
            _ => machine("pending", "not-applicable"),
        });
    });
    assert!(outcome.verdict == Verdict::Failed && outcome.summary.contains("was started meanwhile"), "{outcome:?}");
}

#[test]
fn timeout_reports_why_the_last_read_failed() {
    let world = RefCell::new(World::of("stopped"));
    let mut operations = Operations::new("t", TimeZone::UTC);
    operations.deadline = Some(at(60));
    let (id, effects) = operations.start(on(PowerAction::Start), &environment(), at(0));
    settle(&mut operations, effects, at(0), &mut |call| world.borrow_mut().answer(call));
    let effects = operations.confirm(id, at(1));
    world.borrow_mut().failing = 1_000;
    to_its_end(&mut operations, id, effects, 1, &mut |call| world.borrow_mut().answer(call));
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert_eq!(outcome.verdict, Verdict::Unknown, "{outcome:?}");
    assert!(outcome.causes.contains(&"slow down".to_owned()), "{outcome:?}");
}
