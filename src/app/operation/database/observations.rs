//! Observations since a change of a database.

use crate::model::DatabaseEvent;
use jiff::Timestamp;

/// Observations of the database since the change.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Observations {
    /// When it was first seen leaving its previous state: failing over, rebooting, without a writer.
    pub(super) left_at: Option<Timestamp>,
    /// When the new writer was first seen available.
    pub(super) available_at: Option<Timestamp>,
    /// Events of RDS since the change.
    pub(super) events: Vec<DatabaseEvent>,
    /// The latest progress of the snapshot, in percent.
    pub(super) percent: Option<u32>,
}
