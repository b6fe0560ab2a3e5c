//! Whether tunnels and shells have a container to go through.

use super::report::Check;
use crate::aws::Session;
use crate::aws::ssm::{Gateway, Purpose};
use crate::config::EnvironmentConfig;
use crate::model::FailureKind;
use crate::model::names::ends_in;
use crate::model::tunnel::{Wanted, short};
use futures_util::future::join_all;

/// As many services are looked at: each takes two requests.
const MOST: usize = 10;

/// A check for the service that tunnels go through, or for each where none is configured, and one for a shell in each of the
/// others. That a session may be opened cannot be tried without opening one.
pub(super) async fn checks(session: &Session, environment: &EnvironmentConfig) -> Vec<Check> {
    let Some(cluster) = &environment.cluster else { return Vec::new() };
    let mut checks = vec![Check::ok("session-manager-plugin", "not needed")];
    let named = environment.tunnel.service.as_ref();
    let is_meant = |service: &String| named.is_none_or(|name| name == service || ends_in(name, service));
    let mut services = match environment.exact_services() {
        Some(exact) => exact.to_vec(),
        // That they cannot be listed is told by the check of that read.
        None => session.first_services(cluster).await.unwrap_or_default(),
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
                Some(Check::warn(name, failure.message.clone(), failure.hint()))
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
