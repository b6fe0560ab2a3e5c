//! Elastic Load Balancing v2: load balancers, target groups, the health of targets.

use super::{ApiError, Call, token};
use crate::clock::timestamp;
use crate::rng;
use crate::wire::{Node, list, map};
use crate::world::balancing::{Balancer, TargetGroup};
use crate::world::ecs::{Target, Task};

/// Runs an ELB operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeLoadBalancers" => balancers(call),
        "DescribeListeners" => listeners(call),
        "DescribeTargetGroups" => groups(call),
        "DescribeTargetHealth" => health(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn paged(call: &Call<'_>, name: &'static str, rows: Vec<(String, Node)>) -> Result<Node, ApiError> {
    let size = match call.input.get("PageSize") {
        None => 400,
        Some(_) => call
            .input
            .int("PageSize")
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| (1..=400).contains(n))
            .ok_or_else(|| ApiError::client("ValidationError", "PageSize must be between 1 and 400"))?,
    };
    let (items, next) = token::page(rows.into_iter(), call.input.str("Marker"), size)
        .ok_or_else(|| ApiError::client("ValidationError", "Invalid marker"))?;
    let mut answer = map! {"NextMarker": next};
    answer.set(name, list(items));
    Ok(answer)
}

fn balancers(call: &Call<'_>) -> Result<Node, ApiError> {
    let arns = call.input.strings("LoadBalancerArns");
    let names = call.input.strings("Names");
    let in_region = || call.world.balancers.iter().filter(|b| b.region == call.region);
    let gone = |n: &&&str| !in_region().any(|b| b.name == **n || b.arn() == **n);
    if let Some(name) = arns.iter().chain(&names).find(gone) {
        let text = format!("Load balancers '[{name}]' not found");
        return Err(ApiError::client("LoadBalancerNotFound", text));
    }
    let is_requested = |b: &&Balancer| {
        (arns.is_empty() && names.is_empty()) || arns.contains(&b.arn().as_str()) || names.contains(&b.name.as_str())
    };
    let mut rows: Vec<_> = in_region().filter(is_requested).map(|b| (b.name.clone(), balancer(b))).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    paged(call, "LoadBalancers", rows)
}

pub(super) fn vpc(name: &str) -> String {
    format!("vpc-{:017x}", rng::hash(12, name) & 0xff_ffff_ffff_ffff)
}

fn balancer(b: &Balancer) -> Node {
    let zones = b.zones.iter().map(|z| {
        map! {
            "ZoneName": *z,
            "SubnetId": format!("subnet-{:017x}", rng::hash(13, z) & 0xff_ffff_ffff_ffff),
            "LoadBalancerAddresses": list(Vec::<Node>::new()),
        }
    });
    map! {
        "LoadBalancerArn": b.arn(),
        "DNSName": b.dns(),
        "CanonicalHostedZoneId": "Z14GRHDCWA56QT",
        "CreatedTime": timestamp(b.created),
        "LoadBalancerName": &b.name,
        "Scheme": "internet-facing",
        "VpcId": vpc(&b.name),
        "State": map! {"Code": "active"},
        "Type": "application",
        "AvailabilityZones": list(zones),
        "SecurityGroups": list([format!("sg-{:017x}", rng::hash(14, &b.name) & 0xff_ffff_ffff_ffff)]),
        "IpAddressType": "ipv4",
    }
}

fn listeners(call: &Call<'_>) -> Result<Node, ApiError> {
    let Some(arn) = call.input.str("LoadBalancerArn") else {
        return Err(ApiError::client(
            "ValidationError",
            "You must specify either listener ARNs or a load balancer ARN",
        ));
    };
    let world = &*call.world;
    let found = world.balancers.iter().zip(world.sites()).find(|(b, _)| b.region == call.region && b.arn() == arn);
    let Some((b, site)) = found else {
        return Err(ApiError::client("LoadBalancerNotFound", format!("Load balancers '[{arn}]' not found")));
    };
    let of = |port: u32| {
        format!("{}/{:016x}", arn.replace(":loadbalancer/", ":listener/"), rng::hash(15, &format!("{}{port}", b.name)))
    };
    let group = world.target_groups.iter().find(|g| g.region == b.region && world.balancers[g.balancer].arn() == arn);
    let forward = map! {"Type": "forward", "TargetGroupArn": group.map(TargetGroup::arn), "Order": 1};
    let Some(certificate) = site.certificate() else {
        let plain = map! {
            "ListenerArn": of(80), "LoadBalancerArn": arn, "Port": 80, "Protocol": "HTTP", "DefaultActions": list([forward]),
        };
        return Ok(map! {"Listeners": list([plain])});
    };
    let redirect = map! {"Type": "redirect", "Order": 1, "RedirectConfig": map! {
        "Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}", "StatusCode": "HTTP_301",
    }};
    let plain = map! {
        "ListenerArn": of(80), "LoadBalancerArn": arn, "Port": 80, "Protocol": "HTTP", "DefaultActions": list([redirect]),
    };
    let secure = map! {
        "ListenerArn": of(443), "LoadBalancerArn": arn, "Port": 443, "Protocol": "HTTPS",
        "Certificates": list([map! {"CertificateArn": certificate}]),
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "DefaultActions": list([forward]),
    };
    Ok(map! {"Listeners": list([plain, secure])})
}

fn groups(call: &Call<'_>) -> Result<Node, ApiError> {
    let arns = call.input.strings("TargetGroupArns");
    let names = call.input.strings("Names");
    let of = call.input.str("LoadBalancerArn");
    let world = &*call.world;
    let in_region = || world.target_groups.iter().filter(|g| g.region == call.region);
    let gone = |n: &&&str| !in_region().any(|g| g.name == **n || g.arn() == **n);
    if arns.iter().chain(&names).find(gone).is_some() {
        let text = "One or more target groups not found";
        return Err(ApiError::client("TargetGroupNotFound", text));
    }
    if let Some(arn) = of.filter(|arn| !world.balancers.iter().any(|b| b.region == call.region && b.arn() == *arn)) {
        let text = format!("Load balancers '[{arn}]' not found");
        return Err(ApiError::client("LoadBalancerNotFound", text));
    }
    let is_requested = |g: &&TargetGroup| {
        let all_requested = arns.is_empty() && names.is_empty();
        (all_requested || arns.contains(&g.arn().as_str()) || names.contains(&g.name.as_str()))
            && of.is_none_or(|arn| world.balancers[g.balancer].arn() == arn)
    };
    let mut rows: Vec<_> =
        in_region().filter(is_requested).map(|g| (g.name.clone(), group(g, &world.balancers[g.balancer]))).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    paged(call, "TargetGroups", rows)
}

fn group(g: &TargetGroup, b: &Balancer) -> Node {
    map! {
        "TargetGroupArn": g.arn(),
        "TargetGroupName": &g.name,
        "Protocol": "HTTP",
        "Port": g.port,
        "VpcId": vpc(&b.name),
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": true,
        "HealthCheckIntervalSeconds": g.interval,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": g.unhealthy,
        "HealthCheckPath": g.path,
        "Matcher": map! {"HttpCode": "200"},
        "LoadBalancerArns": list([b.arn()]),
        "TargetType": "ip",
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    }
}

fn health(call: &Call<'_>) -> Result<Node, ApiError> {
    let arn = call
        .input
        .str("TargetGroupArn")
        .ok_or_else(|| ApiError::client("ValidationError", "A target group ARN must be specified"))?;
    let world = &*call.world;
    let at = world
        .target_groups
        .iter()
        .position(|g| g.region == call.region && g.arn() == arn)
        .ok_or_else(|| ApiError::client("TargetGroupNotFound", "One or more target groups not found"))?;
    let port = world.target_groups[at].port;
    let mut tasks = world.targets(at);
    tasks.sort_by_key(|t| (t.created, t.ip()));
    let named = call.input.items("Targets");
    if named.is_empty() {
        return Ok(map! {"TargetHealthDescriptions": list(tasks.into_iter().map(|t| target(t, port)))});
    }
    let descriptions = named.iter().filter_map(|one| {
        let (id, at) = (one.str("Id")?, one.int("Port").unwrap_or_else(|| port.into()));
        let known = tasks.iter().find(|t| t.ip() == id && at == i64::from(port));
        Some(known.map_or_else(|| unused(id, at), |t| target(t, port)))
    });
    Ok(map! {"TargetHealthDescriptions": list(descriptions)})
}

/// The health of a target that is not registered.
fn unused(id: &str, port: i64) -> Node {
    map! {
        "Target": map! {"Id": id, "Port": port},
        "TargetHealth": map! {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        },
    }
}

fn target(t: &Task, port: u32) -> Node {
    let health = match t.target {
        Target::Healthy => map! {"State": "healthy"},
        Target::Draining => map! {
            "State": "draining",
            "Reason": "Target.DeregistrationInProgress",
            "Description": "Target deregistration is in progress",
        },
        Target::Unhealthy => map! {
            "State": "unhealthy",
            "Reason": "Target.ResponseCodeMismatch",
            "Description": "Health checks failed with these codes: [502]",
        },
        _ if t.started.is_none() => map! {
            "State": "initial",
            "Reason": "Elb.RegistrationInProgress",
            "Description": "Target registration is in progress",
        },
        _ => map! {
            "State": "initial",
            "Reason": "Elb.InitialHealthChecking",
            "Description": "Initial health checks in progress",
        },
    };
    map! {
        "Target": map! {"Id": t.ip(), "Port": port, "AvailabilityZone": t.zone},
        "HealthCheckPort": port.to_string(),
        "TargetHealth": health,
    }
}
