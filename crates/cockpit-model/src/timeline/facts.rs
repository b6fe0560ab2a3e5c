//! Events as the APIs of AWS return them.

use crate::alarm::AlarmState;
use jiff::Timestamp;

/// An entry of an alarm's history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AlarmChange {
    pub at: Timestamp,
    /// The name of the alarm.
    pub alarm: String,
    /// `Alarm updated from OK to ALARM`.
    pub summary: String,
    /// The old and the new state; `None` if its configuration changed instead.
    pub states: Option<(AlarmState, AlarmState)>,
    /// The reason that CloudWatch gives.
    pub reason: String,
}

/// An event of RDS's `DescribeEvents`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RdsEvent {
    pub at: Timestamp,
    /// Identifier of the cluster or the instance.
    pub source: String,
    /// Whether it concerns a cluster rather than an instance.
    pub cluster: bool,
    /// `failover`, `availability`, `backup`, …
    pub categories: Vec<String>,
    /// The event, as a sentence.
    pub message: String,
}

/// A write event recorded by `CloudTrail`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct TrailEvent {
    pub id: String,
    pub at: Timestamp,
    /// `UpdateService`.
    pub name: String,
    /// `ecs.amazonaws.com`.
    pub source: String,
    /// The region in which it was recorded: `eu-west-1`.
    pub region: String,
    /// The actor as `CloudTrail` names it: the user, or the session name of the role.
    pub who: String,
    /// The AWS service that acted on behalf of someone.
    pub through: Option<String>,
    /// The names of the changed resources: request parameters that contain names, and the last part of ARNs.
    pub names: Vec<String>,
    pub request: Option<String>,
    /// The error code, if it failed.
    pub error: Option<String>,
}

impl TrailEvent {
    /// Returns the actor, or else the AWS service.
    pub fn by(&self) -> Option<String> {
        if self.who.is_empty() { self.through.clone() } else { Some(self.who.clone()) }
    }
}
