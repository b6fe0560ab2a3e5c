//! What a tunnel goes through, where it listens and what its audit record contains, according to the configuration and
//! the request. For the screen and the commands alike.

use crate::config::{Config, EnvironmentConfig};
use crate::model::audit::Record;
use crate::model::names::{find, list_names};
use crate::model::text::shell_quote;
use crate::model::tunnel::instance::InstanceSelector;
use crate::model::tunnel::owner::{EnvironmentClaims, Ownership};
use crate::model::tunnel::remote_end::{POSTGRES, RemoteTarget};
use crate::model::tunnel::{NoTarget, TunnelGateway, unavailable};
use crate::model::{Endpoints, Identity, suggested_commands};
use jiff::SignedDuration;

/// The near end of a tunnel in AWS: the service or instance that it goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TunnelVia {
    /// An instance, as it was named.
    Instance(String),
    /// A service by its name or a part of it; `None` stands for the only service.
    Service(Option<String>),
}

/// The near end of a tunnel: as requested, or else as configured.
pub fn near_end(environment: &EnvironmentConfig, requested: Option<&str>) -> TunnelVia {
    let tunnel = &environment.tunnel;
    match (requested, &tunnel.instance) {
        (Some(requested), _) if InstanceSelector::parse(requested).is_some() => {
            TunnelVia::Instance(requested.to_owned())
        }
        (Some(requested), _) => TunnelVia::Service(Some(requested.to_owned())),
        (None, Some(instance)) => TunnelVia::Instance(instance.clone()),
        (None, None) => TunnelVia::Service(tunnel.service.clone()),
    }
}

/// The full name of the requested service among the existing ones.
///
/// # Errors
/// When no service or several match.
pub fn service<'a>(
    environment: &EnvironmentConfig,
    named: Option<&str>,
    names: &[&'a str],
) -> Result<&'a str, NoTarget> {
    match (named, names) {
        (Some(named), _) => find(named, names).map_err(|close| match close.len() {
            _ if named.starts_with("i-") => unavailable(
                format!("`{named}` is neither the id of an instance nor a service"),
                "an id is i- and 8 or 17 hexadecimal digits; a tunnel finds one by instance:NAME and tag:KEY=VALUE too, and \
                 `cockpit instances session` opens a shell on one",
            ),
            _ if named.starts_with("tag:") || named.starts_with("instance:") => unavailable(
                format!("`{named}` names no instance"),
                "an instance is named by its id, by instance:NAME or by tag:KEY=VALUE",
            ),
            0 | 1 => unavailable(format!("there is no service `{named}`"), format!("there are: {}", list_names(names))),
            _ => unavailable(
                format!("`{named}` could be several services"),
                format!("write more of the name: {}", list_names(&close)),
            ),
        }),
        (None, [one]) => Ok(one),
        (None, []) => Err(unavailable(format!("{} has no services", environment.name), "name its cluster and services")),
        (None, several) => Err(ambiguous_service(several)),
    }
}

/// The error that none of several services was selected.
pub fn ambiguous_service(names: &[&str]) -> NoTarget {
    unavailable(
        "it is not said which service to go through",
        format!("name one of {}, or set `tunnel.service` of the environment in the configuration", names.join(", ")),
    )
}

/// The environment and the other configured ones, whose services and hosts are off limits.
pub fn ownership(config: &Config, environment: &EnvironmentConfig) -> Ownership {
    let home = |of: &EnvironmentConfig| EnvironmentClaims {
        environment: of.name.clone(),
        project: of.project.clone(),
        account: of.account.clone(),
        region: of.region.clone(),
        instances: of.instances.clone(),
        databases: of.databases.clone(),
        through: of.tunnel.instance.clone(),
        to: of.tunnel.to.as_deref().and_then(|to| match RemoteTarget::parse(to) {
            Ok(RemoteTarget::Address(far)) => Some(far.host),
            Ok(RemoteTarget::Writer | RemoteTarget::Reader) | Err(_) => None,
        }),
    };
    let others = config.environments.iter().filter(|other| other.name != environment.name);
    Ownership { own: home(environment), others: others.map(home).collect() }
}

/// The search for the near end among the environment's own services and instances.
pub fn tunnel_request(
    environment: &EnvironmentConfig,
    whose: Ownership,
    service: &str,
    instance: Option<String>,
) -> TunnelGateway {
    TunnelGateway {
        cluster: environment.cluster.clone().unwrap_or_default(),
        service: service.to_owned(),
        task: None,
        container: environment.tunnel.container.clone(),
        instance,
        ownership: whose,
    }
}

/// The local port: as requested, or else as configured, or else that of PostgreSQL.
///
/// # Errors
/// When the configured port is not a port.
pub fn local_port(environment: &EnvironmentConfig, requested: Option<u16>) -> Result<u16, NoTarget> {
    match (requested, &environment.tunnel.port) {
        (Some(port), _) => Ok(port),
        (None, Some(port)) => port.parse().map_err(|_| {
            unavailable(
                format!("`tunnel.port` of {} is not a port: `{port}`", environment.name),
                "write a number from 0 to 65535 in quotation marks",
            )
        }),
        (None, None) => Ok(POSTGRES),
    }
}

/// The API actions that open a session: each goes to the endpoint of its service.
const ACTIONS: [&str; 2] = ["ecs:ExecuteCommand", "ssm:StartSession"];

/// The endpoints that receive a tunnel's requests.
pub fn endpoints(identity: &Identity) -> Endpoints {
    identity.endpoints.of_actions(ACTIONS)
}

/// The audit record of something opened by a command; `ahead` is how far the service's clock is ahead.
pub fn record(
    operation: String,
    environment: &EnvironmentConfig,
    identity: &Identity,
    ahead: SignedDuration,
    typed: &str,
) -> Record {
    Record {
        ahead_ms: i64::try_from(ahead.as_millis()).ok(),
        operation,
        who: identity.arn.clone(),
        environment: environment.name.clone(),
        account: identity.account.clone(),
        region: identity.region.clone().unwrap_or_default(),
        endpoint: endpoints(identity).key(),
        command: environment.command_scope().command(typed),
        outcome: "started".to_owned(),
        ..Record::default()
    }
}

/// The command line that opens the same tunnel.
pub fn command_line(named: suggested_commands::CommandScope<'_>, to: &str, through: &str, port: u16) -> String {
    let through = shell_quote(through);
    named.command(&format!("cockpit tunnel {} --to {to} --through {through} --port {port}", named.environment))
}

/// The command line that opens the same tunnel at a Unix socket.
pub fn socket_command_line(named: suggested_commands::CommandScope<'_>, to: &str, through: &str, path: &str) -> String {
    let (through, path) = (shell_quote(through), shell_quote(path));
    named.command(&format!("cockpit tunnel {} --to {to} --through {through} --socket {path}", named.environment))
}
