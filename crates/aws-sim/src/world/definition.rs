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
    /// The environment variable and the parameter that it is read from.
    pub(crate) secrets: Vec<(String, String)>,
    /// The awslogs group and stream prefix.
    pub(crate) log: Option<(String, String)>,
    pub(crate) check: Option<HealthCheck>,
}

/// The `healthCheck` of a container; times in seconds.
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
    /// The fate of the tasks of this revision, if it is not determined by the image.
    pub(crate) fate: Fate,
    /// Whether it targets arm64.
    pub(crate) arm: bool,
    /// The tree that a client registered; none for the initial definitions.
    pub(crate) raw: Option<Node>,
    pub(crate) tags: Vec<(String, String)>,
    /// The time at which it was deregistered.
    pub(crate) inactive: Option<Ms>,
}

impl TaskDef {
    /// The health check that counts: that of the first essential container with one.
    pub(crate) fn check(&self) -> Option<HealthCheck> {
        self.containers.iter().filter(|c| c.essential).find_map(|c| c.check)
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:ecs:{}:{ACCOUNT}:task-definition/{}:{}", self.region, self.family, self.revision)
    }
}
