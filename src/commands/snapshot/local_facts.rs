//! Reads the facts of an environment that are kept on this machine; sends no requests.

use super::own::LocalFacts;
use crate::app::App;
use crate::feeds::runs::Place;
use crate::infra::run::events::Reader;
use crate::infra::run::folder;
use crate::model::infra::RunState;
use crate::model::infra::run_order::ListedRun;
use crate::runtime::{audit, cost_cache};

/// Returns the kept facts of an environment that was read.
pub(super) fn local_facts(app: &App) -> LocalFacts {
    // The costs are kept per account, so the credentials must identify the right one.
    let identity = app.estate.identity.value().filter(|_| !app.poller.wrong_account());
    let costs = identity.and_then(|identity| {
        let endpoint = identity.endpoints.of("ce").unwrap_or_default();
        cost_cache::read(cost_cache::file(&identity.account, endpoint, None, None).as_ref(), app.service_now())
    });
    LocalFacts { costs, run: latest(app) }
}

/// Returns the latest run with its state, if there is one; `None` without configured infrastructure.
fn latest(app: &App) -> Result<Option<(ListedRun, RunState)>, String> {
    if app.environment.infra.kind.is_none() {
        return Ok(None);
    }
    let place = Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated };
    let Some(runs) = audit::runs_folder(&place) else { return Ok(None) };
    let listed = folder::list(&runs, &app.environment.name)
        .map_err(|error| format!("the runs in {} cannot be listed: {error}", runs.display()))?;
    let Some(latest) = listed.into_iter().next() else { return Ok(None) };
    let events = Reader::new(0).read_all(&latest.folder).map_err(|error| format!("{}: {error}", latest.run))?;
    Ok(Some((latest, RunState::of(&events.events))))
}
