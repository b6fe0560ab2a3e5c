//! The calls of operations to AWS, against the simulator: the result of each read and the effect of each change. How changes
//! are sent is tested in `aws_changes`.

mod candidates;
mod contents;

mod images;
mod last_lines;
mod login;
mod orphans;

use crate::desk::{CLUSTER, DATABASE, Desk, FUNCTION, REGION, WEB, connection, ecs, reads, scheduler};
use crate::support::SECRET;
use aws_sim::{ACCOUNT, Scenario};
use cockpit::app::operation::call::{DESIRED_COUNT_TAG, DatabaseState, Read, Reply, Write};
use cockpit::aws::{Connection, Session};
use cockpit::model::image::Registry;
use cockpit::model::scaling::Suspended;
use cockpit::model::timer::{Power, Timer};
use cockpit::model::{Failure, FailureKind, RolloutStatus};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;
use tokio::runtime::Runtime;

#[test]
fn service_is_read_with_its_remembered_values() {
    let desk = Desk::new(Scenario::Staging);
    let Ok(Reply::Identity(identity)) = desk.read(Read::Identity) else { panic!() };
    assert_eq!(identity.account, ACCOUNT);
    let names = vec![WEB.into(), "no-such".into()];
    let Ok(Reply::Services(services)) = desk.read(Read::Services { cluster: CLUSTER.into(), names }) else { panic!() };
    let [web] = services.as_slice() else { panic!("{services:?}") };
    assert_eq!((web.name.as_str(), web.remembered), (WEB, None));

    assert!(matches!(
        desk.done(Write::Remember { arn: web.arn.clone(), desired: Some(3), suspended: None }),
        Reply::Done
    ));
    assert_eq!(desk.web().remembered, Some(3));
    assert!(matches!(desk.done(Write::Forget { arn: web.arn.clone(), keys: vec![DESIRED_COUNT_TAG] }), Reply::Done));
    assert_eq!(desk.web().remembered, None);

    let read = Read::Tasks { cluster: CLUSTER.into(), service: WEB.into() };
    let Ok(Reply::Tasks(tasks)) = desk.read(read.clone()) else { panic!() };
    assert!(!tasks.is_empty() && tasks.iter().all(|task| task.service.as_deref() == Some(WEB)), "{tasks:?}");
    let id = tasks.iter().find(|task| task.last_status == "RUNNING").unwrap().id.clone();
    let one = Read::Task { cluster: CLUSTER.into(), id: id.clone() };
    let Ok(Reply::Tasks(alone)) = desk.read(one.clone()) else { panic!() };
    assert_eq!((alone.len(), &alone[0].id), (1, &id));
    let Ok(Reply::Tasks(none)) = desk.read(Read::Task { cluster: CLUSTER.into(), id: "0".repeat(32) }) else {
        panic!()
    };
    assert!(none.is_empty());

    let reason = String::from("stopped by a test");
    desk.done(Write::StopTask { cluster: CLUSTER.into(), id: id.clone(), reason });
    desk.world.advance(120);
    let Ok(Reply::Tasks(tasks)) = desk.read(read) else { panic!() };
    let gone = tasks.iter().find(|task| task.id == id).expect("stopped ones are read too");
    assert_eq!(gone.last_status, "STOPPED");
    assert!(gone.stopped_reason.as_deref().is_some_and(|reason| reason.contains("stopped by a test")), "{gone:?}");
    assert!(tasks.iter().any(|task| task.last_status == "RUNNING"), "{tasks:?}");

    let Ok(Reply::Targets(groups)) = desk.read(Read::Targets { groups: web.target_groups.clone() }) else { panic!() };
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].0, web.target_groups[0]);
    assert!(groups[0].1.iter().any(|target| target.state == "healthy"), "{groups:?}");
}

#[test]
fn deployment_is_registered_followed_and_rolled_back() {
    let desk = Desk::new(Scenario::Staging);
    let before = desk.web();
    let (_, repository, _) = desk.repository();
    let image = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}:next");
    let images = vec![("web".into(), image.clone())];
    let Reply::Registered(name) = desk.done(Write::Register { base: before.task_definition.clone(), images }) else {
        panic!()
    };
    assert_ne!(name, before.task_definition);
    assert_eq!(name.split(':').next(), before.task_definition.split(':').next());
    let Ok(Reply::TaskDefinition(definition)) = desk.read(Read::TaskDefinition { name: name.clone() }) else {
        panic!()
    };
    assert_eq!(definition.containers[0].image, image);
    let family = name.split(':').next().unwrap().to_owned();
    let Ok(Reply::TaskDefinition(newest)) = desk.read(Read::TaskDefinition { name: family }) else { panic!() };
    assert_eq!(newest.name, name);

    let update = Write::Update {
        cluster: CLUSTER.into(),
        service: WEB.into(),
        task_definition: Some(name.clone()),
        force: false,
        desired: None,
        exec: false,
    };
    let Reply::Services(after) = desk.done(update) else { panic!() };
    assert_eq!((after[0].task_definition.as_str(), after[0].desired), (name.as_str(), before.desired));
    let primary = after[0].primary().unwrap().id.clone();
    assert_ne!(Some(&primary), before.primary().map(|primary| &primary.id));

    let history = desk.history();
    assert_eq!(history[0].target.as_ref(), Some(&name));
    assert!(matches!(history[0].status, RolloutStatus::Pending | RolloutStatus::InProgress), "{history:?}");
    assert!(history.is_sorted_by_key(|release| std::cmp::Reverse(release.created_at)));
    assert!(history.iter().all(|release| release.target.is_some()), "{history:?}");
    let Ok(Reply::Releases(one)) = desk.read(Read::Releases { arns: vec![history[0].arn.clone()] }) else { panic!() };
    assert_eq!(one, [history[0].clone()]);

    desk.world.advance(20);
    assert!(matches!(desk.done(Write::RollBack { arn: history[0].arn.clone() }), Reply::Done));
    desk.world.advance(600);
    let Ok(Reply::Releases(one)) = desk.read(Read::Releases { arns: vec![history[0].arn.clone()] }) else { panic!() };
    assert_eq!(one[0].status, RolloutStatus::RollbackSuccessful);
    assert_eq!(desk.web().task_definition, before.task_definition);
    let missing = vec![format!("{}0", history[0].arn)];
    let Ok(Reply::Releases(none)) = desk.read(Read::Releases { arns: missing }) else { panic!() };
    assert!(none.is_empty());

    let scale = Write::Update {
        cluster: CLUSTER.into(),
        service: WEB.into(),
        task_definition: None,
        force: false,
        desired: Some(2),
        exec: false,
    };
    let Reply::Services(scaled) = desk.done(scale) else { panic!() };
    assert_eq!((scaled[0].desired, scaled[0].task_definition.as_str()), (2, before.task_definition.as_str()));
}

#[test]
fn history_without_revision_permission_has_no_targets() {
    let desk = Desk::new(Scenario::CrashLoop);
    desk.world.fault("ecs:DescribeServiceRevisions", "throttle");
    let read = Read::History { cluster: CLUSTER.into(), service: WEB.into() };
    assert_eq!(desk.read(read).unwrap_err().kind, FailureKind::Throttled, "completely or not at all");
    desk.world.clear_faults();
    desk.world.fault("ecs:DescribeServiceRevisions", "denied");
    assert!(desk.history().iter().all(|release| release.target.is_none()));
    desk.world.clear_faults();
    assert!(desk.history().iter().all(|release| release.target.is_none()), "not requested again");
}

#[test]
fn scaling_limits_change_and_suspend_one_at_a_time() {
    let desk = Desk::new(Scenario::Staging);
    let resource = desk.web().scaling_id();
    let target = || {
        let Ok(Reply::Scalable(target)) = desk.read(Read::Scalable { resource: resource.clone() }) else { panic!() };
        target.unwrap()
    };
    let limits = |min, max, suspended| Write::Limits { resource: resource.clone(), min, max, suspended };
    assert_eq!((target().min, target().max), (1, 2));
    desk.done(limits(None, Some(6), None));
    assert_eq!((target().min, target().max), (1, 6));
    let all = Suspended { scale_in: true, scale_out: true, scheduled: true };
    desk.done(limits(None, None, Some(all)));
    assert_eq!((target().max, target().suspended), (6, all));
    desk.done(limits(Some(2), None, Some(Suspended::default())));
    assert_eq!((target().min, target().suspended), (2, Suspended::default()));
    let other = Read::Scalable { resource: format!("service/{CLUSTER}/no-such") };
    assert!(matches!(desk.read(other), Ok(Reply::Scalable(None))));
    let broken = desk.write(limits(Some(u32::MAX), None, None)).outcome.unwrap_err();
    assert_eq!(broken.kind, FailureKind::Other, "{broken}");
}

#[test]
fn invoked_function_returns_what_it_did() {
    let desk = Desk::new(Scenario::Staging);
    assert!(matches!(desk.read(Read::Function { name: FUNCTION.into() }), Ok(Reply::Done)));
    let missing = desk.read(Read::Function { name: "no-such".into() }).unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound, "{missing}");
    let stop = Write::Invoke { function: FUNCTION.into(), power: Power::Stop };
    let Reply::Invoked { answer, log, failed } = desk.done(stop.clone()) else { panic!() };
    assert_eq!(failed, None, "{answer}");
    assert!(serde_json::from_str::<Value>(&answer).is_ok(), "{answer}");
    assert!(log.len() >= 4 && log[0].starts_with("START RequestId"), "{log:?}");
    assert_eq!((desk.web().desired, desk.web().remembered), (0, Some(1)));
    let missing = desk.write(Write::Invoke { function: "no-such".into(), power: Power::Stop }).outcome.unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound, "{missing}");
}

#[test]
fn skipping_a_schedule_keeps_its_other_fields() {
    let desk = Desk::new(Scenario::Staging);
    let timers = desk.timers();
    let names: Vec<&str> = timers.iter().map(|timer| timer.name.as_str()).collect();
    assert_eq!(names, ["bookmark-manager-staging-start", "bookmark-manager-staging-stop"]);
    let stop = &timers[1];
    assert_eq!((stop.group.as_str(), stop.enabled, stop.power()), ("default", true, Some(Power::Stop)));
    assert_eq!((stop.timezone.as_deref(), stop.start), (Some("Asia/Tokyo"), None));
    assert!(stop.target.ends_with(FUNCTION), "{}", stop.target);
    assert!(matches!(desk.read(Read::Timers { prefix: "no-such".into() }), Ok(Reply::Timers(none)) if none.is_empty()));

    let client = scheduler(&desk);
    let fields = || {
        let schedule = desk.runtime.block_on(client.get_schedule().name(&stop.name).send()).unwrap();
        (schedule.target, schedule.flexible_time_window, schedule.description, schedule.end_date, schedule.state)
    };
    let described = desk.runtime.block_on(async {
        let now = client.get_schedule().name(&stop.name).send().await.unwrap();
        client
            .update_schedule()
            .name(&stop.name)
            .set_target(now.target)
            .set_flexible_time_window(now.flexible_time_window)
            .set_schedule_expression(now.schedule_expression)
            .set_schedule_expression_timezone(now.schedule_expression_timezone)
            .description("stops staging")
            .end_date(aws_smithy_types::DateTime::from_secs(2_000_000_000))
            .send()
            .await
    });
    described.unwrap();
    let before = fields();
    assert!(before.2.is_some() && before.3.is_some());
    let until = "2030-01-01T00:00:00Z".parse().unwrap();
    let skip = |timer: &Timer, until| Write::Skip { timer: Box::new(timer.clone()), until };
    // The start was computed for a schedule whose end has changed: nothing is sent.
    let changed = desk.write(skip(stop, Some(until)));
    assert!(changed.outcome.unwrap_err().message.contains("was changed since"));
    let now = desk.timers().remove(1);
    assert!(matches!(desk.done(skip(&now, Some(until))), Reply::Done));
    let skipped = desk.timers().remove(1);
    assert_eq!(skipped.start, Some(until));
    assert_eq!(fields(), before);
    desk.done(skip(&skipped, None));
    let back = desk.timers().remove(1);
    assert_eq!(Timer { modified: now.modified, ..back }, now);
    assert_eq!(fields(), before);
}

#[test]
fn databases_stop_and_start() {
    let desk = Desk::new(Scenario::Staging);
    let states = |pattern: &str| {
        let Ok(Reply::Databases(states)) = desk.read(Read::Databases { patterns: vec![pattern.into()] }) else {
            panic!()
        };
        states
    };
    let state = |status: &str| DatabaseState { id: DATABASE.into(), cluster: false, status: status.into() };
    assert_eq!(states("bookmark-manager-staging-*"), [state("available")]);
    assert!(states("no-such").is_empty());
    desk.done(Write::Database { id: DATABASE.into(), cluster: false, power: Power::Stop });
    assert_eq!(states(DATABASE), [state("stopping")]);
    desk.world.advance(600);
    desk.done(Write::Database { id: DATABASE.into(), cluster: false, power: Power::Start });
    assert_eq!(states(DATABASE), [state("starting")]);

    let prod = Desk::new(Scenario::Prod);
    let aurora = |power| Write::Database { id: "bookmark-manager-prod-aurora".into(), cluster: true, power };
    prod.done(aurora(Power::Stop));
    prod.world.advance(600);
    let Ok(Reply::Databases(states)) = prod.read(Read::Databases { patterns: vec!["bookmark-manager-prod-*".into()] })
    else {
        panic!()
    };
    let [cluster] = states.as_slice() else { panic!("cluster members are not listed separately: {states:?}") };
    assert_eq!((cluster.cluster, cluster.status.as_str()), (true, "stopped"));
    prod.done(aurora(Power::Start));
}

#[test]
fn each_read_fails_whole_with_the_message_of_its_fault() {
    let desk = Desk::new(Scenario::Staging);
    let reads = reads(&desk);
    for (kind, expected) in [
        ("throttle", FailureKind::Throttled),
        ("error", FailureKind::Service),
        ("denied", FailureKind::Denied),
        ("expired", FailureKind::Credentials),
        ("truncate", FailureKind::Unreachable),
        ("reset", FailureKind::Unreachable),
        ("malformed", FailureKind::Malformed),
        ("hang", FailureKind::Timeout),
    ] {
        desk.world.clear_faults();
        let limit = Duration::from_millis(if kind == "hang" { 500 } else { 20_000 });
        // A throttled lane is slow, so each read has its own session, whose account is already known.
        let known = |(read, action): &(Read, &'static str)| {
            let (read, action) = (read.clone(), *action);
            let (operation_timeout, reread_after) = (limit, Duration::from_mins(5));
            let connection = connection(desk.world.endpoint());
            let session = Session::new(Connection { operation_timeout, reread_interval: reread_after, ..connection });
            async move {
                session.read(Read::Identity, None).await.outcome.unwrap();
                (session, read, action)
            }
        };
        let sessions = desk.runtime.block_on(futures_util::future::join_all(reads.iter().map(known)));
        desk.world.fault("*", kind);
        let failing = sessions.into_iter().filter(|(_, read, _)| *read != Read::Identity);
        let failing = failing.map(async |(session, read, action)| {
            let answered = session.read(read, None).await;
            (answered.outcome.unwrap_err(), action)
        });
        let failures = desk.runtime.block_on(futures_util::future::join_all(failing));
        for (failure, action) in failures {
            assert_eq!(failure.kind, expected, "{kind} {action}: {failure}");
            assert!(failure.message.starts_with(action), "{failure}");
            assert!(!format!("{failure:?}").contains(SECRET), "{failure}");
        }
    }
}

#[test]
fn paging_continues_after_an_empty_page_and_stops_at_a_repeated_token() {
    let desk = Desk::new(Scenario::Staging);
    let reads = reads(&desk);
    let listed: Vec<&Read> = reads
        .iter()
        .map(|(read, _)| read)
        .filter(|read| {
            matches!(
                read,
                Read::Tasks { .. }
                    | Read::Images { .. }
                    | Read::Timers { .. }
                    | Read::Databases { .. }
                    | Read::Scalable { .. }
                    | Read::History { .. }
                    | Read::Parameter { .. }
            )
        })
        .collect();
    assert_eq!(listed.len(), 7);
    for read in listed {
        desk.world.clear_faults();
        let complete = format!("{:?}", desk.read(read.clone()).unwrap());
        desk.world.post("/_sim/fault", &json!({"operation": "*", "kind": "empty", "count": 1}));
        assert_eq!(format!("{:?}", desk.read(read.clone()).unwrap()), complete);
        if matches!(read, Read::Timers { .. } | Read::Databases { .. }) {
            // An item on two pages is changed once.
            desk.world.post("/_sim/fault", &json!({"operation": "*", "kind": "loop", "count": 1}));
            assert_eq!(format!("{:?}", desk.read(read.clone()).unwrap()), complete);
        }
        if matches!(read, Read::Parameter { .. }) {
            // A found parameter is not searched for on further pages.
            continue;
        }
        desk.world.fault("*", "loop");
        let failure = desk.read(read.clone()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed, "{read:?}: {failure}");
        assert!(failure.message.contains("same page token"), "{failure}");
    }
}

#[test]
fn copied_revision_differs_only_in_its_image() {
    use aws_sdk_ecs::types as sdk;
    let desk = Desk::new(Scenario::Staging);
    let client = ecs(&desk);
    let container = |name: &str| {
        sdk::ContainerDefinition::builder()
            .name(name)
            .image(format!("{name}:1"))
            .cpu(128)
            .memory(256)
            .memory_reservation(128)
            .command("run")
            .entry_point("/bin/sh")
            .working_directory("/srv")
            .user("1000")
            .environment(sdk::KeyValuePair::builder().name("A").value("1").build())
            .secrets(sdk::Secret::builder().name("S").value_from("arn:aws:ssm:::parameter/s").build().unwrap())
            .docker_labels("l", "v")
            .health_check(sdk::HealthCheck::builder().command("CMD").interval(5).build().unwrap())
            .readonly_root_filesystem(true)
            .start_timeout(9)
            .stop_timeout(10)
            .mount_points(sdk::MountPoint::builder().source_volume("data").container_path("/data").build())
            .restart_policy(sdk::ContainerRestartPolicy::builder().enabled(true).build().unwrap())
    };
    let log = sdk::LogConfiguration::builder().log_driver(sdk::LogDriver::Awslogs).options("awslogs-group", "/g");
    let efs = sdk::EfsVolumeConfiguration::builder().file_system_id("fs-1").build().unwrap();
    let registered = desk.runtime.block_on(
        client
            .register_task_definition()
            .family("everything")
            .container_definitions(container("app").log_configuration(log.build().unwrap()).build())
            .container_definitions(container("side").essential(false).build())
            .volumes(sdk::Volume::builder().name("data").efs_volume_configuration(efs).build())
            .requires_compatibilities(sdk::Compatibility::Fargate)
            .network_mode(sdk::NetworkMode::Awsvpc)
            .cpu("256")
            .memory("512")
            .task_role_arn("arn:aws:iam::123456789012:role/task")
            .execution_role_arn("arn:aws:iam::123456789012:role/execution")
            .pid_mode(sdk::PidMode::Task)
            .ephemeral_storage(sdk::EphemeralStorage::builder().size_in_gib(30).build())
            .runtime_platform(
                sdk::RuntimePlatform::builder()
                    .cpu_architecture(sdk::CpuArchitecture::Arm64)
                    .operating_system_family(sdk::OsFamily::Linux)
                    .build(),
            )
            .proxy_configuration(sdk::ProxyConfiguration::builder().container_name("side").build().unwrap())
            .enable_fault_injection(true)
            .tags(sdk::Tag::builder().key("Project").value("everything").build())
            .send(),
    );
    registered.unwrap();
    let images = vec![("app".to_owned(), "app:2".to_owned())];
    let Reply::Registered(name) = desk.done(Write::Register { base: "everything:1".into(), images }) else { panic!() };
    assert_eq!(name, "everything:2");
    let describe = |name: &str| {
        let request = client.describe_task_definition().task_definition(name).include(sdk::TaskDefinitionField::Tags);
        desk.runtime.block_on(request.send()).unwrap()
    };
    let (before, after) = (describe("everything:1"), describe("everything:2"));
    assert_eq!(before.tags, after.tags);
    assert_eq!(after.tags().len(), 1);
    let (before, mut after) = (before.task_definition.unwrap(), after.task_definition.unwrap());
    let app = &mut after.container_definitions.as_mut().unwrap()[0];
    assert_eq!(app.image.replace("app:1".into()), Some("app:2".into()));
    after.revision = before.revision;
    after.task_definition_arn.clone_from(&before.task_definition_arn);
    after.registered_at = before.registered_at;
    assert_eq!(after, before);

    // Without tags the field is omitted: AWS refuses an empty list.
    let web = desk.web().task_definition;
    desk.done(Write::Register { base: web, images: Vec::new() });
}

#[test]
fn non_numeric_count_is_not_remembered() {
    let desk = Desk::new(Scenario::Staging);
    let arn = desk.web().arn;
    let tag = aws_sdk_ecs::types::Tag::builder().key(DESIRED_COUNT_TAG).value("many").build();
    desk.runtime.block_on(ecs(&desk).tag_resource().resource_arn(arn).tags(tag).send()).unwrap();
    assert_eq!(desk.web().remembered, None);
}
