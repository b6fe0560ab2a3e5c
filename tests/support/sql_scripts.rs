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
