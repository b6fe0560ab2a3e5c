//! Load balancers and target groups; the targets of a group follow from the tasks.

use super::World;
use super::ecs::{Target, Task};
use crate::account::ACCOUNT;
use crate::clock::Ms;
use crate::rng;

/// An application load balancer.
#[derive(Debug)]
pub(crate) struct Balancer {
    pub(crate) region: &'static str,
    pub(crate) name: String,
    pub(crate) zones: &'static [&'static str],
    pub(crate) created: Ms,
}

impl Balancer {
    /// `app/NAME/ID`, as used in metric dimensions.
    pub(crate) fn suffix(&self) -> String {
        format!("app/{}/{:016x}", self.name, rng::hash(1, &self.name))
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:elasticloadbalancing:{}:{ACCOUNT}:loadbalancer/{}", self.region, self.suffix())
    }

    pub(crate) fn dns(&self) -> String {
        format!("{}-{}.{}.elb.amazonaws.com", self.name, rng::hash(2, &self.name) % 2_000_000_000, self.region)
    }
}

/// A target group of type `ip`.
#[derive(Debug)]
pub(crate) struct TargetGroup {
    pub(crate) region: &'static str,
    pub(crate) name: String,
    pub(crate) balancer: usize,
    pub(crate) port: u32,
    pub(crate) path: &'static str,
    /// Seconds between health checks.
    pub(crate) interval: u32,
    pub(crate) unhealthy: u32,
}

impl TargetGroup {
    /// `targetgroup/NAME/ID`, as used in metric dimensions.
    pub(crate) fn suffix(&self) -> String {
        format!("targetgroup/{}/{:016x}", self.name, rng::hash(3, &self.name))
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:elasticloadbalancing:{}:{ACCOUNT}:{}", self.region, self.suffix())
    }
}

impl World {
    /// The registered targets of a group.
    pub(crate) fn targets(&self, group: usize) -> Vec<&Task> {
        let services = self.services.iter().filter(|s| s.target_group == Some(group));
        services
            .flat_map(|s| s.live.iter().filter_map(|id| self.tasks.get(&(s.cluster, *id))))
            .filter(|t| t.target != Target::None)
            .collect()
    }
}
