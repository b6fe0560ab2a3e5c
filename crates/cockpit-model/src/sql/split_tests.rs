//! Tests of splitting: deceptive texts, and properties of any text.

use super::*;
use proptest::prelude::*;

/// Returns the statements and commands of a text, trimmed.
fn parts(text: &str) -> Vec<&str> {
    Split::new(text)
        .pieces
        .iter()
        .filter(|piece| piece.kind != PieceKind::Blank)
        .map(|piece| &text[piece.body(text)])
        .collect()
}

#[test]
fn semicolons_in_literals_and_comments_end_no_statement() {
    for statement in [
        "select ';';",
        "select 'it''s; ';",
        "select E'it\\'s; ';",
        "select e'\\\\';",
        "select E'a'\n'b\\';c';",
        "select \"a;b\", \"c\"\"d;\";",
        "select 1 -- ; not yet\n;",
        "select /* ; /* ; */ ; */ 1;",
        "select $$;$$;",
        "select $a$ ; $b$ ; $$ ; $a$;",
        "do $$ begin perform 1; end $$;",
        "do language plpgsql $x$ begin raise notice '$$;'; end; $x$;",
        "select a$b$c from t where x$y$z;",
        "select (1; 2);",
        "create rule r as on insert to t do also (insert into a values (1); insert into b values (2));",
        "create function f() returns int begin atomic select 1; select 2; end;",
        "create or replace function f() returns int begin atomic select case when true then 1 else 2 end; select 2; end;",
        "create procedure p() begin atomic insert into t values (1); begin; end; end;",
        "create function f() returns int language sql as $$ select 1; $$;",
        "select $1, '$2;', :'x', :\"y;\";",
        "select U&'\\0041;' uescape '!';",
        "select B'1;0', x'f;f', n';';",
        "select 1 as end;",
        "copy (select ';') to stdout;",
        "select 日本 from しおり where x = '；;';",
        "select 1 \\; select 2;",
        ";",
    ] {
        assert_eq!(parts(statement), [statement]);
        let twice = format!("{statement}\nselect 42;");
        assert_eq!(parts(&twice), [statement, "select 42;"]);
    }
}

#[test]
fn begin_and_end_count_only_in_routines() {
    assert_eq!(parts("begin; select 1; end;"), ["begin;", "select 1;", "end;"]);
    assert_eq!(parts("create table begin (a int); select 1;").len(), 2);
    assert_eq!(parts("select create_function(); begin; end;").len(), 3);
    assert_eq!(parts("create function f(a int default 1) returns int return a; select 1;").len(), 2);
    // psql does not count `TEMP`, or what follows it, as the beginning of a routine.
    assert_eq!(parts("create temp view v as select 1; begin; end;").len(), 3);
}

#[test]
fn incomplete_statement_reports_what_is_open() {
    let last = |text: &str| Split::new(text).pieces.last().map(|piece| (piece.kind, piece.open)).unwrap();
    assert_eq!(last("select 1; select 'a; \n"), (PieceKind::Statement, Open::Text));
    assert_eq!(last("select 1; select \"a; \n"), (PieceKind::Statement, Open::Name));
    assert_eq!(last("do $$ begin"), (PieceKind::Statement, Open::Dollar));
    assert_eq!(last("select 1 /* a"), (PieceKind::Statement, Open::Comment));
    assert_eq!(last("select (1;"), (PieceKind::Statement, Open::Parenthesis));
    assert_eq!(last("select 1"), (PieceKind::Statement, Open::Statement));
    assert_eq!(last("select 1;"), (PieceKind::Statement, Open::Ready));
    assert_eq!(last("select 1; -- the end\n"), (PieceKind::Blank, Open::Ready));
}

#[test]
fn commands_stand_alone_in_a_statement_or_end_it() {
    assert_eq!(parts("\\d foo\nselect 1;\n\\x"), ["\\d foo", "select 1;", "\\x"]);
    assert_eq!(parts("select 1 \\gset\nselect 2;"), ["select 1 \\gset", "select 2;"]);
    assert_eq!(parts("select 1 \\g |cat ; x\nselect 2;"), ["select 1 \\g |cat ; x", "select 2;"]);
    assert_eq!(parts("select 1\n\\echo ; here\n+ 2;"), ["select 1\n\\echo ; here\n+ 2;"]);
    assert_eq!(parts("\\a \\x \\\\ select 1;"), ["\\a", "\\x \\\\", "select 1;"]);
    assert_eq!(parts("select ( 1 \\r\nselect 2;"), ["select ( 1 \\r", "select 2;"]);
    assert_eq!(parts("\\echo 'a\nselect 1;"), ["\\echo 'a", "select 1;"]);
    assert_eq!(parts("select '\\g';"), ["select '\\g';"]);
    assert_eq!(parts("select 1; \\g"), ["select 1;", "\\g"]);
}

#[test]
fn data_after_copy_are_not_statements() {
    let text = "copy t from stdin; -- rest\n1\ta;b\n'\n\\.\nselect 1;";
    let split = Split::new(text);
    let whats: Vec<PieceKind> = split.pieces.iter().map(|piece| piece.kind).collect();
    assert_eq!(whats, [PieceKind::Statement, PieceKind::Data, PieceKind::Statement]);
    assert_eq!(&text[split.pieces[1].start..split.pieces[1].end], " -- rest\n1\ta;b\n'\n\\.\n");
    assert_eq!(Split::new("copy t from stdin;\n1").pieces[1].open, Open::Statement);
    assert_eq!(Split::new("copy t to stdout;\nselect 1;").pieces.len(), 2);
}

#[test]
fn statement_is_sent_without_commands_and_semicolon() {
    let sent = |text: &str| Split::new(text).pieces[0].statement(text);
    assert_eq!(sent("  -- a\n select 1 ; "), "select 1");
    assert_eq!(sent("select 1 \\gset"), "select 1");
    assert_eq!(sent("select 1 \\; select 2;"), "select 1 ; select 2");
    assert_eq!(sent("select /* kept */ 1 -- kept;\n;"), "select /* kept */ 1 -- kept;");
    assert_eq!(sent("select 1 -- not its end;"), "select 1 -- not its end;");
    assert_eq!(sent("select 1 -- not its end;\n\\g"), "select 1 -- not its end;");
    assert_eq!(sent(";"), "");
}

#[test]
fn statement_at_the_cursor_is_found() {
    let text = "select 1;  \n\nselect 2;\n-- end\n";
    let at = |cursor: usize| {
        let split = Split::new(text);
        text[split.at(text, cursor).unwrap().body(text)].to_owned()
    };
    assert_eq!(at(0), "select 1;");
    assert_eq!(at(9), "select 1;", "right behind it");
    assert_eq!(at(11), "select 1;", "behind it in its line");
    assert_eq!(at(12), "select 2;", "in the line after it");
    assert_eq!(at(15), "select 2;");
    assert_eq!(at(22), "select 2;");
    assert_eq!(at(text.len()), "select 2;", "behind the last one");
    assert_eq!(Split::new("").at("", 0), None);
}

#[test]
fn brackets_are_paired_except_in_strings() {
    let text = "select (a[1] + ')' || (2)); select (";
    let split = Split::new(text);
    assert_eq!(split.brackets(text, 7), Some((7, 25)));
    assert_eq!(split.brackets(text, 25), Some((7, 25)));
    assert_eq!(split.brackets(text, 26), Some((7, 25)), "behind it");
    assert_eq!(split.brackets(text, 9), Some((9, 11)));
    assert_eq!(split.brackets(text, 16), None, "in a text");
    assert_eq!(split.brackets(text, text.len()), None, "without a partner");
}

const PIECES: &str = "(select|'|\"|;|\\$\\$|\\$a\\$|/\\*|\\*/|--|\n|\\\\g|\\\\d|\\(|\\)| |copy t from stdin;|\\\\\\.|e'|begin|end|create function|あ|:x){0,14}";

proptest! {
    #[test]
    fn pieces_join_to_the_text(text in PIECES) {
        let split = Split::new(&text);
        let mut at = 0;
        for piece in split.pieces() {
            prop_assert_eq!(piece.start, at);
            prop_assert!(piece.end > at);
            let mut inner = at;
            for token in piece.tokens() {
                prop_assert_eq!(token.start, inner);
                inner = token.end;
            }
            prop_assert_eq!(inner, piece.end);
            at = piece.end;
        }
        prop_assert_eq!(at, text.len());
    }

    #[test]
    fn edit_gives_the_same_as_splitting_anew(
        before in PIECES, put in PIECES, after in PIECES, gone in PIECES,
    ) {
        let old = format!("{before}{gone}{after}");
        let new = format!("{before}{put}{after}");
        let mut split = Split::new(&old);
        split.edit(&new, before.len(), gone.len(), put.len());
        prop_assert_eq!(split, Split::new(&new));
    }

    #[test]
    fn every_cursor_is_in_a_piece(text in PIECES, cursor in 0usize..60) {
        let split = Split::new(&text);
        prop_assert_eq!(split.at(&text, cursor.min(text.len())).is_none(), text.is_empty());
        split.brackets(&text, cursor);
    }
}

#[test]
fn change_at_the_start_of_a_long_text_rereads_one_statement() {
    let mut text = "select 1;\n".repeat(10_000);
    let mut split = Split::new(&text);
    let before = split.pieces.len();
    text.insert_str(7, "2+");
    split.edit(&text, 7, 0, 2);
    assert_eq!(split.pieces.len(), before);
    assert_eq!(split, Split::new(&text));
}
