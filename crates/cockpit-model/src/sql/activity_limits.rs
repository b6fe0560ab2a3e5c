//! Lists that may get too long: they are cut, with a note of what is left out.

use super::activity::Question;
use super::activity_statements::{INDEXES, LOCKS, STATEMENTS, TABLES};

type Rows = [Vec<Option<String>>];

/// The rows of an answer that are listed, and a note on the rest where there are more.
pub(in crate::sql) fn listed(question: Question, rows: &Rows) -> (&Rows, Option<String>) {
    let (most, which) = match question {
        Question::Locks => (LOCKS, "locks are listed: those that are waited for, then those that are held longest"),
        Question::Statements => (STATEMENTS, "statements are listed: those that took the most time"),
        Question::Sizes => (TABLES, "tables are listed: the largest"),
        Question::Indexes => (INDEXES, "indexes are listed: those that something is against, then the largest"),
        Question::Sessions | Question::Transactions | Question::Replication | Question::Connections => {
            return (rows, None);
        }
    };
    match rows.get(..most) {
        Some(first) if rows.len() > most => (first, Some(format!("there are more: {most} {which}"))),
        _ => (rows, None),
    }
}
