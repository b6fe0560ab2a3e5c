//! The objects of a database, to be looked through: schemas with their tables, views, functions and types as a tree,
//! what is known of one of them, its definition, and foreign keys that are followed. Nothing is asked here.

pub mod ddl;
pub mod detail;
pub mod keys;
pub mod object;
pub mod objects;
pub mod tree;

use crate::FailureKind;

/// Why a statement about the catalogue failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogueFailure {
    /// The user lacks a right.
    Right,
    /// The server lacks a part of the catalogue.
    Part,
    /// Something else.
    Other,
}

impl CatalogueFailure {
    /// The kind that an SQLSTATE means. Source: PostgreSQL's documentation, "PostgreSQL Error Codes".
    pub fn of(sqlstate: &str) -> Self {
        match sqlstate {
            "42501" => Self::Right,
            // undefined_table, undefined_function, undefined_column, undefined_object, feature_not_supported
            "42P01" | "42883" | "42703" | "42704" | "0A000" => Self::Part,
            _ => Self::Other,
        }
    }

    /// The kind of a failure for it.
    pub fn kind(self) -> FailureKind {
        match self {
            Self::Right => FailureKind::Denied,
            Self::Part => FailureKind::NotFound,
            Self::Other => FailureKind::Invalid,
        }
    }

    /// The one that a kind of failure means.
    pub fn of_kind(kind: FailureKind) -> Self {
        [Self::Right, Self::Part].into_iter().find(|lacking| lacking.kind() == kind).unwrap_or(Self::Other)
    }
}

/// Why an answer is missing, with the right or the part of the catalogue that is lacking, and what the server said.
pub fn missing(said: &str, lacking: CatalogueFailure) -> String {
    match lacking {
        CatalogueFailure::Right => format!("{said}: the user lacks this right; grant it, or connect as another user"),
        CatalogueFailure::Part => {
            format!("{said}: this server lacks that part of PostgreSQL's catalogue (version 13 or newer has it)")
        }
        CatalogueFailure::Other => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_names_the_right_or_the_view() {
        let lacks = missing("relation \"pg_catalog.pg_sequence\" does not exist", CatalogueFailure::of("42P01"));
        assert!(lacks.contains("pg_sequence") && lacks.contains("lacks that part"), "{lacks}");
        let denied = missing("permission denied for table pg_statistic_ext", CatalogueFailure::of("42501"));
        assert!(denied.contains("pg_statistic_ext") && denied.contains("grant it"), "{denied}");
        // In whichever language the server speaks, and whatever it says.
        assert_eq!(missing("\"x\" does not exist", CatalogueFailure::of("57014")), "\"x\" does not exist");
        for code in ["42501", "42703", "57014"] {
            assert_eq!(
                CatalogueFailure::of_kind(CatalogueFailure::of(code).kind()),
                CatalogueFailure::of(code),
                "{code}"
            );
        }
    }
}
