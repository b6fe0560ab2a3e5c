//! Runs one statement: its rows go to the disk as they come, what is known of them goes to whoever asked.

use crate::db::spool::Full;
use crate::db::wire::{self, Messages};
use crate::db::{Connection, Event, Lost, Spool};
use crate::feeds::sql::Fact;
use crate::model::sql::{Column, Ended, ResultId, Said, Transaction};
use crate::runtime::feeds::sql_sessions::{Job, Open, Tell};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A result may take so much of the disk.
const LIMIT: u64 = 4 << 30;
/// Between two words about how a result has grown.
const GROWN: Duration = Duration::from_millis(100);
/// The type of what a COPY gives: text.
const TEXT: u32 = 25;

/// What followed of a statement.
pub(super) struct Told {
    /// Something about the server may have changed.
    pub(super) again: bool,
}

/// Runs a statement to its end.
pub(super) async fn run(connection: &mut Connection, open: &Open, job: &Job, session: &Tell) -> Result<Told, Lost> {
    let mut running = Running {
        open,
        tell: &job.tell,
        began: Instant::now(),
        result: job.result,
        spool: None,
        grown: None,
        waits: false,
        ended: None,
        stopped: None,
        cancels: false,
        drains: connection.transaction() == Transaction::Open,
        again: false,
    };
    if let Some(why) = Connection::cannot_send(&job.statement) {
        let said = Said { severity: "ERROR".to_owned(), message: why.to_owned(), ..Said::default() };
        running.ended = Some((job.result, Ended::Failed(said)));
    } else {
        running.statement(connection, job, session).await?;
    }
    let again = running.again;
    let (result, ended) = running.ended.take().unwrap_or_else(|| (job.result, Ended::Done(String::new())));
    job.tell.last(running.fact(result, ended)).await;
    Ok(Told { again })
}

struct Running<'a> {
    open: &'a Open,
    tell: &'a Tell,
    began: Instant,
    /// The number of the result that is read, or of the next.
    result: ResultId,
    spool: Option<Arc<Spool>>,
    /// When it was last told how it has grown.
    grown: Option<Instant>,
    /// Rows came that were not told of.
    waits: bool,
    /// How the last statement ended that is not told yet.
    ended: Option<(ResultId, Ended)>,
    stopped: Option<String>,
    /// The rest is to be cancelled.
    cancels: bool,
    /// A cancel would fail the transaction: what is not kept is read on.
    drains: bool,
    again: bool,
}

impl Running<'_> {
    async fn statement(&mut self, connection: &mut Connection, job: &Job, session: &Tell) -> Result<(), Lost> {
        let before = connection.transaction();
        connection.send(&job.statement).await?;
        loop {
            let mut copies_in = false;
            let mut told = None;
            {
                let next = connection.next();
                let event = match self.grown.filter(|_| self.waits) {
                    None => next.await?,
                    Some(grown) => {
                        let Ok(event) = timeout_at(grown + GROWN, next).await else {
                            self.grow().await;
                            continue;
                        };
                        event?
                    }
                };
                match event {
                    Event::Columns(columns) => self.begin(columns).await,
                    Event::Rows(rows, _) => self.keep(|spool| spool.append(rows)),
                    Event::Part { before, bytes, whole } => {
                        let last = (before + bytes.len() as u64 == whole).then_some(whole);
                        self.keep(|spool| spool.append_part(before, bytes, last));
                    }
                    Event::CopyOut => self.begin(vec![copied()]).await,
                    Event::Copied(data) => {
                        let lines = Messages(data).map(|line| line.strip_suffix(b"\n").unwrap_or(line));
                        let rows: Vec<u8> = lines.flat_map(|line| wire::row([Some(line)].into_iter())).collect();
                        self.keep(|spool| spool.append(&rows));
                    }
                    Event::Complete(tag) => {
                        let word = tag.split(' ').next().unwrap_or_default();
                        self.again |= matches!(word, "SET" | "RESET" | "DISCARD" | "ALTER");
                        self.end(Ended::Done(tag)).await;
                    }
                    Event::Empty => self.end(Ended::Done(String::new())).await,
                    Event::Failed(said) => {
                        // A limit of time has the same code as a cancel that somebody asked for.
                        let cancelled = said.code == "57014" && self.open.was_cancelled();
                        self.again |= said.code == "25006";
                        self.end(if cancelled { Ended::Cancelled } else { Ended::Failed(said) }).await;
                    }
                    Event::Notice(said) => told = Some(said),
                    Event::Notification { channel, text, process } => {
                        let message = format!("notification on {channel} from process {process}: {text}");
                        told = Some(Said { severity: "NOTIFY".to_owned(), message, ..Said::default() });
                    }
                    Event::Parameter(..) => self.again = true,
                    Event::CopyIn => copies_in = true,
                    Event::CopyEnd => {}
                    Event::Ready(transaction) => {
                        if transaction != before {
                            session.page(Fact::Transaction(transaction)).await;
                        }
                        return Ok(());
                    }
                }
            }
            if let Some(said) = told {
                self.tell.page(Fact::Notice(Box::new(said))).await;
            }
            if copies_in {
                let why = "COPY FROM STDIN has no data here: \\copy reads them from a file";
                connection.write(&wire::copy_fail(why)).await?;
            }
            if self.waits && self.grown.is_none_or(|grown| grown.elapsed() >= GROWN) {
                self.grow().await;
            }
            if std::mem::take(&mut self.cancels) && !self.drains {
                let _ = self.open.cancel().await;
            }
        }
    }

    /// A result begins.
    async fn begin(&mut self, columns: Vec<Column>) {
        self.flush().await;
        self.grown = None;
        match Spool::new(columns.clone(), LIMIT) {
            Ok(spool) => {
                let spool = Arc::new(spool);
                self.open.begin(self.result, Arc::clone(&spool));
                self.spool = Some(spool);
            }
            Err(error) => self.stop(&Full::Disk(error)),
        }
        self.tell.page(Fact::Begun { result: self.result, columns }).await;
    }

    /// Keeps rows, unless nothing more is kept.
    fn keep(&mut self, append: impl FnOnce(&Spool) -> Result<(), Full>) {
        let Some(spool) = self.spool.as_ref().filter(|_| self.stopped.is_none()) else { return };
        if self.open.result(self.result).is_none() {
            // It was closed: what still comes is not wanted.
            self.spool = None;
            return;
        }
        match append(spool) {
            Ok(()) => self.waits = true,
            Err(full) => self.stop(&full),
        }
    }

    fn stop(&mut self, full: &Full) {
        let why = match full {
            Full::Limit => {
                format!("reading was stopped at {} GiB, which is what a result may take of the disk", LIMIT >> 30)
            }
            Full::Disk(error) => {
                let folder = std::env::temp_dir();
                format!("reading was stopped: the result cannot be kept in {}: {error}", folder.display())
            }
        };
        let hint = "take fewer rows (LIMIT, WHERE), or write it into a file with \\copy or `cockpit sql`";
        self.stopped = Some(format!("{why}; {hint}"));
        self.cancels = true;
        self.waits = false;
    }

    /// Tells how the result has grown.
    async fn grow(&mut self) {
        self.waits = false;
        self.grown = Some(Instant::now());
        if let Some(spool) = &self.spool {
            let (rows, bytes) = spool.size();
            self.tell.page(Fact::Grown { result: self.result, rows, bytes }).await;
        }
    }

    /// A statement has ended, which is told when the next begins or all is done.
    async fn end(&mut self, ended: Ended) {
        if self.waits {
            self.grow().await;
        }
        self.flush().await;
        self.ended = Some((self.result, ended));
        self.result = ResultId(self.result.0 + 1);
        self.spool = None;
    }

    async fn flush(&mut self) {
        if let Some((result, ended)) = self.ended.take() {
            let fact = self.fact(result, ended);
            self.tell.page(fact).await;
        }
    }

    fn fact(&self, result: ResultId, ended: Ended) -> Fact {
        let ended = Box::new(ended);
        Fact::Ended { result, ended, took: self.began.elapsed(), stopped: self.stopped.clone() }
    }
}

/// The one column of what a COPY gives.
fn copied() -> Column {
    Column { name: "copy".to_owned(), type_oid: TEXT, modifier: -1, table_oid: 0, number: 0 }
}
