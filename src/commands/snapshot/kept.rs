//! Reads what this machine has kept of an environment; asks nothing.

use super::own::Kept;
use crate::app::App;
use crate::feeds::runs::Place;
use crate::infra::run::events::Reader;
use crate::infra::run::folder;
use crate::model::infra::RunState;
use crate::model::infra::order::Listed;
use crate::runtime::{audit, kept_costs};

/// The kept part of an environment that was read.
pub(super) fn kept(app: &App) -> Kept {
    // Whose costs are kept is known by whose credentials these are.
    let identity = app.estate.identity.value().filter(|_| !app.poller.wrong_account());
    let costs = identity.and_then(|identity| {
        let endpoint = identity.endpoints.of("ce").unwrap_or_default();
        kept_costs::read(kept_costs::file(&identity.account, endpoint, None, None).as_ref(), app.service_now())
    });
    Kept { costs, run: latest(app) }
}

/// The latest run and how it stands, where there is one; nothing is looked for where no infrastructure is configured.
fn latest(app: &App) -> Result<Option<(Listed, RunState)>, String> {
    if app.environment.infra.kind.is_none() {
        return Ok(None);
    }
    let place = Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated };
    let Some(runs) = audit::runs(&place) else { return Ok(None) };
    let listed = folder::list(&runs, &app.environment.name)
        .map_err(|error| format!("the runs in {} cannot be listed: {error}", runs.display()))?;
    let Some(latest) = listed.into_iter().next() else { return Ok(None) };
    let events = Reader::new(0).read_all(&latest.folder).map_err(|error| format!("{}: {error}", latest.run))?;
    Ok(Some((latest, RunState::of(&events.events))))
}
