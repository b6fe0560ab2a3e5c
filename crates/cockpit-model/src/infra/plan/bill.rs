//! The cost-relevant attributes of a plan: a few values of each resource that exists after the apply, none of them
//! sensitive.

use super::address::{key_of, resource_of};
use super::secret::Secrets;
use super::show::ResourceChange;
use super::types::{Bill, Billed, Resource};
use serde_json::Value;
use std::collections::BTreeMap;

/// A resource type whose price depends on attributes: their paths (`a.0.b`; `#a` is the number of elements), and the
/// type of the resource that defines its size, if it is another one.
type Kind = (&'static str, &'static [&'static str], Option<&'static str>);

const KINDS: &[Kind] = &[
    (
        "aws_ecs_service",
        &["name", "desired_count", "launch_type", "task_definition", "network_configuration.0.assign_public_ip"],
        Some("aws_ecs_task_definition"),
    ),
    (
        "aws_ecs_task_definition",
        &[
            "family",
            "cpu",
            "memory",
            "runtime_platform.0.cpu_architecture",
            "runtime_platform.0.operating_system_family",
            "ephemeral_storage.0.size_in_gib",
        ],
        None,
    ),
    ("aws_appautoscaling_target", &["service_namespace", "resource_id", "min_capacity", "max_capacity"], None),
    (
        "aws_appautoscaling_scheduled_action",
        &[
            "resource_id",
            "schedule",
            "timezone",
            "scalable_target_action.0.min_capacity",
            "scalable_target_action.0.max_capacity",
        ],
        None,
    ),
    (
        "aws_scheduler_schedule",
        &["schedule_expression", "schedule_expression_timezone", "state", "target.0.input"],
        None,
    ),
    (
        "aws_rds_cluster",
        &[
            "cluster_identifier",
            "engine",
            "storage_type",
            "serverlessv2_scaling_configuration.0.min_capacity",
            "serverlessv2_scaling_configuration.0.max_capacity",
        ],
        None,
    ),
    ("aws_rds_cluster_instance", &["instance_class", "cluster_identifier", "engine"], Some("aws_rds_cluster")),
    (
        "aws_db_instance",
        &["instance_class", "engine", "allocated_storage", "storage_type", "multi_az", "replicate_source_db"],
        None,
    ),
    ("aws_lb", &["load_balancer_type", "internal", "#subnets"], None),
    ("aws_nat_gateway", &["connectivity_type"], None),
    ("aws_eip", &[], None),
    ("aws_vpc_endpoint", &["vpc_endpoint_type", "#subnet_ids"], None),
    ("aws_wafv2_web_acl", &["#rule"], None),
    ("aws_cloudfront_distribution", &["price_class"], None),
    ("aws_route53_zone", &[], None),
    ("aws_service_discovery_private_dns_namespace", &[], None),
    ("aws_route53_health_check", &["type", "request_interval", "measure_latency"], None),
    ("aws_cloudwatch_metric_alarm", &["period", "threshold_metric_id", "#metric_query"], None),
    ("aws_cloudwatch_composite_alarm", &[], None),
    ("aws_cloudwatch_dashboard", &[], None),
    ("aws_secretsmanager_secret", &[], None),
    ("aws_kms_key", &[], None),
    (
        "aws_instance",
        &[
            "instance_type",
            "associate_public_ip_address",
            "root_block_device.0.volume_size",
            "root_block_device.0.volume_type",
            "#ebs_block_device",
        ],
        None,
    ),
    (
        "aws_launch_template",
        &[
            "instance_type",
            "block_device_mappings.0.ebs.0.volume_size",
            "block_device_mappings.0.ebs.0.volume_type",
            "#block_device_mappings",
            "network_interfaces.0.associate_public_ip_address",
        ],
        None,
    ),
    ("aws_autoscaling_group", &["min_size", "max_size"], Some("aws_launch_template")),
    ("aws_ebs_volume", &["size", "type"], None),
    ("aws_ecs_cluster", &["setting.0.name", "setting.0.value"], None),
    ("aws_lambda_function", &["memory_size", "architectures.0"], None),
];

/// Returns the billed resources of a plan.
pub(super) fn bill(changes: &[ResourceChange], resources: &[Resource], secrets: &Secrets) -> Bill {
    let mut bill = Bill::default();
    for change in changes {
        // Skip data sources, old (deposed) objects, and resources that are destroyed or forgotten and so have no value
        // after.
        if change.mode == "data" || change.deposed.is_some() || !change.change.after.is_object() {
            continue;
        }
        let Some((_, paths, _)) = KINDS.iter().find(|(kind, ..)| *kind == change.kind) else {
            *bill.others.entry(change.kind.clone()).or_default() += 1;
            continue;
        };
        let mut facts = BTreeMap::new();
        for path in *paths {
            let name = path.trim_start_matches('#');
            let known = fact(&change.change.after, &change.change.after_sensitive, path);
            let known = known.filter(|text| secrets.masked(text) == *text);
            let short = name.rsplit('.').find(|part| part.parse::<u8>().is_err()).unwrap_or(name);
            facts.extend(known.map(|text| (short.to_owned(), text)));
        }
        if change.kind == "aws_ecs_service" {
            providers(&change.change.after, &mut facts);
        }
        bill.resources.push(Billed { address: change.address.clone(), facts, of: None });
    }
    link(&mut bill.resources, resources);
    bill
}

/// Returns the value at a path as text; `None` if it is null, sensitive or not a scalar. `#path` is the number of
/// elements; a list that is still unknown has none.
fn fact(after: &Value, sensitive: &Value, path: &str) -> Option<String> {
    let counted = path.starts_with('#');
    let (mut value, mut hidden) = (after, sensitive);
    for part in path.trim_start_matches('#').split('.') {
        let index = part.parse::<usize>().ok();
        value = match index {
            Some(index) => value.get(index)?,
            None => value.get(part)?,
        };
        hidden = index.map_or_else(|| hidden.get(part), |index| hidden.get(index)).unwrap_or(&Value::Null);
        if *hidden == Value::Bool(true) {
            return None;
        }
    }
    match value {
        Value::Array(elements) if counted => Some(elements.len().to_string()),
        Value::String(text) if !counted => Some(text.clone()),
        Value::Number(number) if !counted => Some(number.to_string()),
        Value::Bool(flag) if !counted => Some(flag.to_string()),
        _ => None,
    }
}

/// Adds the capacity providers of a service, which show the part of its tasks on Spot.
fn providers(after: &Value, facts: &mut BTreeMap<String, String>) {
    let strategy = after.get("capacity_provider_strategy").and_then(Value::as_array);
    for provider in strategy.into_iter().flatten() {
        let Some(name) = provider.get("capacity_provider").and_then(Value::as_str) else { continue };
        for part in ["base", "weight"] {
            let number = provider.get(part).and_then(Value::as_u64).unwrap_or(0);
            facts.insert(format!("{name}.{part}"), number.to_string());
        }
    }
}

/// Links each resource to the one that defines its size: among its dependencies the one with the same instance key, or
/// the only one; otherwise the one that it refers to by name, or the only one of its type.
fn link(bill: &mut [Billed], resources: &[Resource]) {
    let kinds: Vec<String> = bill.iter().map(Billed::kind).collect();
    let mut found = Vec::new();
    for (at, one) in bill.iter().enumerate() {
        let wanted = KINDS.iter().find(|(kind, ..)| *kind == kinds[at]).and_then(|(.., of)| *of);
        let Some(wanted) = wanted else { continue };
        let of_wanted_kind = || bill.iter().zip(&kinds).filter(|(_, kind)| *kind == wanted).map(|(other, _)| other);
        let own = resource_of(&one.address);
        let needs = resources.iter().find(|resource| resource.address == own).map(|resource| {
            let needed = resource.needs.iter().filter_map(|number| resources.get(*number as usize));
            needed.map(|resource| resource.address.as_str()).collect::<Vec<_>>()
        });
        let needed: Vec<&Billed> = of_wanted_kind()
            .filter(|other| needs.iter().flatten().any(|needed| resource_of(&other.address) == *needed))
            .collect();
        let same_key = needed.iter().find(|other| key_of(&other.address) == key_of(&one.address));
        let only = || if let [only] = needed.as_slice() { Some(only) } else { None };
        let named = || of_wanted_kind().find(|other| refers_to(one, other));
        let sole = || {
            let mut rest = of_wanted_kind();
            rest.next().filter(|_| rest.next().is_none())
        };
        let chosen = same_key.or_else(only).copied().or_else(named).or_else(sole);
        found.extend(chosen.map(|other| (at, other.address.clone())));
    }
    for (at, address) in found {
        bill[at].of = Some(address);
    }
}

/// Whether one resource refers to the other by its name.
fn refers_to(one: &Billed, other: &Billed) -> bool {
    let definition = one.fact("task_definition").map(|text| {
        let last = text.rsplit('/').next().unwrap_or(text);
        last.split(':').next().unwrap_or(last)
    });
    let family = other.fact("family");
    let cluster = other.fact("cluster_identifier");
    (family.is_some() && (definition == family || one.fact("name") == family))
        || (cluster.is_some() && one.fact("cluster_identifier") == cluster)
}
