//! Through what a tunnel of an environment goes and where it listens, as the configuration and what is asked say; what of it is
//! written into the audit file. For the screen and the commands alike.

use crate::config::{Config, EnvironmentConfig};
use crate::model::audit::Record;
use crate::model::names::{find, listed};
use crate::model::text::quoted;
use crate::model::tunnel::far::{POSTGRES, To};
use crate::model::tunnel::instance::InstanceSelector;
use crate::model::tunnel::whose::{Home, Whose};
use crate::model::tunnel::{NoTarget, Wanted, none};
use crate::model::{Endpoints, Identity, offered};
use jiff::SignedDuration;

/// The near end of a tunnel in AWS: the service or instance that it goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TunnelVia {
    /// An instance, as it was named.
    Instance(String),
    /// A service by this name or a part of it; none is the only one.
    Service(Option<String>),
}

/// The near end of a tunnel: as asked, else as configured.
pub fn through(environment: &EnvironmentConfig, asked: Option<&str>) -> TunnelVia {
    let tunnel = &environment.tunnel;
    match (asked, &tunnel.instance) {
        (Some(asked), _) if InstanceSelector::parse(asked).is_some() => TunnelVia::Instance(asked.to_owned()),
        (Some(asked), _) => TunnelVia::Service(Some(asked.to_owned())),
        (None, Some(instance)) => TunnelVia::Instance(instance.clone()),
        (None, None) => TunnelVia::Service(tunnel.service.clone()),
    }
}

/// The whole name of the service that is meant among those that are there.
///
/// # Errors
/// None or several are meant.
pub fn service<'a>(
    environment: &EnvironmentConfig,
    named: Option<&str>,
    names: &[&'a str],
) -> Result<&'a str, NoTarget> {
    match (named, names) {
        (Some(named), _) => find(named, names).map_err(|close| match close.len() {
            _ if named.starts_with("i-") => none(
                format!("`{named}` is neither the id of an instance nor a service"),
                "an id is i- and 8 or 17 hexadecimal digits; a tunnel finds one by instance:NAME and tag:KEY=VALUE too, and \
                 `cockpit instances session` opens a shell on one",
            ),
            _ if named.starts_with("tag:") || named.starts_with("instance:") => none(
                format!("`{named}` names no instance"),
                "an instance is named by its id, by instance:NAME or by tag:KEY=VALUE",
            ),
            0 | 1 => none(format!("there is no service `{named}`"), format!("there are: {}", listed(names))),
            _ => none(
                format!("`{named}` could be several services"),
                format!("write more of the name: {}", listed(&close)),
            ),
        }),
        (None, [one]) => Ok(one),
        (None, []) => Err(none(format!("{} has no services", environment.name), "name its cluster and services")),
        (None, several) => Err(unnamed(several)),
    }
}

/// Which of several services is meant is not said.
pub fn unnamed(names: &[&str]) -> NoTarget {
    none(
        "it is not said which service to go through",
        format!("name one of {}, or set `tunnel.service` of the environment in the configuration", names.join(", ")),
    )
}

/// The environment beside the others that are configured: what is theirs is not gone through or to.
pub fn whose(config: &Config, environment: &EnvironmentConfig) -> Whose {
    let home = |of: &EnvironmentConfig| Home {
        environment: of.name.clone(),
        project: of.project.clone(),
        account: of.account.clone(),
        region: of.region.clone(),
        instances: of.instances.clone(),
        databases: of.databases.clone(),
        through: of.tunnel.instance.clone(),
        to: of.tunnel.to.as_deref().and_then(|to| match To::parse(to) {
            Ok(To::Place(far)) => Some(far.host),
            Ok(To::Writer | To::Reader) | Err(_) => None,
        }),
    };
    let others = config.environments.iter().filter(|other| other.name != environment.name);
    Whose { own: home(environment), others: others.map(home).collect() }
}

/// The search for the near end, among the environment's own services and instances.
pub fn wanted(environment: &EnvironmentConfig, whose: Whose, service: &str, instance: Option<String>) -> Wanted {
    Wanted {
        cluster: environment.cluster.clone().unwrap_or_default(),
        service: service.to_owned(),
        task: None,
        container: environment.tunnel.container.clone(),
        instance,
        whose,
    }
}

/// The local port: as asked, else as configured, else that of PostgreSQL.
///
/// # Errors
/// What is configured is no port.
pub fn local_port(environment: &EnvironmentConfig, asked: Option<u16>) -> Result<u16, NoTarget> {
    match (asked, &environment.tunnel.port) {
        (Some(port), _) => Ok(port),
        (None, Some(port)) => port.parse().map_err(|_| {
            none(
                format!("`tunnel.port` of {} is not a port: `{port}`", environment.name),
                "write a number from 0 to 65535 in quotation marks",
            )
        }),
        (None, None) => Ok(POSTGRES),
    }
}

/// The API actions that open a session: each goes to the endpoint of its service.
const ACTIONS: [&str; 2] = ["ecs:ExecuteCommand", "ssm:StartSession"];

/// The endpoints that a tunnel's requests go to.
pub fn endpoints(identity: &Identity) -> Endpoints {
    identity.endpoints.of_actions(ACTIONS)
}

/// The line of the audit file for something that is opened by a command; `ahead` is how far the service's clock is.
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
        command: environment.named().command(typed),
        outcome: "started".to_owned(),
        ..Record::default()
    }
}

/// The command line that opens the same tunnel.
pub fn typed(named: offered::CommandScope<'_>, to: &str, through: &str, port: u16) -> String {
    let through = quoted(through);
    named.command(&format!("cockpit tunnel {} --to {to} --through {through} --port {port}", named.environment))
}

/// The command line that opens the same tunnel at a Unix socket.
pub fn typed_at_socket(named: offered::CommandScope<'_>, to: &str, through: &str, path: &str) -> String {
    let (through, path) = (quoted(through), quoted(path));
    named.command(&format!("cockpit tunnel {} --to {to} --through {through} --socket {path}", named.environment))
}
