//! Rules by which alarms notify nobody for a time. This world notifies nobody anyway, so they change nothing in it.

use crate::clock::Ms;

/// A mute rule: which alarms, and when.
#[derive(Debug)]
pub(crate) struct MuteRule {
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// The names of the alarms that it mutes.
    pub(crate) alarms: Vec<String>,
    /// `at(…)` or `cron(…)`.
    pub(crate) expression: String,
    /// As ISO 8601 writes it.
    pub(crate) duration: String,
    pub(crate) zone: String,
    /// From when to when, of one that comes once.
    pub(crate) once: Option<(Ms, Ms)>,
    pub(crate) expires: Option<Ms>,
    pub(crate) updated: Ms,
}
