//! Whether a resource of Terraform is there, by its type and its name, and what it is imported by: for what an apply that was
//! killed may have left.

use super::autoscaling::DESCRIBE_SCALING_POLICIES;
use super::budget::Class;
use super::cloudwatch::DESCRIBE_ALARMS;
use super::ecr::DESCRIBE_IMAGES;
use super::ecs_services::DESCRIBE_CLUSTERS;
use super::elbv2::DESCRIBE_TARGET_GROUPS;
use super::health_reads::{
    DESCRIBE_LISTENERS, DESCRIBE_LOAD_BALANCERS, GET_ZONE, LIST_RECORDS, ROUTE_53, groups_called, zones_called,
};
use super::logs::DESCRIBE_LOG_GROUPS;
use super::protocols::{encoded, rest};
use super::rds::{DESCRIBE_DB_CLUSTERS, DESCRIBE_DB_INSTANCES};
use super::scheduler::GET_SCHEDULE;
use super::session::{Action, Caller, Session};
use super::{autoscaling, cognito, ec2, ecs_services, lambda, secret_list};
use crate::model::health_probe::declared::{is_in, plain};
use crate::model::infra::orphan::Look;
use crate::model::{Failure, FailureKind};
use aws_sdk_applicationautoscaling::types::ServiceNamespace;
use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_ssm::types::ParameterStringFilter;
use aws_sdk_ssm::types::builders::ParameterStringFilterBuilder;
use std::collections::BTreeSet;

pub(super) const DESCRIBE_PARAMETERS: Action = Action { name: "ssm:DescribeParameters", class: Class::ParameterList };

impl Session {
    /// The id by which a resource of this name is imported; none where it does not exist.
    ///
    /// # Errors
    /// AWS cannot be asked, or the credentials belong to another account than `account`.
    pub async fn lookup(&self, look: &Look, name: &str, account: Option<&str>) -> Result<Option<String>, Failure> {
        let generation = self.current();
        let bound = Box::pin(self.bound(&generation)).await?;
        if let Some(account) = account.filter(|account| *account != bound.identity.account) {
            return Err(Failure::other_account(&bound.identity.account, account));
        }
        let caller = Caller::pinned(self, &bound.pinned);
        match Box::pin(find(&caller, look, name)).await {
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(None),
            found => found,
        }
    }
}

/// SSM takes so many values in a filter.
const VALUES: usize = 50;

impl Session {
    /// Which of these parameters exist; their values are not read.
    ///
    /// # Errors
    /// AWS cannot be asked, or the credentials belong to another account than `account`.
    pub async fn known_parameters(&self, names: &[String], account: Option<&str>) -> Result<BTreeSet<String>, Failure> {
        let generation = self.current();
        let bound = Box::pin(self.bound(&generation)).await?;
        if let Some(account) = account.filter(|account| *account != bound.identity.account) {
            return Err(Failure::other_account(&bound.identity.account, account));
        }
        parameters(&Caller::pinned(self, &bound.pinned), names).await
    }
}

/// Which of these parameters exist.
async fn parameters(caller: &Caller<'_>, names: &[String]) -> Result<BTreeSet<String>, Failure> {
    let mut known = BTreeSet::new();
    for some in names.chunks(VALUES) {
        // A page may have none of them, and more may follow.
        let found = caller.all(
            DESCRIBE_PARAMETERS,
            usize::MAX,
            |clients, token| {
                let filter = ParameterStringFilter::builder().key("Name").option("Equals");
                let filter = some.iter().fold(filter, ParameterStringFilterBuilder::values);
                let request = clients.ssm().describe_parameters().max_results(50).set_next_token(token);
                // A filter has its key, so it can be built.
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

/// The one that is meant, where a name may be that of several.
fn only(mut found: Vec<String>, name: &str) -> Result<Option<String>, Failure> {
    if found.len() > 1 {
        let text = format!("{} are called {name}: {}", found.len(), found.join(", "));
        return Err(Failure::new(FailureKind::Other, text));
    }
    Ok(found.pop())
}

async fn find(caller: &Caller<'_>, look: &Look, name: &str) -> Result<Option<String>, Failure> {
    let there = |there: bool| there.then(|| name.to_owned());
    Ok(match look {
        Look::Cluster => there(cluster_is_active(caller, name).await?),
        Look::Service { cluster } => {
            let found = ecs_services::tagged(caller, cluster, &[name.to_owned()]).await?;
            let short = cluster.rsplit('/').next().unwrap_or(cluster);
            (!found.is_empty()).then(|| format!("{short}/{name}"))
        }
        Look::Repository => {
            caller
                .call(DESCRIBE_IMAGES, |clients| {
                    clients.ecr().describe_images().repository_name(name).max_results(1).send()
                })
                .await?;
            there(true)
        }
        Look::LogGroup => there(log_group_exists(caller, name).await?),
        Look::DbInstance => {
            caller
                .call(DESCRIBE_DB_INSTANCES, |clients| {
                    clients.rds().describe_db_instances().db_instance_identifier(name).send()
                })
                .await?;
            there(true)
        }
        Look::DbCluster => {
            caller
                .call(DESCRIBE_DB_CLUSTERS, |clients| {
                    clients.rds().describe_db_clusters().db_cluster_identifier(name).send()
                })
                .await?;
            there(true)
        }
        Look::TargetGroup => {
            let answer = caller
                .call(DESCRIBE_TARGET_GROUPS, |clients| clients.elbv2().describe_target_groups().names(name).send())
                .await?;
            answer.target_groups.unwrap_or_default().into_iter().find_map(|group| group.target_group_arn)
        }
        Look::Alarm => there(alarm_exists(caller, name).await?),
        Look::Function => {
            lambda::exists(caller, name).await?;
            there(true)
        }
        Look::Schedule { group } => {
            caller
                .call(GET_SCHEDULE, |clients| {
                    clients.scheduler().get_schedule().name(name).group_name(group.as_str()).send()
                })
                .await?;
            Some(format!("{group}/{name}"))
        }
        Look::Parameter => there(!parameters(caller, &[name.to_owned()]).await?.is_empty()),
        Look::LoadBalancer => {
            let answer = caller
                .call(DESCRIBE_LOAD_BALANCERS, |clients| clients.elbv2().describe_load_balancers().names(name).send())
                .await?;
            answer.load_balancers.unwrap_or_default().into_iter().find_map(|one| one.load_balancer_arn)
        }
        Look::SecurityGroup { vpc } => only(groups_called(caller, name, vpc.as_deref()).await?, name)?,
        Look::Secret => {
            let all = secret_list::all(caller).await?;
            // One that waits for its end cannot be imported.
            all.into_iter().find(|secret| secret.name == name && secret.deleted_at.is_none()).map(|secret| secret.arn)
        }
        Look::UserPool => {
            let all = cognito::pools(caller).await?;
            only(all.into_iter().filter(|pool| pool.name == name).map(|pool| pool.id).collect(), name)?
        }
        Look::Zone => only(zones_called(caller, name).await?, name)?,
        Look::Listener { balancer } => listener(caller, balancer, name).await?,
        Look::Instance => only(instances_called(caller, name).await?, name)?,
        Look::Record { zone, kind, set } => record(caller, zone, name, kind, set.as_deref()).await?,
        Look::ScalableTarget => autoscaling::target(caller, name).await?.map(|_| format!("ecs/{name}/{DESIRED_COUNT}")),
        Look::ScalingPolicy { resource } => scaling_policy(caller, resource, name).await?,
    })
}

/// The scalable dimension of a service.
const DESIRED_COUNT: &str = "ecs:service:DesiredCount";

/// Whether a cluster of this name is there; one that was deleted is listed for a while.
async fn cluster_is_active(caller: &Caller<'_>, name: &str) -> Result<bool, Failure> {
    let send = |clients: &super::clients::Clients| clients.ecs().describe_clusters().clusters(name).send();
    let answer = caller.call(DESCRIBE_CLUSTERS, send).await?;
    Ok(answer.clusters.unwrap_or_default().into_iter().any(|one| one.status.as_deref() == Some("ACTIVE")))
}

/// Whether there is a log group of exactly this name.
async fn log_group_exists(caller: &Caller<'_>, name: &str) -> Result<bool, Failure> {
    let answer = caller
        .call(DESCRIBE_LOG_GROUPS, |clients| {
            clients.logs().describe_log_groups().log_group_name_prefix(name).limit(50).send()
        })
        .await?;
    let groups = answer.log_groups.unwrap_or_default();
    Ok(groups.iter().any(|group| group.log_group_name.as_deref() == Some(name)))
}

/// Whether there is an alarm of this name, of a metric or of other alarms.
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

/// The instances of this name that run or may run again, without those of a group.
async fn instances_called(caller: &Caller<'_>, name: &str) -> Result<Vec<String>, Failure> {
    let filter = [("Filter.1.Name", "tag:Name".to_owned()), ("Filter.1.Value.1", name.to_owned())];
    let found = ec2::of(&caller.ec2(ec2::DESCRIBE, &filter).await?).into_iter();
    // One that has ended stays listed for an hour; those of a group come and go by themselves.
    let meant = found.filter(|one| !["terminated", "shutting-down"].contains(&one.state.as_str()));
    Ok(meant.filter(|one| one.group.is_none()).map(|one| one.id).collect())
}

/// The scaling policy of this name for a service.
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

/// The listener at a port of a load balancer.
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
    let mut all = answer.listeners.unwrap_or_default().into_iter();
    Ok(all.find(|one| one.port.is_some_and(|port| port.to_string() == at)).and_then(|one| one.listener_arn))
}

/// A record of a zone, whose name in the code may be without that of its zone.
async fn record(
    caller: &Caller<'_>,
    zone: &str,
    name: &str,
    kind: &str,
    set: Option<&str>,
) -> Result<Option<String>, Failure> {
    let path = format!("/2013-04-01/hostedzone/{}", encoded(zone));
    let read = caller.xml(&rest(GET_ZONE, ROUTE_53, "GET", path.as_str(), String::new())).await?;
    let of = plain(read.get("HostedZone/Name").unwrap_or_default());
    let whole = match plain(name) {
        name if name.is_empty() => of,
        name if is_in(&name, &of) => name,
        name => format!("{name}.{of}"),
    };
    let path = format!("{path}/rrset?name={}&type={}", encoded(&whole), encoded(kind));
    let answer = caller.xml(&rest(LIST_RECORDS, ROUTE_53, "GET", path.as_str(), String::new())).await?;
    // They come from there on in the order of names.
    let found = answer.all("ResourceRecordSets").iter().any(|one| {
        let named = one.get("Name").map(|name| plain(name).replace("\\052", "*"));
        named.as_deref() == Some(whole.as_str()) && one.get("Type") == Some(kind) && one.get("SetIdentifier") == set
    });
    let set = set.map(|set| format!("_{set}")).unwrap_or_default();
    Ok(found.then(|| format!("{zone}_{whole}_{kind}{set}")))
}
