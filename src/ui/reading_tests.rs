//! What a screen shows can be read completely and once, with its subject and a hint.

use super::testing::*;
use crate::app::App;
use crate::app::event::{Event, Mouse};
use crate::app::layout::layout;
use crate::app::overlay::Kind;
use crate::app::screen::Block;
use crate::model::*;
use crate::panes::overview::state as overview;
use jiff::SignedDuration;

const WEB_LIKE: &str = "bookmark-manager-staging-web";

/// The environment with every kind of trouble, as it was read.
fn troubled() -> World {
    let mut world = staging();
    let message = |service: &str, text: &str| ServiceEvent {
        id: format!("odd-{service}"),
        at: ago(1),
        message: format!("(service bookmark-manager-staging-{service}) {text}"),
    };
    for (name, desired, running, text) in [
        ("placed", 2, 1, "was unable to place a task. Reason: Capacity is unavailable at this time."),
        ("blocked", 2, 1, "was unable to stop or start tasks during a deployment because of its configuration."),
        (
            "long",
            2,
            1,
            "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section.",
        ),
        ("short", 3, 1, "has started 1 tasks: (task 0123)."),
        ("off", 0, 1, "has stopped 1 running tasks: (task 0123)."),
    ] {
        let mut odd = service(name, desired, running);
        odd.events.insert(0, message(name, text));
        world.services.push(odd);
    }
    let mut failed = service("failed", 1, 0);
    failed.deployments[0].rollout = Some(RolloutState::Failed);
    world.services.push(failed);
    let mut draining = service("draining", 1, 0);
    draining.status = "DRAINING".into();
    world.services.push(draining);
    for (number, status) in [RolloutStatus::RollbackSuccessful, RolloutStatus::RollbackFailed].into_iter().enumerate() {
        let name = format!("back-{number}");
        world.services.push(service(&name, 1, 1));
        let entry = ServiceDeployment { id: name.clone(), status, created_at: ago(10), ..ServiceDeployment::default() };
        world.rollouts.insert(format!("bookmark-manager-staging-{name}"), vec![entry]);
    }
    world.clusters[0].pending = vec![("EngineVersion".into(), "16.5".into())];
    world.clusters[0].backup.retention_days = Some(0);
    world.clusters[0].members.pop();
    world.instances[0].status = "storage-full".into();
    for alarm in &mut world.alarms {
        alarm.state = AlarmState::Alarm;
        alarm.description = Some("  ".into());
    }
    world.failing.insert(Source::ScalingPolicies, Failure::new(FailureKind::Denied, "not allowed"));
    world.failing.insert(Source::Metrics, Failure::new(FailureKind::Throttled, "Rate exceeded"));
    world
}

#[test]
fn every_attention_row_names_its_subject_and_a_hint() {
    let mut app = loaded_app(&troubled(), (120, 40));
    app.estate.tasks.record_partial(app.estate.tasks.value().cloned().unwrap(), "10 of 40 tasks".into(), None, app.now);
    app.estate.settle(app.now);
    let rows = &app.estate.derived.attention;
    let lines: Vec<String> = rows
        .iter()
        .map(|row| format!("{} | {} | {}", row.name, row.what, row.hint.as_deref().unwrap_or("–")))
        .collect();
    assert!(rows.len() > 15, "{lines:#?}");
    for (row, line) in rows.iter().zip(&lines) {
        assert!(!row.name.trim().is_empty(), "no name: {line}");
        assert!(row.hint.as_ref().is_some_and(|hint| !hint.trim().is_empty()), "no hint: {line}");
        let first = row.what.split(' ').next().unwrap_or_default();
        assert!(!["is", "was", "has", "are", "were", "had"].contains(&first), "no subject: {line}");
        let named = row.hint.as_ref().is_some_and(|hint| !hint.contains("SERVICE"));
        assert!(named, "a command with a placeholder: {line}");
    }
    let of = |name: &str| lines.iter().filter(|line| line.starts_with(name)).cloned().collect::<Vec<_>>().join("\n");
    assert!(of("placed").contains("ECS was unable to place a task. Reason: Capacity"), "{lines:#?}");
    assert!(of("placed").contains("no room for a task"), "{lines:#?}");
    assert!(of("long").contains("ECS is unable to consistently start tasks successfully |"), "{lines:#?}");
}

/// If the row is too narrow, the hint is shown below the rows, even on the smallest usual terminal.
#[test]
fn attention_hint_is_shown_at_80_by_24() {
    let mut world = under_way(RolloutStatus::RollbackSuccessful, None);
    let why = "Service deployment stopped because the circuit breaker threshold was exceeded.";
    world.rollouts.get_mut(WEB_LIKE).unwrap()[0].reason = why.into();
    world.services.retain(|service| service.name == WEB_LIKE);
    let app = loaded_app(&world, (80, 24));
    let drawn = text(&app);
    let of_attention: Vec<&str> = drawn
        .lines()
        .skip_while(|line| !line.contains("Needs attention"))
        .take_while(|line| !line.contains('╯'))
        .collect();
    assert!(of_attention.iter().any(|line| line.contains("rolled back")), "{drawn}");
    assert!(of_attention.iter().any(|line| line.contains("→ ")), "{drawn}");
}

/// The drawn lines of a service's deployments.
fn deployments(world: &World) -> Vec<String> {
    let mut app = loaded_app(world, (200, 60));
    press(&mut app, "2 j j enter", world);
    let drawn = text(&app);
    let from = drawn.lines().position(|line| line.contains("─ Deployments")).unwrap();
    let right = |line: &str| line.rsplit("││").next().unwrap_or_default().to_owned();
    let lines = drawn.lines().skip(from + 2).map(right);
    lines.take_while(|line| !line.contains('╯')).filter(|line| line.contains("web:")).collect()
}

/// The web service with a running deployment of a new revision, whose service deployment has this status.
fn under_way(status: RolloutStatus, target: Option<&str>) -> World {
    let mut world = staging();
    let web = world.services.iter_mut().find(|service| service.name == WEB_LIKE).unwrap();
    let mut old = web.deployments[0].clone();
    old.status = "ACTIVE".into();
    old.id = "ecs-svc/web-before".into();
    web.task_definition = "web:43".into();
    web.deployments[0].task_definition = "web:43".into();
    web.deployments[0].rollout = Some(RolloutState::InProgress);
    web.deployments[0].created_at = ago(1);
    web.deployments.push(old);
    let entry = ServiceDeployment {
        id: "hist-2".into(),
        status,
        created_at: ago(1),
        started_at: ago(1),
        target: target.map(str::to_owned),
        ..ServiceDeployment::default()
    };
    world.rollouts.get_mut(WEB_LIKE).unwrap().insert(0, entry);
    world
}

#[test]
fn deployment_with_tasks_has_exactly_one_row() {
    for (status, words) in [
        (RolloutStatus::InProgress, "in progress"),
        (RolloutStatus::Pending, "pending"),
        (RolloutStatus::StopRequested, "stopping"),
        (RolloutStatus::RollbackInProgress, "rolling back"),
    ] {
        for target in [Some("web:43"), None] {
            let rows = deployments(&under_way(status.clone(), target));
            let new: Vec<_> = rows.iter().filter(|row| row.contains("web:43")).collect();
            assert_eq!(new.len(), 1, "{rows:#?}");
            assert!(new[0].contains(words), "{rows:#?}");
            // The previous deployment still has tasks, so its history is part of its row.
            assert_eq!(rows.iter().filter(|row| row.contains("web:42")).count(), 1, "{rows:#?}");
            assert!(rows.iter().any(|row| row.contains("web:42") && row.contains("took 5m")), "{rows:#?}");
        }
    }
    // In a rollback, the row of the failed deployment shows it, and the restored one has its own row.
    let mut world = under_way(RolloutStatus::RollbackInProgress, Some("web:43"));
    let web = world.services.iter_mut().find(|service| service.name == WEB_LIKE).unwrap();
    web.deployments[0].status = "ACTIVE".into();
    web.deployments[0].rollout = Some(RolloutState::Failed);
    let mut back = web.deployments[1].clone();
    back.id = "ecs-svc/web-back".into();
    back.status = "PRIMARY".into();
    back.rollout = Some(RolloutState::InProgress);
    back.created_at = ago(0);
    web.deployments.insert(0, back);
    let rows = deployments(&world);
    let failed: Vec<_> = rows.iter().filter(|row| row.contains("web:43")).collect();
    assert!(failed.len() == 1 && failed[0].contains("rolling back"), "{rows:#?}");
    // A finished deployment without tasks stays in the history.
    let mut world = staging();
    world.rollouts.get_mut(WEB_LIKE).unwrap()[0].target = Some("web:41".into());
    assert_eq!(deployments(&world).len(), 2);
}

#[test]
fn enter_shows_a_cut_row_completely() {
    let mut world = staging();
    let why = "Health checks failed with these codes: [503], and the reason is longer than any column";
    for target in world.targets.values_mut().flatten() {
        target.state = "unhealthy".into();
        target.description = Some(why.into());
    }
    for (keys, parts) in [
        ("4 j j enter", vec!["promoted  at tier 1", "db.serverless", "ap-northeast-1c"]),
        ("4 enter", vec!["bookmark-manager-staging.cluster-abc.ap-northeast-1.rds.amazonaws.com", "aurora-postgresql"]),
        ("2 j j enter tab tab tab tab enter", vec!["10.0.1.23:8080", "[503]", "longer than any column"]),
        ("2 j j enter tab tab tab j j j enter", vec!["Setting desired count to 2"]),
        ("2 enter enter tab j enter", vec!["RUNNING"]),
        ("4 tab tab j j enter", vec!["cluster-abc.ap-northeast-1.rds.amazonaws.com"]),
    ] {
        let mut app = loaded_app(&world, (80, 24));
        press(&mut app, keys, &world);
        let window = app.screen.overlays.last().map(|window| window.kind);
        if keys == "2 enter enter tab j enter" {
            assert_eq!(window, Some(Kind::Message), "{keys}:\n{}", text(&app));
            continue;
        }
        assert_eq!(window, Some(Kind::Message), "{keys}:\n{}", text(&app));
        // Lines are joined, because the text is wrapped at the window's width.
        let window_text: String = app
            .screen
            .overlays
            .last()
            .unwrap()
            .lines
            .iter()
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let copied = app.screen.overlays.last().unwrap().copy_text.clone().unwrap_or_default();
        for part in parts {
            assert!(window_text.contains(part) || copied.contains(part), "{keys}: {part} is not in {window_text}");
        }
    }
}

#[test]
fn selected_attention_row_is_shown_completely_if_there_is_room() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    let drawn = text(&app);
    assert!(drawn.contains("→ open the service and look at its stopped tasks"), "{drawn}");
    press(&mut app, "tab shift-tab j", &world);
    // This hint fits into its own row.
    assert_eq!(text(&app).matches("→ the log of a stopped task says why").count(), 1, "{}", text(&app));
    // On a short screen the list itself needs the rows.
    let drawn = text(&loaded_app(&world, (80, 24)));
    assert!(!drawn.contains("→ open the service and look"), "{drawn}");
}

#[test]
fn long_note_of_a_choice_can_be_scrolled_to_its_end() {
    let world = staging();
    let mut app = loaded_app(&world, (60, 15));
    press(&mut app, "2 x", &world);
    let window = app.screen.overlays.last_mut().unwrap();
    window.lines[0].note = format!("ran {} by the-last-words-of-it", "long ".repeat(12));
    assert!(!text(&app).contains("the-last-words-of-it"), "{}", text(&app));
    press(&mut app, "right right right right right right right right", &world);
    assert!(text(&app).contains("the-last-words-of-it"), "{}", text(&app));
}

#[test]
fn every_reason_of_a_service_is_readable() {
    let world = staging();
    for size in [(60, 15), (80, 24), (200, 60)] {
        let mut app = loaded_app(&world, size);
        press(&mut app, "2 i", &world);
        let fields: Vec<&str> =
            app.screen.overlays.last().unwrap().lines.iter().map(|line| line.text.as_str()).collect();
        let reasons = &app.estate.service_row("bookmark-manager-staging-api").unwrap().assessment.reasons;
        assert!(reasons.len() > 2);
        for reason in reasons {
            let hint = reason.hint.as_deref().unwrap();
            assert!(fields.iter().any(|line| line.contains(&reason.text) && line.contains(hint)), "{fields:?}");
        }
    }
    // If there is room, each reason stands completely above the service, with its hint.
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 enter", &world);
    let drawn = text(&app);
    for part in ["open the service and look at its stopped", "the log of a stopped task says why it ended"] {
        assert!(drawn.contains(part), "{part}:\n{drawn}");
    }
}

#[test]
fn overview_shows_curves_if_the_lists_leave_room() {
    let place = |app: &crate::app::App, block: Block| {
        layout(app).blocks.iter().find(|(other, _)| *other == block).map(|(_, place)| *place)
    };
    let curves = [overview::SERVICE_CURVES, overview::DATABASE_CURVES];
    for size in [(120, 40), (200, 60)] {
        let world = staging();
        let (mut app, effects) = fresh(environment("staging"), crate::app::Session::default(), size);
        let before = place(&app, overview::SERVICES).unwrap();
        world.answer(&mut app, effects);
        tick(&mut app, now(), &world);
        let after = place(&app, overview::SERVICES).unwrap();
        assert_eq!((before.x, before.y, before.width), (after.x, after.y, after.width), "no row moves");
        let drawn = text(&app);
        for block in curves {
            assert!(place(&app, block).is_some_and(|place| place.height >= 9), "{size:?}:\n{drawn}");
        }
        let rows = drawn.lines().filter(|line| line.trim_matches(['│', ' ']).is_empty()).count();
        assert!(rows < usize::from(size.1) / 4, "{rows} rows are empty:\n{drawn}");
        assert!(drawn.contains("─ Metrics api") && drawn.contains("CPU"), "{drawn}");
        // The curves follow the selection and never take the focus.
        press(&mut app, "tab j j", &world);
        assert!(text(&app).contains("─ Metrics web"), "{}", text(&app));
        for key in ["tab", "tab", "tab", "right", "left", "shift-tab"] {
            press(&mut app, key, &world);
            assert!(!curves.contains(&app.focused()), "{key}");
        }
        let spot = place(&app, overview::SERVICE_CURVES).unwrap();
        app.update(Event::Mouse(Mouse::Click(spot.x + 2, spot.y + 2)));
        assert!(!curves.contains(&app.focused()));
    }
    // Also with the blocks stacked.
    assert!(place(&loaded_app(&staging(), (80, 40)), overview::SERVICE_CURVES).is_some());
    // A long list of services leaves no room for their curves, a short screen for none at all.
    let app = loaded_app(&with_services(40), (120, 40));
    assert_eq!(place(&app, overview::SERVICE_CURVES), None);
    assert!(place(&app, overview::DATABASE_CURVES).is_some());
    let app = loaded_app(&staging(), (80, 24));
    assert!(curves.iter().all(|block| place(&app, *block).is_none()));
}

#[test]
fn long_message_stays_longer_and_is_complete_in_the_activity_drawer() {
    let mut app = loaded_app(&staging(), (80, 24));
    let bottom_line = |app: &App| text(app).lines().last().unwrap_or_default().to_owned();
    let lines = app.activity.len();
    app.show_message("copied web");
    app.settle();
    assert!(bottom_line(&app).contains("copied web") && !bottom_line(&app).contains("Ctrl-a"), "{}", bottom_line(&app));
    assert_eq!(app.activity.len(), lines, "what fits was read");
    let long = "nothing was done: the server did not answer in time: check the network, then press the key again";
    app.show_message(long);
    app.settle();
    assert!(
        bottom_line(&app).contains("nothing was done") && bottom_line(&app).trim_end().ends_with("… Ctrl-a"),
        "{}",
        bottom_line(&app)
    );
    assert_eq!(app.activity.last().map(|entry| entry.text.as_str()), Some(long));
    app.show_message(long);
    assert_eq!(app.activity.len(), lines + 1, "it stands there once");
    app.update(Event::Tick(now() + SignedDuration::from_secs(5)));
    app.settle();
    assert!(bottom_line(&app).contains("nothing was done"), "{}", bottom_line(&app));
    app.update(Event::Tick(now() + SignedDuration::from_secs(10)));
    app.settle();
    assert!(!bottom_line(&app).contains("nothing was done"), "{}", bottom_line(&app));
}

#[test]
fn suggested_commands_always_name_the_environment() {
    let mut world = staging();
    world.clusters[0].status = "stopped".into();
    let mut app = loaded_app(&world, (200, 60));
    press(&mut app, "2 j enter", &world);
    let drawn = text(&app);
    assert!(drawn.contains("COUNT --env staging` brings it back"), "{drawn}");
    press(&mut app, "esc", &world);
    let (_, fields) = crate::app::select::fields(&app).expect("the raw fields of a service");
    assert!(fields.contains("COUNT --env staging` brings it back"), "{fields}");
    press(&mut app, "4", &world);
    let facts = crate::panes::database::rows::facts(&app);
    let hint = facts.iter().find(|fact| fact.label == "→").map(|fact| fact.text.as_str()).unwrap_or_default();
    assert!(hint.contains("--env staging`"), "{facts:?}");
}
