//! Tests of parsing the activity queries' results.

use super::*;

fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (*cell != "NULL").then(|| (*cell).to_owned())).collect()
}

fn session(pid: i32, blocked_by: &[i32]) -> Session {
    Session { pid, blocked_by: blocked_by.to_vec(), ..Session::default() }
}

#[test]
fn session_has_its_wait_event_and_blockers() {
    let rows = [
        row(&[
            "7",
            "app",
            "db",
            "web",
            "10.0.0.1",
            "active",
            "Lock",
            "transactionid",
            "1.5",
            "60.25",
            "2",
            "update t",
            "{5,6,5}",
            "NULL",
            "client backend",
            "f",
        ]),
        row(&[
            "8",
            "NULL",
            "db",
            "",
            "NULL",
            "NULL",
            "NULL",
            "NULL",
            "NULL",
            "NULL",
            "NULL",
            "<insufficient privilege>",
            "{}",
            "NULL",
            "client backend",
            "t",
        ]),
    ];
    let sessions = sessions_of(&rows);
    assert_eq!(sessions[0].waits.as_deref(), Some("Lock: transactionid"));
    assert_eq!((sessions[0].blocked_by.as_slice(), sessions[0].transaction), (&[5, 6][..], Some(60.25)));
    assert!(sessions[1].hidden && sessions[1].own && sessions[1].blocked_by.is_empty());
    assert!(
        incomplete_reason(&sessions)
            .is_some_and(|why| why.starts_with("one session of another user is") && why.contains("pg_monitor"))
    );
    assert_eq!(incomplete_reason(&sessions[..1]), None);
}

#[test]
fn blocking_session_is_above_waiting_ones() {
    let sessions =
        [session(1, &[]), session(2, &[3]), session(3, &[4]), session(4, &[]), session(5, &[4]), session(6, &[])];
    assert_eq!(blocked_tree(&sessions), [(3, 0), (2, 1), (1, 2), (4, 1)]);
    assert_eq!(blocked_tree(&[session(1, &[]), session(2, &[])]), []);
    // Blocked by a session that is not in the list: 0 is a prepared transaction.
    assert_eq!(blocked_tree(&[session(1, &[0])]), [(0, 0)]);
}

#[test]
fn cycle_of_waiting_sessions_terminates() {
    let tree = blocked_tree(&[session(1, &[2]), session(2, &[1]), session(3, &[1])]);
    let mut places: Vec<usize> = tree.iter().map(|(at, _)| *at).collect();
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2], "{tree:?}");
}

#[test]
fn missing_privilege_or_extension_has_a_hint() {
    assert!(ActivityQuery::Statements.missing_hint("42P01").is_some_and(|why| why.contains("CREATE EXTENSION")));
    assert!(ActivityQuery::Sizes.missing_hint("42501").is_some_and(|why| why.contains("pg_monitor")));
    assert!(ActivityQuery::Sessions.missing_hint("42P01").is_some_and(|why| why.contains("no such catalogue")));
    assert_eq!(ActivityQuery::Sizes.missing_hint("57014"), None);
    for question in ACTIVITY_QUERIES {
        assert_eq!(ActivityQuery::of(question.purpose()), Some(*question));
        assert!(question.statement(150_000).starts_with("SELECT"));
    }
    assert!(!ActivityQuery::Sessions.statement(130_000).contains("query_id"));
}

#[test]
fn figures_are_parsed_and_unknown_ones_are_none() {
    let sizes = sizes_of(&[row(&["app", "t", "300", "200", "100", "-1", "75", "25", "NULL", "3.5", "1", "2"])]);
    assert_eq!((sizes[0].rows, sizes[0].bloat(), sizes[0].since), (None, 50, (None, Some(3.5))));
    assert_eq!(Size::default().bloat(), 0);
    let statements =
        statements_of(&[row(&["app", "db", "10", "1000.5", "100.05", "300", "7", "8", "9", "0", "select $1"])]);
    assert_eq!((statements[0].calls, statements[0].milliseconds.0, statements[0].blocks), (10, 1000.5, (8, 9)));
    let indexes = indexes_of(&[row(&["app", "t", "i", "10", "0", "f", "t", "j"])]);
    assert_eq!((indexes[0].used, indexes[0].duplicate_of.as_deref()), (Some(0), Some("j")));
    let followers = standbys_of(&[row(&["a", "NULL", "streaming", "async", "0", "NULL"])]);
    assert_eq!((followers[0].lag_bytes, followers[0].lag), (Some(0), None));
    let connections = connections_of(&[row(&["5", "2", "1", "100", "3", "f"])]).unwrap();
    assert_eq!((connections.open, connections.limit, connections.sees_all), ((5, 2, 1), 100, false));
    assert_eq!(connections_of(&[]), None);
}
