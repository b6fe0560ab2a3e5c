//! Tests of the interpreter: transactions that begin by themselves, several statements at once, failures and their places.

use super::*;
use crate::sql::{Column, ServerMessage, Transaction};

/// The actions for a script of which each `bad` fails; statements with their messages, failures with their places.
fn asked(text: &str) -> Vec<String> {
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
fn an_error_takes_back_its_statement_alone_also_where_the_transaction_begins_with_it() {
    let set = "\\set AUTOCOMMIT off\n\\set ON_ERROR_ROLLBACK on\nbad;";
    let savepoint = "SAVEPOINT pg_psql_temporary_savepoint";
    assert_eq!(asked(set), ["BEGIN", savepoint, "bad", "ROLLBACK TO pg_psql_temporary_savepoint"]);
}

/// What is asked for of statements of which a query gives the last ones, as texts that are run (`\gexec`).
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
fn what_is_sent_around_a_generated_statement_depends_on_those_before_it() {
    let all = generated("\\set AUTOCOMMIT off", &["a", "commit", "b"]);
    assert_eq!(all, ["BEGIN", "select x", "a", "commit", "BEGIN", "b", "select y"]);
    let (set, back) = ("SAVEPOINT pg_psql_temporary_savepoint", "ROLLBACK TO pg_psql_temporary_savepoint");
    let all = generated("\\set ON_ERROR_ROLLBACK on", &["begin", "bad", "bad", "commit"]);
    assert_eq!(all, ["select x", "begin", set, "bad", back, set, "bad", back, set, "commit", "select y"]);
    let all = generated("\\set ON_ERROR_STOP on", &["a", "bad", "b"]);
    assert_eq!(all, ["select x", "a", "bad"]);
}

#[test]
fn savepoints_that_are_there_are_known() {
    let mut interpreter = Interpreter::new(Mode::Script);
    let text = "begin; savepoint a; savepoint \"B\"; savepoint A; rollback to savepoint \"B\"; release A; savepoint c; commit;";
    interpreter.run(text, Origin::Input);
    interpreter.finish();
    let mut there = Vec::new();
    while let Action::Run(run) = interpreter.step() {
        let transaction = if run.statement == "commit" { Transaction::Idle } else { Transaction::Open };
        interpreter.answer(Answer::Ran(Box::new(Ran { transaction, ..Ran::default() })));
        there.push(interpreter.savepoints().join(","));
    }
    assert_eq!(there, ["", "a", "a,B", "a,B,a", "a,B", "", "c", ""]);
}

#[test]
fn a_failure_says_in_which_file_it_is() {
    assert_eq!(
        asked("\\i a.sql\n\\nope"),
        ["print in", "fail a.sql:3: invalid command \\nope", "bad", "fail :2: invalid command \\nope"]
    );
}

#[test]
fn where_a_failure_ends_a_text_it_is_known_what_ran_and_what_did_not() {
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
                Action::More(_) => return interpreter.take_halted(),
                Action::Fail { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let told = |halt: Option<Halt>| halt.map(|halt| (halt.words("what was typed"), halt.why, halt.open));
    let words = "2 statements ran before it; not run: a.sql from line 6 on, then what was typed from line 3 on";
    let all = told(halted("select 1;\n\\i a.sql\nselect 9;"));
    assert_eq!(all, Some((Some(words.to_owned()), "no".to_owned(), true)));
    let command = halted("select 1;\n\\nope\n").expect("it failed");
    assert_eq!(command.words("what was typed").as_deref(), Some("one statement ran before it"));
    assert!(command.why.starts_with("invalid command \\nope") && command.left.is_empty());
    assert_eq!(halted("bad;").and_then(|halt| halt.words("what was typed")), None);
    assert_eq!(halted("select 1;\nselect 2;"), None);
}

#[test]
fn an_unknown_condition_is_false() {
    assert_eq!(asked("\\if `broken`\n\\echo yes\n\\else\n\\echo no\n\\endif"), ["fail :1: it failed", "print no"]);
}

#[test]
fn of_several_statements_at_once_it_is_known_how_many_they_are_and_what_gives_no_rows_sets_nothing() {
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
fn databases_are_named_as_psql_and_pg_dumpall_name_them() {
    let named = |text: &str| {
        let mut interpreter = Interpreter::new(Mode::Script);
        interpreter.run(text, Origin::Input);
        interpreter.finish();
        match interpreter.step() {
            Action::Connect(to) => (to.database, to.user),
            other => panic!("{other:?}"),
        }
    };
    let of = |database: &str| (Some(database.to_owned()), None);
    assert_eq!(named("\\connect template1"), of("template1"));
    assert_eq!(named("\\c \"Shop\""), of("Shop"));
    assert_eq!(named("\\c \"a \"\"b\"\"\" app"), (Some("a \"b\"".into()), Some("app".into())));
    assert_eq!(named("\\c - app"), (None, Some("app".into())));
    assert_eq!(named("\\connect -reuse-previous=on \"dbname='x \\' y'\""), of("x ' y"));
    assert_eq!(named("\\c \"dbname='x' host='y'\""), of("dbname='x' host='y'"));
}

#[test]
fn nothing_is_made_of_a_part_of_a_result_that_is_too_large_to_be_kept() {
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

/// Runs a text, with the files that it names; the statements that are run, and what failed.
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

/// Held against psql 15.
#[test]
fn a_file_that_is_run_has_a_statement_of_its_own_and_ends_alone() {
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
    assert_eq!(with_files("\\echo a\n\\q\n\\echo b", &[]), ["a"], "what is run itself ends all");
}

#[test]
fn a_file_is_looked_for_beside_the_one_that_names_it_however_deep() {
    let files = [("d/a.sql", "\\ir e/b.sql\n"), ("d/e/b.sql", "\\ir ../c.sql\n\\ir /x.sql\n\\i g.sql\n")];
    let lines = with_files("\\ir d/a.sql\n", &files);
    assert_eq!(lines, ["d/e/../c.sql: not there", "/x.sql: not there", "g.sql: not there"]);
}

#[test]
fn values_are_bound_to_one_statement_and_of_several_the_server_is_asked_what_it_says() {
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

/// Held against psql 15.
#[test]
fn behind_a_command_that_failed_the_rest_of_its_line_is_nothing() {
    for (line, told) in [
        ("\\nope \\echo no", "invalid command \\nope"),
        ("\\\\ \\echo no", "invalid command \\"),
        ("\\timing maybe \\echo no", "unrecognized value \"maybe\" for \"\\timing\": Boolean expected"),
        ("\\else \\echo no", "\\else: no matching \\if"),
    ] {
        assert_eq!(with_files(&format!("{line}\nselect 1;"), &[]), [told, "select 1"], "{line}");
    }
    let not_here = with_files("\\setenv A b \\echo yes\n", &[]);
    assert_eq!(not_here[1..], ["yes"], "{not_here:?}");
    let unknown = with_files("\\if maybe \\echo no \\else \\echo yes \\endif\n", &[]);
    assert_eq!(unknown[1..], ["yes"], "{unknown:?}");
}

#[test]
fn who_names_more_than_a_command_shows_is_told() {
    let said = |text: &str| {
        let mut interpreter = Interpreter::new(Mode::Script);
        interpreter.run(text, Origin::Command);
        interpreter.finish();
        let mut said = Vec::new();
        loop {
            match interpreter.step() {
                Action::Look { .. } => interpreter.answer(Answer::Rows(Ok(crate::sql::describe::Looked::default()))),
                Action::Print { text, target: Target::Errors } if text.contains("extra") => said.push(text),
                Action::Quit(_) => return said,
                _ => {}
            }
        }
    };
    assert_eq!(
        said("\\dt+ users tags x"),
        ["tags", "x"].map(|name| format!("\\dt+: extra argument \"{name}\" ignored\n"))
    );
    for text in ["\\dt users", "\\df f int text", "\\drds a b", "\\do - int int", "\\l x"] {
        assert!(said(text).is_empty(), "{text}");
    }
}
