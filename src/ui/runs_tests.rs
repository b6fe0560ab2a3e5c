//! A run over the infrastructure, as it is seen outside of its pane: its mark on curves, and what a question about it says.

use super::testing::*;
use crate::app::event::Event;
use crate::app::{App, Session};
use crate::config::{EnvironmentConfig, InfraConfig};
use crate::model::infra::run_event::{Goal, RunEnd, RunEvent, Started, What, Who};
use crate::model::infra::{RunState, Tool};
use crate::panes::infra::state::Followed;
use jiff::SignedDuration;

/// The pane follows a run that began an hour ago, and has ended or goes on.
fn follows(app: &mut App, goal: Goal, end: Option<RunEnd>) {
    let by = Who { user: "kenta".into(), host: "mac".into(), pid: 7 };
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
    let mut events = vec![event(60, What::Started(Box::new(started)))];
    events.extend(end.map(|end| event(40, What::Ended { end })));
    app.panes.infra.run = Some(Followed {
        folder: "/runs/20261120T040000Z-apply-1f2e".into(),
        name: "20261120T040000Z-apply-1f2e".into(),
        state: RunState::of(&events),
        serial: 1,
        live: end.is_none(),
        read: true,
        failure: None,
    });
    app.settle();
}

#[test]
fn the_end_of_a_run_is_no_deployment_on_curves_however_it_ended() {
    let world = staging();
    for keys in ["2 enter", "4"] {
        for (goal, end, marked) in [
            (Goal::Apply, Some(RunEnd::Done), true),
            (Goal::Apply, Some(RunEnd::Failed), true),
            (Goal::Destroy, Some(RunEnd::Cancelled), true),
            (Goal::Apply, None, false),
            (Goal::Plan, Some(RunEnd::Done), false),
        ] {
            let mut app = read(&world, (200, 60));
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
fn where_nothing_of_aws_is_configured_a_question_names_no_account() {
    let infra = InfraConfig { kind: Some(Tool::Terraform), ..InfraConfig::default() };
    let bare = EnvironmentConfig { name: "lab".into(), infra, ..EnvironmentConfig::default() };
    let somewhere = EnvironmentConfig { region: Some("eu-west-1".into()), ..bare.clone() };
    for (environment, asked) in [(bare, false), (somewhere, true)] {
        let (mut app, _) = fresh(environment, Session::default(), (100, 30));
        follows(&mut app, Goal::Apply, None);
        for key in ["6", "C"] {
            by_hand(&mut app, Event::Key(key.parse().unwrap()));
            app.settle();
        }
        assert!(!app.screen.overlays.is_empty(), "{}", text(&app));
        assert_eq!(text(&app).contains("account ?"), asked, "{}", text(&app));
    }
}
