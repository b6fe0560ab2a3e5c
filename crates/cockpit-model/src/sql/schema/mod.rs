//! What there is in a database, to be looked through: schemas with their tables, views, functions and types as a tree, what
//! is known of one of them, its definition, and foreign keys that are followed. Nothing is asked here.

pub mod ddl;
pub mod detail;
pub mod keys;
pub mod object;
pub mod objects;
pub mod tree;

/// Why an answer is missing, with the right or the part of the catalogue that is lacking, from what the server said.
pub fn missing(said: &str, denied: bool) -> String {
    if denied {
        return format!("{said}: the user lacks this right; grant it, or connect as another user");
    }
    if said.contains("does not exist") || said.contains("not supported") || said.contains("not implemented") {
        return format!("{said}: this server lacks that part of PostgreSQL's catalogue (version 13 or newer has it)");
    }
    said.to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_missing_names_the_right_or_the_view() {
        let lacks = super::missing("relation \"pg_catalog.pg_sequence\" does not exist", false);
        assert!(lacks.contains("pg_sequence") && lacks.contains("lacks that part"), "{lacks}");
        let denied = super::missing("permission denied for table pg_statistic_ext", true);
        assert!(denied.contains("pg_statistic_ext") && denied.contains("grant it"), "{denied}");
        assert_eq!(super::missing("canceling statement", false), "canceling statement");
    }
}
