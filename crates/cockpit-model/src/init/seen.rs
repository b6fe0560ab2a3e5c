//! What was seen of an account and of the folder.

use std::collections::BTreeMap;

/// Everything that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The account.
    pub account: Option<String>,
    /// The profile that was used, where one was named.
    pub profile: Option<String>,
    /// The regions that were looked at.
    pub regions: Vec<Region>,
    /// Infrastructure as code in the folder.
    pub code: Vec<Code>,
    /// What could not be read, each with its action and region.
    pub missing: Vec<String>,
}

/// What is in a region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Region {
    /// `ap-northeast-1`.
    pub name: String,
    /// Clusters of ECS.
    pub clusters: Vec<Cluster>,
    /// Identifiers of Aurora clusters, and of instances that are in none.
    pub databases: Vec<String>,
    /// Names of alarms.
    pub alarms: Vec<String>,
    /// Names of Lambda functions.
    pub functions: Vec<String>,
    /// Schedules of `EventBridge` Scheduler: names, and the zone of their times.
    pub schedules: Vec<(String, Option<String>)>,
}

/// A cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its services.
    pub services: Vec<Service>,
}

/// A service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Whether its tasks are given the address of a database.
    pub uses_database: bool,
}

/// Infrastructure as code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A folder whose folders are units of Terragrunt.
    Terragrunt {
        /// Seen from where the configuration is.
        dir: String,
    },
    /// A root of Terraform.
    Terraform {
        /// Seen from where the configuration is.
        dir: String,
        /// Its files of variables.
        var_files: Vec<String>,
    },
}

impl Code {
    /// Its folder.
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
