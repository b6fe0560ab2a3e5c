//! Statements run one after the other, their rows written as they come; an interrupt and the end of the time are cancelled
//! at the server.

use super::answer::{Answering, How, Step};
use super::data::{self, Data};
use super::outlet::Outlet;
use super::reads::{PIECE, Reads, ScriptFile, beside};
use crate::cli::{ExitCode, Report};
use crate::commands::printed::unwritten;
use crate::commands::say::say;
use crate::db::wire;
use crate::db::{Canceller, Connection, Lost, Rows as Answer, Settings, known};
use crate::model::Failure;
use crate::model::sql::guard::commits;
use crate::model::sql::interpreter::{Interpreter, Ran, Rows};
use crate::model::sql::{Server, ServerMessage, Transaction};
use crate::model::text::counted;
use crate::runtime::stop::{StopSignal, StopSignals};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// A server that was told to cancel has so long to take in what was begun to be sent.
const GRACE: Duration = Duration::from_secs(5);

/// The end of all scripts.
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

    /// Where it leads, as far as that is known without asking.
    pub(super) fn server(&self) -> Server {
        known(&self.connection)
    }

    /// Goes on in another session of the same server. The one before is ended when the other is there.
    pub(super) async fn connect(&mut self, settings: &Settings) -> Result<Result<(), Failure>, Over> {
        let connection = match self.unless_told(Box::pin(Connection::open(settings))).await? {
            Ok(connection) => connection,
            Err(failure) => return Ok(Err(failure)),
        };
        self.canceller = connection.canceller();
        let before = std::mem::replace(&mut self.connection, connection);
        let _ = timeout(GRACE, before.close()).await;
        Ok(Ok(()))
    }

    /// Whether each transaction may have another connection of the server.
    pub(super) fn pooled(&self) -> bool {
        self.connection.pooled()
    }

    /// A setting that the server tells of by itself.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.connection.parameter(name)
    }

    /// Whether `\` in a text is an escape, also without an `E` before it.
    pub(super) fn escapes(&self) -> bool {
        self.connection.escapes()
    }

    /// Waits for how one connects, unless it is to end.
    pub(super) async fn settings(
        &mut self,
        settings: impl Future<Output = Result<Settings, Failure>>,
    ) -> Result<Result<Settings, Failure>, Over> {
        self.unless_told(settings).await
    }

    /// Ends it. A server that takes nothing in is not waited for.
    pub(super) async fn close(self) {
        let _ = timeout(GRACE, self.connection.close()).await;
    }

    /// Runs a statement and reads its rows, no more than so many bytes of them.
    pub(super) async fn look(&mut self, statement: &str, most: usize) -> Result<Result<Answer, ServerMessage>, Over> {
        let transaction = self.transaction();
        let looked = tokio::select! {
            looked = self.connection.rows(statement, most) => Ok(looked),
            stop = told(&mut self.stops, self.end) => Err(stop),
        };
        self.connection.take_notices().iter().for_each(|said| say(&said.message));
        match looked {
            Ok(looked) => looked.map_err(|lost| lost_report(&lost, transaction, statement)),
            Err(code) => {
                self.cancel().await?;
                let _ = self.connection.drain().await;
                Err(Over::Code(code))
            }
        }
    }

    /// Waits so long, unless it is to end.
    pub(super) async fn wait(&mut self, time: Duration) -> Result<(), Over> {
        self.unless_told(tokio::time::sleep(time)).await
    }

    /// Waits for this, unless it is to end.
    async fn unless_told<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Over> {
        tokio::select! {
            done = work => Ok(done),
            stop = told(&mut self.stops, self.end) => Err(Over::Code(stop)),
        }
    }

    /// A COPY is left, of which the server was told that it is cancelled (`cancelled`): nothing of it is kept.
    async fn left(&mut self, stop: ExitCode, cancelled: Result<(), Over>) -> Over {
        let left = async {
            self.connection.write(&wire::copy_fail("it was interrupted")).await?;
            let _ = self.connection.drain().await;
            Ok::<(), Lost>(())
        };
        match (timeout(GRACE, left).await, cancelled) {
            (Ok(Err(lost)), _) => lost_report(&lost, self.transaction(), ""),
            // It was told by neither way.
            (Err(_), Err(over)) => over,
            (Ok(Ok(())), _) | (Err(_), Ok(())) => Over::Code(stop),
        }
    }

    /// Opens a file, which may be a pipe that nobody writes into.
    pub(super) async fn open(&mut self, path: PathBuf) -> Result<io::Result<File>, Over> {
        self.unless_told(beside(move || File::open(path))).await
    }

    /// Opens a script, which may be a pipe that nobody writes into.
    pub(super) async fn script(&mut self, path: PathBuf) -> Result<io::Result<ScriptFile>, Over> {
        self.unless_told(beside(move || ScriptFile::open(&path))).await
    }

    /// Gives the interpreter more of the script.
    pub(super) async fn feed(&mut self, reads: &mut Reads, interpreter: &mut Interpreter) -> Result<(), Over> {
        self.unless_told(reads.feed(interpreter)).await?.map_err(|error| unread(&error))
    }

    async fn cancel(&self) -> Result<(), Over> {
        cancel(&self.canceller).await
    }

    /// Runs a statement to its end; rows are written as they come.
    pub(super) async fn run(
        &mut self,
        statement: &str,
        how: &How<'_>,
        data: &mut Data<'_>,
        out: &mut Outlet<'_>,
    ) -> Result<Ran, Over> {
        let before = self.transaction();
        let sent = match how.rows {
            Rows::Describe => self.connection.describe(statement).await,
            Rows::Print | Rows::Keep(_) => self.connection.send(statement).await,
        };
        sent.map_err(|lost| lost_report(&lost, before, statement))?;
        let mut answer = Answering::new(how);
        let mut over: Option<Over> = None;
        let mut given = false;
        loop {
            let event = tokio::select! {
                event = self.connection.next() => event,
                stop = told(&mut self.stops, self.end), if over.is_none() => {
                    over = Some(Over::Code(stop));
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
            let step = answer.take(event, over.is_none(), out);
            if step == Step::Ended {
                break;
            }
            let unwritten = if over.is_none() { out.push().err() } else { None };
            answer.say(out);
            if let Some(error) = unwritten {
                over = Some(gone(&error));
                self.cancel().await?;
            }
            if step == Step::WantsData {
                // Standard input and a file are of the first COPY: an empty end would let another one succeed with no rows.
                let none = match (&over, std::mem::replace(&mut given, true)) {
                    (Some(_), _) => Some("it was interrupted"),
                    (None, true) if !data.again() => Some(data::NONE),
                    (None, _) => None,
                };
                self.give(data, none).await?;
            }
        }
        if let Some(over) = over {
            // Nothing is run after it: what follows may be held back for long.
            return Err(over);
        }
        let passed = self.unless_told(data.rest(given)).await?.map_err(|error| unread(&error))?;
        if passed > 0 && !given {
            // The server wanted none: who meant them to be run finds it said.
            let lines = counted(passed, "line");
            say(&format!("warning: {lines} after the COPY that failed, up to `\\.`, passed over as its data"));
        }
        let mut ran = answer.ran;
        if self.connection.knows_no_encoding() {
            ran.failed = ran.failed.map(ServerMessage::of_no_encoding);
        }
        Ok(ran)
    }

    /// Gives a COPY its data, or tells the server why there are none.
    async fn give(&mut self, data: &mut Data<'_>, none: Option<&str>) -> Result<(), Over> {
        let Some(why) = none else { return self.copy(data).await };
        let failed = self.connection.write(&wire::copy_fail(why)).await;
        failed.map_err(|lost| lost_report(&lost, self.transaction(), ""))
    }

    /// Sends what is to be copied, to its end: a server that has failed throws away what still comes.
    async fn copy(&mut self, data: &mut Data<'_>) -> Result<(), Over> {
        let mut message = Vec::with_capacity(PIECE + wire::HEAD);
        loop {
            // A terminal or a pipe may hold back for long: a signal and the time are heard meanwhile.
            let piece = tokio::select! {
                piece = data.piece() => piece,
                stop = told(&mut self.stops, self.end) => {
                    let cancelled = self.cancel().await;
                    return Err(self.left(stop, cancelled).await);
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
            self.written(&message).await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Sends a message of a COPY. A server that waits for a lock takes nothing in: a signal and the time are heard meanwhile.
    async fn written(&mut self, message: &[u8]) -> Result<(), Over> {
        let transaction = self.transaction();
        let lost = |lost: Lost| lost_report(&lost, transaction, "");
        let (stop, cancelled) = {
            let mut written = std::pin::pin!(self.connection.write(message));
            let stop = tokio::select! {
                done = &mut written => return done.map_err(lost),
                stop = told(&mut self.stops, self.end) => stop,
            };
            let cancelled = cancel(&self.canceller).await;
            // Half a message is none: it is sent to its end, which the server now takes in.
            let Ok(done) = timeout(GRACE, &mut written).await else {
                cancelled?;
                return Err(Over::Code(stop));
            };
            done.map_err(lost)?;
            (stop, cancelled)
        };
        Err(self.left(stop, cancelled).await)
    }
}

/// Asks the server to cancel what a session works at.
async fn cancel(canceller: &Canceller) -> Result<(), Over> {
    let cancelled = canceller.cancel().await;
    cancelled.map_err(|failure| Report::of_failure("the statement cannot be cancelled; it may go on", &failure).into())
}

/// Waits until a signal comes or the time is up; returns the exit code.
async fn told(stops: &mut StopSignals, end: Option<Instant>) -> ExitCode {
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

/// The end because data to be sent or run cannot be read.
fn unread(error: &io::Error) -> Over {
    Report::new("input", error.to_string(), ExitCode::Failed).into()
}

/// The output cannot be written.
pub(super) fn gone(error: &io::Error) -> Over {
    if error.kind() == io::ErrorKind::BrokenPipe { Over::Quiet } else { unwritten(error).into() }
}

/// The connection was lost while a statement of a transaction ran: what is known of what was done.
fn lost_report(Lost(why): &Lost, transaction: Transaction, statement: &str) -> Over {
    let report =
        Report::new("connection", "the connection to the database was lost", ExitCode::Failed).cause(why.clone());
    let hint = match transaction {
        Transaction::Open if commits(statement) => {
            "the COMMIT was on its way: whether it was carried out is not known: look before you run anything of the transaction again"
        }
        Transaction::Open | Transaction::Failed => "the open transaction is lost: nothing of it was kept",
        Transaction::Idle => "whether the last statement was carried out is not known: look before you run it again",
    };
    report.hint(hint).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_whose_answer_was_lost_may_have_been_carried_out() {
        let hint = |transaction, statement: &str| match lost_report(&Lost("gone".into()), transaction, statement) {
            Over::Failed(report) => report.hint.unwrap_or_default(),
            other => panic!("{other:?}"),
        };
        for text in ["commit", "END", "/* x */ Commit and chain", "prepare transaction 'x'", "select 1 ; commit"] {
            assert!(hint(Transaction::Open, text).starts_with("the COMMIT was on its way"), "{text}");
        }
        for text in ["", "select 1", "prepare x as select 1", "commit prepared 'x'", "savepoint a"] {
            assert!(hint(Transaction::Open, text).ends_with("nothing of it was kept"), "{text}");
        }
        assert!(hint(Transaction::Failed, "commit").ends_with("nothing of it was kept"), "that would take it back");
        assert!(hint(Transaction::Idle, "insert").contains("is not known"));
    }
}
