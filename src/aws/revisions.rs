//! What a session keeps of service revisions, which never change.

use std::collections::{HashMap, HashSet};

/// What a session remembers of service revisions.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    /// The task definition of each that was read.
    pub(super) definitions: HashMap<String, String>,
    /// Services (with their cluster) that were listed before.
    pub(super) listed: HashSet<(String, String)>,
    /// They may not be read: not asked again.
    pub(super) refused: bool,
}
