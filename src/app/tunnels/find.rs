//! Which tunnel leads to a place.

use super::route;
use super::state::Tunnel;
use crate::app::App;
use crate::feeds::sql::Place;
use crate::model::Database;
use crate::model::tunnel::NoTarget;
use crate::model::tunnel::far::{RemoteAddress, To};
use crate::model::tunnel::standing::Phase;

/// The databases of the opened environment.
pub fn databases(app: &App) -> Vec<&Database> {
    app.estate.derived.databases.iter().map(|row| &row.database).collect()
}

/// Whether ECS Exec is off on a service and on all of its tasks, as far as they are known.
pub fn exec_is_off(app: &App, service: &str) -> bool {
    let known = app.estate.service(service).is_some_and(|service| !service.exec);
    let mut tasks = app.estate.tasks.value().into_iter().flat_map(std::collections::BTreeMap::values);
    known && !tasks.any(|task| task.exec && task.service.as_deref() == Some(service))
}

/// Whether sessions go through a tunnel: one is configured.
pub fn is_tunnelled(app: &App) -> bool {
    let tunnel = &app.environment.tunnel;
    tunnel.service.is_some() || tunnel.instance.is_some() || tunnel.to.is_some() || tunnel.port.is_some()
}

/// The place of the opened environment that is meant, as AWS says it now.
///
/// # Errors
/// Why there is none, or that it is another environment's, and what to do.
pub fn far(app: &App, to: &To, database: Option<&str>) -> Result<RemoteAddress, NoTarget> {
    let far = to.of(&app.environment.name, &databases(app), database)?;
    route::whose(&app.config, &app.environment).host(&far.host)?;
    Ok(far)
}

/// The tunnel of the opened environment that leads there: one that has not ended, else one that ended by a fault, the newest
/// first.
pub fn to<'a>(app: &'a App, to: &To) -> Option<&'a Tunnel> {
    let place = far(app, to, None).ok().map(|far| far.place());
    let leads = |tunnel: &&Tunnel| {
        let plan = &tunnel.plan;
        // The writer may be another host now than when the tunnel was opened.
        plan.environment == app.environment.name
            && place.as_ref().map_or(plan.to == *to, |place| *place == plan.far.place())
    };
    let all = || app.tunnels.list.iter().rev().filter(leads);
    all().find(|tunnel| tunnel.is_live()).or_else(|| all().next())
}

/// Where the server is that an open tunnel of the opened environment leads to, with the tunnel's local end. None where there
/// is no tunnel that connections go through: [`to`] says how it stands, [`super::ask::open`] opens one.
pub fn ready(app: &App, wanted: &To) -> Option<Place> {
    let tunnel = to(app, wanted).filter(|tunnel| tunnel.standing.phase == Phase::Ready)?;
    let far = &tunnel.plan.far;
    Some(Place { host: far.host.clone(), port: far.port, through: Some(tunnel.local.clone()?) })
}
