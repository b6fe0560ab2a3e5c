//! Splits a text as psql does: into statements, psql commands, and the data after `COPY … FROM STDIN`.
//!
//! An editor keeps a [`Split`] and reports each change to it; unchanged pieces are not read again.

use super::copy;
use super::statement_end::{Open, Scan};
use super::token::{Kind, Token, next};
use std::ops::Range;

/// The kind of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// A statement, which may contain psql commands and be ended by one (`\g`).
    Statement,
    /// A standalone psql command.
    Command,
    /// The lines of data after `COPY … FROM STDIN;`, including `\.`.
    Data,
    /// Blanks and comments.
    Blank,
}

/// A piece of a text. All pieces joined are the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub kind: PieceKind,
    /// The start in the text, in bytes. Blanks and comments before a statement belong to it.
    pub start: usize,
    pub end: usize,
    /// Why the piece is incomplete; [`Open::Ready`] if it is complete.
    pub open: Open,
    /// The tokens, relative to the piece's start.
    tokens: Vec<Token>,
}

impl Piece {
    /// Returns the tokens, positioned in the whole text.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        self.tokens.iter().map(|token| Token { start: token.start + self.start, end: token.end + self.start, ..*token })
    }

    /// Returns the range without surrounding blanks and comments. `text` is the whole text.
    pub fn body(&self, text: &str) -> Range<usize> {
        let is_visible = |token: &&Token| !token.kind.is_space();
        let first = self.tokens.iter().find(is_visible).map_or(0, |token| token.start);
        let last = self.tokens.iter().rev().find(is_visible).map_or(first, |token| token.end);
        let body = text.get(self.start + first..self.start + last).unwrap_or_default();
        self.start + first..self.start + first + body.trim_end().len()
    }

    /// Returns the text to send to the server: without psql commands and the final `;`. Empty if nothing is left.
    pub fn statement(&self, text: &str) -> String {
        let mut statement = String::new();
        let sent = self.tokens().filter(|token| !token.kind.is_space() && token.kind != Kind::Command);
        let semicolon = sent.last().filter(|last| last.kind == Kind::Semicolon && self.open == Open::Ready);
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

/// psql commands that end the statement before them: it is sent or discarded.
const ENDING: &[&str] = &["g", "gx", "gset", "gexec", "gdesc", "crosstabview", "watch", "r", "reset"];

impl Split {
    /// Splits a text.
    pub fn new(text: &str) -> Self {
        let mut split = Self::default();
        split.read(text, 0, |_, _| false);
        split
    }

    /// Returns the pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Applies a change: at byte `at`, `removed` bytes were replaced by `added` bytes. `text` is the text after the change.
    pub fn edit(&mut self, text: &str, at: usize, removed: usize, added: usize) {
        let mut first = self.pieces.partition_point(|piece| piece.end < at).saturating_sub(1);
        while first > 0 && self.pieces[first].kind == PieceKind::Data {
            first -= 1;
        }
        let start = self.pieces.get(first).map_or(0, |piece| piece.start);
        let old = self.pieces.split_off(first.min(self.pieces.len()));
        // Once a piece begins where one began before, all later pieces are unchanged.
        let mut same = None;
        self.read(text, start, |here, data| {
            if here <= at + added {
                return false;
            }
            let before = here - added + removed;
            same = old.binary_search_by_key(&before, |piece| piece.start).ok();
            same.is_some_and(|number| (old[number].kind == PieceKind::Data) == data)
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

    /// Reads from `start` until `stop` returns true at the start of a piece. `stop` also receives whether data follow.
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

    /// Returns the piece at a cursor. After a statement on the same line, that statement is the one meant.
    pub fn at(&self, text: &str, cursor: usize) -> Option<&Piece> {
        let here = self.pieces.partition_point(|piece| piece.end <= cursor).min(self.pieces.len().checked_sub(1)?);
        let piece = &self.pieces[here];
        let between = text.get(piece.start..cursor.max(piece.start)).unwrap_or_default();
        let behind = between.trim().is_empty() && !between.contains('\n') && piece.body(text).start >= cursor;
        match here.checked_sub(1) {
            Some(before) if behind || piece.kind == PieceKind::Blank => Some(&self.pieces[before]),
            _ => Some(piece),
        }
    }

    /// Returns the pair of brackets at a cursor, at or before it, as the byte offsets of the opening and the closing one.
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
                        // A bracket at the cursor is preferred to one just before it.
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
    piece.tokens().filter(|token| !token.kind.is_space()).take(copy::MAX_TOKENS).collect()
}

/// Reads one piece from `start` on.
fn piece(text: &str, start: usize) -> Piece {
    let mut scan = Scan::default();
    let mut piece = Piece { kind: PieceKind::Blank, start, end: start, open: Open::Ready, tokens: Vec::new() };
    while let Some(token) = next(text, piece.end) {
        piece.end = token.end;
        piece.tokens.push(Token { start: token.start - start, end: token.end - start, ..token });
        if token.kind == Kind::Command {
            let name = command_name(token.of(text));
            if !scan.is_begun() {
                piece.kind = PieceKind::Command;
                return piece;
            }
            if ENDING.contains(&name) {
                return piece;
            }
        }
        let over = scan.take(text, &token);
        if over || scan.is_begun() {
            piece.kind = PieceKind::Statement;
        }
        if over {
            return piece;
        }
    }
    piece.open = scan.open();
    piece
}

/// Returns the name of a psql command from its text.
pub fn command_name(command: &str) -> &str {
    let name = command.strip_prefix('\\').unwrap_or(command);
    name.split(|next: char| next.is_whitespace() || next == '\\').next().unwrap_or_default().trim_end_matches(';')
}

/// Reads the rest of the line and the lines of data, up to `\.`.
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
    Piece { kind: PieceKind::Data, start, end, open, tokens: vec![token] }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
