//! Opens the session in a container, and gives the exit code.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::aws::ssm::Purpose;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::joined::{Opening, join_shell, words};
use crate::commands::through::Target;
use crate::model::tunnel::Wanted;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let (environment, service) = match &arguments.words[..] {
        [environment, service] => (Some(environment.as_str()), service.as_str()),
        [service] => (None, service.as_str()),
        _ => return Err(Report::usage("a service is needed")),
    };
    if environment.is_none() && context.load().config.environment(service).is_some() {
        return Err(Report::usage(format!("which service of {service} is meant is not said")).hint(format!(
            "write it after the environment: cockpit exec {service} SERVICE; `cockpit services --env {service}` lists them"
        )));
    }
    let target = Target::open(context, environment).await?;
    target.guarded(context, Risk::Change, context.global.read_only).await?;
    let service = target.service(context, Some(service)).await?;
    let typed = if arguments.command.is_empty() { "/bin/sh".to_owned() } else { words(&arguments.command) };
    let wanted = Wanted {
        cluster: target.environment.cluster.clone().unwrap_or_default(),
        service: service.clone(),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        instance: None,
    };
    let opening = Opening {
        gateway: target.gateway(wanted, Purpose::Shell { command: typed.clone() }),
        what: "exec",
        to: &service,
        command: format!("cockpit exec {} {service} -- {typed}", target.environment.name),
        after: serde_json::json!({"service": service}),
    };
    join_shell(context, &target, opening).await
}
