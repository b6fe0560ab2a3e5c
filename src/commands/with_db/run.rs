//! Opens a tunnel, waits for the database, and runs the command.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::say::say;
use crate::commands::through::{Target, Wish, ended, facts, left_behind};
use crate::commands::waits::over;
use crate::model::connection_string::{Place, VARIABLES};
use crate::runtime::postgres::{Answer, answers};
use crate::runtime::{child, stop::stopped};
use secrecy::ExposeSecret;
use ssm_tunnel::Tunnel;
use std::ffi::OsString;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let name = &arguments.var;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(good) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Report::usage(format!("`{name}` is no name of a variable")));
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
    let title = format!("with-db {} -- {program}", target.wanted(to));
    target.guarded(context, &title, Risk::Change, false).await?;
    let far = target.far(context, to).await?;
    let login = target.login(context, &far).await?;
    let wish = Wish { to, through: arguments.through.as_deref(), port: Some(0), ..Wish::default() };
    let (tunnel, service) = target.tunnel(context, &wish, &far).await?;
    let place = far.place();
    // What is typed for the command may hold a secret: its name alone is written down.
    let command = format!("cockpit with-db {} --to {place} --through {service} -- {program}", target.environment.name);
    let local = tunnel.local().clone();
    let begun = target.audit("with-db", &command, serde_json::json!({"to": place}), "started", "");
    if let Err(report) = begun {
        tunnel.close().await;
        return Err(report);
    }
    let outcome = tokio::select! {
        ready = ready(context, &tunnel, local.port(), &place) => Ok(ready),
        signal = stopped() => Err(signal),
    };
    let outcome = match outcome {
        Ok(Ok(tls)) => {
            let login_place = Place {
                port: local.port(),
                socket: None,
                user: login.user.as_deref(),
                password: login.password.as_ref().map(ExposeSecret::expose_secret),
                database: login.database.as_deref(),
                tls,
                read_only: context.global.read_only,
                ..Place::default()
            };
            let own =
                login_place.variables().into_iter().map(|(name, value)| (name.to_owned(), value.map(OsString::from)));
            let variables = own.chain([(name.clone(), Some(login_place.url().into()))]).collect();
            let ran = child::run(&arguments.command, variables, over(context)).await;
            let ran = ran.map(ExitCode::Of).map_err(|error| {
                Report::new("command", format!("`{program}` cannot be started"), ExitCode::Failed).caused_by(&error)
            });
            if context.is_over() {
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
    let status = tunnel.close().await;
    left_behind(&status);
    let (word, reason) = match &outcome {
        Ok(code) => ("done", format!("exit code {}", code.code())),
        Err(report) => ("failed", report.message.clone()),
    };
    target.audit_end("with-db", &command, facts(&status, &place, Some(&local)), (word, &reason), outcome)
}

/// Until connections go through and PostgreSQL answers; whether it speaks TLS.
async fn ready(context: &Context, tunnel: &Tunnel, port: u16, place: &str) -> Result<bool, Report> {
    let status = tunnel.status();
    let answered = async {
        if let Err(status) = tunnel.ready().await {
            return Err(ended("the tunnel", &status)
                .unwrap_or_else(|| Report::new("session", "the tunnel was closed", ExitCode::Failed)));
        }
        match answers(port, || status.borrow().refused).await {
            Answer::Plain => Ok(false),
            Answer::Tls => Ok(true),
            Answer::Other => Err(Report::new("database", "what answers there is not PostgreSQL", ExitCode::Failed)
                .hint("see where the tunnel leads: `tunnel.to` of the environment, or --to")),
            Answer::Refused => {
                let what = format!("nobody listens at {place}, as seen from the container");
                Err(Report::new("database", what, ExitCode::Failed)
                    .hint("the host and the port must be right (--to), and the database must run"))
            }
            Answer::Silent => {
                let what = format!("{place} does not answer: what the container sends there is dropped");
                Err(Report::new("database", what, ExitCode::Failed)
                    .hint("its security group must let the service in, and the host must be right (--to)"))
            }
        }
    };
    // Long before it is given up.
    let told = async {
        let mut status = tunnel.status();
        let reason = status.wait_for(|status| status.silent > 0).await.ok().and_then(|status| status.reason());
        if let Some(reason) = reason {
            say(&format!("{place}: {reason}"));
        }
        std::future::pending::<Result<bool, Report>>().await
    };
    tokio::select! {
        answered = answered => answered,
        never = told => never,
        () = over(context) => Err(Report::new("timeout", "the database did not answer in time", ExitCode::TimedOut)
            .hint("give it more time with --timeout")),
    }
}
