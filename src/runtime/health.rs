//! Checks how an environment is reached: first the declarations in AWS, then, on request, probes from this machine. The findings
//! are judged in `model::health_probe`.

use crate::aws::Session;
use crate::config::EnvironmentConfig;
use crate::feeds::probes::ProbeOrder;
use crate::infra::{Access, DiscoverOptions, discover_as, query_each};
use crate::model::health_probe::declared::{Balancer, Zone, hosts_of, normalize_name};
use crate::model::health_probe::findings::Finding;
use crate::model::health_probe::outputs::{self, OutputHost};
use crate::model::infra::{self, InfraError, InfraErrorKind};
use crate::probe::{Probes, Settings};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// The maximum number of hosts to check; an environment has a few.
const MOST_HOSTS: usize = 10;

/// The time limit for Terraform to print outputs that name hosts. Hosts may be found without it.
const TERRAFORM_LIMIT: Duration = Duration::from_secs(20);

/// Checks an environment and sends each finding. The configuration is needed for the outputs of Terraform.
///
/// # Errors
/// A sentence on the part of the configuration that cannot be used.
pub async fn check(
    session: &Session,
    environment: Option<&EnvironmentConfig>,
    order: &ProbeOrder,
    out: &Sender<Finding>,
) -> Result<(), String> {
    let settings = Settings {
        resolver: order.resolver.as_deref(),
        ca_file: order.ca_file.as_deref(),
        connect: &order.connect,
        limit: None,
    };
    let probes = if order.send { Some(Probes::new(&settings)?) } else { None };
    let (balancers, outputs) = tokio::join!(session.balancers_of(&order.groups), output_hosts(environment, order, out));
    let known = balancers.clone().unwrap_or_default();
    let _ = out.send(Finding::Balancers(balancers)).await;
    let mut hosts = if order.hosts.is_empty() { outputs::sites(&outputs) } else { order.hosts.clone() };
    let zones = declared(session, &hosts, &known, out).await;
    if hosts.is_empty() {
        hosts = hosts_of(&zones, &known);
    }
    let has_name = !hosts.is_empty();
    if !has_name {
        hosts = outputs::balancers(&outputs);
    }
    if hosts.is_empty() {
        hosts = known.iter().map(|balancer| normalize_name(&balancer.dns_name)).collect();
    }
    hosts.truncate(MOST_HOSTS);
    let _ = out.send(Finding::Hosts(hosts.clone())).await;
    if let Some(probes) = probes {
        // A load balancer's own name is on no certificate.
        let secure = has_name || known.iter().any(Balancer::is_secure);
        send(&probes, order, &hosts, secure, (&known, &zones), out).await;
    }
    Ok(())
}

/// Returns the hosts that outputs of Terraform name.
async fn output_hosts(
    environment: Option<&EnvironmentConfig>,
    order: &ProbeOrder,
    out: &Sender<Finding>,
) -> Vec<OutputHost> {
    let Some(environment) = environment.filter(|_| order.outputs) else { return Vec::new() };
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let reading = async {
        let all = match discover_as(
            environment,
            DiscoverOptions { hooks: false, workspaces: false, ..DiscoverOptions::default() },
        )
        .await
        {
            Ok(all) => all,
            Err(trouble) => return unread.push(one_line(&trouble)),
        };
        let answers = query_each(&all, |access: Access<'_>| async move {
            let message = format!("the outputs of {} cannot be read", access.unit.name);
            let answer = access.read_as_is(&["output", "-json", "-no-color"], &message, TERRAFORM_LIMIT).await?;
            let outputs = infra::state::outputs(&answer.stdout);
            outputs.map_err(|error| InfraError::new(InfraErrorKind::Failed, message).cause(error.to_string()))
        });
        for (unit, answer) in answers.await {
            match answer {
                Ok(outputs) => found.extend(outputs::output_hosts(&unit.name, &outputs)),
                Err(trouble) => unread.push(one_line(&trouble)),
            }
        }
    };
    if tokio::time::timeout(TERRAFORM_LIMIT, reading).await.is_err() {
        unread.push(format!("Terraform did not print its outputs within {} seconds", TERRAFORM_LIMIT.as_secs()));
    }
    let _ = out.send(Finding::Outputs(found.clone(), unread)).await;
    found
}

/// Formats a failure with its nearest cause as one line. For a missing program the searched folders are left out.
fn one_line(trouble: &InfraError) -> String {
    let cause = trouble.causes.first().filter(|_| trouble.kind != InfraErrorKind::Tool);
    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{}{cause}", trouble.message)
}

/// Reads the declarations in AWS beside the load balancers: security group rules, zones, certificates.
async fn declared(session: &Session, hosts: &[String], known: &[Balancer], out: &Sender<Finding>) -> Vec<Zone> {
    let each = |of: fn(&Balancer) -> Vec<String>| {
        let mut all: Vec<String> = known.iter().flat_map(of).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let groups = each(|balancer| balancer.security_groups.clone());
    let arns = each(|balancer| balancer.listeners.iter().flat_map(|one| one.certificates.clone()).collect());
    let (zones, (), ()) = tokio::join!(
        async {
            let zones = session.zones_of(hosts).await;
            let zones = zones.map(|zones| own_zones(zones, known, hosts));
            let read = zones.clone().unwrap_or_default();
            let _ = out.send(Finding::Zones(zones)).await;
            read
        },
        async {
            if !groups.is_empty() {
                let _ = out.send(Finding::Rules(session.rules_of(&groups).await)).await;
            }
        },
        async {
            if !arns.is_empty() {
                let _ = out.send(Finding::AcmCertificates(session.certificates(&arns).await)).await;
            }
        },
    );
    zones
}

/// Returns the zones of this environment: those of its hosts, or those that point to its load balancers.
fn own_zones(zones: Vec<Zone>, balancers: &[Balancer], hosts: &[String]) -> Vec<Zone> {
    if !hosts.is_empty() {
        return zones;
    }
    zones.into_iter().filter(|zone| !hosts_of(std::slice::from_ref(zone), balancers).is_empty()).collect()
}

/// Sends the probes from this machine.
async fn send(
    probes: &Probes,
    order: &ProbeOrder,
    hosts: &[String],
    secure: bool,
    (balancers, zones): (&[Balancer], &[Zone]),
    out: &Sender<Finding>,
) {
    let mut names: Vec<String> = hosts.to_vec();
    let targets = zones.iter().flat_map(|zone| &zone.records).filter(|record| hosts.contains(&record.name));
    names.extend(targets.filter_map(|record| record.alias_target.clone()));
    names.extend(balancers.iter().map(|balancer| normalize_name(&balancer.dns_name)));
    names.sort_unstable();
    names.dedup();
    let report = async |finding: Finding| {
        let _ = out.send(finding).await;
    };
    tokio::join!(
        async { report(Finding::Address(probes.public_address(&order.address_url).await)).await },
        async {
            join_all(names.iter().map(async |name| report(Finding::Names(probes.names(name).await)).await)).await;
        },
        async {
            join_all(
                zones.iter().map(async |zone| report(Finding::Delegation(probes.delegation(&zone.name).await)).await),
            )
            .await;
        },
        async {
            join_all(hosts.iter().map(async |host| {
                if secure {
                    report(Finding::Tls(probes.tls(host).await)).await;
                }
                // Plain HTTP too: the redirect to HTTPS is judged, and where a `www` name leads.
                let paths = std::iter::once("/").chain(order.paths.iter().map(String::as_str));
                for path in paths {
                    report(Finding::Visit(probes.visit(host, false, path).await)).await;
                    if secure {
                        report(Finding::Visit(probes.visit(host, true, path).await)).await;
                    }
                }
                if order.waf {
                    report(Finding::Firewall(probes.firewall(host, secure).await)).await;
                }
            }))
            .await;
        },
    );
}
