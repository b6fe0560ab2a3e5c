//! Signing in to IAM Identity Center without leaving the screen: the code and the page are shown, a browser is opened where
//! there is one, and what failed for want of credentials is asked again.

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
        app.say("simulated: there is nothing to sign in to");
        return Vec::new();
    }
    app.say("signing in …");
    vec![Effect::SignIn(true)]
}

/// Shows how the sign-in is going, or how it ended.
pub(super) fn happened(app: &mut App, stand: SignIn) -> Vec<Effect> {
    close(app);
    app.changed_by(Dirty::Lists);
    match stand {
        SignIn::Asked { url, code, until } => {
            let until = time::clock(until, &app.zone());
            let text = format!(
                "Confirm the code\n\n    {code}\n\non this page, until {until}; a browser opens it where there is one. y copies it.\n\n{url}\n\n\
                 The screen goes on meanwhile; Esc closes this window, and the sign-in goes on."
            );
            let mut window = overlays::message(app, "Sign in", &text);
            window.kind = Kind::SignIn;
            window.copies = Some(url.clone());
            push_window(app, window);
            vec![Effect::OpenUrl(url)]
        }
        SignIn::Done => {
            app.note(false, "signed in");
            app.say("signed in; everything is read again");
            app.poller.hurry(&Source::ALL, app.now);
            app.plan()
        }
        SignIn::Failed(failure) => {
            app.note(true, format!("not signed in: {failure}"));
            app.say(format!("not signed in: {failure}"));
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

    fn happens(stage: &mut Stage, stand: SignIn) {
        let effects = stage.app.update(Event::SignIn(stand));
        stage.serve(effects);
    }

    #[test]
    fn a_sign_in_shows_its_code_and_its_page_and_reads_again_when_it_is_done() {
        for size in [(80, 24), (120, 40)] {
            let mut stage = Stage::new(size);
            stage.press(":");
            stage.typed("sign-in");
            stage.press("enter");
            assert_eq!(stage.left.last(), Some(&Effect::SignIn(true)));
            let url = "https://example.awsapps.com/start/#/device?user_code=KBLH-QRST".to_owned();
            let until = now() + SignedDuration::from_mins(10);
            happens(&mut stage, SignIn::Asked { url: url.clone(), code: "KBLH-QRST".into(), until });
            assert_eq!(stage.left.last(), Some(&Effect::OpenUrl(url.clone())));
            stage.shows("KBLH-QRST");
            stage.shows("until 14:12:31");
            stage.press("y");
            assert_eq!(stage.left.last(), Some(&Effect::Copy(url)));
            happens(&mut stage, SignIn::Done);
            stage.hides("KBLH-QRST");
            stage.shows("signed in");
        }
    }

    #[test]
    fn one_that_fails_says_why_and_one_on_the_simulator_is_none() {
        let mut stage = Stage::new((120, 40));
        happens(
            &mut stage,
            SignIn::Failed(Failure::new(FailureKind::Credentials, "nobody confirmed the sign-in in time")),
        );
        stage.shows("not signed in: nobody confirmed the sign-in in time");
        stage.app.session.simulated = true;
        stage.press(":");
        stage.typed("sign-in");
        stage.press("enter");
        stage.shows("simulated: there is nothing to sign in to");
    }
}
