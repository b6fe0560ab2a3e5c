//! The name of the Parameters pane, those of its blocks, and what it remembers.

use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::Failure;
use crate::model::parameters::check::Finding;
use crate::model::parameters::named::ParameterReference;
use crate::model::parameters::tree::Row;
use crate::model::parameters::{Parameter, Secret, Value, Version};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The name of the Parameters pane.
pub const ID: PaneId = PaneId("parameters");
/// Parameters and secrets.
pub const LIST: Block = Block("parameters");
/// The block with facts of the selected parameter.
pub const FACTS: Block = Block("parameter-facts");
/// The block with what is wrong.
pub const CHECK: Block = Block("parameter-check");

/// The state of the Parameters pane. Parameters and secrets themselves are in the estate.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// When they were asked for last; none: nobody has looked yet.
    pub asked: Option<Timestamp>,
    /// The question that is under way, by its number.
    pub under_way: Option<u64>,
    /// Names that it asks for.
    pub under: Vec<String>,
    /// The parameters that came of it so far.
    pub coming: Vec<Parameter>,
    /// The number of the question about secrets that is under way.
    pub secrets_under_way: Option<u64>,
    pub coming_secrets: Vec<Secret>,
    /// Numbers the questions.
    pub serial: u64,
    /// Operations on parameters that have ended: after one, everything is read again.
    pub ended: usize,
    /// Folders whose parameters are not shown.
    pub closed: BTreeSet<String>,
    /// Secrets of the whole region are shown, not only those that are told to be the environment's.
    pub everything: bool,
    /// The rows of the tree.
    pub rows: Vec<Row>,
    /// The parameters that task definitions name, and whether all definitions are known.
    pub named: Vec<ParameterReference>,
    pub complete: bool,
    /// The faults that the check found.
    pub findings: Vec<Finding>,
    /// Whether something that the rows are made of has changed.
    pub stale: bool,
    /// When rows and findings were derived.
    pub derived: Option<Timestamp>,
    /// The parameter whose value or versions are shown.
    pub shown: Shown,
    /// The name of a new parameter, while its value is typed.
    pub naming: Option<String>,
}

/// The value and the versions of one parameter.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub name: String,
    /// The question for its value, by its number.
    pub asked_value: Option<u64>,
    /// Its value, until when.
    pub value: Option<(Value, Timestamp)>,
    pub value_failure: Option<Failure>,
    /// The question for its versions.
    pub asked_versions: Option<u64>,
    pub versions: Option<Result<Vec<Version>, Failure>>,
}
