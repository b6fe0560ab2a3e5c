//! Runs statements one after the other and writes their rows as they arrive; an interrupt or the timeout cancels the
//! statement at the server.

use super::answer::{AnswerState, ResultHandling, Step};
use super::copy_data::{self, Data};
use super::destination::Outlet;
use super::script::{PIECE, ScriptFile, ScriptSource, off_thread};
use crate::cli::{ExitCode, Report};
use crate::commands::progress::print_note;
use crate::commands::report_output::write_error;
use crate::db::wire;
use crate::db::{Canceller, Connection, Lost, Rows as Answer, Settings, known_facts};
use crate::model::Failure;
use crate::model::sql::guard::commits;
use crate::model::sql::interpreter::{Interpreter, Ran, Rows};
use crate::model::sql::{Server, ServerMessage, Transaction};
use crate::model::text::pluralize;
use crate::runtime::stop::{StopSignal, StopSignals};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a server may take after a cancel request to accept a message that is partly sent.
const GRACE: Duration = Duration::from_secs(5);

/// Why all scripts end.
#[derive(Debug)]
pub(super) enum ScriptEnd {
    /// The reader of the output is gone, which is not an error.
    Quiet,
    /// A signal or the timeout.
    Code(ExitCode),
    /// An error.
    Failed(Box<Report>),
}

impl From<Report> for ScriptEnd {
    fn from(report: Report) -> Self {
        Self::Failed(Box::new(report))
    }
}

/// A session, with the signals and the deadline that can end it.
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

    /// Returns the known facts about the server, without a query.
    pub(super) fn server(&self) -> Server {
        known_facts(&self.connection)
    }

    /// Switches to another session of the same server. The previous one is closed once the new one is open.
    pub(super) async fn connect(&mut self, settings: &Settings) -> Result<Result<(), Failure>, ScriptEnd> {
        let connection = match self.unless_stopped(Box::pin(Connection::open(settings))).await? {
            Ok(connection) => connection,
            Err(failure) => return Ok(Err(failure)),
        };
        self.canceller = connection.canceller();
        let before = std::mem::replace(&mut self.connection, connection);
        let _ = timeout(GRACE, before.close()).await;
        Ok(Ok(()))
    }

    /// Whether a pooler may give each transaction another server connection.
    pub(super) fn pooled(&self) -> bool {
        self.connection.pooled()
    }

    /// Returns a setting that the server reports by itself.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.connection.parameter(name)
    }

    /// Whether `\` is an escape character even in strings without an `E` prefix.
    pub(super) fn escapes(&self) -> bool {
        self.connection.escapes()
    }

    /// Awaits the settings of a connection, unless a signal or the timeout ends it.
    pub(super) async fn settings(
        &mut self,
        settings: impl Future<Output = Result<Settings, Failure>>,
    ) -> Result<Result<Settings, Failure>, ScriptEnd> {
        self.unless_stopped(settings).await
    }

    /// Closes the session, without waiting long for a server that does not respond.
    pub(super) async fn close(self) {
        let _ = timeout(GRACE, self.connection.close()).await;
    }

    /// Runs a statement and returns its rows, at most `most` bytes of them.
    pub(super) async fn query(
        &mut self,
        statement: &str,
        most: usize,
    ) -> Result<Result<Answer, ServerMessage>, ScriptEnd> {
        let transaction = self.transaction();
        let result = tokio::select! {
            result = self.connection.rows(statement, most) => Ok(result),
            stop = stop_requested(&mut self.stops, self.end) => Err(stop),
        };
        self.connection.take_notices().iter().for_each(|notice| print_note(&notice.message));
        match result {
            Ok(result) => result.map_err(|lost| lost_report(&lost, transaction, statement)),
            Err(code) => {
                self.cancel().await?;
                let _ = self.connection.drain().await;
                Err(ScriptEnd::Code(code))
            }
        }
    }

    /// Sleeps, unless a signal or the timeout ends it.
    pub(super) async fn wait(&mut self, time: Duration) -> Result<(), ScriptEnd> {
        self.unless_stopped(tokio::time::sleep(time)).await
    }

    /// Awaits `work`, unless a signal or the timeout ends it.
    async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, ScriptEnd> {
        tokio::select! {
            done = work => Ok(done),
            stop = stop_requested(&mut self.stops, self.end) => Err(ScriptEnd::Code(stop)),
        }
    }

    /// Abandons a COPY after the cancel request (`cancelled` is its result); none of its data are kept.
    async fn abandon_copy(&mut self, stop: ExitCode, cancelled: Result<(), ScriptEnd>) -> ScriptEnd {
        let abandoned = async {
            self.connection.write(&wire::copy_fail("it was interrupted")).await?;
            let _ = self.connection.drain().await;
            Ok::<(), Lost>(())
        };
        match (timeout(GRACE, abandoned).await, cancelled) {
            (Ok(Err(lost)), _) => lost_report(&lost, self.transaction(), ""),
            // Neither the cancel request nor the protocol message reached the server.
            (Err(_), Err(over)) => over,
            (Ok(Ok(())), _) | (Err(_), Ok(())) => ScriptEnd::Code(stop),
        }
    }

    /// Opens a file, which may be a pipe without a writer and so block.
    pub(super) async fn open(&mut self, path: PathBuf) -> Result<io::Result<File>, ScriptEnd> {
        self.unless_stopped(off_thread(move || File::open(path))).await
    }

    /// Opens a script, which may be a pipe without a writer and so block.
    pub(super) async fn script(&mut self, path: PathBuf) -> Result<io::Result<ScriptFile>, ScriptEnd> {
        self.unless_stopped(off_thread(move || ScriptFile::open(&path))).await
    }

    /// Passes more of the script to the interpreter.
    pub(super) async fn feed(
        &mut self,
        reads: &mut ScriptSource,
        interpreter: &mut Interpreter,
    ) -> Result<(), ScriptEnd> {
        self.unless_stopped(reads.feed(interpreter)).await?.map_err(|error| unread(&error))
    }

    async fn cancel(&self) -> Result<(), ScriptEnd> {
        cancel(&self.canceller).await
    }

    /// Runs a statement to its end; rows are written as they arrive.
    pub(super) async fn run(
        &mut self,
        statement: &str,
        how: &ResultHandling<'_>,
        data: &mut Data<'_>,
        out: &mut Outlet<'_>,
    ) -> Result<Ran, ScriptEnd> {
        let before = self.transaction();
        let sent = match how.rows {
            Rows::Describe => self.connection.describe(statement).await,
            Rows::Print | Rows::Keep(_) => self.connection.send(statement).await,
        };
        sent.map_err(|lost| lost_report(&lost, before, statement))?;
        let mut answer = AnswerState::new(how);
        let mut over: Option<ScriptEnd> = None;
        let mut given = false;
        loop {
            let event = tokio::select! {
                event = self.connection.next() => event,
                stop = stop_requested(&mut self.stops, self.end), if over.is_none() => {
                    over = Some(ScriptEnd::Code(stop));
                    cancel(&self.canceller).await?;
                    continue;
                }
            };
            let event = match event {
                Ok(event) => event,
                Err(lost) => {
                    let _ = out.end();
                    return Err(over.unwrap_or_else(|| lost_report(&lost, before, statement)));
                }
            };
            let step = answer.process(event, over.is_none(), out);
            if step == Step::Ended {
                break;
            }
            let unwritten = if over.is_none() { out.push().err() } else { None };
            answer.print_lines(out);
            if let Some(error) = unwritten {
                over = Some(output_error(&error));
                self.cancel().await?;
            }
            if step == Step::WantsData {
                // Standard input and a file are used up by the first COPY: sending an empty end would let another one
                // succeed with no rows.
                let abort_reason = match (&over, std::mem::replace(&mut given, true)) {
                    (Some(_), _) => Some("it was interrupted"),
                    (None, true) if !data.continue_with_next() => Some(copy_data::NO_DATA),
                    (None, _) => None,
                };
                self.give(data, abort_reason).await?;
            }
        }
        if let Some(over) = over {
            // Nothing runs after it, so the script is not read on, which could block.
            return Err(over);
        }
        let passed = self.unless_stopped(data.skip_rest(given)).await?.map_err(|error| unread(&error))?;
        if passed > 0 && !given {
            // The server requested no data: report the skipped lines, in case they were meant as statements.
            let lines = pluralize(passed, "line");
            print_note(&format!("warning: {lines} after the COPY that failed, up to `\\.`, passed over as its data"));
        }
        let mut ran = answer.ran;
        if self.connection.has_no_encoding() {
            ran.failed = ran.failed.map(ServerMessage::with_encoding_hint);
        }
        Ok(ran)
    }

    /// Sends a COPY its data, or the reason why there are none.
    async fn give(&mut self, data: &mut Data<'_>, abort_reason: Option<&str>) -> Result<(), ScriptEnd> {
        let Some(why) = abort_reason else { return self.copy(data).await };
        let failed = self.connection.write(&wire::copy_fail(why)).await;
        failed.map_err(|lost| lost_report(&lost, self.transaction(), ""))
    }

    /// Sends all data of a COPY. A server that has failed discards the rest.
    async fn copy(&mut self, data: &mut Data<'_>) -> Result<(), ScriptEnd> {
        let mut message = Vec::with_capacity(PIECE + wire::HEADER_LEN);
        loop {
            // Reading may block on a terminal or a pipe; signals and the timeout are handled meanwhile.
            let piece = tokio::select! {
                piece = data.piece() => piece,
                stop = stop_requested(&mut self.stops, self.end) => {
                    let cancelled = self.cancel().await;
                    return Err(self.abandon_copy(stop, cancelled).await);
                }
            };
            message.clear();
            let more = match piece {
                Ok(piece) if piece.is_empty() => {
                    message.extend_from_slice(&wire::COPY_DONE);
                    false
                }
                Ok(piece) => {
                    wire::copy_data(&mut message, &piece);
                    true
                }
                Err(error) => {
                    message = wire::copy_fail(&error.to_string());
                    false
                }
            };
            self.send(&message).await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Sends a message of a COPY. Sending blocks while the server waits for a lock; signals and the timeout are handled
    /// meanwhile.
    async fn send(&mut self, message: &[u8]) -> Result<(), ScriptEnd> {
        let transaction = self.transaction();
        let lost = |lost: Lost| lost_report(&lost, transaction, "");
        let (stop, cancelled) = {
            let mut written = std::pin::pin!(self.connection.write(message));
            let stop = tokio::select! {
                done = &mut written => return done.map_err(lost),
                stop = stop_requested(&mut self.stops, self.end) => stop,
            };
            let cancelled = cancel(&self.canceller).await;
            // A partly sent message must be completed; the server accepts it after the cancel request.
            let Ok(done) = timeout(GRACE, &mut written).await else {
                cancelled?;
                return Err(ScriptEnd::Code(stop));
            };
            done.map_err(lost)?;
            (stop, cancelled)
        };
        Err(self.abandon_copy(stop, cancelled).await)
    }
}

/// Requests the server to cancel the session's running statement.
async fn cancel(canceller: &Canceller) -> Result<(), ScriptEnd> {
    let cancelled = canceller.cancel().await;
    cancelled
        .map_err(|failure| Report::from_failure("the statement cannot be cancelled; it may go on", &failure).into())
}

/// Waits for a signal or the timeout; returns the exit code.
async fn stop_requested(stops: &mut StopSignals, end: Option<Instant>) -> ExitCode {
    let limit = async {
        match end {
            Some(end) => sleep_until(end).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        signal = stops.next() => match signal {
            StopSignal::Interrupt => ExitCode::Interrupted,
            other @ (StopSignal::Terminate | StopSignal::Hangup) => other.code(),
        },
        () = limit => ExitCode::TimedOut,
    }
}

/// Returns the error for a script or data that cannot be read.
fn unread(error: &io::Error) -> ScriptEnd {
    Report::new("input", error.to_string(), ExitCode::Failed).into()
}

/// Returns the error for output that cannot be written; a closed pipe ends quietly.
pub(super) fn output_error(error: &io::Error) -> ScriptEnd {
    if error.kind() == io::ErrorKind::BrokenPipe { ScriptEnd::Quiet } else { write_error(error).into() }
}

/// Returns the error for a lost connection, with what is known about the transaction.
fn lost_report(Lost(why): &Lost, transaction: Transaction, statement: &str) -> ScriptEnd {
    let report =
        Report::new("connection", "the connection to the database was lost", ExitCode::Failed).cause(why.clone());
    let hint = match transaction {
        Transaction::Open if commits(statement) => {
            "the COMMIT was on its way: whether it was carried out is not known: look before you run anything of the transaction again"
        }
        Transaction::Open | Transaction::Failed => "the open transaction is lost: none of its changes were kept",
        Transaction::Idle => "whether the last statement was carried out is not known: look before you run it again",
    };
    report.hint(hint).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_answer_to_commit_leaves_the_outcome_unknown() {
        let hint = |transaction, statement: &str| match lost_report(&Lost("gone".into()), transaction, statement) {
            ScriptEnd::Failed(report) => report.hint.unwrap_or_default(),
            other => panic!("{other:?}"),
        };
        for text in ["commit", "END", "/* x */ Commit and chain", "prepare transaction 'x'", "select 1 ; commit"] {
            assert!(hint(Transaction::Open, text).starts_with("the COMMIT was on its way"), "{text}");
        }
        for text in ["", "select 1", "prepare x as select 1", "commit prepared 'x'", "savepoint a"] {
            assert!(hint(Transaction::Open, text).ends_with("none of its changes were kept"), "{text}");
        }
        assert!(
            hint(Transaction::Failed, "commit").ends_with("none of its changes were kept"),
            "that would take it back"
        );
        assert!(hint(Transaction::Idle, "insert").contains("is not known"));
    }
}
