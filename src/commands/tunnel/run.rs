//! Opens tunnels and tells how they stand until it is told to end.

use super::args::Arguments;
use super::report::{TunnelDto, is_ready, strings};
use crate::app::command::Risk;
use crate::app::tunnels::route;
use crate::aws::secrets::Login;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::printed::printed;
use crate::commands::through::{Target, Wish, ended, facts};
use crate::headless;
use crate::model::connection_string::Place;
use crate::model::text::harmless;
use crate::runtime::stop::{StopSignal, StopSignals};
use crate::runtime::tunnels::watch;
use secrecy::ExposeSecret;
use ssm_tunnel::driver::Status;
use ssm_tunnel::{Local, State, Tunnel};
use std::collections::VecDeque;
use std::io;
use tokio::sync::{mpsc, oneshot};

struct Opened {
    target: Target,
    login: Login,
    command: String,
    what: String,
    to: String,
    local: Local,
    told: bool,
    close: Option<oneshot::Sender<()>>,
    closed: Option<Status>,
}

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut stops = StopSignals::new()
        .map_err(|error| Report::new("system", "signals cannot be taken", ExitCode::Failed).caused_by(&error))?;
    crate::runtime::ports::more_files();
    let json = arguments.json || context.output == Output::Json;
    let (changes, mut changed) = mpsc::channel(64);
    let mut tunnels = Vec::new();
    let names: Vec<Option<&str>> = if arguments.environments.is_empty() {
        vec![None]
    } else {
        arguments.environments.iter().map(|name| Some(name.as_str())).collect()
    };
    let mut failure = None;
    for (number, name) in names.into_iter().enumerate() {
        let opening = open(context, arguments, name, number);
        let opened = tokio::select! {
            opened = opening => opened,
            signal = stops.next() => {
                finish(&mut tunnels, &mut changed, json, out).await?;
                return Ok(signal.code());
            }
        };
        match opened {
            Ok((tunnel, mut opened)) => {
                opened.close = Some(watch(number, tunnel, changes.clone()));
                tunnels.push(opened);
            }
            Err(report) => {
                failure = Some(report);
                break;
            }
        }
    }
    drop(changes);
    if let Some(report) = failure {
        finish(&mut tunnels, &mut changed, json, out).await?;
        return Err(report);
    }
    let limit = async {
        match context.limit() {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(limit);
    let stopped: Option<StopSignal> = loop {
        tokio::select! {
            change = changed.recv() => match change {
                Some((number, status)) => tell(&mut tunnels, number, status, json, arguments.show_password, out)?,
                // All of them are closed.
                None => break None,
            },
            signal = stops.next() => break Some(signal),
            () = &mut limit => {
                finish(&mut tunnels, &mut changed, json, out).await?;
                return Ok(ExitCode::TimedOut);
            }
        }
    };
    finish(&mut tunnels, &mut changed, json, out).await?;
    if let Some(signal) = stopped {
        return Ok(signal.code());
    }
    let mut reports = tunnels.iter().filter_map(|opened| {
        ended(&format!("the tunnel to {}", opened.target.environment.name), opened.closed.as_ref()?)
    });
    reports.next_back().map_or(Ok(ExitCode::Done), Err)
}

async fn open(
    context: &Context,
    arguments: &Arguments,
    name: Option<&str>,
    number: usize,
) -> Result<(Tunnel, Opened), Report> {
    let target = Target::open(context, name).await?;
    target.guarded(context, Risk::Change, false).await?;
    let wish = Wish {
        to: arguments.to.as_deref(),
        through: arguments.through.as_deref(),
        port: arguments.port,
        socket: arguments.socket.as_deref(),
    };
    let far = target.far(context, wish.to).await?;
    let to = far.place();
    // A password that nobody asked for is not read.
    let login = if arguments.show_password {
        target.login(context, &far).await?
    } else {
        let tunnel = &target.environment.tunnel;
        Login { user: tunnel.user.clone(), password: None, database: tunnel.database.clone().or(far.database.clone()) }
    };
    let (tunnel, service) = target.tunnel(context, &wish, &far).await?;
    let local = tunnel.local().clone();
    let environment = &target.environment.name;
    let command = match &local {
        Local::Address(address) => route::typed(environment, &to, &service, address.port()),
        Local::Socket(path) => route::typed_at_socket(environment, &to, &service, &path.display().to_string()),
    };
    let what = format!("tunnel-{number}");
    let begun = target.audit(&what, &command, serde_json::json!({"to": to, "local": local.to_string()}), "started", "");
    if let Err(report) = begun {
        tunnel.close().await;
        return Err(report);
    }
    Ok((tunnel, Opened { target, login, command, what, to, local, told: false, close: None, closed: None }))
}

fn tell(
    tunnels: &mut [Opened],
    number: usize,
    status: Status,
    json: bool,
    show_password: bool,
    out: &mut dyn io::Write,
) -> Result<(), Report> {
    let Some(opened) = tunnels.get_mut(number) else { return Ok(()) };
    if opened.closed.is_some() {
        return Ok(());
    }
    let dto = TunnelDto::new(&opened.target.environment.name, &opened.local, &opened.to, &status);
    let mut text =
        if json { headless::json_line(&dto).unwrap_or_default() } else { format!("{}\n", harmless(&dto.line())) };
    if is_ready(&status) && !std::mem::replace(&mut opened.told, true) && !json {
        let login = &opened.login;
        let password = login.password.as_ref().filter(|_| show_password).map(ExposeSecret::expose_secret);
        let place = Place {
            port: opened.local.port(),
            socket: opened.local.socket(),
            user: login.user.as_deref(),
            password,
            database: login.database.as_deref(),
            ..Place::default()
        };
        for line in strings(&place).lines() {
            text.push_str(&harmless(line));
            text.push('\n');
        }
    }
    printed(headless::write(out, &text).map(drop))?;
    if let State::Closed(closed) = &status.state {
        let asked = matches!(closed, ssm_tunnel::supervisor::Closed::Stopped);
        let outcome = if asked { "done" } else { "failed" };
        let reason = status.state.reason().unwrap_or_default();
        let after = facts(&status, &opened.to, Some(&opened.local));
        let written = opened.target.audit(&opened.what, &opened.command, after, outcome, &reason);
        opened.closed = Some(status);
        written?;
    }
    Ok(())
}

/// Closes what is open, and tells it.
async fn finish(
    tunnels: &mut [Opened],
    changed: &mut mpsc::Receiver<(usize, Status)>,
    json: bool,
    out: &mut dyn io::Write,
) -> Result<(), Report> {
    for opened in tunnels.iter_mut() {
        drop(opened.close.take());
    }
    let mut kept = VecDeque::new();
    while tunnels.iter().any(|opened| opened.closed.is_none()) {
        let Some((number, status)) = changed.recv().await else { break };
        kept.extend(tell(tunnels, number, status, json, false, out).err());
    }
    kept.pop_front().map_or(Ok(()), Err)
}
