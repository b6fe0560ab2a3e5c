//! The name of the Alarms pane, that of its block, and what it remembers.

use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::{Alarm, Failure};
use jiff::Timestamp;

/// The name of the Alarms pane.
pub const ID: PaneId = PaneId("alarms");
/// The block with the list of alarms.
pub const LIST: Block = Block("alarms");

/// The state of the Alarms pane.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The alarms of the last answer.
    pub alarms: Vec<Alarm>,
    /// Pages of an answer that is not whole yet.
    pub coming: Vec<Alarm>,
    /// Why the last question failed.
    pub failure: Option<Failure>,
    /// When alarms were asked for last; none: nobody has looked yet.
    pub asked: Option<Timestamp>,
    /// When the last answer came.
    pub read: Option<Timestamp>,
    /// Whether only alarms in the state ALARM are shown.
    pub only_firing: bool,
}
