//! The questions to probes for an environment, for commands and screen alike.

use crate::config::EnvironmentConfig;
use crate::feeds::probes::Order;
use crate::model::Estate;
use core::net::SocketAddr;

/// The service that tells this machine's public address: AWS answers with one line of text.
const ADDRESS: &str = "https://checkip.amazonaws.com/";
/// Paths that must answer, where none are configured.
const PATHS: [&str; 2] = ["/health", "/api/health"];

/// Which probes are sent to the hosts of an environment.
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

/// Where connections are led instead, for each port that probes use: names, requests, TLS.
const PORTS: [&str; 3] = ["*:53", "*:80", "*:443"];

/// Whether all that is sent stays on this machine, whatever the host: as in a simulated world that has a site of its own.
pub fn stays_here(environment: &EnvironmentConfig) -> bool {
    let here = |to: &str| to.trim().parse::<SocketAddr>().is_ok_and(|to| to.ip().is_loopback());
    let leads = |port: &&str| {
        let of = |text: &String| text.split_once('=').is_some_and(|(from, to)| from.trim() == *port && here(to));
        environment.health.connect.iter().any(of)
    };
    // The first that fits is taken.
    let all_here = environment.health.connect.iter().all(|text| text.split_once('=').is_some_and(|(_, to)| here(to)));
    all_here && PORTS.iter().all(leads) && environment.health.resolver.as_deref().is_some_and(here)
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
    fn what_is_led_to_this_machine_alone_stays_here() {
        let mut environment = EnvironmentConfig::default();
        assert!(!stays_here(&environment));
        environment.health.resolver = Some("127.0.0.1:5353".into());
        environment.health.connect =
            ["*:53=127.0.0.1:1", "*:80=127.0.0.1:2", "*:443=[::1]:3"].map(str::to_owned).to_vec();
        assert!(stays_here(&environment));
        for wrong in ["*:443=192.0.2.1:3", "a.example:443=192.0.2.1:3", "nonsense"] {
            let mut other = environment.clone();
            other.health.connect.insert(0, wrong.to_owned());
            assert!(!stays_here(&other), "{wrong}");
        }
        environment.health.connect.pop();
        assert!(!stays_here(&environment), "TLS would go out");
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
