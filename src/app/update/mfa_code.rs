//! The prompt for an MFA code that credentials need: opened as soon as nothing else is being typed or answered. The
//! typed code is never shown, and not kept afterwards.

use super::windows::push_window;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::MfaRequest;
use crate::app::overlay::Kind;
use crate::app::overlays;
use crate::app::screen::{Purpose, Typing};
use crate::app::state::Dirty;
use crate::model::parameters::Value;

/// Opens the prompt, or notices that it was closed.
pub(super) fn open_prompt(app: &mut App) -> Vec<Effect> {
    let Some(asked) = &app.code else { return Vec::new() };
    let typing = app.screen.typing.as_ref().map(|typing| typing.purpose);
    if asked.shown {
        if typing == Some(Purpose::Code) {
            return Vec::new();
        }
        // Esc, a click elsewhere, another environment.
        return answer(app, None);
    }
    if typing.is_some() || app.screen.has_dialog() {
        return Vec::new();
    }
    let first = asked.request.retry_reason.is_none();
    let MfaRequest { number: _, profile, serial, retry_reason: again } = &asked.request;
    let mut text = format!("Profile {profile} needs an MFA code from {serial}.");
    if let Some(why) = again {
        text = format!("{why}\n\n{text}");
    }
    text.push_str("\n\nType it below and press Enter; Esc continues without credentials. The code is not stored; the session that it starts is cached where the AWS CLI caches its own.");
    let mut window = overlays::message(app, "MFA code", &text);
    window.kind = Kind::Code;
    push_window(app, window);
    app.screen.typing = Some(Typing::hidden(Purpose::Code));
    if let Some(asked) = &mut app.code {
        asked.shown = true;
    }
    // The first prompt comes unexpectedly: an Enter meant for something else would continue without credentials.
    if first {
        app.stray_input
            .refuse_if_typing(app.confirm.now(), "ignored: an MFA code is requested now; type again in a second");
    }
    app.changed_by(Dirty::Lists);
    Vec::new()
}

/// Accepts the typed MFA code.
pub(super) fn accept_code(app: &mut App, text: &str) -> Vec<Effect> {
    answer(app, Some(Value::new(text.trim())).filter(|code| !code.expose().is_empty()))
}

fn answer(app: &mut App, code: Option<Value>) -> Vec<Effect> {
    let question = app.code.take().map_or(0, |asked| asked.request.number);
    if app.screen.overlays.last().is_some_and(|window| window.kind == Kind::Code) {
        app.screen.overlays.pop();
    }
    app.changed_by(Dirty::Lists);
    vec![Effect::MfaCode(question, code)]
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
            retry_reason: again.map(str::to_owned),
        })
    }

    fn send(stage: &mut Stage, event: Event) {
        let effects = stage.app.update(event);
        stage.serve(effects);
    }

    #[test]
    fn mfa_code_is_never_shown_and_not_kept() {
        for size in [(80, 24), (120, 40), (200, 60)] {
            let mut stage = Stage::new(size);
            send(&mut stage, wanted(None));
            stage.assert_shown("Profile work needs an MFA code");
            stage.type_text("271828");
            stage.assert_shown("MFA code ••••••");
            stage.assert_hidden("271828");
            stage.press("enter");
            assert_eq!(stage.other_effects.last(), Some(&Effect::MfaCode(7, Some(Value::new("271828")))));
            stage.assert_hidden("needs an MFA code");
            assert!(!format!("{:?}{}", stage.app, text(&stage.app)).contains("271828"));
        }
    }

    #[test]
    fn closing_the_prompt_continues_without_a_code_and_a_retry_shows_the_reason() {
        let mut stage = Stage::new((80, 24));
        send(&mut stage, wanted(Some("MultiFactorAuthentication failed")));
        stage.assert_shown("MultiFactorAuthentication failed");
        stage.type_text("1");
        stage.press("esc");
        assert_eq!(stage.other_effects.last(), Some(&Effect::MfaCode(7, None)));
        stage.assert_hidden("needs an MFA code");
        send(&mut stage, wanted(None));
        stage.press("enter");
        assert_eq!(stage.other_effects.last(), Some(&Effect::MfaCode(7, None)), "nothing is no code");
    }

    #[test]
    fn prompt_waits_until_typing_is_done() {
        let mut stage = Stage::new((80, 24));
        stage.press("2 /");
        stage.type_text("we");
        send(&mut stage, wanted(None));
        stage.assert_hidden("needs an MFA code");
        stage.type_text("b");
        stage.press("enter");
        stage.assert_shown("needs an MFA code");
        assert_eq!(stage.app.screen.typing.as_ref().map(|typing| typing.purpose), Some(Purpose::Code));
    }
}
