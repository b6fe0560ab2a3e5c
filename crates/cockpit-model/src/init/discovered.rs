//! The resources discovered in an account and in the folder.

use crate::cdn::Distribution;
use crate::machine::Ec2Instance;
use std::collections::BTreeMap;

/// All discovered resources.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DiscoveredResources {
    pub account: Option<String>,
    /// The profile in use, if one was given.
    pub profile: Option<String>,
    /// The examined regions.
    pub regions: Vec<Region>,
    /// `CloudFront` distributions, which have no region.
    pub distributions: Vec<Distribution>,
    /// Alias and CNAME records of hosted zones: host and target name.
    pub hosts: Vec<(String, String)>,
    /// Profiles in the AWS configuration files that lead to this account.
    pub profiles: Vec<String>,
    /// Infrastructure as code in the folder.
    pub code: Vec<Code>,
    /// The failed reads, each with its action and region.
    pub missing: Vec<String>,
}

/// The resources discovered in one region.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Region {
    /// `ap-northeast-1`.
    pub name: String,
    /// ECS clusters.
    pub clusters: Vec<Cluster>,
    /// Identifiers of Aurora clusters, and of instances outside clusters.
    pub databases: Vec<String>,
    /// Names of the alarms.
    pub alarms: Vec<String>,
    /// Names of Lambda functions.
    pub functions: Vec<String>,
    /// `EventBridge` Scheduler schedules: names and time zones.
    pub schedules: Vec<(String, Option<String>)>,
    /// Load balancers; only if the target groups of services are known.
    pub balancers: Vec<Balancer>,
    /// Log groups of Lambda functions.
    pub logs: Vec<String>,
    /// Names of the parameters.
    pub parameters: Vec<String>,
    /// User pools: id and name.
    pub pools: Vec<(String, String)>,
    /// EC2 instances that have a name.
    pub machines: Vec<Ec2Instance>,
}

/// A discovered load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balancer {
    pub name: String,
    /// Its DNS name.
    pub dns: String,
    /// Whether a service uses one of its target groups.
    pub is_used_by_service: bool,
    /// Names of its target groups that no service uses.
    pub groups: Vec<String>,
}

/// A discovered ECS cluster, with its services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    pub name: String,
    pub tags: BTreeMap<String, String>,
    pub services: Vec<Service>,
}

/// A discovered ECS service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    /// Whether its task definition has the address of a database.
    pub uses_database: bool,
    /// Whether its task definition references parameters.
    pub references_parameters: bool,
    /// ARNs of its target groups.
    pub target_groups: Vec<String>,
}

/// Infrastructure as code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A folder whose subfolders are Terragrunt units.
    Terragrunt {
        /// The folder, relative to the configuration file.
        dir: String,
    },
    /// A Terraform root module.
    Terraform {
        /// The folder, relative to the configuration file.
        dir: String,
        /// Its variable files.
        var_files: Vec<String>,
    },
}

impl Code {
    /// Returns the folder of the code.
    pub fn dir(&self) -> &str {
        match self {
            Self::Terragrunt { dir } | Self::Terraform { dir, .. } => dir,
        }
    }

    /// Returns the name of its folder.
    pub fn name(&self) -> &str {
        self.dir().rsplit('/').next().unwrap_or_default()
    }
}
