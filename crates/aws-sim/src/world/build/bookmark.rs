//! bookmark-manager: staging, which is small and stopped at night; prod, with an Aurora cluster and target tracking.
//! The names are those of the infrastructure shipped with the cockpit.

use super::{ServiceSpec, alarm};
use crate::account::ACCOUNT;
use crate::scenario::Scenario;
use crate::wire::map;
use crate::world::alarms::{Comparison, State};
use crate::world::bluegreen::Strategy;
use crate::world::composite::{Composite, Rule};
use crate::world::databases::{DbCluster, DbInstance};
use crate::world::ecs::Fate;
use crate::world::lifecycle::RollbackOutcome;
use crate::world::load::Shape;
use crate::world::metrics::MetricName;
use crate::world::nightly_stop::{Function, Schedule};
use crate::world::tasksets::Controller;
use crate::world::{DAY, Event, HOUR, MINUTE, SECOND, World};

const REGION: &str = "ap-northeast-1";
const ZONES: &[&str] = &["ap-northeast-1a", "ap-northeast-1c"];
const GIB: f64 = 1_073_741_824.0;

fn secrets(environment: &str, names: &[&'static str]) -> Vec<(&'static str, String)> {
    let arn = |n: &str| format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/bookmark-manager/{environment}/{n}");
    names.iter().map(|n| (*n, arn(n))).collect()
}

/// Adds the two services of an environment: web, api.
fn services(world: &mut World, environment: &'static str, insights: bool) -> (usize, usize) {
    let base = format!("bookmark-manager-{environment}");
    let prod = environment == "prod";
    let tags = vec![("Project", "bookmark-manager"), ("Environment", environment), ("ManagedBy", "terraform")];
    let cluster = world.add_cluster(REGION, &format!("{base}-cluster"), insights, tags.clone());
    let balancer = world.add_balancer(REGION, &format!("{base}-alb"), ZONES);
    let (interval, unhealthy) = if prod { (30, 3) } else { (60, 10) };
    let web_group = world.add_group(balancer, &format!("{base}-web"), 3000, "/health", interval, unhealthy);
    let api_group = world.add_group(balancer, &format!("{base}-api"), 4000, "/api/health", interval, unhealthy);
    let spec = |name: &str, container, port, group, names: &[&'static str], load, memory_use| ServiceSpec {
        cpu: if prod { 1024 } else { 256 },
        memory: if prod { 2048 } else { 512 },
        container,
        port,
        environment: vec![("NODE_ENV", "production".to_owned()), ("PORT", port.to_string())],
        secrets: secrets(environment, names),
        sidecar: prod,
        target_group: Some(group),
        zones: ZONES,
        public_ip: !prod,
        load,
        memory_use,
        tags: tags.clone(),
        ..ServiceSpec::small(cluster, &format!("{base}-{name}"))
    };
    let (web_load, api_load) = if prod { (0.42, 0.34) } else { (0.14, 0.11) };
    let web = spec("web", "web", 3000, web_group, &["NEXT_PUBLIC_API_URL"], web_load, 44.0);
    let api_secrets = ["DATABASE_URL", "MONGODB_URI", "JWT_SECRET"];
    let api = spec("api", "api", 4000, api_group, &api_secrets, api_load, 51.0);
    (world.add_service(web), world.add_service(api))
}

fn service_metric(environment: &str, service: &str, name: &str) -> MetricName {
    let base = format!("bookmark-manager-{environment}");
    let dims = [("ClusterName", &*format!("{base}-cluster")), ("ServiceName", &*format!("{base}-{service}"))];
    MetricName::new("AWS/ECS", name, &dims)
}

/// Adds staging, with the problem of the scenario.
pub(super) fn staging(world: &mut World) {
    let (web, api) = services(world, "staging", false);
    let start = world.start;
    world.databases.instances.push(DbInstance {
        region: REGION,
        id: "bookmark-manager-staging-db".to_owned(),
        cluster: None,
        class: "db.t4g.micro",
        version: "17.6",
        zone: "ap-northeast-1a",
        storage: Some(20),
        multi_az: false,
        public: false,
        status: "available",
        backup_days: 7,
        deletion_protection: false,
        tier: 1,
        created: start - 120 * DAY,
        pending: Vec::new(),
        off: Vec::new(),
        restarted: 0,
    });
    sleep_at_night(world, world.services[web].cluster);
    for service in [web, api] {
        let target = world.add_scaling(service, 1, 2);
        world.add_scheduled(target, "stop-at-night", "cron(0 22 ? * MON-FRI *)", 0, 0);
        world.add_scheduled(target, "start-in-the-morning", "cron(0 9 ? * MON-FRI *)", 1, 2);
    }
    staging_alarms(world);
    go_wrong(world, web, api);
}

/// Adds the alarms of staging: CPU of each service, the database, errors in the log.
fn staging_alarms(world: &mut World) {
    let prefix = "bookmark-manager-staging";
    let db = |name: &str| MetricName::new("AWS/RDS", name, &[("DBInstanceIdentifier", "bookmark-manager-staging-db")]);
    let at_least = Comparison::GreaterOrEqual;
    for (name, service) in [("api-cpu-high", "api"), ("web-cpu-high", "web")] {
        let metric = service_metric("staging", service, "CPUUtilization");
        world.add_alarm(alarm(REGION, prefix, name, "Processor use of the tasks", metric, (at_least, 80.0)));
    }
    world.add_alarm(alarm(
        REGION,
        prefix,
        "db-cpu-high",
        "Processor use of the database",
        db("CPUUtilization"),
        (at_least, 80.0),
    ));
    let connections = db("DatabaseConnections");
    world.add_alarm(alarm(
        REGION,
        prefix,
        "db-connections-high",
        "80 % of 81 connections",
        connections,
        (at_least, 65.0),
    ));
    let storage = db("FreeStorageSpace");
    let low = (Comparison::LessOrEqual, 5.0 * GIB);
    world.add_alarm(alarm(REGION, prefix, "db-storage-low", "Free storage of the database", storage, low));
    let errors = MetricName::new("bookmark-manager/staging", "ApiErrorCount", &[]);
    let mut spec = alarm(
        REGION,
        prefix,
        "api-error-log-count",
        "Lines with ERROR in the log of the api",
        errors,
        (Comparison::Greater, 10.0),
    );
    spec.statistic = "Sum";
    spec.flat = Some((0.0, 0.0));
    world.add_alarm(spec);
}

/// Applies the scenario to the two services of staging.
fn go_wrong(world: &mut World, web: usize, api: usize) {
    match world.scenario {
        Scenario::CrashLoop => crash_loop(world, api),
        Scenario::SlowRollout => {
            for service in [web, api] {
                world.services[service].slow = true;
            }
        }
        Scenario::Breaker => world.forced_fate = Some(Fate::ExitsEarly),
        Scenario::RollbackFails | Scenario::RollbackHangs => {
            world.forced_fate = Some(Fate::ExitsEarly);
            let fails = world.scenario == Scenario::RollbackFails;
            for service in [web, api] {
                world.services[service].rollback_outcome =
                    if fails { RollbackOutcome::Fails } else { RollbackOutcome::Hangs };
            }
        }
        Scenario::NoBreaker => {
            world.forced_fate = Some(Fate::ExitsEarly);
            for service in [web, api] {
                world.services[service].breaker = false;
            }
        }
        Scenario::BlueGreen => {
            for service in [web, api] {
                world.services[service].strategy = Strategy::BlueGreen(1);
            }
        }
        Scenario::Controllers => {
            world.set_controller(web, Controller::CodeDeploy);
            world.set_controller(api, Controller::External);
        }
        Scenario::Stopped => world.fall_asleep(0),
        _ => {}
    }
}

/// Deploys web with an image that cannot be pulled, half a minute ago; the breaker is on.
pub(super) fn bad_image(world: &mut World) {
    let web = world.find_cluster(REGION, "bookmark-manager-staging-cluster");
    let Some(web) = web.and_then(|c| world.find_service(c, "bookmark-manager-staging-web")) else { return };
    let start = world.start;
    world.now = start - 30 * SECOND;
    let current = world.services[web].deployments[0].def.clone();
    let def = world.revise(&current, "f00dbad");
    world.deploy(web, def);
    world.run_until(start);
}

/// Creates api half a minute ago, with an image whose container exits at once: it never had a completed rollout.
pub(super) fn first_deployment(world: &mut World) {
    let api = world.find_cluster(REGION, "bookmark-manager-staging-cluster");
    let Some(api) = api.and_then(|c| world.find_service(c, "bookmark-manager-staging-api")) else { return };
    let start = world.start;
    world.now = start - 30 * SECOND;
    world.erase_history(api, "badc0de");
    world.run_until(start);
}

/// Adds the function that stops and starts staging, and its two schedules, at the same times and with the same effect
/// as the scheduled actions.
fn sleep_at_night(world: &mut World, cluster: usize) {
    let base = "bookmark-manager-staging";
    let created = world.start - 100 * DAY;
    let function = Function { region: REGION, name: format!("{base}-ecs-scheduler"), cluster, modified: created };
    let arn = function.arn();
    world.functions.push(function);
    for (action, hour) in [("start", 9), ("stop", 22)] {
        let target = map! {
            "Arn": arn.as_str(),
            "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/{base}-scheduler"),
            "Input": format!("{{\"action\":\"{action}\"}}"),
            "RetryPolicy": map! {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 3},
        };
        world.put_schedule(Schedule {
            region: REGION,
            name: format!("{base}-{action}"),
            description: None,
            expression: format!("cron(0 {hour} ? * MON-FRI *)"),
            zone: "Asia/Tokyo".to_owned(),
            start: None,
            end: None,
            enabled: true,
            target,
            window: map! {"Mode": "OFF"},
            created,
            modified: created,
            number: 0,
        });
    }
}

/// Deploys a revision four minutes ago whose tasks run out of memory; no breaker stops it.
fn crash_loop(world: &mut World, api: usize) {
    let (cluster, name) = (world.services[api].cluster, world.services[api].name.clone());
    let spec = ServiceSpec {
        container: "api",
        port: 4000,
        environment: vec![("NODE_ENV", "production".to_owned()), ("PORT", "4000".to_owned())],
        secrets: secrets("staging", &["DATABASE_URL", "MONGODB_URI", "JWT_SECRET"]),
        ..ServiceSpec::small(cluster, &name)
    };
    let start = world.start;
    // The past is simulated, not constructed: the clock is set back and the world runs up to the start.
    world.now = start - 4 * MINUTE;
    let def = world.register(&spec, 6, start - 6 * MINUTE, Fate::OutOfMemory);
    let s = &mut world.services[api];
    (s.min_percent, s.max_percent, s.breaker) = (0, 100, false);
    world.deploy(api, def);
    // The old task is removed at once; its end is irrelevant here.
    let old: Vec<u128> = world.services[api].live.drain(..).collect();
    for id in old {
        world.tasks.remove(&(cluster, id));
    }
    world.log_running(api);
    world.run_until(start);
}

/// Adds prod, with the events of the scenario.
pub(super) fn prod(world: &mut World) {
    let (web, api) = services(world, "prod", true);
    for service in [web, api] {
        let name = world.services[service].name.clone();
        let target = world.add_scaling(service, 1, 10);
        world.track(target, &format!("{name}-cpu"), "ECSServiceAverageCPUUtilization", 70.0);
        world.track(target, &format!("{name}-memory"), "ECSServiceAverageMemoryUtilization", 80.0);
    }
    let cluster = aurora(world);
    prod_alarms(world);
    match world.scenario {
        Scenario::Failover => {
            let at = world.start + 30 * SECOND;
            world.schedule(at, Event::FailoverStart { cluster, repeat: true });
        }
        Scenario::ScaleOut => {
            world.services[web].load.shape = Shape::Surge(19.0);
            world.services[api].load.shape = Shape::Surge(13.0);
        }
        _ => {}
    }
}

fn aurora(world: &mut World) -> usize {
    let start = world.start;
    let cluster = world.databases.clusters.len();
    let first = world.databases.instances.len();
    for (n, zone) in (0u32..).zip(ZONES) {
        world.databases.instances.push(DbInstance {
            region: REGION,
            id: format!("bookmark-manager-prod-aurora-{}", n + 1),
            cluster: Some(cluster),
            class: "db.serverless",
            version: "17.5",
            zone,
            storage: None,
            multi_az: false,
            public: false,
            status: "available",
            backup_days: 30,
            deletion_protection: true,
            tier: n,
            created: start - 90 * DAY + i64::from(n) * HOUR,
            pending: Vec::new(),
            off: Vec::new(),
            restarted: 0,
        });
    }
    world.databases.clusters.push(DbCluster {
        region: REGION,
        id: "bookmark-manager-prod-aurora".to_owned(),
        version: "17.5",
        min_acu: 0.5,
        max_acu: 2.0,
        members: vec![first, first + 1],
        status: "available",
        backup_days: 30,
        deletion_protection: true,
        created: start - 90 * DAY,
        writers: vec![(start - 90 * DAY, first)],
        failovers: Vec::new(),
    });
    cluster
}

fn prod_alarms(world: &mut World) {
    let prefix = "bookmark-manager-prod";
    let at_least = Comparison::GreaterOrEqual;
    for (name, service) in [("api-cpu-high", "api"), ("web-cpu-high", "web")] {
        let metric = service_metric("prod", service, "CPUUtilization");
        world.add_alarm(alarm(REGION, prefix, name, "Processor use of the tasks", metric, (at_least, 80.0)));
    }
    let db = |name: &str| MetricName::new("AWS/RDS", name, &[("DBClusterIdentifier", "bookmark-manager-prod-aurora")]);
    world.add_alarm(alarm(
        REGION,
        prefix,
        "db-cpu-high",
        "Processor use of the writer",
        db("CPUUtilization"),
        (at_least, 80.0),
    ));
    let connections = db("DatabaseConnections");
    world.add_alarm(alarm(
        REGION,
        prefix,
        "db-connections-high",
        "80 % of 189 connections",
        connections,
        (at_least, 151.0),
    ));
    let storage = db("FreeLocalStorage");
    let low = (Comparison::LessOrEqual, 5.0 * GIB);
    world.add_alarm(alarm(REGION, prefix, "db-storage-low", "Free local storage of the writer", storage, low));
    let errors = MetricName::new("bookmark-manager/prod", "ApiErrorCount", &[]);
    let mut spec = alarm(
        REGION,
        prefix,
        "api-error-log-count",
        "Lines with ERROR in the log of the api",
        errors,
        (Comparison::Greater, 10.0),
    );
    (spec.statistic, spec.flat) = ("Sum", Some((1.0, 0.0)));
    world.add_alarm(spec);
    let nat = MetricName::new("AWS/NATGateway", "BytesOutToDestination", &[("NatGatewayId", "nat-0a1b2c3d4e5f60718")]);
    let mut spec =
        alarm(REGION, prefix, "nat-bytes-high", "10 GB a day through the NAT gateway", nat, (at_least, 10.0 * GIB));
    (spec.statistic, spec.period, spec.periods, spec.flat) = ("Sum", 86_400, 1, Some((1.9 * GIB, 0.2 * GIB)));
    world.add_alarm(spec);
    let budget = MetricName::new("AWS/Billing", "EstimatedCharges", &[("Currency", "USD")]);
    let mut spec =
        alarm(REGION, prefix, "budget", "The month's budget in dollars", budget, (Comparison::Greater, 250.0));
    (spec.statistic, spec.period, spec.periods, spec.flat) = ("Maximum", 21_600, 1, Some((131.0, 0.5)));
    world.add_alarm(spec);
    let text = format!(
        "(ALARM(\"{prefix}-api-cpu-high\") OR ALARM(\"{prefix}-web-cpu-high\")) OR ALARM(\"{prefix}-db-cpu-high\")"
    );
    let Some(rule) = Rule::parse(&text) else { return };
    let since = world.start - 30 * DAY;
    world.put_composite(Composite {
        region: REGION.to_owned(),
        name: format!("{prefix}-load"),
        description: "Anything that serves requests works at its limit".to_owned(),
        text,
        rule,
        actions_enabled: true,
        actions: vec![format!("arn:aws:sns:{REGION}:{ACCOUNT}:{prefix}-alerts")],
        suppressor: Some((format!("{prefix}-budget"), 120, 180)),
        created: since,
        state: State::Ok,
        reason: "Unchecked: Initial alarm creation".to_owned(),
        updated: since,
        changes: Vec::new(),
    });
}
