//! Reading text: tokens go into the statement, variables are replaced, commands are found, inactive branches are skipped.

use super::action::{Action, Target};
use super::halt::{Halt, UnrunPart};
use super::state::{Branch, Interpreter, Mode, Origin, Source, Use, Waiting};
use crate::sql::Transaction;
use crate::sql::commands::{Support, find};
use crate::sql::format::options::boolean;
use crate::sql::split::command_name;
use crate::sql::statement_end::Scan;
use crate::sql::token::{Kind, Token, next_as, tokens, tokens_as};

/// A part of the data after a `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Some lines.
    Lines(String),
    /// More text is needed.
    More,
    /// The data have ended.
    End,
}

/// If neither the end of the data nor another `COPY` is found within this number of bytes, the text is taken to be data.
const LOOKAHEAD: usize = 1 << 20;

impl Interpreter {
    /// Reads a token, or requests more text.
    pub(super) fn advance(&mut self) {
        let Some(source) = self.sources.last() else {
            let nothing = if self.input_finished { Action::Quit(self.code) } else { Action::NeedInput(self.open()) };
            self.enqueue(nothing, Waiting::Nothing);
            return;
        };
        let escapes = self.server.escapes;
        match next_as(&source.text, source.at, escapes) {
            None if !source.ended => self.enqueue(Action::NeedInput(self.open()), Waiting::Nothing),
            None => self.at_end(),
            Some(token) if !source.ended && may_grow(&source.text, &token, escapes) => {
                let mut scan = self.scan.clone();
                scan.take(&source.text, &token);
                self.enqueue(Action::NeedInput(scan.open()), Waiting::Nothing);
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
            // The statement belongs to the file that has just ended, so its errors name that file.
            for (action, _) in self.queue.iter_mut().skip(before) {
                if let (Action::Run(run), Origin::File(name)) = (action, &source.origin) {
                    run.file = Some(name.clone());
                }
            }
        }
        self.leave(source.outer);
    }

    /// Returns whether the current branch is active.
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
        let Some((value, name)) = self.variables.substitute(written) else {
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
        // A value with an unclosed quote continues in the text after it.
        if tokens_as(&value, self.server.escapes).all(|token| token.closed) {
            let mut source = Source::new(value, Origin::Command, true);
            source.variable = Some(name);
            self.sources.push(source);
        } else if let Some(source) = self.sources.last_mut() {
            source.text.insert_str(source.at, &value);
        }
    }

    /// Adds tokens to the statement.
    fn push(&mut self, text: &str) {
        let active = self.is_active();
        let line = self.line();
        let mut over = false;
        for token in tokens_as(text, self.server.escapes) {
            let written = token.of(text);
            let begun = self.scan.is_begun();
            over = self.scan.take(text, &token);
            if !active || (!begun && token.kind.is_space()) || over {
                continue;
            }
            if !begun {
                self.begun = line;
            }
            self.buffer.push_str(if token.kind == Kind::Escaped { &written[1..] } else { written });
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
        // An invalid condition counts as false, and commands unsupported here would not fail in psql; neither drops the rest
        // of the line.
        let has_branch = self.file().is_some_and(|source| !source.branches.is_empty());
        let passes = name == "if"
            || (name == "elif" && has_branch)
            || find(&name).is_some_and(|command| matches!(command.support, Support::Unsupported(_)));
        self.begin_command(&name, &raw);
        // As in psql, the rest of the line after a failed command is dropped.
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
                this.enqueue(Action::Fail { message, line, file }, Waiting::Nothing);
                false
            }
        };
        if name == "if" {
            let condition = active && truth(self);
            let branch = Branch {
                active: condition,
                taken: condition || !active,
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
        // An inactive branch leaves the statement as it was before.
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
        // Text that an active branch added to the statement stays.
        branch.scan.clone_from(&self.scan);
        branch.buffer.clone_from(&self.buffer);
        if let Some(source) = self.file_mut() {
            source.branches.push(branch);
        }
        if late {
            self.fail(format!("\\{name}: cannot occur after \\else"));
        }
    }

    /// Runs a text from an editor as if it were typed.
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

    /// Returns data of the running `COPY` from the text: the lines after its own, up to `\.`.
    pub fn data(&mut self) -> Data {
        let Some(source) = self.file_mut() else { return Data::End };
        let rest = &source.text[source.at..];
        let Some(begin) = rest.find('\n').map(|at| source.at + at + 1) else {
            return if source.ended { Data::End } else { Data::More };
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
                return Data::End;
            }
            // Put the end back, so that the next call finds it.
            source.text.insert_str(begin, "\\.\n");
            source.line = source.line.saturating_sub(1);
        }
        match (lines.is_empty(), source.ended) {
            (false, _) => Data::Lines(lines),
            (true, true) => Data::End,
            (true, false) => Data::More,
        }
    }

    /// Returns whether the lines after a `COPY` refused by the server are its data, that is, whether `\.` comes before
    /// another `COPY`. `None` means that more text is needed to decide.
    pub fn data_follow(&self) -> Option<bool> {
        let Some(source) = self.file() else { return Some(false) };
        let rest = &source.text[source.at..];
        let unknown = match (source.ended, rest.len() > LOOKAHEAD) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        };
        let lines = rest.split_inclusive('\n').skip(1);
        for line in lines.filter(|line| source.ended || line.ends_with('\n')) {
            let line = line.trim_end_matches(['\n', '\r']);
            if line == "\\." {
                return Some(true);
            }
            // A data row with several columns may contain such a text.
            if !line.contains('\t') && line.to_ascii_lowercase().contains("from stdin") {
                return Some(false);
            }
        }
        unknown
    }

    /// Returns the statement read so far, for a prompt.
    pub fn buffer(&self) -> &str {
        &self.buffer
    }

    /// Returns the scanner's state, for an editor.
    pub fn scan(&self) -> &Scan {
        &self.scan
    }
}

impl Interpreter {
    /// Returns how far the running text has come.
    pub fn halt(&self) -> Halt {
        let files = self.sources.iter().rev().filter(|source| source.variable.is_none());
        Halt {
            why: String::new(),
            executed: self.done,
            remaining: files.filter_map(left).collect(),
            open: self.transaction != Transaction::Idle,
        }
    }

    /// Stops the running text after this error, if errors stop it.
    pub(super) fn halt_with(&mut self, why: String) {
        let already_halted = self.halted.is_some();
        self.stop();
        if let Some(halted) = self.halted.as_mut().filter(|_| !already_halted) {
            halted.why = why;
        }
    }

    /// Returns where an error has stopped the text, once.
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

/// Returns the unread part of a source; `None` if it contains only blanks and comments.
fn left(source: &Source) -> Option<UnrunPart> {
    let file = match &source.origin {
        Origin::File(name) => Some(name.clone()),
        Origin::Input | Origin::Command => None,
    };
    let rest = source.text.get(source.at..).unwrap_or_default();
    let says = tokens(rest).find(|token| !token.kind.is_space() && token.of(rest) != ";");
    let lines = |text: &str| text.matches('\n').count();
    match says {
        Some(token) => Some(UnrunPart { file, line: source.line + lines(&rest[..token.start]) }),
        // More text may follow, which will not be read.
        None if !source.ended => Some(UnrunPart { file, line: source.line + lines(rest).max(1) }),
        None => None,
    }
}

/// Returns whether a token at the end of a text may change when more text follows.
fn may_grow(text: &str, token: &Token, escapes: bool) -> bool {
    if token.end == text.len() {
        return !matches!(token.kind, Kind::Semicolon | Kind::Blank);
    }
    // A string with escapes may continue on the next line.
    let begins = |letters: &[u8]| letters.contains(&text.as_bytes()[token.start]);
    let escaped = token.kind == Kind::Text && (begins(b"eE") || escapes && begins(b"'nN"));
    escaped && tokens(&text[token.end..]).all(|token| token.kind.is_space())
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
