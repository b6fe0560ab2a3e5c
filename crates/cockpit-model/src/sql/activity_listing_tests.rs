//! Tests of the activity listings.

use super::*;

fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (*cell != "NULL").then(|| (*cell).to_owned())).collect()
}

/// A session row: its process, its state, seconds of its transaction, its blockers.
fn one(pid: &str, state: &str, transaction: &str, blockers: &str) -> Vec<Option<String>> {
    row(&[
        pid,
        "app",
        "db",
        "web",
        "NULL",
        state,
        "NULL",
        "NULL",
        "1.0",
        transaction,
        "1.0",
        "update\n  t",
        blockers,
        "NULL",
        "client backend",
        "f",
    ])
}

#[test]
fn prepared_transaction_is_named_as_blocker() {
    let found = listing(ActivityQuery::Sessions, &[one("2", "active", "4", "{0}")]);
    assert_eq!(found.rows[0].cells[8].text, "a prepared transaction");
    assert_eq!(found.rows[0].cells[8].value, json!([0]));
    assert!(found.notes[0].contains("ROLLBACK PREPARED"), "{:?}", found.notes);
}

#[test]
fn waiting_session_is_listed_below_its_blocker_and_before_unrelated_ones() {
    let rows =
        [one("3", "idle", "NULL", "{}"), one("2", "active", "4", "{1}"), one("1", "idle in transaction", "900", "{}")];
    let found = listing(ActivityQuery::Sessions, &rows);
    let pids: Vec<&str> = found.rows.iter().map(|row| row.cells[0].text.as_str()).collect();
    assert_eq!(pids, ["1", "└ 2", "3"]);
    let weights: Vec<Weight> = found.rows.iter().map(|row| row.weight).collect();
    assert_eq!(weights, [Weight::Bad, Weight::Warn, Weight::Dim]);
    assert_eq!(found.rows[1].cells[8].value, json!([1]));
    assert_eq!(found.rows[1].cells[9].text, "update t", "on one line");
    assert_eq!(found.notes, Vec::<String>::new());
}

#[test]
fn the_longest_transaction_comes_first_and_sessions_without_one_are_left_out() {
    let rows = [one("1", "active", "4", "{}"), one("2", "idle", "NULL", "{}"), one("3", "active", "700", "{}")];
    let found = listing(ActivityQuery::Transactions, &rows);
    let ages: Vec<&str> = found.rows.iter().map(|row| row.cells[7].text.as_str()).collect();
    assert_eq!(ages, ["11m", "4s"]);
}

#[test]
fn hidden_activity_is_marked_instead_of_left_empty() {
    let mut hidden = one("1", "NULL", "NULL", "{}");
    hidden[11] = Some("<insufficient privilege>".into());
    let found = listing(ActivityQuery::Sessions, &[hidden]);
    assert_eq!(found.rows[0].cells[4].text, "not visible");
    assert!(found.notes[0].contains("pg_read_all_stats"), "{:?}", found.notes);
    let found = listing(ActivityQuery::Connections, &[row(&["9", "1", "0", "10", "0", "f"])]);
    assert!(found.notes[0].contains("pg_read_all_stats"), "{:?}", found.notes);
    assert_eq!(found.rows[0].weight, Weight::Warn, "nine of ten are taken");
}

#[test]
fn indexes_with_a_finding_come_first() {
    let rows = [
        row(&["public", "t", "t_pkey", "8192", "9", "t", "t", "NULL"]),
        row(&["public", "t", "t_old", "8192", "0", "f", "t", "NULL"]),
        row(&["app", "t", "t_twin", "8192", "5", "f", "t", "t_pkey"]),
        row(&["app", "t", "t_broken", "8192", "5", "f", "f", "NULL"]),
    ];
    let found = listing(ActivityQuery::Indexes, &rows);
    let findings: Vec<(&str, &str)> =
        found.rows.iter().map(|row| (row.cells[0].text.as_str(), row.cells[4].text.as_str())).collect();
    assert_eq!(
        findings,
        [
            ("t_old", "unused since the statistics began"),
            ("app.t_twin", "t_pkey does the same"),
            ("app.t_broken", "not valid: build it again"),
            ("t_pkey", ""),
        ]
    );
}

#[test]
fn every_listing_has_a_cell_for_each_column() {
    let wide = vec![row(&["1"; 20])];
    for question in crate::sql::activity::ACTIVITY_QUERIES {
        let found = listing(*question, &wide);
        assert!(found.rows.iter().all(|row| row.cells.len() == found.columns.len()), "{question:?}");
        assert!(!found.empty.is_empty());
    }
}

#[test]
fn cut_list_has_a_note_and_complete_list_has_none() {
    for (question, most) in [
        (ActivityQuery::Locks, 500),
        (ActivityQuery::Statements, 50),
        (ActivityQuery::Sizes, 100),
        (ActivityQuery::Indexes, 200),
    ] {
        assert!(question.statement(150_000).contains(&format!("LIMIT {}", most + 1)), "{question:?}");
        let rows = vec![row(&["1"; 20]); most + 1];
        let (whole, more) = (listing(question, &rows[..most]), listing(question, &rows));
        assert_eq!((whole.rows.len(), more.rows.len()), (most, most), "{question:?}");
        assert_eq!(more.notes.len(), whole.notes.len() + 1, "{question:?}");
        assert!(more.notes.last().unwrap().starts_with(&format!("there are more: {most} ")), "{:?}", more.notes);
    }
}
