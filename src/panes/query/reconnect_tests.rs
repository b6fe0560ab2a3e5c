//! A session that is lost, and one whose server changes its role.

use super::requests::{Kind, ticket};
use super::samples::catalogue;
use super::state::Link;
use super::testing::{Desk, server};
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{Server, StatementOutcome, Transaction};
use crate::model::{Failure, FailureKind};
use crate::ui::testing::pictures::assert_screen;

fn at(address: &str, reader: bool) -> sql::Fact {
    let address = Some(address.to_owned());
    sql::Fact::Connected(Box::new(Server { address, reader: Some(reader), ..server() }))
}

/// A lost session with the writer.
fn lost() -> Desk {
    let mut desk = Desk::connected((100, 30));
    desk.tell(at("10.0.1.7:5432", false));
    desk.lose("terminating connection due to administrator command");
    desk.connected = None;
    desk
}

#[test]
fn lost_session_reconnects_and_is_marked_until_the_writer_answers() {
    let mut desk = lost();
    assert!(desk.screen().contains("reconnecting automatically"), "{}", desk.screen());
    desk.tick(2);
    assert!(desk.connected.is_some(), "it is connected to again");
    // The name still leads to the previous member, which is read-only now.
    desk.tell(at("10.0.1.7:5432", true));
    let screen = desk.screen();
    assert!(screen.contains("reader") && screen.contains("this is a reader now: writes will fail"), "{screen}");
    assert_screen("query_reader_after_failover", &desk.app);
    desk.connected = None;
    desk.tick(3);
    assert!(desk.connected.is_none(), "not at once again");
    desk.tick(5);
    assert!(desk.connected.is_some(), "a session that does not write any more is left for another");
    desk.tell(at("10.0.2.9:5432", false));
    let screen = desk.screen();
    assert!(screen.contains("this is the writer now; another server answers under this name"), "{screen}");
    desk.connected = None;
    desk.tick(60);
    assert!(desk.connected.is_none(), "then it stays");
}

#[test]
fn catalogue_answers_of_an_earlier_session_are_ignored() {
    let mut desk = Desk::new((100, 30));
    desk.deaf = true;
    desk.keys("5");
    desk.connect();
    let asked = |desk: &Desk| {
        let looks = desk.app.panes.query.look_ups.iter().filter(|(_, purpose)| **purpose == "relations");
        ticket(&desk.app, Kind::LookUp, *looks.map(|(serial, _)| serial).max().unwrap())
    };
    let has = |table: &str| {
        let (columns, mut rows) = catalogue("relations").unwrap();
        rows[0][1] = Some(table.to_owned());
        Part::Last(sql::Fact::QueryRows { purpose: "relations", columns, rows })
    };
    let late = asked(&desk);
    desk.lose("terminating connection due to administrator command");
    desk.tick(2);
    desk.tell(at("10.0.2.9:5432", false));
    let now = asked(&desk);
    assert_ne!(late, now, "it is requested again");
    desk.answered(now, has("tags"));
    desk.answered(late, has("bookmarks"));
    let names: Vec<&str> =
        desk.app.panes.query.catalogue.relations().iter().map(|relation| relation.name.as_str()).collect();
    assert_eq!(names, ["tags"]);
}

#[test]
fn session_lost_again_still_reaches_the_writer() {
    let mut desk = lost();
    desk.tick(2);
    desk.tell(at("10.0.1.7:5432", true));
    // The reader restarts too.
    desk.lose("terminating connection due to administrator command");
    desk.connected = None;
    desk.tick(4);
    assert!(desk.connected.is_some());
    desk.tell(at("10.0.2.9:5432", true));
    assert!(desk.screen().contains("this is a reader now: writes will fail"), "{}", desk.screen());
    desk.connected = None;
    desk.tick(8);
    assert!(desk.connected.is_some(), "it was one with the writer before");
    desk.tell(at("10.0.2.9:5432", true));
    assert!(desk.screen().contains("; another server answ"), "also at the next try: {}", desk.screen());
    desk.connected = None;
    desk.tick(20);
    assert!(desk.connected.is_some(), "it still waits for the writer");
    desk.tell(at("10.0.2.9:5432", false));
    assert!(desk.screen().contains("this is the writer now"), "{}", desk.screen());
}

#[test]
fn session_in_a_transaction_is_not_moved_to_the_writer_and_rows_stay() {
    let mut desk = lost();
    desk.tick(2);
    desk.tell(at("10.0.1.7:5432", true));
    desk.rows = Some(100_000);
    desk.run("select n, text from numbers;");
    desk.transaction(Transaction::Open);
    desk.connected = None;
    desk.tick(8);
    assert!(desk.connected.is_none(), "a transaction is open");
    desk.transaction(Transaction::Idle);
    desk.tick(30);
    assert!(desk.connected.is_some(), "the rows are no reason to stay with a member that only reads");
    assert!(desk.closed.is_empty());
    desk.keys("esc G");
    assert!(desk.screen().contains("row 100000"), "they are looked at meanwhile:\n{}", desk.screen());
    desk.tell(at("10.0.2.9:5432", false));
    desk.keys("g");
    assert!(desk.screen().contains("this is the writer now") && desk.screen().contains("row 1 of 100,000"));
}

#[test]
fn transaction_of_two_minutes_stays_with_the_reader() {
    let mut desk = lost();
    desk.tick(2);
    desk.tell(at("10.0.1.7:5432", true));
    desk.transaction(Transaction::Open);
    desk.connected = None;
    desk.tick(300);
    desk.transaction(Transaction::Idle);
    desk.tick(301);
    assert!(desk.connected.is_none() && desk.screen().contains("this is a reader now"), "{}", desk.screen());
}

#[test]
fn unreachable_server_is_tried_for_two_minutes_until_escape() {
    let mut desk = lost();
    let mut tries = 0;
    for second in 2..300 {
        desk.tick(second);
        if desk.connected.take().is_some() {
            tries += 1;
            let ticket = desk.session.expect("a question");
            let refused = Failure::new(FailureKind::Unreachable, "nothing listens there");
            desk.answered(ticket, Part::<sql::Fact>::Failed(refused));
        }
    }
    assert!((8..20).contains(&tries), "{tries} tries");
    let Link::Lost(why) = &desk.app.panes.query.link else { panic!("{:?}", desk.app.panes.query.link) };
    assert!(why.contains("nothing listens there") && why.contains("Enter in the block"), "{why}");

    let mut desk = lost();
    desk.keys("esc esc");
    desk.tick(10);
    assert!(desk.connected.is_none(), "Esc stopped reconnecting");
}

#[test]
fn header_shows_a_new_writer_reported_by_aws() {
    let mut desk = Desk::connected((120, 40));
    let writes = |desk: &mut Desk, first: bool| {
        use crate::model::Role;
        let database = &mut desk.app.estate.derived.databases[0].database;
        let host = desk.app.panes.query.place.clone().expect("a place").host;
        database.endpoint = Some(host);
        let mut member = database.members[0].clone();
        database.members.truncate(1);
        (member.id, member.role) = ("db-2".to_owned(), if first { Role::Reader } else { Role::Writer });
        database.members[0].role = if first { Role::Writer } else { Role::Reader };
        database.members.push(member);
    };
    writes(&mut desk, true);
    desk.tick(1);
    assert!(!desk.screen().contains("writes now"), "{}", desk.screen());
    // Derived rows change only when facts arrive, which does not happen here.
    writes(&mut desk, false);
    desk.tick(2);
    assert!(desk.screen().contains("db-2 writes now, not"), "{}", desk.screen());
}

#[test]
fn session_idle_for_ten_minutes_is_not_reconnected() {
    let mut desk = Desk::connected((100, 30));
    desk.tick(601);
    desk.lose("terminating connection due to idle-session timeout");
    desk.connected = None;
    desk.tick(640);
    assert!(desk.connected.is_none());
    assert!(desk.screen().contains("connects again"), "{}", desk.screen());
}

/// A session that was reconnected after it was lost with an open transaction.
fn lost_open() -> Desk {
    let mut desk = Desk::connected((140, 40));
    desk.transaction(Transaction::Open);
    desk.lose("terminating connection due to administrator command");
    desk.tick(2);
    desk.tell(sql::Fact::Connected(Box::new(server())));
    let message = "the open transaction was lost, none of its changes were kept";
    assert!(desk.app.panes.query.is_on() && desk.screen().contains(message), "{}", desk.screen());
    desk
}

#[test]
fn statement_after_a_lost_transaction_needs_confirmation() {
    for statement in ["insert into tags values (1)", "commit", "savepoint a", "select wipe()"] {
        let mut desk = lost_open();
        desk.run("select 1;");
        assert_eq!(desk.ran.len(), 1, "a reading statement needs no confirmation");
        desk.run(&format!("{statement};"));
        assert!(desk.ran.len() == 1 && desk.screen().contains("was lost with the connection"), "{}", desk.screen());
        desk.keys("esc");
        desk.tick(3);
        desk.run(&format!("{statement};"));
        assert_eq!(desk.ran.len(), 1, "a no is for the one statement");
        desk.keys("enter");
        assert_eq!(desk.statements().last(), Some(&statement), "{}", desk.screen());
        assert!(!desk.screen().contains("the open transaction was lost"), "{}", desk.screen());
        desk.run("insert into tags values (2);");
        assert_eq!(desk.ran.len(), 3, "a confirmation is asked only once");
    }
}

#[test]
fn new_transaction_or_rollback_after_a_loss_needs_no_confirmation() {
    for statement in ["begin", "rollback", "start transaction"] {
        let mut desk = lost_open();
        desk.run(&format!("{statement};"));
        desk.run("insert into tags values (1);");
        assert_eq!(desk.statements(), [statement, "insert into tags values (1)"]);
    }
    let mut desk = Desk::connected((140, 40));
    desk.lose("terminating connection due to administrator command");
    desk.tick(2);
    desk.tell(sql::Fact::Connected(Box::new(server())));
    desk.run("insert into tags values (1);");
    assert_eq!(desk.ran.len(), 1, "no transaction was open");
}

#[test]
fn transaction_with_an_unanswered_commit_is_not_reported_as_lost() {
    for told in [true, false] {
        let mut desk = Desk::connected((140, 40));
        desk.slow = true;
        desk.transaction(Transaction::Open);
        desk.run("commit;");
        if told {
            desk.ends(StatementOutcome::Lost("the server closed the connection".into()));
        }
        desk.lose("the server closed the connection");
        let screen = desk.screen();
        assert!(
            screen.contains("Whether it was carried out is not known") && !screen.contains("none of its changes"),
            "{screen}"
        );
        assert!(!desk.app.panes.query.lost_transaction);
    }
}

#[test]
fn changes_of_a_lost_transaction_are_not_shown_as_done() {
    let taken_back = |chained: bool| {
        let mut desk = Desk::connected((100, 30));
        desk.slow = true;
        desk.run("begin;");
        desk.transaction(Transaction::Open);
        desk.ends(StatementOutcome::Done("BEGIN".into()));
        desk.run("update bookmarks set visits = 1 where id = 2;");
        desk.ends(StatementOutcome::Done("UPDATE 1".into()));
        if chained {
            desk.run("commit and chain;");
            desk.ends(StatementOutcome::Done("COMMIT".into()));
        }
        desk.lose("the server closed the connection");
        desk.app.panes.query.tabs.iter().any(|tab| tab.rolled_back)
    };
    assert!(taken_back(false));
    assert!(!taken_back(true), "it was committed");
}
