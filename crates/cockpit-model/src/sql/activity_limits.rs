//! Lists that may be longer than is of use: what is left out is said.

use super::activity::Question;
use super::activity_statements::{INDEXES, LOCKS, STATEMENTS, TABLES};

type Rows = [Vec<Option<String>>];

/// Of an answer what is listed, and what is said of the rest where there is more.
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
