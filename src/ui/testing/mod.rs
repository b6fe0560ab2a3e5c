//! A hand-made world that answers an app's requests, so that test screens show data that went through the real update, and
//! helpers that return the screen as text.

pub mod logs;
pub mod pictures;
mod stage;
mod staging;

use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::keymap::Keymap;
use crate::app::poll::Wants;
pub(crate) use crate::app::testing::{read_screen, user_input};
use crate::app::{App, Session};
use crate::config::{Config, EnvironmentConfig, Ui};
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::health_probe::declared::AcmCertificate;
use crate::model::parameters::{Parameter, ParameterWithValue, Secret, Value};
use crate::model::telemetry::{MetricIdentity, Statistic};
use crate::model::timeline::{AlarmChange, RdsEvent, TrailEvent};
use crate::model::*;
use crate::panes::table::TABLE;
use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
pub use stage::{Stage, WEB};
pub use staging::{service, staging, with_services};
use std::collections::BTreeMap;

/// The time of all screen tests: 14:02:31 JST.
pub fn now() -> Timestamp {
    "2026-11-20T05:02:31Z".parse().unwrap()
}

#[allow(clippy::unnecessary_wraps)] // fields take an `Option`
pub fn ago(minutes: i64) -> Option<Timestamp> {
    Some(now() - SignedDuration::from_mins(minutes))
}

/// Everything that AWS answers in a screen test.
#[derive(Clone, Default)]
pub struct World {
    pub services: Vec<Service>,
    pub tasks: Vec<Task>,
    pub definitions: Vec<TaskDefinition>,
    pub rollouts: BTreeMap<String, Vec<ServiceDeployment>>,
    pub scalable: Vec<ScalableTarget>,
    pub policies: Vec<ScalingPolicy>,
    pub scheduled: Vec<ScheduledAction>,
    pub activities: Vec<ScalingActivity>,
    pub targets: BTreeMap<String, Vec<Target>>,
    pub clusters: Vec<DbCluster>,
    pub instances: Vec<DbInstance>,
    pub snapshots: Vec<DatabaseSnapshot>,
    pub alarms: Vec<Alarm>,
    /// Certificates of the load balancers.
    pub certificates: Vec<AcmCertificate>,
    /// Rules that mute alarms.
    pub mutes: Vec<Mute>,
    pub parameters: Vec<Parameter>,
    pub secrets: Vec<Secret>,
    pub pool: Option<users::PoolStatistics>,
    pub machines: Vec<machine::Ec2Instance>,
    /// Failed reads of container instances.
    pub machines_missing: Vec<Failure>,
    pub alarm_changes: Vec<AlarmChange>,
    pub rds_events: Vec<RdsEvent>,
    pub trail: Vec<TrailEvent>,
    /// Metrics of load balancers, gateways and firewalls.
    pub listed: Vec<MetricIdentity>,
    /// The latest log lines of every agent.
    pub agent_lines: Vec<crate::model::logs::LogEvent>,
    pub failing: BTreeMap<Source, Failure>,
    /// Sources that fail after their first page.
    pub breaking: BTreeMap<Source, Failure>,
    /// Sources that never answer.
    pub silent: Vec<Source>,
    /// The account of the credentials.
    pub account: String,
}

pub fn environment(name: &str) -> EnvironmentConfig {
    EnvironmentConfig {
        name: name.into(),
        project: "bookmark-manager".into(),
        account: Some("123456789012".into()),
        region: Some("ap-northeast-1".into()),
        cluster: Some(format!("bookmark-manager-{name}")),
        databases: vec!["bookmark-manager-*".into()],
        alarms: vec!["bookmark-manager-".into()],
        guarded: name == "prod",
        timezone: Some("Asia/Tokyo".into()),
        ..EnvironmentConfig::default()
    }
}

pub fn config() -> Config {
    Config {
        default_environment: Some("staging".into()),
        environments: vec![environment("staging"), environment("prod")],
        ui: Ui::default(),
        ..Config::default()
    }
}

/// An app that has received no answer yet.
pub fn fresh(environment: EnvironmentConfig, session: Session, size: (u16, u16)) -> (App, Vec<Effect>) {
    let (mut app, effects) = App::new(
        &TABLE,
        config(),
        environment,
        session,
        Keymap::of(&TABLE),
        Wants::of_screen(),
        now() - SignedDuration::from_secs(1),
    );
    let mut all = effects;
    all.extend(app.update(Event::Resize(size.0, size.1)));
    app.settle();
    (app, all)
}

/// An app that has read the whole world.
pub fn loaded_app(world: &World, size: (u16, u16)) -> App {
    loaded_app_in(environment("staging"), world, size)
}

/// An app that has read a world, with another environment configuration.
pub fn loaded_app_in(environment: EnvironmentConfig, world: &World, size: (u16, u16)) -> App {
    let (mut app, effects) = fresh(environment, Session::default(), size);
    world.answer(&mut app, effects);
    tick(&mut app, now(), world);
    app
}

/// Advances the time to `to` and answers the resulting requests.
pub fn tick(app: &mut App, to: Timestamp, world: &World) {
    let effects = app.update(Event::Tick(to));
    world.answer(app, effects);
    app.settle();
}

/// Presses keys, written as in the configuration.
pub fn press(app: &mut App, keys: &str, world: &World) {
    for key in keys.split(' ') {
        let effects = user_input(app, Event::Key(key.parse().unwrap()));
        world.answer(app, effects);
        app.settle();
    }
}

impl World {
    /// Answers fetches, including those that the answers lead to.
    pub fn answer(&self, app: &mut App, effects: Vec<Effect>) {
        let mut waiting: std::collections::VecDeque<Effect> = effects.into();
        while let Some(effect) = waiting.pop_front() {
            let Effect::Fetch { ticket, ask: Ask::Aws(query), .. } = effect else { continue };
            if self.silent.contains(&query.source()) {
                continue;
            }
            let part = match self.failing.get(&query.source()) {
                Some(failure) => Part::Failed(failure.clone()),
                None => Part::Last(self.fact(&query)),
            };
            if let Some(failure) = self.breaking.get(&query.source()) {
                let page = Part::Page(self.fact(&query));
                waiting.extend(app.update(Event::Answer(Answer { ticket, requests: 1, part: page.into() })));
                let part = Part::Failed(failure.clone()).into();
                waiting.extend(app.update(Event::Answer(Answer { ticket, requests: 1, part })));
                continue;
            }
            waiting.extend(app.update(Event::Answer(Answer { ticket, requests: 1, part: part.into() })));
        }
        app.settle();
    }

    fn fact(&self, query: &Query) -> Fact {
        match query {
            Query::Identity => Fact::Identity(Identity {
                account: self.account.clone(),
                arn: format!("arn:aws:sts::{}:assumed-role/AWSReservedSSO_admin_0123/alice", self.account),
                expires: Some(now() + SignedDuration::from_mins(432)),
                ..Identity::default()
            }),
            Query::Cluster { cluster } => Fact::Cluster(Some(Cluster {
                name: cluster.clone(),
                status: "ACTIVE".into(),
                services: self.services.len() as u32,
                ..Cluster::default()
            })),
            Query::ServiceNames { .. } => {
                Fact::ServiceNames(self.services.iter().map(|service| service.name.clone()).collect())
            }
            Query::Services { names, .. } => Fact::Services(
                self.services.iter().filter(|service| names.contains(&service.name)).cloned().collect(),
                Vec::new(),
            ),
            Query::TaskIds { stopped, .. } => Fact::TaskIds(
                self.tasks.iter().filter(|task| task.stopped() == *stopped).map(|task| task.id.clone()).collect(),
            ),
            Query::Tasks { ids, .. } => {
                Fact::Tasks(self.tasks.iter().filter(|task| ids.contains(&task.id)).cloned().collect())
            }
            Query::TaskDefinition { name } => Fact::TaskDefinition(Box::new(
                self.definitions.iter().find(|definition| definition.name == *name).cloned().unwrap_or_default(),
            )),
            Query::Rollouts { service, .. } => Fact::Rollouts(self.rollouts.get(service).cloned().unwrap_or_default()),
            Query::ScalableTargets { .. } => Fact::ScalableTargets(self.scalable.clone()),
            Query::ScalingPolicies { .. } => Fact::ScalingPolicies(self.policies.clone()),
            Query::Schedules { .. } => Fact::Schedules(Vec::new()),
            Query::ScheduledActions { .. } => Fact::ScheduledActions(self.scheduled.clone()),
            Query::ScalingActivities { .. } => Fact::ScalingActivities(self.activities.clone()),
            Query::AlarmMutes => Fact::AlarmMutes(self.mutes.clone()),
            Query::AlarmHistory { .. } => Fact::AlarmHistory(self.alarm_changes.clone()),
            Query::Certificates { .. } => Fact::Certificates(self.certificates.clone()),
            Query::Costs(_) => Fact::Costs(Box::default()),
            Query::MetricNames { .. } => Fact::MetricNames(self.listed.clone()),
            Query::Curves { statistics, period, since, until } => {
                let all = statistics.iter().enumerate();
                Fact::Curves(all.map(|(place, one)| (place, measured(one, *period, (*since, *until)))).collect())
            }
            Query::RdsEvents { .. } => Fact::RdsEvents(self.rds_events.clone()),
            Query::Trail { .. } => Fact::Trail(self.trail.clone()),
            Query::TargetGroups => Fact::TargetGroups(Vec::new()),
            Query::Targets { group } => Fact::Targets(self.targets.get(group).cloned().unwrap_or_default()),
            Query::DbClusters => Fact::DbClusters(self.clusters.clone()),
            Query::DbInstances => Fact::DbInstances(self.instances.clone()),
            Query::DbSnapshots => Fact::DbSnapshots(self.snapshots.clone()),
            Query::Alarms { .. } => Fact::Alarms(self.alarms.clone()),
            Query::Function { .. } => Fact::Function(true),
            Query::Metrics { keys, until, .. } => {
                Fact::Metrics(keys.iter().map(|key| (key.clone(), curve(key, *until))).collect())
            }
            Query::TaskLog { .. } => Fact::TaskLog(self.agent_lines.clone()),
            Query::LogStreams { .. } => Fact::LogStreams(Vec::new()),
            Query::LogPage(_) | Query::StreamPage(_) => Fact::LogPage(crate::model::logs::LogPage::default()),
            Query::LogGroups { .. } | Query::ConfiguredGroups { .. } => Fact::LogGroups(Vec::new()),
            Query::LiveTail { .. } => Fact::LiveTail(crate::model::logs::LiveUpdate::default()),
            Query::Insights(_) => Fact::Insights(Box::default()),
            Query::Parameters { .. } => Fact::Parameters(self.parameters.clone()),
            Query::ParameterValue { name } => {
                let found = self.parameters.iter().find(|one| one.name == *name).cloned();
                let held = |parameter| ParameterWithValue { parameter, value: Ok(Value::new("s3cret\nvalue")) };
                Fact::Parameter(found.map(|one| Box::new(held(one))))
            }
            Query::ParameterHistory { .. } => Fact::ParameterVersions(Vec::new()),
            Query::Secrets => Fact::Secrets(self.secrets.clone()),
            Query::UserPool { .. } => Fact::UserPool(self.pool.clone().map(Box::new)),
            Query::Machines { .. } => Fact::Machines(self.machines.clone(), self.machines_missing.clone()),
        }
    }
}

/// A three-hour curve with a hump, whose height depends on the metric.
fn curve(key: &MetricKey, until: Timestamp) -> Vec<Point> {
    let (base, hump) = match key {
        MetricKey::ServiceCpu(_) | MetricKey::DbCpu(_) => (7.0, 60.0),
        MetricKey::ServiceMemory(_) => (41.0, 20.0),
        MetricKey::DbConnections(_) => (12.0, 9.0),
        MetricKey::DbAcu(_) => (0.5, 1.2),
        MetricKey::DbLag(_) => (18.0, 10.0),
        MetricKey::DbMemory(_) | MetricKey::DbStorage { .. } => (3.2e9, 1e8),
        MetricKey::DbLoad(_) => (0.2, 1.0),
    };
    // Readers get lower values than writers.
    let part = if format!("{key:?}").contains("-2") { 0.4 } else { 1.0 };
    let minute = until.as_second() / 60 * 60;
    let point = |back: i64| Point {
        at: Timestamp::from_second(minute - back * 60).unwrap(),
        value: base
            + part * hump * (-((back as f64 - 60.0) / 25.0).powi(2)).exp()
            + part * f64::from((back % 7) as u8) / 4.0 * base / 10.0,
    };
    (1..180).map(point).collect()
}

/// Points over a period, with a hump that ends half an hour before its end, and a gap of a quarter of an hour.
fn measured(statistic: &Statistic, period: i32, (since, until): (Timestamp, Timestamp)) -> Vec<Point> {
    let base = match statistic.metric.metric.as_str() {
        "TargetResponseTime" => 0.02,
        "FreeableMemory" | "BytesOutToDestination" | "BytesInFromDestination" => 3.2e9,
        "RequestCount" => 900.0,
        _ => 20.0,
    };
    let tail = if statistic.stat == "p99" { 4.0 } else { 1.0 };
    let count = until.duration_since(since).as_secs() / i64::from(period);
    // Values of another day are lower.
    let base = if until < now() - SignedDuration::from_hours(12) { base * 0.6 } else { base };
    let point = |number: i64| {
        let at = since + SignedDuration::from_secs(number * i64::from(period));
        let back = until.duration_since(at).as_secs_f64() / until.duration_since(since).as_secs_f64();
        let missing = (0.25..0.33).contains(&back);
        let value = base * tail * (1.0 + 2.0 * (-((back - 0.5) / 0.1).powi(2)).exp() + (number % 5) as f64 / 25.0);
        (!missing).then_some(Point { at, value })
    };
    (0..count).filter_map(point).collect()
}

/// Draws the state into a buffer.
pub fn drawn(app: &App) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.screen.size.0, app.screen.size.1));
    crate::ui::draw(app, &mut buffer);
    buffer
}

/// Draws the state, and returns the screen as lines of text.
pub fn text(app: &App) -> String {
    let buffer = drawn(app);
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
