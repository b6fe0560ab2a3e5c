//! Statements run one after the other, their rows written as they come; an interrupt and the end of the time are cancelled
//! at the server.

use super::outlet::Outlet;
use crate::cli::{ExitCode, Report};
use crate::commands::printed::unwritten;
use crate::commands::say::say;
use crate::db::wire;
use crate::db::wire::{Fields, Messages};
use crate::db::{Canceller, Connection, Event, Lost, Rows as Answer};
use crate::model::sql::format::options::{Format, Options};
use crate::model::sql::format::writer::{Head, Writer};
use crate::model::sql::interpreter::{Ran, Rows};
use crate::model::sql::{Said, Transaction};
use crate::runtime::stop::{StopSignal, StopSignals};
use std::io::{self, BufRead as _, Read as _};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Data of a COPY are sent in pieces of this size.
const PIECE: usize = 64 * 1024;

/// What ends everything.
#[derive(Debug)]
pub(super) enum Over {
    /// The reader of the output has gone, which is no fault.
    Quiet,
    /// It was told to end.
    Code(ExitCode),
    /// It failed.
    Failed(Box<Report>),
}

impl From<Report> for Over {
    fn from(report: Report) -> Self {
        Self::Failed(Box::new(report))
    }
}

/// Where data come from that are copied to the server.
pub(super) enum Data {
    /// There are none.
    None,
    /// Standard input.
    Input,
    /// These.
    Bytes(Vec<u8>),
}

/// What becomes of what a statement gives.
pub(super) struct How<'a> {
    pub(super) options: &'a Options,
    pub(super) rows: Rows,
    /// What was done is told.
    pub(super) told: bool,
}

/// A session, with what may end it from outside.
pub(super) struct Session {
    connection: Connection,
    canceller: Canceller,
    stops: StopSignals,
    end: Option<Instant>,
}

impl Session {
    pub(super) fn new(connection: Connection, stops: StopSignals, end: Option<Instant>) -> Self {
        Self { canceller: connection.canceller(), connection, stops, end }
    }

    pub(super) fn transaction(&self) -> Transaction {
        self.connection.transaction()
    }

    /// Ends it.
    pub(super) async fn close(self) {
        self.connection.close().await;
    }

    /// Runs a statement and reads its rows, no more than so many bytes of them.
    pub(super) async fn look(&mut self, statement: &str, most: usize) -> Result<Result<Answer, Said>, Over> {
        let transaction = self.transaction();
        let looked = tokio::select! {
            looked = self.connection.rows(statement, most) => Ok(looked),
            stop = told(&mut self.stops, self.end) => Err(stop),
        };
        match looked {
            Ok(looked) => looked.map_err(|lost| lost_report(&lost, transaction)),
            Err(code) => {
                self.cancel().await?;
                let _ = self.connection.drain().await;
                Err(code.map_or(Over::Quiet, Over::Code))
            }
        }
    }

    /// Waits so long, unless it is to end.
    pub(super) async fn wait(&mut self, time: Duration) -> Result<(), Over> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            stop = told(&mut self.stops, self.end) => Err(stop.map_or(Over::Quiet, Over::Code)),
        }
    }

    /// All of a file, which may be a pipe that nobody writes into.
    pub(super) async fn file(&mut self, path: PathBuf) -> Result<io::Result<Vec<u8>>, Over> {
        tokio::select! {
            read = tokio::task::spawn_blocking(move || std::fs::read(path)) => {
                Ok(read.unwrap_or_else(|error| Err(io::Error::other(error))))
            }
            stop = told(&mut self.stops, self.end) => Err(stop.map_or(Over::Quiet, Over::Code)),
        }
    }

    /// Whole lines of standard input, as many as there are; empty at its end.
    pub(super) async fn input(&mut self) -> Result<String, Over> {
        let read = tokio::task::spawn_blocking(|| {
            let mut input = io::stdin().lock();
            let mut lines = Vec::new();
            let there = input.fill_buf()?;
            match there.iter().rposition(|byte| *byte == b'\n') {
                Some(at) => {
                    lines.extend_from_slice(&there[..=at]);
                    input.consume(at + 1);
                }
                None => {
                    input.read_until(b'\n', &mut lines)?;
                }
            }
            Ok::<_, io::Error>(lines)
        });
        let lines = tokio::select! {
            lines = read => lines.unwrap_or_else(|_| Ok(Vec::new())),
            stop = told(&mut self.stops, self.end) => return Err(stop.map_or(Over::Quiet, Over::Code)),
        };
        let unreadable = |error: &dyn std::error::Error| {
            Over::from(Report::new("input", "standard input cannot be read", ExitCode::Failed).caused_by(error))
        };
        String::from_utf8(lines.map_err(|error| unreadable(&error))?).map_err(|error| unreadable(&error))
    }

    async fn cancel(&self) -> Result<(), Over> {
        let cancelled = self.canceller.cancel().await;
        cancelled
            .map_err(|failure| Report::of_failure("the statement cannot be cancelled; it may go on", &failure).into())
    }

    /// Runs a statement to its end; rows are written as they come.
    pub(super) async fn run(
        &mut self,
        statement: &str,
        how: &How<'_>,
        mut data: Data,
        out: &mut Outlet<'_>,
    ) -> Result<Ran, Over> {
        let before = self.transaction();
        self.connection.send(statement).await.map_err(|lost| lost_report(&lost, before))?;
        let mut ran = Ran::default();
        let mut writer: Option<Writer> = None;
        let mut over: Option<Over> = None;
        loop {
            let (mut notice, mut copies, mut stopped) = (None, false, None);
            {
                let event = tokio::select! {
                    event = self.connection.next() => match event {
                        Ok(event) => event,
                        Err(lost) => {
                            let _ = out.end();
                            return Err(over.unwrap_or_else(|| lost_report(&lost, before)));
                        }
                    },
                    stop = told(&mut self.stops, self.end), if over.is_none() => {
                        stopped = Some(stop);
                        Event::Empty
                    }
                };
                match event {
                    Event::Columns(columns) => {
                        if how.rows == Rows::Print {
                            let heads = columns.iter().map(Head::of).collect();
                            writer = Some(Writer::new(heads, how.options, out.is_terminal()));
                        }
                        if how.rows != Rows::Describe || ran.columns.is_empty() {
                            ran.columns = columns;
                        }
                    }
                    Event::Rows(rows, count) if over.is_none() => {
                        ran.count += count;
                        match (&mut writer, how.rows) {
                            (Some(writer), _) => {
                                for body in Messages(rows) {
                                    writer.row(Fields::of(body), &mut out.held);
                                }
                            }
                            (None, Rows::Keep(most)) => {
                                let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                                let kept =
                                    Messages(rows).map(|body| Fields::of(body).map(|value| value.map(text)).collect());
                                let room = most.saturating_sub(ran.rows.len());
                                ran.rows.extend(kept.take(room));
                            }
                            (None, Rows::Print | Rows::Describe) => {}
                        }
                    }
                    Event::Copied(messages) if over.is_none() => {
                        for bytes in Messages(messages) {
                            out.held.extend_from_slice(bytes);
                        }
                    }
                    Event::Complete(tag) => {
                        let copied = tag.starts_with("COPY");
                        match writer.take() {
                            Some(writer) if over.is_none() => writer.end(&[], &mut out.held),
                            None if how.told
                                && how.rows == Rows::Print
                                && !copied
                                && how.options.format == Format::Aligned =>
                            {
                                notice = Some(tag.clone());
                            }
                            Some(_) | None => {}
                        }
                        if let Some(count) = tag.rsplit(' ').next().and_then(|count| count.parse().ok()) {
                            ran.count = count;
                        }
                        ran.tag = tag;
                    }
                    Event::Failed(said) => {
                        // What was begun is closed, so that what came is whole as far as it goes.
                        if let Some(writer) = writer.take()
                            && over.is_none()
                        {
                            writer.end(&[], &mut out.held);
                        }
                        ran.failed.get_or_insert(said);
                    }
                    Event::Notice(said) => notice = Some(format!("{}: {}", said.severity, said.message)),
                    Event::CopyIn => copies = true,
                    Event::Ready(transaction) => {
                        ran.transaction = transaction;
                        break;
                    }
                    Event::Notification { channel, text, process } => {
                        notice = Some(format!("notification on {channel} from process {process}: {text}"));
                    }
                    Event::Rows(..)
                    | Event::Copied(_)
                    | Event::Part { .. }
                    | Event::Empty
                    | Event::Parameter(..)
                    | Event::CopyOut
                    | Event::CopyEnd => {}
                }
                if over.is_none()
                    && let Err(error) = out.push()
                {
                    over = Some(gone(&error));
                    stopped = Some(None);
                }
            }
            if let Some(notice) = notice {
                // In its place among the rows, where both are read by one person.
                if out.is_terminal() {
                    let _ = out.write();
                }
                say(&notice);
            }
            if let Some(stop) = stopped {
                if let Some(code) = stop {
                    over = Some(Over::Code(code));
                }
                self.cancel().await?;
            }
            if copies {
                self.copy(std::mem::replace(&mut data, Data::None)).await?;
            }
        }
        over.map_or(Ok(ran), Err)
    }

    /// Sends what is to be copied, until the server does not want it any more.
    async fn copy(&mut self, data: Data) -> Result<(), Over> {
        let lost = |lost: Lost| lost_report(&lost, Transaction::Idle);
        match data {
            Data::None => self.connection.write(&wire::copy_fail("there are no data to copy")).await.map_err(lost),
            Data::Bytes(bytes) => {
                let mut message = Vec::with_capacity(2 * PIECE);
                for piece in bytes.chunks(PIECE) {
                    message.clear();
                    wire::copy_data(&mut message, piece);
                    self.connection.write(&message).await.map_err(lost)?;
                }
                self.connection.write(&wire::COPY_DONE).await.map_err(lost)
            }
            Data::Input => loop {
                // A terminal or a pipe may hold back for long: the server, a signal and the time are heard meanwhile.
                let read = tokio::task::spawn_blocking(|| {
                    let mut piece = vec![0; PIECE];
                    io::stdin().lock().read(&mut piece).map(|count| {
                        piece.truncate(count);
                        piece
                    })
                });
                let piece = tokio::select! {
                    piece = read => piece.unwrap_or_else(|_| Ok(Vec::new())),
                    stop = told(&mut self.stops, self.end) => {
                        let message = wire::copy_fail("it was interrupted");
                        self.connection.write(&message).await.map_err(lost)?;
                        let _ = self.connection.drain().await;
                        return Err(stop.map_or(Over::Quiet, Over::Code));
                    }
                };
                let mut message = Vec::with_capacity(PIECE + 16);
                match piece {
                    Ok(piece) if piece.is_empty() => {
                        message.extend_from_slice(&wire::COPY_DONE);
                        return self.connection.write(&message).await.map_err(lost);
                    }
                    Ok(piece) => wire::copy_data(&mut message, &piece),
                    Err(error) => message = wire::copy_fail(&format!("standard input cannot be read: {error}")),
                }
                self.connection.write(&message).await.map_err(lost)?;
            },
        }
    }
}

/// Until a signal comes or the time is up; the exit code.
async fn told(stops: &mut StopSignals, end: Option<Instant>) -> Option<ExitCode> {
    let limit = async {
        match end {
            Some(end) => sleep_until(end).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        signal = stops.next() => Some(match signal {
            StopSignal::Interrupt => ExitCode::Interrupted,
            other @ (StopSignal::Terminate | StopSignal::Hangup) => other.code(),
        }),
        () = limit => Some(ExitCode::TimedOut),
    }
}

/// The output cannot be written.
pub(super) fn gone(error: &io::Error) -> Over {
    if error.kind() == io::ErrorKind::BrokenPipe { Over::Quiet } else { unwritten(error).into() }
}

fn lost_report(Lost(why): &Lost, transaction: Transaction) -> Over {
    let report =
        Report::new("connection", "the connection to the database was lost", ExitCode::Failed).cause(why.clone());
    let hint = match transaction {
        Transaction::Open | Transaction::Failed => "the open transaction is lost: nothing of it was kept",
        Transaction::Idle => "whether the last statement was carried out is not known: look before you run it again",
    };
    report.hint(hint).into()
}
