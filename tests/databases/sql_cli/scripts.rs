//! Scripts of `cockpit sql`: a single transaction stays single, an oversized input is not half run, and libpq's variables apply.

use super::*;
use std::fmt::Write as _;

fn tsv(home: &Home, statement: &str) -> String {
    run_sql(home, &["-o", "tsv", "-c", statement]).exits(0).out
}

#[test]
fn statement_ending_the_single_transaction_is_refused_and_all_is_rolled_back() {
    let home = Home::new();
    for end in ["commit", "rollback", "end and chain", "prepare transaction 'x'", "select 1 \\; commit"] {
        let text = format!(
            "create table ended (n int);\ninsert into ended values (1);\n{end};\ninsert into ended values (2);\n"
        );
        let refused = script(&home, &["-1"], &text).exits(1);
        assert!(
            refused.err.contains("standard input:3: not run: with -1 all is one transaction"),
            "{end}: {}",
            refused.err
        );
        assert_eq!(tsv(&home, "select to_regclass('ended') is null"), "?column?\nt\n", "{end}");
    }
    let several = script(&home, &["-1"], "savepoint a \\; commit;\nselect 'after';\n").exits(1);
    assert!(several.err.contains("not one transaction") && !several.out.contains("after"), "{several:?}");
    script(&home, &["-1"], "begin;\nsavepoint a;\nselect 1;\nrollback to a;\n").exits(0);
}

#[test]
fn oversized_gexec_result_runs_no_statement() {
    let home = Home::new();
    run_sql(&home, &["-c", "create table each (n int)"]).exits(0);
    let text = "select 'insert into each values (' || n || ')' from generate_series(1, 100001) n \\gexec\n";
    let failed = script(&home, &[], text).exits(1);
    assert!(failed.err.contains("100001 rows") && failed.err.contains("LIMIT"), "{}", failed.err);
    assert_eq!(tsv(&home, "select count(*) from each"), "count\n0\n");
}

#[test]
fn libpq_options_apply_and_unknown_ones_are_refused() {
    let home = Home::new();
    let with = |options: &str, arguments: &[&str]| run(sql(&home).env("PGOPTIONS", options), arguments);
    let path = with(
        "-c search_path=app,\\ public --statement-timeout=7s",
        &["-o", "tsv", "-c", "show search_path", "-c", "show statement_timeout"],
    );
    assert_eq!(path.exits(0).out, "search_path\napp, public\nstatement_timeout\n7s\n");
    let reads = "-c default_transaction_read_only=on";
    with(reads, &["-c", "create table never ()"]).exits(4);
    with(reads, &["-c", "set default_transaction_read_only = off"]).exits(4);
    let wrong = with("-B 5", &["-c", "select 1"]).exits(2);
    assert!(wrong.err.contains("`-B 5` of PGOPTIONS"), "{}", wrong.err);
    let unknown = with("-c no_such_setting=1", &["-c", "select 1"]).exits(1);
    assert!(unknown.err.contains("no_such_setting") && unknown.err.contains("PGOPTIONS"), "{}", unknown.err);
}

#[test]
fn file_of_any_size_runs_with_its_data_and_lines_are_counted() {
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
    let failed = run_sql(&home, &["-o", "tsv", "-f", file.to_str().unwrap()]).exits(1);
    assert_eq!(failed.out, format!("count\n{rows}\n"));
    assert!(failed.err.contains(&format!("large.sql:{}: syntax error", rows + 5)), "{}", failed.err);
}

#[test]
fn values_for_several_statements_are_refused_with_a_caret_in_the_typed_text() {
    let home = Home::new();
    let several = script(&home, &[], "begin;\nselect 1 \\; select $1::int \\bind 7 \\g\n").exits(1);
    let words = "standard input:2: cannot insert multiple commands into a prepared statement (SQLSTATE 42601)";
    assert!(several.err.contains(words) && several.out.is_empty(), "{several:?}");
    let wrong = script(&home, &[], "select $1::int, nope \\bind 7 \\g\n").exits(1);
    let lines: Vec<&str> = wrong.err.lines().collect();
    let place = lines.iter().position(|line| line.contains("LINE 1: select")).unwrap();
    assert_eq!(lines[place].find("nope"), lines[place + 1].find('^'), "{}", wrong.err);
}

#[test]
fn included_file_has_its_own_statement_and_quits_alone() {
    let home = Home::new();
    home.write("inner.sql", "select 2 as b;\n\\q\nselect 3 as c;\n");
    let outer = home.write("outer.sql", "select 1\n\\ir inner.sql\n+ 5 as a;\n");
    assert_eq!(run_sql(&home, &["-o", "tsv", "-f", outer.to_str().unwrap()]).exits(0).out, "b\n2\na\n6\n");
    let each = run_sql(&home, &["-o", "tsv", "-c", "select 1 as a; select 2 \\q", "-c", "select 3 as c"]).exits(0).out;
    assert_eq!(each, "a\n1\nc\n3\n");
    let after = ["-v", "ON_ERROR_STOP=0", "-o", "tsv", "-c", "nope; select 1 as a", "-c", "\\q", "-c", "select 3 as c"];
    assert_eq!(run_sql(&home, &after).exits(1).out, "a\n1\nc\n3\n", "even after a failed statement");
    let input = script(&home, &["-o", "tsv", "-c", "\\i -", "-c", "select 2 as b"], "select 1 as a;\n").exits(0).out;
    assert_eq!(input, "a\n1\nb\n2\n");
    assert_eq!(script(&home, &["-o", "tsv"], "\\i -\nselect 3 as c;\n").exits(0).out, "c\n3\n");
    let folder = run_sql(&home, &["-c", "\\i ."]).exits(1);
    assert!(folder.err.contains(".: is a directory"), "{}", folder.err);
}

/// The server may have committed before it was gone.
#[test]
fn commit_with_lost_answer_is_not_reported_as_rolled_back() {
    let home = Home::new();
    let begin = "create table deferred (n int);\n\
                 create function ends() returns trigger language plpgsql as\n\
                 $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;\n\
                 create constraint trigger ends after insert on deferred deferrable initially deferred\n\
                 for each row execute function ends();\n";
    script(&home, &[], begin).exits(0);
    let insert = "insert into deferred values (1);\n";
    let (alone, one): (&[&str], &[&str]) = (&[], &["-1"]);
    for (arguments, text) in [(alone, format!("begin;\n{insert}commit;\n")), (one, insert.to_owned())] {
        let lost = script(&home, arguments, &text).exits(1);
        assert!(
            lost.err.contains("the COMMIT was on its way: whether it was carried out is not known"),
            "{}",
            lost.err
        );
    }
    let open = format!("begin;\n{insert}select pg_terminate_backend(pg_backend_pid());\n");
    let lost = script(&home, &[], &open).exits(1);
    assert!(lost.err.contains("the open transaction is lost: none of its changes were kept"), "{}", lost.err);
}

#[test]
fn statements_after_a_refused_copy_run_unless_they_are_its_data() {
    let home = Home::new();
    let data = "create temporary table t (n int);\ncopy t from stdin; -- one row\n1\n\\.\nselect n from t;\n";
    let text =
        format!("copy nowhere from stdin;\nselect 'one' as a;\n{data}copy nowhere from stdin;\nselect 'last' as a;\n");
    let output = script(&home, &["-o", "csv", "-v", "ON_ERROR_STOP=0"], &text).exits(1);
    assert_eq!(
        (output.out.as_str(), output.err.contains("passed over")),
        ("a\none\nn\n1\na\nlast\n", false),
        "{output:#?}"
    );
    let behind = "create temporary table u (n int) \\; copy u from stdin \\; select n from u;\n7\n\\.\n";
    assert_eq!(script(&home, &["-o", "csv"], behind).exits(0).out, "n\n7\n");
    // A writer that waits for the answer before it continues receives it.
    let mut command = sql(&home);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"copy nowhere from stdin;\n").unwrap();
    let refused = finish(child).exits(1);
    assert!(refused.err.contains("\"nowhere\" does not exist"), "{refused:?}");
    drop(input);
}

/// A list without its largest row would look as if the table did not exist.
#[test]
fn oversized_list_is_not_shown_in_part() {
    let home = Home::new();
    let comment = "do $$ begin execute format('comment on table huge is %L', repeat('x', 70000000)); end $$";
    let cut = run_sql(&home, &["-c", "create temporary table huge ()", "-c", comment, "-c", "\\dt+ huge"]).exits(1);
    assert!(cut.err.contains("the answer is larger than") && !cut.err.contains("Did not find"), "{cut:?}");
}

#[test]
fn string_ends_follow_standard_conforming_strings() {
    let home = Home::new();
    let text = "\\pset format unaligned\n\\t on\nselect 'a\\'; select 'b';\nset standard_conforming_strings = off;\n\
                set escape_string_warning = off;\nselect 'it\\'s; one' as x;\nselect 'two\\\\';\n\
                set standard_conforming_strings = on;\nselect 'c\\';\n";
    let output = script(&home, &["-v", "QUIET=on"], text).exits(0);
    assert_eq!(output.out, "a\\\nb\nit's; one\ntwo\\\nc\\\n", "{output:?}");
}

#[test]
fn unsupported_client_encoding_is_warned_about() {
    let output = run_sql(&Home::new(), &["-c", "set client_encoding = 'LATIN1'", "-c", "select 1"]).exits(0);
    assert!(output.err.contains("WARNING: client_encoding is LATIN1"), "{output:?}");
}

#[test]
fn scripts_find_psql_variables_and_watch_interval_applies() {
    let text = "\\set WATCH_INTERVAL 0.01\n\\echo :VERSION_NUM :LASTOID\nselect 1 as n \\watch c=2\n";
    let output = script(&Home::new(), &["-o", "csv", "--timeout", "20s"], text).exits(0);
    assert!(output.out.starts_with("150000 0\n") && output.out.matches("n\n1\n").count() == 2, "{output:?}");
}
