//! Operations driven by keys: the changes they make in a small AWS, and the screens on the way.

use crate::app::effect::Effect;
use crate::app::event::{Event, Mouse};
use crate::app::operation::Stage as Life;
use crate::app::operation::call::Write;
use crate::app::operation::outcome::Verdict;
use crate::app::overlay::Kind;
use crate::app::{Session, operation_list};
use crate::config::BuildConfig;
use crate::model::*;
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;
use jiff::SignedDuration;

#[test]
fn deployment_runs_from_key_to_verdict() {
    let mut stage = Stage::planned((120, 30));
    assert!(stage.aws.writes.is_empty(), "nothing is changed before the confirmation");
    stage.assert_shown("web:9f3c2e1");
    stage.assert_shown("[ Deploy ]");
    stage.assert_shown("cockpit deploy web --image c0ffee1 --env staging");
    stage.press("enter");
    assert!(stage.app.view().name == "operation");
    assert!(matches!(stage.aws.writes[..], [Write::Register { .. }, Write::Update { .. }]), "{:?}", stage.aws.writes);
    assert_eq!(stage.aws.audit.len(), 1);
    stage.assert_shown("rolling out");
    stage.assert_shown("run ◐ deploy web");
    stage.aws.rollout(WEB, 1, 0, 0);
    stage.aws.finish(WEB, RolloutStatus::Successful, "");
    stage.advance_to(4);
    stage.advance_to(8);
    assert_eq!(stage.verdict(), Some(Verdict::Done));
    stage.assert_shown("DONE  web runs web:43");
    stage.assert_hidden("run ◐");
    assert_eq!(stage.aws.audit.last().map(|record| record.outcome.as_str()), Some("done"));
    // Escape returns to the previous view.
    stage.press("esc");
    assert_eq!(stage.app.view().name, "services");
}

#[test]
fn attached_deployment_cannot_be_changed() {
    let mut stage = Stage::with_half_deployment((80, 24));
    // Another session watches what the first one started.
    stage.press("esc :");
    stage.type_text("watch");
    let writes = stage.aws.writes.len();
    stage.press("enter");
    assert!(stage.app.view().name == "operation");
    stage.assert_shown("watch web  rolling out");
    stage.advance_to(80);
    assert_eq!(stage.aws.writes.len(), writes);
    stage.assert_hidden("R roll back");
}

#[test]
fn cancelled_plan_changes_nothing() {
    for keys in ["esc", "right enter", "tab enter", "2", "e down enter"] {
        let mut stage = Stage::planned((100, 30));
        if keys == "e down enter" {
            // A dialog ignores the keys of the pane.
            stage.press(keys);
            assert!(stage.window().is_none_or(|kind| kind != Kind::Environments));
            continue;
        }
        stage.press(keys);
        if keys == "2" {
            assert!(matches!(stage.window(), Some(Kind::Plan(_))), "other keys do not close it");
            stage.press("esc");
        }
        assert_eq!(stage.verdict(), Some(Verdict::Cancelled), "{keys}");
        assert!(stage.aws.writes.is_empty() && stage.aws.audit.is_empty(), "{keys}");
        assert_eq!(stage.window(), None);
        assert_eq!(operation_list::listed(&stage.app).count(), 0);
    }
}

#[test]
fn click_outside_a_dialog_closes_it_and_click_on_a_button_presses_it() {
    let mut stage = Stage::planned((100, 30));
    let effects = stage.app.update(Event::Mouse(Mouse::Click(0, 5)));
    stage.serve(effects);
    assert_eq!(stage.verdict(), Some(Verdict::Cancelled));
    let mut stage = Stage::planned((100, 30));
    let drawn = text(&stage.app);
    let row = drawn.lines().position(|line| line.contains("[ Deploy ]")).unwrap();
    let before = drawn.lines().nth(row).unwrap().split("[ Deploy ]").next().unwrap().chars().count();
    let effects = stage.app.update(Event::Mouse(Mouse::Click(before as u16 + 3, row as u16)));
    stage.serve(effects);
    assert_eq!(stage.aws.writes.len(), 2);
}

#[test]
fn enter_is_ignored_and_escape_cancels_while_the_plan_is_made() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j D");
    stage.aws.silent = true;
    stage.type_text("c0ffee1");
    stage.press("enter");
    stage.assert_shown("looking");
    assert_screen("plan_looking_80x24", &stage.app);
    // Enter before the plan is ready confirms nothing.
    stage.press("enter");
    assert!(matches!(stage.window(), Some(Kind::Plan(_))));
    stage.press("esc");
    assert_eq!(stage.verdict(), Some(Verdict::Cancelled));
    assert_eq!(stage.window(), None);
}

#[test]
fn read_only_refuses_changes_with_a_message() {
    let session = Session { read_only: true, ..Session::default() };
    for key in ["D", "F", "R", "S", "O"] {
        let mut stage = Stage::with_environment(environment("staging"), session.clone(), (100, 30));
        stage.press("2 j j");
        stage.press(key);
        assert!(stage.app.operations.list.is_empty(), "{key}");
        assert_eq!(stage.window(), None, "{key}");
        stage.assert_shown("read-only");
    }
    let mut stage = Stage::with_environment(environment("staging"), session, (100, 30));
    stage.press("2 j j");
    stage.assert_hidden("D deploy");
    stage.press("x");
    assert_screen("actions_read_only_100x30", &stage.app);
}

#[test]
fn guarded_environment_requires_stronger_confirmation() {
    let prod = || {
        let mut stage = Stage::with_environment(environment("prod"), Session::default(), (80, 24));
        stage.press("2 j j");
        stage
    };
    // For a change, Cancel is preselected.
    let mut stage = prod();
    stage.press("D");
    stage.type_text("c0ffee1");
    stage.press("enter");
    assert_screen("plan_guarded_80x24", &stage.app);
    stage.press("enter");
    assert_eq!(stage.verdict(), Some(Verdict::Cancelled));
    assert!(stage.aws.writes.is_empty());
    // For a disruptive change, the name must be typed.
    let mut stage = prod();
    stage.press("O");
    assert_screen("plan_typed_80x24", &stage.app);
    stage.type_text("stagin");
    stage.press("enter");
    assert!(stage.aws.writes.is_empty(), "{:?}", stage.aws.writes);
    stage.assert_shown("type prod to confirm");
    stage.press("ctrl-u");
    stage.type_text("prod");
    stage.press("enter");
    assert!(!stage.aws.writes.is_empty());
    // The dialog can still be left.
    let mut stage = prod();
    stage.press("O");
    stage.type_text("pro");
    stage.press("esc");
    assert_eq!(stage.verdict(), Some(Verdict::Cancelled));
    assert!(stage.app.screen.typing.is_none() && stage.window().is_none());
}

#[test]
fn operation_continues_when_the_environment_is_switched() {
    let mut stage = Stage::with_half_deployment((140, 40));
    stage.press("esc e down enter");
    assert_eq!(stage.app.environment.name, "prod");
    stage.assert_shown("run ◐ staging: deploy web 3/4");
    stage.aws.finish(WEB, RolloutStatus::RollbackSuccessful, "tasks failed to start");
    stage.aws.rollout(WEB, 0, 0, 4);
    stage.advance_to(80);
    stage.advance_to(84);
    assert_eq!(stage.verdict(), Some(Verdict::RolledBack));
    // A failure stays visible until someone looks at it.
    stage.advance_to(120);
    stage.assert_shown("✖ staging: deploy web rolled back");
    stage.press("ctrl-a enter");
    assert!(stage.app.view().name == "operation");
    stage.assert_hidden("✖ staging: deploy web rolled back");
    stage.assert_shown("ROLLED BACK");
}

#[test]
fn quit_asks_only_during_a_running_operation() {
    let mut stage = Stage::planned((80, 24));
    stage.press("q");
    assert_eq!(stage.other_effects, [Effect::Quit], "an open plan is not a running operation");

    let mut stage = Stage::with_half_deployment((80, 24));
    stage.press("q");
    assert_eq!(stage.window(), Some(Kind::Quit));
    assert!(stage.other_effects.is_empty());
    assert_screen("quit_80x24", &stage.app);
    // Stay is preselected.
    stage.press("enter");
    assert_eq!((stage.window(), stage.other_effects.len()), (None, 0));
    stage.press("q right enter");
    assert_eq!(stage.other_effects, [Effect::Quit]);
    assert_eq!(stage.verdict(), Some(Verdict::Unknown));
    assert_eq!(stage.aws.audit.last().map(|record| record.outcome.as_str()), Some("unknown"));
}

#[test]
fn running_deployment_can_be_rolled_back_from_its_view() {
    let mut stage = Stage::with_half_deployment((80, 24));
    stage.press("R");
    assert!(matches!(stage.window(), Some(Kind::Revert(_))));
    assert_screen("revert_80x24", &stage.app);
    stage.press("esc");
    assert!(stage.aws.writes.iter().all(|write| !matches!(write, Write::RollBack { .. })));
    stage.press("R enter");
    assert!(stage.aws.writes.iter().any(|write| matches!(write, Write::RollBack { .. })));
    stage.assert_shown("rolling back");
    stage.press("R");
    assert!(!matches!(stage.window(), Some(Kind::Revert(_))), "it is already rolling back");
}

#[test]
fn rollback_offers_earlier_revisions() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j R");
    assert_screen("revisions_80x24", &stage.app);
    stage.press("enter");
    stage.assert_shown("Roll back");
    stage.assert_shown("web:41");
    stage.press("enter");
    assert!(
        matches!(&stage.aws.writes[..], [Write::Update { task_definition: Some(to), .. }] if to == "web:41"),
        "{:?}",
        stage.aws.writes
    );
}

#[test]
fn image_missing_from_the_list_can_be_typed() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j D");
    assert_screen("images_80x24", &stage.app);
    // A prefix of a tag matches the list, and can also be meant literally.
    stage.type_text("c0");
    assert_screen("images_typed_80x24", &stage.app);
    stage.press("ctrl-u");
    stage.type_text("v1.2.3");
    stage.press("enter");
    stage.assert_shown("there is no such image");
    stage.assert_shown("[ Close ]");
    assert_screen("plan_impossible_80x24", &stage.app);
    stage.press("enter");
    assert_eq!(stage.window(), None);
    assert!(stage.aws.writes.is_empty());
}

#[test]
fn configured_build_is_offered() {
    let mut stage = Stage::new((80, 24));
    let build = BuildConfig { context: "./web".into(), ..BuildConfig::default() };
    stage.app.config.builds.insert("web".into(), build);
    stage.press("2 j j D");
    stage.assert_shown("build it now");
    stage.press("down down down enter");
    let begun = stage.app.operations.list.last().unwrap();
    assert_eq!(begun.command(), "cockpit deploy web --build --env staging");
}

#[test]
fn scaling_asks_for_a_count_and_offers_to_move_the_limits() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j S");
    stage.assert_shown("now: desired 1, running 1");
    assert_screen("ask_count_80x24", &stage.app);
    stage.type_text("many");
    stage.press("enter");
    stage.assert_shown("`many` is not a number of tasks");
    stage.press("ctrl-u");
    stage.type_text("12");
    stage.press("enter");
    assert_screen("plan_scale_80x24", &stage.app);
    stage.assert_shown("[ Scale, with limits 1–12 ]");
    stage.press("right enter");
    let plan = stage.app.operations.list.last().unwrap().plan.as_ref().unwrap();
    assert_eq!(plan.command, "cockpit scale web 12 --move-limits --env staging");
    stage.press("enter");
    assert!(
        matches!(stage.aws.writes[..], [Write::Limits { max: Some(12), .. }, Write::Update { desired: Some(12), .. }]),
        "{:?}",
        stage.aws.writes
    );
}

#[test]
fn scaling_limits_are_two_numbers() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j :");
    stage.type_text("scaling-limits");
    stage.press("enter");
    stage.type_text("4 2");
    stage.press("enter");
    stage.assert_shown("are not limits");
    stage.press("ctrl-u");
    stage.type_text("2 4");
    stage.press("enter enter");
    assert!(
        matches!(stage.aws.writes[..], [Write::Limits { min: Some(2), max: Some(4), .. }]),
        "{:?}",
        stage.aws.writes
    );
}

#[test]
fn environment_can_be_stopped_with_or_without_databases() {
    let mut stage = Stage::new((100, 30));
    stage.press("O");
    stage.assert_shown("[ Stop ]");
    stage.assert_shown("[ Stop, with databases ]");
    assert_screen("plan_stop_100x30", &stage.app);
    // Cancel is preselected for a disruptive change.
    stage.press("enter");
    assert!(stage.aws.writes.is_empty());
    stage.press("O left left enter");
    assert!(!stage.aws.writes.is_empty());
    assert_screen("steps_100x30", &stage.app);
}

#[test]
fn task_can_be_stopped_from_its_row() {
    let mut stage = Stage::new((100, 30));
    stage.press("2 j j enter");
    stage.press("K");
    stage.assert_shown("[ Stop ]");
    stage.press("left enter");
    assert!(matches!(stage.aws.writes[..], [Write::StopTask { .. }]), "{:?}", stage.aws.writes);
}

#[test]
fn operation_refreshes_the_other_panes() {
    let mut stage = Stage::planned((100, 30));
    stage.world.services.iter_mut().find(|service| service.name == WEB).unwrap().running = 9;
    stage.press("enter");
    assert_eq!(stage.app.estate.service(WEB).unwrap().running, 9, "the services were read again at once");
}

#[test]
fn log_text_from_outside_is_aligned_and_harmless() {
    let mut stage = Stage::with_half_deployment((80, 24));
    let lines = [
        "データベースに接続できません: タイムアウト 👩‍💻 ｶﾞﾊﾞ半角",
        "esc\u{1b}[31mred\u{7}\u{1b}]0;title\u{7}",
        "rtl\u{202e}gnp.exe zero\u{200b}width",
    ];
    for service in stage.aws.services.iter_mut().filter(|service| service.name == WEB) {
        for (number, line) in lines.iter().enumerate() {
            service.events.insert(
                0,
                ServiceEvent {
                    id: format!("odd-{number}"),
                    at: Some(now() + SignedDuration::from_secs(70)),
                    message: (*line).into(),
                },
            );
        }
    }
    stage.advance_to(79);
    assert_screen("log_odd_80x24", &stage.app);
    let drawn = text(&stage.app);
    assert!(!drawn.contains('\u{1b}') && !drawn.contains('\u{202e}'));
    for line in drawn.lines().filter(|line| line.starts_with('│')) {
        assert_eq!(ratatui::buffer::CellWidth::cell_width(line), 80, "{line}");
    }
    // Searches the line and opens it completely.
    stage.press("/");
    stage.type_text("red");
    stage.press("enter");
    stage.assert_shown("/red");
    stage.press("enter");
    assert_eq!(stage.window(), Some(Kind::Message));
}

#[test]
fn log_follows_its_end_unless_scrolled() {
    let mut stage = Stage::with_half_deployment((80, 24));
    let last = |stage: &Stage| {
        let list = stage.app.screen.list_of(super::state::LOG).unwrap();
        (list.place() + 1, list.rows.len())
    };
    assert_eq!(last(&stage).0, last(&stage).1);
    stage.press("k k");
    let place = last(&stage).0;
    stage.aws.rollout(WEB, 4, 0, 0);
    stage.aws.finish(WEB, RolloutStatus::Successful, "");
    for second in [78, 82, 86] {
        stage.advance_to(second);
    }
    assert_eq!(last(&stage).0, place);
    assert!(last(&stage).1 > place);
}

mod any {
    use super::*;
    use crate::app::testing::cases;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..cases(48) })]
        #[test]
        fn drawing_never_panics_with_operations(
            size in (0u16..220, 0u16..70),
            keys in proptest::collection::vec(proptest::sample::select(vec![
                "2", "j", "k", "D", "R", "S", "F", "K", "O", "1", "enter", "enter", "esc", "tab", "right", "left",
                "down", "pagedown", "G", "z", "/", "x", "ctrl-a", "q", "y", ":", "p", "c", "3", "e",
            ]), 0..30),
            counts in proptest::collection::vec((0u32..6, 0u32..6, 0u32..6, 0i64..120), 0..8),
            ascii: bool,
            failing: bool,
            end in 0usize..4,
        ) {
            let session = Session { ascii, ..Session::default() };
            let mut stage = Stage::with_environment(environment(if ascii { "prod" } else { "staging" }), session, size);
            stage.press("2 j j");
            let mut second = 1;
            let mut counts = counts.into_iter();
            for key in keys {
                stage.press(key);
                drawn(&stage.app);
                if let Some((fresh, starting, old, seconds)) = counts.next() {
                    stage.aws.rollout(WEB, fresh, starting, old);
                    second += seconds;
                    stage.advance_to(second);
                    drawn(&stage.app);
                }
            }
            stage.aws.failing = failing.then(|| Failure::new(FailureKind::Timeout, "no answer"));
            let ends = [RolloutStatus::Successful, RolloutStatus::RollbackSuccessful, RolloutStatus::Stopped, RolloutStatus::RollbackFailed];
            stage.aws.finish(WEB, ends[end].clone(), "why");
            for _ in 0..4 {
                second += 4;
                stage.advance_to(second);
                drawn(&stage.app);
            }
            // No plan may wait without being visible.
            let waits = stage.app.operations.list.iter().filter(|operation| operation.stage == Life::AwaitingConfirmation);
            for operation in waits {
                prop_assert!(stage.app.screen.overlays.iter().any(|window| window.kind == Kind::Plan(operation.id)));
            }
        }
    }
}
