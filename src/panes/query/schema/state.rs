//! State of the schema browser: the objects, what is folded, and the details of single objects.

use crate::app::screen::Block;
use crate::model::sql::activity_listing::Listing;
use crate::model::sql::schema::detail::Section;
use crate::model::sql::schema::keys::ForeignKeys;
use crate::model::sql::schema::object::{Class, TypedName};
use crate::model::sql::schema::objects::Objects;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The block with schemas, their groups, and their objects.
pub const TREE: Block = Block("query-schema");
/// The block with the details of the selected object.
pub const DETAIL: Block = Block("query-schema-detail");

/// An object, identified by its catalogue and its oid there.
pub type ObjectId = (Class, u32);

/// The answer to a query about an object.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectAnswer {
    pub at: Timestamp,
    /// The rows, or why there are none.
    pub listing: Result<Listing, String>,
}

/// A pending query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    /// Serial number of the request.
    pub serial: u64,
    /// The object and section it is about.
    pub of: (ObjectId, Section),
    pub since: Timestamp,
}

/// The state of the schema browser.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Whether it is shown instead of editor and results.
    pub shown: bool,
    pub objects: Objects,
    /// The answer to the query for types.
    pub types: Vec<Vec<Option<String>>>,
    /// Time when the relations were read.
    pub read_at: Option<Timestamp>,
    /// Whether sizes and types were requested.
    pub asked: bool,
    /// All foreign keys; `None` if they are not known.
    pub keys: Option<ForeignKeys>,
    /// Rows whose fold state differs from their default.
    pub toggled: BTreeSet<String>,
    /// The section to show of objects that have it.
    pub section: Section,
    /// Answers about objects.
    pub answers: HashMap<(ObjectId, Section), ObjectAnswer>,
    /// The pending query about an object.
    pub flight: Option<InFlight>,
    /// Failures of look-ups, by their purpose.
    pub missing: BTreeMap<&'static str, String>,
    /// The object to select as soon as it is known.
    pub wanted: Option<TypedName>,
    /// The rows from which keys were followed, the latest last.
    pub trail: Vec<String>,
}
