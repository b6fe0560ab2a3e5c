//! Each line of an environment's configuration that names something, held against what is there.

use super::lines::{Lines, Missing, Unread, whole};
use super::tunnels::Instance;
use super::{CheckedEnvironment, asked, files};
use crate::app::App;
use crate::app::checkup::Check;

/// All lines, and whether one of them could not be looked at.
pub(super) async fn checks(patient: &CheckedEnvironment, app: &App, instance: Option<&Instance>) -> (Vec<Check>, bool) {
    let (environment, places) = (&patient.environment, &patient.session.places);
    let mut lines = Lines::new(environment, places);
    // Of another account, or of nobody, nothing is said.
    let known = app.estate.identity.failure().is_none();
    if known && !environment.is_only_infra() {
        of_lists(&mut lines, app);
        Box::pin(asked::look(&mut lines, patient, app, instance)).await;
    }
    files::look(&mut lines, patient, app);
    lines.found()
}

/// Checks the lists that every look at the environment reads.
fn of_lists(lines: &mut Lines<'_>, app: &App) {
    let (estate, environment) = (&app.estate, &app.environment);
    let mut key = |key: &'static str, written: &[String], read: Result<(), Unread>| {
        lines.key(key, written, read, |name| {
            let found = estate.unmatched.iter().find(|one| one.key == key && one.written == name)?;
            Some(Missing::name(name, found.near.as_deref()))
        });
    };
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    key("services", &environment.services, whole(&estate.services));
    let databases = whole(&estate.db_clusters).and(whole(&estate.db_instances));
    key("databases", &environment.databases, databases);
    key("target_groups", &environment.target_groups, whole(&estate.target_groups));
    key("alarms", &environment.alarms, whole(&estate.alarms));
    key("logs", &environment.logs, whole(&estate.log_groups));
    key("scheduler", &one(&environment.scheduler), whole(&estate.function));
    key("schedules", &one(&environment.schedules), whole(&estate.schedules));
    let misnamed = estate.unmatched.iter().filter(|one| one.key == "build");
    for one in misnamed {
        let what = format!("no service is called like the build `{}`", one.written);
        lines.beside(&format!("build.{}.context", one.written), Err(Missing::because(what, one.near.as_deref())));
    }
}
