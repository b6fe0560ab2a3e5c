//! The objects of a database for browsing: a tree of schemas with their tables, views, functions and types, the details and
//! definition of each, and foreign keys to follow. Pure: no query is sent here.

pub mod ddl;
pub mod detail;
pub mod keys;
pub mod object;
pub mod objects;
pub mod tree;

use crate::FailureKind;

/// Why a catalogue query failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogueFailure {
    /// The user lacks a privilege.
    Privilege,
    /// The server lacks a part of the catalogue.
    MissingPart,
    /// Something else.
    Other,
}

impl CatalogueFailure {
    /// Returns the kind that an SQLSTATE means. Source: PostgreSQL's documentation, "PostgreSQL Error Codes".
    pub fn of(sqlstate: &str) -> Self {
        match sqlstate {
            "42501" => Self::Privilege,
            // undefined_table, undefined_function, undefined_column, undefined_object, feature_not_supported
            "42P01" | "42883" | "42703" | "42704" | "0A000" => Self::MissingPart,
            _ => Self::Other,
        }
    }

    /// Returns the matching [`FailureKind`].
    pub fn kind(self) -> FailureKind {
        match self {
            Self::Privilege => FailureKind::Denied,
            Self::MissingPart => FailureKind::NotFound,
            Self::Other => FailureKind::Invalid,
        }
    }

    /// Returns the failure that a [`FailureKind`] means.
    pub fn of_kind(kind: FailureKind) -> Self {
        [Self::Privilege, Self::MissingPart].into_iter().find(|lacking| lacking.kind() == kind).unwrap_or(Self::Other)
    }
}

/// Explains why a result is missing: the server's message, and the privilege or the part of the catalogue that is lacking.
pub fn explain_missing(message: &str, lacking: CatalogueFailure) -> String {
    match lacking {
        CatalogueFailure::Privilege => {
            format!("{message}: the user lacks this right; grant it, or connect as another user")
        }
        CatalogueFailure::MissingPart => {
            format!("{message}: this server lacks that part of PostgreSQL's catalogue (version 13 or newer has it)")
        }
        CatalogueFailure::Other => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_result_names_the_privilege_or_the_catalogue() {
        let lacks =
            explain_missing("relation \"pg_catalog.pg_sequence\" does not exist", CatalogueFailure::of("42P01"));
        assert!(lacks.contains("pg_sequence") && lacks.contains("lacks that part"), "{lacks}");
        let denied = explain_missing("permission denied for table pg_statistic_ext", CatalogueFailure::of("42501"));
        assert!(denied.contains("pg_statistic_ext") && denied.contains("grant it"), "{denied}");
        // Other failures keep the server's message, in whatever language it is.
        assert_eq!(explain_missing("\"x\" does not exist", CatalogueFailure::of("57014")), "\"x\" does not exist");
        for code in ["42501", "42703", "57014"] {
            assert_eq!(
                CatalogueFailure::of_kind(CatalogueFailure::of(code).kind()),
                CatalogueFailure::of(code),
                "{code}"
            );
        }
    }
}
