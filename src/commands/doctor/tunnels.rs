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

/// A check for the service that tunnels go through, or for each that the configuration names. That a session may be
/// opened cannot be tried without opening one.
pub(super) async fn checks(session: &Session, environment: &EnvironmentConfig) -> Vec<Check> {
    let Some(cluster) = &environment.cluster else { return Vec::new() };
    let mut checks = vec![Check::ok("session-manager-plugin", "not needed")];
    let named = environment.tunnel.service.as_ref();
    let is_meant = |service: &&String| named.is_none_or(|name| name == *service || ends_in(name, service));
    let services = environment.exact_services().unwrap_or_default();
    let looked = services.iter().filter(is_meant).take(MOST).map(|service| async move {
        let wanted = Wanted {
            cluster: cluster.clone(),
            service: service.clone(),
            container: environment.tunnel.container.clone(),
            ..Wanted::default()
        };
        let name = format!("tunnel {service}");
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
    checks
}
