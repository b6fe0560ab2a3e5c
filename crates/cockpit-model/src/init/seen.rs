//! The things that were seen in an account and in the folder.

use crate::cdn::Distribution;
use crate::machine::Machine;
use std::collections::BTreeMap;

/// Everything that was discovered in the account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    pub account: Option<String>,
    /// The profile that was used, where one was named.
    pub profile: Option<String>,
    /// The regions that were looked at.
    pub regions: Vec<Region>,
    /// Distributions of `CloudFront`, which have no region.
    pub distributions: Vec<Distribution>,
    /// Records of hosted zones: a host, and the name that it stands for.
    pub hosts: Vec<(String, String)>,
    /// Profiles of the AWS files that lead to this account.
    pub profiles: Vec<String>,
    /// Infrastructure as code in the folder.
    pub code: Vec<Code>,
    /// The reads that failed, each with its action and region.
    pub missing: Vec<String>,
}

/// Everything that was seen in one region.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Region {
    /// `ap-northeast-1`.
    pub name: String,
    /// Clusters of ECS.
    pub clusters: Vec<Cluster>,
    /// Identifiers of Aurora clusters, and of instances that are in none.
    pub databases: Vec<String>,
    /// Names of the alarms.
    pub alarms: Vec<String>,
    /// Names of Lambda functions.
    pub functions: Vec<String>,
    /// Schedules of `EventBridge` Scheduler: names, and the zone of their times.
    pub schedules: Vec<(String, Option<String>)>,
    /// Load balancers, where it is known which target groups services have.
    pub balancers: Vec<Balancer>,
    /// Log groups of Lambda functions.
    pub logs: Vec<String>,
    /// Names of the parameters.
    pub parameters: Vec<String>,
    /// User pools: ids and names.
    pub pools: Vec<(String, String)>,
    /// Instances of EC2 that have a name.
    pub machines: Vec<Machine>,
}

/// A load balancer that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balancer {
    pub name: String,
    /// Its DNS name.
    pub dns: String,
    /// Whether a service has one of its target groups.
    pub of_services: bool,
    /// Names of its target groups that no service has.
    pub groups: Vec<String>,
}

/// An ECS cluster that was seen, with its services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    pub name: String,
    pub tags: BTreeMap<String, String>,
    pub services: Vec<Service>,
}

/// An ECS service that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    /// Whether its tasks are given the address of a database.
    pub uses_database: bool,
    /// Whether its tasks are given parameters.
    pub names_parameters: bool,
    /// ARNs of its target groups.
    pub target_groups: Vec<String>,
}

/// Infrastructure as code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A folder whose folders are units of Terragrunt.
    Terragrunt {
        /// Seen from where the configuration is.
        dir: String,
    },
    /// A root module of Terraform.
    Terraform {
        /// Seen from where the configuration is.
        dir: String,
        /// Its files of variables.
        var_files: Vec<String>,
    },
}

impl Code {
    /// The folder of the code.
    pub fn dir(&self) -> &str {
        match self {
            Self::Terragrunt { dir } | Self::Terraform { dir, .. } => dir,
        }
    }

    /// The name of its folder.
    pub fn name(&self) -> &str {
        self.dir().rsplit('/').next().unwrap_or_default()
    }
}
