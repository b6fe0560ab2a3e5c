//! Whether tunnels and shells have a container or an instance to go through, and who may open them.

use super::CheckedEnvironment;
use super::permissions::{Asked, TunnelVia};
use crate::app::App;
use crate::app::checkup::{Check, Outcome};
use crate::app::tunnels::{ask, route};
use crate::aws::Session;
use crate::aws::ssm::{Gateway, Purpose};
use crate::config::EnvironmentConfig;
use crate::model::names::ends_in;
use crate::model::tunnel::instance::{Found, InstanceSelector};
use crate::model::tunnel::{Chosen, NoTarget, Wanted, short};
use crate::model::{Failure, FailureKind};
use futures_util::future::join_all;

/// The most services that are looked at: each takes some requests.
const MOST: usize = 10;

/// The instance that tunnels go through, or why there is none.
pub(super) type Instance = Result<Result<Found, NoTarget>, Failure>;

/// Asks for the instance that tunnels are configured to go through.
pub(super) async fn instance(patient: &CheckedEnvironment) -> Option<Instance> {
    let named = InstanceSelector::configured(patient.environment.tunnel.instance.as_ref()?);
    Some(patient.aws.found(&named, &route::whose(&patient.config, &patient.environment)).await)
}

/// The checks of permissions: one for the instance or the service that tunnels go through, or for each service where
/// none is configured, and one for a shell in each of the others.
pub(super) async fn checks(patient: &CheckedEnvironment, app: &App, instance: Option<&Instance>) -> Vec<Check> {
    let CheckedEnvironment { environment, aws: session, .. } = patient;
    let mut checks = Vec::new();
    if environment.cluster.is_none() && instance.is_none() {
        return checks;
    }
    checks.push(Check::ok("session-manager-plugin", "not needed"));
    let looked = match &environment.cluster {
        Some(cluster) => Box::pin(look(session, environment, cluster)).await,
        None => Looked::default(),
    };
    let id =
        |found: &'_ Instance| found.as_ref().ok().and_then(|found| found.as_ref().ok()).map(|one| one.id().to_owned());
    let id = instance.map(id);
    let identity = ask::identity(app).map_err(|why| why.why);
    let asked = Asked {
        session,
        environment,
        identity: identity.as_ref().map_err(Clone::clone),
        through: id.as_ref().map_or(TunnelVia::Tasks, |id| TunnelVia::Instance(id.as_deref())),
        task: looked.task.as_deref(),
        services: &looked.services,
    };
    // Whose policies decide is not known for the same cause as all else.
    let nobody = app.estate.identity.failure();
    checks.extend(Box::pin(asked.checks()).await.into_iter().map(|check| match nobody {
        Some(failure) if check.status == Outcome::Untried => check.of(failure),
        Some(_) | None => check,
    }));
    if let (Some(named), Some(found)) = (&environment.tunnel.instance, instance) {
        checks.push(of_instance(session, &environment.name, named, found).await);
    }
    checks.extend(looked.checks);
    checks
}

/// The services that were looked at.
#[derive(Default)]
struct Looked {
    checks: Vec<Check>,
    services: Vec<String>,
    /// A task that a session could go through.
    task: Option<String>,
}

async fn look(session: &Session, environment: &EnvironmentConfig, cluster: &str) -> Looked {
    let named = environment.tunnel.service.as_ref();
    let through_instance = environment.tunnel.instance.is_some();
    let is_meant =
        |service: &String| !through_instance && named.is_none_or(|name| name == service || ends_in(name, service));
    let mut services = match environment.exact_services() {
        Some(exact) => exact.to_vec(),
        // That they cannot be listed is told by the check of that read.
        None => session.service_names(cluster).await.unwrap_or_default(),
    };
    services.retain(|service| environment.has_service(service));
    services.sort_by_key(|service| !is_meant(service));
    let left_out = services.len().saturating_sub(MOST);
    services.truncate(MOST);
    let chosen = services.iter().map(|service| async move {
        let meant = is_meant(service);
        let wanted = Wanted {
            cluster: cluster.to_owned(),
            service: service.clone(),
            container: environment.tunnel.container.clone().filter(|_| meant),
            ..Wanted::default()
        };
        let name = format!("{} {service}", if meant { "tunnel" } else { "exec" });
        let gateway = Gateway::new(session.clone(), None, wanted, Purpose::Shell { command: String::new() });
        (name, gateway.choose().await)
    });
    let chosen = join_all(chosen).await;
    let task = chosen.iter().find_map(|(_, chosen)| Some(chosen.as_ref().ok()?.task.clone()));
    let mut checks: Vec<Check> = chosen.into_iter().filter_map(|(name, chosen)| of_service(name, chosen)).collect();
    if left_out > 0 {
        checks.push(Check::ok("exec", format!("{left_out} more services were not looked at")));
    }
    Looked { checks, services, task }
}

fn of_service(name: String, chosen: Result<Chosen, Failure>) -> Option<Check> {
    match chosen {
        Ok(chosen) => {
            Some(Check::ok(name, format!("through task {}, container {}", short(&chosen.task), chosen.container)))
        }
        // What is refused or does not answer is told by the checks of the reads.
        Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Service) => {
            Some(refused(name, &failure))
        }
        Err(_) => None,
    }
}

/// The instance that tunnels go through: whether it runs, with its agent online.
async fn of_instance(session: &Session, environment: &str, named: &str, found: &Instance) -> Check {
    let name = format!("tunnel {named}");
    let id = match found {
        Ok(Ok(Found::Runs(id))) => id,
        Ok(Ok(Found::Stopped(id))) => {
            let starts = format!("`cockpit tunnel {environment}` starts it after a yes");
            return Check::warn(name, format!("{id} is stopped"), starts);
        }
        Ok(Ok(Found::Changes(id))) => {
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

/// A failure of a read that no other check makes.
fn refused(name: String, failure: &Failure) -> Check {
    Check::warn(name, failure.message.clone(), failure.hint()).of(failure)
}
