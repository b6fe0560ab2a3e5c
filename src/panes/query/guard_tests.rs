//! A read-only session becomes writable only with consent, whatever statement requests it.

use super::requests::Kind;
use super::state::ID;
use super::testing::{Desk, server};
use super::windows;
use crate::app::ticket::Owner;
use crate::feeds::sql;
use crate::model::sql::Server;

fn only_reads() -> Server {
    Server { read_only: true, read_only_why: Some("staging is guarded".into()), ..server() }
}

fn guarded() -> Desk {
    let mut desk = Desk::connected((100, 40));
    desk.app.environment.guarded = true;
    desk.tell(sql::Fact::Connected(Box::new(only_reads())));
    desk
}

#[test]
fn making_a_guarded_session_writable_needs_the_typed_name() {
    for statement in [
        "SET default_transaction_read_only = off",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "BEGIN READ WRITE",
        "SET transaction_read_only = off",
        "select set_config('default_transaction_read_only', 'off', false)",
        "RESET ALL",
        "DISCARD ALL",
        "do $$ begin set default_transaction_read_only = off; end $$",
    ] {
        let mut desk = guarded();
        desk.run(&format!("{statement};"));
        let screen = desk.screen();
        assert!(desk.ran.is_empty() && screen.contains("type staging"), "{statement}: {screen}");
        let screen = screen.replace(['│', ' ', '\n'], "");
        assert!(screen.contains("Withthistheymaywrite.") && screen.contains("sqlstaging--write"), "{screen}");
        desk.keys("enter");
        assert!(desk.ran.is_empty(), "{statement}: no name was typed");
        desk.keys("s t a g i n g enter");
        assert_eq!(desk.statements(), [statement]);
        // Consent is not revoked.
        desk.tell(sql::Fact::Connected(Box::new(server())));
        assert_eq!(desk.statements(), [statement]);
    }
    let mut desk = guarded();
    desk.run("begin read only;");
    desk.run("set search_path = app;");
    assert_eq!(desk.statements(), ["begin read only", "set search_path = app"]);
}

#[test]
fn consent_is_asked_again_after_the_session_became_read_only() {
    let mut desk = guarded();
    desk.keys("esc U s t a g i n g enter");
    assert_eq!(desk.ran.len(), 1, "{}", desk.screen());
    desk.keys("tab");
    desk.tell(sql::Fact::Connected(Box::new(server())));
    desk.run("begin read write;");
    assert_eq!(desk.ran.len(), 2, "it writes already");
    desk.tell(sql::Fact::Connected(Box::new(only_reads())));
    desk.run("reset all;");
    assert!(desk.ran.len() == 2 && desk.screen().contains("type staging"), "{}", desk.screen());
}

#[test]
fn session_made_writable_without_consent_is_reset_to_read_only() {
    let mut desk = guarded();
    desk.run("select 1;");
    desk.tell(sql::Fact::Connected(Box::new(server())));
    assert_eq!(desk.statements(), ["select 1", "SET default_transaction_read_only = on"]);
    assert!(desk.screen().contains("without your consent"), "{}", desk.screen());
}

#[test]
fn read_only_flag_never_allows_writes() {
    let mut desk = guarded();
    desk.app.session.read_only = true;
    desk.run("set default_transaction_read_only = off;");
    desk.run("begin read write;");
    assert!(desk.ran.is_empty() && desk.screen().contains("--read-only keeps"), "{}", desk.screen());
}

#[test]
fn statement_the_server_would_run_is_refused_only_with_read_only_flag() {
    for (statement, said) in [
        ("vacuum full;", "does not keep the server from this"),
        ("select pg_notify('a', 'b');", "does not keep the server from this"),
        ("alter system set work_mem = '1GB';", "does not keep the server from this"),
        ("select wipe();", "will refuse what changes rows"),
        ("update t set a = 1 where id = 1;", "the server will refuse it"),
    ] {
        let mut desk = guarded();
        desk.run(statement);
        let screen = desk.screen().replace(['│', ' ', '\n'], "");
        assert!(desk.ran.is_empty() && screen.contains(&said.replace(' ', "")), "{statement}: {}", desk.screen());
        let mut desk = guarded();
        desk.app.session.read_only = true;
        desk.run(statement);
        let kept = desk.screen().contains("--read-only: not run");
        assert_eq!(kept, said.starts_with("does not"), "{statement}: {}", desk.screen());
        assert!(desk.ran.is_empty(), "{statement}");
    }
}

#[test]
fn statement_a_reader_would_run_needs_confirmation() {
    for (statement, asks) in [
        ("select pg_terminate_backend(1);", true),
        ("select pg_wal_replay_pause();", true),
        ("delete from t;", false),
        ("select wipe();", false),
    ] {
        let mut desk = Desk::connected((100, 40));
        desk.app.environment.guarded = true;
        desk.tell(sql::Fact::Connected(Box::new(Server { reader: Some(true), ..only_reads() })));
        desk.run(statement);
        assert_eq!(desk.ran.is_empty(), asks, "{statement}: {}", desk.screen());
    }
}

#[test]
fn several_statements_are_not_explained_for_the_question() {
    let mut desk = Desk::connected((100, 40));
    for text in [
        "delete from tags \\; commit \\; begin read write \\; insert into tags values (99) \\; commit;",
        "with gone as (select 1) delete from tags \\; drop table tags;",
    ] {
        let looked = desk.looked.len();
        desk.run(text);
        assert!(desk.ran.is_empty() && desk.screen().contains("has no WHERE"), "{}", desk.screen());
        assert_eq!(
            desk.looked.len(),
            looked,
            "EXPLAIN would explain the first and run the others: {:?}",
            desk.looked.last()
        );
        desk.keys("esc");
        desk.tick(1);
    }
}

#[test]
fn look_up_for_a_question_is_cancelled_by_its_answer() {
    for answer in ["esc", "enter"] {
        let mut desk = Desk::connected((100, 40));
        desk.deaf = true;
        desk.run("delete from tags;");
        let screen = desk.screen().replace(['│', ' ', '\n'], "");
        assert!(screen.contains("beinglookedup(EXPLAIN)") && screen.contains("hasnoWHERE"), "{}", desk.screen());
        assert!(desk.ran.is_empty() && desk.left.is_empty());
        desk.keys(answer);
        desk.tick(1);
        let looked = desk.left.iter().filter(|left| left.owner == Owner::Pane(ID.0, Kind::LookUp as u8)).count();
        assert_eq!((looked, desk.ran.len()), (1, usize::from(answer == "enter")), "{answer}: {}", desk.screen());
    }
    let mut desk = Desk::connected((100, 40));
    desk.run("delete from tags;");
    assert!(desk.screen().contains("About 120,000 rows"), "{}", desk.screen());
    desk.keys("esc");
    desk.tick(1);
    assert!(desk.left.is_empty(), "it was answered");
    desk.planned = 1;
    desk.run("delete from tags;");
    assert!(desk.screen().contains("About one row (EXPLAIN)."), "{}", desk.screen());
}

#[test]
fn question_about_a_long_statement_counts_its_hidden_lines() {
    let mut desk = guarded();
    desk.file = format!("update tags set n = 1 where id = 1{};\n", "\nor id = 2".repeat(149));
    desk.run("\\i long.sql");
    let asked = windows::confirm(&desk.app, 0).expect("a question");
    let lines: Vec<&str> = asked.text.iter().map(|(_, line)| line.as_str()).collect();
    assert!(lines.contains(&"… and 50 more lines, also run"), "{lines:?}");
}

#[test]
fn text_that_may_be_several_statements_is_not_one() {
    for (text, one) in [
        ("select 1", true),
        ("select 'a;b'", true),
        ("select 1; commit", false),
        ("select '\\''; commit; --'", false),
        ("select 'C:\\'", true),
    ] {
        assert_eq!(super::guard::is_single_statement(text), one, "{text}");
    }
}
