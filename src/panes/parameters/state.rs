//! Identifiers of the Parameters pane and its blocks, and the state of the pane.

use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::Failure;
use crate::model::parameters::check::Finding;
use crate::model::parameters::references::ParameterReference;
use crate::model::parameters::tree::Row;
use crate::model::parameters::{Parameter, Secret, Value, Version};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The identifier of the Parameters pane.
pub const ID: PaneId = PaneId("parameters");
/// The block with parameters and secrets.
pub const LIST: Block = Block("parameters");
/// The block with the facts of the selected parameter.
pub const FACTS: Block = Block("parameter-facts");
/// The block with the findings of the check.
pub const CHECK: Block = Block("parameter-check");

/// The state of the Parameters pane. The parameters and secrets themselves are in the estate.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Time of the last request; `None` until the pane was opened.
    pub requested_at: Option<Timestamp>,
    /// Serial number of the pending request.
    pub pending_list: Option<u64>,
    /// Path prefixes that the request covers.
    pub path_prefixes: Vec<String>,
    /// Parameters received so far for the pending request.
    pub incoming: Vec<Parameter>,
    /// Serial number of the pending request for secrets.
    pub pending_secrets: Option<u64>,
    pub incoming_secrets: Vec<Secret>,
    /// The last serial number given to a request.
    pub serial: u64,
    /// Number of finished operations on parameters. When it changes, everything is read again.
    pub finished_operations: usize,
    /// Paths of the collapsed folders.
    pub collapsed: BTreeSet<String>,
    /// Whether secrets of the whole region are shown, not only those known to be the environment's.
    pub whole_region: bool,
    /// The rows of the tree.
    pub rows: Vec<Row>,
    /// Parameters that task definitions reference; `complete` is set if all definitions are known.
    pub references: Vec<ParameterReference>,
    pub complete: bool,
    /// The findings of the check.
    pub findings: Vec<Finding>,
    /// Whether rows and findings are out of date.
    pub stale: bool,
    /// Time when rows and findings were derived.
    pub derived: Option<Timestamp>,
    /// The parameter whose value or versions are shown.
    pub shown: Shown,
    /// Name of a new parameter while its value is being typed.
    pub new_name: Option<String>,
}

/// The value and the versions of one parameter.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub name: String,
    /// Serial number of the pending request for the value.
    pub pending_value: Option<u64>,
    /// The value, and the time when it is hidden again.
    pub value: Option<(Value, Timestamp)>,
    pub value_failure: Option<Failure>,
    /// Serial number of the pending request for the versions.
    pub pending_versions: Option<u64>,
    pub versions: Option<Result<Vec<Version>, Failure>>,
}
