//! Opens the session, joins the terminal to it, and gives the exit code.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::aws::ssm::Purpose;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::say::say;
use crate::commands::through::{Target, ended, facts};
use crate::model::tunnel::Wanted;
use crate::runtime::shell::{Joined, Turn, opened};
use crate::runtime::stop::StopSignals;
use ssm_tunnel::Shell;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let (environment, service) = match &arguments.words[..] {
        [environment, service] => (Some(environment.as_str()), service.as_str()),
        [service] => (None, service.as_str()),
        _ => return Err(Report::usage("a service is needed")),
    };
    let target = Target::open(context, environment).await?;
    target.guarded(context, Risk::Change, context.global.read_only).await?;
    let service = target.service(context, Some(service)).await?;
    let typed = if arguments.command.is_empty() {
        "/bin/sh".to_owned()
    } else {
        arguments.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    };
    let wanted = Wanted {
        cluster: target.environment.cluster.clone().unwrap_or_default(),
        service: service.clone(),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        instance: None,
    };
    let gateway = target.gateway(wanted, Purpose::Shell { command: typed.clone() });
    let options = target.options().await?;
    let command = format!("cockpit exec {} {service} -- {typed}", target.environment.name);
    target.audit("exec", &command, serde_json::json!({"service": service}), "started", "")?;
    let mut shell = Shell::open(gateway, options);
    let outcome = join(&mut shell).await;
    let status = shell.close().await;
    let outcome = outcome.and_then(|code| match code {
        Some(code) => Ok(code),
        // An end without a code is the command's own; anything else is told.
        None => match ended("the session", &status) {
            Some(report)
                if !matches!(status.state, ssm_tunnel::State::Closed(ssm_tunnel::supervisor::Closed::Ended(_))) =>
            {
                Err(report)
            }
            _ => {
                say("the agent did not tell the exit code of the command");
                Ok(ExitCode::Done)
            }
        },
    });
    let (word, reason) = match &outcome {
        Ok(code) => ("done", format!("exit code {}", code.code())),
        Err(report) => ("failed", report.causes.first().unwrap_or(&report.message).clone()),
    };
    target.audit("exec", &command, facts(&status, &service, None), word, &reason)?;
    outcome
}

/// Carries input and output until the session is over; the exit code, where it was told.
async fn join(shell: &mut Shell) -> Result<Option<ExitCode>, Report> {
    let system =
        |error: &io::Error| Report::new("terminal", "the terminal cannot be used", ExitCode::Failed).caused_by(error);
    let mut stops = StopSignals::new().map_err(|error| system(&error))?;
    tokio::select! {
        () = opened(shell) => {}
        signal = stops.next() => return Ok(Some(signal.code())),
    }
    let mut joined = Joined::take(shell).map_err(|error| system(&error))?;
    let mut code = None;
    loop {
        tokio::select! {
            turn = joined.turn(shell) => match turn.map_err(|error| system(&error))? {
                Turn::More => {}
                Turn::Code(told) => code = Some(ExitCode::Of(u8::try_from(told).unwrap_or(1))),
                Turn::Over => return Ok(code),
            },
            signal = stops.next() => return Ok(Some(signal.code())),
        }
    }
}

/// A word as the agent's parser takes it: in quotes where it has blanks or quotes.
fn quoted(word: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '\'' | '"' | '\\' | '$' | '`');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
