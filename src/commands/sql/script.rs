//! Reads a script line by line as it runs, from standard input or a file of any size.

use crate::model::sql::interpreter::{Interpreter, Origin};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _};
use std::path::Path;

/// The size of the pieces in which scripts are read and data are sent, in bytes.
pub(super) const PIECE: usize = 64 * 1024;

/// The rest of a script, and of the files that it includes.
#[derive(Default)]
pub(super) struct ScriptSource {
    script: Root,
    /// Included files (`\i`), the innermost last.
    files: Vec<ScriptFile>,
}

/// The source of a script.
#[derive(Default)]
enum Root {
    /// Everything was already given.
    #[default]
    Nothing,
    /// Standard input.
    Input,
    /// A file.
    File(ScriptFile),
}

/// A file that is read in pieces.
pub(super) struct ScriptFile {
    name: String,
    /// `None` while another thread reads.
    reader: Option<BufReader<File>>,
    /// Whether it is a regular file, whose end can be checked; a pipe could block.
    plain: bool,
}

impl ScriptFile {
    /// Opens a script. A regular file is checked first, so that nothing of it runs if it is not readable and valid
    /// UTF-8 to its end.
    ///
    /// # Errors
    /// Fails if the file cannot be opened or read, or is not UTF-8.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let facts = file.metadata()?;
        if facts.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let plain = facts.is_file();
        let mut reader = BufReader::with_capacity(PIECE, file);
        if plain {
            let mut line = String::new();
            while reader.read_line(&mut line)? > 0 {
                line.clear();
            }
            reader.rewind()?;
        }
        Ok(Self { name: path.display().to_string(), reader: Some(reader), plain })
    }

    /// Returns its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whole lines, at least `least` bytes of them if available, and whether more follow.
    async fn lines(&mut self, least: usize) -> io::Result<(String, bool)> {
        let Some(mut reader) = self.reader.take() else { return Ok((String::new(), false)) };
        let plain = self.plain;
        let read = off_thread(move || {
            let mut bytes = Vec::new();
            loop {
                let buffered = reader.fill_buf()?;
                let ended = buffered.is_empty();
                match buffered.iter().rposition(|byte| *byte == b'\n') {
                    Some(at) => {
                        bytes.extend_from_slice(&buffered[..=at]);
                        reader.consume(at + 1);
                    }
                    None => {
                        reader.read_until(b'\n', &mut bytes)?;
                    }
                }
                if ended || bytes.len() >= least {
                    break;
                }
            }
            let more = if plain { !reader.fill_buf()?.is_empty() } else { !bytes.is_empty() };
            Ok((reader, String::from_utf8(bytes).map_err(io::Error::other)?, more))
        });
        let (reader, text, more) = read.await.map_err(|error| read_error(&self.name, &error))?;
        self.reader = Some(reader);
        Ok((text, more))
    }
}

impl ScriptSource {
    /// Makes the reader of a script file.
    pub(super) fn of(file: ScriptFile) -> Self {
        Self { script: Root::File(file), files: Vec::new() }
    }

    /// Makes the reader of a script on standard input.
    pub(super) fn input() -> Self {
        Self { script: Root::Input, files: Vec::new() }
    }

    /// Whether the script is standard input.
    pub(super) fn is_input(&self) -> bool {
        matches!(self.script, Root::Input)
    }

    /// Starts reading a file that the script includes.
    pub(super) fn include(&mut self, file: ScriptFile, interpreter: &Interpreter) {
        // Some included files may have been left before their end.
        self.files.truncate(interpreter.open_files());
        self.files.push(file);
    }

    /// Whether the script has ended.
    pub(super) fn is_over(&self, interpreter: &Interpreter) -> bool {
        matches!(self.script, Root::Nothing) && interpreter.open_files() == 0
    }

    /// Passes the next input to the interpreter, and signals the end after the last one.
    ///
    /// # Errors
    /// Fails if the script cannot be read, or is not UTF-8.
    pub(super) async fn feed(&mut self, interpreter: &mut Interpreter) -> io::Result<()> {
        self.files.truncate(interpreter.open_files());
        if let Some(file) = self.files.last_mut() {
            let (text, more) = file.lines(interpreter.unread()).await?;
            interpreter.feed_file(&text, more);
            if !more {
                self.files.pop();
            }
            return Ok(());
        }
        let more = match &mut self.script {
            Root::Nothing => false,
            Root::Input => {
                let text = lines().await?;
                give(interpreter, &text, &Origin::Input);
                !text.is_empty()
            }
            Root::File(file) => {
                // An incomplete statement is parsed again with more input, so larger pieces are read for larger
                // statements.
                let (text, more) = file.lines(interpreter.unread()).await?;
                give(interpreter, &text, &Origin::File(file.name.clone()));
                more
            }
        };
        if !more {
            self.script = Root::Nothing;
            interpreter.finish();
        }
        Ok(())
    }
}

fn give(interpreter: &mut Interpreter, text: &str, origin: &Origin) {
    if !text.is_empty() {
        interpreter.feed(text, origin);
    }
}

/// Reads the available whole lines of standard input; empty at its end.
///
/// # Errors
/// Fails if it cannot be read, or is not UTF-8.
async fn lines() -> io::Result<String> {
    let read = || {
        let mut input = io::stdin().lock();
        let mut lines = Vec::new();
        let buffered = input.fill_buf()?;
        match buffered.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => {
                lines.extend_from_slice(&buffered[..=at]);
                input.consume(at + 1);
            }
            None => {
                input.read_until(b'\n', &mut lines)?;
            }
        }
        String::from_utf8(lines).map_err(io::Error::other)
    };
    off_thread(read).await.map_err(|error| read_error("standard input", &error))
}

pub(super) fn read_error(name: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!("{name} cannot be read: {error}"))
}

/// Runs blocking work on another thread, so that signals are handled meanwhile.
pub(super) async fn off_thread<T: Send + 'static>(
    does: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(does).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sql::interpreter::{Action, Answer, Mode};

    #[tokio::test]
    async fn file_is_read_in_pieces_of_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.sql");
        let line = format!("select '{}';\n", "日".repeat(1_000));
        std::fs::write(&path, line.repeat(100) + "select 'last'").unwrap();
        let mut file = ScriptFile::open(&path).unwrap();
        let (mut all, mut pieces) = (String::new(), 0);
        loop {
            let (text, more) = file.lines(0).await.unwrap();
            assert!(text.len() <= PIECE + line.len() && text.ends_with('\n') == more, "{}", text.len());
            (all, pieces) = (all + &text, pieces + 1);
            if !more {
                break;
            }
        }
        assert_eq!((all, pieces > 3), (std::fs::read_to_string(&path).unwrap(), true));
        let mut interpreter = Interpreter::new(Mode::Script);
        let mut reads = ScriptSource::of(ScriptFile::open(&path).unwrap());
        while !reads.is_over(&interpreter) {
            reads.feed(&mut interpreter).await.unwrap();
        }
        let Action::Run(run) = interpreter.step() else { panic!("a statement") };
        assert_eq!((run.line, run.file.as_deref()), (1, path.to_str()));
        std::fs::write(&path, line.repeat(100).into_bytes().into_iter().chain([0xff]).collect::<Vec<u8>>()).unwrap();
        assert!(ScriptFile::open(&path).is_err(), "before anything of it is run");
    }

    /// psql also reads included files line by line.
    #[tokio::test]
    async fn included_file_is_read_in_pieces_and_not_past_its_use() {
        let folder = tempfile::tempdir().unwrap();
        let path_of = |name: &str| folder.path().join(name).display().to_string();
        let line = format!("select '{}';\n", "x".repeat(1_000));
        std::fs::write(folder.path().join("large.sql"), line.repeat(1_000)).unwrap();
        std::fs::write(folder.path().join("left.sql"), format!("select 'l';\n\\q\n{}", line.repeat(1_000))).unwrap();
        let mut interpreter = Interpreter::new(Mode::Script);
        let mut reads = ScriptSource::default();
        let text = format!("select 1 \\i {}\n\\i {}\n+ 1;\n", path_of("large.sql"), path_of("left.sql"));
        interpreter.run(&text, Origin::Command);
        let (mut ran, mut most) = (Vec::new(), 0);
        loop {
            match interpreter.step() {
                Action::Run(run) => {
                    ran.push(run.statement.clone());
                    interpreter.answer(Answer::Ran(Box::default()));
                }
                Action::Read { path } => {
                    reads.include(ScriptFile::open(Path::new(&path)).unwrap(), &interpreter);
                    interpreter.answer(Answer::Opened);
                }
                Action::NeedInput(_) if reads.is_over(&interpreter) => break,
                Action::NeedInput(_) => reads.feed(&mut interpreter).await.unwrap(),
                other => panic!("{other:?}"),
            }
            most = most.max(interpreter.unread());
        }
        assert!(most > 0 && most <= PIECE + line.len(), "{most} bytes were held");
        assert_eq!((ran.len(), ran[0] == line.trim_end_matches(";\n")), (1_002, true));
        assert_eq!(ran[1_000..], ["select 'l'", "select 1 \n\n+ 1"]);
    }
}
