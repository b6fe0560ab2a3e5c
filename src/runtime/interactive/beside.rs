//! Looks beside the screen, in tasks that end with the session: environments that are not opened, and what the doctor
//! finds of the one that is.

use super::Run;
use crate::config::EnvironmentConfig;
use crate::runtime::doctor::{self, CheckedEnvironment};
use crate::runtime::survey;

impl Run<'_> {
    /// Looks at an environment that is not opened.
    pub(super) fn survey(&mut self, environment: EnvironmentConfig) {
        while self.surveys.try_join_next().is_some() {}
        let (config, session) = (self.app.config.clone(), self.app.session.clone());
        let looked = survey::survey(config, environment, session, self.clock.clone(), self.ring.executor.events());
        self.surveys.spawn(looked);
    }

    /// Looks at the opened one as the doctor does.
    pub(super) fn check_up(&mut self) {
        while self.surveys.try_join_next().is_some() {}
        let Some(aws) = self.ring.executor.session() else { return };
        let patient = CheckedEnvironment {
            config: self.app.config.clone(),
            environment: self.app.environment.clone(),
            session: self.app.session.clone(),
            aws,
            clock: self.clock.clone(),
            end: None,
            on_screen: true,
        };
        self.surveys.spawn(doctor::tell(patient, self.ring.executor.events()));
    }
}
