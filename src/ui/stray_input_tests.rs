//! Keys typed after their input line closed by itself or was refused are ignored: letters meant as text must not run
//! commands. Milliseconds are on the machine's clock, which the test advances.

use super::testing::*;
use crate::app::Session;
use crate::app::command::Scope;
use crate::app::effect::Effect;
use crate::app::event::{Event, MfaRequest, SignIn};
use crate::model::key::Key;
use crate::panes::table::TABLE;
use std::collections::BTreeSet;

/// A fingerprint of the screen, without the message at the bottom.
fn fingerprint(stage: &Stage) -> String {
    let app = &stage.app;
    let screen = crate::app::screen::Screen { toast: None, ..app.screen.clone() };
    format!("{screen:?} {} {} {}", app.environment.name, app.operations.list.len(), app.confirm.accepts_answer())
}

/// Opens a window that an outside event can close.
fn window(stage: &mut Stage) {
    let (url, until) = ("https://example.awsapps.com/start".to_owned(), now());
    happens(stage, Event::SignIn(SignIn::AwaitingUser { url, code: "KBLH-QRST".into(), until }));
    stage.advance_clock(10_000);
}

fn happens(stage: &mut Stage, event: Event) {
    let effects = stage.app.update(event);
    stage.answer(effects);
    stage.app.settle();
}

/// All keys that an input line accepts, and all other keys that have a command.
fn keys() -> (BTreeSet<String>, BTreeSet<String>) {
    let bindings =
        TABLE.commands().flat_map(|command| command.default_keys().into_iter().map(move |key| (command, key)));
    let line = |key: Key| {
        let of_a_line = |command: &&crate::app::Command| command.scope == Scope::Input && command.name() != "cancel";
        TABLE.commands().filter(of_a_line).any(|command| command.default_keys().contains(&key))
    };
    let letters = ('!'..='~').map(|letter| letter.to_string()).filter(|letter| letter.parse::<Key>().is_ok());
    let (typed, others): (Vec<_>, Vec<_>) = bindings.partition(|(_, key)| key.typed_char().is_some() || line(*key));
    let named = |bindings: Vec<(_, Key)>| bindings.into_iter().map(|(_, key)| key.to_string()).collect::<BTreeSet<_>>();
    (named(typed).into_iter().chain(letters).collect(), named(others))
}

#[test]
fn text_keys_are_ignored_right_after_their_window_closes_by_itself() {
    let (typed, _) = keys();
    assert!(typed.len() > 90, "{typed:?}");
    for pane in TABLE.tabs() {
        let mut stage = Stage::new((120, 40));
        stage.press(pane.key);
        window(&mut stage);
        stage.press_now("z");
        stage.advance_clock(399);
        happens(&mut stage, Event::SignIn(SignIn::Done));
        let before = fingerprint(&stage);
        for (number, key) in typed.iter().enumerate() {
            // Typing may continue for any length of time, as long as there is no pause.
            stage.advance_clock([0, 30, 399, 200][number % 4]);
            let effects = stage.app.update(Event::Key(key.parse().unwrap()));
            assert!(effects.is_empty(), "{key} in {}: {effects:?}", pane.title);
            stage.app.settle();
            assert_eq!(fingerprint(&stage), before, "{key} in {}", pane.title);
        }
        stage.assert_shown("ignored: the input line for this text has closed");
        // After a pause keys run commands again.
        stage.advance_clock(400);
        let effects = stage.app.update(Event::Key("?".parse().unwrap()));
        stage.answer(effects);
        assert!(!stage.app.screen.overlays.is_empty() || stage.app.editing(), "? in {}", pane.title);
    }
}

#[test]
fn keys_that_no_line_accepts_run_commands_at_once() {
    let (typed, others) = keys();
    for key in ["esc", "ctrl-c", "f5"] {
        assert!(!typed.contains(key), "{key}");
    }
    for key in others {
        let mut stage = Stage::new((120, 40));
        stage.press("2 j j enter");
        window(&mut stage);
        stage.press_now("z");
        happens(&mut stage, Event::SignIn(SignIn::Done));
        stage.app.update(Event::Key(key.parse().unwrap()));
        let toast = stage.app.screen.toast.as_ref().map(|(text, _)| text.clone()).unwrap_or_default();
        assert!(!toast.contains("ignored"), "{key}: {toast}");
    }
}

/// Someone who has not typed for a while has seen that the window closed.
#[test]
fn key_after_a_pause_runs_its_command() {
    let mut stage = Stage::new((120, 40));
    stage.press("2");
    window(&mut stage);
    stage.press_now("z");
    stage.advance_clock(400);
    happens(&mut stage, Event::SignIn(SignIn::Done));
    stage.press_now("?");
    assert_eq!(stage.window(), Some(crate::app::overlay::Kind::Help));
}

#[test]
fn keys_after_own_enter_or_escape_run_commands() {
    for end in ["enter", "esc"] {
        let mut stage = Stage::new((120, 40));
        stage.press("2");
        for key in ["/", "a", "p", "i", end, "e"] {
            stage.advance_clock(30);
            stage.press_now(key);
        }
        stage.app.settle();
        assert_eq!(stage.window(), Some(crate::app::overlay::Kind::Environments), "{end}");
    }
}

#[test]
fn input_for_a_refused_command_is_ignored() {
    // Keys that would open a line or a window, followed by its input.
    for keys in ["S 5 enter", "D c 0 enter", "R enter e enter"] {
        let read_only = Session { read_only: true, ..Session::default() };
        for (session, way) in [(Session::default(), "7"), (read_only, "2 j j")] {
            let mut stage = Stage::with_environment(environment("staging"), session, (120, 40));
            stage.press(way);
            stage.advance_clock(5_000);
            let before = fingerprint(&stage);
            for key in keys.split(' ') {
                stage.advance_clock(120);
                stage.press_now(key);
                stage.app.settle();
            }
            assert_eq!(fingerprint(&stage), before, "{keys} after {way}");
            let toast = stage.app.screen.toast.as_ref().map(|(text, _)| text.clone()).unwrap_or_default();
            assert!(toast.starts_with("ignored: "), "{keys}: {toast}");
            assert!(
                toast.contains("select a service first") || toast.contains("read-only"),
                "the reason is still shown: {toast}"
            );
        }
    }
}

#[test]
fn keys_after_a_refused_line_are_ignored() {
    let mut stage = Stage::new((120, 40));
    stage.press("2 :");
    stage.type_text("invalidate");
    stage.press("enter ctrl-u");
    stage.type_text("nopath");
    assert!(stage.app.screen.typing.is_some(), "{}", text(&stage.app));
    stage.advance_clock(5_000);
    for key in ["enter", "e", "enter"] {
        stage.advance_clock(100);
        stage.press_now(key);
        stage.app.settle();
    }
    assert!(stage.app.screen.overlays.is_empty() && stage.app.screen.typing.is_none(), "{}", text(&stage.app));
    stage.assert_shown("ignored: `nopath` does not begin with a slash");
}

#[test]
fn text_pasted_without_a_line_runs_no_commands() {
    for pane in TABLE.tabs() {
        let mut stage = Stage::new((120, 40));
        stage.press(pane.key);
        if stage.app.editing() {
            continue;
        }
        let before = fingerprint(&stage);
        happens(&mut stage, Event::Paste("e\njj\nq".into()));
        assert_eq!(fingerprint(&stage), before, "{}", pane.title);
        stage.assert_shown("not pasted: no input line is open");
    }
}

#[test]
fn enter_typed_before_an_mfa_prompt_does_not_answer_it() {
    let code = || {
        Event::MfaRequest(MfaRequest {
            number: 7,
            profile: "work".into(),
            serial: "arn:mfa".into(),
            retry_reason: None,
        })
    };
    let mut stage = Stage::new((120, 40));
    stage.press("2 j");
    stage.press_now("j");
    happens(&mut stage, code());
    for key in ["j", "enter", "1"] {
        stage.advance_clock(100);
        stage.press_now(key);
    }
    assert!(
        !stage.other_effects.iter().any(|effect| matches!(effect, Effect::MfaCode(..))),
        "{:?}",
        stage.other_effects
    );
    stage.assert_shown("ignored: an MFA code is requested now");
    stage.type_text("271828");
    stage.press("enter");
    let given = Some(crate::model::parameters::Value::new("271828"));
    assert_eq!(stage.other_effects.last(), Some(&Effect::MfaCode(7, given)));
}
