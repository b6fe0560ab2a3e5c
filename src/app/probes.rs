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
    Order {
        groups: groups(estate),
        outputs: health.hosts.is_empty() && environment.infra.kind.is_some(),
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

/// The target groups of an environment, by which its load balancers are found.
pub fn groups(estate: &Estate) -> Vec<String> {
    let services = estate.services.value().into_iter().flatten();
    let mut groups: Vec<String> = services
        .flat_map(|(_, service)| service.target_groups.iter())
        .chain(estate.target_groups.value().into_iter().flatten())
        .chain(estate.targets.keys())
        .cloned()
        .collect();
    groups.sort_unstable();
    groups.dedup();
    groups
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

    #[test]
    fn outputs_of_terraform_are_asked_only_where_no_host_is_configured() {
        let mut environment = EnvironmentConfig::default();
        let asked = |of: &EnvironmentConfig| order(of, &Estate::default(), Sends::default()).outputs;
        assert!(!asked(&environment), "there is no Terraform");
        environment.infra.kind = Some(crate::model::infra::Tool::Terraform);
        assert!(asked(&environment));
        environment.health.hosts = vec!["a.example".into()];
        assert!(!asked(&environment));
    }
}
