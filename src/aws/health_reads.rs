//! Reads of what AWS declares about how an environment is reached: load balancers with their listeners, the rules of their
//! security groups, hosted zones, certificates.

use super::budget::Class;
use super::convert::to_port;
use super::elbv2::DESCRIBE_TARGET_GROUPS;
use super::pages::AnswerSender;
use super::protocols::{json, percent_encode, rest};
use super::session::{Action, Caller, Session};
use super::signed::Service;
use super::xml::Element;
use crate::app::effect::Priority;
use crate::feeds::aws::Fact;
use crate::model::health_probe::declared::{
    AcmCertificate, Balancer, Listener, Record, Rule, Zone, is_in_zone, normalize_name,
};
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) const DESCRIBE_LOAD_BALANCERS: Action =
    Action { name: "elasticloadbalancing:DescribeLoadBalancers", class: Class::Elbv2 };
pub(super) const DESCRIBE_LISTENERS: Action =
    Action { name: "elasticloadbalancing:DescribeListeners", class: Class::Elbv2 };
pub(super) const GROUPS: Action = Action { name: "ec2:DescribeSecurityGroups", class: Class::Ec2 };
pub(super) const LIST_ZONES: Action = Action { name: "route53:ListHostedZones", class: Class::Edge };
pub(super) const GET_ZONE: Action = Action { name: "route53:GetHostedZone", class: Class::Edge };
pub(super) const LIST_RECORDS: Action = Action { name: "route53:ListResourceRecordSets", class: Class::Edge };
pub(super) const DESCRIBE_CERTIFICATE: Action = Action { name: "acm:DescribeCertificate", class: Class::Edge };
pub(super) const ACM: Service = Service("acm", None);
pub(super) const ROUTE_53: Service = Service("route53", Some("us-east-1"));
/// The path of hosted zones.
pub(super) const ZONES: &str = "/2013-04-01/hostedzone";
/// Maximum number of zones read completely; an account may have hundreds.
const MAX_ZONES: usize = 20;
/// Maximum number of record pages of one zone: 300 each. A zone holds 10,000 records unless the quota was raised.
const MAX_PAGES: usize = 40;
/// Number of ARNs in one request of Elastic Load Balancing.
const AT_ONCE: usize = 20;

impl Session {
    /// Returns the load balancers of these target groups, with their listeners.
    ///
    /// # Errors
    /// One of the requests fails; its action is named.
    pub async fn balancers_of(&self, groups: &[String]) -> Result<Vec<Balancer>, Failure> {
        balancers(&Caller::new(self, Priority::Operator), groups).await
    }

    /// Returns the inbound rules of these security groups that name addresses.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn rules_of(&self, groups: &[String]) -> Result<Vec<Rule>, Failure> {
        rules(&Caller::new(self, Priority::Operator), groups).await
    }

    /// Returns the public zones that contain one of these hosts; without hosts the zones of the account, if it has few.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn zones_of(&self, hosts: &[String]) -> Result<Vec<Zone>, Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let mut zones = public_zones(&caller).await?;
        if !hosts.is_empty() {
            let closest = |host: &String| {
                let around = zones.iter().filter(|zone| is_in_zone(host, &zone.name));
                around.max_by_key(|zone| zone.name.len()).map(|zone| zone.id.clone())
            };
            let ids: Vec<String> = hosts.iter().filter_map(closest).collect();
            zones.retain(|zone| ids.contains(&zone.id));
        }
        zones.truncate(MAX_ZONES);
        for zone in &mut zones {
            let path = format!("{ZONES}/{}", percent_encode(&zone.id));
            let answer = caller.xml(&rest(GET_ZONE, ROUTE_53, "GET", path.as_str(), String::new())).await?;
            let servers = answer.children_at("DelegationSet/NameServers").iter();
            zone.servers = servers.map(|server| normalize_name(&server.text)).collect();
            zone.records = records(&caller, &path).await?;
        }
        Ok(zones)
    }

    /// Returns these certificates of ACM.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub async fn certificates(&self, arns: &[String]) -> Result<Vec<AcmCertificate>, Failure> {
        issued_by(&Caller::new(self, Priority::Operator), arns).await
    }
}

/// Returns the certificates of the load balancers of these target groups.
pub(super) async fn balancer_certificates(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    groups: &[String],
) -> Result<(), Failure> {
    let balancers = balancers(caller, groups).await?;
    let mut arns: Vec<String> =
        balancers.iter().flat_map(|one| &one.listeners).flat_map(|one| one.certificates.clone()).collect();
    arns.sort_unstable();
    arns.dedup();
    answers.last(Fact::Certificates(issued_by(caller, &arns).await?)).await;
    Ok(())
}

async fn issued_by(caller: &Caller<'_>, arns: &[String]) -> Result<Vec<AcmCertificate>, Failure> {
    let mut found = Vec::new();
    for arn in arns {
        let body = serde_json::json!({ "CertificateArn": arn });
        let answer = caller.json(&json(DESCRIBE_CERTIFICATE, ACM, "CertificateManager", &body)).await?;
        found.push(issued(arn, &answer["Certificate"]));
    }
    Ok(found)
}

/// Returns the load balancers of these target groups, with their listeners.
pub(super) async fn balancers(caller: &Caller<'_>, groups: &[String]) -> Result<Vec<Balancer>, Failure> {
    let mut arns: Vec<String> = Vec::new();
    for some in groups.chunks(AT_ONCE) {
        let some = Some(some.to_vec());
        let answer = caller
            .call(DESCRIBE_TARGET_GROUPS, |clients| {
                clients.elbv2().describe_target_groups().set_target_group_arns(some.clone()).send()
            })
            .await?;
        for arn in answer
            .target_groups()
            .iter()
            .flat_map(aws_sdk_elasticloadbalancingv2::types::TargetGroup::load_balancer_arns)
        {
            if !arns.contains(arn) {
                arns.push(arn.clone());
            }
        }
    }
    let mut found = Vec::new();
    for some in arns.chunks(AT_ONCE) {
        let some = Some(some.to_vec());
        let answer = caller
            .call(DESCRIBE_LOAD_BALANCERS, |clients| {
                clients.elbv2().describe_load_balancers().set_load_balancer_arns(some.clone()).send()
            })
            .await?;
        for one in answer.load_balancers() {
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            found.push(Balancer {
                arn: text(one.load_balancer_arn()),
                name: text(one.load_balancer_name()),
                dns_name: text(one.dns_name()),
                scheme: text(one.scheme().map(aws_sdk_elasticloadbalancingv2::types::LoadBalancerSchemeEnum::as_str)),
                state: text(
                    one.state()
                        .and_then(|state| state.code())
                        .map(aws_sdk_elasticloadbalancingv2::types::LoadBalancerStateEnum::as_str),
                ),
                security_groups: one.security_groups().to_vec(),
                listeners: Vec::new(),
            });
        }
    }
    for balancer in &mut found {
        let arn = balancer.arn.as_str();
        let answer = caller
            .call(DESCRIBE_LISTENERS, |clients| clients.elbv2().describe_listeners().load_balancer_arn(arn).send())
            .await?;
        let listeners = answer.listeners().iter().filter_map(|one| {
            Some(Listener {
                port: one.port().and_then(to_port)?,
                protocol: one.protocol().map(|protocol| protocol.as_str().to_owned())?,
                certificates: one
                    .certificates()
                    .iter()
                    .filter_map(|one| one.certificate_arn().map(str::to_owned))
                    .collect(),
            })
        });
        balancer.listeners = listeners.collect();
    }
    Ok(found)
}

/// Returns the rules of these security groups.
pub(super) async fn rules(caller: &Caller<'_>, groups: &[String]) -> Result<Vec<Rule>, Failure> {
    let keys: Vec<String> = (1..=groups.len()).map(|number| format!("GroupId.{number}")).collect();
    let parameters: Vec<(&str, String)> = keys.iter().map(String::as_str).zip(groups.iter().cloned()).collect();
    Ok(rules_in(&caller.ec2(GROUPS, &parameters).await?))
}

async fn public_zones(caller: &Caller<'_>) -> Result<Vec<Zone>, Failure> {
    zones(caller, zone).await
}

/// Returns the ids of the zones with this name; a private one may share it with a public one.
pub(super) async fn zone_ids_by_name(caller: &Caller<'_>, name: &str) -> Result<Vec<String>, Failure> {
    zones(caller, |item| {
        let id = item.get("Id")?.trim_start_matches("/hostedzone/");
        (normalize_name(item.get("Name")?) == normalize_name(name)).then(|| id.to_owned())
    })
    .await
}

/// Returns the ids of the security groups with this name, in this network if one is given.
pub(super) async fn group_ids_by_name(
    caller: &Caller<'_>,
    name: &str,
    vpc: Option<&str>,
) -> Result<Vec<String>, Failure> {
    let mut parameters = vec![("Filter.1.Name", "group-name".to_owned()), ("Filter.1.Value.1", name.to_owned())];
    if let Some(vpc) = vpc {
        parameters.extend([("Filter.2.Name", "vpc-id".to_owned()), ("Filter.2.Value.1", vpc.to_owned())]);
    }
    let answer = caller.ec2(GROUPS, &parameters).await?;
    Ok(answer.children_at("securityGroupInfo").iter().filter_map(|group| group.get_owned("groupId")).collect())
}

/// Collects a value for each zone of the account.
async fn zones<T>(caller: &Caller<'_>, of: impl Fn(&Element) -> Option<T>) -> Result<Vec<T>, Failure> {
    let mut zones = Vec::new();
    let mut marker = String::new();
    loop {
        let path = format!("{ZONES}{marker}");
        let answer = caller.xml(&rest(LIST_ZONES, ROUTE_53, "GET", path.as_str(), String::new())).await?;
        zones.extend(answer.children_at("HostedZones").iter().filter_map(&of));
        match answer.get("NextMarker").filter(|_| answer.get("IsTruncated") == Some("true")) {
            Some(next) => marker = format!("?marker={}", percent_encode(next)),
            None => return Ok(zones),
        }
    }
}

async fn records(caller: &Caller<'_>, zone: &str) -> Result<Vec<Record>, Failure> {
    let mut records = Vec::new();
    let mut from = String::new();
    for _ in 0..MAX_PAGES {
        let path = format!("{zone}/rrset{from}");
        let answer = caller.xml(&rest(LIST_RECORDS, ROUTE_53, "GET", path.as_str(), String::new())).await?;
        records.extend(answer.children_at("ResourceRecordSets").iter().filter_map(record));
        match after(&answer) {
            Some(next) => from = next,
            None => return Ok(records),
        }
    }
    // A partial list would pass for the complete one: records outside of it would be reported as missing.
    let text = format!("{}: a zone has more records than the {MAX_PAGES} pages that are read", LIST_RECORDS.name);
    Err(Failure::new(FailureKind::Other, text))
}

/// The start of the next page of records, if there is one. Records of one name and type are distinguished by an identifier.
fn after(answer: &Element) -> Option<String> {
    let next = answer.get("NextRecordName").zip(answer.get("NextRecordType"));
    let (name, kind) = next.filter(|_| answer.get("IsTruncated") == Some("true"))?;
    let one = answer.get("NextRecordIdentifier").map(|one| format!("&identifier={}", percent_encode(one)));
    Some(format!("?name={}&type={}{}", percent_encode(name), percent_encode(kind), one.unwrap_or_default()))
}

fn rules_in(answer: &Element) -> Vec<Rule> {
    let mut found = Vec::new();
    for group in answer.children_at("securityGroupInfo") {
        let id = group.get_owned("groupId").unwrap_or_default();
        for permission in group.children_at("ipPermissions") {
            // ICMP numbers are not ports, and a website uses no UDP port. Source: IpPermission in the API reference of EC2.
            let protocol = permission.get("ipProtocol").unwrap_or_default();
            if !["tcp", "6", "-1"].contains(&protocol) {
                continue;
            }
            let number = |path: &str| permission.get(path).and_then(|text| text.parse().ok());
            let of = |ranges: &str, key: &str| {
                let ranges = permission.children_at(ranges).iter();
                let rule = |range: &Element| {
                    Some(Rule {
                        group: id.clone(),
                        from: number("fromPort"),
                        to: number("toPort"),
                        cidr: range.get_owned(key)?,
                        description: range.get_owned("description"),
                    })
                };
                ranges.filter_map(rule).collect::<Vec<_>>()
            };
            found.extend(of("ipRanges", "cidrIp"));
            found.extend(of("ipv6Ranges", "cidrIpv6"));
        }
    }
    found
}

fn zone(item: &Element) -> Option<Zone> {
    if item.get("Config/PrivateZone") == Some("true") {
        return None;
    }
    let id = item.get("Id")?.trim_start_matches("/hostedzone/").to_owned();
    Some(Zone { id, name: normalize_name(item.get("Name")?), servers: Vec::new(), records: Vec::new() })
}

fn record(item: &Element) -> Option<Record> {
    let kind = item.get("Type")?;
    if !["A", "AAAA", "CNAME"].contains(&kind) {
        return None;
    }
    let values: Vec<String> =
        item.children_at("ResourceRecords").iter().filter_map(|one| one.get_owned("Value")).collect();
    let alias = item.get("AliasTarget/DNSName").map(normalize_name);
    let stands_for =
        if kind == "CNAME" { alias.or_else(|| values.first().map(|name| normalize_name(name))) } else { alias };
    let values = if kind == "CNAME" { Vec::new() } else { values };
    // An asterisk is escaped as its octal code.
    Some(Record {
        name: normalize_name(item.get("Name")?).replace("\\052", "*"),
        kind: kind.to_owned(),
        alias_target: stands_for,
        values,
    })
}

fn issued(arn: &str, answer: &Value) -> AcmCertificate {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names = answer["SubjectAlternativeNames"].as_array().into_iter().flatten().map(text).collect();
    // During a renewal its names are validated again.
    let renewal = &answer["RenewalSummary"];
    let options = [&answer["DomainValidationOptions"], &renewal["DomainValidationOptions"]];
    let missing = options.into_iter().filter_map(Value::as_array).flatten().filter_map(|one| {
        let record = &one["ResourceRecord"];
        let open = one["ValidationStatus"].as_str().is_some_and(|status| status != "SUCCESS");
        (open && record.is_object()).then(|| (text(&one["DomainName"]), text(&record["Name"]), text(&record["Value"])))
    });
    AcmCertificate {
        arn: arn.to_owned(),
        names,
        status: text(&answer["Status"]),
        not_after: answer["NotAfter"].as_f64().and_then(|seconds| Timestamp::from_second(seconds as i64).ok()),
        missing: missing.collect::<BTreeSet<_>>().into_iter().collect(),
        imported: answer["Type"] == "IMPORTED",
        renewal: renewal["RenewalStatus"].as_str().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_are_parsed_with_ports_and_descriptions() {
        let text = "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions><item>\
            <ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><ipRanges><item><cidrIp>203.0.113.0/24</cidrIp>\
            <description>office</description></item></ipRanges><ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges></item>\
            <item><ipProtocol>icmp</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort><ipRanges><item><cidrIp>198.51.100.7/32</cidrIp></item></ipRanges></item>\
            <item><ipProtocol>udp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><ipRanges><item><cidrIp>198.51.100.8/32</cidrIp></item></ipRanges></item>\
            <item><ipProtocol>-1</ipProtocol><groups><item><groupId>sg-2</groupId></item></groups></item></ipPermissions></item>\
            </securityGroupInfo></DescribeSecurityGroupsResponse>";
        let found = rules_in(&Element::parse(text).unwrap());
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].cidr.as_str(), found[0].from, found[0].description.as_deref()),
            ("203.0.113.0/24", Some(443), Some("office"))
        );
        assert_eq!(found[1].cidr, "::/0");
    }

    #[test]
    fn record_is_parsed_by_type() {
        let alias = "<R><Name>\\052.example.com.</Name><Type>A</Type><AliasTarget><DNSName>Dualstack.LB.amazonaws.com.</DNSName></AliasTarget></R>";
        let read = record(&Element::parse(alias).unwrap()).unwrap();
        assert_eq!((read.name.as_str(), read.alias_target.as_deref()), ("*.example.com", Some("lb.amazonaws.com")));
        let cname = "<R><Name>www.example.com.</Name><Type>CNAME</Type><ResourceRecords><ResourceRecord><Value>example.com</Value></ResourceRecord></ResourceRecords></R>";
        let read = record(&Element::parse(cname).unwrap()).unwrap();
        assert_eq!((read.values.len(), read.alias_target.as_deref()), (0, Some("example.com")));
        let other = "<R><Name>example.com.</Name><Type>MX</Type></R>";
        assert!(record(&Element::parse(other).unwrap()).is_none());
    }

    #[test]
    fn next_page_starts_within_records_of_one_name() {
        let next = "<NextRecordName>a.example.</NextRecordName><NextRecordType>A</NextRecordType>";
        let page = |rest: &str| after(&Element::parse(&format!("<R>{rest}</R>")).unwrap());
        assert_eq!(page(&format!("<IsTruncated>false</IsTruncated>{next}")), None);
        let answer = format!("<IsTruncated>true</IsTruncated>{next}");
        assert_eq!(page(&answer).as_deref(), Some("?name=a.example.&type=A"));
        let answer = format!("{answer}<NextRecordIdentifier>b&amp;c</NextRecordIdentifier>");
        assert_eq!(page(&answer).as_deref(), Some("?name=a.example.&type=A&identifier=b%26c"));
    }

    #[test]
    fn only_unvalidated_names_are_missing() {
        let answer = json!({
            "SubjectAlternativeNames": ["a.example", "b.example"], "Status": "PENDING_VALIDATION", "NotAfter": 1_800_000_000.0,
            "DomainValidationOptions": [
                {"DomainName": "a.example", "ValidationStatus": "SUCCESS", "ResourceRecord": {"Name": "x", "Type": "CNAME", "Value": "y"}},
                {"DomainName": "b.example", "ValidationStatus": "PENDING_VALIDATION", "ResourceRecord": {"Name": "p.", "Type": "CNAME", "Value": "q."}},
            ],
        });
        let one = issued("arn", &answer);
        assert_eq!(one.missing, [("b.example".to_owned(), "p.".to_owned(), "q.".to_owned())]);
        assert_eq!(one.not_after.unwrap().as_second(), 1_800_000_000);
        assert_eq!((one.imported, one.renewal), (false, None));
        let renewal = json!({"RenewalStatus": "PENDING_VALIDATION", "DomainValidationOptions": answer["DomainValidationOptions"]});
        let renewed = issued("arn", &json!({"Status": "ISSUED", "Type": "AMAZON_ISSUED", "RenewalSummary": renewal}));
        assert_eq!((renewed.missing.len(), renewed.renewal.as_deref()), (1, Some("PENDING_VALIDATION")));
        assert!(issued("arn", &json!({"Type": "IMPORTED"})).imported);
    }
}
