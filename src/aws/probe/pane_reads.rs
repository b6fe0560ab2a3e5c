//! The reads needed by a single pane or command, tried once, and those that are not tried. Each is reported, so that missing
//! permissions are known in advance. The rest works without them.

use super::attempt::{Probe, UNUSED_NAME, accept_not_found, try_read};
use crate::aws::protocols::{json, query, rest};
use crate::aws::session::{Action, Caller};
use crate::aws::signed::Request;
use crate::aws::{
    alarm_mutes, cloudfront, cognito, costs, curves, ec2, ecr, elbv2, health_reads, history, logs, logs_insights,
    logs_tail, lookup, machines, permissions, rds_history, secret_list, survey, trail,
};
use crate::config::EnvironmentConfig;
use crate::model::partition;
use futures_util::future::{BoxFuture, join_all};
use serde_json::json as body;

/// An account id that nobody has.
const NO_ACCOUNT: &str = "000000000000";

/// A read that is not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untried {
    /// The action as named in IAM.
    pub action: &'static str,
    /// Why it is not tried.
    pub reason: &'static str,
    /// How to find out whether it is allowed.
    pub hint: &'static str,
}

const fn untried(action: Action, why: &'static str, hint: &'static str) -> Untried {
    Untried { action: action.name, reason: why, hint }
}

/// The actions that are never tried, whatever the configuration.
pub const UNTRIED: &[Untried] = &[
    untried(costs::GET_COST_AND_USAGE, "not tried: each request costs $0.01", "`cockpit cost` requests it"),
    untried(costs::GET_COST_FORECAST, "not tried: each request costs $0.01", "`cockpit cost` requests it"),
    untried(
        crate::aws::logs_live::START_LIVE_TAIL,
        "not tried: it is charged by the minute",
        "`cockpit logs -f` requests it",
    ),
    untried(
        logs_insights::START_QUERY,
        "not tried: it is charged by the data it scans",
        "`cockpit insights` requests it",
    ),
    untried(logs_insights::STOP_QUERY, "not tried: there is no query to stop", "`cockpit insights` requests it"),
];

/// Tries a read with a hand-signed request.
async fn by_hand(caller: Caller<'_>, request: Request, in_xml: bool) -> Probe {
    let outcome = if in_xml { caller.xml(&request).await.map(drop) } else { caller.json(&request).await.map(drop) };
    Probe { action: request.action.name, outcome: accept_not_found(outcome) }
}

/// Tries each of these reads that the environment needs, concurrently.
pub(super) async fn probe(caller: Caller<'_>, environment: &EnvironmentConfig) -> Vec<Probe> {
    let mut tries = everywhere(caller, environment);
    if environment.cluster.is_some() {
        tries.extend(of_services(caller, environment));
    } else {
        // With services, the reads of operations try the services' own groups.
        tries.push(Box::pin(try_read(caller, logs_tail::GET_LOG_EVENTS, |clients| {
            clients.logs().get_log_events().log_group_name(UNUSED_NAME).log_stream_name(UNUSED_NAME).limit(1).send()
        })));
    }
    if !environment.databases.is_empty() {
        tries.extend(of_databases(caller));
    }
    if !environment.alarms.is_empty() {
        tries.extend(of_alarms(caller));
    }
    join_all(tries).await
}

fn region(environment: &EnvironmentConfig) -> &str {
    environment.region.as_deref().unwrap_or("us-east-1")
}

fn account(environment: &EnvironmentConfig) -> &str {
    environment.account.as_deref().unwrap_or(NO_ACCOUNT)
}

fn everywhere<'a>(caller: Caller<'a>, environment: &EnvironmentConfig) -> Vec<BoxFuture<'a, Probe>> {
    let (region, account) = (region(environment), account(environment));
    let zone = format!("{}/{UNUSED_NAME}", health_reads::ZONES);
    let root = cloudfront::ROOT;
    let paths = |action, path: String| rest(action, health_reads::ROUTE_53, "GET", path, String::new());
    let cdn = |action, path: String| rest(action, cloudfront::CLOUDFRONT, "GET", path, String::new());
    // The minimum page size of EC2.
    let page = [("MaxResults", "5".to_owned())];
    let certificate = format!(
        "arn:{}:acm:{region}:{account}:certificate/00000000-0000-4000-8000-000000000000",
        partition::name(region)
    );
    let pool = body!({"UserPoolId": format!("{region}_{}", "CockpitNo")});
    let users = |action, body| json(action, cognito::COGNITO, cognito::TARGET, body);
    let xml = [
        ec2::request(ec2::DESCRIBE, &page),
        ec2::request(machines::STATUS, &page),
        ec2::request(health_reads::GROUPS, &page),
        paths(health_reads::LIST_ZONES, format!("{}?maxitems=1", health_reads::ZONES)),
        paths(health_reads::GET_ZONE, zone.clone()),
        paths(health_reads::LIST_RECORDS, format!("{zone}/rrset?maxitems=1")),
        cdn(cloudfront::LIST_DISTRIBUTIONS, format!("{root}?MaxItems=1")),
        cdn(cloudfront::LIST_INVALIDATIONS, format!("{root}/{UNUSED_NAME}/invalidation?MaxItems=1")),
        cdn(cloudfront::GET_INVALIDATION, format!("{root}/{UNUSED_NAME}/invalidation/{UNUSED_NAME}")),
    ];
    let of_json = [
        json(
            health_reads::DESCRIBE_CERTIFICATE,
            health_reads::ACM,
            "CertificateManager",
            &body!({"CertificateArn": certificate}),
        ),
        users(cognito::LIST_USER_POOLS, &body!({"MaxResults": 1})),
        users(cognito::DESCRIBE_USER_POOL, &pool),
        users(cognito::GET_MFA, &pool),
        users(cognito::LIST_USERS, &pool),
        json(trail::LOOKUP_EVENTS, trail::CLOUDTRAIL, trail::TARGET, &body!({"MaxResults": 1})),
        json(
            costs::DESCRIBE_BUDGETS,
            costs::BUDGETS,
            costs::BUDGETS_TARGET,
            &body!({"AccountId": account, "MaxResults": 1}),
        ),
    ];
    let role = [
        ("PolicySourceArn", format!("arn:{}:iam::{account}:role/{UNUSED_NAME}", partition::name(region))),
        ("ActionNames.member.1", "ssm:GetParameters".to_owned()),
    ];
    let simulated = query(permissions::SIMULATE, permissions::service(region), permissions::VERSION, &role);
    let named = [("RoleName", UNUSED_NAME.to_owned())];
    let of_role = query(permissions::GET_ROLE, permissions::service(region), permissions::VERSION, &named);
    let mut tries: Vec<BoxFuture<'_, Probe>> = Vec::new();
    for request in xml.into_iter().chain([simulated, of_role]) {
        tries.push(Box::pin(by_hand(caller, request, true)));
    }
    for request in of_json {
        tries.push(Box::pin(by_hand(caller, request, false)));
    }
    tries.push(Box::pin(try_read(caller, curves::LIST_METRICS, |clients| {
        clients.cloudwatch().list_metrics().namespace(UNUSED_NAME).send()
    })));
    tries.push(Box::pin(try_read(caller, logs::DESCRIBE_LOG_STREAMS, |clients| {
        clients.logs().describe_log_streams().log_group_name(UNUSED_NAME).limit(1).send()
    })));
    tries.push(Box::pin(try_read(caller, logs_insights::GET_QUERY_RESULTS, |clients| {
        clients.logs().get_query_results().query_id(UNUSED_NAME).send()
    })));
    tries.push(Box::pin(try_read(caller, ec2::INSTANCE_INFORMATION, |clients| {
        // The minimum page size of this action.
        clients.ssm().describe_instance_information().max_results(5).send()
    })));
    tries.push(Box::pin(try_read(caller, lookup::DESCRIBE_PARAMETERS, |clients| {
        clients.ssm().describe_parameters().max_results(1).send()
    })));
    tries.push(Box::pin(try_read(caller, secret_list::LIST_SECRETS, |clients| {
        clients.secretsmanager().list_secrets().max_results(1).send()
    })));
    tries
}

fn of_services<'a>(caller: Caller<'a>, environment: &EnvironmentConfig) -> Vec<BoxFuture<'a, Probe>> {
    let (region, account) = (region(environment), account(environment));
    let partition = partition::name(region);
    let balancer = format!(
        "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/app/{UNUSED_NAME}/0000000000000000"
    );
    let image = aws_sdk_ecr::types::ImageIdentifier::builder().image_tag(UNUSED_NAME).build();
    let mut tries: Vec<BoxFuture<'_, Probe>> = vec![
        Box::pin(try_read(caller, survey::LIST_CLUSTERS, |clients| {
            clients.ecs().list_clusters().max_results(1).send()
        })),
        Box::pin(try_read(caller, ecr::SCAN_FINDINGS, move |clients| {
            let request = clients.ecr().describe_image_scan_findings().repository_name(UNUSED_NAME);
            request.image_id(image.clone()).send()
        })),
        Box::pin(try_read(caller, elbv2::DESCRIBE_TARGET_GROUPS, |clients| {
            clients.elbv2().describe_target_groups().page_size(1).send()
        })),
        Box::pin(try_read(caller, health_reads::DESCRIBE_LOAD_BALANCERS, |clients| {
            clients.elbv2().describe_load_balancers().page_size(1).send()
        })),
        Box::pin(try_read(caller, health_reads::DESCRIBE_LISTENERS, move |clients| {
            clients.elbv2().describe_listeners().load_balancer_arn(&balancer).send()
        })),
    ];
    if environment.scheduler.is_some() {
        tries.push(Box::pin(try_read(caller, survey::LIST_FUNCTIONS, |clients| {
            clients.lambda().list_functions().max_items(1).send()
        })));
    }
    tries
}

fn of_databases(caller: Caller<'_>) -> Vec<BoxFuture<'_, Probe>> {
    // 20 is the minimum page size of RDS.
    vec![
        Box::pin(try_read(caller, rds_history::DESCRIBE_DB_CLUSTER_SNAPSHOTS, |clients| {
            clients.rds().describe_db_cluster_snapshots().max_records(20).send()
        })),
        Box::pin(try_read(caller, rds_history::DESCRIBE_DB_SNAPSHOTS, |clients| {
            clients.rds().describe_db_snapshots().max_records(20).send()
        })),
        Box::pin(try_read(caller, rds_history::DESCRIBE_EVENTS, |clients| {
            clients.rds().describe_events().max_records(20).send()
        })),
    ]
}

fn of_alarms(caller: Caller<'_>) -> Vec<BoxFuture<'_, Probe>> {
    vec![
        Box::pin(try_read(caller, history::DESCRIBE_ALARM_HISTORY, |clients| {
            clients.cloudwatch().describe_alarm_history().max_records(1).send()
        })),
        Box::pin(try_read(caller, alarm_mutes::LIST_RULES, |clients| {
            clients.cloudwatch().list_alarm_mute_rules().max_records(1).send()
        })),
        Box::pin(try_read(caller, alarm_mutes::GET_RULE, |clients| {
            clients.cloudwatch().get_alarm_mute_rule().alarm_mute_rule_name(UNUSED_NAME).send()
        })),
    ]
}
