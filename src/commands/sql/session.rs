//! Statements run one after the other, their rows written as they come; an interrupt and the end of the time are cancelled
//! at the server.

use super::report::failed;
use super::rows::RowWriter;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::printed::unwritten;
use crate::commands::say::say;
use crate::db::wire;
use crate::db::{Canceller, Connection, Event, Lost};
use crate::model::sql::{Said, Transaction};
use crate::runtime::stop::{StopSignal, StopSignals};
use std::io::{self, Read as _};
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
pub(super) enum Data<'a> {
    /// Standard input.
    Input,
    /// The lines after the statement.
    Lines(&'a str),
}

/// A session with what comes out of it.
pub(super) struct Session<'a> {
    connection: Connection,
    canceller: Canceller,
    writer: RowWriter<'a>,
    form: Output,
    stops: StopSignals,
    end: Option<Instant>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        connection: Connection,
        writer: RowWriter<'a>,
        form: Output,
        stops: StopSignals,
        end: Option<Instant>,
    ) -> Self {
        Self { canceller: connection.canceller(), connection, writer, form, stops, end }
    }

    pub(super) fn transaction(&self) -> Transaction {
        self.connection.transaction()
    }

    /// Ends it.
    pub(super) async fn close(mut self) -> Result<(), Over> {
        let flushed = self.writer.flush();
        self.connection.close().await;
        flushed.map_err(|error| gone(&error))
    }

    /// Runs a statement, or several in one message, to its end; the first error of the server.
    pub(super) async fn run(&mut self, statement: &str, data: Data<'_>) -> Result<Result<(), Report>, Over> {
        if let Some(why) = Connection::cannot_send(statement) {
            return Ok(Err(Report::new("sql", why, ExitCode::Failed)));
        }
        self.connection.send(statement).await.map_err(|lost| lost_report(&lost, self.transaction()))?;
        let mut error: Option<Said> = None;
        let mut over: Option<Over> = None;
        let mut open = false;
        loop {
            let mut notice = None;
            let mut copies = false;
            let mut stopped = None;
            {
                let event = tokio::select! {
                    event = self.connection.next() => match event {
                        Ok(event) => event,
                        Err(lost) => {
                            let _ = self.writer.flush();
                            return Err(over.unwrap_or_else(|| lost_report(&lost, Transaction::Idle)));
                        }
                    },
                    stop = told(&mut self.stops, self.end), if over.is_none() => {
                        stopped = Some(stop);
                        Event::Empty
                    }
                };
                let written = match event {
                    Event::Columns(columns) => {
                        open = true;
                        self.writer.begin(columns);
                        Ok(())
                    }
                    Event::Rows(rows, _) if over.is_none() => self.writer.rows(rows),
                    Event::Copied(data) if over.is_none() => self.writer.raw(data),
                    Event::Complete(tag) => {
                        if std::mem::take(&mut open) {
                            if over.is_none() { self.writer.end() } else { Ok(()) }
                        } else {
                            if self.form == Output::Table && !tag.starts_with("COPY") {
                                say(&tag);
                            }
                            self.writer.write()
                        }
                    }
                    Event::Failed(said) => {
                        // What was begun is closed, so that what came is whole as far as it goes.
                        error.get_or_insert(said);
                        if std::mem::take(&mut open) && over.is_none() { self.writer.end() } else { Ok(()) }
                    }
                    Event::Notice(said) => {
                        notice = Some(said);
                        Ok(())
                    }
                    Event::CopyIn => {
                        copies = true;
                        Ok(())
                    }
                    Event::Ready(_) => break,
                    Event::Notification { channel, text, process } => {
                        say(&format!("notification on {channel} from process {process}: {text}"));
                        Ok(())
                    }
                    Event::Rows(..)
                    | Event::Copied(_)
                    | Event::Part { .. }
                    | Event::Empty
                    | Event::Parameter(..)
                    | Event::CopyOut
                    | Event::CopyEnd => Ok(()),
                };
                if let Err(error) = written {
                    over = Some(gone(&error));
                    stopped = Some(None);
                }
            }
            if let Some(said) = notice.filter(|said| !said.message.is_empty()) {
                say(&format!("{}: {}", said.severity, said.message));
            }
            if let Some(stop) = stopped {
                if let Some(code) = stop {
                    over = Some(Over::Code(code));
                }
                if let Err(failure) = self.canceller.cancel().await {
                    return Err(Report::of_failure("the statement cannot be cancelled; it may go on", &failure).into());
                }
            }
            if copies {
                self.copy(&data).await?;
            }
        }
        if let Some(over) = over {
            return Err(over);
        }
        Ok(error.map_or(Ok(()), |said| Err(failed(&said, statement))))
    }

    /// Sends what is to be copied, until the server does not want it any more.
    async fn copy(&mut self, data: &Data<'_>) -> Result<(), Over> {
        let lost = |lost: Lost| lost_report(&lost, Transaction::Idle);
        match data {
            Data::Lines(lines) => {
                let mut message = Vec::with_capacity(lines.len() + 16);
                for piece in lines.as_bytes().chunks(PIECE) {
                    wire::copy_data(&mut message, piece);
                }
                message.extend_from_slice(&wire::COPY_DONE);
                self.connection.write(&message).await.map_err(lost)
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

fn gone(error: &io::Error) -> Over {
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
