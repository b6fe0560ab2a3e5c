//! Texts about tunnels.

use super::state::{Plan, ShellPlan, Tunnel, TunnelQuestion};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::model::Health;
use crate::model::connection_string::DatabaseAddress;
use crate::model::tunnel::status::Phase;

/// `tunnel staging writer`.
pub fn title(tunnel: &Tunnel) -> String {
    format!("tunnel {} {}", tunnel.plan.environment, tunnel.plan.to.label())
}

/// The tunnel's state, with its reason and hint.
pub fn status_text(tunnel: &Tunnel) -> String {
    let standing = &tunnel.status;
    let mut text = format!("{}: {}", title(tunnel), standing.phase.name());
    if standing.phase == Phase::Ready {
        text = format!("{text} at {}", tunnel.local.as_deref().unwrap_or_default());
        if let Some(through) = &standing.through {
            text = format!("{text} through {through}");
        }
    }
    if let Some(reason) = &standing.reason {
        text = format!("{text}: {reason}");
    }
    match &standing.hint {
        Some(hint) if standing.phase == Phase::Failed => format!("{text} → {hint}"),
        _ => text,
    }
}

/// The URL by which programs connect to it, without a password.
pub fn url(tunnel: &Tunnel) -> String {
    place(tunnel).url()
}

/// The connection as a `psql` command, and as DBeaver and DataGrip accept it.
pub fn client_connections(tunnel: &Tunnel) -> [(&'static str, String); 2] {
    let place = place(tunnel);
    [("psql", place.psql()), ("JDBC", place.jdbc())]
}

/// The tunnel's state; once it is ready, with the command to type in another terminal.
pub fn ready_or_news(tunnel: &Tunnel) -> String {
    match tunnel.status.phase {
        Phase::Ready => format!("{} is ready: {}", title(tunnel), place(tunnel).psql()),
        _ => status_text(tunnel),
    }
}

fn place(tunnel: &Tunnel) -> DatabaseAddress<'_> {
    let (port, plan) = (tunnel.port(), &tunnel.plan);
    DatabaseAddress {
        port,
        user: plan.user.as_deref(),
        database: plan.database.as_deref(),
        ..DatabaseAddress::default()
    }
}

/// The text for the tab line: a sign, and the port or the number of tunnels; the second form is shorter. `None` without
/// tunnels. A tunnel into another environment than the shown one names it.
pub fn header(app: &App) -> Option<(Health, [String; 2])> {
    let shown = &app.tunnels.list;
    let worst = |tunnel: &&Tunnel| match tunnel.status.phase.health() {
        Health::Down => 2,
        Health::Changing => 1,
        _ => 0,
    };
    let health = shown.iter().max_by_key(worst)?.status.phase.health();
    let is_here = |tunnel: &&Tunnel| tunnel.plan.environment == app.environment.name;
    let what = match (&shown[..], shown.iter().filter(is_here).count()) {
        ([one], 0) => format!("{} {}", one.plan.environment, one.port()),
        ([one], _) => one.port().to_string(),
        (several, ours) if ours == several.len() => ours.to_string(),
        (several, ours) => format!("{}, {ours} here", several.len()),
    };
    let sign = health.sign();
    Some((health, [format!("tunnel {sign} {what}"), format!("{sign} {what}")]))
}

/// The sentences about a tunnel that is left open. The tunnel of a simulated environment ends with the session without
/// a command: the command that would reopen it leads to the real environment.
pub fn left_open_note(tunnel: &Tunnel, simulated: bool) -> (String, String) {
    let port = tunnel.port();
    let head = format!("{}  {} at {port}", title(tunnel), tunnel.status.phase.name());
    let connections = match tunnel.status.open {
        0 => String::new(),
        1 => " with a connection that is open".to_owned(),
        several => format!(" with {several} connections that are open"),
    };
    let ends = format!("It ends{connections}.");
    let consequence =
        if simulated { ends } else { format!("{ends} In another terminal it goes on: {}", tunnel.plan.command) };
    (head, consequence)
}

/// The content of the confirmation window.
pub fn confirm(app: &App) -> Option<Confirmation> {
    let asking = app.tunnels.question.as_ref()?;
    match asking {
        TunnelQuestion::Open(plan) | TunnelQuestion::Replace(_, plan) => {
            let before = if let TunnelQuestion::Replace(number, _) = asking { app.tunnels.get(*number) } else { None };
            confirm_open(app, plan, before)
        }
        TunnelQuestion::Port(plan, by, free) => {
            here(app, plan)?;
            let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            Some(Confirmation {
                title: format!("Port {} is taken", plan.port),
                verb: format!("Open at {free}"),
                risk: Risk::Change,
                text: vec![
                    plain(format!("127.0.0.1:{} is taken{by}. {free} is free.", plan.port)),
                    plain(format!("127.0.0.1:{free} leads to {}.", plan.remote.host_and_port())),
                ],
                command: with_port(app, plan, *free).command,
                covered_content: free.to_string(),
                live: Vec::new(),
            })
        }
        TunnelQuestion::Start(plan, id) => {
            here(app, plan)?;
            Some(Confirmation {
                title: format!("Instance {id} is stopped"),
                verb: "Start it".to_owned(),
                risk: Risk::Change,
                text: vec![
                    plain(format!(
                        "The tunnel to {} goes through it, once its agent is online.",
                        plan.remote.host_and_port()
                    )),
                    plain("It keeps running, and costs money, after the tunnel is closed.".to_owned()),
                ],
                command: format!("aws ec2 start-instances --instance-ids {id}"),
                covered_content: id.clone(),
                live: Vec::new(),
            })
        }
        TunnelQuestion::Close(number) => {
            let tunnel = app.tunnels.get(*number).filter(|tunnel| tunnel.is_live())?;
            let open = tunnel.status.open;
            let are = if open == 1 { "connection is" } else { "connections are" };
            Some(Confirmation {
                title: format!("Close {}", title(tunnel)),
                verb: "Close".to_owned(),
                risk: Risk::Change,
                text: vec![plain(format!("{open} {are} open, and ended with it."))],
                command: String::new(),
                covered_content: number.to_string(),
                live: Vec::new(),
            })
        }
        TunnelQuestion::Exec(service) => {
            app.estate.service(service)?;
            Some(Confirmation {
                title: format!("ECS Exec is off on {service}"),
                verb: "Look at it".to_owned(),
                risk: Risk::Read,
                text: vec![
                    plain("Tunnels and shells go through tasks that were started with ECS Exec.".to_owned()),
                    plain("Switching it on starts new tasks. The plan is shown, and asked for, first.".to_owned()),
                ],
                command: format!("cockpit deploy {service} --enable-exec --env {}", app.environment.name),
                covered_content: service.clone(),
                live: Vec::new(),
            })
        }
        TunnelQuestion::Shell(shell) => confirm_shell(app, shell),
        TunnelQuestion::Service(_) => None,
    }
}

fn plain(text: String) -> (Tone, String) {
    (Tone::Plain, text)
}

/// Asks whether to open a tunnel; `before` is the tunnel whose place it takes.
fn confirm_open(app: &App, plan: &Plan, before: Option<&Tunnel>) -> Option<Confirmation> {
    here(app, plan)?;
    let mut text = vec![
        plain(format!(
            "127.0.0.1:{} leads to {}, through {}.",
            plan.port,
            plan.remote.host_and_port(),
            plan.wanted.through()
        )),
        plain("Programs on this machine reach it as long as the tunnel is open. Nothing is changed in AWS.".to_owned()),
    ];
    text.extend(before.map(|before| plain(format!("It takes the place of {}, which is closed.", title(before)))));
    text.push((Tone::Dim, "To undo it: C closes it.".to_owned()));
    Some(Confirmation {
        title: format!("Open a tunnel into {}", plan.environment),
        verb: "Open".to_owned(),
        risk: Risk::Change,
        text,
        command: plan.command.clone(),
        covered_content: format!("{} {}", plan.remote.host_and_port(), plan.port),
        live: Vec::new(),
    })
}

/// Asks whether to open a shell.
fn confirm_shell(app: &App, shell: &ShellPlan) -> Option<Confirmation> {
    if shell.record.environment != app.environment.name {
        return None;
    }
    let wanted = &shell.wanted;
    let task = wanted.task.as_deref().map(|task| format!(" of task {}", crate::model::tunnel::short(task)));
    let container = wanted.container.as_deref().unwrap_or("the first container");
    Some(Confirmation {
        title: format!("Open a shell in {}", wanted.service),
        verb: "Open".to_owned(),
        risk: Risk::Change,
        text: vec![
            plain(match &wanted.instance {
                Some(_) => "The shell that Session Manager opens, with the rights of its user there.".to_owned(),
                None => format!(
                    "{} in {container}{}, with the rights of its task.",
                    shell.command,
                    task.unwrap_or_default()
                ),
            }),
            plain("The screen steps aside until it ends. What is typed there is not written down.".to_owned()),
        ],
        command: shell.record.command.clone(),
        covered_content: format!("{:?} {:?} {:?}", wanted.task, wanted.container, wanted.instance),
        live: Vec::new(),
    })
}

fn here(app: &App, plan: &Plan) -> Option<()> {
    (plan.environment == app.environment.name).then_some(())
}

/// The same plan with another local port.
pub fn with_port(app: &App, plan: &Plan, port: u16) -> Plan {
    let command = super::route::command_line(
        app.command_scope(&plan.environment),
        &plan.remote.host_and_port(),
        plan.wanted.through(),
        port,
    );
    Plan { port, command, ..plan.clone() }
}
