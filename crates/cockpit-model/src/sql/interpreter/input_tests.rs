//! Tests of reading text: in pieces of any size, line by line, with data in it.

use super::*;
use crate::sql::interpreter::{Answer, Peer};

#[test]
fn copy_data_are_read_from_the_text() {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.feed("copy t from stdin; select 1;\n1\ta;\n2\t", &Origin::Input);
    let Action::Run(run) = interpreter.step() else { panic!("a statement") };
    assert_eq!(run.copy, Some(Peer::Following));
    assert_eq!(interpreter.data(), Data::Lines("1\ta;\n".into()));
    assert_eq!(interpreter.data(), Data::More);
    interpreter.feed("b\n\\.\nselect 2;\n", &Origin::Input);
    assert_eq!(interpreter.data(), Data::Lines("2\tb\n".into()));
    assert_eq!(interpreter.data(), Data::End);
    interpreter.answer(Answer::Ran(Box::default()));
    let statements = [interpreter.step(), {
        interpreter.answer(Answer::Ran(Box::default()));
        interpreter.step()
    }];
    let texts = statements.map(|action| match action {
        Action::Run(run) => run.statement,
        other => format!("{other:?}"),
    });
    assert_eq!(texts, ["select 1", "select 2"]);
    let mut command = Interpreter::new(Mode::Script);
    command.run("copy t from stdin", Origin::Command);
    assert!(matches!(command.step(), Action::Run(run) if run.copy == Some(Peer::Standard)));
    let mut copy = Interpreter::new(Mode::Script);
    copy.run("\\copy (select ';') to 'x y.csv' csv", Origin::Command);
    let Action::Run(run) = copy.step() else { panic!("a statement") };
    assert_eq!(
        (run.statement.as_str(), run.copy),
        ("COPY (select ';') TO STDOUT csv", Some(Peer::File("x y.csv".into())))
    );
}

#[test]
fn line_by_line_input_reports_the_open_construct() {
    let mut interpreter = Interpreter::new(Mode::Interactive);
    let mut sign = |line: &str| {
        interpreter.feed(line, &Origin::Input);
        loop {
            match interpreter.step() {
                Action::NeedInput(open) => return open.sign(),
                Action::Run(_) => interpreter.answer(Answer::Ran(Box::default())),
                _ => {}
            }
        }
    };
    let signs: String =
        ["select (1,\n", "2) + '\n", "a'\n", ";\n", "/* x\n", "*/\n", "do $$\n", "$$;\n", "select \"\n", "\";\n"]
            .map(&mut sign)
            .iter()
            .collect();
    assert_eq!(signs, "('-=*=$=\"=");
}

/// Runs a text in pieces of `size` characters; returns the actions.
fn lines_in_pieces(text: &str, size: usize) -> Vec<String> {
    let mut interpreter = Interpreter::new(Mode::Script);
    let characters: Vec<char> = text.chars().collect();
    let mut pieces = characters.chunks(size);
    let mut lines = Vec::new();
    loop {
        match interpreter.step() {
            Action::NeedInput(_) => match pieces.next() {
                Some(piece) => interpreter.feed(&piece.iter().collect::<String>(), &Origin::Input),
                None => interpreter.finish(),
            },
            Action::Run(run) => {
                lines.push(format!("run {}", run.statement));
                interpreter.answer(Answer::Ran(Box::default()));
            }
            Action::Print { text, target } => lines.push(format!("{target:?} {}", text.trim_end())),
            Action::Quit(code) => {
                lines.push(format!("quit {code}"));
                return lines;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn piece_size_does_not_change_the_statements() {
    let text = "select 1;\nselect E'a\\';b'\n'c\\'';\n\\echo 'x y'\ninsert into t values ($$;$$); -- end\n\\if false\n;\n\\endif\nselect 'あ';\n";
    let expected = lines_in_pieces(text, text.len());
    assert_eq!(expected.len(), 6, "{expected:?}");
    for size in [1, 2, 3, 7] {
        assert_eq!(lines_in_pieces(text, size), expected, "in pieces of {size}");
    }
}

#[test]
fn lines_after_a_refused_copy_are_data_if_the_end_comes_before_another_copy() {
    let follow = |text: &str, ended: bool| {
        let mut interpreter = Interpreter::new(Mode::Script);
        interpreter.feed(&format!("copy t from stdin; -- it\n{text}"), &Origin::Input);
        if ended {
            interpreter.finish();
        }
        assert!(matches!(interpreter.step(), Action::Run(_)));
        interpreter.data_follow()
    };
    for ended in [true, false] {
        assert_eq!(follow("1\tdrop\n\\.\nselect 1;\n", ended), Some(true));
        assert_eq!(follow("select 1;\nCOPY u FROM STDIN;\n1\n\\.\n", ended), Some(false));
        assert_eq!(follow("7\tcopy u from stdin;\n\\.\n", ended), Some(true));
        assert_eq!(follow(&"1\n".repeat(LOOKAHEAD), ended), Some(!ended));
    }
    assert_eq!((follow("select 1;\n", true), follow("select 1;\n", false)), (Some(false), None));
    assert_eq!((follow("1\n\\.", true), follow("1\n\\.", false)), (Some(true), None));
    assert_eq!(follow("", true), Some(false));
}
