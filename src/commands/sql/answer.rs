//! The server's answers to the statements that were sent: rows are written as they come, the rest is kept or said.

use super::outlet::Outlet;
use super::report::notice;
use crate::commands::say::say;
use crate::db::Event;
use crate::db::wire::{Fields, Messages};
use crate::model::sql::ServerMessage;
use crate::model::sql::format::options::{Format, Options};
use crate::model::sql::format::writer::{Head, Writer};
use crate::model::sql::interpreter::{Ran, Rows};

/// The handling of a statement's result.
pub(super) struct How<'a> {
    pub(super) options: &'a Options,
    pub(super) rows: Rows,
    /// Whether what was done is told.
    pub(super) told: bool,
    /// How many statements are sent: rows that are kept are those of the last one.
    pub(super) statements: usize,
    /// Rows of those before the last one are printed, too.
    pub(super) all: bool,
}

/// The server's answer so far.
pub(super) struct Answering<'a> {
    how: &'a How<'a>,
    /// How many of the statements have been carried out.
    done: usize,
    pub(super) ran: Ran,
    /// Writes the rows that come, where they are printed.
    writer: Option<Writer>,
    /// Lines that are to be said.
    notices: Vec<String>,
}

/// The step that follows an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// More comes.
    More,
    /// The server waits for the data of a COPY.
    WantsData,
    /// All is answered.
    Ended,
}

impl<'a> Answering<'a> {
    pub(super) fn new(how: &'a How<'a>) -> Self {
        Self { how, done: 0, ran: Ran::default(), writer: None, notices: Vec::new() }
    }

    /// Whether what comes is of the last statement.
    fn is_last(&self) -> bool {
        self.done + 1 >= self.how.statements
    }

    /// Takes in what came; nothing of it is written any more unless it `shows`.
    pub(super) fn take(&mut self, event: Event<'_>, shows: bool, out: &mut Outlet<'_>) -> Step {
        match event {
            Event::Columns(columns) => {
                let printed = if self.is_last() { self.how.rows == Rows::Print } else { self.how.all };
                if printed {
                    let heads = columns.iter().map(Head::of).collect();
                    self.writer = Some(Writer::new(heads, self.how.options, out.is_terminal()));
                }
                self.ran.columns = columns;
            }
            Event::Rows(rows, count) if shows => self.rows(rows, count, out),
            Event::Copied(messages) if shows => {
                for bytes in Messages(messages) {
                    out.take(bytes);
                }
            }
            Event::Complete(tag) => self.complete(tag, shows, out),
            Event::Failed(said) => {
                // What was begun is closed, so that what came is whole as far as it goes.
                if let Some(writer) = self.writer.take()
                    && shows
                {
                    writer.cut(&mut out.held);
                }
                self.ran.failed.get_or_insert(said);
            }
            Event::Notice(said) => self.notices.extend(notice(&said)),
            Event::Parameter(name, value) => {
                self.notices.extend(ServerMessage::of_setting(&name, &value).iter().flat_map(notice));
            }
            Event::CopyIn => return Step::WantsData,
            Event::Ready(transaction) => {
                self.ran.transaction = transaction;
                return Step::Ended;
            }
            Event::Notification { channel, text, process } => {
                self.notices.push(ServerMessage::notified(&channel, &text, process).message);
            }
            Event::Rows(..)
            | Event::Copied(_)
            | Event::Part { .. }
            | Event::Empty
            | Event::CopyOut
            | Event::CopyEnd => {}
        }
        Step::More
    }

    /// Rows are printed, or kept as far as they are wanted.
    fn rows(&mut self, rows: &[u8], count: u64, out: &mut Outlet<'_>) {
        let last = self.is_last();
        self.ran.count += count;
        match (&mut self.writer, self.how.rows) {
            (Some(writer), _) => {
                for body in Messages(rows) {
                    writer.row(Fields::of(body), &mut out.held);
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

    /// A statement was carried out.
    fn complete(&mut self, tag: String, shows: bool, out: &mut Outlet<'_>) {
        let last = self.is_last();
        self.done += 1;
        match self.writer.take() {
            Some(writer) if shows => writer.end(&[], &mut out.held),
            None if self.tells(&tag, last) => self.notices.push(tag.clone()),
            Some(_) | None => {}
        }
        let cut = matches!(self.how.rows, Rows::Keep(most) if self.ran.count > most as u64);
        match tag.rsplit(' ').next().and_then(|count| count.parse().ok()) {
            Some(count) => self.ran.count = count,
            // As in psql `SHOW` and `EXPLAIN` have no number; where not all rows were kept, theirs says so.
            None if !cut => self.ran.count = 0,
            None => {}
        }
        if !last {
            self.ran.columns.clear();
            self.ran.count = 0;
        }
        self.ran.tag = tag;
    }

    /// Whether what was done is told: as psql does it, for people only and never between the data of a COPY.
    fn tells(&self, tag: &str, last: bool) -> bool {
        let how = self.how;
        how.told
            && (how.rows == Rows::Print || !last)
            && (last || how.all)
            && !tag.starts_with("COPY")
            && how.options.format == Format::Aligned
    }

    /// Says what there is to say, in its place among the rows where both are read by one person.
    pub(super) fn say(&mut self, out: &mut Outlet<'_>) {
        if !self.notices.is_empty() && out.is_terminal() {
            let _ = out.write();
        }
        for line in self.notices.drain(..) {
            say(&line);
        }
    }
}
