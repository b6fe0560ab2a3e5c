//! The DTO of the next effects of the schedule.

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

/// An upcoming action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NextDto {
    /// The time of the action.
    pub at: String,
    /// The action's name.
    pub action: String,
    /// The time zone of its schedule.
    pub timezone: Option<String>,
}
