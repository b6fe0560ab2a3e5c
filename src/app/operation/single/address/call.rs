//! The AWS calls that allow addresses, and their replies.

use crate::model::health_probe::declared::{Balancer, Rule};
use crate::model::health_probe::manual_access::AccessChange;
use serde_json::{Value, json};

/// A read of load balancers and security groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReachRead {
    /// The load balancers of target groups, with their listeners → [`ReachReply::Balancers`].
    Balancers {
        /// The ARNs of the target groups.
        target_groups: Vec<String>,
    },
    /// `DescribeSecurityGroups` → [`ReachReply::Rules`].
    Rules {
        /// The ids of the security groups.
        groups: Vec<String>,
    },
}

/// The answer to such a read, or to a change of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReachReply {
    Balancers(Vec<Balancer>),
    Rules(Vec<Rule>),
}

/// One change of a security group's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    pub opening: AccessChange,
    /// The description of each rule; `None` removes the rules.
    pub description: Option<String>,
}

impl Ingress {
    /// The action as IAM names it.
    pub fn action(&self) -> &'static str {
        match self.description {
            Some(_) => "ec2:AuthorizeSecurityGroupIngress",
            None => "ec2:RevokeSecurityGroupIngress",
        }
    }

    /// The parameters of the call, for the plan.
    pub fn parameters(&self) -> Value {
        let AccessChange { group, cidr, ports, .. } = &self.opening;
        let mut given = json!({"GroupId": group, "IpProtocol": "tcp", "Ports": ports, "CidrIp": cidr});
        if let (Some(text), Some(map)) = (&self.description, given.as_object_mut()) {
            map.insert("Description".to_owned(), json!(text));
        }
        given
    }

    /// The read that shows whether the change was made.
    pub fn proof(&self) -> ReachRead {
        ReachRead::Rules { groups: vec![self.opening.group.clone()] }
    }

    /// Whether a proof shows that the change was made.
    pub fn is_proven_by(&self, proof: &ReachReply) -> bool {
        match proof {
            ReachReply::Rules(rules) if self.description.is_some() => self.opening.is_open(rules),
            ReachReply::Rules(rules) => self.opening.is_closed(rules),
            ReachReply::Balancers(_) => false,
        }
    }
}
