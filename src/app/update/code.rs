//! An MFA code that credentials need: asked for as soon as nothing else is being typed or answered. What is typed is not
//! shown, and stands nowhere afterwards.

use super::windows::push_window;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::MfaRequest;
use crate::app::overlay::Kind;
use crate::app::overlays;
use crate::app::screen::{Purpose, Typing};
use crate::app::state::Dirty;
use crate::model::parameters::Value;

/// Asks, or notices that nobody answers any more.
pub(super) fn ask(app: &mut App) -> Vec<Effect> {
    let Some(asked) = &app.code else { return Vec::new() };
    let typing = app.screen.typing.as_ref().map(|typing| typing.purpose);
    if asked.shown {
        if typing == Some(Purpose::Code) {
            return Vec::new();
        }
        // Esc, a click elsewhere, another environment.
        return answer(app, None);
    }
    if typing.is_some() || app.screen.asks() {
        return Vec::new();
    }
    let first = asked.wanted.again.is_none();
    let MfaRequest { number: _, profile, serial, again } = &asked.wanted;
    let mut text = format!("Profile {profile} needs a code of its second factor, {serial}.");
    if let Some(why) = again {
        text = format!("{why}\n\n{text}");
    }
    text.push_str("\n\nType it below and press Enter; Esc continues without credentials. It is not kept; the session that it makes is, where the AWS CLI keeps its own.");
    let mut window = overlays::message(app, "MFA code", &text);
    window.kind = Kind::Code;
    push_window(app, window);
    app.screen.typing = Some(Typing::hidden(Purpose::Code));
    if let Some(asked) = &mut app.code {
        asked.shown = true;
    }
    // Nobody waited for the first: an Enter that was meant for something else would go on without credentials.
    if first {
        app.astray.begin_if_typing(app.confirm.now(), "not taken: a code is asked for since; type again in a second");
    }
    app.changed_by(Dirty::Lists);
    Vec::new()
}

/// Takes the MFA code that was typed.
pub(super) fn given(app: &mut App, text: &str) -> Vec<Effect> {
    answer(app, Some(Value::new(text.trim())).filter(|code| !code.expose().is_empty()))
}

fn answer(app: &mut App, code: Option<Value>) -> Vec<Effect> {
    let question = app.code.take().map_or(0, |asked| asked.wanted.number);
    if app.screen.overlays.last().is_some_and(|window| window.kind == Kind::Code) {
        app.screen.overlays.pop();
    }
    app.changed_by(Dirty::Lists);
    vec![Effect::Code(question, code)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::Event;
    use crate::ui::testing::{Stage, text};

    fn wanted(again: Option<&str>) -> Event {
        Event::MfaRequest(MfaRequest {
            number: 7,
            profile: "work".into(),
            serial: "arn:aws:iam::123456789012:mfa/me".into(),
            again: again.map(str::to_owned),
        })
    }

    fn happens(stage: &mut Stage, event: Event) {
        let effects = stage.app.update(event);
        stage.serve(effects);
    }

    #[test]
    fn a_code_is_typed_in_a_window_without_being_shown_and_stands_nowhere_afterwards() {
        for size in [(80, 24), (120, 40), (200, 60)] {
            let mut stage = Stage::new(size);
            happens(&mut stage, wanted(None));
            stage.shows("Profile work needs a code");
            stage.typed("271828");
            stage.shows("MFA code ••••••");
            stage.hides("271828");
            stage.press("enter");
            assert_eq!(stage.left.last(), Some(&Effect::Code(7, Some(Value::new("271828")))));
            stage.hides("needs a code");
            assert!(!format!("{:?}{}", stage.app, text(&stage.app)).contains("271828"));
        }
    }

    #[test]
    fn who_leaves_it_goes_on_without_and_is_told_why_it_is_asked_again() {
        let mut stage = Stage::new((80, 24));
        happens(&mut stage, wanted(Some("MultiFactorAuthentication failed")));
        stage.shows("MultiFactorAuthentication failed");
        stage.typed("1");
        stage.press("esc");
        assert_eq!(stage.left.last(), Some(&Effect::Code(7, None)));
        stage.hides("needs a code");
        happens(&mut stage, wanted(None));
        stage.press("enter");
        assert_eq!(stage.left.last(), Some(&Effect::Code(7, None)), "nothing is no code");
    }

    #[test]
    fn it_waits_until_what_is_being_typed_or_answered_is_done() {
        let mut stage = Stage::new((80, 24));
        stage.press("2 /");
        stage.typed("we");
        happens(&mut stage, wanted(None));
        stage.hides("needs a code");
        stage.typed("b");
        stage.press("enter");
        stage.shows("needs a code");
        assert_eq!(stage.app.screen.typing.as_ref().map(|typing| typing.purpose), Some(Purpose::Code));
    }
}
