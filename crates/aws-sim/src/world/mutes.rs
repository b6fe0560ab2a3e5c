//! Rules that suppress the notifications of alarms for a time. This world sends no notifications, so they have no effect.

use crate::clock::Ms;

/// A mute rule with its alarms and schedule.
#[derive(Debug)]
pub(crate) struct MuteRule {
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// The names of the alarms that it mutes.
    pub(crate) alarms: Vec<String>,
    /// `at(…)` or `cron(…)`.
    pub(crate) expression: String,
    /// The duration in ISO 8601.
    pub(crate) duration: String,
    pub(crate) zone: String,
    /// The start and end of a one-time rule.
    pub(crate) once: Option<(Ms, Ms)>,
    pub(crate) expires: Option<Ms>,
    pub(crate) updated: Ms,
}
