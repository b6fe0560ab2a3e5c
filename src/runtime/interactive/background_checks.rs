//! Background checks, in tasks that end with the session: of environments that are not opened, and the doctor's checks of the
//! opened one.

use super::Run;
use crate::config::EnvironmentConfig;
use crate::runtime::doctor::{self, CheckedEnvironment};
use crate::runtime::survey;

impl Run<'_> {
    /// Reads an environment that is not opened.
    pub(super) fn survey(&mut self, environment: EnvironmentConfig) {
        while self.surveys.try_join_next().is_some() {}
        let (config, session) = (self.app.config.clone(), self.app.session.clone());
        let survey =
            survey::survey(config, environment, session, self.clock.clone(), self.event_loop.executor.events());
        self.surveys.spawn(survey);
    }

    /// Runs the doctor's checks on the opened environment.
    pub(super) fn check_up(&mut self) {
        while self.surveys.try_join_next().is_some() {}
        let Some(aws) = self.event_loop.executor.session() else { return };
        let checked = CheckedEnvironment {
            config: self.app.config.clone(),
            environment: self.app.environment.clone(),
            session: self.app.session.clone(),
            aws,
            clock: self.clock.clone(),
            end: None,
            on_screen: true,
        };
        self.surveys.spawn(doctor::run_for_screen(checked, self.event_loop.executor.events()));
    }
}
