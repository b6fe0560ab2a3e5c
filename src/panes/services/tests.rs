//! The views of all services, a service and a task, driven by keys.

use super::state::LIST;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::call::Write;
use crate::app::operation::outcome::Verdict;
use crate::config::EnvironmentConfig;
use crate::model::cdn::Distribution;
use crate::model::logs::LogEvent;
use crate::model::machine::{Agent, Ec2Instance, PowerAction};
use crate::model::task_definition::{ContainerDefinition, LogConfiguration};
use crate::model::users::{Policy, Pool, PoolStatistics};
use crate::model::{Container, Failure, FailureKind, ScalingActivity, ScalingPolicy, Source};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;

#[test]
fn service_list_fits_every_size() {
    for (name, size) in [
        ("services_60x15", (60, 15)),
        ("services_80x24", (80, 24)),
        ("services_120x40", (120, 40)),
        ("services_200x60", (200, 60)),
    ] {
        let world = with_services(40);
        let mut app = loaded_app(&world, size);
        press(&mut app, "2", &world);
        assert_screen(name, &app);
        if size == (80, 24) {
            assert!(app.screen.list_of(LIST).unwrap().window().len() >= 14);
        }
    }
}

#[test]
fn service_view_fits_every_size_with_any_focus() {
    let world = staging();
    for (name, size, keys) in [
        ("service_web_200x60", (200, 60), "2 j j enter"),
        ("service_web_120x40", (120, 40), "2 j j enter"),
        ("service_api_80x24", (80, 24), "2 enter"),
        ("service_web_scaling_80x24", (80, 24), "2 j j enter tab tab tab"),
        ("service_web_metrics_80x24", (80, 24), "2 j j enter shift-tab"),
        ("service_web_events_60x15", (60, 15), "2 enter tab tab"),
        ("service_web_zoomed_80x24", (80, 24), "2 j j enter tab z"),
    ] {
        let mut app = loaded_app(&world, size);
        press(&mut app, keys, &world);
        assert_screen(name, &app);
    }
}

#[test]
fn task_view_fits_every_size() {
    let world = staging();
    for (name, size) in [("task_60x15", (60, 15)), ("task_80x24", (80, 24)), ("task_120x40", (120, 40))] {
        let mut app = loaded_app(&world, size);
        press(&mut app, "2 enter enter", &world);
        assert_screen(name, &app);
    }
}

fn machines() -> Vec<Ec2Instance> {
    let one = |id: &str, name: &str, state: &str| Ec2Instance {
        id: id.into(),
        name: Some(name.into()),
        class: "t4g.small".into(),
        state: state.into(),
        az: "ap-northeast-1a".into(),
        launched: ago(1_500),
        ..Ec2Instance::default()
    };
    vec![
        Ec2Instance {
            system_check: Some("ok".into()),
            instance_check: Some("ok".into()),
            agent: Some(Agent { ping: "Online".into(), version: Some("3.3".into()) }),
            cpu: Some(4.0),
            memory: Some(61.0),
            disk: Some(93.0),
            ..one("i-0123456789abcdef0", "bastion", "running")
        },
        one("i-0fedcba9876543210", "踏み台サーバー予備", "stopped"),
    ]
}

#[test]
fn instances_are_shown_with_their_checks_and_fit_every_size() {
    let mut world = staging();
    world.machines = machines();
    for (name, size) in [
        ("instances_60x15", (60, 15)),
        ("instances_80x24", (80, 24)),
        ("instances_120x40", (120, 40)),
        ("instances_200x60", (200, 60)),
    ] {
        let mut app = loaded_app(&world, size);
        press(&mut app, "2 b", &world);
        tick(&mut app, now(), &world);
        assert_screen(name, &app);
        assert!(text(&app).contains("bastion"), "{}", text(&app));
    }
}

#[test]
fn nothing_is_read_with_credentials_of_another_account() {
    let mut world = staging();
    world.machines = machines();
    let elsewhere = EnvironmentConfig { account: Some("999999999999".into()), ..environment("staging") };
    for keys in ["2 b", "2 a"] {
        let mut app = loaded_app_in(elsewhere.clone(), &world, (120, 40));
        press(&mut app, keys, &world);
        tick(&mut app, now(), &world);
        assert!(app.poller.wrong_account());
        let services = &app.panes.services;
        assert!(
            services.machines.request.last_answer.at().is_none() && services.pool.last_answer.at().is_none(),
            "{keys}"
        );
        assert!(text(&app).contains("these credentials are for account"), "{keys}: {}", text(&app));
    }
}

#[test]
fn denied_instance_read_names_its_action() {
    let mut world = staging();
    world.machines = machines();
    world.machines_missing =
        vec![Failure::new(FailureKind::Denied, "ec2:DescribeInstanceStatus: not allowed (UnauthorizedOperation)")];
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 b", &world);
    tick(&mut app, now(), &world);
    assert!(text(&app).contains("not read: ec2:DescribeInstanceStatus"), "{}", text(&app));
    world.failing.insert(
        crate::model::Source::Instances,
        Failure::new(FailureKind::Denied, "ec2:DescribeInstances: not allowed (UnauthorizedOperation)"),
    );
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 b", &world);
    tick(&mut app, now(), &world);
    let shown = text(&app);
    assert!(shown.contains("ec2:DescribeInstances") && !shown.contains("no instances"), "{shown}");
}

#[test]
fn instance_is_stopped_rebooted_and_opened_by_keys() {
    let mut stage = Stage::new((120, 40));
    stage.world.machines = machines();
    stage.aws.machines = machines();
    stage.press("2 b");
    stage.advance_to(1);
    stage.assert_shown("i-0123456789abcdef0");
    stage.press("U");
    stage.assert_shown("Stop bastion");
    stage.assert_shown("cockpit instances stop i-0123456789abcdef0 --env staging");
    assert!(stage.aws.writes.is_empty(), "nothing is changed before the confirmation");
    // Cancel is preselected for a disruptive change.
    stage.press("enter");
    assert!(stage.aws.writes.is_empty());
    stage.press("U");
    stage.press("left enter");
    let stopped = Write::Instance { id: "i-0123456789abcdef0".into(), turn: PowerAction::Stop };
    assert_eq!(stage.aws.writes, [stopped]);
    stage.advance_to(4);
    stage.aws.machines[0].state = "stopped".into();
    stage.advance_to(8);
    stage.advance_to(12);
    assert_eq!(stage.verdict(), Some(Verdict::Done));
    stage.assert_shown("bastion (i-0123456789abcdef0) is stopped");
    stage.press("esc");
    stage.assert_shown("Instances");
    stage.press("B");
    stage.assert_shown("Reboot bastion");
    stage.press("esc");
    stage.press("L");
    let shell = stage.other_effects.iter().find_map(|effect| match effect {
        Effect::Shell(plan) => Some(plan),
        _ => None,
    });
    let shell = shell.expect("a shell is opened");
    assert_eq!(shell.wanted.instance.as_deref(), Some("i-0123456789abcdef0"));
    assert!(shell.record.command.starts_with("cockpit instances session"), "{:?}", shell.record.command);
}

#[test]
fn distribution_paths_are_typed_explained_and_invalidated() {
    let mut stage = Stage::new((120, 40));
    stage.aws.distributions = vec![Distribution {
        id: "E1".into(),
        domain: "d1.cloudfront.net".into(),
        aliases: vec!["app.example".into()],
        comment: "bookmark-manager-staging".into(),
        status: "Deployed".into(),
        enabled: true,
    }];
    stage.press("2 :");
    stage.type_text("invalidate");
    stage.press("enter");
    stage.press("enter");
    stage.assert_shown("everything; every object is asked of the origin again");
    stage.assert_shown("free of charge: 0 paths were invalidated this month");
    stage.assert_shown("cockpit invalidate '/*' --env staging");
    assert!(stage.aws.writes.is_empty(), "nothing is changed before the confirmation");
    stage.press("enter");
    assert!(
        matches!(&stage.aws.writes[..], [Write::Invalidate(batch)] if batch.distribution == "E1"),
        "{:?}",
        stage.aws.writes
    );
    stage.advance_to(4);
    stage.advance_to(8);
    assert_eq!(stage.verdict(), Some(Verdict::Done));
    stage.assert_shown("I1 is completed");
}

#[test]
fn user_pool_shows_user_counts_and_password_policy() {
    let mut world = staging();
    let policy = Policy { length: 12, lowercase: true, symbols: true, ..Policy::default() };
    let pool = Pool {
        id: "ap-northeast-1_Abc".into(),
        name: "bookmark-manager-staging-users".into(),
        mfa: Some("OFF".into()),
        policy: Some(policy),
        ..Pool::default()
    };
    let counts = [("CONFIRMED".to_owned(), 9), ("FORCE_CHANGE_PASSWORD".to_owned(), 2)].into();
    world.pool = Some(PoolStatistics { pool, counts: Some(counts), disabled: 1, ..PoolStatistics::default() });
    for (name, size) in [("users_80x24", (80, 24)), ("users_120x40", (120, 40))] {
        let mut app = loaded_app(&world, size);
        press(&mut app, "2 a", &world);
        tick(&mut app, now(), &world);
        assert_screen(name, &app);
        let shown = text(&app);
        assert!(shown.contains("a password is enough") && shown.contains("11, 1 of them switched off"), "{shown}");
        assert!(shown.contains("12 characters with lower case, symbols"), "{shown}");
    }
    // Users that cannot be counted are not shown as zero.
    let seen = world.pool.as_mut().unwrap();
    seen.counts = None;
    seen.missing = vec![Failure::new(FailureKind::Denied, "cognito-idp:ListUsers: not allowed (AccessDenied)")];
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 a", &world);
    tick(&mut app, now(), &world);
    assert!(
        text(&app).contains("not read: cognito-idp:ListUsers") && text(&app).contains("not known"),
        "{}",
        text(&app)
    );
    world.pool = None;
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 a", &world);
    tick(&mut app, now(), &world);
    assert!(text(&app).contains("no user pool is known"), "{}", text(&app));
}

#[test]
fn palette_changes_scaling_targets_and_scheduled_actions() {
    let mut stage = Stage::new((120, 40));
    let resource = stage.aws.scalable[0].resource.clone();
    assert!(resource.ends_with(WEB), "{resource}");
    stage.aws.policies = vec![crate::model::ScalingPolicy {
        resource,
        name: "cpu-70".into(),
        kind: "TargetTrackingScaling".into(),
        metric: Some("ECSServiceAverageCPUUtilization".into()),
        target: Some(70.0),
        ..crate::model::ScalingPolicy::default()
    }];
    stage.aws.actions.clear();
    for (command, line, title) in [
        ("scaling-target", "50", "Aim"),
        ("scheduled-add", "", "Add night"),
        ("scheduled-remove", "night", "Remove night"),
    ] {
        stage.press("esc");
        stage.press("2 g j j :");
        stage.type_text(command);
        stage.press("enter");
        if !line.is_empty() {
            stage.type_text(line);
        }
        stage.press("enter");
        stage.assert_shown(title);
        stage.press("enter");
        let at = stage.aws.writes.len() as i64 * 20;
        stage.advance_to(at + 4);
        stage.advance_to(at + 8);
        assert_eq!(stage.verdict(), Some(Verdict::Done), "{command}: {}", text(&stage.app));
        stage.press("esc");
    }
    assert_eq!(stage.aws.policies[0].target, Some(50.0));
    assert!(stage.aws.actions.is_empty());
    assert_eq!(stage.aws.writes.len(), 3, "{:?}", stage.aws.writes);
}

#[test]
fn silent_agent_is_shown_on_its_task_and_needs_attention() {
    let mut world = staging();
    let task = world.tasks.iter_mut().find(|task| task.service.as_deref() == Some(WEB) && !task.stopped()).unwrap();
    let definition = task.task_definition.clone();
    task.containers.push(Container {
        name: "datadog-agent".into(),
        image: "public.ecr.aws/datadog/agent:7.72.1".into(),
        status: "RUNNING".into(),
        health: "UNKNOWN".into(),
        ..Container::default()
    });
    let log = LogConfiguration {
        driver: "awslogs".into(),
        group: Some("/ecs/web".into()),
        prefix: Some("datadog".into()),
        region: None,
    };
    let known = world.definitions.iter_mut().find(|known| known.name == definition).unwrap();
    known.containers.push(ContainerDefinition {
        name: "datadog-agent".into(),
        log: Some(log),
        ..ContainerDefinition::default()
    });
    let line = |minutes, text: &str| LogEvent {
        at: ago(minutes).unwrap().as_millisecond(),
        message: text.into(),
        ..LogEvent::default()
    };
    world.agent_lines = vec![line(40, "x | CORE | INFO | ok"), line(9, "x | CORE | ERROR | 403 Forbidden")];
    let mut app = loaded_app(&world, (130, 40));
    tick(&mut app, now() + jiff::SignedDuration::from_secs(1), &world);
    let screen = text(&app);
    assert!(screen.contains("datadog does not report in 1 of"), "{screen}");
    assert!(screen.contains("403 Forbi"), "{screen}");
    press(&mut app, "2 j j enter enter", &world);
    let screen = text(&app);
    assert!(screen.contains("datadog 7.72.1 does not report"), "{screen}");
    assert!(screen.contains("9m ago"), "since when: {screen}");
}

#[test]
fn watched_scaling_shows_curves_and_cool_down_and_ends_with_a_report() {
    let mut world = staging();
    let web = |world: &mut World, desired, running| {
        let service = world.services.iter_mut().find(|service| service.name == WEB).unwrap();
        (service.desired, service.running) = (desired, running);
    };
    let resource = world.services.iter().find(|service| service.name == WEB).unwrap().scaling_id();
    world.policies = vec![ScalingPolicy {
        resource: resource.clone(),
        name: "cpu".into(),
        metric: Some("ECSServiceAverageCPUUtilization".into()),
        target: Some(5.0),
        out_cooldown: Some(60),
        in_cooldown: Some(300),
        ..ScalingPolicy::default()
    }];
    world.activities = Vec::new();
    web(&mut world, 2, 2);
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 j j enter c", &world);
    assert!(text(&app).contains("watched"), "{}", text(&app));
    let at = |second: i64| now() + jiff::SignedDuration::from_secs(second);
    let activity = |id: &str, second: i64, to: u32| ScalingActivity {
        id: id.into(),
        resource: resource.clone(),
        at: Some(at(second)),
        status: "Successful".into(),
        description: format!("Setting desired count to {to}."),
        ..ScalingActivity::default()
    };
    for second in [15, 30] {
        tick(&mut app, at(second), &world);
    }
    web(&mut world, 4, 2);
    world.activities = vec![activity("1", 40, 4)];
    for second in [45, 60, 75] {
        tick(&mut app, at(second), &world);
    }
    let screen = text(&app);
    for wanted in ["desired count to 4", "out after", "in after", "2 run, 4 desired"] {
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
    // The cool-down continues to count while nothing new is read.
    world.silent = vec![Source::Services, Source::ScalingActivities];
    let points = |app: &App| app.panes.services.scaling.as_ref().unwrap().desired.len();
    tick(&mut app, at(95), &world);
    assert!(text(&app).contains("in after 4m"), "{}", text(&app));
    assert_screen("service_watched_120x40", &app);
    let before = points(&app);
    tick(&mut app, at(180), &world);
    assert_eq!(points(&app), before, "data that was not read again adds no point");
    assert!(text(&app).contains("not read again since"), "{}", text(&app));
    let curves = &app.panes.services.scaling.as_ref().unwrap();
    let desired: Vec<f64> = curves.desired.iter().map(|point| point.value).collect();
    assert_eq!((desired.first(), desired.last()), (Some(&2.0), Some(&4.0)), "{desired:?}");
    press(&mut app, "c", &world);
    let screen = text(&app);
    assert!(screen.contains("How it scaled") && screen.contains("(to 4)"), "{screen}");
    assert!(app.panes.services.scaling.is_none());
}

#[test]
fn sort_key_orders_instances_by_each_column() {
    let mut world = staging();
    world.machines = machines();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 b", &world);
    let ids = |app: &App| app.screen.list_of(super::state::MACHINES).unwrap().rows.clone();
    let own = ids(&app);
    press(&mut app, "s", &world);
    let reversed: Vec<String> = own.iter().rev().cloned().collect();
    assert_eq!(ids(&app), reversed, "by name, downwards");
    // By state in ascending order: running instances come before stopped ones.
    press(&mut app, "s", &world);
    assert!(text(&app).contains("STATE↑"), "{}", text(&app));
    let state = |id: &String| world.machines.iter().find(|machine| machine.id == *id).unwrap().state.clone();
    let states: Vec<String> = ids(&app).iter().map(state).collect();
    assert!(states.is_sorted(), "{states:?}");
    press(&mut app, "s s", &world);
    let cpu = |id: &String| world.machines.iter().find(|machine| machine.id == *id).unwrap().cpu.unwrap_or(-1.0);
    let shares: Vec<f64> = ids(&app).iter().map(cpu).collect();
    assert!(shares.is_sorted_by(|a, b| a >= b), "the busiest first: {shares:?}");
}
