//! Looks up whether a Terraform resource exists, by its type and name, and its import id: to find what a killed apply may
//! have left.

use super::autoscaling::DESCRIBE_SCALING_POLICIES;
use super::budget::Class;
use super::cloudwatch::DESCRIBE_ALARMS;
use super::ecr::DESCRIBE_IMAGES;
use super::ecs_services::DESCRIBE_CLUSTERS;
use super::elbv2::DESCRIBE_TARGET_GROUPS;
use super::health_reads::{
    DESCRIBE_LISTENERS, DESCRIBE_LOAD_BALANCERS, GET_ZONE, LIST_RECORDS, ROUTE_53, group_ids_by_name, zone_ids_by_name,
};
use super::logs::DESCRIBE_LOG_GROUPS;
use super::protocols::{percent_encode, rest};
use super::rds::{DESCRIBE_DB_CLUSTERS, DESCRIBE_DB_INSTANCES};
use super::scheduler::GET_SCHEDULE;
use super::session::{Action, Caller, Session};
use super::{autoscaling, cognito, ec2, ecs_services, lambda, secret_list};
use crate::model::health_probe::declared::{is_in_zone, normalize_name};
use crate::model::infra::orphan::Lookup;
use crate::model::{Failure, FailureKind};
use aws_sdk_applicationautoscaling::types::ServiceNamespace;
use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_ssm::types::ParameterStringFilter;
use aws_sdk_ssm::types::builders::ParameterStringFilterBuilder;
use std::collections::BTreeSet;

pub(super) const DESCRIBE_PARAMETERS: Action = Action { name: "ssm:DescribeParameters", class: Class::ParameterList };

impl Session {
    /// Returns the import id of a resource with this name; `None` if it does not exist.
    ///
    /// # Errors
    /// A request fails, or the credentials belong to another account than `account`.
    pub async fn lookup(&self, look: &Lookup, name: &str, account: Option<&str>) -> Result<Option<String>, Failure> {
        let generation = self.current();
        let bound = Box::pin(self.bound_clients(&generation)).await?;
        if let Some(account) = account.filter(|account| *account != bound.identity.account) {
            return Err(Failure::account_changed(&bound.identity.account, account));
        }
        let caller = Caller::pinned(self, &bound.pinned);
        match Box::pin(find(&caller, look, name)).await {
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(None),
            found => found,
        }
    }
}

/// Maximum number of values in an SSM filter.
const VALUES: usize = 50;

impl Session {
    /// Returns which of these parameters exist; their values are not read.
    ///
    /// # Errors
    /// A request fails, or the credentials belong to another account than `account`.
    pub async fn existing_parameters(
        &self,
        names: &[String],
        account: Option<&str>,
    ) -> Result<BTreeSet<String>, Failure> {
        let generation = self.current();
        let bound = Box::pin(self.bound_clients(&generation)).await?;
        if let Some(account) = account.filter(|account| *account != bound.identity.account) {
            return Err(Failure::account_changed(&bound.identity.account, account));
        }
        parameters(&Caller::pinned(self, &bound.pinned), names).await
    }
}

/// Returns which of these parameters exist.
async fn parameters(caller: &Caller<'_>, names: &[String]) -> Result<BTreeSet<String>, Failure> {
    let mut known = BTreeSet::new();
    for some in names.chunks(VALUES) {
        // A page may have none of them, and more may follow.
        let found = caller.all_pages(
            DESCRIBE_PARAMETERS,
            usize::MAX,
            |clients, token| {
                let filter = ParameterStringFilter::builder().key("Name").option("Equals");
                let filter = some.iter().fold(filter, ParameterStringFilterBuilder::values);
                let request = clients.ssm().describe_parameters().max_results(50).set_next_token(token);
                // The filter has a key, so building it succeeds.
                request.set_parameter_filters(filter.build().ok().map(|filter| vec![filter])).send()
            },
            |page| {
                let names = page.parameters.unwrap_or_default().into_iter().filter_map(|one| one.name);
                (names.collect(), page.next_token)
            },
        );
        known.extend(found.await?);
    }
    Ok(known)
}

/// Returns the only match; fails if several resources share the name.
fn only(mut found: Vec<String>, name: &str) -> Result<Option<String>, Failure> {
    if found.len() > 1 {
        let text = format!("{} are called {name}: {}", found.len(), found.join(", "));
        return Err(Failure::new(FailureKind::Other, text));
    }
    Ok(found.pop())
}

async fn find(caller: &Caller<'_>, look: &Lookup, name: &str) -> Result<Option<String>, Failure> {
    let there = |there: bool| there.then(|| name.to_owned());
    Ok(match look {
        Lookup::Cluster => there(cluster_is_active(caller, name).await?),
        Lookup::Service { cluster } => {
            let found = ecs_services::services_with_tags(caller, cluster, &[name.to_owned()]).await?;
            let short = cluster.rsplit('/').next().unwrap_or(cluster);
            (!found.is_empty()).then(|| format!("{short}/{name}"))
        }
        Lookup::Repository => {
            caller
                .call(DESCRIBE_IMAGES, |clients| {
                    clients.ecr().describe_images().repository_name(name).max_results(1).send()
                })
                .await?;
            there(true)
        }
        Lookup::LogGroup => there(log_group_exists(caller, name).await?),
        Lookup::DbInstance => {
            caller
                .call(DESCRIBE_DB_INSTANCES, |clients| {
                    clients.rds().describe_db_instances().db_instance_identifier(name).send()
                })
                .await?;
            there(true)
        }
        Lookup::DbCluster => {
            caller
                .call(DESCRIBE_DB_CLUSTERS, |clients| {
                    clients.rds().describe_db_clusters().db_cluster_identifier(name).send()
                })
                .await?;
            there(true)
        }
        Lookup::TargetGroup => {
            let answer = caller
                .call(DESCRIBE_TARGET_GROUPS, |clients| clients.elbv2().describe_target_groups().names(name).send())
                .await?;
            answer.target_groups.unwrap_or_default().into_iter().find_map(|group| group.target_group_arn)
        }
        Lookup::Alarm => there(alarm_exists(caller, name).await?),
        Lookup::Function => {
            lambda::exists(caller, name).await?;
            there(true)
        }
        Lookup::Schedule { group } => {
            caller
                .call(GET_SCHEDULE, |clients| {
                    clients.scheduler().get_schedule().name(name).group_name(group.as_str()).send()
                })
                .await?;
            Some(format!("{group}/{name}"))
        }
        Lookup::Parameter => there(!parameters(caller, &[name.to_owned()]).await?.is_empty()),
        Lookup::LoadBalancer => {
            let answer = caller
                .call(DESCRIBE_LOAD_BALANCERS, |clients| clients.elbv2().describe_load_balancers().names(name).send())
                .await?;
            answer.load_balancers.unwrap_or_default().into_iter().find_map(|one| one.load_balancer_arn)
        }
        Lookup::SecurityGroup { vpc } => only(group_ids_by_name(caller, name, vpc.as_deref()).await?, name)?,
        Lookup::Secret => {
            let secrets = secret_list::list_secrets(caller).await?;
            // A secret scheduled for deletion cannot be imported.
            secrets
                .into_iter()
                .find(|secret| secret.name == name && secret.deleted_at.is_none())
                .map(|secret| secret.arn)
        }
        Lookup::UserPool => {
            let all = cognito::pools(caller).await?;
            only(all.into_iter().filter(|pool| pool.name == name).map(|pool| pool.id).collect(), name)?
        }
        Lookup::Zone => only(zone_ids_by_name(caller, name).await?, name)?,
        Lookup::Listener { balancer } => listener(caller, balancer, name).await?,
        Lookup::Instance => only(instances_called(caller, name).await?, name)?,
        Lookup::Record { zone, kind, set } => record(caller, zone, name, kind, set.as_deref()).await?,
        Lookup::ScalableTarget => {
            autoscaling::target(caller, name).await?.map(|_| format!("ecs/{name}/{DESIRED_COUNT}"))
        }
        Lookup::ScalingPolicy { resource } => scaling_policy(caller, resource, name).await?,
    })
}

/// The scalable dimension of a service.
const DESIRED_COUNT: &str = "ecs:service:DesiredCount";

/// Whether a cluster with this name is active; a deleted one is listed for a while.
async fn cluster_is_active(caller: &Caller<'_>, name: &str) -> Result<bool, Failure> {
    let send = |clients: &super::clients::Clients| clients.ecs().describe_clusters().clusters(name).send();
    let answer = caller.call(DESCRIBE_CLUSTERS, send).await?;
    Ok(answer.clusters.unwrap_or_default().into_iter().any(|one| one.status.as_deref() == Some("ACTIVE")))
}

/// Whether a log group with exactly this name exists.
async fn log_group_exists(caller: &Caller<'_>, name: &str) -> Result<bool, Failure> {
    let answer = caller
        .call(DESCRIBE_LOG_GROUPS, |clients| {
            clients.logs().describe_log_groups().log_group_name_prefix(name).limit(50).send()
        })
        .await?;
    let groups = answer.log_groups.unwrap_or_default();
    Ok(groups.iter().any(|group| group.log_group_name.as_deref() == Some(name)))
}

/// Whether a metric or composite alarm with this name exists.
async fn alarm_exists(caller: &Caller<'_>, name: &str) -> Result<bool, Failure> {
    let answer = caller
        .call(DESCRIBE_ALARMS, |clients| {
            let request = clients.cloudwatch().describe_alarms().alarm_names(name);
            request.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm).send()
        })
        .await?;
    let made = answer.composite_alarms.map_or(0, |alarms| alarms.len());
    Ok(made + answer.metric_alarms.map_or(0, |alarms| alarms.len()) > 0)
}

/// Returns the instances with this name that run or may run again, except those of an Auto Scaling group.
async fn instances_called(caller: &Caller<'_>, name: &str) -> Result<Vec<String>, Failure> {
    let filter = [("Filter.1.Name", "tag:Name".to_owned()), ("Filter.1.Value.1", name.to_owned())];
    let found = ec2::parse_instances(&caller.ec2(ec2::DESCRIBE, &filter).await?).into_iter();
    // A terminated one is listed for an hour; those of a group come and go by themselves.
    let meant = found.filter(|one| !["terminated", "shutting-down"].contains(&one.state.as_str()));
    Ok(meant.filter(|one| one.group.is_none()).map(|one| one.id).collect())
}

/// Returns the scaling policy with this name of a service.
async fn scaling_policy(caller: &Caller<'_>, resource: &str, name: &str) -> Result<Option<String>, Failure> {
    let answer = caller
        .call(DESCRIBE_SCALING_POLICIES, |clients| {
            let request = clients.autoscaling().describe_scaling_policies().policy_names(name);
            request.service_namespace(ServiceNamespace::Ecs).resource_id(resource).send()
        })
        .await?;
    let found = answer.scaling_policies().iter().any(|one| one.resource_id() == resource && one.policy_name() == name);
    Ok(found.then(|| format!("ecs/{resource}/{DESIRED_COUNT}/{name}")))
}

/// Returns the listener of a load balancer at a port.
async fn listener(caller: &Caller<'_>, balancer: &str, at: &str) -> Result<Option<String>, Failure> {
    let arn = if balancer.starts_with("arn:") {
        Some(balancer.to_owned())
    } else {
        let answer = caller
            .call(DESCRIBE_LOAD_BALANCERS, |clients| clients.elbv2().describe_load_balancers().names(balancer).send())
            .await?;
        answer.load_balancers.unwrap_or_default().into_iter().find_map(|one| one.load_balancer_arn)
    };
    let Some(arn) = arn else { return Ok(None) };
    let answer = caller
        .call(DESCRIBE_LISTENERS, |clients| clients.elbv2().describe_listeners().load_balancer_arn(arn.as_str()).send())
        .await?;
    let mut listeners = answer.listeners.unwrap_or_default().into_iter();
    Ok(listeners.find(|one| one.port.is_some_and(|port| port.to_string() == at)).and_then(|one| one.listener_arn))
}

/// Returns a record of a zone; its name in the code may lack the zone's name.
async fn record(
    caller: &Caller<'_>,
    zone: &str,
    name: &str,
    kind: &str,
    set: Option<&str>,
) -> Result<Option<String>, Failure> {
    let path = format!("/2013-04-01/hostedzone/{}", percent_encode(zone));
    let read = caller.xml(&rest(GET_ZONE, ROUTE_53, "GET", path.as_str(), String::new())).await?;
    let of = normalize_name(read.get("HostedZone/Name").unwrap_or_default());
    let full_name = match normalize_name(name) {
        name if name.is_empty() => of,
        name if is_in_zone(&name, &of) => name,
        name => format!("{name}.{of}"),
    };
    let path = format!("{path}/rrset?name={}&type={}", percent_encode(&full_name), percent_encode(kind));
    let answer = caller.xml(&rest(LIST_RECORDS, ROUTE_53, "GET", path.as_str(), String::new())).await?;
    // The list starts there and is ordered by name.
    let found = answer.children_at("ResourceRecordSets").iter().any(|one| {
        let named = one.get("Name").map(|name| normalize_name(name).replace("\\052", "*"));
        named.as_deref() == Some(full_name.as_str()) && one.get("Type") == Some(kind) && one.get("SetIdentifier") == set
    });
    let set = set.map(|set| format!("_{set}")).unwrap_or_default();
    Ok(found.then(|| format!("{zone}_{full_name}_{kind}{set}")))
}
