//! Opens tunnels and tells how they stand until it is told to end.

use super::args::Arguments;
use super::report::{TunnelDto, is_ready, strings};
use crate::app::command::Risk;
use crate::app::tunnels::route::{self, TunnelVia};
use crate::aws::secrets::Login;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::printed::printed;
use crate::commands::through::{Target, Wish, ended, facts, left_behind};
use crate::commands::waits::over;
use crate::commands::yes::may_ask;
use crate::headless;
use crate::model::connection_string::Place;
use crate::model::text::harmless;
use crate::runtime::offers::{self, Offered};
use crate::runtime::output::writable;
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
    what: String,
    to: String,
    local: Local,
    /// Another address than 127.0.0.1, at which programs find it.
    host: Option<String>,
    /// Other commands may use it as long as it is open.
    offered: Option<Offered>,
    told: bool,
    close: Option<oneshot::Sender<()>>,
    closed: Option<Status>,
    /// The outcome and the reason where it was asked to end, for the audit file.
    why: (&'static str, String),
}

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut stops = StopSignals::new().map_err(|error| {
        Report::new("system", "signal handlers cannot be installed", ExitCode::Failed).caused_by(&error)
    })?;
    crate::runtime::ports::more_files();
    let json = arguments.json || context.output == Output::Json;
    if json && arguments.show_password {
        return Err(Report::usage(
            "--show-password prints the password into the connection strings, and --json has none",
        )
        .hint("`cockpit with-db` gives a command the password in its environment"));
    }
    let (changes, mut changed) = mpsc::channel(64);
    let mut tunnels = Vec::new();
    several(arguments)?;
    may_each(context, arguments)?;
    let all = open_each(context, arguments, json, &changes, &mut tunnels, &mut stops).await;
    if let Ok(Some(signal)) = all {
        finish(&mut tunnels, ("done", signal.name()), &mut changed, json, out).await?;
        return signal.ended();
    }
    drop(changes);
    if let Err(report) = all {
        let why = "another tunnel of the same command could not be opened";
        finish(&mut tunnels, ("failed", why), &mut changed, json, out).await?;
        return Err(report);
    }
    let limit = over(context);
    tokio::pin!(limit);
    let mut untold: Option<(usize, Status)> = None;
    let mut why = ("done", String::new());
    let ended_by: Option<Result<ExitCode, Report>> = loop {
        tokio::select! {
            change = changed.recv(), if untold.is_none() => match change {
                Some(change) => untold = Some(change),
                // All of them are closed.
                None => break None,
            },
            // While nobody takes what is told, tunnels go on.
            () = writable(io::stdout), if untold.is_some() => {
                let Some((number, status)) = untold.take() else { continue };
                // Where nothing can be written any more, sessions are ended and written down all the same.
                if let Err(report) = tell(&mut tunnels, number, status, json, arguments.show_password, out) {
                    why = ("failed", report.message.clone());
                    break Some(Err(report));
                }
            }
            signal = stops.next() => {
                signal.name().clone_into(&mut why.1);
                break Some(signal.ended());
            }
            () = &mut limit => {
                "the time is up".clone_into(&mut why.1);
                break Some(Ok(ExitCode::TimedOut));
            }
        }
    };
    // It may be the end of one of them, which is to be written down.
    let last = untold.map_or(Ok(()), |(number, status)| tell(&mut tunnels, number, status, json, false, out));
    let finished = finish(&mut tunnels, (why.0, &why.1), &mut changed, json, out).await.and(last);
    if let Some(ended_by) = ended_by {
        // The code of what ended it stays where its last lines cannot be written.
        return ended_by.and_then(|code| finished.map(|()| code).map_err(|report| Report { code, ..report }));
    }
    finished?;
    let mut reports = tunnels.iter().filter_map(|opened| {
        ended(&format!("the tunnel to {}", opened.target.environment.name), opened.closed.as_ref()?)
    });
    reports.next_back().map_or(Ok(ExitCode::Done), Err)
}

/// The environments that are named, or the one that is chosen by itself.
fn names(arguments: &Arguments) -> Vec<Option<&str>> {
    if arguments.environments.is_empty() {
        vec![None]
    } else {
        arguments.environments.iter().map(|name| Some(name.as_str())).collect()
    }
}

/// Checks, before the first of several tunnels is opened, that each may be asked for.
fn may_each(context: &Context, arguments: &Arguments) -> Result<(), Report> {
    let names = names(arguments);
    for name in names.iter().flatten().filter(|_| names.len() > 1) {
        let (_, environment) = context.open_typed(Some(name))?;
        if environment.guarded {
            may_ask(context, &environment, Risk::Change, false)?;
        }
    }
    Ok(())
}

/// Opens one after the other, up to the first that cannot be opened. The signal that it was told to end by meanwhile.
async fn open_each(
    context: &Context,
    arguments: &Arguments,
    json: bool,
    changes: &mpsc::Sender<(usize, Status)>,
    tunnels: &mut Vec<Opened>,
    stops: &mut StopSignals,
) -> Result<Option<StopSignal>, Report> {
    for (number, name) in names(arguments).into_iter().enumerate() {
        let ours: Vec<Local> = tunnels.iter().map(|opened| opened.local.clone()).collect();
        let opening = open(context, arguments, name, (number, json), &ours);
        let (tunnel, mut opened) = tokio::select! {
            opened = opening => opened?,
            signal = stops.next() => return Ok(Some(signal)),
        };
        opened.close = Some(watch(number, tunnel, changes.clone()));
        tunnels.push(opened);
    }
    Ok(None)
}

/// Checks the arguments for several tunnels: one port is taken by one of them. Said before anything is opened.
fn several(arguments: &Arguments) -> Result<(), Report> {
    let all = &arguments.environments;
    if let Some(twice) = all.iter().enumerate().find(|(at, name)| all[..*at].contains(name)).map(|(_, name)| name) {
        return Err(Report::usage(format!("{twice} is named twice")).hint("one tunnel takes any number of connections"));
    }
    let fixed =
        arguments.port.is_some_and(|port| port != 0) || arguments.socket.as_ref().is_some_and(|at| !at.is_dir());
    if all.len() > 1 && fixed {
        return Err(Report::usage(format!("one place is given for {} tunnels", all.len()))
            .hint("--port 0 takes a free one for each; `tunnel.port` of each environment gives it its own"));
    }
    Ok(())
}

async fn open(
    context: &Context,
    arguments: &Arguments,
    name: Option<&str>,
    (number, json): (usize, bool),
    ours: &[Local],
) -> Result<(Tunnel, Opened), Report> {
    let target = Target::open(context, name).await?;
    let wanted = target.wanted(arguments.to.as_deref());
    let title = match arguments.listen.filter(|here| !here.is_loopback()) {
        Some(here) => format!("tunnel to {wanted}, for whoever reaches {here}"),
        None => format!("tunnel to {wanted}"),
    };
    target.guarded(context, &title, Risk::Change, false).await?;
    let beside = offers::socket();
    let wish = Wish {
        to: arguments.to.as_deref(),
        through: arguments.through.as_deref(),
        port: arguments.port,
        ours,
        socket: arguments.socket.as_deref(),
        listen: arguments.listen,
        beside: beside.as_deref(),
    };
    let far = target.far(context, wish.to).await?;
    let to = far.place();
    let login = if arguments.show_password {
        target.login(context, &far).await?
    } else if json {
        Login::default()
    } else {
        target.user(context, &far).await?
    };
    let (tunnel, service) = target.tunnel(context, &wish, &far).await?;
    let through = match route::through(&target.environment, wish.through) {
        TunnelVia::Instance(named) => named,
        TunnelVia::Service(_) => service.clone(),
    };
    let offered = Offered::new(&tunnel, &target.offer(&far, through));
    let local = tunnel.local().clone();
    let environment = target.environment.named();
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
    Ok((
        tunnel,
        Opened {
            target,
            login,
            command,
            what,
            to,
            local,
            // Who listens at every address listens at 127.0.0.1 too.
            host: arguments.listen.filter(|here| !here.is_unspecified()).map(|here| here.to_string()),
            offered,
            told: false,
            close: None,
            closed: None,
            why: ("done", String::new()),
        },
    ))
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
    let dto = TunnelDto::new(opened.target.environment.named(), &opened.local, &opened.to, &status);
    let mut text =
        if json { headless::json_line(&dto).unwrap_or_default() } else { format!("{}\n", harmless(&dto.line())) };
    if let Some(hint) = dto.what_to_do().filter(|_| !json) {
        let _ = writeln!(text, "  hint: {}", harmless(hint));
    }
    if is_ready(&status) && !std::mem::replace(&mut opened.told, true) && !json {
        let login = &opened.login;
        let password = login.password.as_ref().filter(|_| show_password).map(ExposeSecret::expose_secret);
        let place = Place {
            host: opened.host.as_deref(),
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
    let written = printed(headless::write(out, &text).map(drop));
    if let State::Closed(closed) = &status.state {
        left_behind(&status);
        drop(opened.offered.take());
        let asked = matches!(closed, ssm_tunnel::supervisor::Closed::Stopped);
        let (outcome, reason) =
            if asked { opened.why.clone() } else { ("failed", status.state.reason().unwrap_or_default()) };
        let after = facts(&status, &opened.to, Some(&opened.local));
        let end = (outcome, reason.as_str());
        opened.closed = Some(status);
        return opened.target.audit_end(&opened.what, &opened.command, after, end, written).map(drop);
    }
    written.map(drop)
}

/// Closes what is open, and tells it; the audit file says with what outcome and why.
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
        kept.extend(tell(tunnels, number, status, json, false, out).err());
    }
    kept.pop_front().map_or(Ok(()), Err)
}
