//! Files run by a text (`\i`, `\ir`). As in psql, each has its own statement buffer; a file may arrive in pieces.

use super::action::Action;
use super::state::{Interpreter, Origin, Outer, Source, Waiting};

/// Maximum nesting depth of files. Source: psql stops at the number of files that a process may have open.
const MAX_DEPTH: usize = 1_000;

impl Interpreter {
    /// `\i` and `\ir`: requests a file. A relative name in `\ir` is relative to the running file.
    pub(super) fn include(&mut self, name: &str, typed: Option<&str>) {
        let Some(typed) = typed else {
            self.fail(format!("\\{name}: missing required argument"));
            return;
        };
        let run = name.contains('r').then(|| self.file_name()).flatten();
        let path = match run.as_deref().and_then(|run| run.rsplit_once('/')) {
            Some((folder, _)) if typed != "-" && !typed.starts_with(['/', '~']) => format!("{folder}/{typed}"),
            _ => typed.to_owned(),
        };
        self.enqueue(Action::Read { path: path.clone() }, Waiting::Included(path));
    }

    /// Runs a file's text, or reports why there is none.
    pub(super) fn included(&mut self, path: String, text: Result<String, String>) {
        match text {
            Ok(text) => self.enter(path, text, false),
            Err(why) if why.starts_with(&path) => self.fail(why),
            Err(why) => self.fail(format!("{path}: {why}")),
        }
    }

    /// Runs a file that arrives in pieces.
    pub(super) fn begin_file(&mut self, path: String) {
        self.enter(path, String::new(), true);
    }

    fn enter(&mut self, path: String, text: String, opened: bool) {
        if self.sources.len() >= MAX_DEPTH {
            self.fail(format!("{path}: files run one another without end"));
            return;
        }
        let mut source = Source::new(text, Origin::File(path), !opened);
        source.opened = opened;
        source.outer = Some(Box::new(Outer {
            buffer: std::mem::take(&mut self.buffer),
            begun: self.begun,
            scan: std::mem::take(&mut self.scan),
            previous: std::mem::take(&mut self.previous),
        }));
        self.sources.push(source);
    }

    /// Restores the state of the including text at the end of a file.
    pub(super) fn leave(&mut self, outer: Option<Box<Outer>>) {
        let Some(outer) = outer else { return };
        let Outer { buffer, begun, scan, previous } = *outer;
        (self.buffer, self.begun, self.scan, self.previous) = (buffer, begun, scan, previous);
    }

    /// `\q`: ends the innermost included file, or everything if there is none.
    pub(super) fn quit(&mut self) {
        let Some(place) = self.sources.iter().rposition(|source| source.outer.is_some()) else {
            self.quit = Some(self.code);
            self.sources.clear();
            return;
        };
        let file = self.sources.drain(place..).next();
        self.leave(file.and_then(|file| file.outer));
    }

    /// Returns the running file, which `\ir` is relative to.
    pub(super) fn file_name(&self) -> Option<String> {
        self.sources.iter().rev().find_map(|source| match &source.origin {
            Origin::File(name) => Some(name.clone()),
            Origin::Input | Origin::Command => None,
        })
    }

    /// Returns the number of files that arrive in pieces and are incomplete.
    pub fn open_files(&self) -> usize {
        self.sources.iter().filter(|source| source.opened && !source.ended).count()
    }

    /// Adds text to the innermost of them. `more` is false with the last piece.
    pub fn feed_file(&mut self, text: &str, more: bool) {
        if let Some(source) = self.sources.iter_mut().rev().find(|source| source.opened && !source.ended) {
            source.text.drain(..source.at);
            source.at = 0;
            source.text.push_str(text);
            source.ended = !more;
        }
    }

    /// Returns the number of unread bytes of the texts that arrive in pieces.
    pub fn unread(&self) -> usize {
        self.sources.iter().rev().find(|source| !source.ended).map_or(0, |source| source.text.len() - source.at)
    }
}
