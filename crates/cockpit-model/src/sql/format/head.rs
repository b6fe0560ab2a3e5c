//! A column's head: its name, its alignment, and the kind of its values for other programs.

use crate::sql::Column;

/// The kind of a column's values for other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Text,
    Number,
    /// `t` or `f`.
    Boolean,
    Json,
}

/// The head of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub name: String,
    /// Whether the values are right-aligned.
    pub right: bool,
    /// The kind of the values.
    pub kind: Kind,
}

impl Head {
    /// Returns the head of a result's column. Source of the object ids: PostgreSQL's `pg_type.dat`.
    pub fn of(column: &Column) -> Self {
        let kind = match column.type_oid {
            16 => Kind::Boolean,
            20 | 21 | 23 | 26 | 700 | 701 | 1700 => Kind::Number,
            114 | 3802 => Kind::Json,
            _ => Kind::Text,
        };
        Self { name: column.name.clone(), right: column.is_right_aligned(), kind }
    }
}
