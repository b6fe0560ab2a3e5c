//! Whether tunnels and shells have a container or an instance to go through.

use crate::app::checkup::Check;
use crate::aws::Session;
use crate::aws::ssm::{Gateway, Purpose};
use crate::config::EnvironmentConfig;
use crate::model::names::ends_in;
use crate::model::tunnel::instance::{Found, Named};
use crate::model::tunnel::whose::Whose;
use crate::model::tunnel::{Wanted, short};
use crate::model::{Failure, FailureKind};
use futures_util::future::join_all;

/// As many services are looked at: each takes two requests.
const MOST: usize = 10;

/// A check for the instance or the service that tunnels go through, or for each service where none is configured, and one for a
/// shell in each of the others. That a session may be opened cannot be tried without opening one, and it is said.
pub(super) async fn checks(session: &Session, environment: &EnvironmentConfig, whose: &Whose) -> Vec<Check> {
    let mut checks = Vec::new();
    if environment.cluster.is_none() && environment.tunnel.instance.is_none() {
        return checks;
    }
    let name = &environment.name;
    checks.push(Check::ok("session-manager-plugin", "not needed"));
    checks.push(Check::untried(
        "ssm:StartSession",
        "not tried, as that opens a session; nor are ssm:ResumeSession, ssm:TerminateSession, ecs:ExecuteCommand",
        format!("`cockpit tunnel {name} --port 0` tries it and says what is refused; Ctrl-C ends it"),
    ));
    if let Some(named) = &environment.tunnel.instance {
        checks.push(instance(session, (name, whose), named).await);
    }
    let Some(cluster) = &environment.cluster else { return checks };
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
    let looked = services.iter().take(MOST).map(|service| async move {
        let meant = is_meant(service);
        let wanted = Wanted {
            cluster: cluster.clone(),
            service: service.clone(),
            container: environment.tunnel.container.clone().filter(|_| meant),
            ..Wanted::default()
        };
        let name = format!("{} {service}", if meant { "tunnel" } else { "exec" });
        let gateway = Gateway::new(session.clone(), wanted, Purpose::Shell { command: String::new() });
        match gateway.choose().await {
            Ok(chosen) => {
                Some(Check::ok(name, format!("through task {}, container {}", short(&chosen.task), chosen.container)))
            }
            // What is refused or does not answer is told by the checks of the reads.
            Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Service) => {
                Some(refused(name, &failure))
            }
            Err(_) => None,
        }
    });
    checks.extend(join_all(looked).await.into_iter().flatten());
    if left_out > 0 {
        checks.push(Check::ok("exec", format!("{left_out} more services were not looked at")));
    }
    checks
}

/// The instance that tunnels go through: whether it runs, with its agent online.
async fn instance(session: &Session, (environment, whose): (&str, &Whose), named: &str) -> Check {
    let (name, named) = (format!("tunnel {named}"), Named::configured(named));
    let starts = || format!("`cockpit tunnel {environment}` starts it after a yes");
    let id = match session.found(&named, whose).await {
        Ok(Ok(Found::Runs(id))) => id,
        Ok(Ok(Found::Stopped(id))) => return Check::warn(name, format!("{id} is stopped"), starts()),
        Ok(Ok(Found::Changes(id))) => {
            return Check::warn(name, format!("{id} is on its way to another state"), "look again in a minute");
        }
        Ok(Err(why)) => return Check::warn(name, why.why, why.hint),
        Err(failure) => return refused(name, &failure),
    };
    match session.instance_is_online(&id).await {
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
    Check::warn(name, failure.message.clone(), failure.hint())
}
