//! Opening and closing tunnels. Nothing is opened before it is known whose credentials these are; a guarded environment asks.

use super::pane::PANE;
use super::route::{self, TunnelVia};
use super::state::{Asking, Plan, Tunnel, Wish, ticket};
use super::{find, tell};
use crate::app::App;
use crate::app::dialog;
use crate::app::effect::{Effect, Priority};
use crate::app::overlay::{Kind, Overlay};
use crate::app::update::windows::{push_window, windows};
use crate::feeds::runs;
use crate::feeds::tunnels::{Ask, Order};
use crate::model::tunnel::far::To;
use crate::model::tunnel::standing::TunnelStatus;
use crate::model::tunnel::{NoTarget, none};
use crate::model::{Identity, Observed};
use std::collections::BTreeMap;

/// The window that asks with buttons.
pub const CONFIRM: u8 = 0;
/// The window in which a place is chosen.
pub const PLACES: u8 = 1;
/// The window in which a service is chosen.
pub const SERVICES: u8 = 2;

/// Opens a tunnel of the opened environment, or asks before; a person is told where it cannot be.
pub fn open(app: &mut App, wish: Wish) -> Vec<Effect> {
    match plan(app, &wish) {
        Ok(Some(plan)) => match already(app, &wish, &plan).map(tell::stands) {
            Some(text) => {
                app.say(text);
                Vec::new()
            }
            None => ask_or_open(app, plan),
        },
        Ok(None) => {
            app.tunnels.asking = Some(Asking::Service(wish));
            let window = Overlay::new(Kind::Pane(PANE, SERVICES), "Tunnel: through which service", Vec::new());
            push_window(app, window);
            windows(app);
            Vec::new()
        }
        Err(why) => {
            told(app, &why);
            Vec::new()
        }
    }
}

/// The tunnel that leads there already, on the same way. At another port another one can be asked for.
fn already<'a>(app: &'a App, wish: &Wish, plan: &Plan) -> Option<&'a Tunnel> {
    let same = |other: &Plan| {
        other.environment == plan.environment
            && other.far == plan.far
            && other.wanted.through() == plan.wanted.through()
    };
    app.tunnels.live().find(|tunnel| wish.port.is_none() && same(&tunnel.plan))
}

fn told(app: &mut App, why: &NoTarget) {
    let text = format!("no tunnel: {}: {}", why.why, why.hint);
    app.note(true, text.clone());
    app.say(text);
}

/// Asks where it is guarded; elsewhere opens. Where nothing can go through the service, that is offered to be changed.
fn ask_or_open(app: &mut App, plan: Plan) -> Vec<Effect> {
    if offers_exec(app, &plan) {
        return Vec::new();
    }
    if !app.environment.guarded {
        return begin(app, plan);
    }
    ask(app, Asking::Open(Box::new(plan)));
    Vec::new()
}

/// Whether nothing can go through the service of the plan: then it is asked whether that is changed.
fn offers_exec(app: &mut App, plan: &Plan) -> bool {
    let off = plan.wanted.instance.is_none() && find::exec_is_off(app, &plan.wanted.service);
    if off {
        ask(app, Asking::Exec(plan.wanted.service.clone()));
    }
    off
}

/// Opens the window with buttons.
pub fn ask(app: &mut App, asking: Asking) {
    app.tunnels.asking = Some(asking);
    if let Some(window) = dialog::of_pane(app, PANE, CONFIRM) {
        app.screen.typing = None;
        push_window(app, window);
        windows(app);
    }
}

/// The identity that the opened environment is asked with; none where it is not known, or is of another account.
pub fn identity(app: &App) -> Result<Identity, NoTarget> {
    let seen = &app.estate.identity;
    let failed = seen.failure().map(|failure| none(failure.message.clone(), failure.hint().to_owned()));
    match (seen.value(), failed) {
        (_, Some(failed)) => Err(failed),
        (Some(identity), None) => Ok(identity.clone()),
        (None, None) => Err(none("it is not known yet whose credentials these are", "wait a moment")),
    }
}

/// The settings of the tunnel that would be opened; none where a service has to be chosen first.
fn plan(app: &App, wish: &Wish) -> Result<Option<Plan>, NoTarget> {
    identity(app)?;
    let environment = &app.environment;
    let to = match (&wish.to, &environment.tunnel.to) {
        (Some(to), _) => to.clone(),
        (None, Some(to)) => To::parse(to)?,
        (None, None) => To::Writer,
    };
    if !matches!(to, To::Place(_)) {
        read(app)?;
    }
    let far = find::far(app, &to, wish.database.as_deref())?;
    let (through, instance) = match route::through(environment, wish.through.as_deref()) {
        TunnelVia::Instance(instance) => (instance.clone(), Some(instance)),
        TunnelVia::Service(named) => {
            let names = services(app);
            if environment.cluster.is_none() {
                return Err(none(
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
        command: route::typed(environment.named(), &far.place(), &through, port),
        to,
        user: tunnel.user.clone(),
        database: tunnel.database.clone().or_else(|| far.database.clone()),
        wanted: route::wanted(environment, route::whose(&app.config, environment), &through, instance),
        far,
        port,
        start: false,
    }))
}

/// Whether the databases were read.
fn read(app: &App) -> Result<(), NoTarget> {
    let clusters = &app.estate.db_clusters;
    let instances = &app.estate.db_instances;
    match clusters.failure().or(instances.failure()) {
        _ if !app.estate.derived.databases.is_empty() => Ok(()),
        Some(failure) => {
            Err(none(format!("the databases cannot be read: {}", failure.message), failure.hint().to_owned()))
        }
        None if clusters.value().is_none() && instances.value().is_none() => {
            Err(none("the databases are not read yet", "wait a moment, or give a host and a port"))
        }
        None => Ok(()),
    }
}

/// The services of the opened environment.
pub fn services(app: &App) -> Vec<String> {
    match (app.environment.exact_services(), Observed::value(&app.estate.services)) {
        (Some(exact), _) => exact.to_vec(),
        (None, known) => known.map(BTreeMap::keys).into_iter().flatten().cloned().collect(),
    }
}

/// The port, or the next one that no tunnel of ours listens on.
fn unused(app: &App, port: u16) -> u16 {
    let ours: Vec<u16> = app.tunnels.live().map(Tunnel::port).collect();
    if port == 0 {
        return 0;
    }
    (port..=u16::MAX).find(|port| !ours.contains(port)).unwrap_or(0)
}

/// Opens it: the runtime writes it down first.
pub fn begin(app: &mut App, plan: Plan) -> Vec<Effect> {
    let identity = match identity(app) {
        Ok(identity) => identity,
        Err(why) => {
            told(app, &why);
            return Vec::new();
        }
    };
    app.tunnels.last += 1;
    let number = app.tunnels.last;
    let operation = format!("{}-tunnel-{number}", app.session.mark);
    let record = route::record(operation, &app.environment, &identity, app.ahead, &plan.command);
    let order = Order {
        wanted: plan.wanted.clone(),
        to: plan.far.clone(),
        port: plan.port,
        start: plan.start,
        record,
        audit: runs::Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated },
    };
    // One that failed before on its way there has said what it had to say.
    app.tunnels
        .list
        .retain(|other| other.is_live() || other.plan.far != plan.far || other.plan.environment != plan.environment);
    let tunnel = Tunnel {
        number,
        plan,
        local: None,
        standing: TunnelStatus::default(),
        since: app.now,
        changed: app.now,
        next: None,
    };
    app.note(false, tell::news(&tunnel));
    app.tunnels.list.push(tunnel);
    app.lists_changed();
    vec![Effect::Fetch { ticket: ticket(number), lane: Priority::Operator, ask: Ask::Open(Box::new(order)).into() }]
}

/// Closes a tunnel, or asks before where connections are open; drops one that has ended.
pub fn close(app: &mut App, number: u64) -> Vec<Effect> {
    let Some(tunnel) = app.tunnels.get(number) else { return Vec::new() };
    if !tunnel.is_live() {
        app.tunnels.list.retain(|tunnel| tunnel.number != number);
        app.lists_changed();
        return Vec::new();
    }
    if tunnel.standing.open > 0 {
        ask(app, Asking::Close(number));
        return Vec::new();
    }
    end(tunnel)
}

/// Opens another one on its port, which it makes room for: not before that is agreed to, where the environment is guarded.
pub fn lead_elsewhere(app: &mut App, before: &Tunnel, wish: &Wish) -> Vec<Effect> {
    if before.standing.open > 0 {
        app.say(IN_USE);
        return Vec::new();
    }
    // Where the other one cannot be opened this one stays.
    let plan = match plan(app, wish) {
        Ok(Some(plan)) => plan,
        Ok(None) => {
            told(
                app,
                &none("it is not said which service to go through", "close this one with C, and open the other with T"),
            );
            return Vec::new();
        }
        Err(why) => {
            told(app, &why);
            return Vec::new();
        }
    };
    if offers_exec(app, &plan) {
        return Vec::new();
    }
    if app.environment.guarded {
        ask(app, Asking::Instead(before.number, Box::new(plan)));
        return Vec::new();
    }
    instead(app, before.number, plan)
}

/// Connections would end with a tunnel that makes room.
const IN_USE: &str = "connections are open: close it with C first";

/// Ends the tunnel of this number; the other one is opened once its port is free.
pub fn instead(app: &mut App, number: u64, plan: Plan) -> Vec<Effect> {
    let Some(before) = app.tunnels.list.iter_mut().find(|tunnel| tunnel.number == number && tunnel.is_live()) else {
        return begin(app, plan);
    };
    if before.standing.open > 0 {
        app.say(IN_USE);
        return Vec::new();
    }
    before.next = Some(Box::new(plan));
    end(before)
}

/// Ends it, with its connections.
pub fn end(tunnel: &Tunnel) -> Vec<Effect> {
    vec![Effect::Leave(tunnel.ticket())]
}
