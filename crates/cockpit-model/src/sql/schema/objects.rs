//! All objects of a database, from the completion catalogue and from further queries made when browsing.

use super::object::{Class, Object};
use crate::sql::catalogue::Catalogue;
use std::collections::HashMap;

/// The query for what completion does not need: object id, estimated rows (-1: never counted), bytes including indexes and
/// TOAST as last counted, comment. It takes no locks.
pub const SIZES: &str = "SELECT c.oid, CASE WHEN c.reltuples = 0 AND c.relpages = 0 AND pg_catalog.current_setting('server_version_num', true)::pg_catalog.int4 < 140000 THEN -1 ELSE c.reltuples END, (c.relpages::pg_catalog.int8 + COALESCE((SELECT pg_catalog.sum(x.relpages) FROM pg_catalog.pg_index i \
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid), 0) + COALESCE((SELECT t.relpages FROM pg_catalog.pg_class t WHERE t.oid = c.reltoastrelid), 0)) \
    * pg_catalog.current_setting('block_size')::pg_catalog.int8, pg_catalog.obj_description(c.oid, 'pg_class') \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v', 'i', 'I') AND n.nspname !~ '^pg_(toast|temp)'";

/// The query for user-defined types: class, kind, object id, schema, name.
pub const TYPES: &str = "SELECT CASE y.typtype WHEN 'c' THEN 'r' ELSE 't' END, y.typtype, CASE y.typtype WHEN 'c' THEN y.typrelid ELSE y.oid END, n.nspname, y.typname \
    FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid \
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (y.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')";

/// The size of a relation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Size {
    /// Estimated rows; `None` if never counted.
    pub rows: Option<u64>,
    /// Size in bytes, as last counted.
    pub bytes: u64,
    pub comment: String,
}

/// The groups of objects below a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Tables, including partitioned and foreign ones.
    Tables,
    /// Views, including materialized ones.
    Views,
    /// Functions, procedures and aggregates.
    Functions,
    Sequences,
    Types,
    Indexes,
}

/// All groups, in display order.
pub const GROUPS: &[Group] =
    &[Group::Tables, Group::Views, Group::Functions, Group::Sequences, Group::Types, Group::Indexes];

impl Group {
    /// Returns the name of the group.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tables => "tables",
            Self::Views => "views",
            Self::Functions => "functions",
            Self::Sequences => "sequences",
            Self::Types => "types",
            Self::Indexes => "indexes",
        }
    }

    /// Returns a count of such objects, in words.
    pub fn pluralize(self, count: usize) -> String {
        let word = self.name();
        let singular = if self == Self::Indexes { "index" } else { word.trim_end_matches('s') };
        format!("{count} {}", if count == 1 { singular } else { word })
    }

    /// Returns the group of an object.
    pub fn of(object: &Object) -> Self {
        match (object.class, object.kind) {
            (Class::Function, _) => Self::Functions,
            (Class::Relation, 'v' | 'm') => Self::Views,
            (Class::Relation, 'S') => Self::Sequences,
            (Class::Relation, 'i' | 'I') => Self::Indexes,
            (Class::Relation, 'c') | (Class::Type, _) => Self::Types,
            (Class::Relation | Class::Schema, _) => Self::Tables,
        }
    }
}

/// All objects, sorted by schema, group and name.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    list: Vec<Object>,
    places: HashMap<(Class, u32), usize>,
    /// The schemas, with system schemas last, each with the range of its objects.
    schemas: Vec<(String, std::ops::Range<usize>)>,
    sizes: HashMap<u32, Size>,
}

/// Returns whether a schema belongs to the server.
pub fn is_system(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema"
}

impl Objects {
    /// Collects the objects from the completion catalogue and the result of [`TYPES`].
    pub fn of(catalogue: &Catalogue, types: &[Vec<Option<String>>]) -> Self {
        let relations = catalogue.relations().iter().map(|relation| Object {
            class: Class::Relation,
            kind: relation.kind,
            oid: relation.oid,
            schema: relation.schema.clone(),
            name: relation.name.clone(),
            arguments: String::new(),
        });
        let functions = catalogue.functions().iter().map(|function| Object {
            class: Class::Function,
            kind: function.kind,
            oid: function.oid,
            schema: function.schema.clone(),
            name: function.name.clone(),
            arguments: function.arguments.clone(),
        });
        let types = types.iter().filter_map(|row| Object::of(row));
        let mut list: Vec<Object> = relations.chain(functions).chain(types).collect();
        let order = |object: &Object| (is_system(&object.schema), Group::of(object));
        list.sort_by(|a, b| {
            (order(a).0, &a.schema, order(a).1, &a.name, &a.arguments).cmp(&(
                order(b).0,
                &b.schema,
                order(b).1,
                &b.name,
                &b.arguments,
            ))
        });
        let mut schemas: Vec<(String, std::ops::Range<usize>)> = Vec::new();
        for (at, object) in list.iter().enumerate() {
            match schemas.last_mut() {
                Some((name, places)) if *name == object.schema => places.end = at + 1,
                _ => schemas.push((object.schema.clone(), at..at + 1)),
            }
        }
        // Empty schemas are listed too.
        for name in catalogue.names('n') {
            if !schemas.iter().any(|(known, _)| known == name) {
                let at =
                    schemas.partition_point(|(known, _)| (is_system(known), known.as_str()) < (is_system(name), name));
                schemas.insert(at, (name.to_owned(), 0..0));
            }
        }
        let places = list.iter().enumerate().map(|(at, object)| ((object.class, object.oid), at)).collect();
        Self { list, places, schemas, sizes: HashMap::new() }
    }

    /// Stores the result of [`SIZES`].
    pub fn set_sizes(&mut self, rows: &[Vec<Option<String>>]) {
        let sized = |row: &Vec<Option<String>>| {
            let cell = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
            let rows = cell(1).parse::<f64>().ok().filter(|rows| *rows >= 0.0).map(|rows| rows as u64);
            let size = Size { rows, bytes: cell(2).parse().unwrap_or_default(), comment: cell(3).to_owned() };
            Some((cell(0).parse().ok()?, size))
        };
        self.sizes = rows.iter().filter_map(sized).collect();
    }

    /// Takes the sizes of an earlier list until newer ones arrive.
    #[must_use]
    pub fn with_sizes_of(mut self, before: Self) -> Self {
        self.sizes = before.sizes;
        self
    }

    /// Returns the object with this id.
    pub fn get(&self, class: Class, oid: u32) -> Option<&Object> {
        self.places.get(&(class, oid)).map(|at| &self.list[*at])
    }

    /// Returns the size of a relation, if it is known.
    pub fn size(&self, oid: u32) -> Option<&Size> {
        self.sizes.get(&oid)
    }

    /// Returns the schemas with their objects.
    pub fn schemas(&self) -> impl Iterator<Item = (&str, &[Object])> {
        self.schemas.iter().map(|(name, places)| (name.as_str(), &self.list[places.clone()]))
    }

    /// Returns the objects of a schema.
    pub fn of_schema(&self, schema: &str) -> &[Object] {
        self.schemas().find(|(name, _)| *name == schema).map_or(&[], |(_, objects)| objects)
    }

    /// Returns the number of objects.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether there are no objects.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
