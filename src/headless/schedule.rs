//! The next effects of the schedule, as scripts read it.

use schemars::JsonSchema;
use serde::Serialize;

/// The next effects of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScheduleDto {
    /// The next stop.
    pub next_stop: Option<NextDto>,
    /// The next start.
    pub next_start: Option<NextDto>,
}

/// One coming action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NextDto {
    /// The time of the effect.
    pub at: String,
    /// The action's name.
    pub action: String,
    /// The zone that it is written in.
    pub timezone: Option<String>,
}
