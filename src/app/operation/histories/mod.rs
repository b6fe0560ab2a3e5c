//! Generated histories: a small, unreliable AWS that does what it likes, and a deployment that must not be
//! fooled by it. Never a success unless our own deployment ended SUCCESSFUL; never two verdicts; every path
//! ends. [`every`] goes through all stories that can be told of an operation, one by one ([`stage`] plays them).

mod elsewhere;
mod every;
mod stage;

use super::call::{Answered, Call, CallId, Read, Reply, Write};
use super::deploy::{self, Source};
use super::outcome::Verdict;
use super::{Operation, Operations, Stage, What};
use crate::app::effect::Effect;
use crate::app::testing::cases;
use crate::config::{EnvironmentConfig, Hooks};
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::{Breaker, Deployment, RolloutState, Service};
use crate::model::task::{Container, Task};
use crate::model::task_definition::ContainerDefinition;
use crate::model::{Failure, FailureKind, Identity, TaskDefinition, image::Image};
use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;
use std::collections::BTreeSet;

const NAME: &str = "app-web";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("valid")
}

/// What the world does, one byte after the other, round and round.
struct Script {
    bytes: Vec<u8>,
    place: usize,
}

impl Script {
    fn next(&mut self) -> u8 {
        let byte = self.bytes[self.place % self.bytes.len()];
        // Going round, the same bytes mean something else.
        let turn = (self.place / self.bytes.len()) as u8;
        self.place += 1;
        byte.wrapping_add(turn.wrapping_mul(37))
    }
}

struct Release {
    entry: ServiceDeployment,
    deployment: String,
    ours: bool,
}

/// An AWS that answers as it likes.
struct World {
    script: Script,
    second: i64,
    number: u32,
    revision: u32,
    service: Service,
    releases: Vec<Release>,
    tasks: Vec<Task>,
    /// Of ours, how often the service was updated forwards.
    updates: usize,
    trouble: u8,
    /// An answer to a change was lost.
    lost: bool,
}

impl World {
    fn new(bytes: Vec<u8>, breaker: Option<Breaker>, desired: u32, trouble: u8) -> Self {
        let mut world = Self {
            script: Script { bytes, place: 0 },
            second: 0,
            number: 0,
            revision: 7,
            service: Service {
                name: NAME.into(),
                status: "ACTIVE".into(),
                controller: "ECS".into(),
                desired,
                running: desired,
                min_percent: Some(100),
                max_percent: Some(200),
                breaker,
                task_definition: "web:7".into(),
                ..Service::default()
            },
            releases: Vec::new(),
            tasks: Vec::new(),
            updates: 0,
            trouble,
            lost: false,
        };
        for (revision, age) in [(5, 9_000), (6, 6_000), (7, 3_000)] {
            world.second = -age;
            world.begin(&format!("web:{revision}"), false);
            let release = &mut world.releases[0];
            release.entry.status = RolloutStatus::Successful;
            release.entry.finished_at = Some(at(-age + 120));
            let primary = &mut world.service.deployments[0];
            primary.rollout = Some(RolloutState::Completed);
            primary.running = desired;
            world.service.deployments.truncate(1);
        }
        world.second = 0;
        world
    }

    fn now(&self) -> Timestamp {
        at(self.second)
    }

    /// A deployment begins; one under way is stopped by it.
    fn begin(&mut self, revision: &str, ours: bool) {
        self.number += 1;
        let id = format!("ecs-svc/{:019}", self.number);
        for release in self.releases.iter_mut().filter(|release| !release.entry.status.terminal()) {
            release.entry.status = RolloutStatus::Stopped;
        }
        for other in &mut self.service.deployments {
            "ACTIVE".clone_into(&mut other.status);
        }
        self.service.deployments.insert(
            0,
            Deployment {
                id: id.clone(),
                status: "PRIMARY".into(),
                rollout: Some(RolloutState::InProgress),
                desired: self.service.desired,
                task_definition: revision.into(),
                created_at: Some(self.now()),
                ..Deployment::default()
            },
        );
        self.service.task_definition = revision.into();
        let arn = format!("arn:release/{}", self.number);
        self.releases.insert(
            0,
            Release {
                entry: ServiceDeployment {
                    id: arn.clone(),
                    arn,
                    status: RolloutStatus::Pending,
                    created_at: Some(self.now()),
                    target: Some(revision.into()),
                    ..ServiceDeployment::default()
                },
                deployment: id,
                ours,
            },
        );
    }

    /// The newest release goes on, in one of many ways.
    #[allow(clippy::match_same_arms)] // each way stands for itself
    fn go_on(&mut self) {
        let byte = self.script.next();
        let desired = self.service.desired;
        let newest = &mut self.releases[0];
        let primary = self.service.deployments.iter_mut().find(|other| other.id == newest.deployment);
        let Some(primary) = primary else { return };
        match (newest.entry.status.clone(), byte) {
            (RolloutStatus::Pending, 0..=120) => newest.entry.status = RolloutStatus::InProgress,
            (RolloutStatus::InProgress, 0..=40) if primary.running < desired => primary.running += 1,
            (RolloutStatus::InProgress, 41..=70) if primary.running >= desired => {
                newest.entry.status = RolloutStatus::Successful;
                newest.entry.finished_at = Some(at(self.second));
                primary.rollout = Some(RolloutState::Completed);
                self.service.deployments.truncate(1);
                self.service.running = desired;
            }
            // A task ends by itself.
            (RolloutStatus::InProgress | RolloutStatus::Successful, 71..=100) if byte % 8 < self.trouble => {
                primary.running = primary.running.saturating_sub(1);
                let id = format!("{:032}", self.tasks.len());
                self.tasks.push(Task {
                    id,
                    started_by: primary.id.clone(),
                    last_status: "STOPPED".into(),
                    stop_code: Some("EssentialContainerExited".into()),
                    containers: vec![Container { name: "web".into(), exit_code: Some(1), ..Container::default() }],
                    ..Task::default()
                });
            }
            (RolloutStatus::InProgress, 101..=112) if self.service.breaker.is_some_and(|breaker| breaker.enabled) => {
                primary.rollout = Some(RolloutState::Failed);
                newest.entry.status = if self.service.breaker.is_some_and(|breaker| breaker.rollback) {
                    RolloutStatus::RollbackInProgress
                } else {
                    RolloutStatus::Stopped
                };
            }
            (RolloutStatus::RollbackInProgress, 0..=60) => self.rolled_back(),
            (RolloutStatus::RollbackInProgress, 61..=65) => newest.entry.status = RolloutStatus::RollbackFailed,
            (RolloutStatus::Successful, 200..=215) if primary.running < desired => primary.running += 1,
            _ => {}
        }
    }

    /// The deployment before is PRIMARY again: the service is stable, and nothing of ours runs.
    fn rolled_back(&mut self) {
        self.releases[0].entry.status = RolloutStatus::RollbackSuccessful;
        let gone = self.releases[0].deployment.clone();
        self.service.deployments.retain(|other| other.id != gone);
        if let Some(old) = self.service.deployments.first_mut() {
            "PRIMARY".clone_into(&mut old.status);
            old.rollout = Some(RolloutState::Completed);
            old.running = self.service.desired;
            self.service.task_definition.clone_from(&old.task_definition);
        }
        self.service.running = self.service.desired;
    }

    /// What others do.
    fn interfere(&mut self) {
        match self.script.next() {
            0 => {
                self.revision += 1;
                let revision = format!("web:{}", self.revision);
                self.begin(&revision, false);
            }
            1 => {
                let running = self.service.task_definition.clone();
                self.begin(&running, false);
            }
            2 if !self.releases[0].entry.status.terminal() => self.releases[0].entry.status = RolloutStatus::Stopped,
            3 if !self.releases[0].entry.status.terminal() => {
                self.releases[0].entry.status = RolloutStatus::RollbackInProgress;
            }
            4 => {
                self.service.desired = 0;
                self.service.deployments.iter_mut().for_each(|other| other.running = 0);
            }
            _ => {}
        }
    }

    fn fails(&mut self) -> Option<Failure> {
        let kind = match self.script.next() {
            0..=5 => FailureKind::Throttled,
            6..=9 => FailureKind::Timeout,
            10..=12 => FailureKind::Credentials,
            13..=15 => FailureKind::Malformed,
            16..=18 => FailureKind::Unreachable,
            19..=21 => FailureKind::Service,
            22..=25 => FailureKind::WrongAccount,
            _ => return None,
        };
        Some(Failure::new(kind, "as it likes"))
    }

    fn answer(&mut self, call: Call) -> Answered {
        let failure = self.fails();
        let elsewhere = failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::WrongAccount);
        let failure = failure.filter(|_| !elsewhere);
        if elsewhere
            && self.second > 2
            && let Some(nothing) = elsewhere::nothing_like(&call)
        {
            return nothing;
        }
        let of = matches!(call, Call::Read(_)).then(|| "1".to_owned());
        let outcome = match call {
            Call::Read(read) => match failure {
                // Before anything is asked for, an answer that fails only ends the looking.
                Some(failure) if self.second > 2 => Err(failure),
                _ => Ok(self.read(read)),
            },
            Call::Write { write, .. } => match failure {
                // Refused, or lost before it was carried out, or after.
                Some(failure) if !super::call::may_have_landed(&failure) => Err(failure),
                Some(failure) => {
                    self.lost = true;
                    if self.script.next() < 128 {
                        let _ = self.write(write);
                    }
                    Err(failure)
                }
                None => self.write(write),
            },
            Call::Run(_) => Ok(Reply::Ended { code: Some(0), output: String::new(), left_out: 0 }),
            Call::Audit(_) => Ok(Reply::Done),
        };
        Answered { account: of, ..Answered::new(outcome) }
    }

    fn read(&mut self, read: Read) -> Reply {
        match read {
            Read::Identity => Reply::Identity(Identity { account: "1".into(), ..Identity::default() }),
            Read::Services { .. } => Reply::Services(vec![self.service.clone()]),
            Read::History { .. } => {
                Reply::Releases(self.releases.iter().map(|release| release.entry.clone()).collect())
            }
            Read::Releases { arns } => {
                let found = self.releases.iter().filter(|release| arns.contains(&release.entry.arn));
                Reply::Releases(found.map(|release| release.entry.clone()).collect())
            }
            Read::Tasks { .. } | Read::Task { .. } => Reply::Tasks(self.tasks.clone()),
            Read::TaskDefinition { name } => {
                let name = if name.contains(':') { name } else { format!("{name}:{}", self.revision) };
                // Only the one that was registered by us has our image.
                let image = if name == "web:8" {
                    "1.dkr.ecr.x.amazonaws.com/web@sha256:new"
                } else {
                    "1.dkr.ecr.x.amazonaws.com/web:old"
                };
                Reply::TaskDefinition(Box::new(TaskDefinition {
                    name,
                    containers: vec![ContainerDefinition {
                        name: "web".into(),
                        image: image.into(),
                        essential: true,
                        ..ContainerDefinition::default()
                    }],
                    ..TaskDefinition::default()
                }))
            }
            Read::Scalable { .. } => Reply::Scalable(None),
            Read::Image { .. } => Reply::Image(Box::new(Image { digest: "sha256:new".into(), ..Image::default() })),
            Read::Targets { .. } => Reply::Targets(Vec::new()),
            Read::TaskLog { .. } => Reply::Log(vec!["Error".into()]),
            Read::Images { .. }
            | Read::Timers { .. }
            | Read::Actions { .. }
            | Read::Function { .. }
            | Read::Databases { .. }
            | Read::Login { .. } => Reply::Done,
        }
    }

    fn write(&mut self, write: Write) -> Result<Reply, Failure> {
        match write {
            Write::Register { .. } => {
                self.revision += 1;
                Ok(Reply::Registered(format!("web:{}", self.revision)))
            }
            Write::Update { task_definition, .. } => {
                let back = task_definition.as_deref() == Some("web:7") && self.updates > 0;
                let revision = task_definition.unwrap_or_else(|| self.service.task_definition.clone());
                self.updates += usize::from(!back);
                self.begin(&revision, true);
                Ok(Reply::Services(vec![self.service.clone()]))
            }
            Write::RollBack { arn } => {
                let found = self.releases.iter_mut().find(|release| release.entry.arn == arn);
                match found {
                    Some(release) if !release.entry.status.terminal() => {
                        release.entry.status = RolloutStatus::RollbackInProgress;
                        Ok(Reply::Done)
                    }
                    _ => Err(Failure::new(FailureKind::Other, "it has ended")),
                }
            }
            _ => Ok(Reply::Done),
        }
    }
}

fn environment() -> EnvironmentConfig {
    EnvironmentConfig {
        name: "staging".into(),
        account: Some("1".into()),
        cluster: Some("app".into()),
        ..EnvironmentConfig::default()
    }
}

/// Runs one history; what there is at its end, and whether anything came after the verdict.
fn run(world: &mut World, source: Source, roll_back: Option<bool>, detach: Option<i64>) -> Operation {
    let mut operations = Operations::new("test", TimeZone::UTC);
    let request = deploy::Request {
        service: NAME.into(),
        short: "web".into(),
        source,
        base: None,
        container: None,
        roll_back,
        hooks: Hooks { before_deploy: Some("true".into()), after_deploy: Some("true".into()), ..Hooks::default() },
    };
    let (id, mut effects) = operations.start(What::from(request), &environment(), world.now());
    let mut asked: BTreeSet<CallId> = BTreeSet::new();
    let mut verdicts = 0;
    let mut late: Vec<(i64, CallId, Answered)> = Vec::new();
    for _ in 0..2_400 {
        let mut calls: Vec<(CallId, Call)> = effects
            .drain(..)
            .map(|effect| match effect {
                Effect::Call { id, call, .. } => (id, *call),
                other => panic!("{other:?}"),
            })
            .collect();
        while let Some((call_id, call)) = calls.pop() {
            assert!(asked.insert(call_id), "an id is handed out once");
            let answered = world.answer(call);
            // Some answers come late, and in another order.
            if world.second > 3 && world.script.next() < 40 {
                let wait = i64::from(world.script.next() % 12);
                late.push((world.second + wait, call_id, answered));
                continue;
            }
            let before = operations.get(id).and_then(|operation| operation.outcome.clone());
            for effect in operations.answered(call_id, &answered, world.now()) {
                let Effect::Call { id, call, .. } = effect else { panic!("only calls") };
                calls.push((id, *call));
            }
            let after = operations.get(id).and_then(|operation| operation.outcome.clone());
            verdicts += usize::from(before.is_none() && after.is_some());
            assert!(before.is_none() || before == after, "a verdict is final");
        }
        let operation = operations.get(id).expect("it is there");
        if operation.outcome.is_some() {
            break;
        }
        if operation.stage == Stage::Asking {
            effects = operations.confirm(id, world.now());
            continue;
        }
        world.second += 1;
        world.go_on();
        world.interfere();
        let due: Vec<_> = late.extract_if(.., |(when, ..)| *when <= world.second).collect();
        for (_, call_id, answered) in due {
            effects.extend(operations.answered(call_id, &answered, world.now()));
        }
        effects.extend(operations.tick(world.now()));
        if detach == Some(world.second) {
            effects.extend(operations.detach(id, world.now()));
        }
    }
    let operation = operations.get(id).expect("it is there").clone();
    assert!(operation.outcome.is_some(), "every path ends: {:?}", operation.words());
    assert!(verdicts <= 1);
    operation
}

/// What the verdict must be true of.
fn judge(world: &World, operation: &Operation) {
    let verdict = operation.outcome.as_ref().map(|outcome| outcome.verdict).expect("an outcome");
    let ours: Vec<&Release> = world.releases.iter().filter(|release| release.ours).collect();
    let watched = operation.machine().watch();
    let deployment = watched.map(|watch| watch.subject.deployment.clone());
    let of_watch = world.releases.iter().find(|release| Some(&release.deployment) == deployment.as_ref());
    match verdict {
        Verdict::Done => {
            let release = of_watch.expect("done is said of a deployment");
            // One that was forced in the very seconds in which our answer was lost cannot be told from ours;
            // it does just what was asked for.
            let target = release.entry.target.as_deref();
            let wanted = target == Some("web:7") || ours.iter().any(|mine| mine.entry.target.as_deref() == target);
            let same = world.lost && wanted;
            assert!(release.ours || same, "{:?}", operation.lines);
            assert_eq!(release.entry.status, RolloutStatus::Successful, "{:?}", operation.lines);
        }
        Verdict::RolledBack => assert!(
            of_watch.is_some_and(|release| match release.entry.status {
                RolloutStatus::RollbackSuccessful => true,
                // The way back, as a deployment of its own.
                RolloutStatus::Successful => release.ours && release.entry.target.as_deref() == Some("web:7"),
                _ => false,
            }),
            "{:?}",
            operation.lines
        ),
        Verdict::Failed => {
            let serves = of_watch.is_some_and(|release| {
                release.entry.status == RolloutStatus::Successful && release.entry.target.as_deref() != Some("web:7")
            });
            let runs = world.service.deployments.first().is_some_and(|primary| {
                Some(&primary.id) == deployment.as_ref() && primary.running >= world.service.desired
            });
            assert!(!(serves && runs && world.trouble == 0), "{:?}", operation.lines);
        }
        Verdict::Unknown => {
            let gave_up = operation.outcome.as_ref().is_some_and(|outcome| outcome.summary.contains("the time is up"));
            let over = of_watch.is_some_and(|release| release.entry.status.terminal() && world.second > 1_000);
            assert!(!(gave_up && over), "an end was not seen: {:?}", operation.lines);
        }
        Verdict::Refused | Verdict::Impossible | Verdict::Cancelled => {
            assert_eq!(world.updates, 0, "nothing was changed: {:?}", operation.lines);
        }
    }
    // A change that was lost is looked for before it is made again. What somebody else did in between can hide
    // it, and then it is made again and watched instead of the first.
    if ours.len() == world.releases.len() - 3 {
        assert!(world.updates <= 1, "{:?}", operation.lines);
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn no_history_makes_a_deployment_lie(
        bytes in prop::collection::vec(any::<u8>(), 50..400),
        breaker in prop::option::of((any::<bool>(), any::<bool>())),
        desired in 0_u32..4,
        trouble in 0_u8..8,
        roll_back in prop::option::of(any::<bool>()),
        force in any::<bool>(),
        detach in prop::option::of(5_i64..400),
    ) {
        let breaker = breaker.map(|(enabled, rollback)| Breaker { enabled, rollback });
        let mut world = World::new(bytes, breaker, desired, trouble);
        let source = if force { Source::Force } else { Source::Image("9f3c2e1".into()) };
        let operation = run(&mut world, source, roll_back, detach);
        judge(&world, &operation);
    }
}

/// What the verdict of a rollback that was asked for must be true of.
fn judge_back(world: &World, operation: &Operation) {
    let verdict = operation.outcome.as_ref().map(|outcome| outcome.verdict).expect("an outcome");
    let watched = operation.machine().watch();
    let of_watch =
        watched.and_then(|watch| world.releases.iter().find(|release| release.deployment == watch.subject.deployment));
    match verdict {
        Verdict::Done => {
            let release = of_watch.expect("done is said of a deployment");
            let goes_back = release.entry.status == RolloutStatus::Successful && (release.ours || world.lost);
            // Somebody else's, that was ended.
            let was_ended = release.entry.status == RolloutStatus::RollbackSuccessful && !release.ours;
            assert!(goes_back || was_ended, "{:?}", operation.lines);
        }
        Verdict::RolledBack => {
            let status = of_watch.map(|release| release.entry.status.clone());
            let one = [RolloutStatus::RollbackSuccessful, RolloutStatus::Successful];
            assert!(status.is_some_and(|status| one.contains(&status)), "{:?}", operation.lines);
        }
        Verdict::Refused | Verdict::Impossible | Verdict::Cancelled => {
            assert_eq!(world.updates, 0, "nothing was changed: {:?}", operation.lines);
        }
        Verdict::Failed | Verdict::Unknown => {}
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn no_history_makes_a_rollback_lie(
        bytes in prop::collection::vec(any::<u8>(), 50..400),
        breaker in prop::option::of((any::<bool>(), any::<bool>())),
        desired in 0_u32..4,
        trouble in 0_u8..8,
        under_way in any::<bool>(),
        named in any::<bool>(),
        roll_back in prop::option::of(any::<bool>()),
        detach in prop::option::of(5_i64..400),
    ) {
        let breaker = breaker.map(|(enabled, rollback)| Breaker { enabled, rollback });
        let mut world = World::new(bytes, breaker, desired, trouble);
        if under_way {
            world.revision = 8;
            world.begin("web:8", false);
        }
        let source = Source::Back(named.then(|| "web:5".to_owned()));
        let operation = run(&mut world, source, roll_back, detach);
        judge_back(&world, &operation);
    }
}

/// A world in which nothing goes wrong.
fn calm() -> Vec<u8> {
    // Answers come, others stay away, and the rollout goes on by bytes between 23 and 70.
    (0..20_000_u32).map(|number| 23 + (number * 7 % 48) as u8).collect()
}

#[test]
fn in_a_calm_world_it_is_done() {
    let mut world = World::new(calm(), Some(Breaker { enabled: true, rollback: true }), 2, 0);
    let operation = run(&mut world, Source::Image("9f3c2e1".into()), None, None);
    let outcome = operation.outcome.clone().expect("an outcome");
    assert_eq!(outcome.verdict, Verdict::Done, "{:?}", operation.lines);
    judge(&world, &operation);
    assert_eq!(world.updates, 1);
}

#[test]
fn all_verdicts_occur_among_generated_histories() {
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    for seed in 0..400_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .take(300)
        .collect();
        let breaker = (seed % 3 != 0).then_some(Breaker { enabled: true, rollback: seed % 3 == 1 });
        let mut world = World::new(bytes, breaker, 1 + (seed % 3) as u32, (seed % 8) as u8);
        let operation = run(&mut world, Source::Image("9f3c2e1".into()), None, (seed % 10 == 9).then_some(20));
        judge(&world, &operation);
        seen.extend(operation.outcome.map(|outcome| outcome.verdict.word()));
    }
    for verdict in ["done", "rolled_back", "failed", "unknown"] {
        assert!(seen.contains(verdict), "{verdict} never occurs: {seen:?}");
    }
}
