//! Looks at how an environment is reached: first what AWS declares, then, where that is wanted, how it looks from this machine.
//! What is found is judged in `model::health_probe`.

use crate::aws::Session;
use crate::config::EnvironmentConfig;
use crate::feeds::probes::Order;
use crate::infra::{Access, Look, discover_as, each};
use crate::model::health_probe::declared::{Balancer, Zone, hosts_of, plain};
use crate::model::health_probe::findings::Finding;
use crate::model::health_probe::outputs::{self, Named};
use crate::model::infra::{self, Trouble, TroubleKind};
use crate::probe::{Probes, Settings};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// Hosts that are looked at; an environment has a few.
const MOST_HOSTS: usize = 10;

/// How long Terraform has for what it says of hosts: they may be found without it.
const TERRAFORM: Duration = Duration::from_secs(20);

/// Looks, and sends each thing that it finds. The environment is needed for what Terraform says of it.
///
/// # Errors
/// A sentence on what of the configuration cannot be used.
pub async fn look(
    session: &Session,
    environment: Option<&EnvironmentConfig>,
    order: &Order,
    out: &Sender<Finding>,
) -> Result<(), String> {
    let settings = Settings {
        resolver: order.resolver.as_deref(),
        ca_file: order.ca_file.as_deref(),
        connect: &order.connect,
        limit: None,
    };
    let probes = if order.send { Some(Probes::new(&settings)?) } else { None };
    let (balancers, outputs) = tokio::join!(session.balancers_of(&order.groups), named(environment, order, out));
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
        hosts = known.iter().map(|balancer| plain(&balancer.dns_name)).collect();
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

/// The hosts that outputs of Terraform name.
async fn named(environment: Option<&EnvironmentConfig>, order: &Order, out: &Sender<Finding>) -> Vec<Named> {
    let Some(environment) = environment.filter(|_| order.outputs) else { return Vec::new() };
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let asking = async {
        let all = match discover_as(environment, Look { hooks: false, workspaces: false, ..Look::default() }).await {
            Ok(all) => all,
            Err(trouble) => return unread.push(in_a_line(&trouble)),
        };
        let answers = each(&all, |access: Access<'_>| async move {
            let what = format!("the outputs of {} cannot be read", access.unit.name);
            let answer = access.glance(&["output", "-json", "-no-color"], &what, TERRAFORM).await?;
            let outputs = infra::state::outputs(&answer.out);
            outputs.map_err(|error| Trouble::new(TroubleKind::Failed, what).cause(error.to_string()))
        });
        for (unit, answer) in answers.await {
            match answer {
                Ok(outputs) => found.extend(outputs::named(&unit.name, &outputs)),
                Err(trouble) => unread.push(in_a_line(&trouble)),
            }
        }
    };
    if tokio::time::timeout(TERRAFORM, asking).await.is_err() {
        unread.push(format!("Terraform did not say its outputs within {} seconds", TERRAFORM.as_secs()));
    }
    let _ = out.send(Finding::Outputs(found.clone(), unread)).await;
    found
}

/// The failure with its nearest cause, in a line; where a program is missing, without the folders that were searched.
fn in_a_line(trouble: &Trouble) -> String {
    let cause = trouble.causes.first().filter(|_| trouble.kind != TroubleKind::Tool);
    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{}{cause}", trouble.message)
}

/// The declarations in AWS beside the load balancers: who may reach them, zones, certificates.
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
            let zones = zones.map(|zones| ours(zones, known, hosts));
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
    zones
}

/// The zones that are of this environment: those of its hosts, or those that lead to its load balancers.
fn ours(zones: Vec<Zone>, balancers: &[Balancer], hosts: &[String]) -> Vec<Zone> {
    if !hosts.is_empty() {
        return zones;
    }
    zones.into_iter().filter(|zone| !hosts_of(std::slice::from_ref(zone), balancers).is_empty()).collect()
}

/// Sends the probes from this machine.
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
