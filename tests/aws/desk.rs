//! A session connected to a simulated AWS, and every read and write there is, with arguments that are valid in staging.
#![allow(dead_code)] // each test binary uses its part

use crate::support::{SECRET, World};
use aws_sim::{ACCOUNT, Scenario};
use cockpit::app::operation::call::{self, CallResult, ParameterWrite, Read, Reply, Write};
use cockpit::app::operation::database::call::{RdsRead, RdsWrite};
use cockpit::app::operation::single::address::call::{Ingress, ReachRead};
use cockpit::app::operation::single::invalidation::call::{Batch, CdnRead};
use cockpit::aws::{Connection, Keys, Session};
use cockpit::model::health_probe::manual_access::AccessChange;
use cockpit::model::image::Registry;
use cockpit::model::machine::PowerAction;
use cockpit::model::parameters::{Kind, Value};
use cockpit::model::scaling::Suspended;
use cockpit::model::timer::{Power, Timer};
use cockpit::model::{Failure, Service};
use tokio::runtime::Runtime;

pub const REGION: &str = "ap-northeast-1";
pub const CLUSTER: &str = "bookmark-manager-staging-cluster";
pub const WEB: &str = "bookmark-manager-staging-web";
pub const FUNCTION: &str = "bookmark-manager-staging-ecs-scheduler";
pub const DATABASE: &str = "bookmark-manager-staging-db";

/// A session and the simulator that it is connected to.
pub struct Desk {
    pub world: World,
    pub session: Session,
    pub runtime: Runtime,
}

/// A connection that makes only one attempt, with a secret that must not be shown.
pub fn connection(endpoint: String) -> Connection {
    Connection {
        attempts: Some(1),
        keys: Some(Keys { id: "AKIASIMULATED0000000".into(), secret: SECRET.into() }),
        ..Connection::simulated(endpoint, REGION)
    }
}

impl Desk {
    pub fn new(scenario: Scenario) -> Self {
        Self::with(scenario, |connection| connection)
    }

    pub fn with(scenario: Scenario, change: impl FnOnce(Connection) -> Connection) -> Self {
        let world = World::start(scenario);
        let session = Session::new(change(connection(world.endpoint())));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { world, session, runtime }
    }

    pub fn read(&self, read: Read) -> Result<Reply, Failure> {
        self.runtime.block_on(self.session.read(read, None)).outcome
    }

    pub fn write(&self, write: Write) -> CallResult {
        self.runtime.block_on(self.session.write(write, Some(ACCOUNT.into())))
    }

    /// Makes a change that must succeed; returns its reply, after checking that AWS gave a request id.
    pub fn done(&self, write: Write) -> Reply {
        let action = write.action();
        let answered = self.write(write);
        assert_eq!(answered.request_ids.len(), 1, "{action}: {answered:?}");
        assert!(answered.request_ids[0].len() > 20, "{answered:?}");
        answered.outcome.unwrap_or_else(|failure| panic!("{action}: {failure}"))
    }

    pub fn web(&self) -> Service {
        let read = Read::Services { cluster: CLUSTER.into(), names: vec![WEB.into()] };
        let Ok(Reply::Services(mut services)) = self.read(read) else { panic!() };
        services.remove(0)
    }

    pub fn timers(&self) -> Vec<Timer> {
        let Ok(Reply::Timers(timers)) = self.read(Read::Timers { prefix: "bookmark-manager-staging-".into() }) else {
            panic!()
        };
        timers
    }

    /// The deployments of web, newest first.
    pub fn history(&self) -> Vec<cockpit::model::ServiceDeployment> {
        let read = Read::History { cluster: CLUSTER.into(), service: WEB.into() };
        let Ok(Reply::Releases(releases)) = self.read(read) else { panic!() };
        releases
    }

    /// The repository of web's image.
    pub fn repository(&self) -> (Option<Registry>, String, String) {
        let Ok(Reply::TaskDefinition(definition)) =
            self.read(Read::TaskDefinition { name: self.web().task_definition })
        else {
            panic!()
        };
        let image = cockpit::model::image::ImageRef::parse(&definition.containers[0].image);
        (image.ecr_registry(), image.repository.clone(), image.reference().to_owned())
    }
}

/// Every read, with staging's names, and its action: the one that its failure names.
pub fn reads(desk: &Desk) -> Vec<(Read, &'static str)> {
    let web = desk.web();
    let (registry, repository, reference) = desk.repository();
    let (cluster, service) = (String::from(CLUSTER), String::from(WEB));
    vec![
        (Read::Identity, "sts:GetCallerIdentity"),
        (Read::Services { cluster: cluster.clone(), names: vec![service.clone()] }, "ecs:DescribeServices"),
        (Read::History { cluster: cluster.clone(), service: service.clone() }, "ecs:ListServiceDeployments"),
        (Read::Releases { arns: vec![desk.history()[0].arn.clone()] }, "ecs:DescribeServiceDeployments"),
        (Read::Tasks { cluster: cluster.clone(), service }, "ecs:ListTasks"),
        (Read::Task { cluster, id: "0".repeat(32) }, "ecs:DescribeTasks"),
        (Read::TaskDefinition { name: web.task_definition.clone() }, "ecs:DescribeTaskDefinition"),
        (Read::Scalable { resource: web.scaling_id() }, "application-autoscaling:DescribeScalableTargets"),
        (Read::Image { registry: registry.clone(), repository: repository.clone(), reference }, "ecr:DescribeImages"),
        (Read::Images { registry, repository }, "ecr:DescribeImages"),
        (Read::Targets { groups: web.target_groups }, "elasticloadbalancing:DescribeTargetHealth"),
        (Read::Timers { prefix: "bookmark".into() }, "scheduler:ListSchedules"),
        (
            Read::TaskLog {
                group: "/ecs/bookmark-manager-staging-web".into(),
                region: None,
                stream: "x".into(),
                limit: 50,
            },
            "logs:GetLogEvents",
        ),
        (Read::Function { name: FUNCTION.into() }, "lambda:GetFunctionConfiguration"),
        (Read::Databases { patterns: vec!["*".into()] }, "rds:DescribeDB"),
        (Read::Rds(RdsRead::Database { id: DATABASE.into(), cluster: false }), "rds:DescribeDBInstances"),
        (Read::Rds(RdsRead::Events { sources: vec![(DATABASE.into(), false)], since: None }), "rds:DescribeEvents"),
        (Read::Rds(RdsRead::Snapshots { id: DATABASE.into(), cluster: false }), "rds:DescribeDBSnapshots"),
        (Read::Rds(RdsRead::Snapshots { id: "x".into(), cluster: true }), "rds:DescribeDBClusterSnapshots"),
        (Read::Login { registry: None }, "ecr:GetAuthorizationToken"),
        (Read::Parameter { name: PARAMETER.into() }, "ssm:DescribeParameters"),
        (Read::Instance { id: INSTANCE.into() }, "ec2:DescribeInstances"),
        (Read::Reach(ReachRead::Rules { groups: Vec::new() }), "ec2:DescribeSecurityGroups"),
        (Read::Cdn(CdnRead::Distributions), "cloudfront:ListDistributions"),
        (Read::Alarm { name: ALARM.into() }, "cloudwatch:DescribeAlarms"),
    ]
}

const INSTANCE: &str = "i-0123456789abcdef0";
const ALARM: &str = "bookmark-manager-staging-db-cpu-high";
const PARAMETER: &str = "/bookmark-manager/staging/SMTP_PASSWORD";

fn put() -> ParameterWrite {
    ParameterWrite {
        name: PARAMETER.into(),
        value: Value::new("a test"),
        kind: Kind::Secure,
        key: None,
        description: None,
        overwrite: true,
        advanced: false,
    }
}

/// A security group rule that allows an address, or its removal.
fn ingress(description: Option<String>) -> Write {
    let opening = AccessChange {
        group: "sg-0".into(),
        cidr: "203.0.113.9/32".into(),
        ports: vec![443],
        ..AccessChange::default()
    };
    Write::Ingress(Ingress { opening, description })
}

/// Every change, with staging's names, and the operation that the simulator counts.
pub fn writes(desk: &Desk) -> Vec<(Write, &'static str)> {
    let web = desk.web();
    let timer = Box::new(desk.timers().remove(1));
    let (cluster, service) = (String::from(CLUSTER), String::from(WEB));
    let database = |id: &str, cluster, power| Write::Database { id: id.into(), cluster, power };
    let task = desk.read(Read::Tasks { cluster: cluster.clone(), service: service.clone() });
    let Ok(Reply::Tasks(tasks)) = task else { panic!("{task:?}") };
    let id = tasks.iter().find(|task| task.last_status == "RUNNING").unwrap().id.clone();
    vec![
        (
            Write::Register { base: web.task_definition.clone(), images: vec![("web".into(), "web:next".into())] },
            "ecs:RegisterTaskDefinition",
        ),
        (
            Write::Update {
                cluster: cluster.clone(),
                service,
                task_definition: Some(web.task_definition.clone()),
                force: true,
                desired: Some(2),
                exec: true,
            },
            "ecs:UpdateService",
        ),
        (Write::RollBack { arn: desk.history()[0].arn.clone() }, "ecs:StopServiceDeployment"),
        (Write::StopTask { cluster, id, reason: "a test".into() }, "ecs:StopTask"),
        (
            Write::Remember { arn: web.arn.clone(), desired: Some(3), suspended: Some(Suspended::default()) },
            "ecs:TagResource",
        ),
        (
            Write::Forget { arn: web.arn.clone(), keys: vec![call::DESIRED_COUNT_TAG, call::SUSPENDED_SCALING_TAG] },
            "ecs:UntagResource",
        ),
        (
            Write::Limits { resource: web.scaling_id(), min: Some(1), max: Some(4), suspended: None },
            "application-autoscaling:RegisterScalableTarget",
        ),
        (Write::Invoke { function: FUNCTION.into(), power: Power::Start }, "lambda:Invoke"),
        (Write::Skip { timer, until: Some("2030-01-01T00:00:00Z".parse().unwrap()) }, "scheduler:UpdateSchedule"),
        (database(DATABASE, false, Power::Stop), "rds:StopDBInstance"),
        (database(DATABASE, false, Power::Start), "rds:StartDBInstance"),
        (Write::PutParameter(Box::new(put())), "ssm:PutParameter"),
        (Write::DeleteParameter { name: PARAMETER.into() }, "ssm:DeleteParameter"),
        (
            Write::MuteAlarm {
                alarm: ALARM.into(),
                from: "2030-01-01T00:00:00Z".parse().unwrap(),
                length: jiff::SignedDuration::from_hours(1),
            },
            "cloudwatch:PutAlarmMuteRule",
        ),
        (Write::UnmuteAlarm { alarm: ALARM.into() }, "cloudwatch:DeleteAlarmMuteRule"),
        (database("no-such", true, Power::Stop), "rds:StopDBCluster"),
        (database("no-such", true, Power::Start), "rds:StartDBCluster"),
        (Write::Rds(RdsWrite::Reboot { instance: DATABASE.into(), failover: false }), "rds:RebootDBInstance"),
        (Write::Rds(RdsWrite::Failover { cluster: "no-such".into(), to: "x".into() }), "rds:FailoverDBCluster"),
        (
            Write::Rds(RdsWrite::Snapshot { database: "no-such".into(), cluster: true, name: "x".into() }),
            "rds:CreateDBClusterSnapshot",
        ),
        (
            Write::Rds(RdsWrite::Snapshot { database: "no-such".into(), cluster: false, name: "x".into() }),
            "rds:CreateDBSnapshot",
        ),
        (Write::Instance { id: INSTANCE.into(), turn: PowerAction::Reboot }, "ec2:RebootInstances"),
        (Write::Instance { id: INSTANCE.into(), turn: PowerAction::Stop }, "ec2:StopInstances"),
        (Write::Instance { id: INSTANCE.into(), turn: PowerAction::Start }, "ec2:StartInstances"),
        (ingress(Some("a test".into())), "ec2:AuthorizeSecurityGroupIngress"),
        (ingress(None), "ec2:RevokeSecurityGroupIngress"),
        (
            Write::Invalidate(Batch { distribution: "E0".into(), paths: vec!["/*".into()], reference: "r".into() }),
            "cloudfront:CreateInvalidation",
        ),
    ]
}

pub fn ecs(desk: &Desk) -> aws_sdk_ecs::Client {
    let config = aws_sdk_ecs::Config::builder()
        .behavior_version(aws_sdk_ecs::config::BehaviorVersion::latest())
        .region(aws_sdk_ecs::config::Region::new(REGION))
        .endpoint_url(desk.world.endpoint())
        .credentials_provider(aws_credential_types::Credentials::new("AKIATEST", "test", None, None, "test"));
    aws_sdk_ecs::Client::from_conf(config.build())
}

pub fn scheduler(desk: &Desk) -> aws_sdk_scheduler::Client {
    let config = aws_sdk_scheduler::Config::builder()
        .behavior_version(aws_sdk_scheduler::config::BehaviorVersion::latest())
        .region(aws_sdk_scheduler::config::Region::new(REGION))
        .endpoint_url(desk.world.endpoint())
        .credentials_provider(aws_credential_types::Credentials::new("AKIATEST", "test", None, None, "test"));
    aws_sdk_scheduler::Client::from_conf(config.build())
}
