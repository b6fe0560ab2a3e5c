//! Task definitions and their containers.

use super::fate::Fate;
use crate::account::ACCOUNT;
use crate::clock::Ms;
use crate::wire::Node;

/// A container of a task definition.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) cpu: u32,
    pub(crate) memory: Option<u32>,
    pub(crate) essential: bool,
    pub(crate) port: Option<u32>,
    pub(crate) environment: Vec<(String, String)>,
    /// Name of the variable and the parameter it comes from.
    pub(crate) secrets: Vec<(String, String)>,
    /// The log group and stream prefix of awslogs.
    pub(crate) log: Option<(String, String)>,
    pub(crate) check: Option<HealthCheck>,
}

/// `healthCheck` of a container; times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HealthCheck {
    pub(crate) interval: u32,
    pub(crate) timeout: u32,
    pub(crate) retries: u32,
    pub(crate) start_period: u32,
}

/// A revision of a task definition.
#[derive(Debug, Clone)]
pub(crate) struct TaskDef {
    pub(crate) region: &'static str,
    pub(crate) family: String,
    pub(crate) revision: u32,
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) containers: Vec<Container>,
    pub(crate) registered: Ms,
    /// The fate of tasks of this revision, where it is not the image that decides.
    pub(crate) fate: Fate,
    /// Whether it is for arm64.
    pub(crate) arm: bool,
    /// The tree that a client registered; none of those that are there at the start has one.
    pub(crate) raw: Option<Node>,
    pub(crate) tags: Vec<(String, String)>,
    /// When it was deregistered.
    pub(crate) inactive: Option<Ms>,
}

impl TaskDef {
    /// The health check of the container that counts: the first essential one that has any.
    pub(crate) fn check(&self) -> Option<HealthCheck> {
        self.containers.iter().filter(|c| c.essential).find_map(|c| c.check)
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:ecs:{}:{ACCOUNT}:task-definition/{}:{}", self.region, self.family, self.revision)
    }
}
