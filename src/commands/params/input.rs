//! Reads a value: from a prompt without echo, standard input, a file, or an editor. It is never an argument, because
//! arguments are visible to every user of the machine.

use super::args::Put;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::waiting;
use crate::model::parameters::Value;
use crate::runtime::discard_input;
use crate::runtime::editor::{self, NotEdited};
use crate::runtime::raw_terminal::Raw;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

/// The maximum size of an input in bytes: the service stores 8 kB, and files of many variables are smaller too.
const MAX_INPUT: u64 = 4 * 1024 * 1024;

/// Reads the value to write.
pub(super) async fn value(context: &Context, put: &Put, name: &str, before: Option<Value>) -> Result<Value, Report> {
    let value = if put.editor {
        let text = editor::EditTarget::Text("value", before.as_ref().map_or("", Value::expose));
        Value::new(editor::edit(editor::VALUE_EDITORS, text, None).await.map_err(not_edited)?)
    } else if let Some(path) = &put.file {
        file(context, path).await?
    } else if put.stdin {
        file(context, Path::new("-")).await?
    } else if io::stdin().is_terminal() && io::stderr().is_terminal() {
        let question = format!("value of {name} (it is not shown): ");
        prompt(context, &question).await?
    } else {
        return Err(Report::usage("the value cannot be asked for: standard input is not a terminal")
            .hint("--stdin reads it from there, --file FILE from a file"));
    };
    Ok(if put.trim { Value::new(value.expose().trim_end_matches(['\n', '\r'])) } else { value })
}

fn not_edited(why: NotEdited) -> Report {
    match why {
        NotEdited::Failed(what, error) => Report::new("editor", what, ExitCode::Failed).caused_by(&error),
        NotEdited::Aborted(_) => {
            Report::new("cancelled", "nothing was changed: the editor ended with a failure", ExitCode::Refused)
        }
        NotEdited::NotUtf8 => Report::usage("what the editor wrote is not text in UTF-8"),
    }
}

/// Reads the text of a file, or of standard input (`-`).
pub(super) async fn file(context: &Context, path: &Path) -> Result<Value, Report> {
    let path = path.to_owned();
    waiting::blocking(context, "no value came", move || {
        let shown = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
        let mut bytes = Vec::new();
        let read = if path == Path::new("-") {
            io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(&path).and_then(|file| file.take(MAX_INPUT + 1).read_to_end(&mut bytes))
        };
        read.map_err(|error| {
            Report::new("input", format!("{shown} cannot be read"), ExitCode::Failed).caused_by(&error)
        })?;
        if bytes.len() as u64 > MAX_INPUT {
            return Err(Report::usage(format!("{shown} is too large for this")));
        }
        // The error's text would contain the bytes, so it is dropped.
        String::from_utf8(bytes).map(Value::new).map_err(|_| Report::usage(format!("{shown} is not text in UTF-8")))
    })
    .await
}

/// Reads one line without echo. Input typed before the prompt is discarded.
async fn prompt(context: &Context, question: &str) -> Result<Value, Report> {
    let failed =
        |error: io::Error| Report::new("input", "the terminal cannot be read", ExitCode::Failed).caused_by(&error);
    let mut err = io::stderr();
    // Restored on drop however this ends: the reading thread may be left behind.
    let raw = Raw::take().map_err(failed)?;
    discard_input();
    write!(err, "{question}").and_then(|()| err.flush()).map_err(failed)?;
    let read = waiting::blocking(context, "no value came", move || typed(&mut io::stdin().lock()).map_err(failed));
    let line = read.await;
    drop(raw);
    let _ = writeln!(err);
    match line? {
        Some(line) => Ok(Value::new(line)),
        None => Err(Report::new("interrupted", "nothing was changed: no value was given", ExitCode::Interrupted)),
    }
}

/// Reads a line up to Enter; `None` after Ctrl-C or at the end of the input.
fn typed(input: &mut dyn io::Read) -> io::Result<Option<String>> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut one = [0u8];
    loop {
        if input.read(&mut one)? == 0 {
            return Ok(None);
        }
        match one[0] {
            b'\r' | b'\n' => break,
            // Ctrl-C, and Ctrl-D on an empty line.
            3 => return Ok(None),
            4 if bytes.is_empty() => return Ok(None),
            4 => {}
            // Ctrl-U clears the line.
            21 => bytes.clear(),
            8 | 127 => {
                // Removes a whole UTF-8 character.
                while bytes.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {}
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map(Some).map_err(|_| io::Error::other("what was typed is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> Option<String> {
        let mut input = bytes;
        typed(&mut input).unwrap()
    }

    #[test]
    fn typed_line_includes_corrections() {
        assert_eq!(line(b"s3cret\r").as_deref(), Some("s3cret"));
        assert_eq!(line("aé\u{7f}b\n".as_bytes()).as_deref(), Some("ab"), "a whole character is taken back");
        assert_eq!(line(b"wrong\x15right\r").as_deref(), Some("right"));
        assert_eq!(line(b"x\x03"), None);
        assert_eq!(line(b"\x04"), None);
        assert_eq!(line(b"no end"), None);
        assert_eq!(line(b"\r").as_deref(), Some(""));
    }
}
