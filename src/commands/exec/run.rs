//! Opens the session in a container, and returns its exit code.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::aws::ssm::Purpose;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::remote::Target;
use crate::commands::remote_shell::{Opening, join_shell, quote_words};
use crate::model::tunnel::TunnelGateway;
use crate::model::tunnel::instance::InstanceSelector;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let (environment, service) = match &arguments.words[..] {
        [environment, service] => (Some(environment.as_str()), service.as_str()),
        [service] => (None, service.as_str()),
        _ => return Err(Report::usage("a service is needed")),
    };
    if environment.is_none() && context.load().config.environment(service).is_some() {
        return Err(Report::usage(format!("no service of {service} is named")).hint(format!(
            "write it after the environment: cockpit exec {service} SERVICE; `cockpit services --env {service}` lists them"
        )));
    }
    if let Some(instance) = InstanceSelector::parse(service) {
        let named = match &instance {
            InstanceSelector::Id(name) => name.as_str(),
            InstanceSelector::Tag(key, value) if key == "Name" => value.as_str(),
            InstanceSelector::Tag(..) => "INSTANCE",
        };
        return Err(Report::usage(format!("`{service}` is an instance: exec takes a service"))
            .hint(format!("`cockpit instances session {named}` opens a shell on an instance")));
    }
    let target = Target::open(context, environment).await?;
    let typed = if arguments.command.is_empty() { "/bin/sh".to_owned() } else { quote_words(&arguments.command) };
    let title = format!("exec {service} -- {typed}");
    target.confirm_if_guarded(context, &title, Risk::Change, context.global.read_only).await?;
    let service = target.service(context, Some(service)).await?;
    let wanted = TunnelGateway {
        cluster: target.environment.cluster.clone().unwrap_or_default(),
        service: service.clone(),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        ..TunnelGateway::default()
    };
    let opening = Opening {
        gateway: target.gateway(wanted, Purpose::Shell { command: typed.clone() }),
        audit_name: "exec",
        to: &service,
        command: format!("cockpit exec {} {service} -- {typed}", target.environment.name),
        details: serde_json::json!({"service": service}),
    };
    join_shell(context, &target, opening).await
}
