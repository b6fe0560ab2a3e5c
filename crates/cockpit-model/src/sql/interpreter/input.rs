//! How text is read: tokens into the statement, variables replaced, commands found, branches passed over.

use super::action::{Action, Target};
use super::halt::{Halt, Left};
use super::state::{Branch, Interpreter, Mode, Origin, Source, Use, Waiting};
use crate::sql::Transaction;
use crate::sql::commands::{Support, find};
use crate::sql::format::options::boolean;
use crate::sql::scan::Scan;
use crate::sql::split::command_name;
use crate::sql::token::{Kind, Token, next_as, tokens, tokens_as};

/// A part of the data that follow a `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Some lines.
    Lines(String),
    /// More of the text is needed.
    More,
    /// There are no more.
    Over,
}

/// So many bytes without the end of data, or the beginning of others, are data.
const LOOKED_AT: usize = 1 << 20;

impl Interpreter {
    /// Reads a token, or says that there is none.
    pub(super) fn advance(&mut self) {
        let Some(source) = self.sources.last() else {
            let nothing = if self.over { Action::Quit(self.code) } else { Action::More(self.open()) };
            self.ask(nothing, Waiting::Nothing);
            return;
        };
        let escapes = self.server.escapes;
        match next_as(&source.text, source.at, escapes) {
            None if !source.ended => self.ask(Action::More(self.open()), Waiting::Nothing),
            None => self.at_end(),
            Some(token) if !source.ended && may_grow(&source.text, &token, escapes) => {
                let mut scan = self.scan.clone();
                scan.take(&source.text, &token);
                self.ask(Action::More(scan.open()), Waiting::Nothing);
            }
            Some(token) => self.token(token),
        }
    }

    fn at_end(&mut self) {
        if self.sources.last().is_some_and(|source| !source.branches.is_empty()) {
            self.fail("reached EOF without finding closing \\endif(s)");
        }
        let Some(source) = self.sources.pop() else { return };
        if source.variable.is_some() {
            return;
        }
        let left = !(source.edited || self.mode == Mode::Interactive && source.origin == Origin::Input);
        if left && self.quit.is_none() {
            let before = self.queue.len();
            self.send(Use::Show);
            // It is of the file that has ended, and where it fails that is told of it.
            for (action, _) in self.queue.iter_mut().skip(before) {
                if let (Action::Run(run), Origin::File(name)) = (action, &source.origin) {
                    run.file = Some(name.clone());
                }
            }
        }
        self.leave(source.outer);
    }

    /// Whether what stands here is done.
    pub(super) fn is_active(&self) -> bool {
        self.file().is_none_or(|source| source.branches.last().is_none_or(|branch| branch.active))
    }

    fn file(&self) -> Option<&Source> {
        self.sources.iter().rev().find(|source| source.variable.is_none())
    }

    fn file_mut(&mut self) -> Option<&mut Source> {
        self.sources.iter_mut().rev().find(|source| source.variable.is_none())
    }

    fn token(&mut self, token: Token) {
        let active = self.is_active();
        let Some(source) = self.sources.last_mut() else { return };
        let text = token.of(&source.text).to_owned();
        source.at = token.end;
        if source.variable.is_none() {
            source.line += text.matches('\n').count();
        }
        match token.kind {
            Kind::Command => self.command(&text, token.closed),
            Kind::Variable if active => self.variable(&text),
            _ => self.push(&text),
        }
    }

    fn variable(&mut self, written: &str) {
        let Some((value, name)) = self.variables.replaced(written) else {
            self.push(written);
            return;
        };
        let plain = !written.starts_with(":'") && !written.starts_with(":\"") && !written.starts_with(":{");
        if !plain {
            self.push(&value);
            return;
        }
        if self.sources.iter().any(|source| source.variable.as_deref() == Some(&name)) {
            self.print(format!("skipping recursive expansion of variable \"{name}\"\n"), Target::Errors);
            self.push(written);
            return;
        }
        // A value that opens a quote goes on in the text after it.
        if tokens_as(&value, self.server.escapes).all(|token| token.closed) {
            let mut source = Source::new(value, Origin::Command, true);
            source.variable = Some(name);
            self.sources.push(source);
        } else if let Some(source) = self.sources.last_mut() {
            source.text.insert_str(source.at, &value);
        }
    }

    /// Puts a token into the statement.
    fn push(&mut self, text: &str) {
        let active = self.is_active();
        let line = self.line();
        let mut over = false;
        for token in tokens_as(text, self.server.escapes) {
            let said = token.of(text);
            let begun = self.scan.is_begun();
            over = self.scan.take(text, &token);
            if !active || (!begun && token.kind.is_space()) || over {
                continue;
            }
            if !begun {
                self.begun = line;
            }
            self.buffer.push_str(if token.kind == Kind::Escaped { &said[1..] } else { said });
        }
        if over && active {
            self.send(Use::Show);
        }
    }

    fn command(&mut self, text: &str, closed: bool) {
        let name = command_name(text).to_owned();
        let raw = &text[(1 + name.len()).min(text.len())..];
        let raw = raw.trim_start_matches(';').to_owned();
        let condition = matches!(name.as_str(), "if" | "elif" | "else" | "endif");
        if !condition && !self.is_active() {
            return;
        }
        if !closed && self.is_active() {
            self.fail("unterminated quoted string");
            return;
        }
        if self.restricted.is_some() && name != "unrestrict" && !condition {
            self.fail(format!("backslash commands are restricted; only \\unrestrict is allowed, not \\{name}"));
            return;
        }
        // A condition that is neither true nor false is false, and what is not there here does not fail in psql.
        let has_branch = self.file().is_some_and(|source| !source.branches.is_empty());
        let passes = name == "if"
            || (name == "elif" && has_branch)
            || find(&name).is_some_and(|command| matches!(command.support, Support::No(_)));
        self.begin_command(&name, &raw);
        // As in psql, what follows on the line of a command that failed is dropped.
        let failed = !passes && self.queue.iter().any(|(action, _)| matches!(action, Action::Fail { .. }));
        if failed && let Some(source) = self.file_mut() {
            let rest = &source.text[source.at..];
            source.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// `\if`, `\elif`, `\else`, `\endif`.
    pub(super) fn condition(&mut self, name: &str, expression: &str) {
        let active = self.is_active();
        let truth = |this: &mut Self| {
            if let Some(truth) = boolean(expression.trim()) {
                truth
            } else {
                let message = format!(
                    "unrecognized value \"{}\" for \"\\{name} expression\": Boolean expected",
                    expression.trim()
                );
                let line = this.line();
                let file = this.file_name();
                this.ask(Action::Fail { message, line, file }, Waiting::Nothing);
                false
            }
        };
        if name == "if" {
            let is = active && truth(self);
            let branch = Branch {
                active: is,
                taken: is || !active,
                last: false,
                scan: self.scan.clone(),
                buffer: self.buffer.clone(),
            };
            if let Some(source) = self.file_mut() {
                source.branches.push(branch);
            }
            return;
        }
        let Some(mut branch) = self.file_mut().and_then(|source| source.branches.pop()) else {
            self.fail(format!("\\{name}: no matching \\if"));
            return;
        };
        // What stood in a branch that was not done left nothing in the statement.
        if !branch.active {
            self.scan.clone_from(&branch.scan);
            self.buffer.clone_from(&branch.buffer);
        }
        if name == "endif" {
            return;
        }
        let late = branch.last;
        branch.active = !branch.taken && !late && (name == "else" || truth(self));
        branch.taken |= branch.active;
        branch.last |= name == "else";
        // What a branch that was done has left in it stays.
        branch.scan.clone_from(&self.scan);
        branch.buffer.clone_from(&self.buffer);
        if let Some(source) = self.file_mut() {
            source.branches.push(branch);
        }
        if late {
            self.fail(format!("\\{name}: cannot occur after \\else"));
        }
    }

    /// Takes a text from an editor, which is read as if it were typed.
    pub(super) fn edited(&mut self, text: Result<String, String>) {
        match text {
            Ok(text) => {
                self.reset_buffer();
                let mut source = Source::new(text, Origin::Command, true);
                source.edited = true;
                self.sources.push(source);
            }
            Err(why) => self.fail(why),
        }
    }

    /// Data of the `COPY` that runs, from the text that is run: the lines after its own, up to `\.`.
    pub fn data(&mut self) -> Data {
        let Some(source) = self.file_mut() else { return Data::Over };
        let here = &source.text[source.at..];
        let Some(begin) = here.find('\n').map(|at| source.at + at + 1) else {
            return if source.ended { Data::Over } else { Data::More };
        };
        let mut end = begin;
        let mut over = false;
        for line in source.text[begin..].split_inclusive('\n') {
            if !line.ends_with('\n') && !source.ended {
                break;
            }
            end += line.len();
            if line.trim_end_matches(['\n', '\r']) == "\\." {
                over = true;
                break;
            }
        }
        let mut lines: String = source.text.drain(begin..end).collect();
        source.line += lines.matches('\n').count();
        if over {
            lines.truncate(lines.rfind("\\.").unwrap_or(0));
            if lines.is_empty() {
                return Data::Over;
            }
            // The end is found again when it is asked for the next time.
            source.text.insert_str(begin, "\\.\n");
            source.line = source.line.saturating_sub(1);
        }
        match (lines.is_empty(), source.ended) {
            (false, _) => Data::Lines(lines),
            (true, true) => Data::Over,
            (true, false) => Data::More,
        }
    }

    /// Whether the lines after a `COPY` that the server refused are its data: then `\.` ends them before another `COPY` begins.
    /// None: more of the text is needed to know.
    pub fn data_follow(&self) -> Option<bool> {
        let Some(source) = self.file() else { return Some(false) };
        let here = &source.text[source.at..];
        let unknown = match (source.ended, here.len() > LOOKED_AT) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        };
        let lines = here.split_inclusive('\n').skip(1);
        for line in lines.filter(|line| source.ended || line.ends_with('\n')) {
            let line = line.trim_end_matches(['\n', '\r']);
            if line == "\\." {
                return Some(true);
            }
            // A row of several columns may have such a text.
            if !line.contains('\t') && line.to_ascii_lowercase().contains("from stdin") {
                return Some(false);
            }
        }
        unknown
    }

    /// A statement and what was read of it so far, for a prompt.
    pub fn buffer(&self) -> &str {
        &self.buffer
    }

    /// The state of a statement's reading, for an editor.
    pub fn scan(&self) -> &Scan {
        &self.scan
    }
}

impl Interpreter {
    /// How far the text has come that is run.
    pub fn halt(&self) -> Halt {
        let files = self.sources.iter().rev().filter(|source| source.variable.is_none());
        Halt {
            why: String::new(),
            ran: self.done,
            left: files.filter_map(left).collect(),
            open: self.transaction != Transaction::Idle,
        }
    }

    /// Ends what is run for this failure, where a failure does.
    pub(super) fn halt_for(&mut self, why: String) {
        let known = self.halted.is_some();
        self.stop();
        if let Some(halted) = self.halted.as_mut().filter(|_| !known) {
            halted.why = why;
        }
    }

    /// Where a failure has ended what was run, once.
    pub fn take_halted(&mut self) -> Option<Halt> {
        self.halted.take()
    }
}

impl Source {
    pub(super) fn new(text: String, origin: Origin, ended: bool) -> Self {
        Self {
            origin,
            variable: None,
            text,
            at: 0,
            ended,
            edited: false,
            opened: false,
            outer: None,
            line: 1,
            branches: Vec::new(),
        }
    }
}

/// What of a source was not read; none where nothing of it says anything.
fn left(source: &Source) -> Option<Left> {
    let file = match &source.origin {
        Origin::File(name) => Some(name.clone()),
        Origin::Input | Origin::Command => None,
    };
    let rest = source.text.get(source.at..).unwrap_or_default();
    let says = tokens(rest).find(|token| !token.kind.is_space() && token.of(rest) != ";");
    let lines = |text: &str| text.matches('\n').count();
    match says {
        Some(token) => Some(Left { file, line: source.line + lines(&rest[..token.start]) }),
        // More of it may come, and is not read.
        None if !source.ended => Some(Left { file, line: source.line + lines(rest).max(1) }),
        None => None,
    }
}

/// Whether a token at the end of a text may become another one with what comes after it.
fn may_grow(text: &str, token: &Token, escapes: bool) -> bool {
    if token.end == text.len() {
        return !matches!(token.kind, Kind::Semicolon | Kind::Blank);
    }
    // A text with escapes goes on in the next line.
    let begins = |letters: &[u8]| letters.contains(&text.as_bytes()[token.start]);
    let escaped = token.kind == Kind::Text && (begins(b"eE") || escapes && begins(b"'nN"));
    escaped && tokens(&text[token.end..]).all(|token| token.kind.is_space())
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
