//! `doctor` on the screen: starting it and showing its results.

use super::refresh::after_move;
use super::windows::push;
use crate::app::doctor::{Check, Checkup, Outcome, summary};
use crate::app::effect::Effect;
use crate::app::state::Dirty;
use crate::app::{App, overlays};

/// Starts the check, unless it is running; the window shows its results.
pub(crate) fn begin(app: &mut App) -> Vec<Effect> {
    let environment = app.environment.name.clone();
    let is_running = app.checkup.as_ref().is_some_and(|one| one.environment == environment && one.checks.is_none());
    app.checkup = Some(Checkup { environment, checks: None });
    push(app, overlays::checkup);
    let mut effects = after_move(app);
    if !is_running {
        effects.push(Effect::RunDoctor);
    }
    effects
}

/// Stores the results, unless the environment was switched in the meantime.
pub(super) fn store_results(app: &mut App, environment: &str, checks: Vec<Check>) {
    let Some(checkup) = app.checkup.as_mut().filter(|checkup| checkup.environment == environment) else { return };
    let failed = checks.iter().any(|check| check.status == Outcome::Fail);
    let words = format!("doctor: {}", summary(&checks));
    checkup.checks = Some(checks);
    app.note(failed, words);
    app.changed_by(Dirty::Lists);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::Event;
    use crate::ui::testing::{Stage, text};

    fn open_doctor(stage: &mut Stage) {
        stage.press(":");
        stage.type_text("doctor");
        stage.press("enter");
    }

    fn report_checks(stage: &mut Stage, environment: &str, checks: Vec<Check>) {
        let effects = stage.app.update(Event::DoctorFinished(environment.into(), checks));
        stage.serve(effects);
    }

    #[test]
    fn doctor_runs_once_and_lists_failures_first_with_their_place() {
        let mut stage = Stage::new((80, 24));
        open_doctor(&mut stage);
        assert_eq!(stage.other_effects.last(), Some(&Effect::RunDoctor));
        assert!(text(&stage.app).contains("checking"), "{}", text(&stage.app));
        stage.press("esc");
        open_doctor(&mut stage);
        let times = stage.other_effects.iter().filter(|effect| **effect == Effect::RunDoctor).count();
        assert_eq!(times, 1, "it looks already");
        // Results of an environment that was left are not shown.
        report_checks(&mut stage, "prod", vec![Check::ok("account", "of prod")]);
        assert!(text(&stage.app).contains("checking"));
        let wrong = Check::fail("databases", "nothing matches `shop-bd`", "did you mean `shop-db`? run `cockpit db`");
        let checks = vec![Check::ok("account", "as configured"), wrong.at(Some("config.toml:12".into()))];
        report_checks(&mut stage, "staging", checks);
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
            .other_effects
            .iter()
            .any(|effect| matches!(effect, Effect::Copy(text) if text.contains("fail: databases: config.toml:12")));
        assert!(copied, "{:?}", stage.other_effects.last());
        // A new request checks again.
        stage.press("esc");
        open_doctor(&mut stage);
        assert_eq!(stage.other_effects.last(), Some(&Effect::RunDoctor));
    }
}
