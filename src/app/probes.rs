//! What is asked of probes for an environment, for commands and screen alike.

use crate::config::EnvironmentConfig;
use crate::feeds::probes::Order;
use crate::model::Estate;

/// Who tells the public address of this machine: a service of AWS that answers with one line.
const ADDRESS: &str = "https://checkip.amazonaws.com/";
/// Paths that must answer, where none are configured.
const PATHS: [&str; 2] = ["/health", "/api/health"];

/// What is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sends {
    /// Requests to the hosts, and what goes with them.
    pub probes: bool,
    /// Requests that a firewall must refuse.
    pub waf: bool,
}

/// The order for an environment whose target groups are known.
pub fn order(environment: &EnvironmentConfig, estate: &Estate, sends: Sends) -> Order {
    let health = &environment.health;
    let paths = if health.paths.is_empty() { PATHS.map(str::to_owned).to_vec() } else { health.paths.clone() };
    let services = estate.services.value().into_iter().flatten();
    let mut groups: Vec<String> = services
        .flat_map(|(_, service)| service.target_groups.iter())
        .chain(estate.target_groups.value().into_iter().flatten())
        .chain(estate.targets.keys())
        .cloned()
        .collect();
    groups.sort_unstable();
    groups.dedup();
    Order {
        groups,
        hosts: health.hosts.clone(),
        paths,
        send: sends.probes || sends.waf,
        waf: sends.waf,
        address_url: health.address_url.clone().unwrap_or_else(|| ADDRESS.to_owned()),
        resolver: health.resolver.clone(),
        ca_file: health.ca_file.clone(),
        connect: health.connect.clone(),
    }
}

/// Whether anything is sent without being asked for: not where the environment is guarded.
pub fn sends_by_itself(environment: &EnvironmentConfig) -> bool {
    !environment.guarded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_environment_is_sent_nothing_that_was_not_asked_for() {
        let guarded = EnvironmentConfig { guarded: true, ..EnvironmentConfig::default() };
        assert!(!sends_by_itself(&guarded) && sends_by_itself(&EnvironmentConfig::default()));
        let quiet = order(&guarded, &Estate::default(), Sends::default());
        assert!(!quiet.send && !quiet.waf);
        let tried = order(&guarded, &Estate::default(), Sends { probes: false, waf: true });
        assert!(tried.send, "whoever tries the firewall sends requests");
        assert_eq!(tried.paths, ["/health", "/api/health"]);
    }
}
