//! Signing in to IAM Identity Center from the screen: shows the code and the page, opens a browser if there is one, and
//! repeats the requests that failed for lack of credentials.

use super::windows::push_window;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::SignIn;
use crate::app::overlay::Kind;
use crate::app::overlays;
use crate::app::state::Dirty;
use crate::model::{Source, time};

/// Begins a sign-in to IAM Identity Center.
pub(crate) fn begin(app: &mut App) -> Vec<Effect> {
    if app.session.simulated {
        app.show_message("simulated: there is nothing to sign in to");
        return Vec::new();
    }
    app.show_message("signing in …");
    vec![Effect::SignIn(true)]
}

/// Shows the progress of the sign-in, or its result.
pub(super) fn show_progress(app: &mut App, progress: SignIn) -> Vec<Effect> {
    close(app);
    app.changed_by(Dirty::Lists);
    match progress {
        SignIn::AwaitingUser { url, code, until } => {
            let until = time::clock(until, &app.zone());
            let text = format!(
                "Confirm the code\n\n    {code}\n\non this page, until {until}; a browser opens it where there is one. y copies it.\n\n{url}\n\n\
                 The screen keeps working meanwhile; Esc closes this window, and the sign-in continues."
            );
            let mut window = overlays::message(app, "Sign in", &text);
            window.kind = Kind::SignIn;
            window.copy_text = Some(url.clone());
            push_window(app, window);
            vec![Effect::OpenUrl(url)]
        }
        SignIn::Done => {
            app.note(false, "signed in");
            app.show_message("signed in; everything is read again");
            app.poller.make_due(&Source::ALL, app.now);
            app.plan()
        }
        SignIn::Failed(failure) => {
            app.note(true, format!("not signed in: {failure}"));
            app.show_message(format!("not signed in: {failure}"));
            Vec::new()
        }
    }
}

fn close(app: &mut App) {
    app.screen.overlays.retain(|window| window.kind != Kind::SignIn);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::Event;
    use crate::model::{Failure, FailureKind};
    use crate::ui::testing::{Stage, now};
    use jiff::SignedDuration;

    fn send(stage: &mut Stage, progress: SignIn) {
        let effects = stage.app.update(Event::SignIn(progress));
        stage.serve(effects);
    }

    #[test]
    fn sign_in_shows_code_and_page_and_reads_again_when_done() {
        for size in [(80, 24), (120, 40)] {
            let mut stage = Stage::new(size);
            stage.press(":");
            stage.type_text("sign-in");
            stage.press("enter");
            assert_eq!(stage.other_effects.last(), Some(&Effect::SignIn(true)));
            let url = "https://example.awsapps.com/start/#/device?user_code=KBLH-QRST".to_owned();
            let until = now() + SignedDuration::from_mins(10);
            send(&mut stage, SignIn::AwaitingUser { url: url.clone(), code: "KBLH-QRST".into(), until });
            assert_eq!(stage.other_effects.last(), Some(&Effect::OpenUrl(url.clone())));
            stage.assert_shown("KBLH-QRST");
            stage.assert_shown("until 14:12:31");
            stage.press("y");
            assert_eq!(stage.other_effects.last(), Some(&Effect::Copy(url)));
            send(&mut stage, SignIn::Done);
            stage.assert_hidden("KBLH-QRST");
            stage.assert_shown("signed in");
        }
    }

    #[test]
    fn failed_sign_in_shows_the_reason_and_simulator_has_none() {
        let mut stage = Stage::new((120, 40));
        send(
            &mut stage,
            SignIn::Failed(Failure::new(FailureKind::Credentials, "nobody confirmed the sign-in in time")),
        );
        stage.assert_shown("not signed in: nobody confirmed the sign-in in time");
        stage.app.session.simulated = true;
        stage.press(":");
        stage.type_text("sign-in");
        stage.press("enter");
        stage.assert_shown("simulated: there is nothing to sign in to");
    }
}
