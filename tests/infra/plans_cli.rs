//! Plans as typed: the container for an image, deregistered revisions, services without
//! a count, skipped schedules, and the time limit of the whole command.

mod copies;
mod named;

use crate::support::{Home, Output, World, line};
use aws_sdk_ecs::types as sdk;
use aws_sim::{ACCOUNT, Scenario};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

const REGION: &str = "ap-northeast-1";
const CLUSTER: &str = "bookmark-manager-staging-cluster";
const WEB: &str = "bookmark-manager-staging-web";
const STOP: &str = "bookmark-manager-staging-stop";

/// The example configuration, polling a deployment once a second, with `more` appended.
fn home(more: &str) -> Home {
    let config = include_str!("../../config.toml")
        .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
        .replace("# watch = \"3s\" ", "watch = \"1s\" ");
    Home::with(&format!("{config}\n{more}"))
}

/// Another client of the same world, like a colleague's tool.
struct OtherClient {
    runtime: tokio::runtime::Runtime,
    ecs: aws_sdk_ecs::Client,
    scheduler: aws_sdk_scheduler::Client,
    scaling: aws_sdk_applicationautoscaling::Client,
}

macro_rules! client {
    ($service:ident, $world:expr) => {{
        let config = $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region($service::config::Region::new(REGION))
            .endpoint_url($world.endpoint())
            .credentials_provider(aws_credential_types::Credentials::new("AKIATEST", "test", None, None, "test"));
        $service::Client::from_conf(config.build())
    }};
}

impl OtherClient {
    fn new(world: &World) -> Self {
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            ecs: client!(aws_sdk_ecs, world),
            scheduler: client!(aws_sdk_scheduler, world),
            scaling: client!(aws_sdk_applicationautoscaling, world),
        }
    }

    fn web(&self) -> sdk::Service {
        let request = self.ecs.describe_services().cluster(CLUSTER).services(WEB).include(sdk::ServiceField::Tags);
        self.runtime.block_on(request.send()).unwrap().services.unwrap().remove(0)
    }

    fn revision(&self) -> String {
        self.web().task_definition.unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// Registers the running definition with other containers, and additions to the request's body.
    fn register(&self, change: impl FnOnce(&mut Vec<sdk::ContainerDefinition>), more: Option<(&str, Value)>) -> String {
        let describe = self.ecs.describe_task_definition().task_definition(self.revision());
        let definition = self.runtime.block_on(describe.send()).unwrap().task_definition.unwrap();
        let mut containers = definition.container_definitions.unwrap();
        change(&mut containers);
        let request = self.ecs.register_task_definition();
        let request = request
            .set_family(definition.family)
            .set_task_role_arn(definition.task_role_arn)
            .set_execution_role_arn(definition.execution_role_arn)
            .set_network_mode(definition.network_mode)
            .set_requires_compatibilities(definition.requires_compatibilities)
            .set_cpu(definition.cpu)
            .set_memory(definition.memory)
            .set_container_definitions(Some(containers));
        let more = more.map(|(key, value)| (key.to_owned(), value));
        let sending = request.customize().mutate_request(move |request| {
            let Some((key, value)) = &more else { return };
            let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            body[key] = value.clone();
            let text = body.to_string();
            request.headers_mut().insert("content-length", text.len().to_string());
            *request.body_mut() = text.into();
        });
        let registered = self.runtime.block_on(sending.send()).unwrap().task_definition.unwrap();
        registered.task_definition_arn.unwrap().rsplit('/').next().unwrap().to_owned()
    }

    fn deregister(&self, revision: &str) {
        let request = self.ecs.deregister_task_definition().task_definition(revision);
        self.runtime.block_on(request.send()).unwrap();
    }

    fn stop_schedule(&self) -> aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput {
        self.runtime.block_on(self.scheduler.get_schedule().name(STOP).send()).unwrap()
    }

    /// Gives the stop schedule another expression and start.
    fn reschedule(&self, expression: &str, start: Option<&str>) {
        let now = self.stop_schedule();
        let start = start.map(|at| at.parse::<jiff::Timestamp>().unwrap().as_second());
        let request = self
            .scheduler
            .update_schedule()
            .name(STOP)
            .schedule_expression(expression)
            .set_schedule_expression_timezone(now.schedule_expression_timezone)
            .set_start_date(start.map(aws_sdk_scheduler::primitives::DateTime::from_secs))
            .set_target(now.target)
            .set_flexible_time_window(now.flexible_time_window);
        self.runtime.block_on(request.send()).unwrap();
    }
}

fn container(name: &str, image: &str) -> sdk::ContainerDefinition {
    sdk::ContainerDefinition::builder().name(name).image(image).essential(true).build()
}

fn images(output: &Output) -> Value {
    output.json()["operations"][0]["calls"][0]["parameters"]["images"].clone()
}

fn checks(output: &Output) -> String {
    output.json()["operations"][0]["checks"].to_string()
}

#[test]
fn image_replaces_the_load_balanced_container_whatever_its_position() {
    let (home, world) = (home(""), World::staging());
    let other = OtherClient::new(&world);
    let ecr = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com");
    for image in ["public.ecr.aws/datadog/agent:7".to_owned(), format!("{ecr}/bookmark-manager-staging-api:c0ffee1")] {
        let revision = other.register(|all| all.insert(0, container("agent", &image)), None);
        let output =
            line(&mut home.on(&world), &format!("deploy web --image c0ffee1 --from {revision} --dry-run -o json"));
        let images = images(&output.exits(0));
        let changed: Vec<&String> = images.as_object().unwrap().keys().collect();
        assert_eq!(changed, ["web"], "{images}");
        assert!(images["web"].as_str().unwrap().contains("bookmark-manager-staging-web@sha256:"), "{images}");
        // An explicit choice is accepted.
        let output = line(
            &mut home.on(&world),
            &format!("deploy web --image c0ffee1 --from {revision} --container agent --dry-run -o json"),
        );
        assert!(output.out.contains("\"agent\""), "{output:#?}");
    }
}

#[test]
fn ambiguous_container_must_be_named() {
    let (home, world) = (home(""), World::staging());
    let other = OtherClient::new(&world);
    let api = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/bookmark-manager-staging-api:c0ffee1");
    // None of them is behind a load balancer or has the service's name.
    world.poke(&json!({"newer_field": {"operation": "ecs:DescribeServices", "at": "services", "field": "loadBalancers", "value": []}}));
    let twice = other.register(
        |all| {
            all[0].name = Some("one".into());
            let same = sdk::ContainerDefinition::builder().name("two").set_image(all[0].image.clone());
            all.push(same.essential(true).build());
        },
        None,
    );
    let of_one = other.register(
        |all| {
            all[0].name = Some("one".into());
            all.insert(0, container("two", &api.replace("c0ffee1", "0")));
        },
        None,
    );
    let foreign = other.register(|all| all[0].image = Some("docker.io/library/nginx:1".into()), None);
    for (arguments, code, words) in [
        (format!("--image c0ffee1 --from {twice}"), 2, "cannot be told: one, two"),
        (format!("--image c0ffee1 --from {twice} --container two"), 0, ""),
        (format!("--image c0ffee1 --from {twice} --container three"), 2, "it has one, two"),
        (format!("--image n0tthere --from {twice}"), 1, "there is no image n0tthere"),
        (format!("--image 1.2 --from {foreign}"), 2, "cannot be checked"),
        (format!("--image 1.2 --from {foreign} --container web"), 0, ""),
        (format!("--image {api} --from {of_one}"), 0, ""),
        (format!("--image {api} --from {twice}"), 2, "--container NAME"),
        ("--image a/b".to_owned(), 2, "neither a tag nor a digest"),
    ] {
        let output = line(&mut home.on(&world), &format!("deploy web --dry-run {arguments}")).exits(code);
        assert!(output.err.contains(words), "{arguments}: {output:#?}");
    }
    let output = line(&mut home.on(&world), &format!("deploy web --dry-run -o json --image {api} --from {of_one}"));
    assert_eq!(images(&output).as_object().unwrap().keys().collect::<Vec<_>>(), ["two"], "{output:#?}");
    assert_eq!(world.requests("ecs:UpdateService"), 0);
}

#[test]
fn deregistered_revision_is_deployed_as_a_copy() {
    let (home, world) = (home(""), World::run_at(Scenario::Staging, 40.0));
    let other = OtherClient::new(&world);
    let first = other.revision();
    line(&mut home.on(&world), "deploy web --image c0ffee1 --yes").exits(0);
    let second = other.revision();
    other.deregister(&first);
    let output = line(&mut home.on(&world), "rollback web --dry-run -o json").exits(0);
    let calls = output.json()["operations"][0]["calls"].clone();
    assert_eq!(calls[0]["action"], "ecs:RegisterTaskDefinition", "{output:#?}");
    assert_eq!(calls[0]["parameters"]["copyOf"], first.as_str());
    assert!(output.err.contains("is deregistered: a copy of it is registered"), "{output:#?}");
    line(&mut home.on(&world), "rollback web --yes").exits(0);
    let third = other.revision();
    assert!(third != first && third != second, "{third}");
    // The running one, too.
    other.deregister(&third);
    let forced = other.ecs.update_service().cluster(CLUSTER).service(WEB).force_new_deployment(true).send();
    let refused = other.runtime.block_on(forced).unwrap_err();
    assert!(refused.into_service_error().to_string().contains("TaskDefinition is inactive"), "as at AWS");
    let output = line(&mut home.on(&world), "deploy web --force --yes").exits(0);
    assert!(output.err.contains(&format!("{third} is deregistered: a copy")), "{output:#?}");
    assert!(output.err.contains("goes back to a copy of"), "the undo command works: {output:#?}");
    assert_ne!(other.revision(), third);
}

#[test]
fn services_of_every_shape_have_plans_describing_them() {
    let (home, world) = (home(""), World::staging());
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    world.poke(&json!({"shape": {"service": WEB, "scheduling": "DAEMON"}}));
    let output = cockpit("scale web 3 --yes").exits(1);
    assert!(output.err.contains("DAEMON service"), "{output:#?}");
    for arguments in ["stop --direct --dry-run -o json", "stop --dry-run -o json"] {
        let output = cockpit(arguments).exits(0);
        assert!(output.err.contains("web is a DAEMON service"), "{output:#?}");
        assert!(!output.json()["operations"][0]["calls"].to_string().contains(WEB), "{output:#?}");
    }
    let output = cockpit("deploy web --image c0ffee1 --dry-run").exits(0);
    assert!(output.err.contains("DAEMON: one task on each container instance"), "{output:#?}");
    assert_eq!(cockpit("services web -o json").exits(0).json()["services"][0]["scheduling"], "DAEMON");
    assert_eq!(world.requests("ecs:UpdateService"), 0);
    for controller in ["EXTERNAL", "CODE_DEPLOY"] {
        let world = World::staging();
        let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
        world.poke(&json!({"shape": {"service": WEB, "controller": controller}}));
        for arguments in [
            "deploy web --image c0ffee1",
            "deploy web --force --dry-run",
            "rollback web",
            "rollback web --to 1",
            "deploy web --attach",
        ] {
            let output = cockpit(arguments);
            let text = format!("{}{}", output.out, output.err);
            assert_eq!(output.code, 1, "{arguments}: {output:#?}");
            assert!(text.contains(&format!("by {controller}, not by ECS")), "{arguments}: {output:#?}");
            assert!(!text.contains("of  "), "an empty name: {arguments}: {output:#?}");
            assert!(!text.contains("undo:"), "no undo without a change: {arguments}: {output:#?}");
        }
        assert_eq!(cockpit("services web -o json").exits(0).json()["services"][0]["controller"], controller);
        cockpit("scale web 2 --dry-run").exits(0);
        cockpit("stop --direct --dry-run").exits(0);
        cockpit("tasks web").exits(0);
        assert_eq!(world.requests("ecs:UpdateService"), 0);
    }
}

#[test]
fn manual_suspension_is_restored_after_a_direct_stop_and_start() {
    let (home, world) = (home(""), World::run_at(Scenario::Staging, 40.0));
    let other = OtherClient::new(&world);
    let resource = format!("service/{CLUSTER}/{WEB}");
    let state = aws_sdk_applicationautoscaling::types::SuspendedState::builder();
    let state = state.dynamic_scaling_in_suspended(true).build();
    let namespace = aws_sdk_applicationautoscaling::types::ServiceNamespace::Ecs;
    let dimension = aws_sdk_applicationautoscaling::types::ScalableDimension::EcsServiceDesiredCount;
    let request = other.scaling.register_scalable_target().service_namespace(namespace.clone());
    let request = request.scalable_dimension(dimension).resource_id(&resource).suspended_state(state);
    other.runtime.block_on(request.send()).unwrap();
    let now = || {
        let request = other.scaling.describe_scalable_targets().service_namespace(namespace.clone());
        let found = other.runtime.block_on(request.resource_ids(&resource).send()).unwrap();
        let state = found.scalable_targets.unwrap().remove(0).suspended_state.unwrap();
        let flags = [state.dynamic_scaling_in_suspended, state.dynamic_scaling_out_suspended];
        (flags.map(Option::unwrap_or_default), state.scheduled_scaling_suspended.unwrap_or_default())
    };
    for start in ["start --direct --yes", "start --yes"] {
        line(&mut home.on(&world), "stop --direct --yes").exits(0);
        assert_eq!(now(), ([true, true], true), "nothing restores it");
        line(&mut home.on(&world), start).exits(0);
        assert_eq!(now(), ([true, false], false), "{start}");
        let tags = other.web().tags.unwrap_or_default();
        assert!(!tags.iter().any(|tag| tag.key() == Some("cockpit:suspended-scaling")), "{tags:?}");
    }
}

/// Removes the scheduled actions of autoscaling, which are separate schedules.
fn without_actions(other: &OtherClient) {
    let namespace = aws_sdk_applicationautoscaling::types::ServiceNamespace::Ecs;
    let dimension = aws_sdk_applicationautoscaling::types::ScalableDimension::EcsServiceDesiredCount;
    let list = other.scaling.describe_scheduled_actions().service_namespace(namespace.clone());
    for action in other.runtime.block_on(list.send()).unwrap().scheduled_actions.unwrap() {
        let gone = other.scaling.delete_scheduled_action().service_namespace(namespace.clone());
        let gone = gone.scalable_dimension(dimension.clone()).resource_id(action.resource_id);
        other.runtime.block_on(gone.scheduled_action_name(action.scheduled_action_name).send()).unwrap();
    }
}

#[test]
fn skip_is_sent_only_when_it_can_be_computed() {
    let (home, world) = (home(""), World::staging());
    let other = OtherClient::new(&world);
    without_actions(&other);
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    let start = || other.stop_schedule().start_date.map(|at| at.secs());
    let stop = || {
        let list = cockpit("schedule -o json").exits(0).json();
        let schedules = list["schedules"].as_array().unwrap().clone();
        let stop = schedules.into_iter().find(|one| one["name"] == STOP).unwrap();
        (stop["next"].clone(), stop["skipped"].clone())
    };
    for (expression, begins) in [
        ("cron(0 23 ? * 6L *)", None),
        ("cron(0 23 ? * 3#2 *)", None),
        ("cron(0 23 LW * ? *)", Some("2040-01-01T00:00:00Z")),
        ("rate(12 hours)", Some("2020-01-01T07:00:00Z")),
    ] {
        other.reschedule(expression, begins);
        let (next, none) = stop();
        assert!(next.is_string() && none.is_null(), "{expression}: {next} {none}");
        let sent = world.requests("scheduler:UpdateSchedule");
        cockpit("schedule --skip stop --yes").exits(0);
        assert_eq!(world.requests("scheduler:UpdateSchedule"), sent + 1, "{expression}");
        assert!(start().is_some(), "{expression}");
        let (then, skipped) = stop();
        assert_eq!(skipped, next, "{expression}");
        assert_ne!(then, next, "{expression}");
        cockpit("schedule --skip stop --yes").exits(1);
        cockpit("schedule --unskip stop --yes").exits(0);
        assert_eq!(stop(), (next, Value::Null), "{expression}");
        assert!(begins.is_none() || start().is_some(), "the configured start is not lost");
    }
    for (expression, begins, words) in [
        ("rate(12 hours)", None, "no StartDate"),
        ("at(2040-01-01T00:00:00)", Some("2030-01-01T00:00:00Z"), "takes no notice of a StartDate"),
    ] {
        other.reschedule(expression, begins);
        let (before, sent) = (start(), world.requests("scheduler:UpdateSchedule"));
        let output = cockpit("schedule --skip stop --yes").exits(1);
        assert!(output.err.contains(words), "{expression}: {output:#?}");
        assert_eq!((start(), world.requests("scheduler:UpdateSchedule")), (before, sent), "{expression}");
    }
}

#[test]
fn scheduled_stop_action_is_skipped_when_it_comes_first() {
    let (home, world) = (home(""), World::staging());
    let other = OtherClient::new(&world);
    without_actions(&other);
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    let namespace = aws_sdk_applicationautoscaling::types::ServiceNamespace::Ecs;
    let dimension = aws_sdk_applicationautoscaling::types::ScalableDimension::EcsServiceDesiredCount;
    let sets = aws_sdk_applicationautoscaling::types::ScalableTargetAction::builder().max_capacity(0).min_capacity(0);
    let put = other.scaling.put_scheduled_action().service_namespace(namespace).scalable_dimension(dimension);
    let put = put.resource_id(format!("service/{CLUSTER}/{WEB}")).scheduled_action_name("often");
    let put = put.schedule("cron(0/5 * * * ? *)").scalable_target_action(sets.build());
    let end = aws_sdk_applicationautoscaling::primitives::DateTime::from_secs(4_000_000_000);
    other.runtime.block_on(put.end_time(end).send()).unwrap();
    other.reschedule("cron(3 23 ? * 6L *)", None);
    let (put, sent) =
        (world.requests("application-autoscaling:PutScheduledAction"), world.requests("scheduler:UpdateSchedule"));
    let output = cockpit("schedule --skip stop --yes -o json").exits(0);
    let calls = output.json()["operations"][0]["calls"].clone();
    assert_eq!(calls[0]["action"], "application-autoscaling:PutScheduledAction", "{output:#?}");
    assert!(calls[0]["parameters"]["endTime"].is_string(), "an end time that is not sent would be deleted: {calls}");
    assert_eq!(world.requests("application-autoscaling:PutScheduledAction"), put + 1);
    assert_eq!(world.requests("scheduler:UpdateSchedule"), sent, "that one is kept");
    let list = cockpit("schedule -o json").exits(0).json();
    let often = list["schedules"].as_array().unwrap().iter().find(|one| one["name"] == "often").unwrap().clone();
    assert!(often["skipped"].is_string(), "{often}");
}

#[test]
fn time_limit_covers_hooks_and_builds_too() {
    let world = World::staging();
    let hooked = home("[hooks]\nbefore_deploy = \"sleep 50\"\n");
    let building = home("[build.web]\ncontext = \".\"\n");
    let bin = building.path().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    for (program, text) in [("docker", "#!/bin/sh\nexec sleep 50\n"), ("git", "#!/bin/sh\necho c0ffee1\n")] {
        let file = bin.join(program);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let limited = |home: &Home, arguments: &str| {
        let began = Instant::now();
        let mut command = home.on(&world);
        let output = line(command.env("PATH", &path), &format!("{arguments} --timeout 2s")).exits(7);
        // Far less than each would take by itself.
        assert!(began.elapsed() < Duration::from_secs(30), "{arguments}: {output:#?}");
        let text = format!("{}{}", output.out, output.err);
        assert!(text.contains("nothing was changed") && text.contains("the time is up"), "{arguments}: {output:#?}");
    };
    limited(&hooked, "deploy web --image c0ffee1 --yes");
    limited(&building, "deploy web --build --yes");
    world.fault("*", "hang");
    for arguments in [
        "deploy web --image c0ffee1 --yes",
        "schedule --skip stop --yes",
        "scale web 3 --yes",
        "stop --yes",
        "rollback web",
    ] {
        limited(&hooked, arguments);
    }
    line(&mut hooked.on(&world), "schedule --timeout 2s").exits(7);
    world.clear_faults();
    assert_eq!(world.requests("ecs:UpdateService") + world.requests("scheduler:UpdateSchedule"), 0);
}

#[test]
fn foreign_task_definition_and_truncated_digest_are_refused_with_their_cause() {
    let (home, world) = (home(""), World::staging());
    for (arguments, words) in [
        ("rollback web --to bookmark-manager-staging-api:4 --yes", "has no container web, which the load balancer"),
        ("deploy web --image 99ba6da --from bookmark-manager-staging-api:5 --dry-run", "has no container web"),
        ("deploy web --image sha256:abc --dry-run", "a digest is sha256: and 64 digits"),
    ] {
        let output = line(&mut home.on(&world), &format!("{arguments} --env staging")).exits(2);
        assert!(output.err.contains(words), "{arguments}: {output:#?}");
        assert!(!output.err.contains("was not deployed"), "{arguments}: {output:#?}");
    }
    assert_eq!(world.requests("ecs:UpdateService") + world.requests("ecs:RegisterTaskDefinition"), 0);
}
