//! The resources of a region and an account other than clusters and databases.

use crate::aws::elbv2::DESCRIBE_TARGET_GROUPS;
use crate::aws::health_reads::DESCRIBE_LOAD_BALANCERS;
use crate::aws::logs::DESCRIBE_LOG_GROUPS;
use crate::aws::lookup::DESCRIBE_PARAMETERS;
use crate::aws::profiles::Profiles;
use crate::aws::session::{Caller, Session};
use crate::model::Failure;
use crate::model::cdn::Distribution;
use crate::model::init::discovered::{Balancer, Cluster};

/// Maximum number of services for which the database use and the target groups of their tasks are looked up: one
/// request each.
pub(super) const MAX_INSPECTED_SERVICES: usize = 60;
/// Maximum number of resources of one kind read.
const MAX: usize = 10_000;
/// Number of parameters sufficient to find the paths in use: a request has 50, and the API has a low rate limit.
const PARAMETERS: usize = 500;
/// The prefix of log groups of Lambda functions.
const LAMBDA: &str = "/aws/lambda/";

/// Everything that is read once for all regions.
#[derive(Debug, Clone, Default)]
pub struct GlobalResources {
    pub distributions: Vec<Distribution>,
    /// Records of hosted zones: a host, and its target name.
    pub hosts: Vec<(String, String)>,
    /// Profiles of the AWS files that lead to the account.
    pub profiles: Vec<String>,
}

impl Session {
    /// Returns the resources of an account that belong to no region, and the reads that failed.
    pub async fn survey_global(&self, account: &str) -> (GlobalResources, Vec<String>) {
        let (distributions, zones) = tokio::join!(Box::pin(self.distributions()), Box::pin(self.zones_of(&[])));
        let mut missing = Vec::new();
        let mut report = |failure: Failure| missing.push(failure.to_string());
        let distributions = distributions.unwrap_or_else(|failure| {
            report(failure);
            Vec::new()
        });
        let zones = zones.unwrap_or_else(|failure| {
            report(failure);
            Vec::new()
        });
        let records = zones.into_iter().flat_map(|zone| zone.records);
        let hosts = records.filter_map(|record| Some((record.name, record.alias_target?))).collect();
        // Unreadable files are reported by the session itself.
        let profiles = Profiles::read(&self.0.connection).await.map(|files| files.profiles_of_account(account));
        (GlobalResources { distributions, hosts, profiles: profiles.unwrap_or_default() }, missing)
    }
}

/// Target groups (ARN, name, ARNs of balancers) and balancers (ARN, name, name in DNS).
#[derive(Debug, Clone, Default)]
pub(super) struct BalancerGroups {
    groups: Vec<(String, String, Vec<String>)>,
    balancers: Vec<(String, String, String)>,
}

pub(super) async fn read_balancer_groups(caller: &Caller<'_>) -> Result<BalancerGroups, Failure> {
    let text = |text: Option<String>| text.unwrap_or_default();
    let groups = caller.all_pages(
        DESCRIBE_TARGET_GROUPS,
        MAX,
        |clients, token| clients.elbv2().describe_target_groups().set_marker(token).send(),
        |page| {
            let all = page.target_groups.unwrap_or_default().into_iter();
            let groups = all.map(|one| {
                (text(one.target_group_arn), text(one.target_group_name), one.load_balancer_arns.unwrap_or_default())
            });
            (groups.collect(), page.next_marker)
        },
    );
    let balancers = caller.all_pages(
        DESCRIBE_LOAD_BALANCERS,
        MAX,
        |clients, token| clients.elbv2().describe_load_balancers().set_marker(token).send(),
        |page| {
            let all = page.load_balancers.unwrap_or_default().into_iter();
            let balancers =
                all.map(|one| (text(one.load_balancer_arn), text(one.load_balancer_name), text(one.dns_name)));
            (balancers.collect(), page.next_marker)
        },
    );
    let (groups, balancers) = tokio::try_join!(Box::pin(groups), Box::pin(balancers))?;
    Ok(BalancerGroups { groups, balancers })
}

/// Each balancer with its target groups that no service has; empty if the groups of the services are unknown.
pub(super) fn balancers(found: BalancerGroups, clusters: &[Cluster]) -> Vec<Balancer> {
    let BalancerGroups { groups, balancers } = found;
    let services = || clusters.iter().flat_map(|cluster| &cluster.services);
    if services().count() > MAX_INSPECTED_SERVICES {
        return Vec::new();
    }
    let of_service = |group: &str| services().any(|service| service.target_groups.iter().any(|own| own == group));
    let each = |(arn, name, dns): (String, String, String)| {
        let groups = groups.iter().filter(|(.., balancers)| balancers.contains(&arn));
        let (own, others): (Vec<_>, Vec<_>) = groups.partition(|(group, ..)| of_service(group));
        // A group beside one of a service is the other color of a blue/green deployment: it belongs to the same service.
        let others = if own.is_empty() { others } else { Vec::new() };
        Balancer {
            name,
            dns,
            is_used_by_service: !own.is_empty(),
            groups: others.into_iter().map(|(_, name, _)| name.clone()).collect(),
        }
    };
    balancers.into_iter().map(each).collect()
}

/// Returns the log groups of Lambda functions.
pub(super) async fn function_log_groups(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    caller
        .all_pages(
            DESCRIBE_LOG_GROUPS,
            MAX,
            |clients, token| {
                clients.logs().describe_log_groups().log_group_name_prefix(LAMBDA).set_next_token(token).send()
            },
            |page| {
                let groups = page.log_groups.unwrap_or_default().into_iter();
                (groups.filter_map(|group| group.log_group_name).collect(), page.next_token)
            },
        )
        .await
}

/// Returns the names of parameters, never their values.
pub(super) async fn parameter_names(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    caller
        .all_pages(
            DESCRIBE_PARAMETERS,
            PARAMETERS,
            |clients, token| clients.ssm().describe_parameters().max_results(50).set_next_token(token).send(),
            |page| {
                let found = page.parameters.unwrap_or_default().into_iter();
                (found.filter_map(|one| one.name).collect(), page.next_token)
            },
        )
        .await
}
