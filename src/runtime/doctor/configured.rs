//! Checks each name in an environment's configuration against what exists.

use super::name_findings::{Checklist, Missing, Unread, require_complete};
use super::tunnels::Instance;
use super::{CheckedEnvironment, files, names};
use crate::app::App;
use crate::app::doctor::Check;

/// Returns the checks, and whether one of them could not be made.
pub(super) async fn checks(checked: &CheckedEnvironment, app: &App, instance: Option<&Instance>) -> (Vec<Check>, bool) {
    let (environment, places) = (&checked.environment, &checked.session.places);
    let mut lines = Checklist::new(environment, places);
    // Without a known identity, or with another account's, the answers would be meaningless.
    let known = app.estate.identity.failure().is_none();
    if known && !environment.is_only_infra() {
        check_lists(&mut lines, app);
        Box::pin(names::check_configured_names(&mut lines, checked, app, instance)).await;
    }
    files::check_files(&mut lines, checked, app);
    lines.into_checks()
}

/// Checks the names whose lists every read of the environment includes.
fn check_lists(lines: &mut Checklist<'_>, app: &App) {
    let (estate, environment) = (&app.estate, &app.environment);
    let mut key = |key: &'static str, written: &[String], read: Result<(), Unread>| {
        lines.key(key, written, read, |name| {
            let found = estate.unmatched.iter().find(|one| one.key == key && one.written == name)?;
            Some(Missing::name(name, found.suggestion.as_deref()))
        });
    };
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    key("services", &environment.services, require_complete(&estate.services));
    let databases = require_complete(&estate.db_clusters).and(require_complete(&estate.db_instances));
    key("databases", &environment.databases, databases);
    key("target_groups", &environment.target_groups, require_complete(&estate.target_groups));
    key("alarms", &environment.alarms, require_complete(&estate.alarms));
    key("logs", &environment.logs, require_complete(&estate.log_groups));
    key("scheduler", &one(&environment.scheduler), require_complete(&estate.function));
    key("schedules", &one(&environment.schedules), require_complete(&estate.schedules));
    let misnamed = estate.unmatched.iter().filter(|one| one.key == "build");
    for one in misnamed {
        let message = format!("no service is called like the build `{}`", one.written);
        lines.add_global_value(
            &format!("build.{}.context", one.written),
            Err(Missing::with_message(message, one.suggestion.as_deref())),
        );
    }
}
