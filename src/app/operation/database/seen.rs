//! Observations since a change of a database.

use crate::model::DatabaseEvent;
use jiff::Timestamp;

/// Observations of the database.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Seen {
    /// When it was first seen away from what it was: failing over, rebooting, without a writer.
    pub(super) away: Option<Timestamp>,
    /// When the new writer was first seen available.
    pub(super) back: Option<Timestamp>,
    /// Events of RDS since the change.
    pub(super) events: Vec<DatabaseEvent>,
    /// The newest look at the snapshot: percent.
    pub(super) percent: Option<u32>,
}
