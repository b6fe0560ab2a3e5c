//! An infrastructure run outside of its pane: its mark on curves, and the question about it.

use super::testing::*;
use crate::app::event::Event;
use crate::app::{App, Session};
use crate::config::{EnvironmentConfig, InfraConfig};
use crate::model::infra::run_event::{Actor, Goal, RunEnd, RunEvent, RunEventKind, Started};
use crate::model::infra::{RunState, Tool};
use crate::panes::infra::state::Followed;
use jiff::SignedDuration;

/// Makes the pane follow a run that started an hour ago and has ended or still goes on.
fn follows(app: &mut App, goal: Goal, end: Option<RunEnd>) {
    let by = Actor { user: "kenta".into(), host: "mac".into(), pid: 7 };
    let started = Started {
        run: "20261120T040000Z-apply-1f2e".into(),
        environment: app.environment.name.clone(),
        goal,
        units: Vec::new(),
        targets: Vec::new(),
        replace: Vec::new(),
        by,
        account: None,
        revision: None,
        dropped: Vec::new(),
        parallelism: 2,
        guarded: false,
        serial_init: false,
        pid: 70,
    };
    let event = |minutes, what| RunEvent { time: now() - SignedDuration::from_mins(minutes), what };
    let mut events = vec![event(60, RunEventKind::Started(Box::new(started)))];
    events.extend(end.map(|end| event(40, RunEventKind::Ended { end })));
    app.panes.infra.run = Some(Followed {
        folder: "/runs/20261120T040000Z-apply-1f2e".into(),
        name: "20261120T040000Z-apply-1f2e".into(),
        state: RunState::of(&events),
        serial: 1,
        live: end.is_none(),
        events_arrived: true,
        failure: None,
    });
    app.settle();
}

#[test]
fn infra_run_is_never_marked_as_a_deployment_on_curves() {
    let world = staging();
    for keys in ["2 enter", "4"] {
        for (goal, end, marked) in [
            (Goal::Apply, Some(RunEnd::Done), true),
            (Goal::Apply, Some(RunEnd::Failed), true),
            (Goal::Destroy, Some(RunEnd::Cancelled), true),
            (Goal::Apply, None, false),
            (Goal::Plan, Some(RunEnd::Done), false),
        ] {
            let mut app = loaded_app(&world, (200, 60));
            press(&mut app, keys, &world);
            let before = text(&app).matches('◆').count();
            follows(&mut app, goal, end);
            let drawn = text(&app);
            assert_eq!(drawn.contains("■ infra run"), marked, "{keys}: {goal:?}, {end:?}: {drawn}");
            assert_eq!(drawn.matches('◆').count(), before, "{keys}: {goal:?}, {end:?}: {drawn}");
        }
    }
}

#[test]
fn question_names_no_account_without_aws_configuration() {
    let infra = InfraConfig { kind: Some(Tool::Terraform), ..InfraConfig::default() };
    let bare = EnvironmentConfig { name: "lab".into(), infra, ..EnvironmentConfig::default() };
    let somewhere = EnvironmentConfig { region: Some("eu-west-1".into()), ..bare.clone() };
    for (environment, asked) in [(bare, false), (somewhere, true)] {
        let (mut app, _) = fresh(environment, Session::default(), (100, 30));
        follows(&mut app, Goal::Apply, None);
        for key in ["6", "C"] {
            user_input(&mut app, Event::Key(key.parse().unwrap()));
            app.settle();
        }
        assert!(!app.screen.overlays.is_empty(), "{}", text(&app));
        assert_eq!(text(&app).contains("account ?"), asked, "{}", text(&app));
    }
}
