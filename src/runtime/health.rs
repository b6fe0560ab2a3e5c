//! Looks at how an environment is reached: first what AWS declares, then, where that is wanted, how it looks from this machine.
//! What is found is judged in `model::health_probe`.

use crate::aws::Session;
use crate::feeds::probes::Order;
use crate::model::health_probe::declared::{Balancer, Zone, hosts_of, plain};
use crate::model::health_probe::findings::Finding;
use crate::probe::{Probes, Settings};
use futures_util::future::join_all;
use tokio::sync::mpsc::Sender;

/// Hosts that are looked at; an environment has a few.
const MOST_HOSTS: usize = 10;

/// Looks, and sends each thing that it finds.
///
/// # Errors
/// A sentence on what of the configuration cannot be used.
pub async fn look(session: &Session, order: &Order, out: &Sender<Finding>) -> Result<(), String> {
    let settings = Settings {
        resolver: order.resolver.as_deref(),
        ca_file: order.ca_file.as_deref(),
        connect: &order.connect,
        limit: None,
    };
    let probes = if order.send { Some(Probes::new(&settings)?) } else { None };
    let (balancers, zones) = declared(session, order, out).await;
    let mut hosts = if order.hosts.is_empty() { hosts_of(&zones, &balancers) } else { order.hosts.clone() };
    let named = !hosts.is_empty();
    if !named {
        hosts = balancers.iter().map(|balancer| plain(&balancer.dns_name)).collect();
    }
    hosts.truncate(MOST_HOSTS);
    let _ = out.send(Finding::Hosts(hosts.clone())).await;
    if let Some(probes) = probes {
        // A load balancer's own name is on no certificate.
        let secure = named || balancers.iter().any(Balancer::is_secure);
        send(&probes, order, &hosts, secure, (&balancers, &zones), out).await;
    }
    Ok(())
}

/// What AWS declares.
async fn declared(session: &Session, order: &Order, out: &Sender<Finding>) -> (Vec<Balancer>, Vec<Zone>) {
    let balancers = session.balancers_of(&order.groups).await;
    let known = balancers.clone().unwrap_or_default();
    let _ = out.send(Finding::Balancers(balancers)).await;
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
            let zones = session.zones_of(&order.hosts).await;
            let zones = zones.map(|zones| ours(zones, &known, &order.hosts));
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
                let _ = out.send(Finding::Issued(session.certificates(&arns).await)).await;
            }
        },
    );
    (known, zones)
}

/// The zones that are of this environment: those of its hosts, or those that lead to its load balancers.
fn ours(zones: Vec<Zone>, balancers: &[Balancer], hosts: &[String]) -> Vec<Zone> {
    if !hosts.is_empty() {
        return zones;
    }
    zones.into_iter().filter(|zone| !hosts_of(std::slice::from_ref(zone), balancers).is_empty()).collect()
}

/// How it looks from here.
async fn send(
    probes: &Probes,
    order: &Order,
    hosts: &[String],
    secure: bool,
    (balancers, zones): (&[Balancer], &[Zone]),
    out: &Sender<Finding>,
) {
    let mut names: Vec<String> = hosts.to_vec();
    let targets = zones.iter().flat_map(|zone| &zone.records).filter(|record| hosts.contains(&record.name));
    names.extend(targets.filter_map(|record| record.stands_for.clone()));
    names.extend(balancers.iter().map(|balancer| plain(&balancer.dns_name)));
    names.sort_unstable();
    names.dedup();
    let told = async |finding: Finding| {
        let _ = out.send(finding).await;
    };
    tokio::join!(
        async { told(Finding::Address(probes.address(&order.address_url).await)).await },
        async {
            join_all(names.iter().map(async |name| told(Finding::Names(probes.names(name).await)).await)).await;
        },
        async {
            join_all(
                zones.iter().map(async |zone| told(Finding::Delegation(probes.delegation(&zone.name).await)).await),
            )
            .await;
        },
        async {
            join_all(hosts.iter().map(async |host| {
                if secure {
                    told(Finding::Tls(probes.tls(host).await)).await;
                }
                // Whether it is led to HTTPS, and its `www`.
                let paths = std::iter::once("/").chain(order.paths.iter().map(String::as_str));
                for path in paths {
                    told(Finding::Visit(probes.visit(host, false, path).await)).await;
                    if secure {
                        told(Finding::Visit(probes.visit(host, true, path).await)).await;
                    }
                }
                if order.waf {
                    told(Finding::Firewall(probes.firewall(host, secure).await)).await;
                }
            }))
            .await;
        },
    );
}
