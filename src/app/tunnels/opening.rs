//! Opening and closing tunnels. Nothing is opened before the identity of the credentials is known; a guarded
//! environment asks first.

use super::pane::PANE;
use super::route::{self, TunnelVia};
use super::state::{Plan, Tunnel, TunnelOptions, TunnelQuestion, ticket};
use super::{find, texts};
use crate::app::App;
use crate::app::dialog;
use crate::app::effect::{Effect, Priority};
use crate::app::overlay::{Kind, Overlay};
use crate::app::update::windows::{push_window, windows};
use crate::feeds::runs;
use crate::feeds::tunnels::{Ask, TunnelOrder};
use crate::model::tunnel::remote_end::RemoteTarget;
use crate::model::tunnel::status::TunnelStatus;
use crate::model::tunnel::{NoTarget, unavailable};
use crate::model::{Identity, Observed};
use std::collections::BTreeMap;

/// The confirmation window.
pub const CONFIRM: u8 = 0;
/// The window for choosing a place.
pub const PLACES: u8 = 1;
/// The window for choosing a service.
pub const SERVICES: u8 = 2;

/// Opens a tunnel in the open environment, possibly after a question; if that is impossible, the person is told why.
pub fn open(app: &mut App, wish: TunnelOptions) -> Vec<Effect> {
    match plan(app, &wish) {
        Ok(Some(plan)) => match existing(app, &wish, &plan).map(texts::ready_or_news) {
            Some(text) => {
                app.show_message(text);
                Vec::new()
            }
            None => ask_or_open(app, plan),
        },
        Ok(None) => {
            app.tunnels.question = Some(TunnelQuestion::Service(wish));
            let window = Overlay::new(Kind::Pane(PANE, SERVICES), "Tunnel: through which service", Vec::new());
            push_window(app, window);
            windows(app);
            Vec::new()
        }
        Err(why) => {
            report(app, &why);
            Vec::new()
        }
    }
}

/// The existing tunnel to the same place by the same way, unless another port was requested.
fn existing<'a>(app: &'a App, wish: &TunnelOptions, plan: &Plan) -> Option<&'a Tunnel> {
    let same = |other: &Plan| {
        other.environment == plan.environment
            && other.remote == plan.remote
            && other.wanted.through() == plan.wanted.through()
    };
    app.tunnels.live().find(|tunnel| wish.port.is_none() && same(&tunnel.plan))
}

fn report(app: &mut App, why: &NoTarget) {
    let text = format!("no tunnel: {}: {}", why.why, why.hint);
    app.note(true, text.clone());
    app.show_message(text);
}

/// Opens the tunnel, after a question if the environment is guarded. If nothing can go through the service, offers to
/// change that.
fn ask_or_open(app: &mut App, plan: Plan) -> Vec<Effect> {
    if offers_exec(app, &plan) {
        return Vec::new();
    }
    if !app.environment.guarded {
        return open_now(app, plan);
    }
    open_confirmation(app, TunnelQuestion::Open(Box::new(plan)));
    Vec::new()
}

/// Whether nothing can go through the service of the plan; if so, asks whether to change that.
fn offers_exec(app: &mut App, plan: &Plan) -> bool {
    let off = plan.wanted.instance.is_none() && find::exec_is_off(app, &plan.wanted.service);
    if off {
        open_confirmation(app, TunnelQuestion::Exec(plan.wanted.service.clone()));
    }
    off
}

/// Opens the confirmation window.
pub fn open_confirmation(app: &mut App, asking: TunnelQuestion) {
    app.tunnels.question = Some(asking);
    if let Some(window) = dialog::of_pane(app, PANE, CONFIRM) {
        app.screen.typing = None;
        push_window(app, window);
        windows(app);
    }
}

/// The identity used in the open environment; an error if it is unknown, or of another account.
pub fn identity(app: &App) -> Result<Identity, NoTarget> {
    let seen = &app.estate.identity;
    let failed = seen.failure().map(|failure| unavailable(failure.message.clone(), failure.hint().to_owned()));
    match (seen.value(), failed) {
        (_, Some(failed)) => Err(failed),
        (Some(identity), None) => Ok(identity.clone()),
        (None, None) => Err(unavailable("it is not known yet whose credentials these are", "wait a moment")),
    }
}

/// The plan of the tunnel to open; `None` if a service must be chosen first.
fn plan(app: &App, wish: &TunnelOptions) -> Result<Option<Plan>, NoTarget> {
    identity(app)?;
    let environment = &app.environment;
    let to = match (&wish.to, &environment.tunnel.to) {
        (Some(to), _) => to.clone(),
        (None, Some(to)) => RemoteTarget::parse(to)?,
        (None, None) => RemoteTarget::Writer,
    };
    if !matches!(to, RemoteTarget::Address(_)) {
        databases_read(app)?;
    }
    let far = find::remote_address(app, &to, wish.database.as_deref())?;
    let (through, instance) = match route::near_end(environment, wish.through.as_deref()) {
        TunnelVia::Instance(instance) => (instance.clone(), Some(instance)),
        TunnelVia::Service(named) => {
            let names = services(app);
            if environment.cluster.is_none() {
                return Err(unavailable(
                    format!("{} has no containers to go through", environment.name),
                    "an environment with services names its `cluster` in the configuration",
                ));
            }
            if named.is_none() && names.len() > 1 {
                return Ok(None);
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            (route::service(environment, named.as_deref(), &names)?.to_owned(), None)
        }
    };
    let port = match wish.port {
        Some(port) => port,
        None => unused(app, route::local_port(environment, None)?),
    };
    let tunnel = &environment.tunnel;
    Ok(Some(Plan {
        environment: environment.name.clone(),
        command: route::command_line(environment.command_scope(), &far.host_and_port(), &through, port),
        to,
        user: tunnel.user.clone(),
        database: tunnel.database.clone().or_else(|| far.database.clone()),
        wanted: route::tunnel_request(environment, route::ownership(&app.config, environment), &through, instance),
        remote: far,
        port,
        start: false,
    }))
}

/// Whether the databases were read.
fn databases_read(app: &App) -> Result<(), NoTarget> {
    let clusters = &app.estate.db_clusters;
    let instances = &app.estate.db_instances;
    match clusters.failure().or(instances.failure()) {
        _ if !app.estate.derived.databases.is_empty() => Ok(()),
        Some(failure) => {
            Err(unavailable(format!("the databases cannot be read: {}", failure.message), failure.hint().to_owned()))
        }
        None if clusters.value().is_none() && instances.value().is_none() => {
            Err(unavailable("the databases are not read yet", "wait a moment, or give a host and a port"))
        }
        None => Ok(()),
    }
}

/// The services of the open environment.
pub fn services(app: &App) -> Vec<String> {
    match (app.environment.exact_services(), Observed::value(&app.estate.services)) {
        (Some(exact), _) => exact.to_vec(),
        (None, known) => known.map(BTreeMap::keys).into_iter().flatten().cloned().collect(),
    }
}

/// The port, or the next one that none of our tunnels listens on.
fn unused(app: &App, port: u16) -> u16 {
    let ours: Vec<u16> = app.tunnels.live().map(Tunnel::port).collect();
    if port == 0 {
        return 0;
    }
    (port..=u16::MAX).find(|port| !ours.contains(port)).unwrap_or(0)
}

/// Opens the tunnel; the runtime records it first.
pub fn open_now(app: &mut App, plan: Plan) -> Vec<Effect> {
    let identity = match identity(app) {
        Ok(identity) => identity,
        Err(why) => {
            report(app, &why);
            return Vec::new();
        }
    };
    app.tunnels.last += 1;
    let number = app.tunnels.last;
    let operation = format!("{}-tunnel-{number}", app.session.mark);
    let record = route::record(operation, &app.environment, &identity, app.ahead, &plan.command);
    let order = TunnelOrder {
        wanted: plan.wanted.clone(),
        to: plan.remote.clone(),
        port: plan.port,
        start: plan.start,
        record,
        audit: runs::Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated },
    };
    // Earlier failed tunnels to the same place are removed: their reason was already reported.
    app.tunnels.list.retain(|other| {
        other.is_live() || other.plan.remote != plan.remote || other.plan.environment != plan.environment
    });
    let tunnel = Tunnel {
        number,
        plan,
        local: None,
        status: TunnelStatus::default(),
        since: app.now,
        changed: app.now,
        next: None,
    };
    app.note(false, texts::status_text(&tunnel));
    app.tunnels.list.push(tunnel);
    app.lists_changed();
    vec![Effect::Fetch { ticket: ticket(number), priority: Priority::Operator, ask: Ask::Open(Box::new(order)).into() }]
}

/// Closes a tunnel, after a question if connections are open; removes one that has ended.
pub fn close(app: &mut App, number: u64) -> Vec<Effect> {
    let Some(tunnel) = app.tunnels.get(number) else { return Vec::new() };
    if !tunnel.is_live() {
        app.tunnels.list.retain(|tunnel| tunnel.number != number);
        app.lists_changed();
        return Vec::new();
    }
    if tunnel.status.open > 0 {
        open_confirmation(app, TunnelQuestion::Close(number));
        return Vec::new();
    }
    close_now(tunnel)
}

/// Opens another tunnel on the port of this one, which is closed first; in a guarded environment only after a
/// confirmation.
pub fn replace_at_port(app: &mut App, before: &Tunnel, wish: &TunnelOptions) -> Vec<Effect> {
    if before.status.open > 0 {
        app.show_message(IN_USE);
        return Vec::new();
    }
    // If the other tunnel cannot be opened, this one stays.
    let plan = match plan(app, wish) {
        Ok(Some(plan)) => plan,
        Ok(None) => {
            report(
                app,
                &unavailable(
                    "it is not said which service to go through",
                    "close this one with C, and open the other with T",
                ),
            );
            return Vec::new();
        }
        Err(why) => {
            report(app, &why);
            return Vec::new();
        }
    };
    if offers_exec(app, &plan) {
        return Vec::new();
    }
    if app.environment.guarded {
        open_confirmation(app, TunnelQuestion::Replace(before.number, Box::new(plan)));
        return Vec::new();
    }
    replace(app, before.number, plan)
}

/// The message if replacing a tunnel would end its connections.
const IN_USE: &str = "connections are open: close it with C first";

/// Closes the tunnel of this number; the other one is opened once its port is free.
pub fn replace(app: &mut App, number: u64, plan: Plan) -> Vec<Effect> {
    let Some(before) = app.tunnels.list.iter_mut().find(|tunnel| tunnel.number == number && tunnel.is_live()) else {
        return open_now(app, plan);
    };
    if before.status.open > 0 {
        app.show_message(IN_USE);
        return Vec::new();
    }
    before.next = Some(Box::new(plan));
    close_now(before)
}

/// Closes the tunnel and its connections.
pub fn close_now(tunnel: &Tunnel) -> Vec<Effect> {
    vec![Effect::CancelFetch(tunnel.ticket())]
}
