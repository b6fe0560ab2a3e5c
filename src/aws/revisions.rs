//! Service revisions remembered by a session, as they never change.

use crate::model::Failure;
use std::collections::{HashMap, HashSet};

/// A session's memory of service revisions.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    /// The task definition of each revision read so far.
    pub(super) definitions: HashMap<String, String>,
    /// Services (with their cluster) listed before.
    pub(super) listed: HashSet<(String, String)>,
    /// The refusal to read them, after which they are not requested again.
    pub(super) refused: Option<Failure>,
}
