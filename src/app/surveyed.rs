//! The surveys of environments that are not opened.

use crate::model::glance::Glance;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The answers of the environments that are not opened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// The last survey of each environment, by its name.
    pub seen: BTreeMap<String, Glance>,
    /// The one that is being looked at.
    pub under_way: Option<String>,
    /// When the environments began to be looked at.
    pub begun: Option<Timestamp>,
}
