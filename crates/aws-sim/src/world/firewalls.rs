//! Web ACLs of WAF: each load balancer starts with one. The requests that they block are in `metrics` and `sites`.

use super::World;
use super::balancing::Balancer;
use crate::account::ACCOUNT;
use crate::rng::{self, Rng};
use crate::wire::{Node, list, map};

/// A web ACL of WAF.
#[derive(Debug, Clone)]
pub(crate) struct WebAcl {
    pub(crate) region: String,
    /// `REGIONAL` or `CLOUDFRONT`.
    pub(crate) scope: String,
    pub(crate) name: String,
    pub(crate) id: String,
    /// The lock token. It changes with every change, and a change must name the current one.
    pub(crate) lock: String,
    /// The settings of `CreateWebACL` and `UpdateWebACL`, unchanged.
    pub(crate) settings: Node,
    pub(crate) tags: Vec<(String, String)>,
}

/// All web ACLs and their associations.
#[derive(Debug, Default)]
pub(crate) struct Firewalls {
    pub(crate) all: Vec<WebAcl>,
    /// The ARN of a resource and the ARN of its web ACL.
    pub(crate) before: Vec<(String, String)>,
    /// The number of lock tokens created.
    locks: u64,
}

impl WebAcl {
    pub(crate) fn arn(&self) -> String {
        let scope = if self.scope == "REGIONAL" { "regional" } else { "global" };
        format!("arn:aws:wafv2:{}:{ACCOUNT}:{scope}/webacl/{}/{}", self.region, self.name, self.id)
    }
}

impl Firewalls {
    /// Creates a new lock token.
    pub(crate) fn lock(&mut self) -> String {
        self.locks += 1;
        Rng::new(self.locks, "web-acl").uuid()
    }

    /// Finds a web ACL by ARN.
    pub(crate) fn find(&self, arn: &str) -> Option<&WebAcl> {
        self.all.iter().find(|acl| acl.arn() == arn)
    }

    /// The resources that a web ACL protects.
    pub(crate) fn resources(&self, arn: &str) -> Vec<&str> {
        self.before.iter().filter(|(_, acl)| acl == arn).map(|(resource, _)| resource.as_str()).collect()
    }
}

/// The visibility settings of a rule or a web ACL.
fn counted(name: &str) -> Node {
    map! {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": name}
}

/// A managed rule group of AWS, with the name of its metric.
fn managed(priority: i64, name: &str, group: &str) -> Node {
    map! {
        "Name": name,
        "Priority": priority,
        "Statement": map! {"ManagedRuleGroupStatement": map! {"VendorName": "AWS", "Name": group}},
        "OverrideAction": map! {"None": Node::empty()},
        "VisibilityConfig": counted(name),
    }
}

fn of(balancer: &Balancer) -> WebAcl {
    let name = format!("{}-waf", balancer.name);
    let limit = map! {
        "Name": "rate-limit",
        "Priority": 1,
        "Statement": map! {"RateBasedStatement": map! {"Limit": 2_000, "AggregateKeyType": "IP"}},
        "Action": map! {"Block": Node::empty()},
        "VisibilityConfig": counted("rate-limit"),
    };
    let settings = map! {
        "DefaultAction": map! {"Allow": Node::empty()},
        "Description": "Common rules, SQL injection, bad inputs, 2000 requests in five minutes",
        "Rules": list([
            limit,
            managed(10, "common-rules", "AWSManagedRulesCommonRuleSet"),
            managed(11, "bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet"),
            managed(12, "sql-injection", "AWSManagedRulesSQLiRuleSet"),
        ]),
        "VisibilityConfig": counted(&name),
    };
    let id = Rng::new(rng::hash(26, &name), "web-acl").uuid();
    let lock = Rng::new(rng::hash(27, &name), "web-acl").uuid();
    let (region, scope) = (balancer.region.to_owned(), "REGIONAL".to_owned());
    WebAcl { region, scope, name, id, lock, settings, tags: Vec::new() }
}

impl World {
    /// Adds a web ACL to each load balancer.
    pub(crate) fn add_firewalls(&mut self) {
        for balancer in &self.balancers {
            let acl = of(balancer);
            self.firewalls.before.push((balancer.arn(), acl.arn()));
            self.firewalls.all.push(acl);
        }
    }
}
