//! Operations as a person sees and drives them: keys in, changes of a small AWS out, and the screens on the
//! way.

use crate::app::effect::Effect;
use crate::app::event::{Event, Mouse};
use crate::app::operation::Stage as Life;
use crate::app::operation::call::Write;
use crate::app::operation::outcome::Verdict;
use crate::app::overlay::Kind;
use crate::app::{Session, listed};
use crate::config::BuildConfig;
use crate::model::*;
use crate::ui::testing::pictures::seen;
use crate::ui::testing::*;
use jiff::SignedDuration;

#[test]
fn a_deployment_from_key_to_verdict() {
    let mut stage = Stage::planned((120, 30));
    assert!(stage.aws.writes.is_empty(), "nothing is changed before a yes");
    stage.shows("web:9f3c2e1");
    stage.shows("[ Deploy ]");
    stage.shows("cockpit deploy web --image c0ffee1 --env staging");
    stage.press("enter");
    assert!(stage.app.view().name == "operation");
    assert!(matches!(stage.aws.writes[..], [Write::Register { .. }, Write::Update { .. }]), "{:?}", stage.aws.writes);
    assert_eq!(stage.aws.audit.len(), 1);
    stage.shows("rolling out");
    stage.shows("run ◐ deploy web");
    stage.aws.rollout(WEB, 1, 0, 0);
    stage.aws.finish(WEB, RolloutStatus::Successful, "");
    stage.to(4);
    stage.to(8);
    assert_eq!(stage.verdict(), Some(Verdict::Done));
    stage.shows("DONE  web runs web:43");
    stage.hides("run ◐");
    assert_eq!(stage.aws.audit.last().map(|record| record.outcome.as_str()), Some("done"));
    // Back: to where one was.
    stage.press("esc");
    assert_eq!(stage.app.view().name, "services");
}

#[test]
fn a_watched_deployment_is_somebody_elses() {
    let mut stage = Stage::half((80, 24));
    // Another session looks at what the first began.
    stage.press("esc :");
    stage.typed("watch");
    let writes = stage.aws.writes.len();
    stage.press("enter");
    assert!(stage.app.view().name == "operation");
    stage.shows("watch web  rolling out");
    stage.to(80);
    assert_eq!(stage.aws.writes.len(), writes);
    stage.hides("R roll back");
}

#[test]
fn cancel_changes_nothing() {
    for keys in ["esc", "right enter", "tab enter", "2", "e down enter"] {
        let mut stage = Stage::planned((100, 30));
        if keys == "e down enter" {
            // A window with buttons takes no other keys.
            stage.press(keys);
            assert!(stage.window().is_none_or(|kind| kind != Kind::Environments));
            continue;
        }
        stage.press(keys);
        if keys == "2" {
            assert!(matches!(stage.window(), Some(Kind::Plan(_))), "other keys are not for it");
            stage.press("esc");
        }
        assert_eq!(stage.verdict(), Some(Verdict::Cancelled), "{keys}");
        assert!(stage.aws.writes.is_empty() && stage.aws.audit.is_empty(), "{keys}");
        assert_eq!(stage.window(), None);
        assert_eq!(listed::listed(&stage.app).count(), 0);
    }
}

#[test]
fn a_click_beside_the_window_leaves_it_and_one_on_a_button_presses_it() {
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
fn enter_and_escape_while_looking() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j D");
    stage.aws.silent = true;
    stage.typed("c0ffee1");
    stage.press("enter");
    stage.shows("looking");
    seen("plan_looking_80x24", &stage.app);
    // A yes that comes before the plan is none.
    stage.press("enter");
    assert!(matches!(stage.window(), Some(Kind::Plan(_))));
    stage.press("esc");
    assert_eq!(stage.verdict(), Some(Verdict::Cancelled));
    assert_eq!(stage.window(), None);
}

#[test]
fn read_only_refuses_with_a_sentence() {
    let session = Session { read_only: true, ..Session::default() };
    for key in ["D", "F", "R", "S", "O"] {
        let mut stage = Stage::of(environment("staging"), session.clone(), (100, 30));
        stage.press("2 j j");
        stage.press(key);
        assert!(stage.app.operations.list.is_empty(), "{key}");
        assert_eq!(stage.window(), None, "{key}");
        stage.shows("read-only");
    }
    let mut stage = Stage::of(environment("staging"), session, (100, 30));
    stage.press("2 j j");
    stage.hides("D deploy");
    stage.press("x");
    seen("actions_read_only_100x30", &stage.app);
}

#[test]
fn a_guarded_environment_asks_harder() {
    let prod = || {
        let mut stage = Stage::of(environment("prod"), Session::default(), (80, 24));
        stage.press("2 j j");
        stage
    };
    // A change: the no is selected.
    let mut stage = prod();
    stage.press("D");
    stage.typed("c0ffee1");
    stage.press("enter");
    seen("plan_guarded_80x24", &stage.app);
    stage.press("enter");
    assert_eq!(stage.verdict(), Some(Verdict::Cancelled));
    assert!(stage.aws.writes.is_empty());
    // What disrupts: the name must be typed.
    let mut stage = prod();
    stage.press("O");
    seen("plan_typed_80x24", &stage.app);
    stage.typed("stagin");
    stage.press("enter");
    assert!(stage.aws.writes.is_empty(), "{:?}", stage.aws.writes);
    stage.shows("type prod to confirm");
    stage.press("ctrl-u");
    stage.typed("prod");
    stage.press("enter");
    assert!(!stage.aws.writes.is_empty());
    // And it can be left.
    let mut stage = prod();
    stage.press("O");
    stage.typed("pro");
    stage.press("esc");
    assert_eq!(stage.verdict(), Some(Verdict::Cancelled));
    assert!(stage.app.screen.typing.is_none() && stage.window().is_none());
}

#[test]
fn it_goes_on_when_the_environment_is_switched() {
    let mut stage = Stage::half((140, 40));
    stage.press("esc e down enter");
    assert_eq!(stage.app.environment.name, "prod");
    stage.shows("run ◐ staging: deploy web 3/4");
    stage.aws.finish(WEB, RolloutStatus::RollbackSuccessful, "tasks failed to start");
    stage.aws.rollout(WEB, 0, 0, 4);
    stage.to(80);
    stage.to(84);
    assert_eq!(stage.verdict(), Some(Verdict::RolledBack));
    // A failure stays until somebody looked.
    stage.to(120);
    stage.shows("✖ staging: deploy web rolled back");
    stage.press("ctrl-a enter");
    assert!(stage.app.view().name == "operation");
    stage.hides("✖ staging: deploy web rolled back");
    stage.shows("ROLLED BACK");
}

#[test]
fn leaving_asks_only_while_something_goes_on() {
    let mut stage = Stage::planned((80, 24));
    stage.press("q");
    assert_eq!(stage.left, [Effect::Quit], "a plan that waits is nothing that goes on");

    let mut stage = Stage::half((80, 24));
    stage.press("q");
    assert_eq!(stage.window(), Some(Kind::Quit));
    assert!(stage.left.is_empty());
    seen("quit_80x24", &stage.app);
    // Stay is selected.
    stage.press("enter");
    assert_eq!((stage.window(), stage.left.len()), (None, 0));
    stage.press("q right enter");
    assert_eq!(stage.left, [Effect::Quit]);
    assert_eq!(stage.verdict(), Some(Verdict::Unknown));
    assert_eq!(stage.aws.audit.last().map(|record| record.outcome.as_str()), Some("unknown"));
}

#[test]
fn what_is_under_way_is_taken_back_from_its_view() {
    let mut stage = Stage::half((80, 24));
    stage.press("R");
    assert!(matches!(stage.window(), Some(Kind::Revert(_))));
    seen("revert_80x24", &stage.app);
    stage.press("esc");
    assert!(stage.aws.writes.iter().all(|write| !matches!(write, Write::RollBack { .. })));
    stage.press("R enter");
    assert!(stage.aws.writes.iter().any(|write| matches!(write, Write::RollBack { .. })));
    stage.shows("rolling back");
    stage.press("R");
    assert!(!matches!(stage.window(), Some(Kind::Revert(_))), "it is on its way back already");
}

#[test]
fn going_back_offers_what_ran_before() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j R");
    seen("revisions_80x24", &stage.app);
    stage.press("enter");
    stage.shows("Roll back");
    stage.shows("web:41");
    stage.press("enter");
    assert!(
        matches!(&stage.aws.writes[..], [Write::Update { task_definition: Some(to), .. }] if to == "web:41"),
        "{:?}",
        stage.aws.writes
    );
}

#[test]
fn an_image_that_is_not_in_the_list_is_deployed_as_typed() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j D");
    seen("images_80x24", &stage.app);
    // Only the beginning of a tag: the list has it, and what was typed can be meant too.
    stage.typed("c0");
    seen("images_typed_80x24", &stage.app);
    stage.press("ctrl-u");
    stage.typed("v1.2.3");
    stage.press("enter");
    stage.shows("there is no such image");
    stage.shows("[ Close ]");
    seen("plan_impossible_80x24", &stage.app);
    stage.press("enter");
    assert_eq!(stage.window(), None);
    assert!(stage.aws.writes.is_empty());
}

#[test]
fn a_build_is_offered_where_one_is_configured() {
    let mut stage = Stage::new((80, 24));
    let build = BuildConfig { context: "./web".into(), ..BuildConfig::default() };
    stage.app.config.builds.insert("web".into(), build);
    stage.press("2 j j D");
    stage.shows("build it now");
    stage.press("down down down enter");
    let begun = stage.app.operations.list.last().unwrap();
    assert_eq!(begun.command(), "cockpit deploy web --build --env staging");
}

#[test]
fn scaling_asks_for_a_number_and_offers_to_move_limits() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j S");
    stage.shows("now: desired 1, running 1");
    seen("ask_count_80x24", &stage.app);
    stage.typed("many");
    stage.press("enter");
    stage.shows("`many` is not a number of tasks");
    stage.press("ctrl-u");
    stage.typed("12");
    stage.press("enter");
    seen("plan_scale_80x24", &stage.app);
    stage.shows("[ Scale, with limits 1–12 ]");
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
fn limits_are_two_numbers() {
    let mut stage = Stage::new((80, 24));
    stage.press("2 j j :");
    stage.typed("scaling-limits");
    stage.press("enter");
    stage.typed("4 2");
    stage.press("enter");
    stage.shows("are not limits");
    stage.press("ctrl-u");
    stage.typed("2 4");
    stage.press("enter enter");
    assert!(
        matches!(stage.aws.writes[..], [Write::Limits { min: Some(2), max: Some(4), .. }]),
        "{:?}",
        stage.aws.writes
    );
}

#[test]
fn the_environment_is_stopped_with_or_without_its_databases() {
    let mut stage = Stage::new((100, 30));
    stage.press("O");
    stage.shows("[ Stop ]");
    stage.shows("[ Stop, with databases ]");
    seen("plan_stop_100x30", &stage.app);
    // It disrupts: Cancel is selected.
    stage.press("enter");
    assert!(stage.aws.writes.is_empty());
    stage.press("O left left enter");
    assert!(!stage.aws.writes.is_empty());
    seen("steps_100x30", &stage.app);
}

#[test]
fn a_task_is_stopped_from_its_row() {
    let mut stage = Stage::new((100, 30));
    stage.press("2 j j enter");
    stage.press("K");
    stage.shows("[ Stop ]");
    stage.press("left enter");
    assert!(matches!(stage.aws.writes[..], [Write::StopTask { .. }]), "{:?}", stage.aws.writes);
}

#[test]
fn the_other_panes_follow_an_operation() {
    let mut stage = Stage::planned((100, 30));
    stage.world.services.iter_mut().find(|service| service.name == WEB).unwrap().running = 9;
    stage.press("enter");
    assert_eq!(stage.app.estate.service(WEB).unwrap().running, 9, "the services were read again at once");
}

#[test]
fn text_from_outside_is_aligned_and_harmless() {
    let mut stage = Stage::half((80, 24));
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
    stage.to(79);
    seen("log_odd_80x24", &stage.app);
    let drawn = text(&stage.app);
    assert!(!drawn.contains('\u{1b}') && !drawn.contains('\u{202e}'));
    for line in drawn.lines().filter(|line| line.starts_with('│')) {
        assert_eq!(ratatui::buffer::CellWidth::cell_width(line), 80, "{line}");
    }
    // Searched, and opened whole.
    stage.press("/");
    stage.typed("red");
    stage.press("enter");
    stage.shows("/red");
    stage.press("enter");
    assert_eq!(stage.window(), Some(Kind::Message));
}

#[test]
fn the_log_follows_unless_it_was_scrolled() {
    let mut stage = Stage::half((80, 24));
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
        stage.to(second);
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
            let mut stage = Stage::of(environment(if ascii { "prod" } else { "staging" }), session, size);
            stage.press("2 j j");
            let mut second = 1;
            let mut counts = counts.into_iter();
            for key in keys {
                stage.press(key);
                drawn(&stage.app);
                if let Some((fresh, starting, old, seconds)) = counts.next() {
                    stage.aws.rollout(WEB, fresh, starting, old);
                    second += seconds;
                    stage.to(second);
                    drawn(&stage.app);
                }
            }
            stage.aws.failing = failing.then(|| Failure::new(FailureKind::Timeout, "no answer"));
            let ends = [RolloutStatus::Successful, RolloutStatus::RollbackSuccessful, RolloutStatus::Stopped, RolloutStatus::RollbackFailed];
            stage.aws.finish(WEB, ends[end].clone(), "why");
            for _ in 0..4 {
                second += 4;
                stage.to(second);
                drawn(&stage.app);
            }
            // No plan waits that nobody sees.
            let waits = stage.app.operations.list.iter().filter(|operation| operation.stage == Life::Asking);
            for operation in waits {
                prop_assert!(stage.app.screen.overlays.iter().any(|window| window.kind == Kind::Plan(operation.id)));
            }
        }
    }
}
