//! Tests of the interpreter: implicit transactions, several statements at once, errors and their locations.

use super::*;
use crate::sql::{Column, ServerMessage, Transaction};

/// Runs a script in which each `bad` fails; returns the statements, and the messages and failures with their locations.
fn outcome(text: &str) -> Vec<String> {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.run(text, Origin::Input);
    interpreter.finish();
    let mut lines = Vec::new();
    loop {
        match interpreter.step() {
            Action::Run(run) => {
                lines.push(run.statement.clone());
                let mut ran = Ran { transaction: Transaction::Open, ..Ran::default() };
                if run.statement == "bad" {
                    ran = Ran { failed: Some(ServerMessage::default()), transaction: Transaction::Failed, ..ran };
                }
                interpreter.answer(Answer::Ran(Box::new(ran)));
            }
            Action::Read { .. } => interpreter.answer(Answer::Text(Ok("\\echo in\n\n\\nope\nbad;".into()))),
            Action::Shell { .. } => interpreter.answer(Answer::Text(Err("it failed".into()))),
            Action::Print { text, .. } => lines.push(format!("print {}", text.trim_end())),
            Action::Fail { message, line, file } => {
                lines.push(format!("fail {}:{line}: {message}", file.unwrap_or_default()));
            }
            Action::Quit(_) => return lines,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn error_rolls_back_only_its_statement_even_if_it_began_the_transaction() {
    let set = "\\set AUTOCOMMIT off\n\\set ON_ERROR_ROLLBACK on\nbad;";
    let savepoint = "SAVEPOINT pg_psql_temporary_savepoint";
    assert_eq!(outcome(set), ["BEGIN", savepoint, "bad", "ROLLBACK TO pg_psql_temporary_savepoint"]);
}

/// Returns the statements sent if a query generates these (`\gexec`) and another query follows.
fn generated(set: &str, statements: &[&str]) -> Vec<String> {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.run(&format!("{set}\nselect x \\gexec\nselect y;"), Origin::Input);
    interpreter.finish();
    let mut lines = Vec::new();
    while let Action::Run(run) = interpreter.step() {
        lines.push(run.statement.clone());
        let mut ran = Ran { transaction: interpreter.transaction(), ..Ran::default() };
        match run.statement.as_str() {
            "select x" => ran.rows = statements.iter().map(|statement| vec![Some((*statement).to_owned())]).collect(),
            "commit" => ran.transaction = Transaction::Idle,
            "BEGIN" | "begin" | "ROLLBACK TO pg_psql_temporary_savepoint" => ran.transaction = Transaction::Open,
            "bad" => {
                ran.failed = Some(ServerMessage::default());
                ran.transaction = Transaction::Failed;
            }
            _ => {}
        }
        interpreter.answer(Answer::Ran(Box::new(ran)));
    }
    lines
}

#[test]
fn implicit_statements_around_generated_ones_depend_on_the_previous() {
    let sent = generated("\\set AUTOCOMMIT off", &["a", "commit", "b"]);
    assert_eq!(sent, ["BEGIN", "select x", "a", "commit", "BEGIN", "b", "select y"]);
    let (set, back) = ("SAVEPOINT pg_psql_temporary_savepoint", "ROLLBACK TO pg_psql_temporary_savepoint");
    let sent = generated("\\set ON_ERROR_ROLLBACK on", &["begin", "bad", "bad", "commit"]);
    assert_eq!(sent, ["select x", "begin", set, "bad", back, set, "bad", back, set, "commit", "select y"]);
    let sent = generated("\\set ON_ERROR_STOP on", &["a", "bad", "b"]);
    assert_eq!(sent, ["select x", "a", "bad"]);
}

#[test]
fn open_savepoints_are_tracked() {
    let mut interpreter = Interpreter::new(Mode::Script);
    let text = "begin; savepoint a; savepoint \"B\"; savepoint A; rollback to savepoint \"B\"; release A; savepoint c; commit;";
    interpreter.run(text, Origin::Input);
    interpreter.finish();
    let mut savepoints = Vec::new();
    while let Action::Run(run) = interpreter.step() {
        let transaction = if run.statement == "commit" { Transaction::Idle } else { Transaction::Open };
        interpreter.answer(Answer::Ran(Box::new(Ran { transaction, ..Ran::default() })));
        savepoints.push(interpreter.savepoints().join(","));
    }
    assert_eq!(savepoints, ["", "a", "a,B", "a,B,a", "a,B", "", "c", ""]);
}

#[test]
fn failure_names_its_file() {
    assert_eq!(
        outcome("\\i a.sql\n\\nope"),
        ["print in", "fail a.sql:3: invalid command \\nope", "bad", "fail :2: invalid command \\nope"]
    );
}

#[test]
fn halt_reports_which_statements_ran_and_which_did_not() {
    let mut interpreter = Interpreter::new(Mode::Interactive);
    interpreter.variables_mut().set("ON_ERROR_STOP", "on").unwrap();
    let mut halted = |text: &str| {
        interpreter.run(text, Origin::Command);
        loop {
            match interpreter.step() {
                Action::Run(run) => {
                    let failed = (run.statement == "bad")
                        .then(|| ServerMessage { message: "no".into(), ..ServerMessage::default() });
                    let ran = Ran { failed, transaction: Transaction::Open, ..Ran::default() };
                    interpreter.answer(Answer::Ran(Box::new(ran)));
                }
                Action::Read { .. } => {
                    interpreter.answer(Answer::Text(Ok("select 2;\n\nbad;\n-- c\n\nselect 3;\n".into())));
                }
                Action::NeedInput(_) => return interpreter.take_halted(),
                Action::Fail { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let parts = |halt: Option<Halt>| halt.map(|halt| (halt.sentence("what was typed"), halt.why, halt.open));
    let words = "2 statements ran before it; not run: a.sql from line 6 on, then what was typed from line 3 on";
    let halted_parts = parts(halted("select 1;\n\\i a.sql\nselect 9;"));
    assert_eq!(halted_parts, Some((Some(words.to_owned()), "no".to_owned(), true)));
    let command = halted("select 1;\n\\nope\n").expect("it failed");
    assert_eq!(command.sentence("what was typed").as_deref(), Some("one statement ran before it"));
    assert!(command.why.starts_with("invalid command \\nope") && command.remaining.is_empty());
    assert_eq!(halted("bad;").and_then(|halt| halt.sentence("what was typed")), None);
    assert_eq!(halted("select 1;\nselect 2;"), None);
}

#[test]
fn invalid_condition_is_false() {
    assert_eq!(outcome("\\if `broken`\n\\echo yes\n\\else\n\\echo no\n\\endif"), ["fail :1: it failed", "print no"]);
}

#[test]
fn statements_sent_together_are_counted_and_empty_results_set_nothing() {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.run("select ';' /* ; */\\; select 2\\; \\gset\ncreate table t () \\gset", Origin::Input);
    interpreter.finish();
    let mut counts = Vec::new();
    loop {
        match interpreter.step() {
            Action::Run(run) => {
                counts.push(run.statements);
                interpreter.answer(Answer::Ran(Box::default()));
            }
            Action::Quit(code) => break assert_eq!((counts, code), (vec![2, 1], 0)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn database_names_are_read_as_in_psql_and_pg_dumpall() {
    let named = |text: &str| {
        let mut interpreter = Interpreter::new(Mode::Script);
        interpreter.run(text, Origin::Input);
        interpreter.finish();
        match interpreter.step() {
            Action::Connect(to) => (to.database, to.user),
            other => panic!("{other:?}"),
        }
    };
    let database_only = |database: &str| (Some(database.to_owned()), None);
    assert_eq!(named("\\connect template1"), database_only("template1"));
    assert_eq!(named("\\c \"Shop\""), database_only("Shop"));
    assert_eq!(named("\\c \"a \"\"b\"\"\" app"), (Some("a \"b\"".into()), Some("app".into())));
    assert_eq!(named("\\c - app"), (None, Some("app".into())));
    assert_eq!(named("\\connect -reuse-previous=on \"dbname='x \\' y'\""), database_only("x ' y"));
    assert_eq!(named("\\c \"dbname='x' host='y'\""), database_only("dbname='x' host='y'"));
}

#[test]
fn result_that_is_too_large_to_keep_is_refused() {
    for command in ["\\gexec", "\\crosstabview"] {
        for (count, whole) in [(100_000, true), (100_001, false)] {
            let mut interpreter = Interpreter::new(Mode::Script);
            interpreter.run(&format!("select many {command}\n"), Origin::Command);
            interpreter.finish();
            let mut failed = Vec::new();
            let mut statements = 0;
            loop {
                match interpreter.step() {
                    Action::Run(run) => {
                        statements += 1;
                        let column = |name: &str| Column {
                            name: name.into(),
                            type_oid: 25,
                            modifier: -1,
                            table_oid: 0,
                            number: 0,
                        };
                        let row = vec![Some("select 'a'".to_owned()), Some("b".into()), Some("c".into())];
                        let columns = ["v", "h", "n"].map(column).to_vec();
                        let many = Ran { columns, rows: vec![row], count, ..Ran::default() };
                        let ran = if run.statement == "select many" { many } else { Ran::default() };
                        interpreter.answer(Answer::Ran(Box::new(ran)));
                    }
                    Action::Fail { message, .. } => failed.push(message),
                    Action::Show { .. } => {}
                    Action::Quit(code) => {
                        assert_eq!(code == 0, whole, "{command} {count}");
                        break;
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(failed.is_empty(), whole, "{command} {count}: {failed:?}");
            assert!(whole || (statements == 1 && failed[0].contains("100001 rows")), "{command}: {failed:?}");
        }
    }
}

/// Runs a text with the files it includes; returns the statements run, and the errors.
fn with_files(text: &str, files: &[(&str, &str)]) -> Vec<String> {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.run(text, Origin::File("start.sql".into()));
    interpreter.finish();
    let mut lines = Vec::new();
    for _ in 0..100 {
        match interpreter.step() {
            Action::Run(run) => {
                lines.push(run.statement.clone());
                interpreter.answer(Answer::Ran(Box::default()));
            }
            Action::Read { path } => {
                let text = files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
                interpreter.answer(Answer::Text(text.ok_or_else(|| format!("{path}: not there"))));
            }
            Action::Print { text, .. } => lines.push(text.trim_end().to_owned()),
            Action::Fail { message, .. } => lines.push(message),
            Action::Quit(_) => return lines,
            other => panic!("{other:?}"),
        }
    }
    panic!("it does not end: {lines:?}");
}

/// Compared with psql 15.
#[test]
fn included_file_has_its_own_statement_and_quits_alone() {
    let files = [("f.sql", "\\p\nselect 2;\n\\q\nselect 3;\n")];
    assert_eq!(
        with_files("select 1\n\\i f.sql\n+ 5;\n\\echo here", &files),
        ["Query buffer is empty.", "select 2", "select 1\n\n+ 5", "here"]
    );
    assert_eq!(with_files("select 1\n\\i f.sql\n+ 5;", &[("f.sql", "select 7")]), ["select 7", "select 1\n\n+ 5"]);
    let conditions = [("f.sql", "\\else\nselect 9;\n\\if true\n\\q\n\\endif\n")];
    assert_eq!(
        with_files("\\if true\n\\i f.sql\n\\echo after\n\\endif\n", &conditions),
        ["\\else: no matching \\if", "select 9", "after"]
    );
    assert_eq!(with_files("\\echo a\n\\q\n\\echo b", &[]), ["a"], "at the top level it ends everything");
}

#[test]
fn relative_include_is_resolved_beside_its_file_at_any_depth() {
    let files = [("d/a.sql", "\\ir e/b.sql\n"), ("d/e/b.sql", "\\ir ../c.sql\n\\ir /x.sql\n\\i g.sql\n")];
    let lines = with_files("\\ir d/a.sql\n", &files);
    assert_eq!(lines, ["d/e/../c.sql: not there", "/x.sql: not there", "g.sql: not there"]);
}

#[test]
fn values_are_bound_to_a_single_statement_only() {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.run("select $1 \\; select 2 \\bind x \\g\nselect $1 \\; \\bind x \\g\nselect 3;", Origin::Command);
    interpreter.finish();
    let mut runs = Vec::new();
    while let Action::Run(run) = interpreter.step() {
        runs.push((run.bind.is_some(), run.rows));
        interpreter.answer(Answer::Ran(Box::default()));
    }
    assert_eq!(runs, [(false, Rows::Describe), (true, Rows::Print), (false, Rows::Print)]);
}

/// Compared with psql 15.
#[test]
fn rest_of_the_line_after_a_failed_command_is_dropped() {
    for (line, message) in [
        ("\\nope \\echo no", "invalid command \\nope"),
        ("\\\\ \\echo no", "invalid command \\"),
        ("\\timing maybe \\echo no", "unrecognized value \"maybe\" for \"\\timing\": Boolean expected"),
        ("\\else \\echo no", "\\else: no matching \\if"),
    ] {
        assert_eq!(with_files(&format!("{line}\nselect 1;"), &[]), [message, "select 1"], "{line}");
    }
    let not_here = with_files("\\setenv A b \\echo yes\n", &[]);
    assert_eq!(not_here[1..], ["yes"], "{not_here:?}");
    let unknown = with_files("\\if maybe \\echo no \\else \\echo yes \\endif\n", &[]);
    assert_eq!(unknown[1..], ["yes"], "{unknown:?}");
}

#[test]
fn extra_arguments_are_reported() {
    let reported = |text: &str| {
        let mut interpreter = Interpreter::new(Mode::Script);
        interpreter.run(text, Origin::Command);
        interpreter.finish();
        let mut messages = Vec::new();
        loop {
            match interpreter.step() {
                Action::Query { .. } => {
                    interpreter.answer(Answer::Rows(Ok(crate::sql::describe::QueryResult::default())));
                }
                Action::Print { text, target: Target::Errors } if text.contains("extra") => messages.push(text),
                Action::Quit(_) => return messages,
                _ => {}
            }
        }
    };
    assert_eq!(
        reported("\\dt+ users tags x"),
        ["tags", "x"].map(|name| format!("\\dt+: extra argument \"{name}\" ignored\n"))
    );
    for text in ["\\dt users", "\\df f int text", "\\drds a b", "\\do - int int", "\\l x"] {
        assert!(reported(text).is_empty(), "{text}");
    }
}
