//! Service revisions that a session keeps, as they never change.

use crate::model::Failure;
use std::collections::{HashMap, HashSet};

/// The memory of a session for service revisions.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    /// The task definition of each that was read.
    pub(super) definitions: HashMap<String, String>,
    /// Services (with their cluster) that were listed before.
    pub(super) listed: HashSet<(String, String)>,
    /// Why they may not be read: they are not asked for again.
    pub(super) refused: Option<Failure>,
}
