//! Finds the tunnel to a place.

use super::route;
use super::state::Tunnel;
use crate::app::App;
use crate::feeds::sql::Place;
use crate::model::Database;
use crate::model::tunnel::NoTarget;
use crate::model::tunnel::remote_end::{RemoteAddress, RemoteTarget};
use crate::model::tunnel::status::Phase;

/// The databases of the open environment.
pub fn databases(app: &App) -> Vec<&Database> {
    app.estate.derived.databases.iter().map(|row| &row.database).collect()
}

/// Whether ECS Exec is off on a service and on all of its known tasks.
pub fn exec_is_off(app: &App, service: &str) -> bool {
    let known = app.estate.service(service).is_some_and(|service| !service.exec);
    let mut tasks = app.estate.tasks.value().into_iter().flat_map(std::collections::BTreeMap::values);
    known && !tasks.any(|task| task.exec && task.service.as_deref() == Some(service))
}

/// Whether database sessions go through a tunnel, because one is configured.
pub fn is_tunnelled(app: &App) -> bool {
    let tunnel = &app.environment.tunnel;
    tunnel.service.is_some() || tunnel.instance.is_some() || tunnel.to.is_some() || tunnel.port.is_some()
}

/// The current address of a place in the open environment, as AWS reports it.
///
/// # Errors
/// Why there is none, or that it belongs to another environment, with a hint.
pub fn remote_address(app: &App, to: &RemoteTarget, database: Option<&str>) -> Result<RemoteAddress, NoTarget> {
    let far = to.of(&app.environment.name, &databases(app), database)?;
    route::ownership(&app.config, &app.environment).host(&far.host)?;
    Ok(far)
}

/// The tunnel of the open environment that leads there: the newest one that has not ended, or else the newest one that
/// failed.
pub fn tunnel_to<'a>(app: &'a App, to: &RemoteTarget) -> Option<&'a Tunnel> {
    let place = remote_address(app, to, None).ok().map(|far| far.host_and_port());
    let leads = |tunnel: &&Tunnel| {
        let plan = &tunnel.plan;
        // The writer may be another host now than when the tunnel was opened.
        plan.environment == app.environment.name
            && place.as_ref().map_or(plan.to == *to, |place| *place == plan.remote.host_and_port())
    };
    let candidates = || app.tunnels.list.iter().rev().filter(leads);
    candidates().find(|tunnel| tunnel.is_live()).or_else(|| candidates().next())
}

/// The server's address behind a ready tunnel of the open environment, with the tunnel's local end. `None` if no tunnel
/// is ready: [`tunnel_to`] returns its state, [`super::opening::open`] opens one.
pub fn server_behind(app: &App, wanted: &RemoteTarget) -> Option<Place> {
    let tunnel = tunnel_to(app, wanted).filter(|tunnel| tunnel.status.phase == Phase::Ready)?;
    let far = &tunnel.plan.remote;
    Some(Place { host: far.host.clone(), port: far.port, through: Some(tunnel.local.clone()?) })
}
