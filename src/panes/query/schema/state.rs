//! The state of the schema tree: the objects, what is folded, and what was asked of one.

use crate::app::screen::Block;
use crate::model::sql::activity_listing::Listing;
use crate::model::sql::schema::detail::Section;
use crate::model::sql::schema::keys::ForeignKeys;
use crate::model::sql::schema::object::{Class, Typed};
use crate::model::sql::schema::objects::Objects;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Schemas, their parts, and what is in these.
pub const TREE: Block = Block("query-schema");
/// The block with the details of the selected object.
pub const DETAIL: Block = Block("query-schema-detail");

/// An object, by its catalogue and its number there.
pub type Named = (Class, u32);

/// The answer to a question about an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub at: Timestamp,
    /// The rows, or why there are none.
    pub listing: Result<Listing, String>,
}

/// A question that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    /// The number of the question.
    pub serial: u64,
    /// About what.
    pub of: (Named, Section),
    pub since: Timestamp,
}

/// The state of the list of objects.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Whether it is shown instead of editor and results.
    pub shown: bool,
    pub objects: Objects,
    /// The answer to the question for types.
    pub types: Vec<Vec<Option<String>>>,
    /// When the relations came.
    pub at: Option<Timestamp>,
    /// Sizes and types were asked for.
    pub asked: bool,
    /// All foreign keys; none: they are not known.
    pub keys: Option<ForeignKeys>,
    /// Rows that are not as they are by themselves: folded or open.
    pub toggled: BTreeSet<String>,
    /// The section that is shown of objects that have it.
    pub section: Section,
    /// Answers about objects.
    pub seen: HashMap<(Named, Section), Seen>,
    /// The question about one that is on its way.
    pub flight: Option<InFlight>,
    /// Failures of look-ups, by their purpose.
    pub missing: BTreeMap<&'static str, String>,
    /// The object that is selected as soon as it is known.
    pub wanted: Option<Typed>,
    /// The rows from which keys were followed, the last one last.
    pub trail: Vec<String>,
}
