//! Events of AWS, as its APIs return them.

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
    /// From which state to which, where its state changed; else its configuration did.
    pub states: Option<(AlarmState, AlarmState)>,
    /// Why, as CloudWatch says it.
    pub reason: String,
}

/// A line of RDS's `DescribeEvents`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RdsEvent {
    pub at: Timestamp,
    /// Identifier of the cluster or the instance.
    pub source: String,
    /// Whether it is of a cluster, not of an instance.
    pub cluster: bool,
    /// `failover`, `availability`, `backup`, …
    pub categories: Vec<String>,
    /// The event, in a sentence.
    pub message: String,
}

/// A write that `CloudTrail` has recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct TrailEvent {
    pub id: String,
    pub at: Timestamp,
    /// `UpdateService`.
    pub name: String,
    /// `ecs.amazonaws.com`.
    pub source: String,
    /// Where it was recorded: `eu-west-1`.
    pub region: String,
    /// Who, as `CloudTrail` names them: the user, or the name of the role's session.
    pub who: String,
    /// The service of AWS that did it on somebody's behalf.
    pub through: Option<String>,
    /// The names of the changed things: parameters that name something, and the last part of ARNs.
    pub names: Vec<String>,
    pub request: Option<String>,
    /// The code of its failure, where it failed.
    pub error: Option<String>,
}

impl TrailEvent {
    /// The actor: the service of AWS where nobody is named.
    pub fn by(&self) -> Option<String> {
        if self.who.is_empty() { self.through.clone() } else { Some(self.who.clone()) }
    }
}
