//! The things in a region, and in an account, beside clusters and databases.

use crate::aws::elbv2::DESCRIBE_TARGET_GROUPS;
use crate::aws::health_reads::DESCRIBE_LOAD_BALANCERS;
use crate::aws::logs::DESCRIBE_LOG_GROUPS;
use crate::aws::lookup::DESCRIBE_PARAMETERS;
use crate::aws::profiles::Profiles;
use crate::aws::session::{Caller, Session};
use crate::model::Failure;
use crate::model::cdn::Distribution;
use crate::model::init::seen::{Balancer, Cluster};

/// Of so many services it is looked up whether their tasks use a database, and which target groups they have: that is a
/// request each.
pub(super) const LOOKED_INTO: usize = 60;
/// No more of one kind are read.
const MOST: usize = 10_000;
/// How many parameters are enough to see which paths there are: a request has 50, and the API is asked slowly.
const PARAMETERS: usize = 500;
/// The prefix of log groups of Lambda functions.
const LAMBDA: &str = "/aws/lambda/";

/// Everything that is read once for all regions.
#[derive(Debug, Clone, Default)]
pub struct Everywhere {
    pub distributions: Vec<Distribution>,
    /// Records of hosted zones: a host, and the name that it stands for.
    pub hosts: Vec<(String, String)>,
    /// Profiles of the AWS files that lead to the account.
    pub profiles: Vec<String>,
}

impl Session {
    /// Everything of an account that is of no region, and what could not be read of it.
    pub async fn survey_everywhere(&self, account: &str) -> (Everywhere, Vec<String>) {
        let (distributions, zones) = tokio::join!(Box::pin(self.distributions()), Box::pin(self.zones_of(&[])));
        let mut missing = Vec::new();
        let mut told = |failure: Failure| missing.push(failure.to_string());
        let distributions = distributions.unwrap_or_else(|failure| {
            told(failure);
            Vec::new()
        });
        let zones = zones.unwrap_or_else(|failure| {
            told(failure);
            Vec::new()
        });
        let records = zones.into_iter().flat_map(|zone| zone.records);
        let hosts = records.filter_map(|record| Some((record.name, record.stands_for?))).collect();
        // Files that cannot be read are told by the session itself.
        let profiles = Profiles::read(&self.0.connection).await.map(|files| files.of_account(account));
        (Everywhere { distributions, hosts, profiles: profiles.unwrap_or_default() }, missing)
    }
}

/// Target groups (ARN, name, ARNs of balancers) and balancers (ARN, name, name in DNS).
#[derive(Debug, Clone, Default)]
pub(super) struct Balanced {
    groups: Vec<(String, String, Vec<String>)>,
    balancers: Vec<(String, String, String)>,
}

pub(super) async fn balanced(caller: &Caller<'_>) -> Result<Balanced, Failure> {
    let text = |text: Option<String>| text.unwrap_or_default();
    let groups = caller.all(
        DESCRIBE_TARGET_GROUPS,
        MOST,
        |clients, token| clients.elbv2().describe_target_groups().set_marker(token).send(),
        |page| {
            let all = page.target_groups.unwrap_or_default().into_iter();
            let groups = all.map(|one| {
                (text(one.target_group_arn), text(one.target_group_name), one.load_balancer_arns.unwrap_or_default())
            });
            (groups.collect(), page.next_marker)
        },
    );
    let balancers = caller.all(
        DESCRIBE_LOAD_BALANCERS,
        MOST,
        |clients, token| clients.elbv2().describe_load_balancers().set_marker(token).send(),
        |page| {
            let all = page.load_balancers.unwrap_or_default().into_iter();
            let balancers =
                all.map(|one| (text(one.load_balancer_arn), text(one.load_balancer_name), text(one.dns_name)));
            (balancers.collect(), page.next_marker)
        },
    );
    let (groups, balancers) = tokio::try_join!(Box::pin(groups), Box::pin(balancers))?;
    Ok(Balanced { groups, balancers })
}

/// Each balancer with what of it no service has; none where it is not known what services have.
pub(super) fn balancers(found: Balanced, clusters: &[Cluster]) -> Vec<Balancer> {
    let Balanced { groups, balancers } = found;
    let services = || clusters.iter().flat_map(|cluster| &cluster.services);
    if services().count() > LOOKED_INTO {
        return Vec::new();
    }
    let of_service = |group: &str| services().any(|service| service.target_groups.iter().any(|own| own == group));
    let each = |(arn, name, dns): (String, String, String)| {
        let groups = groups.iter().filter(|(.., balancers)| balancers.contains(&arn));
        let (own, others): (Vec<_>, Vec<_>) = groups.partition(|(group, ..)| of_service(group));
        // Beside one of a service there is the other colour of a deployment: it is of the same service.
        let others = if own.is_empty() { others } else { Vec::new() };
        Balancer {
            name,
            dns,
            of_services: !own.is_empty(),
            groups: others.into_iter().map(|(_, name, _)| name.clone()).collect(),
        }
    };
    balancers.into_iter().map(each).collect()
}

/// Log groups of functions.
pub(super) async fn logs(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    caller
        .all(
            DESCRIBE_LOG_GROUPS,
            MOST,
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

/// Names of parameters, never their values.
pub(super) async fn parameters(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    caller
        .all(
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
