//! Identifiers of the Alarms pane and its block, and its state.

use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::{Alarm, Failure};
use jiff::Timestamp;

/// The identifier of the Alarms pane.
pub const ID: PaneId = PaneId("alarms");
/// The block with the list of alarms.
pub const LIST: Block = Block("alarms");

/// The state of the Alarms pane.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The alarms of the last complete answer.
    pub alarms: Vec<Alarm>,
    /// Pages of an answer that is not complete yet.
    pub coming: Vec<Alarm>,
    /// Why the last request failed.
    pub failure: Option<Failure>,
    /// Time of the last request; `None` until the pane was opened.
    pub asked: Option<Timestamp>,
    /// Time of the last complete answer.
    pub read: Option<Timestamp>,
    /// Whether only alarms in the state ALARM are shown.
    pub only_firing: bool,
}
