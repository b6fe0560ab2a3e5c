//! Route 53: hosted zones, their name servers and records.

use super::{ApiError, Call};
use crate::wire::{Node, map, named_list};
use crate::world::sites::Zone;

/// Runs a Route 53 operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "ListHostedZones" => Ok(zones(call)),
        "GetHostedZone" => get(call),
        "ListResourceRecordSets" => records(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn zone(zone: &Zone) -> Node {
    map! {
        "Id": format!("/hostedzone/{}", zone.id),
        "Name": format!("{}.", zone.name),
        "CallerReference": format!("terraform-{}", zone.id),
        "Config": map! {"Comment": "Managed by Terraform", "PrivateZone": false},
        "ResourceRecordSetCount": zone.records.len() + 2,
    }
}

fn zones(call: &Call<'_>) -> Node {
    let all = call.world.zones();
    map! {
        "HostedZones": named_list("HostedZone", all.iter().map(zone)),
        "IsTruncated": false,
        "MaxItems": "100",
    }
}

fn find_zone(call: &Call<'_>) -> Result<Zone, ApiError> {
    let id = call.input.str("Id").unwrap_or_default().trim_start_matches("/hostedzone/").to_owned();
    let missing = || ApiError::not_found("NoSuchHostedZone", format!("No hosted zone found with ID: {id}"));
    call.world.zones().into_iter().find(|zone| zone.id == id).ok_or_else(missing)
}

fn get(call: &Call<'_>) -> Result<Node, ApiError> {
    let hosted = find_zone(call)?;
    Ok(map! {
        "HostedZone": zone(&hosted),
        "DelegationSet": map! {"NameServers": named_list("NameServer", hosted.servers.iter().copied())},
    })
}

fn records(call: &Call<'_>) -> Result<Node, ApiError> {
    let hosted = find_zone(call)?;
    let values =
        |values: Vec<String>| named_list("ResourceRecord", values.into_iter().map(|value| map! {"Value": value}));
    let servers = hosted.servers.iter().map(|name| format!("{name}.")).collect();
    let own = map! {
        "Name": format!("{}.", hosted.name), "Type": "NS", "TTL": 172_800, "ResourceRecords": values(servers),
    };
    let soa = format!("{}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", hosted.servers[0]);
    let soa = map! {
        "Name": format!("{}.", hosted.name), "Type": "SOA", "TTL": 900, "ResourceRecords": values(vec![soa]),
    };
    let aliases = hosted.records.iter().map(|(name, to, zone)| {
        map! {
            "Name": format!("{name}."),
            "Type": "A",
            "AliasTarget": map! {"HostedZoneId": *zone, "DNSName": format!("{to}."), "EvaluateTargetHealth": true},
        }
    });
    Ok(map! {
        "ResourceRecordSets": named_list("ResourceRecordSet", [own, soa].into_iter().chain(aliases)),
        "IsTruncated": false,
        "MaxItems": "300",
    })
}
