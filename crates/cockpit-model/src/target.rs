//! Load balancer targets.

/// One target of a target group, as `DescribeTargetHealth` returns it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Target {
    /// Address or instance id.
    pub id: String,
    pub port: Option<u16>,
    /// Availability zone.
    pub az: Option<String>,
    /// `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable`.
    pub state: String,
    /// `Target.FailedHealthChecks`, …
    pub reason: Option<String>,
    /// The reason for its state, as a sentence.
    pub description: Option<String>,
}

/// Returns the name in a target group's ARN: `…:targetgroup/NAME/ID`.
pub fn group_name(arn: &str) -> &str {
    arn.split("targetgroup/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(arn)
}
