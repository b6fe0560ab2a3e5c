//! Checks whether tunnels and shells have a container or an instance to go through, and who may open them.

use super::CheckedEnvironment;
use super::permissions::{PermissionCheck, TunnelVia};
use crate::app::App;
use crate::app::doctor::{Check, Outcome};
use crate::app::tunnels::{opening, route};
use crate::aws::Session;
use crate::aws::ssm::{Gateway, Purpose};
use crate::config::EnvironmentConfig;
use crate::model::names::ends_in;
use crate::model::tunnel::instance::{InstanceSelector, InstanceStatus};
use crate::model::tunnel::{ExecTarget, NoTarget, TunnelGateway, short};
use crate::model::{Failure, FailureKind};
use futures_util::future::join_all;

/// The maximum number of services to check: each takes several requests.
const MOST: usize = 10;

/// The instance that tunnels go through, or why there is none.
pub(super) type Instance = Result<Result<InstanceStatus, NoTarget>, Failure>;

/// Requests the instance that tunnels are configured to go through.
pub(super) async fn instance(checked: &CheckedEnvironment) -> Option<Instance> {
    let named = InstanceSelector::configured(checked.environment.tunnel.instance.as_ref()?);
    Some(checked.aws.find_instance(&named, &route::ownership(&checked.config, &checked.environment)).await)
}

/// Returns the checks of permissions, one for the instance or the service that tunnels go through (or for each service if none
/// is configured), and one for a shell in each of the other services.
pub(super) async fn checks(checked: &CheckedEnvironment, app: &App, instance: Option<&Instance>) -> Vec<Check> {
    let CheckedEnvironment { environment, aws: session, .. } = checked;
    let mut checks = Vec::new();
    if environment.cluster.is_none() && instance.is_none() {
        return checks;
    }
    checks.push(Check::ok("session-manager-plugin", "not needed"));
    let services = match &environment.cluster {
        Some(cluster) => Box::pin(check_services(session, environment, cluster)).await,
        None => ServiceChecks::default(),
    };
    let id =
        |found: &'_ Instance| found.as_ref().ok().and_then(|found| found.as_ref().ok()).map(|one| one.id().to_owned());
    let id = instance.map(id);
    let identity = opening::identity(app).map_err(|why| why.why);
    let permissions = PermissionCheck {
        session,
        environment,
        identity: identity.as_ref().map_err(Clone::clone),
        through: id.as_ref().map_or(TunnelVia::Tasks, |id| TunnelVia::Instance(id.as_deref())),
        task: services.task.as_deref(),
        services: &services.services,
    };
    // Without an identity, these checks fail for the same reason as all others.
    let nobody = app.estate.identity.failure();
    checks.extend(Box::pin(permissions.checks()).await.into_iter().map(|check| match nobody {
        Some(failure) if check.status == Outcome::Untried => check.of(failure),
        Some(_) | None => check,
    }));
    if let (Some(named), Some(found)) = (&environment.tunnel.instance, instance) {
        checks.push(instance_check(session, &environment.name, named, found).await);
    }
    checks.extend(services.checks);
    checks
}

/// The checks of services.
#[derive(Default)]
struct ServiceChecks {
    checks: Vec<Check>,
    services: Vec<String>,
    /// A task that a session could use.
    task: Option<String>,
}

async fn check_services(session: &Session, environment: &EnvironmentConfig, cluster: &str) -> ServiceChecks {
    let named = environment.tunnel.service.as_ref();
    let through_instance = environment.tunnel.instance.is_some();
    let is_meant =
        |service: &String| !through_instance && named.is_none_or(|name| name == service || ends_in(name, service));
    let mut services = match environment.exact_services() {
        Some(exact) => exact.to_vec(),
        // A failure to list them is reported by the check of that read.
        None => session.service_names(cluster).await.unwrap_or_default(),
    };
    services.retain(|service| environment.has_service(service));
    services.sort_by_key(|service| !is_meant(service));
    let left_out = services.len().saturating_sub(MOST);
    services.truncate(MOST);
    let chosen = services.iter().map(|service| async move {
        let meant = is_meant(service);
        let wanted = TunnelGateway {
            cluster: cluster.to_owned(),
            service: service.clone(),
            container: environment.tunnel.container.clone().filter(|_| meant),
            ..TunnelGateway::default()
        };
        let name = format!("{} {service}", if meant { "tunnel" } else { "exec" });
        let gateway = Gateway::new(session.clone(), None, wanted, Purpose::Shell { command: String::new() });
        (name, gateway.choose().await)
    });
    let chosen = join_all(chosen).await;
    let task = chosen.iter().find_map(|(_, chosen)| Some(chosen.as_ref().ok()?.task.clone()));
    let mut checks: Vec<Check> = chosen.into_iter().filter_map(|(name, chosen)| service_check(name, chosen)).collect();
    if left_out > 0 {
        checks.push(Check::ok("exec", format!("{left_out} more services were not looked at")));
    }
    ServiceChecks { checks, services, task }
}

fn service_check(name: String, chosen: Result<ExecTarget, Failure>) -> Option<Check> {
    match chosen {
        Ok(chosen) => {
            Some(Check::ok(name, format!("through task {}, container {}", short(&chosen.task), chosen.container)))
        }
        // A refused or unanswered request is reported by the checks of the reads.
        Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Service) => {
            Some(refused(name, &failure))
        }
        Err(_) => None,
    }
}

/// Checks whether the instance that tunnels go through runs and its agent is online.
async fn instance_check(session: &Session, environment: &str, named: &str, found: &Instance) -> Check {
    let name = format!("tunnel {named}");
    let id = match found {
        Ok(Ok(InstanceStatus::Running(id))) => id,
        Ok(Ok(InstanceStatus::Stopped(id))) => {
            let starts = format!("`cockpit tunnel {environment}` starts it after a yes");
            return Check::warn(name, format!("{id} is stopped"), starts);
        }
        Ok(Ok(InstanceStatus::Changing(id))) => {
            return Check::warn(name, format!("{id} is on its way to another state"), "look again in a minute");
        }
        Ok(Err(none)) => return Check::warn(name, none.why.clone(), none.hint.clone()),
        Err(failure) => return refused(name, failure),
    };
    match session.instance_is_online(id).await {
        Ok(true) => Check::ok(name, format!("through instance {id}")),
        Ok(false) => Check::warn(
            name,
            format!("the agent of {id} is not online"),
            "it needs a role with AmazonSSMManagedInstanceCore and a way to Systems Manager",
        ),
        Err(failure) => refused(name, &failure),
    }
}

/// Reports the failure of a read that no other check makes.
fn refused(name: String, failure: &Failure) -> Check {
    Check::warn(name, failure.message.clone(), failure.hint()).of(failure)
}
