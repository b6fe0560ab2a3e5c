//! A text is split into the same statements as by psql: a server that records its statements has psql run
//! each file, and the interpreter runs the same. The files are adversarial ones of this project, and PostgreSQL's own
//! regression tests, which `./dev test` fetches from Debian's source package (`COCKPIT_REGRESSION` is their folder).
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use crate::support::message;
use cockpit::model::sql::Server;
use cockpit::model::sql::copy::Copy;
use cockpit::model::sql::describe::QueryResult;
use cockpit::model::sql::guard::judge;
use cockpit::model::sql::interpreter::{Action, Answer, Data, Interpreter, Mode, Origin, Ran, Rows};
use cockpit::model::sql::split::{Piece, PieceKind, Split};
use cockpit::model::sql::tidy::tidy;
use cockpit::model::sql::token::{Kind, tokens};
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// Commands that query the catalogue, run programs, or need what this server lacks: they are left out on both sides.
const LEFT_OUT: &[&str] = &[
    "d",
    "l",
    "sf",
    "sv",
    "ef",
    "ev",
    "lo_",
    "copy",
    "!",
    "c ",
    "c\n",
    "connect",
    "password",
    "i ",
    "ir ",
    "w ",
    "set FETCH_COUNT",
    "e ",
    "cd",
    "z",
    "bind",
    "watch",
    "?",
    "h ",
    "help",
    "setenv",
    "prompt",
    "o |",
    "g |",
];

type Sent = Arc<Mutex<Vec<String>>>;

/// A server that accepts every statement, and returns no rows.
fn recorder() -> (u16, Sent) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sent = Sent::default();
    let record = Arc::clone(&sent);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // One psql at a time; it has ended when this returns.
            let _ = serve(stream, &record);
        }
    });
    (port, sent)
}

fn read(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body)?;
    Ok((head[0], body))
}

fn serve(mut stream: TcpStream, sent: &Sent) -> std::io::Result<()> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut hello = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut hello)?;
    let mut answer = message(b'R', &0_u32.to_be_bytes());
    for (name, value) in [
        ("server_version", "15.18"),
        ("client_encoding", "UTF8"),
        ("server_encoding", "UTF8"),
        ("standard_conforming_strings", "on"),
    ] {
        answer.extend(message(b'S', format!("{name}\0{value}\0").as_bytes()));
    }
    answer.extend(message(b'K', &[0; 8]));
    answer.extend(message(b'Z', b"I"));
    stream.write_all(&answer)?;
    loop {
        let (kind, body) = read(&mut stream)?;
        match kind {
            b'Q' => {
                let statement = String::from_utf8_lossy(body.strip_suffix(b"\0").unwrap_or(&body)).into_owned();
                let copies = judge(&statement).copy == Some(Copy::In);
                sent.lock().unwrap().push(statement);
                if copies {
                    stream.write_all(&message(b'G', &[0, 0, 0]))?;
                    while read(&mut stream)?.0 == b'd' {}
                }
                let mut done = message(b'C', b"DO\0");
                if let Some(on) = conforms(&last_statement(sent)) {
                    let word = if on { "on" } else { "off" };
                    done.extend(message(b'S', format!("standard_conforming_strings\0{word}\0").as_bytes()));
                }
                done.extend(message(b'Z', b"I"));
                stream.write_all(&done)?;
            }
            b'S' => stream.write_all(&message(b'Z', b"I"))?,
            b'X' => return Ok(()),
            _ => {}
        }
    }
}

/// The last recorded statement.
fn last_statement(sent: &Sent) -> String {
    sent.lock().unwrap().last().cloned().unwrap_or_default()
}

/// Whether a statement makes `\` in strings an ordinary character; `None` if it does not change that.
fn conforms(statement: &str) -> Option<bool> {
    let statement = statement.to_ascii_lowercase();
    let about = statement.contains("standard_conforming_strings") && !statement.trim_start().starts_with("show");
    about.then(|| !statement.contains("off"))
}

/// The statements that psql sends for a text.
fn psql_statements(psql: &Path, port: u16, sent: &Sent, file: &Path) -> Vec<String> {
    sent.lock().unwrap().clear();
    let url = format!("postgres://a@127.0.0.1:{port}/a?sslmode=disable&gssencmode=disable");
    let status = Command::new(psql)
        .args(["-Xq", &url, "-f"])
        .arg(file)
        .env_clear()
        .env("PGCLIENTENCODING", "UTF8")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.unwrap();
    std::mem::take(&mut *sent.lock().unwrap())
}

/// The statements that the interpreter runs for it.
fn interpreter_statements(text: &str) -> Vec<String> {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.set_server(&Server {
        version: "15.18".into(),
        database: "a".into(),
        user: "a".into(),
        ..Server::default()
    });
    interpreter.run(text, Origin::File("a.sql".into()));
    interpreter.finish();
    let mut run_here = Vec::new();
    loop {
        match interpreter.step() {
            Action::Quit(_) => return run_here,
            Action::Run(run) => {
                // The server of this test never reports an open transaction, so psql sets no savepoint of its own.
                let own = run.statement.ends_with("pg_psql_temporary_savepoint");
                if run.rows != Rows::Describe && !own {
                    run_here.push(run.statement.clone());
                }
                if let Some(on) = conforms(&run.statement) {
                    interpreter.set_escapes(!on);
                }
                if judge(&run.statement).copy == Some(Copy::In) {
                    while matches!(interpreter.data(), Data::Lines(_)) {}
                }
                interpreter.answer(Answer::Ran(Box::new(Ran { tag: "DO".into(), ..Ran::default() })));
            }
            Action::Query { .. } => interpreter.answer(Answer::Rows(Ok(QueryResult::default()))),
            Action::Print { .. } | Action::Show { .. } | Action::Fail { .. } => {}
            Action::Shell { .. } | Action::Edit { .. } | Action::Read { .. } | Action::Prompt(_) => {
                interpreter.answer(Answer::Text(Err("not here".into())));
            }
            Action::Output(_)
            | Action::Write { .. }
            | Action::History(_)
            | Action::Environment(_)
            | Action::Folder(_)
            | Action::Connect(_)
            | Action::Wait(_) => interpreter.answer(Answer::Done(Ok(()))),
            Action::NeedInput(open) => panic!("the input was finished: {open:?}"),
        }
    }
}

/// Statements without insignificant parts, some of which psql sends: empty lines, comments, the final `;`. Statements without
/// anything else are dropped.
fn bare(statements: &[String]) -> Vec<String> {
    let words = |statement: &String| -> String {
        let words =
            tokens(statement).filter(|token| !token.kind.is_space()).map(|token| &statement[token.start..token.end]);
        words.collect::<Vec<_>>().join(" ").trim_end_matches([' ', ';']).to_owned()
    };
    statements.iter().map(words).filter(|statement| !statement.is_empty()).collect()
}

fn without_left_out_commands(text: &str) -> String {
    let kept = |line: &&str| {
        let command = line.trim_start().strip_prefix('\\');
        !command.is_some_and(|command| LEFT_OUT.iter().any(|left| format!("{command}\n").starts_with(left)))
    };
    text.split_inclusive('\n').filter(kept).collect()
}

fn files() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/split"))];
    match std::env::var_os("COCKPIT_REGRESSION") {
        Some(folder) => folders.push(folder.into()),
        None => println!("NOT TESTED with PostgreSQL's regression tests: ./dev test fetches them"),
    }
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    // It uses a variable for large objects, which do not exist here.
    files.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.ends_with(".sql") && name != "largeobject.sql"
    });
    files.sort();
    files
}

#[test]
fn text_is_split_into_the_statements_psql_sends() {
    // Only its programs are used.
    let psql = LocalPostgres::start(&LocalOptions::default()).unwrap().programs().join("psql");
    let (port, sent) = recorder();
    let (mut different, mut count) = (Vec::new(), 0);
    let scratch = tempfile::tempdir().unwrap();
    for path in files() {
        let Ok(text) = String::from_utf8(std::fs::read(&path).unwrap()) else { continue };
        let text = without_left_out_commands(&text);
        let file = scratch.path().join("run.sql");
        std::fs::write(&file, &text).unwrap();
        let (psql_statements, interpreter_statements) =
            (bare(&psql_statements(&psql, port, &sent, &file)), bare(&interpreter_statements(&text)));
        count += psql_statements.len();
        let differs = (0..psql_statements.len().max(interpreter_statements.len()))
            .find(|at| psql_statements.get(*at) != interpreter_statements.get(*at));
        if let Some(at) = differs {
            different.push(format!(
                "{}: {} statements, psql {}; the {}. is\n--- psql\n{}\n--- here\n{}",
                path.file_name().unwrap().to_string_lossy(),
                interpreter_statements.len(),
                psql_statements.len(),
                at + 1,
                psql_statements.get(at).map_or("none", String::as_str),
                interpreter_statements.get(at).map_or("none", String::as_str)
            ));
        }
    }
    println!("{count} statements");
    assert!(count > 40, "number of statements sent by psql: {count}");
    assert!(different.is_empty(), "{} files differ:\n{}", different.len(), different.join("\n"));
}

/// The meaning of a text: its pieces with their tokens, and data unchanged.
fn meaning(text: &str) -> Vec<(PieceKind, Vec<&str>)> {
    let of = |piece: &Piece| match piece.kind {
        PieceKind::Data => vec![&text[piece.start..piece.end]],
        PieceKind::Statement | PieceKind::Command | PieceKind::Blank => piece
            .tokens()
            .filter(|token| token.kind != Kind::Blank)
            .map(|token| &text[token.start..token.end])
            .collect(),
    };
    Split::new(text).pieces().iter().map(|piece| (piece.kind, of(piece))).collect()
}

#[test]
fn formatted_text_keeps_its_meaning() {
    let (mut statements, mut left) = (0, 0);
    for path in files() {
        let Ok(text) = String::from_utf8(std::fs::read(&path).unwrap()) else { continue };
        let tidied = tidy(&text);
        assert_eq!(meaning(&text), meaning(&tidied.text), "{}", path.display());
        statements += Split::new(&text).pieces().iter().filter(|piece| piece.kind == PieceKind::Statement).count();
        left += tidied.unformatted;
    }
    println!("{statements} statements, of which {left} stay as they are");
    assert!(left * 20 <= statements, "{left} of {statements} are not formatted");
}
