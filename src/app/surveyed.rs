//! What was seen of the environments that are not opened.

use crate::model::glance::Glance;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What was read of the environments.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// By the environment's name.
    pub seen: BTreeMap<String, Glance>,
    /// The one that is being looked at.
    pub under_way: Option<String>,
    /// When that began.
    pub begun: Option<Timestamp>,
}
