//! An input answers a dialog only if it came after the dialog could be read, and never if a held key repeats it.
//! Milliseconds are on the machine's clock, which the test advances.

use super::testing::*;
use crate::app::Session;
use crate::app::command::{Id, Scope};
use crate::app::effect::Effect;
use crate::app::event::{Event, Mouse};
use crate::app::operation::outcome::Verdict;
use crate::app::overlay::{ButtonAction, Kind};
use crate::model::Endpoints;

/// Each way to open a plan: keys to press, text to type, and the last key.
pub(super) const WAYS: [(&str, &str, &str); 8] = [
    ("2 j j", "", "F"),
    ("2 j j", "", "O"),
    ("2 j j enter", "", "K"),
    ("2 j j S", "2", "enter"),
    ("2 j j D", "c0ffee1", "enter"),
    ("2 j j R", "", "enter"),
    ("2 j j :", "scaling-suspend", "enter"),
    ("2 j j :", "force", "enter"),
];

/// A stage right before the last key of a way.
pub(super) fn stage_before_last_key(way: (&str, &str, &str), guarded: bool) -> Stage {
    let environment = crate::config::EnvironmentConfig { guarded, ..environment("staging") };
    let mut stage = Stage::with_environment(environment, Session::default(), (100, 30));
    stage.press(way.0);
    stage.type_text(way.1);
    // Long after the earlier keys.
    stage.advance_clock(5_000);
    stage
}

/// Presses the last key; its requests are not answered yet.
pub(super) fn press_last_key(stage: &mut Stage, way: (&str, &str, &str)) -> Vec<Effect> {
    stage.app.update(Event::Key(way.2.parse().unwrap()))
}

/// Whether something was changed or is about to be.
pub(super) fn changes(stage: &Stage) -> bool {
    !stage.aws.writes.is_empty() || !stage.aws.audit.is_empty() || !stage.app.followed.confirmed.is_empty()
}

/// Selects the confirming button, after typing the environment's name if required.
fn choose_yes(stage: &mut Stage) {
    if stage.app.screen.typing.is_some() {
        stage.type_text("staging");
    }
    let buttons = |stage: &Stage| {
        let window = stage.app.screen.overlays.last().unwrap();
        (window.button, crate::app::dialog::buttons(&stage.app, window))
    };
    for _ in 0..4 {
        let (button, all) = buttons(stage);
        if all[button].action == ButtonAction::Confirm {
            return;
        }
        stage.press("tab");
    }
    panic!("no yes among {:?}\n{}", buttons(stage), text(&stage.app));
}

#[test]
fn every_plan_can_be_confirmed_after_it_was_readable() {
    for guarded in [false, true] {
        for way in WAYS {
            let mut stage = stage_before_last_key(way, guarded);
            let effects = press_last_key(&mut stage, way);
            stage.serve(effects);
            assert!(matches!(stage.window(), Some(Kind::Plan(_))), "{way:?}");
            choose_yes(&mut stage);
            stage.press("enter");
            assert!(changes(&stage), "{way:?} guarded {guarded}:\n{}", text(&stage.app));
        }
    }
}

#[test]
fn plan_shows_the_endpoint_of_its_change() {
    let way = ("2 j j", "", "F");
    let line = |endpoints: Endpoints| {
        let mut stage = stage_before_last_key(way, true);
        stage.aws.endpoints = endpoints;
        let effects = press_last_key(&mut stage, way);
        stage.serve(effects);
        assert!(matches!(stage.window(), Some(Kind::Plan(_))));
        let text = text(&stage.app);
        text.lines().skip(1).find(|line| line.contains("GUARDED")).unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let own = |service: &str| Endpoints::new([(service.to_owned(), Some("http://127.0.0.1:1".to_owned()))], None);
    assert!(line(own("ecs")).contains("SIMULATED  http://127.0.0.1:1"), "{}", line(own("ecs")));
    // This change goes to AWS itself, even though another service has a custom endpoint.
    assert!(!line(own("rds")).contains("SIMULATED") && !line(own("rds")).contains("127.0.0.1"));
    assert!(line(Endpoints::at("https://vpce.example.com")).contains("NOT AWS  https://vpce.example.com"));
}

#[test]
fn plan_is_confirmed_only_after_it_was_visible_for_a_moment() {
    for (shown, confirmed) in [(0, false), (20, false), (399, false), (400, true)] {
        let mut stage = stage_before_last_key(WAYS[0], false);
        let effects = press_last_key(&mut stage, WAYS[0]);
        stage.answer(effects);
        // The time before the first frame does not count.
        stage.advance_clock(2_000);
        stage.frame();
        stage.advance_clock(shown);
        stage.press_now("enter");
        assert_eq!(changes(&stage), confirmed, "after {shown} ms");
        stage.frame();
        if !confirmed {
            stage.assert_shown("ignored: the key was pressed before this could be read");
            stage.assert_hidden("⏎ chooses");
        }
    }
    // A plan that was never drawn cannot be confirmed.
    let mut stage = stage_before_last_key(WAYS[0], false);
    let effects = press_last_key(&mut stage, WAYS[0]);
    stage.answer(effects);
    stage.advance_clock(60_000);
    stage.press_now("enter");
    assert!(!changes(&stage));
}

#[test]
fn input_older_than_the_frame_is_no_answer() {
    let mut stage = stage_before_last_key(WAYS[0], false);
    let effects = press_last_key(&mut stage, WAYS[0]);
    stage.answer(effects);
    let pressed = stage.app.confirm.now() + jiff::SignedDuration::from_millis(10);
    // Drawing the frame takes long.
    stage.advance_clock(3_000);
    stage.frame();
    stage.advance_clock(3_000);
    stage.app.update(Event::Elapsed(pressed));
    stage.press_now("enter");
    assert!(!changes(&stage));
}

#[test]
fn held_key_never_confirms() {
    // Typical keyboard delays before the first repeat and between repeats.
    for (delay, every) in [(200, 20), (375, 30), (660, 40), (1_000, 33)] {
        for begun in [-500, 0, 10, 300] {
            let mut stage = stage_before_last_key(WAYS[0], false);
            if begun < 0 {
                stage.advance_clock(begun);
                stage.app.confirm.touch(crate::app::confirm::Touch::Key("enter".parse().unwrap()), false);
                stage.advance_clock(-begun);
            }
            let effects = press_last_key(&mut stage, WAYS[0]);
            stage.answer(effects);
            stage.frame();
            let mut at = begun;
            let mut now = 0;
            let mut wait = delay;
            while at < 5_000 {
                if at >= 0 {
                    stage.advance_clock(at - now);
                    now = at;
                    stage.press_now("enter");
                    stage.frame();
                }
                at += wait;
                wait = every;
            }
            assert!(!changes(&stage), "held since {begun} ms, {delay} ms, then every {every} ms");
            stage.assert_shown("a held key");
            // Releasing the key and pressing it again confirms.
            stage.advance_clock(1_100);
            stage.press_now("enter");
            assert!(changes(&stage));
        }
    }
}

#[test]
fn key_reported_as_held_by_the_terminal_never_confirms() {
    let mut stage = stage_before_last_key(WAYS[0], false);
    let effects = press_last_key(&mut stage, WAYS[0]);
    stage.serve(effects);
    let effects = stage.app.update(Event::Held("enter".parse().unwrap()));
    stage.serve(effects);
    assert!(!changes(&stage));
}

#[test]
fn text_typed_before_the_name_prompt_is_visible_is_ignored() {
    let mut stage = stage_before_last_key(WAYS[1], true);
    let effects = press_last_key(&mut stage, WAYS[1]);
    stage.answer(effects);
    stage.app.settle();
    assert!(stage.app.screen.typing.is_some(), "the name must be typed");
    stage.press_now("s");
    stage.app.update(Event::Paste("staging".into()));
    assert_eq!(stage.app.screen.overlays.last().unwrap().query.text(), "");
    stage.frame();
    stage.press_now("s");
    assert_eq!(stage.app.screen.overlays.last().unwrap().query.text(), "s");
}

#[test]
fn cancel_stays_selected_until_the_buttons_are_visible() {
    for key in ["left", "right", "tab", "shift-tab", "h", "l"] {
        let mut stage = stage_before_last_key(WAYS[1], false);
        let effects = press_last_key(&mut stage, WAYS[1]);
        stage.answer(effects);
        stage.press_now(key);
        stage.frame();
        let window = stage.app.screen.overlays.last().unwrap();
        let buttons = crate::app::dialog::buttons(&stage.app, window);
        assert_eq!(buttons[window.button].label, "Cancel", "{key}");
    }
}

#[test]
fn resized_suspended_or_unfocused_dialog_must_be_visible_again() {
    let read = |what: &str| {
        let mut stage = stage_before_last_key(WAYS[0], false);
        let effects = press_last_key(&mut stage, WAYS[0]);
        stage.serve(effects);
        match what {
            "another size" => drop(stage.app.update(Event::Resize(90, 28))),
            "suspended" => drop(stage.app.update(Event::Resumed)),
            "looked elsewhere" => {
                stage.app.update(Event::Focus(false));
                stage.app.update(Event::Focus(true));
            }
            "a frame of another size" => {
                let at = stage.app.confirm.now();
                stage.app.update(Event::Drawn(at, (20, 5)));
            }
            _ => {}
        }
        stage.press_now("enter");
        let at_once = changes(&stage);
        stage.frame();
        stage.advance_clock(1_500);
        stage.press_now("enter");
        (at_once, changes(&stage))
    };
    assert_eq!(read("nothing"), (true, true));
    for what in ["another size", "suspended", "looked elsewhere", "a frame of another size"] {
        assert_eq!(read(what), (false, true), "{what}");
    }
}

#[test]
fn held_enter_does_not_roll_back_a_running_deployment() {
    use crate::app::operation::call::Write;
    let back = |stage: &Stage| stage.aws.writes.iter().any(|write| matches!(write, Write::RollBack { .. }));
    let mut stage = Stage::with_half_deployment((100, 30));
    stage.press_now("R");
    for _ in 0..40 {
        stage.advance_clock(30);
        stage.press_now("enter");
        stage.frame();
    }
    assert!(!back(&stage));
    stage.advance_clock(1_100);
    stage.press_now("enter");
    assert!(back(&stage));
}

#[test]
fn held_key_does_not_quit_a_running_operation() {
    for key in ["q", "ctrl-c", "enter"] {
        let mut stage = Stage::with_half_deployment((100, 30));
        stage.press_now("q");
        stage.frame();
        stage.press_now("right");
        for _ in 0..60 {
            stage.advance_clock(33);
            stage.press_now(key);
            stage.frame();
        }
        assert!(stage.other_effects.is_empty(), "{key}");
        assert_eq!(stage.window(), Some(Kind::Quit), "{key}");
        stage.advance_clock(1_100);
        stage.press_now(key);
        assert_eq!(stage.other_effects, [Effect::Quit], "{key}");
    }
}

#[test]
fn held_enter_does_not_run_a_query_of_unknown_cost() {
    let mut stage = Stage::new((100, 30));
    stage.press("3");
    stage.press("u");
    // A query that runs shows its result view at once.
    let is_running = |stage: &Stage| stage.app.view().name == "logs-found";
    stage.press_now("enter");
    stage.frame();
    stage.assert_shown("what it will scan is not known: Enter again runs it");
    for _ in 0..60 {
        stage.advance_clock(33);
        stage.press_now("enter");
        stage.frame();
    }
    assert!(!is_running(&stage));
    stage.advance_clock(1_100);
    stage.press_now("enter");
    assert!(is_running(&stage));
}

#[test]
fn too_small_screen_accepts_only_quit() {
    for size in [(20, 5), (59, 40), (200, 14), (1, 1), (0, 0)] {
        let mut stage = Stage::new((100, 30));
        stage.press("2 j j F");
        assert!(matches!(stage.window(), Some(Kind::Plan(_))));
        stage.app.update(Event::Resize(size.0, size.1));
        let window = stage.window();
        for command in crate::panes::table::TABLE.commands() {
            for key in command.default_keys() {
                if stage.app.keymap.command(&[Scope::Global], key) != Some(Id::QUIT) {
                    let effects = crate::app::testing::user_input(&mut stage.app, Event::Key(key));
                    stage.serve(effects);
                }
            }
        }
        for letter in ["y", "p", "space"] {
            stage.press(letter);
        }
        stage.app.update(Event::Paste("prod".into()));
        for place in [(0, 0), (10, 3), (5, 4)] {
            for mouse in [Mouse::Click(place.0, place.1), Mouse::WheelDown(place.0, place.1)] {
                let effects = crate::app::testing::user_input(&mut stage.app, Event::Mouse(mouse));
                stage.serve(effects);
            }
        }
        assert!(!changes(&stage) && stage.other_effects.is_empty(), "{size:?}");
        assert_eq!(stage.window(), window, "{size:?}");
        // Enlarged again, the plan is readable.
        stage.app.update(Event::Resize(100, 30));
        stage.frame();
        stage.assert_shown("[ Deploy ]");
        // The session can still be left.
        stage.app.update(Event::Resize(size.0, size.1));
        stage.press("q");
        assert_eq!(stage.other_effects, [Effect::Quit], "{size:?}");
        assert_eq!(stage.verdict(), None);
    }
}

#[test]
fn small_screen_asks_before_quitting_if_the_question_fits() {
    let mut stage = Stage::with_half_deployment((100, 30));
    stage.app.update(Event::Resize(30, 8));
    stage.press("q");
    assert!(stage.other_effects.is_empty());
    stage.assert_shown("1 operation goes on; q again");
    stage.press("q");
    assert_eq!(stage.other_effects, [Effect::Quit]);
    assert_eq!(stage.verdict(), Some(Verdict::Unknown));
    // If the question does not fit, nothing is asked and the session continues.
    let mut stage = Stage::with_half_deployment((100, 30));
    stage.app.update(Event::Resize(8, 2));
    stage.press("q q q");
    assert!(stage.other_effects.is_empty());
    stage.app.update(Event::Resize(100, 30));
    stage.frame();
    stage.assert_shown("[ Stay ]");
}

mod any {
    use super::*;
    use crate::app::testing::cases;
    use proptest::prelude::*;

    /// Every registered key, and some that only type.
    fn keys() -> Vec<String> {
        let registered = crate::panes::table::TABLE.commands().flat_map(crate::app::Command::default_keys);
        let mut keys: Vec<String> = registered.map(|key| key.to_string()).collect();
        keys.extend(["y", "Y", "space", "s", "t", "a", "g", "i", "n"].map(str::to_owned));
        // Enter, which answers, is far more frequent than the others.
        keys.extend(vec!["enter".to_owned(); 60]);
        keys
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..cases(160) })]
        /// No keys at any time between the creation of a dialog and its readability, nor a key held from then on, change
        /// anything.
        #[test]
        fn no_key_confirms_before_the_dialog_was_readable(
            way in proptest::sample::select(WAYS.to_vec()),
            guarded: bool,
            reply in 0i64..300,
            frame in 0i64..150,
            strikes in proptest::collection::vec((proptest::sample::select(keys()), 0i64..1_000), 0..8),
            held in proptest::option::of((proptest::sample::select(vec!["enter", "q", "right", "tab", "space"]),
                0i64..1_000, 200i64..=1_000, 15i64..=60)),
        ) {
            let mut stage = stage_before_last_key(way, guarded);
            let mut effects = Some(press_last_key(&mut stage, way));
            let readable = reply + frame + 400;
            // Each event with its millisecond: `None` answers requests, an empty string draws a frame, anything else is
            // a key.
            let mut events: Vec<(i64, Option<String>)> = vec![(reply, None), (reply + frame, Some(String::new()))];
            events.extend(strikes.iter().map(|(key, part)| (part * readable / 1_000, Some(key.clone()))));
            if let Some((key, part, delay, every)) = held {
                let (mut at, mut wait) = (part * readable / 1_000, delay);
                while at < readable + 3_000 {
                    events.push((at, Some(key.to_owned())));
                    at += wait;
                    wait = every;
                }
            }
            events.sort_by_key(|(at, _)| *at);
            let mut now = 0;
            for (at, event) in events {
                stage.advance_clock(at - now);
                now = at;
                match event {
                    None => {
                        let effects = effects.take().unwrap_or_default();
                        stage.answer(effects);
                    }
                    Some(key) if key.is_empty() => stage.frame(),
                    Some(key) => {
                        // Only the requests of the plan are answered: these keys would start another plan.
                        stage.app.update(Event::Key(key.parse().unwrap()));
                        if now >= reply + frame {
                            stage.frame();
                        }
                    }
                }
                prop_assert!(!changes(&stage), "{now} of {readable} ms");
            }
        }
    }
}
