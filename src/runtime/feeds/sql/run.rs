//! Runs one statement: its rows go to disk as they arrive, or to another target; facts about them go to the asker.

use super::bind::{bind_values, prepared_name};
use super::copy_source::Inlet;
use super::result_target::Outlet;
use super::results_folder;
use crate::db::spool::Full;
use crate::db::wire::{self, Messages};
use crate::db::{Connection, Event, Lost, Spool};
use crate::feeds::sql::Fact;
use crate::model::sql::{Column, ResultId, ServerMessage, StatementOutcome, Transaction};
use crate::model::units::bytes;
use crate::runtime::feeds::sql_sessions::{Job, OpenSession, Replies};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The interval between two reports of the growth of a result.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);
/// The disk space of all stored results together, as a multiple of that of one.
const ALL_RESULTS: u64 = 3;
/// The type OID of the output of a COPY: text.
const TEXT: u32 = 25;

/// The next step after a message of the server was processed.
enum Step {
    /// Wait for the next message.
    Continue,
    /// Report this message.
    Report(Box<ServerMessage>),
    /// Send the data of a COPY.
    CopyIn,
    /// Stop: the server has processed everything that was sent.
    Done,
}

/// The effect of a statement on the session.
pub(super) struct Outcome {
    /// Whether facts about the server may have changed.
    pub(super) recheck: bool,
}

/// Runs a statement to its end.
pub(super) async fn run(
    connection: &mut Connection,
    open: &OpenSession,
    job: &Job,
    session: &Replies,
) -> Result<Outcome, Lost> {
    let (before, escapes) = (connection.transaction(), connection.escapes());
    let mut running = Running {
        open,
        replies: &job.replies,
        began: Instant::now(),
        result: job.result,
        spool: None,
        reported_at: None,
        unreported: false,
        partial_row: 0,
        ended: None,
        stopped: None,
        cancel_rest: false,
        must_drain: before == Transaction::Open,
        recheck: false,
        has_no_encoding: connection.has_no_encoding(),
        outlet: None,
        inlet: None,
        folder: results_folder::folder(),
        limit: open.settings.result_limit,
        describes: job.options.describe_only,
        described: Vec::new(),
    };
    if let Some(why) = Connection::unsendable_reason(&job.statement) {
        running.ended = Some((job.result, failed(why)));
    } else if let Err(why) = running.open_ends(job) {
        running.ended = Some((job.result, failed(&why)));
    } else {
        match bind_values(connection, job).await? {
            Ok(statement) => running.statement(connection, &statement).await?,
            Err(message) => running.ended = Some((job.result, running.failure(message))),
        }
        if job.options.bind.is_some() && connection.transaction() != Transaction::Failed {
            let _ = connection.rows(&format!("DEALLOCATE {}", prepared_name(job)), 0).await?;
        }
    }
    // Regardless of what was sent: even a failed PREPARE fails the transaction.
    if connection.transaction() != before {
        session.page(Fact::Transaction(connection.transaction())).await;
    }
    if connection.escapes() != escapes {
        session.page(Fact::Escapes(connection.escapes())).await;
    }
    if running.describes && matches!(running.ended, Some((_, StatementOutcome::Done(_)))) {
        let columns = std::mem::take(&mut running.described);
        job.replies.page(Fact::Begun { result: job.result, columns }).await;
    }
    running.close_outlet().await;
    let recheck = running.recheck;
    let (result, ended) = running.ended.take().unwrap_or_else(|| (job.result, StatementOutcome::Done(String::new())));
    // Before the end is reported: the recipient then closes the result, which must cancel only a statement that is still read.
    open.finish();
    job.replies.last(running.fact(result, ended)).await;
    Ok(Outcome { recheck })
}

struct Running<'a> {
    open: &'a OpenSession,
    replies: &'a Replies,
    began: Instant,
    /// The number of the current result, or of the next one.
    result: ResultId,
    spool: Option<Arc<Spool>>,
    /// When the growth of the result was reported last.
    reported_at: Option<Instant>,
    /// Whether rows arrived that were not reported yet.
    unreported: bool,
    /// Number of bytes of the row that is being received.
    partial_row: u64,
    /// The end of the last statement, if it is not reported yet.
    ended: Option<(ResultId, StatementOutcome)>,
    stopped: Option<String>,
    /// Whether the rest of the statement should be cancelled.
    cancel_rest: bool,
    /// Whether a cancel would fail the transaction; rows that are not stored are then read and dropped.
    must_drain: bool,
    recheck: bool,
    /// Whether the database has no encoding.
    has_no_encoding: bool,
    /// The target of the result instead of the disk.
    outlet: Option<Outlet>,
    /// The source of the data of a COPY.
    inlet: Option<Inlet>,
    /// The folder in which results are stored.
    folder: PathBuf,
    /// The maximum disk space of the result in bytes; less than the configured limit if the stored results take much.
    limit: u64,
    /// Whether only the columns are wanted.
    describes: bool,
    described: Vec<Column>,
}

fn failed(why: &str) -> StatementOutcome {
    StatementOutcome::Failed(ServerMessage {
        severity: "ERROR".to_owned(),
        message: why.to_owned(),
        ..ServerMessage::default()
    })
}

impl Running<'_> {
    /// Returns the end of a statement that the server rejected. A time limit has the same code as a cancel by a person.
    fn failure(&mut self, message: ServerMessage) -> StatementOutcome {
        self.recheck |= message.code == "25006";
        let message = if self.has_no_encoding { message.with_encoding_hint() } else { message };
        if message.code == "57014" && self.open.was_cancelled() {
            StatementOutcome::Cancelled
        } else {
            StatementOutcome::Failed(message)
        }
    }

    /// Opens the source of the data and the target of the result.
    fn open_ends(&mut self, job: &Job) -> Result<(), String> {
        self.inlet = job.options.data.as_ref().map(Inlet::open).transpose()?;
        self.outlet = job
            .options
            .target
            .as_ref()
            .map(|(to, options)| Outlet::open(to, options, &self.open.programs))
            .transpose()?;
        Ok(())
    }

    /// Closes the target of the result, and reports its message.
    async fn close_outlet(&mut self) {
        let Some(outlet) = self.outlet.take() else { return };
        let complete = self.stopped.is_none() && matches!(self.ended, Some((_, StatementOutcome::Done(_))));
        let open = self.open;
        let message = tokio::select! {
            biased;
            message = outlet.end(complete) => message,
            () = open.until_cancelled() => Err("the command was ended: it was cancelled".to_owned()),
        };
        let (severity, message) = match message {
            Ok(text) if text.is_empty() => return,
            Ok(text) => ("OUTPUT", text),
            Err(why) => ("WARNING", why),
        };
        let message = ServerMessage { severity: severity.to_owned(), message, ..ServerMessage::default() };
        self.replies.page(Fact::Notice(Box::new(message))).await;
    }

    /// Writes pending data to the target of the result.
    async fn push(&mut self) {
        let Some(outlet) = &mut self.outlet else { return };
        let open = self.open;
        let pushed = tokio::select! {
            biased;
            pushed = outlet.push() => pushed,
            () = open.until_cancelled() => Err("it was cancelled".to_owned()),
        };
        if let Err(why) = pushed {
            self.outlet = None;
            self.stopped = Some(format!("writing was stopped: {why}"));
            self.cancel_rest = true;
        }
    }

    /// Sends the data of a COPY until they end or the statement is cancelled.
    async fn copy_in(&mut self, connection: &mut Connection) -> Result<(), Lost> {
        let Some(mut inlet) = self.inlet.take() else {
            let why = "COPY FROM STDIN has no data here: \\copy reads them from a file";
            return connection.write(&wire::copy_fail(why)).await;
        };
        let mut message = Vec::new();
        loop {
            let open = self.open;
            let piece = tokio::select! {
                biased;
                piece = inlet.piece() => piece,
                () = open.until_cancelled() => Err("it was cancelled".to_owned()),
            };
            message.clear();
            match piece {
                Ok(piece) if piece.is_empty() => return connection.write(&wire::COPY_DONE).await,
                Ok(piece) => wire::copy_data(&mut message, &piece),
                Err(why) => return connection.write(&wire::copy_fail(&why)).await,
            }
            connection.write(&message).await?;
        }
    }

    async fn statement(&mut self, connection: &mut Connection, statement: &str) -> Result<(), Lost> {
        if self.describes {
            connection.describe(statement).await?;
        } else {
            connection.send(statement).await?;
        }
        loop {
            let (took, step) = {
                let next = connection.next();
                let event = match self.reported_at.filter(|_| self.unreported) {
                    None => next.await?,
                    Some(reported_at) => {
                        let Ok(event) = timeout_at(reported_at + REPORT_INTERVAL, next).await else {
                            self.report_growth().await;
                            continue;
                        };
                        event?
                    }
                };
                let took = matches!(event, Event::Rows(..) | Event::Part { .. } | Event::Copied(_));
                (took, self.take(event).await)
            };
            match step {
                Step::Continue => {}
                Step::Report(message) => self.replies.page(Fact::Notice(message)).await,
                Step::CopyIn => self.copy_in(connection).await?,
                Step::Done => return Ok(()),
            }
            self.push().await;
            if took {
                // A server faster than the disk would otherwise starve cancels and reads of the result.
                tokio::task::yield_now().await;
            }
            if self.unreported && self.reported_at.is_none_or(|reported_at| reported_at.elapsed() >= REPORT_INTERVAL) {
                self.report_growth().await;
            }
            if std::mem::take(&mut self.cancel_rest) && !self.must_drain {
                let _ = self.open.cancel().await;
            }
        }
    }

    /// Processes a message of the server.
    async fn take(&mut self, event: Event<'_>) -> Step {
        match event {
            Event::Columns(columns) if self.describes => self.described = columns,
            Event::Columns(columns) => self.begin(columns).await,
            Event::Rows(rows, _) => match &mut self.outlet {
                Some(outlet) => outlet.rows(rows),
                None => self.keep(|spool| spool.append(rows)),
            },
            Event::Part { before, bytes, whole } => {
                let received = before + bytes.len() as u64;
                let last = (received == whole).then_some(whole);
                self.partial_row = if last.is_some() { 0 } else { received };
                match &mut self.outlet {
                    Some(outlet) => outlet.part(bytes, last.is_some()),
                    None => self.keep(|spool| spool.append_part(before, bytes, last)),
                }
            }
            Event::CopyOut if self.outlet.is_some() => {}
            Event::CopyOut => self.begin(vec![copy_column()]).await,
            Event::Copied(data) if self.outlet.is_some() => {
                if let Some(outlet) = &mut self.outlet {
                    outlet.add_copied(data);
                }
            }
            Event::Copied(data) => {
                let lines = Messages(data).map(|line| line.strip_suffix(b"\n").unwrap_or(line));
                let rows: Vec<u8> = lines.flat_map(|line| wire::row([Some(line)].into_iter())).collect();
                self.keep(|spool| spool.append(&rows));
            }
            Event::Empty if self.describes => {
                self.ended = Some((self.result, StatementOutcome::Done(String::new())));
            }
            Event::Complete(tag) => {
                let word = tag.split(' ').next().unwrap_or_default();
                self.recheck |= matches!(word, "SET" | "RESET" | "DISCARD" | "ALTER");
                self.end(StatementOutcome::Done(tag)).await;
            }
            Event::Empty => self.end(StatementOutcome::Done(String::new())).await,
            Event::Failed(message) => {
                let ended = self.failure(message);
                self.end(ended).await;
            }
            Event::Notice(message) => return Step::Report(Box::new(message)),
            Event::Notification { channel, text, process } => {
                return Step::Report(Box::new(ServerMessage::from_notification(&channel, &text, process)));
            }
            Event::Parameter(name, value) => {
                self.recheck = true;
                if let Some(message) = ServerMessage::setting_warning(&name, &value) {
                    return Step::Report(Box::new(message));
                }
            }
            Event::CopyIn => return Step::CopyIn,
            Event::CopyDone => {}
            Event::Ready(_) => return Step::Done,
        }
        Step::Continue
    }

    /// Begins a result.
    async fn begin(&mut self, columns: Vec<Column>) {
        self.flush().await;
        self.reported_at = None;
        if let Some(outlet) = &mut self.outlet {
            outlet.begin(&columns);
            return;
        }
        let limit = self.open.settings.result_limit;
        self.limit = limit.min(limit.saturating_mul(ALL_RESULTS).saturating_sub(self.open.stored_bytes()));
        match results_folder::spool(columns.clone(), self.limit) {
            Ok((spool, folder)) => {
                self.folder = folder;
                let spool = Arc::new(spool);
                self.open.begin_result(self.result, Arc::clone(&spool));
                self.spool = Some(spool);
            }
            Err(error) => self.stop(&Full::Disk(error)),
        }
        self.replies.page(Fact::Begun { result: self.result, columns }).await;
    }

    /// Stores rows, unless storing was stopped.
    fn keep(&mut self, append: impl FnOnce(&Spool) -> Result<(), Full>) {
        let Some(spool) = self.spool.as_ref().filter(|_| self.stopped.is_none()) else { return };
        if !self.open.is_stored(self.result) {
            // The result was closed: its remaining rows are not wanted.
            self.spool = None;
            return;
        }
        match append(spool) {
            Ok(()) => self.unreported = true,
            Err(full) => self.stop(&full),
        }
    }

    fn stop(&mut self, full: &Full) {
        let why = match full {
            Full::Limit if self.limit < self.open.settings.result_limit => {
                let all = bytes(self.open.settings.result_limit.saturating_mul(ALL_RESULTS) as f64);
                format!(
                    "reading was stopped: the results that are kept take {all} of the disk, which is all that they may \
                     ({ALL_RESULTS} times `database.result_limit`); close some"
                )
            }
            Full::Limit => {
                let limit = bytes(self.limit as f64);
                format!(
                    "reading was stopped at {limit}, which is what a result may take of the disk (`database.result_limit`)"
                )
            }
            Full::Disk(error) => {
                format!("reading was stopped: the result cannot be kept in {}: {error}", self.folder.display())
            }
        };
        let hint = "take fewer rows (LIMIT, WHERE), or write it into a file with \\copy or `cockpit sql`";
        self.stopped = Some(format!("{why}; {hint}"));
        self.cancel_rest = true;
        self.unreported = false;
    }

    /// Reports the growth of the result.
    async fn report_growth(&mut self) {
        self.unreported = false;
        self.reported_at = Some(Instant::now());
        if let Some(spool) = &self.spool {
            let (rows, bytes) = spool.size();
            let bytes = bytes + self.partial_row;
            self.replies.page(Fact::Grown { result: self.result, rows, bytes }).await;
        }
    }

    /// Ends a statement. That is reported when the next one begins, or when everything has ended.
    async fn end(&mut self, ended: StatementOutcome) {
        if self.unreported {
            self.report_growth().await;
        }
        self.open.end_result();
        self.flush().await;
        if let (Some(outlet), StatementOutcome::Done(_)) = (&mut self.outlet, &ended) {
            outlet.end_result();
        }
        self.ended = Some((self.result, ended));
        self.result = ResultId(self.result.0 + 1);
        self.spool = None;
    }

    async fn flush(&mut self) {
        if let Some((result, ended)) = self.ended.take() {
            let fact = self.fact(result, ended);
            self.replies.page(fact).await;
        }
    }

    fn fact(&self, result: ResultId, ended: StatementOutcome) -> Fact {
        let ended = Box::new(ended);
        Fact::Ended { result, ended, took: self.began.elapsed(), stopped: self.stopped.clone() }
    }
}

/// Returns the single column of the output of a COPY.
fn copy_column() -> Column {
    Column { name: "copy".to_owned(), type_oid: TEXT, modifier: -1, table_oid: 0, number: 0 }
}
