//! A small test world that answers fetches with a given number of services and tasks.

pub(crate) mod calls;

use super::effect::Effect;
use super::event::{Answer, Event};
use super::keymap::Keymap;
use super::poll::Wants;
use super::{App, Session};
use crate::config::{Config, EnvironmentConfig, Ui};
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::key::Key;
use crate::model::task_definition::ContainerDefinition;
use crate::model::{
    Alarm, Cluster, DbInstance, Deployment, Failure, FailureKind, Identity, RolloutState, Service, Source, Task,
    TaskDefinition,
};
use crate::panes::table::TABLE;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub(super) const ACCOUNT: &str = "123456789012";

/// A property test's configuration: `usual` cases, scaled up if `PROPTEST_CASES` (usually 256) is larger.
pub(crate) fn cases(usual: u32) -> proptest::test_runner::Config {
    let config = proptest::test_runner::Config::default();
    proptest::test_runner::Config { cases: usual * config.cases / 256, ..config }
}

pub(super) fn at(second: i64) -> Timestamp {
    "2026-11-20T05:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

pub(super) fn environment(name: &str) -> EnvironmentConfig {
    EnvironmentConfig {
        name: name.into(),
        account: Some(ACCOUNT.into()),
        region: Some("ap-northeast-1".into()),
        cluster: Some(format!("{name}-cluster")),
        databases: vec!["*".into()],
        alarms: vec!["a-".into()],
        ..EnvironmentConfig::default()
    }
}

pub(super) fn open(wants: Wants) -> (App, Vec<Effect>) {
    let config = Config {
        default_environment: Some("staging".into()),
        environments: vec![environment("staging"), environment("prod")],
        ui: Ui::default(),
        ..Config::default()
    };
    let (mut app, mut effects) =
        App::new(&TABLE, config, environment("staging"), Session::default(), Keymap::of(&TABLE), wants, at(0));
    effects.extend(app.update(Event::Resize(120, 40)));
    (app, effects)
}

/// Draws the screen and lets enough time pass for a person to read it.
pub(crate) fn read_screen(app: &mut App) {
    app.settle();
    let at = app.confirm.now() + SignedDuration::from_secs(1);
    app.update(Event::Drawn(at, app.screen.size));
    app.update(Event::Elapsed(at + SignedDuration::from_secs(2)));
}

/// Handles an input of a person who has read the screen first.
pub(crate) fn user_input(app: &mut App, event: Event) -> Vec<Effect> {
    read_screen(app);
    app.update(event)
}

/// An app that has read the whole world once.
pub(super) fn read(world: &World) -> App {
    let (mut app, effects) = open(Wants::default());
    world.answer(&mut app, effects);
    world.tick(&mut app, 1);
    app
}

/// The answers of AWS in these tests.
#[derive(Clone)]
pub(super) struct World {
    pub(super) account: &'static str,
    pub(super) services: usize,
    /// Number of tasks of each service.
    pub(super) tasks: usize,
    pub(super) failing: BTreeMap<Source, FailureKind>,
    pub(super) silent: BTreeSet<Source>,
}

pub(super) fn world(services: usize, tasks: usize) -> World {
    World { account: ACCOUNT, services, tasks, failing: BTreeMap::new(), silent: BTreeSet::new() }
}

pub(super) fn name(number: usize) -> String {
    format!("svc-{number:05}")
}

fn service(number: usize, tasks: usize) -> Service {
    let (name, count) = (name(number), tasks as u32);
    Service {
        cluster: "staging-cluster".into(),
        status: "ACTIVE".into(),
        desired: count,
        running: count,
        task_definition: format!("{name}:1"),
        deployments: vec![Deployment {
            id: format!("ecs-svc/{number}"),
            status: "PRIMARY".into(),
            rollout: Some(RolloutState::Completed),
            desired: count,
            running: count,
            task_definition: format!("{name}:1"),
            ..Deployment::default()
        }],
        target_groups: vec![format!("arn:aws:elasticloadbalancing:x:1:targetgroup/{name}/1")],
        name,
        ..Service::default()
    }
}

fn task(number: usize, each: usize) -> Task {
    Task {
        id: format!("{number:08x}"),
        service: Some(name(number / each.max(1))),
        last_status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        health: "UNKNOWN".into(),
        ..Task::default()
    }
}

/// The AWS queries among effects.
pub(super) fn fetches(effects: &[Effect]) -> Vec<&Query> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Fetch { ask: Ask::Aws(query), .. } => Some(query),
            _ => None,
        })
        .collect()
}

pub(super) fn broken(effect: &Effect, kind: FailureKind) -> Event {
    part(effect, Part::Failed(Failure::new(kind, "it failed")))
}

pub(super) fn part(effect: &Effect, part: Part) -> Event {
    let Effect::Fetch { ticket, .. } = effect else { panic!("{effect:?}") };
    Event::Answer(Answer { ticket: *ticket, requests: 1, part: part.into() })
}

impl World {
    /// Answers fetches and their follow-ups; returns every query, in order.
    pub(super) fn answer(&self, app: &mut App, effects: Vec<Effect>) -> Vec<Query> {
        let mut waiting: VecDeque<Effect> = effects.into();
        let mut queries = Vec::new();
        while let Some(effect) = waiting.pop_front() {
            if matches!(effect, Effect::Call { .. }) {
                waiting.extend(self.aws(app.now).event(&effect).map(|event| app.update(event)).unwrap_or_default());
                continue;
            }
            let Effect::Fetch { ask: Ask::Aws(query), .. } = &effect else { continue };
            queries.push(query.clone());
            if let Some(event) = self.event(&effect, query) {
                waiting.extend(app.update(event));
            }
        }
        app.settle();
        queries
    }

    /// Answers the calls of operations: it has the same services and keeps no changes.
    fn aws(&self, now: Timestamp) -> calls::Aws {
        calls::Aws {
            account: self.account.into(),
            now,
            services: (0..self.services).map(|number| service(number, self.tasks)).collect(),
            definitions: (0..self.services)
                .map(|number| TaskDefinition {
                    name: format!("{}:1", name(number)),
                    containers: vec![ContainerDefinition {
                        name: "app".into(),
                        image: "1.dkr.ecr.x.amazonaws.com/app:1".into(),
                        ..ContainerDefinition::default()
                    }],
                    ..TaskDefinition::default()
                })
                .collect(),
            failing: self.failing.get(&Source::Services).map(|kind| Failure::new(*kind, "it failed")),
            silent: self.silent.contains(&Source::Services),
            ..calls::Aws::default()
        }
    }

    pub(super) fn event(&self, effect: &Effect, query: &Query) -> Option<Event> {
        if self.silent.contains(&query.source()) {
            return None;
        }
        Some(match self.failing.get(&query.source()) {
            Some(kind) => broken(effect, *kind),
            None => part(effect, Part::Last(self.fact(query))),
        })
    }

    /// Advances time and answers the requests that follow.
    pub(super) fn tick(&self, app: &mut App, second: i64) -> Vec<Query> {
        let effects = app.update(Event::Tick(at(second)));
        let queries = self.answer(app, effects);
        app.settle();
        queries
    }

    pub(super) fn press(&self, app: &mut App, keys: &str) {
        for key in keys.split(' ') {
            let effects = user_input(app, Event::Key(key.parse::<Key>().unwrap()));
            self.answer(app, effects);
            app.settle();
        }
    }

    fn fact(&self, query: &Query) -> Fact {
        match query {
            Query::Identity => {
                Fact::Identity(Identity { account: self.account.into(), arn: "arn:me".into(), ..Identity::default() })
            }
            Query::Cluster { cluster } => {
                Fact::Cluster(Some(Cluster { name: cluster.clone(), status: "ACTIVE".into(), ..Cluster::default() }))
            }
            Query::ServiceNames { .. } => Fact::ServiceNames((0..self.services).map(name).collect()),
            Query::Services { names, .. } => {
                let number = |name: &String| name.strip_prefix("svc-")?.parse::<usize>().ok();
                let known: Vec<usize> = names.iter().filter_map(number).filter(|n| *n < self.services).collect();
                Fact::Services(known.into_iter().map(|n| service(n, self.tasks)).collect(), Vec::new())
            }
            Query::TaskIds { stopped, .. } => {
                let count = if *stopped { 0 } else { self.services * self.tasks };
                Fact::TaskIds((0..count).map(|n| task(n, self.tasks).id).collect())
            }
            Query::Tasks { ids, .. } => {
                let number = |id: &String| usize::from_str_radix(id, 16).unwrap();
                Fact::Tasks(ids.iter().map(|id| task(number(id), self.tasks)).collect())
            }
            Query::TaskDefinition { name } => {
                Fact::TaskDefinition(Box::new(TaskDefinition { name: name.clone(), ..TaskDefinition::default() }))
            }
            Query::Rollouts { .. } => Fact::Rollouts(Vec::new()),
            Query::ScalableTargets { .. } => Fact::ScalableTargets(Vec::new()),
            Query::ScalingPolicies { .. } => Fact::ScalingPolicies(Vec::new()),
            Query::ScheduledActions { .. } => Fact::ScheduledActions(Vec::new()),
            Query::Schedules { .. } => Fact::Schedules(Vec::new()),
            Query::ScalingActivities { .. } => Fact::ScalingActivities(Vec::new()),
            Query::TargetGroups => Fact::TargetGroups(Vec::new()),
            Query::Targets { .. } => Fact::Targets(Vec::new()),
            Query::DbClusters => Fact::DbClusters(Vec::new()),
            Query::DbInstances => Fact::DbInstances(vec![DbInstance {
                id: "db".into(),
                status: "available".into(),
                ..DbInstance::default()
            }]),
            Query::DbSnapshots => Fact::DbSnapshots(Vec::new()),
            Query::Alarms { .. } => Fact::Alarms(Vec::<Alarm>::new()),
            Query::AlarmMutes => Fact::AlarmMutes(Vec::new()),
            Query::AlarmHistory { .. } => Fact::AlarmHistory(Vec::new()),
            Query::RdsEvents { .. } => Fact::RdsEvents(Vec::new()),
            Query::Trail { .. } => Fact::Trail(Vec::new()),
            Query::MetricNames { .. } => Fact::MetricNames(Vec::new()),
            Query::Curves { .. } => Fact::Curves(Vec::new()),
            Query::Certificates { .. } => Fact::Certificates(Vec::new()),
            Query::Costs(_) => Fact::Costs(Box::default()),
            Query::Function { .. } => Fact::Function(true),
            Query::Metrics { keys, .. } => Fact::Metrics(keys.iter().map(|key| (key.clone(), Vec::new())).collect()),
            Query::TaskLog { .. } => Fact::TaskLog(Vec::new()),
            Query::LogStreams { .. } => Fact::LogStreams(Vec::new()),
            Query::LogPage(_) | Query::StreamPage(_) => Fact::LogPage(crate::model::logs::LogPage::default()),
            Query::LogGroups { .. } | Query::ConfiguredGroups { .. } => Fact::LogGroups(Vec::new()),
            Query::LiveTail { .. } => Fact::LiveTail(crate::model::logs::LiveUpdate::default()),
            Query::Insights(_) => Fact::Insights(Box::default()),
            Query::Parameters { .. } => Fact::Parameters(Vec::new()),
            Query::ParameterValue { .. } => Fact::Parameter(None),
            Query::ParameterHistory { .. } => Fact::ParameterVersions(Vec::new()),
            Query::Secrets => Fact::Secrets(Vec::new()),
            Query::UserPool { .. } => Fact::UserPool(None),
            Query::Machines { .. } => Fact::Machines(Vec::new(), Vec::new()),
        }
    }
}
