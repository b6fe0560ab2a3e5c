//! Its name, that of its block, and what it keeps.

use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::{Alarm, Failure};
use jiff::Timestamp;

/// The pane.
pub const ID: PaneId = PaneId("alarms");
/// The list of alarms.
pub const LIST: Block = Block("alarms");

/// What it keeps.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What the last answer brought.
    pub alarms: Vec<Alarm>,
    /// Why the last question failed.
    pub failure: Option<Failure>,
    /// When it was asked last; none: nobody has looked yet.
    pub asked: Option<Timestamp>,
    /// When the last answer came.
    pub read: Option<Timestamp>,
    /// Only those that are in alarm.
    pub only_firing: bool,
}
