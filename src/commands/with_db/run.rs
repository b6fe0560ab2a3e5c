//! Opens a tunnel or uses an open one, waits for the database, and runs the command.

use super::args::Arguments;
use super::route::TunnelRoute;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::remote::{Target, TunnelRequest};
use crate::commands::waiting::wait_for_deadline;
use crate::model::connection_string::{DatabaseAddress, VARIABLES};
use crate::runtime::{child, stop::next_stop_signal};
use secrecy::ExposeSecret;
use std::ffi::OsString;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let name = &arguments.var;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(good) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Report::usage(format!("`{name}` is not a name for a variable")));
    }
    if name == "PATH" || VARIABLES.contains(&name.as_str()) {
        let why = if name == "PATH" { "programs are found by it" } else { "it is set too, to a part of the URL" };
        return Err(
            Report::usage(format!("`{name}` cannot be the variable: {why}")).hint("give it another name with --var")
        );
    }
    let target = Target::open(context, arguments.environment.as_deref()).await?;
    let to = if arguments.reader { Some("reader") } else { arguments.to.as_deref() };
    let program = arguments.command.first().cloned().unwrap_or_default();
    let title = format!("with-db {} -- {program}", target.destination(to));
    target.confirm_if_guarded(context, &title, Risk::Change, false).await?;
    let far = target.remote_address(context, to).await?;
    let login = target.login(context, &far).await?;
    let request =
        TunnelRequest { to, through: arguments.through.as_deref(), port: Some(0), ..TunnelRequest::default() };
    let mut way = TunnelRoute::open(context, &target, (request, &far), arguments.new_tunnel).await?;
    let (place, through) = (far.host_and_port(), &way.through);
    // The command's arguments may contain a secret: only its name is recorded.
    let command = format!("cockpit with-db {} --to {place} --through {through} -- {program}", target.environment.name);
    let begun = target.audit("with-db", &command, way.start_facts(), "started", "");
    if let Err(report) = begun {
        way.close().await;
        return Err(report);
    }
    let outcome = tokio::select! {
        ready = way.wait_until_ready(context) => Ok(ready),
        signal = next_stop_signal() => Err(signal),
    };
    let outcome = match outcome {
        Ok(Ok(tls)) => {
            let login_place = DatabaseAddress {
                port: way.port(),
                socket: None,
                user: login.user.as_deref(),
                password: login.password.as_ref().map(ExposeSecret::expose_secret),
                database: login.database.as_deref(),
                tls,
                read_only: context.global.read_only,
                ..DatabaseAddress::default()
            };
            let own =
                login_place.variables().into_iter().map(|(name, value)| (name.to_owned(), value.map(OsString::from)));
            let variables = own.chain([(name.clone(), Some(login_place.url().into()))]).collect();
            context.set_lent(true);
            let ran = tokio::select! {
                ran = child::run(&arguments.command, variables, wait_for_deadline(context)) => ran,
                never = way.watch_tunnel(context, &command) => never,
            };
            context.set_lent(false);
            let ran = ran.map(ExitCode::OfProgram).map_err(|error| {
                Report::new("command", format!("`{program}` cannot be started"), ExitCode::Failed).caused_by(&error)
            });
            if context.is_timed_out() {
                Err(Report::new("timeout", format!("the time is up: `{program}` was ended"), ExitCode::TimedOut)
                    .hint("give it more time with --timeout"))
            } else {
                ran
            }
        }
        Ok(Err(report)) => Err(report),
        Err(signal) => {
            let message = format!("it was ended from outside, by {}: `{program}` was not started", signal.name());
            Err(Report::new("interrupted", message, signal.code()))
        }
    };
    let after = way.close().await;
    let (word, reason) = match &outcome {
        Ok(code) => ("done", format!("exit code {}", code.code())),
        Err(report) => ("failed", report.message.clone()),
    };
    target.audit_end("with-db", &command, after, (word, &reason), outcome)
}
