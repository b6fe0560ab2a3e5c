//! Processes the server's answers to statements: rows are written as they arrive, other messages are collected and
//! printed.

use super::destination::Outlet;
use super::report::notice;
use crate::commands::progress::print_note;
use crate::db::Event;
use crate::db::wire::{Fields, Messages};
use crate::model::sql::ServerMessage;
use crate::model::sql::format::options::{Format, Options};
use crate::model::sql::format::writer::{Head, Writer};
use crate::model::sql::interpreter::{Ran, Rows};

/// How the results of statements are handled.
pub(super) struct ResultHandling<'a> {
    pub(super) options: &'a Options,
    pub(super) rows: Rows,
    /// Whether command tags (`INSERT 0 1`) are printed.
    pub(super) prints_tags: bool,
    /// The number of statements that are sent together; only rows of the last one are kept.
    pub(super) statements: usize,
    /// Whether rows of all statements are printed, not only those of the last one.
    pub(super) prints_all: bool,
}

/// The state of the server's answer.
pub(super) struct AnswerState<'a> {
    how: &'a ResultHandling<'a>,
    /// The number of statements that have completed.
    done: usize,
    pub(super) ran: Ran,
    /// The writer of the current rows, if they are printed.
    writer: Option<Writer>,
    /// Lines that are not printed yet.
    notices: Vec<String>,
}

/// What follows an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// More events follow.
    More,
    /// The server waits for the data of a COPY.
    WantsData,
    /// The answer is complete.
    Ended,
}

impl<'a> AnswerState<'a> {
    pub(super) fn new(how: &'a ResultHandling<'a>) -> Self {
        Self { how, done: 0, ran: Ran::default(), writer: None, notices: Vec::new() }
    }

    /// Whether the current results belong to the last statement.
    fn is_last(&self) -> bool {
        self.done + 1 >= self.how.statements
    }

    /// Processes an event; with `shows` unset, nothing is written any more.
    pub(super) fn process(&mut self, event: Event<'_>, shows: bool, out: &mut Outlet<'_>) -> Step {
        match event {
            Event::Columns(columns) => {
                let printed = if self.is_last() { self.how.rows == Rows::Print } else { self.how.prints_all };
                if printed {
                    let heads = columns.iter().map(Head::of).collect();
                    self.writer = Some(Writer::new(heads, self.how.options, out.is_terminal()));
                }
                self.ran.columns = columns;
            }
            Event::Rows(rows, count) if shows => self.rows(rows, count, out),
            Event::Copied(messages) if shows => {
                for bytes in Messages(messages) {
                    out.buffer(bytes);
                }
            }
            Event::Complete(tag) => self.complete(tag, shows, out),
            Event::Failed(message) => {
                // Closes the rows written so far, so that the output is well-formed.
                if let Some(writer) = self.writer.take()
                    && shows
                {
                    writer.abort(&mut out.buffered);
                }
                self.ran.failed.get_or_insert(message);
            }
            Event::Notice(message) => self.notices.extend(notice(&message)),
            Event::Parameter(name, value) => {
                self.notices.extend(ServerMessage::setting_warning(&name, &value).iter().flat_map(notice));
            }
            Event::CopyIn => return Step::WantsData,
            Event::Ready(transaction) => {
                self.ran.transaction = transaction;
                return Step::Ended;
            }
            Event::Notification { channel, text, process } => {
                self.notices.push(ServerMessage::from_notification(&channel, &text, process).message);
            }
            Event::Rows(..)
            | Event::Copied(_)
            | Event::Part { .. }
            | Event::Empty
            | Event::CopyOut
            | Event::CopyDone => {}
        }
        Step::More
    }

    /// Prints rows, or keeps as many as are wanted.
    fn rows(&mut self, rows: &[u8], count: u64, out: &mut Outlet<'_>) {
        let last = self.is_last();
        self.ran.count += count;
        match (&mut self.writer, self.how.rows) {
            (Some(writer), _) => {
                for body in Messages(rows) {
                    writer.row(Fields::of(body), &mut out.buffered);
                }
            }
            (None, Rows::Keep(most)) if last => {
                let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                let kept = Messages(rows).map(|body| Fields::of(body).map(|value| value.map(text)).collect());
                let room = most.saturating_sub(self.ran.rows.len());
                self.ran.rows.extend(kept.take(room));
            }
            (None, Rows::Print | Rows::Keep(_) | Rows::Describe) => {}
        }
    }

    /// Handles the end of a statement.
    fn complete(&mut self, tag: String, shows: bool, out: &mut Outlet<'_>) {
        let last = self.is_last();
        self.done += 1;
        match self.writer.take() {
            Some(writer) if shows => writer.end(&[], &mut out.buffered),
            None if self.prints_tag(&tag, last) => self.notices.push(tag.clone()),
            Some(_) | None => {}
        }
        let cut = matches!(self.how.rows, Rows::Keep(most) if self.ran.count > most as u64);
        match tag.rsplit(' ').next().and_then(|count| count.parse().ok()) {
            Some(count) => self.ran.count = count,
            // As in psql, `SHOW` and `EXPLAIN` have no row count; if rows were dropped, the count shows that.
            None if !cut => self.ran.count = 0,
            None => {}
        }
        if !last {
            self.ran.columns.clear();
            self.ran.count = 0;
        }
        self.ran.tag = tag;
    }

    /// Whether the command tag is printed: as in psql, only for people, and never between the data of a COPY.
    fn prints_tag(&self, tag: &str, last: bool) -> bool {
        let how = self.how;
        how.prints_tags
            && (how.rows == Rows::Print || !last)
            && (last || how.prints_all)
            && !tag.starts_with("COPY")
            && how.options.format == Format::Aligned
    }

    /// Prints the collected lines; on a terminal, in their place among the rows.
    pub(super) fn print_lines(&mut self, out: &mut Outlet<'_>) {
        if !self.notices.is_empty() && out.is_terminal() {
            let _ = out.write();
        }
        for line in self.notices.drain(..) {
            print_note(&line);
        }
    }
}
