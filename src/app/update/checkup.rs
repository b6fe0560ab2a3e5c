//! The doctor on the screen: asked for, and what it has found.

use super::settle::done;
use super::windows::push;
use crate::app::checkup::{Check, Checkup, Outcome, counted};
use crate::app::effect::Effect;
use crate::app::state::Dirty;
use crate::app::{App, overlays};

/// Looks, unless it looks already; the window shows what it finds.
pub(crate) fn begin(app: &mut App) -> Vec<Effect> {
    let environment = app.environment.name.clone();
    let going = app.checkup.as_ref().is_some_and(|one| one.environment == environment && one.checks.is_none());
    app.checkup = Some(Checkup { environment, checks: None });
    push(app, overlays::checkup);
    let mut effects = done(app);
    if !going {
        effects.push(Effect::CheckUp);
    }
    effects
}

/// Stores what the doctor found, unless the environment was switched since.
pub(super) fn found(app: &mut App, environment: &str, checks: Vec<Check>) {
    let Some(checkup) = app.checkup.as_mut().filter(|checkup| checkup.environment == environment) else { return };
    let failed = checks.iter().any(|check| check.status == Outcome::Fail);
    let words = format!("doctor: {}", counted(&checks));
    checkup.checks = Some(checks);
    app.note(failed, words);
    app.changed_by(Dirty::Lists);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::Event;
    use crate::ui::testing::{Stage, text};

    fn asked(stage: &mut Stage) {
        stage.press(":");
        stage.typed("doctor");
        stage.press("enter");
    }

    fn finds(stage: &mut Stage, environment: &str, checks: Vec<Check>) {
        let effects = stage.app.update(Event::Checked(environment.into(), checks));
        stage.serve(effects);
    }

    #[test]
    fn the_doctor_is_asked_once_and_shows_what_is_wrong_first_with_its_place() {
        let mut stage = Stage::new((80, 24));
        asked(&mut stage);
        assert_eq!(stage.left.last(), Some(&Effect::CheckUp));
        assert!(text(&stage.app).contains("checking"), "{}", text(&stage.app));
        stage.press("esc");
        asked(&mut stage);
        let times = stage.left.iter().filter(|effect| **effect == Effect::CheckUp).count();
        assert_eq!(times, 1, "it looks already");
        // Nothing is shown of an environment that was left.
        finds(&mut stage, "prod", vec![Check::ok("account", "of prod")]);
        assert!(text(&stage.app).contains("checking"));
        let wrong = Check::fail("databases", "nothing matches `shop-bd`", "did you mean `shop-db`? run `cockpit db`");
        let checks = vec![Check::ok("account", "as configured"), wrong.at(Some("config.toml:12".into()))];
        finds(&mut stage, "staging", checks);
        let shown = text(&stage.app);
        for wanted in [
            "1 ok, 0 warnings, 1 failed",
            "✖  databases: config.toml:12: nothing matches `shop-bd`",
            "→ did you mean `shop-db`? run `cockpit db --env staging`",
            "●  account: as configured",
        ] {
            assert!(shown.contains(wanted), "{wanted}: {shown}");
        }
        assert!(shown.find("databases") < shown.find("account: as"), "{shown}");
        stage.press("y");
        let copied = stage
            .left
            .iter()
            .any(|effect| matches!(effect, Effect::Copy(text) if text.contains("fail: databases: config.toml:12")));
        assert!(copied, "{:?}", stage.left.last());
        // It looks again where it is asked again.
        stage.press("esc");
        asked(&mut stage);
        assert_eq!(stage.left.last(), Some(&Effect::CheckUp));
    }
}
