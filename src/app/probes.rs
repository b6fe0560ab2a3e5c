//! The probe requests of an environment, for commands and the screen alike.

use crate::config::EnvironmentConfig;
use crate::feeds::probes::ProbeOrder;
use crate::model::Estate;
use core::net::SocketAddr;

/// The service that returns this machine's public address: an AWS service that answers with one line of text.
const ADDRESS: &str = "https://checkip.amazonaws.com/";
/// Paths that must answer if none are configured.
const PATHS: [&str; 2] = ["/health", "/api/health"];

/// Which kinds of probes are sent to the hosts of an environment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProbeKinds {
    /// Whether ordinary requests, and the checks that come with them, are sent.
    pub probes: bool,
    /// Whether requests that a firewall must refuse are sent.
    pub waf: bool,
}

/// Returns the probe order of an environment whose target groups are known.
pub fn order(environment: &EnvironmentConfig, estate: &Estate, sends: ProbeKinds) -> ProbeOrder {
    let health = &environment.health;
    let paths = if health.paths.is_empty() { PATHS.map(str::to_owned).to_vec() } else { health.paths.clone() };
    ProbeOrder {
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

/// The target groups of an environment, from which its load balancers are found.
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

/// The wildcard redirection for each port that probes use: names, requests, TLS.
const PORTS: [&str; 3] = ["*:53", "*:80", "*:443"];

/// Whether all probes stay on this machine, whatever the host, as in a simulated world with a site of its own.
pub fn is_local_only(environment: &EnvironmentConfig) -> bool {
    let is_local = |to: &str| to.trim().parse::<SocketAddr>().is_ok_and(|to| to.ip().is_loopback());
    let leads = |port: &&str| {
        let of = |text: &String| text.split_once('=').is_some_and(|(from, to)| from.trim() == *port && is_local(to));
        environment.health.connect.iter().any(of)
    };
    // The first matching entry wins, so all entries must point here.
    let all_here =
        environment.health.connect.iter().all(|text| text.split_once('=').is_some_and(|(_, to)| is_local(to)));
    all_here && PORTS.iter().all(leads) && environment.health.resolver.as_deref().is_some_and(is_local)
}

/// Whether probes may be sent without being requested: not in a guarded environment.
pub fn allows_automatic_probes(environment: &EnvironmentConfig) -> bool {
    !environment.guarded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guarded_environment_gets_no_unrequested_probes() {
        let guarded = EnvironmentConfig { guarded: true, ..EnvironmentConfig::default() };
        assert!(!allows_automatic_probes(&guarded) && allows_automatic_probes(&EnvironmentConfig::default()));
        let quiet = order(&guarded, &Estate::default(), ProbeKinds::default());
        assert!(!quiet.send && !quiet.waf);
        let tried = order(&guarded, &Estate::default(), ProbeKinds { probes: false, waf: true });
        assert!(tried.send, "whoever tries the firewall sends requests");
        assert_eq!(tried.paths, ["/health", "/api/health"]);
    }

    #[test]
    fn probes_redirected_to_this_machine_stay_here() {
        let mut environment = EnvironmentConfig::default();
        assert!(!is_local_only(&environment));
        environment.health.resolver = Some("127.0.0.1:5353".into());
        environment.health.connect =
            ["*:53=127.0.0.1:1", "*:80=127.0.0.1:2", "*:443=[::1]:3"].map(str::to_owned).to_vec();
        assert!(is_local_only(&environment));
        for wrong in ["*:443=192.0.2.1:3", "a.example:443=192.0.2.1:3", "nonsense"] {
            let mut other = environment.clone();
            other.health.connect.insert(0, wrong.to_owned());
            assert!(!is_local_only(&other), "{wrong}");
        }
        environment.health.connect.pop();
        assert!(!is_local_only(&environment), "TLS would go out");
    }

    #[test]
    fn terraform_outputs_are_used_only_without_configured_hosts() {
        let mut environment = EnvironmentConfig::default();
        let uses_outputs = |of: &EnvironmentConfig| order(of, &Estate::default(), ProbeKinds::default()).outputs;
        assert!(!uses_outputs(&environment), "there is no Terraform");
        environment.infra.kind = Some(crate::model::infra::Tool::Terraform);
        assert!(uses_outputs(&environment));
        environment.health.hosts = vec!["a.example".into()];
        assert!(!uses_outputs(&environment));
    }
}
