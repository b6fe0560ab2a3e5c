//! The surveys of environments that are not open.

use crate::model::glance::Glance;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The results of surveying the environments that are not open.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// The last survey of each environment, by its name.
    pub results: BTreeMap<String, Glance>,
    /// The environment being surveyed.
    pub under_way: Option<String>,
    /// When surveying began.
    pub begun: Option<Timestamp>,
}
