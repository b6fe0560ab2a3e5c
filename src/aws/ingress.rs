//! The networks that may reach the load balancer, read and changed for operations.

use super::budget::Class;
use super::ec2::request;
use super::health_reads::{balancers, rules};
use super::protocols::parse_xml;
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::app::operation::single::address::call::{Ingress, ReachRead, ReachReply};
use crate::model::Failure;

const AUTHORIZE: Action = Action { name: "ec2:AuthorizeSecurityGroupIngress", class: Class::Ec2Changes };
const REVOKE: Action = Action { name: "ec2:RevokeSecurityGroupIngress", class: Class::Ec2Changes };

/// Reads security groups and their rules, for a change of them.
pub(super) async fn read(caller: &Caller<'_>, read: ReachRead) -> Result<ReachReply, Failure> {
    match read {
        ReachRead::Balancers { target_groups } => balancers(caller, &target_groups).await.map(ReachReply::Balancers),
        ReachRead::Rules { groups } => rules(caller, &groups).await.map(ReachReply::Rules),
    }
}

/// Adds rules to a security group, or revokes them.
pub(super) async fn write(writer: &Writer<'_>, change: &Ingress) -> Result<Reply, Failure> {
    let action = if change.description.is_some() { AUTHORIZE } else { REVOKE };
    let parameters = parameters(change);
    let parameters: Vec<(&str, String)> = parameters.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    writer.send_signed_once(&request(action, &parameters), parse_xml).await?;
    Ok(Reply::Done)
}

fn parameters(change: &Ingress) -> Vec<(String, String)> {
    let opening = &change.opening;
    let (ranges, key) = if opening.cidr.contains(':') { ("Ipv6Ranges", "CidrIpv6") } else { ("IpRanges", "CidrIp") };
    let mut all = vec![("GroupId".to_owned(), opening.group.clone())];
    for (number, port) in (1..).zip(&opening.ports) {
        let of = |name: &str| format!("IpPermissions.{number}.{name}");
        all.push((of("IpProtocol"), "tcp".to_owned()));
        all.push((of("FromPort"), port.to_string()));
        all.push((of("ToPort"), port.to_string()));
        all.push((of(&format!("{ranges}.1.{key}")), opening.cidr.clone()));
        let text = change.description.as_ref().map(|text| (of(&format!("{ranges}.1.Description")), text.clone()));
        all.extend(text);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health_probe::manual_access::AccessChange;

    #[test]
    fn each_port_is_its_own_rule_and_ipv6_addresses_use_the_ipv6_field() {
        let opening = |cidr: &str| AccessChange {
            group: "sg-1".into(),
            cidr: cidr.into(),
            ports: vec![80, 443],
            ..AccessChange::default()
        };
        let add = Ingress { opening: opening("203.0.113.7/32"), description: Some("why".into()) };
        let given = parameters(&add);
        let value = |key: &str| given.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        assert_eq!(value("IpPermissions.2.FromPort"), Some("443"));
        assert_eq!(value("IpPermissions.1.IpRanges.1.CidrIp"), Some("203.0.113.7/32"));
        assert_eq!(value("IpPermissions.2.IpRanges.1.Description"), Some("why"));
        let back = parameters(&Ingress { opening: opening("2001:db8::7/128"), description: None });
        assert!(back.iter().any(|(key, _)| key == "IpPermissions.1.Ipv6Ranges.1.CidrIpv6"), "{back:?}");
        assert!(!back.iter().any(|(key, _)| key.ends_with("Description")), "{back:?}");
    }
}
