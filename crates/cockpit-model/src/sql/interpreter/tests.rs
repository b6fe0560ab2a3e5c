//! Tests of the interpreter: the actions for one text after the other, and the effect of the answers.

use super::*;
use crate::sql::{Column, Server, ServerMessage, Transaction};

/// Runs a text, answering each statement with `answer`; returns the actions, one per line.
fn actions(mode: Mode, text: &str, mut answer: impl FnMut(&Run) -> Ran) -> Vec<String> {
    let mut interpreter = Interpreter::new(mode);
    interpreter.set_server(&Server { version: "15.18 (Debian)".into(), database: "app".into(), ..Server::default() });
    interpreter.run(text, Origin::File("a.sql".into()));
    interpreter.finish();
    let mut lines = Vec::new();
    for _ in 0..200 {
        match interpreter.step() {
            Action::Run(run) => {
                let hidden = if run.hidden { "hidden " } else { "" };
                lines.push(format!("{hidden}run {}", run.statement));
                let ran = answer(&run);
                interpreter.answer(Answer::Ran(Box::new(ran)));
            }
            Action::Query { .. } => {
                lines.push("look".into());
                interpreter.answer(Answer::Rows(Ok(crate::sql::describe::QueryResult::default())));
            }
            Action::Print { text, target } => lines.push(format!("{target:?} {}", text.trim_end())),
            Action::Show { sheet, .. } => lines.push(format!("show {}", sheet.title.clone().unwrap_or_default())),
            Action::Fail { message, line, .. } => lines.push(format!("fail {line}: {message}")),
            Action::Output(target) => {
                lines.push(format!("output {target:?}"));
                interpreter.answer(Answer::Done(Ok(())));
            }
            Action::Read { path } => {
                lines.push(format!("read {path}"));
                let text = if path == "none" {
                    Err("No such file or directory".into())
                } else {
                    Ok("\\echo in\nselect 2".to_owned())
                };
                interpreter.answer(Answer::Text(text));
            }
            Action::Shell { command, .. } if command == "broken" => {
                lines.push(format!("shell {command}"));
                interpreter.answer(Answer::Text(Err("it failed".into())));
            }
            Action::Shell { command, captured } => {
                lines.push(format!("shell {command}"));
                interpreter.answer(Answer::Text(Ok(if captured { "out".into() } else { String::new() })));
            }
            Action::Edit { what, .. } => {
                lines.push(format!("edit {what:?}"));
                interpreter.answer(Answer::Text(Ok("select 'edited';\nselect 3".into())));
            }
            Action::Prompt(text) => {
                lines.push(format!("ask {text}"));
                interpreter.answer(Answer::Text(Ok("typed".into())));
            }
            Action::Wait(milliseconds) => {
                lines.push(format!("wait {milliseconds}"));
                interpreter.answer(Answer::Done(Ok(())));
            }
            Action::Quit(code) => {
                lines.push(format!("quit {code}"));
                return lines;
            }
            other => {
                lines.push(format!("{other:?}"));
                interpreter.answer(Answer::Done(Ok(())));
                interpreter.answer(Answer::Text(Ok("typed".into())));
            }
        }
    }
    panic!("it does not end: {lines:?}");
}

fn fine(_: &Run) -> Ran {
    Ran { count: 1, ..Ran::default() }
}

fn script(text: &str) -> Vec<String> {
    actions(Mode::Script, text, fine)
}

fn failing(run: &Run) -> Ran {
    let failed = run.statement.contains("bad").then(|| ServerMessage {
        severity: "ERROR".into(),
        code: "42601".into(),
        message: "no".into(),
        ..ServerMessage::default()
    });
    Ran { failed, count: 1, ..Ran::default() }
}

fn column(name: &str, type_oid: u32) -> Column {
    Column { name: name.into(), type_oid, modifier: -1, table_oid: 0, number: 0 }
}

#[test]
fn statements_run_in_order_and_the_last_needs_no_semicolon() {
    assert_eq!(
        script("select 1;\n -- c\n;select (1;2);\nselect 3 -- end\n"),
        ["run select 1", "run select (1;2)", "run select 3 -- end", "quit 0"]
    );
    assert_eq!(
        script("create function f() begin atomic select 1; end; select 2"),
        ["run create function f() begin atomic select 1; end", "run select 2", "quit 0"]
    );
    assert_eq!(script("select 1 \\; select 2;"), ["run select 1 ; select 2", "quit 0"]);
    assert_eq!(script("select 'open"), ["run select 'open", "quit 0"]);
    assert_eq!(script(""), ["quit 0"]);
}

#[test]
fn variables_are_replaced_outside_of_strings_and_comments() {
    assert_eq!(
        script("\\set x 'a''b'\nselect :'x', :\"x\", ':x', x::int, :y, a[1:2] /* :x */;"),
        ["run select 'a''b', \"a'b\", ':x', x::int, :y, a[1:2] /* :x */", "quit 0"]
    );
    assert_eq!(script("\\set t 'from t; select 2;'\nselect 1 :t"), ["run select 1 from t", "run select 2", "quit 0"]);
    assert_eq!(
        script("\\set a :b\n\\set b 'x :b y'\nselect :b;"),
        ["Errors skipping recursive expansion of variable \"b\"", "run select x :b y", "quit 0"]
    );
    assert_eq!(script("\\set q 'select \\'open '\n:q closed';"), ["run select 'open  closed'", "quit 0"]);
    assert_eq!(script("\\set x 1 2 '3 4'\n\\echo :x :{?x} :{?n}"), ["Output 123 4 TRUE FALSE", "quit 0"]);
}

#[test]
fn only_active_branches_add_to_the_statement() {
    let text = "select\n\\if true\n1\n\\else\n(bogus\n\\endif\nas a;";
    assert_eq!(script(text)[0].split_whitespace().collect::<Vec<_>>(), ["run", "select", "1", "as", "a"]);
    let text = "select \\if false \\\\ (bogus \\else \\\\ 42 \\endif \\\\ forty_two;";
    assert_eq!(script(text)[0].split_whitespace().collect::<Vec<_>>(), ["run", "select", "42", "forty_two"]);
    let text = "select\n\\if 0\n1\n\\elif 1\n2\n\\elif 1\n3\n\\else\n4\n\\endif\n;";
    assert_eq!(script(text)[0].split_whitespace().collect::<Vec<_>>(), ["run", "select", "2"]);
}

#[test]
fn inactive_branches_do_nothing() {
    let text = "\\if false\nselect 1;\n\\echo no\n\\i none\n\\if true\nselect 2;\n\\endif\n\\elif 1\nselect 3;\n\\else\nselect 4;\n\\endif\nselect 5;";
    assert_eq!(script(text), ["run select 3", "run select 5", "quit 0"]);
    assert_eq!(script("select 1\n\\if off\n, (2\n\\else\n, 3\n\\endif\n;"), ["run select 1\n\n, 3", "quit 0"]);
    assert_eq!(
        script("\\if maybe\n\\endif"),
        ["fail 1: unrecognized value \"maybe\" for \"\\if expression\": Boolean expected", "quit 0"]
    );
    assert_eq!(
        script("\\endif\n\\else\n\\elif 1"),
        [
            "fail 1: \\endif: no matching \\if",
            "fail 2: \\else: no matching \\if",
            "fail 3: \\elif: no matching \\if",
            "quit 0"
        ]
    );
    assert_eq!(script("\\if 1\n\\else\n\\else\n\\endif"), ["fail 3: \\else: cannot occur after \\else", "quit 0"]);
    assert_eq!(
        script("\\if 1\nselect 1;"),
        ["run select 1", "fail 2: reached EOF without finding closing \\endif(s)", "quit 0"]
    );
    assert_eq!(script("\\set v on\n\\if :v\n\\echo yes\n\\endif"), ["Output yes", "quit 0"]);
}

#[test]
fn error_ends_a_script_if_configured() {
    assert_eq!(actions(Mode::Script, "bad 1;\nselect 2;", failing), ["run bad 1", "run select 2", "quit 0"]);
    assert_eq!(actions(Mode::Script, "\\set ON_ERROR_STOP 1\nbad 1;\nselect 2;", failing), ["run bad 1", "quit 3"]);
    assert_eq!(
        actions(Mode::Script, "\\set ON_ERROR_STOP on\n\\foo\nselect 2;", failing),
        ["fail 2: invalid command \\foo", "quit 3"]
    );
    assert_eq!(
        actions(
            Mode::Script,
            "bad 1;\n\\echo :ERROR :SQLSTATE :LAST_ERROR_MESSAGE\nselect 1;\n\\echo :ERROR :ROW_COUNT :LAST_ERROR_SQLSTATE",
            failing
        ),
        ["run bad 1", "Output true 42601 no", "run select 1", "Output false 1 42601", "quit 0"]
    );
    let verbose = actions(Mode::Script, "\\errverbose\nbad 1;\n\\errverbose", failing);
    assert_eq!(verbose[0], "Output There is no previous error.");
    assert!(verbose[2].contains("42601: no"), "{verbose:?}");
}

#[test]
fn transaction_begins_implicitly_without_autocommit() {
    let mut open = false;
    let lines = actions(Mode::Script, "\\set AUTOCOMMIT off\nselect 1;\nselect 2;\ncommit;\nvacuum;", |run| {
        open = if run.statement == "BEGIN" { true } else { open && run.statement != "commit" };
        Ran { transaction: if open { Transaction::Open } else { Transaction::Idle }, ..Ran::default() }
    });
    assert_eq!(lines, ["hidden run BEGIN", "run select 1", "run select 2", "run commit", "run vacuum", "quit 0"]);
}

#[test]
fn error_rolls_back_only_its_statement_if_configured() {
    let text = "\\set ON_ERROR_ROLLBACK on\nbegin;\nselect 1;\nbad;\nsavepoint a;\ncommit;";
    let lines = actions(Mode::Script, text, |run| {
        let mut ran = failing(run);
        ran.transaction = match run.statement.as_str() {
            "commit" => Transaction::Idle,
            "bad" => Transaction::Failed,
            _ => Transaction::Open,
        };
        ran
    });
    let point = "pg_psql_temporary_savepoint";
    assert_eq!(
        lines,
        [
            "run begin".to_owned(),
            format!("hidden run SAVEPOINT {point}"),
            "run select 1".into(),
            format!("hidden run RELEASE {point}"),
            format!("hidden run SAVEPOINT {point}"),
            "run bad".into(),
            format!("hidden run ROLLBACK TO {point}"),
            format!("hidden run SAVEPOINT {point}"),
            "run savepoint a".into(),
            format!("hidden run SAVEPOINT {point}"),
            "run commit".into(),
            "quit 0".into(),
        ]
    );
}

#[test]
fn columns_of_one_row_become_variables() {
    let answer = |rows: Vec<Vec<Option<String>>>| {
        move |run: &Run| match run.rows {
            Rows::Keep(_) => Ran {
                columns: vec![column("a", 23), column("b", 25), column("AUTOCOMMIT", 25)],
                rows: rows.clone(),
                ..Ran::default()
            },
            Rows::Print | Rows::Describe => Ran::default(),
        }
    };
    let row = vec![Some("1".to_owned()), None, Some("off".to_owned())];
    assert_eq!(
        actions(Mode::Script, "\\set p_b x\nselect 1 \\gset p_\n\\echo :p_a :{?p_b}", answer(vec![row.clone()])),
        ["run select 1", "Output 1 FALSE", "quit 0"]
    );
    let special = actions(Mode::Script, "select 1 \\gset\n\\echo :a :AUTOCOMMIT", answer(vec![row.clone()]));
    assert_eq!(
        special[1..3],
        ["Errors attempt to \\gset into specially treated variable \"AUTOCOMMIT\" ignored", "Output 1 on"]
    );
    assert!(
        actions(Mode::Script, "select 1 \\gset", answer(vec![]))
            .contains(&"fail 1: no rows returned for \\gset".into())
    );
    assert!(
        actions(Mode::Script, "select 1 \\gset", answer(vec![row.clone(), row]))
            .contains(&"fail 1: more than one row returned for \\gset".into())
    );
}

#[test]
fn results_are_executed_pivoted_described_and_watched() {
    let answer = |run: &Run| match run.rows {
        Rows::Keep(_) => Ran {
            columns: vec![column("v", 25), column("h", 25), column("n", 23)],
            rows: vec![vec![Some("select 'a'".into()), None, Some("select 'b'".into())]],
            ..Ran::default()
        },
        Rows::Describe => Ran { columns: vec![column("it's", 23)], ..Ran::default() },
        Rows::Print => Ran { count: 1, ..Ran::default() },
    };
    assert_eq!(
        actions(Mode::Script, "select x \\gexec", answer),
        ["run select x", "run select 'a'", "run select 'b'", "quit 0"]
    );
    assert_eq!(actions(Mode::Script, "select x \\crosstabview", answer), ["run select x", "show ", "quit 0"]);
    let described = actions(Mode::Script, "select x \\gdesc", answer);
    assert!(described[1].contains("VALUES ('it''s', 23, -1)"), "{described:?}");
    assert_eq!(
        actions(Mode::Script, "select x \\watch i=0.5 c=3", answer),
        ["run select x", "wait 500", "run select x", "wait 500", "run select x", "quit 0"]
    );
    assert_eq!(actions(Mode::Script, "select x \\watch m=2", answer), ["run select x", "quit 0"]);
    for (arguments, why) in [
        ("soon", "incorrect interval value \"soon\""),
        ("1 i=2", "interval value is specified more than once"),
        ("c=2 c=3", "iteration count is specified more than once"),
        ("m=0", "incorrect minimum row count \"0\""),
        ("x=1", "unrecognized parameter \"x=1\""),
    ] {
        let lines = actions(Mode::Script, &format!("select x \\watch {arguments}"), answer);
        assert!(lines[0].ends_with(why), "{arguments}: {lines:?}");
    }
    assert_eq!(actions(Mode::Script, "select bad \\watch", failing), ["run select bad", "quit 0"]);
}

#[test]
fn result_has_the_requested_destination_and_format() {
    use crate::sql::format::Expanded::{Off, On};
    let mut seen = Vec::new();
    let text = "select 1 \\g a.txt\nselect 2 \\g (format=csv tuples_only=on) |sort -u \\\\ x\nselect 3 \\gx\n\\g\nselect 4 \\bind 'a b' 2 \\g\nselect 5;";
    actions(Mode::Script, text, |run| {
        seen.push((
            run.statement.clone(),
            run.target.clone(),
            run.options.format.name(),
            run.options.expanded,
            run.bind.clone(),
        ));
        Ran::default()
    });
    assert_eq!(seen[0], ("select 1".into(), Target::File("a.txt".into()), "aligned", Off, None));
    assert_eq!(seen[1].1, Target::Pipe("sort -u \\\\ x".into()));
    assert_eq!((seen[1].2, seen[2].3), ("csv", On));
    assert_eq!(seen[3].0, "select 3", "\\g alone runs the last one again");
    assert_eq!(seen[4].4, Some(vec!["a b".into(), "2".into()]));
    assert_eq!(seen[5].4, None);
}

#[test]
fn files_run_in_place() {
    assert_eq!(script("\\i x\\\\\nselect 1;"), ["read x", "Output in", "run select 2", "run select 1", "quit 0"]);
    assert_eq!(script("\\ir b.sql"), ["read b.sql", "Output in", "run select 2", "quit 0"]);
    assert_eq!(
        script("\\i none\nselect 1;"),
        ["read none", "fail 1: none: No such file or directory", "run select 1", "quit 0"]
    );
    assert_eq!(script("\\i"), ["fail 1: \\i: missing required argument", "quit 0"]);
}

#[test]
fn edited_text_is_run_and_its_incomplete_end_waits() {
    assert_eq!(
        script("select 1 \\e\n+ 1;"),
        ["edit Text(\"select 1\")", "run select 'edited'", "run select 3\n+ 1", "quit 0"]
    );
    assert_eq!(script("\\e x.sql 3"), ["edit File(\"x.sql\")", "run select 'edited'", "run select 3", "quit 0"]);
}

#[test]
fn commands_have_their_documented_effects() {
    assert_eq!(
        script("\\echo -n a 'b  c'\n\\qecho x\n\\warn '-n' y"),
        ["Output a b  c", "Results x", "Errors -n y", "quit 0"]
    );
    assert_eq!(script("\\echo `date`x"), ["shell date", "Output outx", "quit 0"]);
    assert_eq!(script("\\! ls \\\\ -l"), ["shell ls \\\\ -l", "quit 0"]);
    assert_eq!(
        script("\\o x.txt\n\\o |less -S\n\\o"),
        ["output File(\"x.txt\")", "output Pipe(\"less -S\")", "output Output", "quit 0"]
    );
    assert_eq!(
        script("select 1\n\\p\n\\r\n\\p"),
        ["Output select 1", "Output Query buffer reset (cleared).", "Output Query buffer is empty.", "quit 0"]
    );
    assert_eq!(
        script("\\timing\n\\timing off\n\\x\n\\a\n\\pset null '∅'"),
        [
            "Output Timing is on.",
            "Output Timing is off.",
            "Output Expanded display is on.",
            "Output Output format is unaligned.",
            "Output Null display is \"∅\".",
            "quit 0"
        ]
    );
    assert_eq!(
        script("\\set QUIET 1\n\\x\n\\pset format html"),
        [
            "fail 3: \\pset: allowed formats are aligned, unaligned, csv, tsv, json, jsonl, markdown, insert, table, wrapped, sql",
            "quit 0"
        ]
    );
    assert_eq!(script("\\q\nselect 1;"), ["quit 0"]);
    assert_eq!(script("\\q;"), ["quit 0"], "a semicolon out of habit");
    assert_eq!(script("\\echo 'a\nselect 1;"), ["fail 1: unterminated quoted string", "run select 1", "quit 0"]);
    assert_eq!(script("\\dt"), ["look", "Errors Did not find any relations.", "quit 0"]);
    assert_eq!(script("\\dn"), ["look", "show List of schemas", "quit 0"]);
    assert!(script("\\lo_import x")[0].contains("is not supported: large objects"));
    assert!(script("\\encoding latin1")[0].contains("always UTF8"));
    assert_eq!(script("\\encoding SQL_ASCII"), ["quit 0"], "pg_dumpall says so before names with blanks");
    assert!(script("\\conninfo")[0].contains("connected to database \"app\""));
    assert!(script("\\prompt 'name? ' n\n\\echo :n").contains(&"Output typed".into()));
    assert!(script("\\h select")[0].ends_with("/docs/15/sql-select.html"));
}

#[test]
fn supported_commands_run_and_others_have_a_reason() {
    for command in crate::sql::commands::GROUPS.iter().flat_map(|group| group.commands) {
        for name in command.names {
            let lines = script(&format!("\\{name} 1 1"));
            let is_supported = !matches!(command.support, crate::sql::commands::Support::Unsupported(_));
            assert!(!lines[0].contains("invalid command"), "\\{name}: {lines:?}");
            assert_eq!(lines[0].contains("is not supported: "), !is_supported, "\\{name}: {lines:?}");
        }
    }
}

#[test]
fn options_of_g_are_arguments_and_keep_quoted_blanks() {
    let seen = std::cell::RefCell::new(Vec::new());
    let text = "select 1 \\g (format=csv csv_fieldsep='\\t')\n\\gx ( title='foo bar' )\n\\g (title='open'\n";
    let lines = actions(Mode::Script, text, |run| {
        seen.borrow_mut().push((run.options.csv_separator, run.options.title.clone()));
        fine(run)
    });
    assert_eq!(*seen.borrow(), [('\t', None), (',', Some("foo bar".to_owned()))], "{lines:?}");
    assert!(lines.contains(&"fail 3: \\g: missing right parenthesis".to_owned()), "{lines:?}");
}

#[test]
fn file_that_includes_itself_is_stopped() {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.run("\\i again", Origin::Command);
    interpreter.finish();
    for _ in 0..5_000 {
        match interpreter.step() {
            Action::Read { .. } => interpreter.answer(Answer::Text(Ok("\\i again".into()))),
            Action::Fail { message, .. } => return assert_eq!(message, "again: files run one another without end"),
            other => panic!("{other:?}"),
        }
    }
    panic!("it does not end");
}

#[test]
fn first_of_several_statements_decides_on_the_transaction() {
    let text = "\\set AUTOCOMMIT off\ncreate table a () \\; rollback;\nrollback \\; select 1;";
    assert_eq!(
        actions(Mode::Script, text, |_| Ran::default())[..3],
        ["hidden run BEGIN", "run create table a () ; rollback", "run rollback ; select 1"]
    );
}

#[test]
fn restricted_script_accepts_no_command() {
    let text = "\\restrict key\n\\! rm x\nselect 1;\n\\unrestrict other\n\\unrestrict key\n\\echo ok";
    let lines = script(text);
    assert!(lines[0].contains("restricted") && lines[2].contains("wrong key"), "{lines:?}");
    assert_eq!(lines[3], "Output ok");
}
