//! A text taken apart as psql takes it: statements, psql's commands, and the data after `COPY … FROM STDIN`.
//!
//! An editor keeps a [`Split`] and tells it of each change; what did not change is not read again.

use super::copy;
use super::scan::{Open, Scan};
use super::token::{Kind, Token, next};
use std::ops::Range;

/// The kind of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A statement, which may have commands of psql in it and be ended by one (`\g`).
    Statement,
    /// A command of psql by itself.
    Command,
    /// The lines of data after `COPY … FROM STDIN;`, with `\.`.
    Data,
    /// Blanks and comments.
    Blank,
}

/// A piece of a text. The pieces one after the other are the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub what: What,
    /// Where it begins in the text, in bytes. Blanks and comments before a statement belong to it.
    pub start: usize,
    pub end: usize,
    /// Why it is not over; [`Open::Ready`] is that it is.
    pub open: Open,
    /// Its tokens, from its beginning on.
    tokens: Vec<Token>,
}

impl Piece {
    /// Its tokens, placed in the whole text.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        self.tokens.iter().map(|token| Token { start: token.start + self.start, end: token.end + self.start, ..*token })
    }

    /// Where it is without the blanks and comments before and after it. `text` is the whole text.
    pub fn body(&self, text: &str) -> Range<usize> {
        let said = |token: &&Token| !token.kind.is_space();
        let first = self.tokens.iter().find(said).map_or(0, |token| token.start);
        let last = self.tokens.iter().rev().find(said).map_or(first, |token| token.end);
        let said = text.get(self.start + first..self.start + last).unwrap_or_default();
        self.start + first..self.start + first + said.trim_end().len()
    }

    /// The text that is sent to the server: without psql's commands, and without its `;`. Empty where there is nothing.
    pub fn statement(&self, text: &str) -> String {
        let mut statement = String::new();
        let said = self.tokens().filter(|token| !token.kind.is_space() && token.kind != Kind::Command);
        let semicolon = said.last().filter(|last| last.kind == Kind::Semicolon && self.open == Open::Ready);
        for token in self.tokens() {
            match token.kind {
                Kind::Command => {}
                _ if Some(token) == semicolon => {}
                Kind::Escaped => statement.push_str(&token.of(text)[1..]),
                Kind::Blank | Kind::Comment if statement.is_empty() => {}
                _ => statement.push_str(token.of(text)),
            }
        }
        statement.truncate(statement.trim_end().len());
        statement
    }
}

/// A text split into statements and commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    pieces: Vec<Piece>,
}

/// Commands of psql after which the statement before them is over: it is sent, or thrown away.
const ENDING: &[&str] = &["g", "gx", "gset", "gexec", "gdesc", "crosstabview", "watch", "r", "reset"];

impl Split {
    /// Splits a text.
    pub fn new(text: &str) -> Self {
        let mut split = Self::default();
        split.read(text, 0, |_, _| false);
        split
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Follows a change: at the byte `at` so many bytes went and so many came; `text` is the text after it.
    pub fn edit(&mut self, text: &str, at: usize, removed: usize, added: usize) {
        let mut first = self.pieces.partition_point(|piece| piece.end < at).saturating_sub(1);
        while first > 0 && self.pieces[first].what == What::Data {
            first -= 1;
        }
        let start = self.pieces.get(first).map_or(0, |piece| piece.start);
        let old = self.pieces.split_off(first.min(self.pieces.len()));
        // From the first place on where a piece began before and begins again, all is as it was.
        let mut same = None;
        self.read(text, start, |here, data| {
            if here <= at + added {
                return false;
            }
            let before = here - added + removed;
            same = old.binary_search_by_key(&before, |piece| piece.start).ok();
            same.is_some_and(|number| (old[number].what == What::Data) == data)
        });
        let rest = same.map_or(&[][..], |number| &old[number..]);
        if self.pieces.last().is_none_or(|last| last.end < text.len()) {
            self.pieces.extend(rest.iter().cloned().map(|piece| Piece {
                start: piece.start - removed + added,
                end: piece.end - removed + added,
                ..piece
            }));
        }
    }

    /// Reads from `start` on, until `stop` says at the beginning of a piece that it may (which is told whether data come).
    fn read(&mut self, text: &str, start: usize, mut stop: impl FnMut(usize, bool) -> bool) {
        let mut at = start;
        let mut data = false;
        while at < text.len() && !stop(at, data) {
            let piece = if data { data_piece(text, at) } else { piece(text, at) };
            data = !data && piece.open == Open::Ready && copy::reads_data(text, &piece_words(&piece));
            at = piece.end;
            self.pieces.push(piece);
        }
    }

    /// The piece at a byte: the one that a person means whose cursor is there. Behind a statement in its line it is that one.
    pub fn at(&self, text: &str, cursor: usize) -> Option<&Piece> {
        let here = self.pieces.partition_point(|piece| piece.end <= cursor).min(self.pieces.len().checked_sub(1)?);
        let piece = &self.pieces[here];
        let between = text.get(piece.start..cursor.max(piece.start)).unwrap_or_default();
        let behind = between.trim().is_empty() && !between.contains('\n') && piece.body(text).start >= cursor;
        match here.checked_sub(1) {
            Some(before) if behind || piece.what == What::Blank => Some(&self.pieces[before]),
            _ => Some(piece),
        }
    }

    /// The brackets at a byte: the one at it or before it and its partner, as their first bytes, the opening one first.
    pub fn brackets(&self, text: &str, cursor: usize) -> Option<(usize, usize)> {
        let mut open: Vec<Token> = Vec::new();
        let touched = |token: &Token| token.start == cursor || token.end == cursor;
        let mut found = None;
        let near = |piece: &&Piece| piece.start <= cursor && cursor <= piece.end;
        for piece in self.pieces.iter().filter(near) {
            open.clear();
            for token in piece.tokens() {
                match token.kind {
                    Kind::Opening => open.push(token),
                    Kind::Closing => {
                        let Some(from) = open.pop() else { continue };
                        let pair = matches!((from.of(text), token.of(text)), ("(", ")") | ("[", "]") | ("{", "}"));
                        if !pair || !(touched(&from) || touched(&token)) {
                            continue;
                        }
                        found = Some((from.start, token.start));
                        // The one at the cursor goes before the one behind which it is.
                        if from.start == cursor || token.start == cursor {
                            return found;
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

fn piece_words(piece: &Piece) -> Vec<Token> {
    piece.tokens().filter(|token| !token.kind.is_space()).take(copy::LOOKED_AT).collect()
}

/// One piece from `start` on.
fn piece(text: &str, start: usize) -> Piece {
    let mut scan = Scan::default();
    let mut piece = Piece { what: What::Blank, start, end: start, open: Open::Ready, tokens: Vec::new() };
    while let Some(token) = next(text, piece.end) {
        piece.end = token.end;
        piece.tokens.push(Token { start: token.start - start, end: token.end - start, ..token });
        if token.kind == Kind::Command {
            let name = command_name(token.of(text));
            if !scan.is_begun() {
                piece.what = What::Command;
                return piece;
            }
            if ENDING.contains(&name) {
                return piece;
            }
        }
        let over = scan.take(text, &token);
        if over || scan.is_begun() {
            piece.what = What::Statement;
        }
        if over {
            return piece;
        }
    }
    piece.open = scan.open();
    piece
}

/// The name of a command of psql, from its text.
pub fn command_name(command: &str) -> &str {
    let name = command.strip_prefix('\\').unwrap_or(command);
    name.split(|next: char| next.is_whitespace() || next == '\\').next().unwrap_or_default().trim_end_matches(';')
}

/// The rest of the line and the lines of data, up to `\.`.
fn data_piece(text: &str, start: usize) -> Piece {
    let mut end = start;
    let mut over = false;
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        end += line.len();
        if number > 0 && line.trim_end_matches(['\n', '\r']) == "\\." {
            over = true;
            break;
        }
    }
    let token = Token { kind: Kind::Unknown, start: 0, end: end - start, closed: true };
    let open = if over { Open::Ready } else { Open::Statement };
    Piece { what: What::Data, start, end, open, tokens: vec![token] }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
