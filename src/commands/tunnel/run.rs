//! Opens tunnels and prints their state until it is stopped.

use super::args::Arguments;
use super::report::{TunnelDto, connection_strings, is_ready};
use crate::app::command::Risk;
use crate::app::tunnels::route::{self, TunnelVia};
use crate::aws::secrets::Login;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::confirmation::check_possible;
use crate::commands::context::Context;
use crate::commands::remote::{Target, TunnelRequest, end_error, facts, warn_left_behind};
use crate::commands::report_output::print_result;
use crate::commands::waiting::wait_for_deadline;
use crate::headless;
use crate::model::connection_string::DatabaseAddress;
use crate::model::text::sanitize;
use crate::runtime::output::wait_until_writable;
use crate::runtime::shared_tunnels::{self, PublishedOffer};
use crate::runtime::stop::{StopSignal, StopSignals};
use crate::runtime::tunnels::watch;
use secrecy::ExposeSecret;
use ssm_tunnel::driver::Status;
use ssm_tunnel::{Local, State, Tunnel};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use tokio::sync::{mpsc, oneshot};

struct Opened {
    target: Target,
    login: Login,
    command: String,
    operation: String,
    to: String,
    local: Local,
    /// The listening address if it is not 127.0.0.1, for the connection strings.
    host: Option<String>,
    /// Offers the tunnel to other commands as long as it is open.
    offered: Option<PublishedOffer>,
    announced: bool,
    close: Option<oneshot::Sender<()>>,
    closed: Option<Status>,
    /// The outcome and the reason of a requested end, for the audit file.
    why: (&'static str, String),
}

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut stops = StopSignals::new().map_err(|error| {
        Report::new("system", "signal handlers cannot be installed", ExitCode::Failed).caused_by(&error)
    })?;
    crate::runtime::ports::raise_open_file_limit();
    let json = arguments.json || context.output == Output::Json;
    if json && arguments.show_password {
        return Err(Report::usage(
            "--show-password prints the password into the connection strings, and --json has none",
        )
        .hint("`cockpit with-db` gives a command the password in its environment"));
    }
    let (changes, mut changed) = mpsc::channel(64);
    let mut tunnels = Vec::new();
    check_several(arguments)?;
    check_confirmable(context, arguments)?;
    let opened = open_each(context, arguments, json, &changes, &mut tunnels, &mut stops).await;
    if let Ok(Some(signal)) = opened {
        finish(&mut tunnels, ("done", signal.name()), &mut changed, json, out).await?;
        return signal.command_result();
    }
    drop(changes);
    if let Err(report) = opened {
        let why = "another tunnel of the same command could not be opened";
        finish(&mut tunnels, ("failed", why), &mut changed, json, out).await?;
        return Err(report);
    }
    let limit = wait_for_deadline(context);
    tokio::pin!(limit);
    let mut pending: Option<(usize, Status)> = None;
    let mut why = ("done", String::new());
    let ended_by: Option<Result<ExitCode, Report>> = loop {
        tokio::select! {
            change = changed.recv(), if pending.is_none() => match change {
                Some(change) => pending = Some(change),
                // All tunnels are closed.
                None => break None,
            },
            // While nobody reads the output, the tunnels continue.
            () = wait_until_writable(io::stdout), if pending.is_some() => {
                let Some((number, status)) = pending.take() else { continue };
                // If the output fails, the sessions are still ended and recorded.
                if let Err(report) = print_change(&mut tunnels, number, status, json, arguments.show_password, out) {
                    why = ("failed", report.message.clone());
                    break Some(Err(report));
                }
            }
            signal = stops.next() => {
                signal.name().clone_into(&mut why.1);
                break Some(signal.command_result());
            }
            () = &mut limit => {
                "the time is up".clone_into(&mut why.1);
                break Some(Ok(ExitCode::TimedOut));
            }
        }
    };
    // The pending change may be the end of a tunnel, which must be recorded.
    let last = pending.map_or(Ok(()), |(number, status)| print_change(&mut tunnels, number, status, json, false, out));
    let finished = finish(&mut tunnels, (why.0, &why.1), &mut changed, json, out).await.and(last);
    if let Some(ended_by) = ended_by {
        // The exit code of the cause is kept even if the last lines cannot be written.
        return ended_by.and_then(|code| finished.map(|()| code).map_err(|report| Report { code, ..report }));
    }
    finished?;
    let mut reports = tunnels.iter().filter_map(|opened| {
        end_error(&format!("the tunnel to {}", opened.target.environment.name), opened.closed.as_ref()?)
    });
    reports.next_back().map_or(Ok(ExitCode::Done), Err)
}

/// Returns the environments that were named, or `None` for the default one.
fn names(arguments: &Arguments) -> Vec<Option<&str>> {
    if arguments.environments.is_empty() {
        vec![None]
    } else {
        arguments.environments.iter().map(|name| Some(name.as_str())).collect()
    }
}

/// Checks, before the first of several tunnels is opened, that each can be confirmed.
fn check_confirmable(context: &Context, arguments: &Arguments) -> Result<(), Report> {
    let names = names(arguments);
    for name in names.iter().flatten().filter(|_| names.len() > 1) {
        let (_, environment) = context.open_typed(Some(name))?;
        if environment.guarded {
            check_possible(context, &environment, Risk::Change, false)?;
        }
    }
    Ok(())
}

/// Opens the tunnels one after the other, up to the first failure. Returns the signal that interrupted it.
async fn open_each(
    context: &Context,
    arguments: &Arguments,
    json: bool,
    changes: &mpsc::Sender<(usize, Status)>,
    tunnels: &mut Vec<Opened>,
    stops: &mut StopSignals,
) -> Result<Option<StopSignal>, Report> {
    for (number, name) in names(arguments).into_iter().enumerate() {
        let own_listeners: Vec<Local> = tunnels.iter().map(|opened| opened.local.clone()).collect();
        let opening = open(context, arguments, name, (number, json), &own_listeners);
        let (tunnel, mut opened) = tokio::select! {
            opened = opening => opened?,
            signal = stops.next() => return Ok(Some(signal)),
        };
        opened.close = Some(watch(number, tunnel, changes.clone()));
        tunnels.push(opened);
    }
    Ok(None)
}

/// Checks the arguments for several tunnels before anything is opened: a port can only be used by one of them.
fn check_several(arguments: &Arguments) -> Result<(), Report> {
    let environments = &arguments.environments;
    if let Some(twice) =
        environments.iter().enumerate().find(|(at, name)| environments[..*at].contains(name)).map(|(_, name)| name)
    {
        return Err(Report::usage(format!("{twice} is named twice")).hint("one tunnel takes any number of connections"));
    }
    let fixed =
        arguments.port.is_some_and(|port| port != 0) || arguments.socket.as_ref().is_some_and(|at| !at.is_dir());
    if environments.len() > 1 && fixed {
        return Err(Report::usage(format!("one place is given for {} tunnels", environments.len()))
            .hint("--port 0 takes a free one for each; `tunnel.port` of each environment gives it its own"));
    }
    Ok(())
}

async fn open(
    context: &Context,
    arguments: &Arguments,
    name: Option<&str>,
    (number, json): (usize, bool),
    own_listeners: &[Local],
) -> Result<(Tunnel, Opened), Report> {
    let target = Target::open(context, name).await?;
    let wanted = target.destination(arguments.to.as_deref());
    let title = match arguments.listen.filter(|here| !here.is_loopback()) {
        Some(here) => format!("tunnel to {wanted}, for whoever reaches {here}"),
        None => format!("tunnel to {wanted}"),
    };
    target.confirm_if_guarded(context, &title, Risk::Change, false).await?;
    let beside = shared_tunnels::socket();
    let request = TunnelRequest {
        to: arguments.to.as_deref(),
        through: arguments.through.as_deref(),
        port: arguments.port,
        own_listeners,
        socket: arguments.socket.as_deref(),
        listen: arguments.listen,
        additional_socket: beside.as_deref(),
    };
    let far = target.remote_address(context, request.to).await?;
    let to = far.host_and_port();
    let login = if arguments.show_password {
        target.login(context, &far).await?
    } else if json {
        Login::default()
    } else {
        target.user(context, &far).await?
    };
    let (tunnel, service) = target.tunnel(context, &request, &far).await?;
    let through = match route::near_end(&target.environment, request.through) {
        TunnelVia::Instance(named) => named,
        TunnelVia::Service(_) => service.clone(),
    };
    let offered = PublishedOffer::new(&tunnel, &target.offer(&far, through));
    let local = tunnel.local().clone();
    let environment = target.environment.command_scope();
    let command = match &local {
        Local::Address(address) => route::command_line(environment, &to, &service, address.port()),
        Local::Socket(path) => route::socket_command_line(environment, &to, &service, &path.display().to_string()),
    };
    let operation = format!("tunnel-{number}");
    let begun =
        target.audit(&operation, &command, serde_json::json!({"to": to, "local": local.to_string()}), "started", "");
    if let Err(report) = begun {
        tunnel.close().await;
        return Err(report);
    }
    Ok((
        tunnel,
        Opened {
            target,
            login,
            command,
            operation,
            to,
            local,
            // A listener on every address also listens on 127.0.0.1.
            host: arguments.listen.filter(|here| !here.is_unspecified()).map(|here| here.to_string()),
            offered,
            announced: false,
            close: None,
            closed: None,
            why: ("done", String::new()),
        },
    ))
}

fn print_change(
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
    let dto = TunnelDto::new(opened.target.environment.command_scope(), &opened.local, &opened.to, &status);
    let mut text =
        if json { headless::json_line(&dto).unwrap_or_default() } else { format!("{}\n", sanitize(&dto.line())) };
    if let Some(hint) = dto.current_hint().filter(|_| !json) {
        let _ = writeln!(text, "  hint: {}", sanitize(hint));
    }
    if is_ready(&status) && !std::mem::replace(&mut opened.announced, true) && !json {
        let login = &opened.login;
        let password = login.password.as_ref().filter(|_| show_password).map(ExposeSecret::expose_secret);
        let place = DatabaseAddress {
            host: opened.host.as_deref(),
            port: opened.local.port(),
            socket: opened.local.socket(),
            user: login.user.as_deref(),
            password,
            database: login.database.as_deref(),
            ..DatabaseAddress::default()
        };
        for line in connection_strings(&place).lines() {
            text.push_str(&sanitize(line));
            text.push('\n');
        }
    }
    let written = print_result(headless::write(out, &text).map(drop));
    if let State::Closed(closed) = &status.state {
        warn_left_behind(&status);
        drop(opened.offered.take());
        let requested = matches!(closed, ssm_tunnel::supervisor::Closed::Stopped);
        let (outcome, reason) =
            if requested { opened.why.clone() } else { ("failed", status.state.reason().unwrap_or_default()) };
        let after = facts(&status, &opened.to, Some(&opened.local));
        let end = (outcome, reason.as_str());
        opened.closed = Some(status);
        return opened.target.audit_end(&opened.operation, &opened.command, after, end, written).map(drop);
    }
    written.map(drop)
}

/// Closes the open tunnels and prints that; the audit records get this outcome and reason.
async fn finish(
    tunnels: &mut [Opened],
    (outcome, why): (&'static str, &str),
    changed: &mut mpsc::Receiver<(usize, Status)>,
    json: bool,
    out: &mut dyn io::Write,
) -> Result<(), Report> {
    for opened in tunnels.iter_mut() {
        drop(opened.close.take());
        opened.why = (outcome, why.to_owned());
    }
    let mut kept = VecDeque::new();
    while tunnels.iter().any(|opened| opened.closed.is_none()) {
        let Some((number, status)) = changed.recv().await else { break };
        kept.extend(print_change(tunnels, number, status, json, false, out).err());
    }
    kept.pop_front().map_or(Ok(()), Err)
}
