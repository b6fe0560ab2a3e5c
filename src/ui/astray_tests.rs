//! What is typed on when its line has gone by itself, or was refused, does nothing: letters that are no text are keys.
//! Milliseconds are those of the machine's clock, which a test moves on.

use super::testing::*;
use crate::app::Session;
use crate::app::command::Scope;
use crate::app::effect::Effect;
use crate::app::event::{Event, MfaRequest, SignIn};
use crate::model::key::Key;
use crate::panes::table::TABLE;
use std::collections::BTreeSet;

/// Where a person is, but for what is said at the bottom.
fn place(stage: &Stage) -> String {
    let app = &stage.app;
    let screen = crate::app::screen::Screen { toast: None, ..app.screen.clone() };
    format!("{screen:?} {} {} {}", app.environment.name, app.operations.list.len(), app.confirm.ready())
}

/// A window that is closed by what comes from outside.
fn window(stage: &mut Stage) {
    let (url, until) = ("https://example.awsapps.com/start".to_owned(), now());
    happens(stage, Event::SignIn(SignIn::Asked { url, code: "KBLH-QRST".into(), until }));
    stage.pass(10_000);
}

fn happens(stage: &mut Stage, event: Event) {
    let effects = stage.app.update(event);
    stage.answer(effects);
    stage.app.settle();
}

/// All keys that a line takes, and all others that have a command anywhere.
fn keys() -> (BTreeSet<String>, BTreeSet<String>) {
    let all = TABLE.commands().flat_map(|command| command.default_keys().into_iter().map(move |key| (command, key)));
    let line = |key: Key| {
        let of_a_line = |command: &&crate::app::Command| command.scope == Scope::Input && command.name() != "cancel";
        TABLE.commands().filter(of_a_line).any(|command| command.default_keys().contains(&key))
    };
    let letters = ('!'..='~').map(|letter| letter.to_string()).filter(|letter| letter.parse::<Key>().is_ok());
    let (typed, others): (Vec<_>, Vec<_>) = all.partition(|(_, key)| key.text().is_some() || line(*key));
    let named = |all: Vec<(_, Key)>| all.into_iter().map(|(_, key)| key.to_string()).collect::<BTreeSet<_>>();
    (named(typed).into_iter().chain(letters).collect(), named(others))
}

#[test]
fn no_key_of_a_text_does_anything_right_after_its_window_went_by_itself() {
    let (typed, _) = keys();
    assert!(typed.len() > 90, "{typed:?}");
    for pane in TABLE.tabs() {
        let mut stage = Stage::new((120, 40));
        stage.press(pane.key);
        window(&mut stage);
        stage.strike("z");
        stage.pass(399);
        happens(&mut stage, Event::SignIn(SignIn::Done));
        let before = place(&stage);
        for (number, key) in typed.iter().enumerate() {
            // However long it goes on, while there is no pause.
            stage.pass([0, 30, 399, 200][number % 4]);
            let effects = stage.app.update(Event::Key(key.parse().unwrap()));
            assert!(effects.is_empty(), "{key} in {}: {effects:?}", pane.title);
            stage.app.settle();
            assert_eq!(place(&stage), before, "{key} in {}", pane.title);
        }
        stage.shows("not taken: what this was typed into has closed");
        // After a pause keys are keys.
        stage.pass(400);
        let effects = stage.app.update(Event::Key("?".parse().unwrap()));
        stage.answer(effects);
        assert!(!stage.app.screen.overlays.is_empty() || stage.app.editing(), "? in {}", pane.title);
    }
}

#[test]
fn what_no_line_takes_is_a_key_at_once() {
    let (typed, others) = keys();
    for key in ["esc", "ctrl-c", "f5"] {
        assert!(!typed.contains(key), "{key}");
    }
    for key in others {
        let mut stage = Stage::new((120, 40));
        stage.press("2 j j enter");
        window(&mut stage);
        stage.strike("z");
        happens(&mut stage, Event::SignIn(SignIn::Done));
        stage.app.update(Event::Key(key.parse().unwrap()));
        let toast = stage.app.screen.toast.as_ref().map(|(text, _)| text.clone()).unwrap_or_default();
        assert!(!toast.contains("not taken"), "{key}: {toast}");
    }
}

/// A person who typed nothing for a while has seen that it closed.
#[test]
fn a_key_that_goes_on_with_nothing_is_a_key() {
    let mut stage = Stage::new((120, 40));
    stage.press("2");
    window(&mut stage);
    stage.strike("z");
    stage.pass(400);
    happens(&mut stage, Event::SignIn(SignIn::Done));
    stage.strike("?");
    assert_eq!(stage.window(), Some(crate::app::overlay::Kind::Help));
}

#[test]
fn what_is_typed_after_ones_own_enter_or_escape_is_keys() {
    for end in ["enter", "esc"] {
        let mut stage = Stage::new((120, 40));
        stage.press("2");
        for key in ["/", "a", "p", "i", end, "e"] {
            stage.pass(30);
            stage.strike(key);
        }
        stage.app.settle();
        assert_eq!(stage.window(), Some(crate::app::overlay::Kind::Environments), "{end}");
    }
}

#[test]
fn a_number_for_a_service_that_is_not_selected_goes_nowhere() {
    // The keys that open a line or a window to type into, with what would be typed.
    for keys in ["S 5 enter", "D c 0 enter", "R enter e enter"] {
        let read_only = Session { read_only: true, ..Session::default() };
        for (session, way) in [(Session::default(), "7"), (read_only, "2 j j")] {
            let mut stage = Stage::of(environment("staging"), session, (120, 40));
            stage.press(way);
            stage.pass(5_000);
            let before = place(&stage);
            for key in keys.split(' ') {
                stage.pass(120);
                stage.strike(key);
                stage.app.settle();
            }
            assert_eq!(place(&stage), before, "{keys} after {way}");
            let toast = stage.app.screen.toast.as_ref().map(|(text, _)| text.clone()).unwrap_or_default();
            assert!(toast.starts_with("not taken: "), "{keys}: {toast}");
            assert!(
                toast.contains("select a service first") || toast.contains("read-only"),
                "why is said still: {toast}"
            );
        }
    }
}

#[test]
fn a_line_that_was_refused_takes_the_rest_with_it() {
    let mut stage = Stage::new((120, 40));
    stage.press("2 :");
    stage.typed("invalidate");
    stage.press("enter ctrl-u");
    stage.typed("nopath");
    assert!(stage.app.screen.typing.is_some(), "{}", text(&stage.app));
    stage.pass(5_000);
    for key in ["enter", "e", "enter"] {
        stage.pass(100);
        stage.strike(key);
        stage.app.settle();
    }
    assert!(stage.app.screen.overlays.is_empty() && stage.app.screen.typing.is_none(), "{}", text(&stage.app));
    stage.shows("not taken: `nopath` does not begin with a slash");
}

#[test]
fn text_that_is_pasted_where_there_is_no_line_is_never_keys() {
    for pane in TABLE.tabs() {
        let mut stage = Stage::new((120, 40));
        stage.press(pane.key);
        if stage.app.editing() {
            continue;
        }
        let before = place(&stage);
        happens(&mut stage, Event::Paste("e\njj\nq".into()));
        assert_eq!(place(&stage), before, "{}", pane.title);
        stage.shows("not taken: there is no line to paste into");
    }
}

#[test]
fn an_enter_that_was_meant_for_something_else_does_not_answer_a_code_that_is_asked_for() {
    let code =
        || Event::MfaRequest(MfaRequest { number: 7, profile: "work".into(), serial: "arn:mfa".into(), again: None });
    let mut stage = Stage::new((120, 40));
    stage.press("2 j");
    stage.strike("j");
    happens(&mut stage, code());
    for key in ["j", "enter", "1"] {
        stage.pass(100);
        stage.strike(key);
    }
    assert!(!stage.left.iter().any(|effect| matches!(effect, Effect::Code(..))), "{:?}", stage.left);
    stage.shows("not taken: a code is asked for since");
    stage.typed("271828");
    stage.press("enter");
    let given = Some(crate::model::parameters::Value::new("271828"));
    assert_eq!(stage.left.last(), Some(&Effect::Code(7, given)));
}
