//! Which inputs answer a question: only those that came after it could be read, and none that a held key
//! repeats. Milliseconds are those of the machine's clock, which a test moves on.

use super::testing::*;
use crate::app::Session;
use crate::app::command::{Id, Scope};
use crate::app::effect::Effect;
use crate::app::event::{Event, Mouse};
use crate::app::operation::outcome::Verdict;
use crate::app::overlay::{Act, Kind};
use crate::model::Endpoints;

/// Each way to a plan on the screen: keys by hand, and the last one.
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

/// Before the last key of a way.
pub(super) fn before(way: (&str, &str, &str), guarded: bool) -> Stage {
    let environment = crate::config::EnvironmentConfig { guarded, ..environment("staging") };
    let mut stage = Stage::of(environment, Session::default(), (100, 30));
    stage.press(way.0);
    stage.typed(way.1);
    // Long after the keys that led there.
    stage.pass(5_000);
    stage
}

/// The last key; what it asks is not answered yet.
pub(super) fn asked(stage: &mut Stage, way: (&str, &str, &str)) -> Vec<Effect> {
    stage.app.update(Event::Key(way.2.parse().unwrap()))
}

/// Whether anything was changed, or is about to be.
pub(super) fn changes(stage: &Stage) -> bool {
    !stage.aws.writes.is_empty() || !stage.aws.audit.is_empty() || !stage.app.followed.confirmed.is_empty()
}

/// Selects the yes of the window, and what it needs is typed.
fn choose_yes(stage: &mut Stage) {
    if stage.app.screen.typing.is_some() {
        stage.typed("staging");
    }
    let buttons = |stage: &Stage| {
        let window = stage.app.screen.overlays.last().unwrap();
        (window.button, crate::app::dialog::buttons(&stage.app, window))
    };
    for _ in 0..4 {
        let (button, all) = buttons(stage);
        if all[button].act == Act::Yes {
            return;
        }
        stage.press("tab");
    }
    panic!("no yes among {:?}\n{}", buttons(stage), text(&stage.app));
}

#[test]
fn every_plan_can_be_confirmed_once_it_was_read() {
    for guarded in [false, true] {
        for way in WAYS {
            let mut stage = before(way, guarded);
            let effects = asked(&mut stage, way);
            stage.serve(effects);
            assert!(matches!(stage.window(), Some(Kind::Plan(_))), "{way:?}");
            choose_yes(&mut stage);
            stage.press("enter");
            assert!(changes(&stage), "{way:?} guarded {guarded}:\n{}", text(&stage.app));
        }
    }
}

#[test]
fn what_is_asked_says_where_its_change_goes() {
    let way = ("2 j j", "", "F");
    let line = |endpoints: Endpoints| {
        let mut stage = before(way, true);
        stage.aws.endpoints = endpoints;
        let effects = asked(&mut stage, way);
        stage.serve(effects);
        assert!(matches!(stage.window(), Some(Kind::Plan(_))));
        let text = text(&stage.app);
        text.lines().skip(1).find(|line| line.contains("GUARDED")).unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let own = |service: &str| Endpoints::new([(service.to_owned(), Some("http://127.0.0.1:1".to_owned()))], None);
    assert!(line(own("ecs")).contains("SIMULATED  http://127.0.0.1:1"), "{}", line(own("ecs")));
    // The change goes to AWS itself, whatever else is asked elsewhere.
    assert!(!line(own("rds")).contains("SIMULATED") && !line(own("rds")).contains("127.0.0.1"));
    assert!(line(Endpoints::at("https://vpce.example.com")).contains("NOT AWS  https://vpce.example.com"));
}

#[test]
fn a_plan_is_confirmed_only_after_it_was_on_the_screen_for_a_moment() {
    for (shown, confirmed) in [(0, false), (20, false), (399, false), (400, true)] {
        let mut stage = before(WAYS[0], false);
        let effects = asked(&mut stage, WAYS[0]);
        stage.answer(effects);
        // However long it takes until it is drawn.
        stage.pass(2_000);
        stage.frame();
        stage.pass(shown);
        stage.strike("enter");
        assert_eq!(changes(&stage), confirmed, "after {shown} ms");
        stage.frame();
        if !confirmed {
            stage.shows("not taken: it came before this could be read");
            stage.hides("⏎ takes it");
        }
    }
    // Never drawn, never confirmed.
    let mut stage = before(WAYS[0], false);
    let effects = asked(&mut stage, WAYS[0]);
    stage.answer(effects);
    stage.pass(60_000);
    stage.strike("enter");
    assert!(!changes(&stage));
}

#[test]
fn an_input_that_was_read_after_the_frame_but_came_before_it_is_no_answer() {
    let mut stage = before(WAYS[0], false);
    let effects = asked(&mut stage, WAYS[0]);
    stage.answer(effects);
    let pressed = stage.app.confirm.now() + jiff::SignedDuration::from_millis(10);
    // The session was busy with the frame for long.
    stage.pass(3_000);
    stage.frame();
    stage.pass(3_000);
    stage.app.update(Event::Elapsed(pressed));
    stage.strike("enter");
    assert!(!changes(&stage));
}

#[test]
fn a_held_key_confirms_nothing_however_long_it_is_held() {
    // The delay before the first repeat, and the time between repeats, as keyboards have them.
    for (delay, every) in [(200, 20), (375, 30), (660, 40), (1_000, 33)] {
        for begun in [-500, 0, 10, 300] {
            let mut stage = before(WAYS[0], false);
            if begun < 0 {
                stage.pass(begun);
                stage.app.confirm.touch(crate::app::confirm::Touch::Key("enter".parse().unwrap()), false);
                stage.pass(-begun);
            }
            let effects = asked(&mut stage, WAYS[0]);
            stage.answer(effects);
            stage.frame();
            let mut at = begun;
            let mut now = 0;
            let mut wait = delay;
            while at < 5_000 {
                if at >= 0 {
                    stage.pass(at - now);
                    now = at;
                    stage.strike("enter");
                    stage.frame();
                }
                at += wait;
                wait = every;
            }
            assert!(!changes(&stage), "held since {begun} ms, {delay} ms, then every {every} ms");
            stage.shows("a key that is held");
            // Let go, and pressed again.
            stage.pass(1_100);
            stage.strike("enter");
            assert!(changes(&stage));
        }
    }
}

#[test]
fn a_key_that_the_terminal_calls_held_confirms_nothing() {
    let mut stage = before(WAYS[0], false);
    let effects = asked(&mut stage, WAYS[0]);
    stage.serve(effects);
    let effects = stage.app.update(Event::Held("enter".parse().unwrap()));
    stage.serve(effects);
    assert!(!changes(&stage));
}

#[test]
fn what_is_typed_before_a_name_is_asked_for_is_not_it() {
    let mut stage = before(WAYS[1], true);
    let effects = asked(&mut stage, WAYS[1]);
    stage.answer(effects);
    stage.app.settle();
    assert!(stage.app.screen.typing.is_some(), "the name must be typed");
    stage.strike("s");
    stage.app.update(Event::Paste("staging".into()));
    assert_eq!(stage.app.screen.overlays.last().unwrap().query.text(), "");
    stage.frame();
    stage.strike("s");
    assert_eq!(stage.app.screen.overlays.last().unwrap().query.text(), "s");
}

#[test]
fn the_selected_button_stays_cancel_until_the_buttons_are_on_the_screen() {
    for key in ["left", "right", "tab", "shift-tab", "h", "l"] {
        let mut stage = before(WAYS[1], false);
        let effects = asked(&mut stage, WAYS[1]);
        stage.answer(effects);
        stage.strike(key);
        stage.frame();
        let window = stage.app.screen.overlays.last().unwrap();
        let buttons = crate::app::dialog::buttons(&stage.app, window);
        assert_eq!(buttons[window.button].label, "Cancel", "{key}");
    }
}

#[test]
fn a_window_that_changed_was_given_away_or_covered_has_to_be_read_again() {
    let read = |what: &str| {
        let mut stage = before(WAYS[0], false);
        let effects = asked(&mut stage, WAYS[0]);
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
        stage.strike("enter");
        let at_once = changes(&stage);
        stage.frame();
        stage.pass(1_500);
        stage.strike("enter");
        (at_once, changes(&stage))
    };
    assert_eq!(read("nothing"), (true, true));
    for what in ["another size", "suspended", "looked elsewhere", "a frame of another size"] {
        assert_eq!(read(what), (false, true), "{what}");
    }
}

#[test]
fn a_deployment_under_way_is_taken_back_only_by_a_key_that_was_meant() {
    use crate::app::operation::call::Write;
    let back = |stage: &Stage| stage.aws.writes.iter().any(|write| matches!(write, Write::RollBack { .. }));
    let mut stage = Stage::half((100, 30));
    stage.strike("R");
    for _ in 0..40 {
        stage.pass(30);
        stage.strike("enter");
        stage.frame();
    }
    assert!(!back(&stage));
    stage.pass(1_100);
    stage.strike("enter");
    assert!(back(&stage));
}

#[test]
fn leaving_what_goes_on_is_not_confirmed_by_a_key_that_is_held() {
    for key in ["q", "ctrl-c", "enter"] {
        let mut stage = Stage::half((100, 30));
        stage.strike("q");
        stage.frame();
        stage.strike("right");
        for _ in 0..60 {
            stage.pass(33);
            stage.strike(key);
            stage.frame();
        }
        assert!(stage.left.is_empty(), "{key}");
        assert_eq!(stage.window(), Some(Kind::Quit), "{key}");
        stage.pass(1_100);
        stage.strike(key);
        assert_eq!(stage.left, [Effect::Quit], "{key}");
    }
}

#[test]
fn a_query_that_costs_is_not_run_by_the_key_that_asked_for_its_price() {
    let mut stage = Stage::new((100, 30));
    stage.press("3");
    stage.press("u");
    // What it found is shown at once.
    let asked = |stage: &Stage| stage.app.view().name == "logs-found";
    stage.strike("enter");
    stage.frame();
    stage.shows("what it will scan is not known: Enter again runs it");
    for _ in 0..60 {
        stage.pass(33);
        stage.strike("enter");
        stage.frame();
    }
    assert!(!asked(&stage));
    stage.pass(1_100);
    stage.strike("enter");
    assert!(asked(&stage));
}

#[test]
fn on_a_screen_that_is_too_small_nothing_is_taken_but_leaving() {
    for size in [(20, 5), (59, 40), (200, 14), (1, 1), (0, 0)] {
        let mut stage = Stage::new((100, 30));
        stage.press("2 j j F");
        assert!(matches!(stage.window(), Some(Kind::Plan(_))));
        stage.app.update(Event::Resize(size.0, size.1));
        let window = stage.window();
        for command in crate::panes::table::TABLE.commands() {
            for key in command.default_keys() {
                if stage.app.keymap.command(&[Scope::Global], key) != Some(Id::QUIT) {
                    let effects = crate::app::testing::by_hand(&mut stage.app, Event::Key(key));
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
                let effects = crate::app::testing::by_hand(&mut stage.app, Event::Mouse(mouse));
                stage.serve(effects);
            }
        }
        assert!(!changes(&stage) && stage.left.is_empty(), "{size:?}");
        assert_eq!(stage.window(), window, "{size:?}");
        // Large again, it is there to be read.
        stage.app.update(Event::Resize(100, 30));
        stage.frame();
        stage.shows("[ Deploy ]");
        // And it can be left.
        stage.app.update(Event::Resize(size.0, size.1));
        stage.press("q");
        assert_eq!(stage.left, [Effect::Quit], "{size:?}");
        assert_eq!(stage.verdict(), None);
    }
}

#[test]
fn leaving_what_goes_on_is_asked_on_a_small_screen_where_the_words_fit() {
    let mut stage = Stage::half((100, 30));
    stage.app.update(Event::Resize(30, 8));
    stage.press("q");
    assert!(stage.left.is_empty());
    stage.shows("1 operation goes on; q again");
    stage.press("q");
    assert_eq!(stage.left, [Effect::Quit]);
    assert_eq!(stage.verdict(), Some(Verdict::Unknown));
    // Where they do not fit nothing is asked and nothing is left.
    let mut stage = Stage::half((100, 30));
    stage.app.update(Event::Resize(8, 2));
    stage.press("q q q");
    assert!(stage.left.is_empty());
    stage.app.update(Event::Resize(100, 30));
    stage.frame();
    stage.shows("[ Stay ]");
}

mod any {
    use super::*;
    use crate::app::testing::cases;
    use proptest::prelude::*;

    /// Every key of the registry, and some that only type.
    fn keys() -> Vec<String> {
        let registered = crate::panes::table::TABLE.commands().flat_map(crate::app::Command::default_keys);
        let mut keys: Vec<String> = registered.map(|key| key.to_string()).collect();
        keys.extend(["y", "Y", "space", "s", "t", "a", "g", "i", "n"].map(str::to_owned));
        // What answers comes more often than the others.
        keys.extend(vec!["enter".to_owned(); 60]);
        keys
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..cases(160) })]
        /// Any keys at any time between a window's making, its drawing and its readability, and a key that is
        /// held from then on: nothing is changed.
        #[test]
        fn no_key_confirms_what_could_not_be_read(
            way in proptest::sample::select(WAYS.to_vec()),
            guarded: bool,
            reply in 0i64..300,
            frame in 0i64..150,
            strikes in proptest::collection::vec((proptest::sample::select(keys()), 0i64..1_000), 0..8),
            held in proptest::option::of((proptest::sample::select(vec!["enter", "q", "right", "tab", "space"]),
                0i64..1_000, 200i64..=1_000, 15i64..=60)),
        ) {
            let mut stage = before(way, guarded);
            let mut effects = Some(asked(&mut stage, way));
            let readable = reply + frame + 400;
            // Of each: the millisecond, and what happens then.
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
                stage.pass(at - now);
                now = at;
                match event {
                    None => {
                        let effects = effects.take().unwrap_or_default();
                        stage.answer(effects);
                    }
                    Some(key) if key.is_empty() => stage.frame(),
                    Some(key) => {
                        // Only the plan's own questions are answered: what these keys begin is another plan.
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
