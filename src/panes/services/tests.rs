//! Services, a service and a task as a person sees them.

use super::state::LIST;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::call::Write;
use crate::app::operation::outcome::Verdict;
use crate::config::EnvironmentConfig;
use crate::model::cdn::Distribution;
use crate::model::logs::LogEvent;
use crate::model::machine::{Agent, Machine, Turn};
use crate::model::task_definition::{ContainerDefinition, LogConfiguration};
use crate::model::users::{Policy, Pool, Seen};
use crate::model::{Container, Failure, FailureKind, ScalingActivity, ScalingPolicy, Source};
use crate::ui::testing::pictures::seen;
use crate::ui::testing::*;

#[test]
fn the_list_of_services_fits_every_size() {
    for (name, size) in [
        ("services_60x15", (60, 15)),
        ("services_80x24", (80, 24)),
        ("services_120x40", (120, 40)),
        ("services_200x60", (200, 60)),
    ] {
        let world = with_services(40);
        let mut app = read(&world, size);
        press(&mut app, "2", &world);
        seen(name, &app);
        if size == (80, 24) {
            assert!(app.screen.list_of(LIST).unwrap().window().len() >= 14);
        }
    }
}

#[test]
fn a_service_fits_every_size_whatever_has_the_focus() {
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
        let mut app = read(&world, size);
        press(&mut app, keys, &world);
        seen(name, &app);
    }
}

#[test]
fn a_task_fits_every_size() {
    let world = staging();
    for (name, size) in [("task_60x15", (60, 15)), ("task_80x24", (80, 24)), ("task_120x40", (120, 40))] {
        let mut app = read(&world, size);
        press(&mut app, "2 enter enter", &world);
        seen(name, &app);
    }
}

fn machines() -> Vec<Machine> {
    let one = |id: &str, name: &str, state: &str| Machine {
        id: id.into(),
        name: Some(name.into()),
        class: "t4g.small".into(),
        state: state.into(),
        az: "ap-northeast-1a".into(),
        launched: ago(1_500),
        ..Machine::default()
    };
    vec![
        Machine {
            system: Some("ok".into()),
            own: Some("ok".into()),
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
        let mut app = read(&world, size);
        press(&mut app, "2 b", &world);
        tick(&mut app, now(), &world);
        seen(name, &app);
        assert!(text(&app).contains("bastion"), "{}", text(&app));
    }
}

#[test]
fn nothing_is_read_with_credentials_of_another_account() {
    let mut world = staging();
    world.machines = machines();
    let elsewhere = EnvironmentConfig { account: Some("999999999999".into()), ..environment("staging") };
    for keys in ["2 b", "2 a"] {
        let mut app = read_in(elsewhere.clone(), &world, (120, 40));
        press(&mut app, keys, &world);
        tick(&mut app, now(), &world);
        assert!(app.poller.wrong_account());
        let services = &app.panes.services;
        assert!(services.machines.asked.seen.at().is_none() && services.pool.seen.at().is_none(), "{keys}");
        assert!(text(&app).contains("these credentials are for account"), "{keys}: {}", text(&app));
    }
}

#[test]
fn what_may_not_be_read_of_instances_is_told_with_its_action() {
    let mut world = staging();
    world.machines = machines();
    world.machines_missing =
        vec![Failure::new(FailureKind::Denied, "ec2:DescribeInstanceStatus: not allowed (UnauthorizedOperation)")];
    let mut app = read(&world, (120, 40));
    press(&mut app, "2 b", &world);
    tick(&mut app, now(), &world);
    assert!(text(&app).contains("not read: ec2:DescribeInstanceStatus"), "{}", text(&app));
    world.failing.insert(
        crate::model::Source::Instances,
        Failure::new(FailureKind::Denied, "ec2:DescribeInstances: not allowed (UnauthorizedOperation)"),
    );
    let mut app = read(&world, (120, 40));
    press(&mut app, "2 b", &world);
    tick(&mut app, now(), &world);
    let shown = text(&app);
    assert!(shown.contains("ec2:DescribeInstances") && !shown.contains("no instances"), "{shown}");
}

#[test]
fn an_instance_is_stopped_restarted_and_opened_by_keys() {
    let mut stage = Stage::new((120, 40));
    stage.world.machines = machines();
    stage.aws.machines = machines();
    stage.press("2 b");
    stage.to(1);
    stage.shows("i-0123456789abcdef0");
    stage.press("U");
    stage.shows("Stop bastion");
    stage.shows("cockpit instances stop i-0123456789abcdef0 --env staging");
    assert!(stage.aws.writes.is_empty(), "nothing is changed before a yes");
    // It disrupts: Cancel is what is selected.
    stage.press("enter");
    assert!(stage.aws.writes.is_empty());
    stage.press("U");
    stage.press("left enter");
    let stopped = Write::Instance { id: "i-0123456789abcdef0".into(), turn: Turn::Stop };
    assert_eq!(stage.aws.writes, [stopped]);
    stage.to(4);
    stage.aws.machines[0].state = "stopped".into();
    stage.to(8);
    stage.to(12);
    assert_eq!(stage.verdict(), Some(Verdict::Done));
    stage.shows("bastion (i-0123456789abcdef0) is stopped");
    stage.press("esc");
    stage.shows("Instances");
    stage.press("B");
    stage.shows("Reboot bastion");
    stage.press("esc");
    stage.press("L");
    let shell = stage.left.iter().find_map(|effect| match effect {
        Effect::Shell(plan) => Some(plan),
        _ => None,
    });
    let shell = shell.expect("a shell is opened");
    assert_eq!(shell.wanted.instance.as_deref(), Some("i-0123456789abcdef0"));
    assert!(shell.record.command.starts_with("cockpit instances session"), "{:?}", shell.record.command);
}

#[test]
fn paths_of_a_distribution_are_typed_explained_and_thrown_away() {
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
    stage.typed("invalidate");
    stage.press("enter");
    stage.press("enter");
    stage.shows("everything; every object is asked of the origin again");
    stage.shows("free of charge: 0 paths were invalidated this month");
    stage.shows("cockpit invalidate '/*' --env staging");
    assert!(stage.aws.writes.is_empty(), "nothing is changed before a yes");
    stage.press("enter");
    assert!(
        matches!(&stage.aws.writes[..], [Write::Invalidate(batch)] if batch.distribution == "E1"),
        "{:?}",
        stage.aws.writes
    );
    stage.to(4);
    stage.to(8);
    assert_eq!(stage.verdict(), Some(Verdict::Done));
    stage.shows("I1 is completed");
}

#[test]
fn the_user_pool_is_told_by_status_and_by_what_it_asks_of_passwords() {
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
    world.pool = Some(Seen { pool, counts: Some(counts), disabled: 1, ..Seen::default() });
    for (name, size) in [("users_80x24", (80, 24)), ("users_120x40", (120, 40))] {
        let mut app = read(&world, size);
        press(&mut app, "2 a", &world);
        tick(&mut app, now(), &world);
        seen(name, &app);
        let shown = text(&app);
        assert!(shown.contains("a password is enough") && shown.contains("11, 1 of them switched off"), "{shown}");
        assert!(shown.contains("12 characters with lower case, symbols"), "{shown}");
    }
    // Nobody is not what is shown where nobody could be counted.
    let seen = world.pool.as_mut().unwrap();
    seen.counts = None;
    seen.missing = vec![Failure::new(FailureKind::Denied, "cognito-idp:ListUsers: not allowed (AccessDenied)")];
    let mut app = read(&world, (120, 40));
    press(&mut app, "2 a", &world);
    tick(&mut app, now(), &world);
    assert!(
        text(&app).contains("not read: cognito-idp:ListUsers") && text(&app).contains("not known"),
        "{}",
        text(&app)
    );
    world.pool = None;
    let mut app = read(&world, (120, 40));
    press(&mut app, "2 a", &world);
    tick(&mut app, now(), &world);
    assert!(text(&app).contains("no user pool is known"), "{}", text(&app));
}

#[test]
fn a_policy_is_aimed_elsewhere_and_a_scheduled_action_is_added_and_removed_from_the_palette() {
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
        stage.typed(command);
        stage.press("enter");
        if !line.is_empty() {
            stage.typed(line);
        }
        stage.press("enter");
        stage.shows(title);
        stage.press("enter");
        let at = stage.aws.writes.len() as i64 * 20;
        stage.to(at + 4);
        stage.to(at + 8);
        assert_eq!(stage.verdict(), Some(Verdict::Done), "{command}: {}", text(&stage.app));
        stage.press("esc");
    }
    assert_eq!(stage.aws.policies[0].target, Some(50.0));
    assert!(stage.aws.actions.is_empty());
    assert_eq!(stage.aws.writes.len(), 3, "{:?}", stage.aws.writes);
}

#[test]
fn an_agent_that_does_not_report_is_told_of_its_task_and_needs_attention() {
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
    let mut app = read(&world, (120, 40));
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
fn a_service_is_watched_while_it_scales_with_curves_and_the_cool_down_and_a_report_at_the_end() {
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
    let mut app = read(&world, (120, 40));
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
    // It counts down while nothing new is read.
    world.silent = vec![Source::Services, Source::ScalingActivities];
    let points = |app: &App| app.panes.services.scaling.as_ref().unwrap().desired.len();
    tick(&mut app, at(95), &world);
    assert!(text(&app).contains("in after 4m"), "{}", text(&app));
    seen("service_watched_120x40", &app);
    let before = points(&app);
    tick(&mut app, at(180), &world);
    assert_eq!(points(&app), before, "what was not read again is no point of a curve");
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
fn instances_are_sorted_by_a_key() {
    let mut world = staging();
    world.machines = machines();
    let mut app = read(&world, (120, 40));
    press(&mut app, "2 b", &world);
    let ids = |app: &App| app.screen.list_of(super::state::MACHINES).unwrap().rows.clone();
    let own = ids(&app);
    press(&mut app, "s", &world);
    let reversed: Vec<String> = own.iter().rev().cloned().collect();
    assert_eq!(ids(&app), reversed, "by name, downwards");
    // By state upwards: those that run stand before what is stopped.
    press(&mut app, "s", &world);
    assert!(text(&app).contains("STATE↑"), "{}", text(&app));
    let state = |id: &String| world.machines.iter().find(|one| one.id == *id).unwrap().state.clone();
    let states: Vec<String> = ids(&app).iter().map(state).collect();
    assert!(states.is_sorted(), "{states:?}");
    press(&mut app, "s s", &world);
    let cpu = |id: &String| world.machines.iter().find(|one| one.id == *id).unwrap().cpu.unwrap_or(-1.0);
    let shares: Vec<f64> = ids(&app).iter().map(cpu).collect();
    assert!(shares.is_sorted_by(|a, b| a >= b), "the busiest first: {shares:?}");
}
