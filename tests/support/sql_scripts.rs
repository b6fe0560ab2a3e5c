//! Scripts of `cockpit sql`: what is one transaction stays one, what is too large is not half run, and what libpq's variables say holds.

use super::*;
use std::fmt::Write as _;

fn tsv(home: &Home, statement: &str) -> String {
    said(home, &["-o", "tsv", "-c", statement]).coded(0).out
}

#[test]
fn what_would_end_the_one_transaction_is_not_run_and_nothing_of_it_is_kept() {
    let home = Home::new();
    for end in ["commit", "rollback", "end and chain", "prepare transaction 'x'", "select 1 \\; commit"] {
        let text = format!(
            "create table ended (n int);\ninsert into ended values (1);\n{end};\ninsert into ended values (2);\n"
        );
        let refused = script(&home, &["-1"], &text).coded(1);
        assert!(
            refused.err.contains("standard input:3: not run: with -1 all is one transaction"),
            "{end}: {}",
            refused.err
        );
        assert_eq!(tsv(&home, "select to_regclass('ended') is null"), "?column?\nt\n", "{end}");
    }
    let several = script(&home, &["-1"], "savepoint a \\; commit;\nselect 'after';\n").coded(1);
    assert!(several.err.contains("not one transaction") && !several.out.contains("after"), "{several:?}");
    script(&home, &["-1"], "begin;\nsavepoint a;\nselect 1;\nrollback to a;\n").coded(0);
}

#[test]
fn of_a_result_that_is_too_large_no_statement_is_run() {
    let home = Home::new();
    said(&home, &["-c", "create table each (n int)"]).coded(0);
    let text = "select 'insert into each values (' || n || ')' from generate_series(1, 100001) n \\gexec\n";
    let failed = script(&home, &[], text).coded(1);
    assert!(failed.err.contains("100001 rows") && failed.err.contains("LIMIT"), "{}", failed.err);
    assert_eq!(tsv(&home, "select count(*) from each"), "count\n0\n");
}

#[test]
fn options_of_libpq_hold_in_the_session_and_what_is_not_understood_is_refused() {
    let home = Home::new();
    let with = |options: &str, arguments: &[&str]| run(sql(&home).env("PGOPTIONS", options), arguments);
    let path = with(
        "-c search_path=app,\\ public --statement-timeout=7s",
        &["-o", "tsv", "-c", "show search_path", "-c", "show statement_timeout"],
    );
    assert_eq!(path.coded(0).out, "search_path\napp, public\nstatement_timeout\n7s\n");
    let reads = "-c default_transaction_read_only=on";
    with(reads, &["-c", "create table never ()"]).coded(4);
    with(reads, &["-c", "set default_transaction_read_only = off"]).coded(4);
    let wrong = with("-B 5", &["-c", "select 1"]).coded(2);
    assert!(wrong.err.contains("`-B 5` of PGOPTIONS"), "{}", wrong.err);
    let unknown = with("-c no_such_setting=1", &["-c", "select 1"]).coded(1);
    assert!(unknown.err.contains("no_such_setting") && unknown.err.contains("PGOPTIONS"), "{}", unknown.err);
}

#[test]
fn a_file_of_any_size_is_run_with_its_data_and_its_lines_are_counted() {
    let home = Home::new();
    let rows = 200_000;
    let mut data = String::new();
    for n in 0..rows {
        let _ = writeln!(data, "{n}\tsome text of a row");
    }
    let text = format!(
        "create table large (n int, t text);\ncopy large from stdin;\n{data}\\.\nselect count(*) from large;\nselec;\n"
    );
    let file = home.write("large.sql", text);
    let failed = said(&home, &["-o", "tsv", "-f", file.to_str().unwrap()]).coded(1);
    assert_eq!(failed.out, format!("count\n{rows}\n"));
    assert!(failed.err.contains(&format!("large.sql:{}: syntax error", rows + 5)), "{}", failed.err);
}

#[test]
fn values_for_several_statements_are_refused_in_the_servers_words_and_a_caret_stands_in_what_was_typed() {
    let home = Home::new();
    let several = script(&home, &[], "begin;\nselect 1 \\; select $1::int \\bind 7 \\g\n").coded(1);
    let words = "standard input:2: cannot insert multiple commands into a prepared statement (SQLSTATE 42601)";
    assert!(several.err.contains(words) && several.out.is_empty(), "{several:?}");
    let wrong = script(&home, &[], "select $1::int, nope \\bind 7 \\g\n").coded(1);
    let lines: Vec<&str> = wrong.err.lines().collect();
    let place = lines.iter().position(|line| line.contains("LINE 1: select")).unwrap();
    assert_eq!(lines[place].find("nope"), lines[place + 1].find('^'), "{}", wrong.err);
}

#[test]
fn a_file_that_is_run_has_a_statement_of_its_own_and_quits_alone() {
    let home = Home::new();
    home.write("inner.sql", "select 2 as b;\n\\q\nselect 3 as c;\n");
    let outer = home.write("outer.sql", "select 1\n\\ir inner.sql\n+ 5 as a;\n");
    assert_eq!(said(&home, &["-o", "tsv", "-f", outer.to_str().unwrap()]).coded(0).out, "b\n2\na\n6\n");
    let each = said(&home, &["-o", "tsv", "-c", "select 1 as a; select 2 \\q", "-c", "select 3 as c"]).coded(0).out;
    assert_eq!(each, "a\n1\nc\n3\n");
    let after = ["-v", "ON_ERROR_STOP=0", "-o", "tsv", "-c", "nope; select 1 as a", "-c", "\\q", "-c", "select 3 as c"];
    assert_eq!(said(&home, &after).coded(1).out, "a\n1\nc\n3\n", "also after one that failed");
    let input = script(&home, &["-o", "tsv", "-c", "\\i -", "-c", "select 2 as b"], "select 1 as a;\n").coded(0).out;
    assert_eq!(input, "a\n1\nb\n2\n");
    assert_eq!(script(&home, &["-o", "tsv"], "\\i -\nselect 3 as c;\n").coded(0).out, "c\n3\n");
    let folder = said(&home, &["-c", "\\i ."]).coded(1);
    assert!(folder.err.contains(".: is a directory"), "{}", folder.err);
}

/// The server may have written it down before it was gone.
#[test]
fn a_commit_whose_answer_is_lost_is_not_said_to_be_taken_back() {
    let home = Home::new();
    let begin = "create table deferred (n int);\n\
                 create function ends() returns trigger language plpgsql as\n\
                 $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;\n\
                 create constraint trigger ends after insert on deferred deferrable initially deferred\n\
                 for each row execute function ends();\n";
    script(&home, &[], begin).coded(0);
    let insert = "insert into deferred values (1);\n";
    let (alone, one): (&[&str], &[&str]) = (&[], &["-1"]);
    for (arguments, text) in [(alone, format!("begin;\n{insert}commit;\n")), (one, insert.to_owned())] {
        let lost = script(&home, arguments, &text).coded(1);
        assert!(
            lost.err.contains("the COMMIT was on its way: whether it was carried out is not known"),
            "{}",
            lost.err
        );
    }
    let open = format!("begin;\n{insert}select pg_terminate_backend(pg_backend_pid());\n");
    let lost = script(&home, &[], &open).coded(1);
    assert!(lost.err.contains("the open transaction is lost: nothing of it was kept"), "{}", lost.err);
}

#[test]
fn what_follows_a_copy_that_was_refused_is_run_where_it_is_no_data() {
    let home = Home::new();
    let data = "create temporary table t (n int);\ncopy t from stdin; -- one row\n1\n\\.\nselect n from t;\n";
    let text =
        format!("copy nowhere from stdin;\nselect 'one' as a;\n{data}copy nowhere from stdin;\nselect 'last' as a;\n");
    let said = script(&home, &["-o", "csv", "-v", "ON_ERROR_STOP=0"], &text).coded(1);
    assert_eq!((said.out.as_str(), said.err.contains("passed over")), ("a\none\nn\n1\na\nlast\n", false), "{said:#?}");
    let behind = "create temporary table u (n int) \\; copy u from stdin \\; select n from u;\n7\n\\.\n";
    assert_eq!(script(&home, &["-o", "csv"], behind).coded(0).out, "n\n7\n");
    // Who writes on only when the answer is there has it.
    let mut command = sql(&home);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"copy nowhere from stdin;\n").unwrap();
    let refused = finish(child).coded(1);
    assert!(refused.err.contains("\"nowhere\" does not exist"), "{refused:?}");
    drop(input);
}

/// A list without its largest row would say that the table is not there.
#[test]
fn a_list_that_is_too_large_is_not_shown_in_part() {
    let home = Home::new();
    let comment = "do $$ begin execute format('comment on table huge is %L', repeat('x', 70000000)); end $$";
    let cut = said(&home, &["-c", "create temporary table huge ()", "-c", comment, "-c", "\\dt+ huge"]).coded(1);
    assert!(cut.err.contains("the answer is larger than") && !cut.err.contains("Did not find"), "{cut:?}");
}

#[test]
fn where_a_text_ends_is_as_the_server_says() {
    let home = Home::new();
    let text = "\\pset format unaligned\n\\t on\nselect 'a\\'; select 'b';\nset standard_conforming_strings = off;\n\
                set escape_string_warning = off;\nselect 'it\\'s; one' as x;\nselect 'two\\\\';\n\
                set standard_conforming_strings = on;\nselect 'c\\';\n";
    let said = script(&home, &["-v", "QUIET=on"], text).coded(0);
    assert_eq!(said.out, "a\\\nb\nit's; one\ntwo\\\nc\\\n", "{said:?}");
}

#[test]
fn an_encoding_in_which_nothing_here_is_is_warned_of() {
    let said = said(&Home::new(), &["-c", "set client_encoding = 'LATIN1'", "-c", "select 1"]).coded(0);
    assert!(said.err.contains("WARNING: client_encoding is LATIN1"), "{said:?}");
}

#[test]
fn scripts_find_what_psql_has_told_them_and_how_often_watch_looks() {
    let text = "\\set WATCH_INTERVAL 0.01\n\\echo :VERSION_NUM :LASTOID\nselect 1 as n \\watch c=2\n";
    let said = script(&Home::new(), &["-o", "csv", "--timeout", "20s"], text).coded(0);
    assert!(said.out.starts_with("150000 0\n") && said.out.matches("n\n1\n").count() == 2, "{said:?}");
}
