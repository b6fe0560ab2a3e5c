//! Plans as they are typed for: which container an image goes into, revisions that are deregistered, services that
//! have no count, schedules that are skipped, and the limit of the whole command.
#![allow(clippy::unwrap_used)]

#[path = "plans_cli/copies.rs"]
mod copies;
#[path = "plans_cli/named.rs"]
mod named;
mod support;

use aws_sdk_ecs::types as sdk;
use aws_sim::{ACCOUNT, Scenario};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};
use support::{Home, Said, World, line};

const REGION: &str = "ap-northeast-1";
const CLUSTER: &str = "bookmark-manager-staging-cluster";
const WEB: &str = "bookmark-manager-staging-web";
const STOP: &str = "bookmark-manager-staging-stop";

/// The example configuration, in which a deployment is read once a second, with more at its end.
fn home(more: &str) -> Home {
    let config = include_str!("../config.toml")
        .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
        .replace("# watch = \"3s\" ", "watch = \"1s\" ");
    Home::with(&format!("{config}\n{more}"))
}

/// Another client of the same world, as a colleague's tool.
struct Other {
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

impl Other {
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

    /// Registers what runs with other containers, and more in the request's body.
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

fn images(said: &Said) -> Value {
    said.json()["operations"][0]["calls"][0]["parameters"]["images"].clone()
}

fn checks(said: &Said) -> String {
    said.json()["operations"][0]["checks"].to_string()
}

#[test]
fn an_image_goes_into_the_container_of_the_load_balancer_whatever_stands_before_it() {
    let (home, world) = (home(""), World::staging());
    let other = Other::new(&world);
    let ecr = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com");
    for image in ["public.ecr.aws/datadog/agent:7".to_owned(), format!("{ecr}/bookmark-manager-staging-api:c0ffee1")] {
        let revision = other.register(|all| all.insert(0, container("agent", &image)), None);
        let said =
            line(&mut home.on(&world), &format!("deploy web --image c0ffee1 --from {revision} --dry-run -o json"));
        let images = images(&said.coded(0));
        let changed: Vec<&String> = images.as_object().unwrap().keys().collect();
        assert_eq!(changed, ["web"], "{images}");
        assert!(images["web"].as_str().unwrap().contains("bookmark-manager-staging-web@sha256:"), "{images}");
        // Whoever says it gets it.
        let said = line(
            &mut home.on(&world),
            &format!("deploy web --image c0ffee1 --from {revision} --container agent --dry-run -o json"),
        );
        assert!(said.out.contains("\"agent\""), "{said:#?}");
    }
}

#[test]
fn where_the_container_cannot_be_told_a_person_must_say() {
    let (home, world) = (home(""), World::staging());
    let other = Other::new(&world);
    let api = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/bookmark-manager-staging-api:c0ffee1");
    // None of them is a load balancer's or has the service's name.
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
        let said = line(&mut home.on(&world), &format!("deploy web --dry-run {arguments}")).coded(code);
        assert!(said.err.contains(words), "{arguments}: {said:#?}");
    }
    let said = line(&mut home.on(&world), &format!("deploy web --dry-run -o json --image {api} --from {of_one}"));
    assert_eq!(images(&said).as_object().unwrap().keys().collect::<Vec<_>>(), ["two"], "{said:#?}");
    assert_eq!(world.asked("ecs:UpdateService"), 0);
}

#[test]
fn a_deregistered_revision_is_deployed_as_a_copy_of_it() {
    let (home, world) = (home(""), World::run_at(Scenario::Staging, 40.0));
    let other = Other::new(&world);
    let first = other.revision();
    line(&mut home.on(&world), "deploy web --image c0ffee1 --yes").coded(0);
    let second = other.revision();
    other.deregister(&first);
    let said = line(&mut home.on(&world), "rollback web --dry-run -o json").coded(0);
    let calls = said.json()["operations"][0]["calls"].clone();
    assert_eq!(calls[0]["action"], "ecs:RegisterTaskDefinition", "{said:#?}");
    assert_eq!(calls[0]["parameters"]["copyOf"], first.as_str());
    assert!(said.err.contains("is deregistered: a copy of it is registered"), "{said:#?}");
    line(&mut home.on(&world), "rollback web --yes").coded(0);
    let third = other.revision();
    assert!(third != first && third != second, "{third}");
    // The one that runs, too.
    other.deregister(&third);
    let forced = other.ecs.update_service().cluster(CLUSTER).service(WEB).force_new_deployment(true).send();
    let refused = other.runtime.block_on(forced).unwrap_err();
    assert!(refused.into_service_error().to_string().contains("TaskDefinition is inactive"), "as at AWS");
    let said = line(&mut home.on(&world), "deploy web --force --yes").coded(0);
    assert!(said.err.contains(&format!("{third} is deregistered: a copy")), "{said:#?}");
    assert!(said.err.contains("goes back to a copy of"), "the undo is one that works: {said:#?}");
    assert_ne!(other.revision(), third);
}

#[test]
fn services_of_every_shape_have_plans_that_say_what_they_are() {
    let (home, world) = (home(""), World::staging());
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    world.poke(&json!({"shape": {"service": WEB, "scheduling": "DAEMON"}}));
    let said = cockpit("scale web 3 --yes").coded(1);
    assert!(said.err.contains("DAEMON service"), "{said:#?}");
    for arguments in ["stop --direct --dry-run -o json", "stop --dry-run -o json"] {
        let said = cockpit(arguments).coded(0);
        assert!(said.err.contains("web is a DAEMON service"), "{said:#?}");
        assert!(!said.json()["operations"][0]["calls"].to_string().contains(WEB), "{said:#?}");
    }
    let said = cockpit("deploy web --image c0ffee1 --dry-run").coded(0);
    assert!(said.err.contains("DAEMON: one task on each container instance"), "{said:#?}");
    assert_eq!(cockpit("services web -o json").coded(0).json()["services"][0]["scheduling"], "DAEMON");
    assert_eq!(world.asked("ecs:UpdateService"), 0);
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
            let said = cockpit(arguments);
            let text = format!("{}{}", said.out, said.err);
            assert_eq!(said.code, 1, "{arguments}: {said:#?}");
            assert!(text.contains(&format!("by {controller}, not by ECS")), "{arguments}: {said:#?}");
            assert!(!text.contains("of  "), "an empty name: {arguments}: {said:#?}");
            assert!(!text.contains("undo:"), "what is not done is not undone: {arguments}: {said:#?}");
        }
        assert_eq!(cockpit("services web -o json").coded(0).json()["services"][0]["controller"], controller);
        cockpit("scale web 2 --dry-run").coded(0);
        cockpit("stop --direct --dry-run").coded(0);
        cockpit("tasks web").coded(0);
        assert_eq!(world.asked("ecs:UpdateService"), 0);
    }
}

#[test]
fn what_a_person_had_suspended_is_so_again_after_a_direct_stop_and_start() {
    let (home, world) = (home(""), World::run_at(Scenario::Staging, 40.0));
    let other = Other::new(&world);
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
        let all = [state.dynamic_scaling_in_suspended, state.dynamic_scaling_out_suspended];
        (all.map(Option::unwrap_or_default), state.scheduled_scaling_suspended.unwrap_or_default())
    };
    for start in ["start --direct --yes", "start --yes"] {
        line(&mut home.on(&world), "stop --direct --yes").coded(0);
        assert_eq!(now(), ([true, true], true), "nothing brings it back");
        line(&mut home.on(&world), start).coded(0);
        assert_eq!(now(), ([true, false], false), "{start}");
        let tags = other.web().tags.unwrap_or_default();
        assert!(!tags.iter().any(|tag| tag.key() == Some("cockpit:suspended-scaling")), "{tags:?}");
    }
}

/// Scheduled actions of autoscaling, which are schedules of their own.
fn without_actions(other: &Other) {
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
fn a_skip_is_sent_where_it_can_be_computed_and_nothing_where_it_cannot() {
    let (home, world) = (home(""), World::staging());
    let other = Other::new(&world);
    without_actions(&other);
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    let start = || other.stop_schedule().start_date.map(|at| at.secs());
    let stop = || {
        let list = cockpit("schedule -o json").coded(0).json();
        let all = list["schedules"].as_array().unwrap().clone();
        let stop = all.into_iter().find(|one| one["name"] == STOP).unwrap();
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
        let sent = world.asked("scheduler:UpdateSchedule");
        cockpit("schedule --skip stop --yes").coded(0);
        assert_eq!(world.asked("scheduler:UpdateSchedule"), sent + 1, "{expression}");
        assert!(start().is_some(), "{expression}");
        let (then, skipped) = stop();
        assert_eq!(skipped, next, "{expression}");
        assert_ne!(then, next, "{expression}");
        cockpit("schedule --skip stop --yes").coded(1);
        cockpit("schedule --unskip stop --yes").coded(0);
        assert_eq!(stop(), (next, Value::Null), "{expression}");
        assert!(begins.is_none() || start().is_some(), "a start that somebody set is not lost");
    }
    for (expression, begins, words) in [
        ("rate(12 hours)", None, "no StartDate"),
        ("at(2040-01-01T00:00:00)", Some("2030-01-01T00:00:00Z"), "takes no notice of a StartDate"),
    ] {
        other.reschedule(expression, begins);
        let (before, sent) = (start(), world.asked("scheduler:UpdateSchedule"));
        let said = cockpit("schedule --skip stop --yes").coded(1);
        assert!(said.err.contains(words), "{expression}: {said:#?}");
        assert_eq!((start(), world.asked("scheduler:UpdateSchedule")), (before, sent), "{expression}");
    }
}

#[test]
fn a_scheduled_action_that_stops_is_skipped_where_it_comes_first() {
    let (home, world) = (home(""), World::staging());
    let other = Other::new(&world);
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
        (world.asked("application-autoscaling:PutScheduledAction"), world.asked("scheduler:UpdateSchedule"));
    let said = cockpit("schedule --skip stop --yes -o json").coded(0);
    let calls = said.json()["operations"][0]["calls"].clone();
    assert_eq!(calls[0]["action"], "application-autoscaling:PutScheduledAction", "{said:#?}");
    assert!(calls[0]["parameters"]["endTime"].is_string(), "an end that is not sent would be deleted: {calls}");
    assert_eq!(world.asked("application-autoscaling:PutScheduledAction"), put + 1);
    assert_eq!(world.asked("scheduler:UpdateSchedule"), sent, "that one stays");
    let list = cockpit("schedule -o json").coded(0).json();
    let often = list["schedules"].as_array().unwrap().iter().find(|one| one["name"] == "often").unwrap().clone();
    assert!(often["skipped"].is_string(), "{often}");
}

#[test]
fn the_limit_of_time_is_that_of_the_whole_command() {
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
        let said = line(command.env("PATH", &path), &format!("{arguments} --timeout 2s")).coded(7);
        // Far below what each would take by itself.
        assert!(began.elapsed() < Duration::from_secs(30), "{arguments}: {said:#?}");
        let text = format!("{}{}", said.out, said.err);
        assert!(text.contains("nothing was changed") && text.contains("the time is up"), "{arguments}: {said:#?}");
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
    line(&mut hooked.on(&world), "schedule --timeout 2s").coded(7);
    world.clear_faults();
    assert_eq!(world.asked("ecs:UpdateService") + world.asked("scheduler:UpdateSchedule"), 0);
}

#[test]
fn another_services_task_definition_and_a_cut_digest_are_refused_as_what_they_are() {
    let (home, world) = (home(""), World::staging());
    for (arguments, words) in [
        ("rollback web --to bookmark-manager-staging-api:4 --yes", "has no container web, which the load balancer"),
        ("deploy web --image 99ba6da --from bookmark-manager-staging-api:5 --dry-run", "has no container web"),
        ("deploy web --image sha256:abc --dry-run", "a digest is sha256: and 64 digits"),
    ] {
        let said = line(&mut home.on(&world), &format!("{arguments} --env staging")).coded(2);
        assert!(said.err.contains(words), "{arguments}: {said:#?}");
        assert!(!said.err.contains("was not deployed"), "{arguments}: {said:#?}");
    }
    assert_eq!(world.asked("ecs:UpdateService") + world.asked("ecs:RegisterTaskDefinition"), 0);
}
