//! Limits on long lists: they are cut, with a note that rows are missing.

use super::activity::ActivityQuery;
use super::activity_statements::{INDEXES, LOCKS, STATEMENTS, TABLES};

type Rows = [Vec<Option<String>>];

/// Returns the rows to list, and a note if there are more.
pub(in crate::sql) fn listed(question: ActivityQuery, rows: &Rows) -> (&Rows, Option<String>) {
    let (most, which) = match question {
        ActivityQuery::Locks => (LOCKS, "locks are listed: awaited ones first, then those held longest"),
        ActivityQuery::Statements => (STATEMENTS, "statements are listed: those that took the most time"),
        ActivityQuery::Sizes => (TABLES, "tables are listed: the largest"),
        ActivityQuery::Indexes => (INDEXES, "indexes are listed: those with a finding, then the largest"),
        ActivityQuery::Sessions
        | ActivityQuery::Transactions
        | ActivityQuery::Replication
        | ActivityQuery::Connections => {
            return (rows, None);
        }
    };
    match rows.get(..most) {
        Some(first) if rows.len() > most => (first, Some(format!("there are more: {most} {which}"))),
        _ => (rows, None),
    }
}
