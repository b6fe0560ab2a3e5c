//! Runs one statement: its rows go to the disk as they come, or where they were sent; what is known of them goes to whoever
//! asked.

use super::inlet::Inlet;
use super::outlet::Outlet;
use super::place;
use crate::db::spool::Full;
use crate::db::wire::{self, Messages};
use crate::db::{Connection, Event, Lost, Spool};
use crate::feeds::sql::Fact;
use crate::model::sql::keywords::literal;
use crate::model::sql::{Column, Ended, ResultId, ServerMessage, Transaction};
use crate::model::units::bytes;
use crate::runtime::feeds::sql_sessions::{Job, Open, Tell};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The interval between two words about how a result has grown.
const GROWN: Duration = Duration::from_millis(100);
/// All results that are kept take so many times the disk of one at most.
const ALL_RESULTS: u64 = 3;
/// The type of what a COPY gives: text.
const TEXT: u32 = 25;

/// The next step once a message of the server was taken in.
enum Then {
    /// To hear what it says next.
    Next,
    /// To tell what it said.
    Tell(Box<ServerMessage>),
    /// To send it the data of a COPY.
    CopyIn,
    /// Nothing: it has done all that was sent.
    Over,
}

/// The consequence of a statement for the session.
pub(super) struct Told {
    /// Whether something about the server may have changed.
    pub(super) again: bool,
}

/// Runs a statement to its end.
pub(super) async fn run(connection: &mut Connection, open: &Open, job: &Job, session: &Tell) -> Result<Told, Lost> {
    let (before, escapes) = (connection.transaction(), connection.escapes());
    let mut running = Running {
        open,
        tell: &job.tell,
        began: Instant::now(),
        result: job.result,
        spool: None,
        grown: None,
        waits: false,
        part: 0,
        ended: None,
        stopped: None,
        cancels: false,
        drains: before == Transaction::Open,
        again: false,
        raw: connection.knows_no_encoding(),
        outlet: None,
        inlet: None,
        folder: place::folder(),
        limit: open.settings.result_limit,
        describes: job.beside.describes,
        described: Vec::new(),
    };
    if let Some(why) = Connection::cannot_send(&job.statement) {
        running.ended = Some((job.result, failed(why)));
    } else if let Err(why) = running.open_ends(job) {
        running.ended = Some((job.result, failed(&why)));
    } else {
        match bound(connection, job).await? {
            Ok(statement) => running.statement(connection, &statement).await?,
            Err(said) => running.ended = Some((job.result, running.fails(said))),
        }
        if job.beside.bind.is_some() && connection.transaction() != Transaction::Failed {
            let _ = connection.rows(&format!("DEALLOCATE {}", name(job)), 0).await?;
        }
    }
    // Whatever of it was sent: also what only prepares a statement fails a transaction.
    if connection.transaction() != before {
        session.page(Fact::Transaction(connection.transaction())).await;
    }
    if connection.escapes() != escapes {
        session.page(Fact::Escapes(connection.escapes())).await;
    }
    if running.describes && matches!(running.ended, Some((_, Ended::Done(_)))) {
        let columns = std::mem::take(&mut running.described);
        job.tell.page(Fact::Begun { result: job.result, columns }).await;
    }
    running.close_outlet().await;
    let again = running.again;
    let (result, ended) = running.ended.take().unwrap_or_else(|| (job.result, Ended::Done(String::new())));
    // Before it is told: who hears of the end closes the result, which cancels only what is still read.
    open.rest();
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
    /// How many bytes of a row that is not whole yet.
    part: u64,
    /// How the last statement ended that is not told yet.
    ended: Option<(ResultId, Ended)>,
    stopped: Option<String>,
    /// Whether the rest is to be cancelled.
    cancels: bool,
    /// Whether a cancel would fail the transaction: what is not kept is read on.
    drains: bool,
    again: bool,
    /// Whether the database knows no encoding.
    raw: bool,
    /// Where its result goes instead of the disk.
    outlet: Option<Outlet>,
    /// Where the data of a COPY come from.
    inlet: Option<Inlet>,
    /// The folder in which results are kept.
    folder: PathBuf,
    /// The most bytes that the result may take on the disk: less than others where those that are kept take much.
    limit: u64,
    /// Whether only its columns are wanted, and those that came.
    describes: bool,
    described: Vec<Column>,
}

fn failed(why: &str) -> Ended {
    Ended::Failed(ServerMessage { severity: "ERROR".to_owned(), message: why.to_owned(), ..ServerMessage::default() })
}

/// The name of a statement that has values bound to it.
fn name(job: &Job) -> String {
    format!("cockpit_statement_{}", job.result.0)
}

/// The statement as it is sent. The simple protocol binds no values: a prepared statement does.
async fn bound(connection: &mut Connection, job: &Job) -> Result<Result<String, ServerMessage>, Lost> {
    let Some(values) = &job.beside.bind else { return Ok(Ok(job.statement.clone())) };
    let begin = format!("PREPARE {} AS ", name(job));
    if let Err(mut said) = connection.rows(&format!("{begin}{}", job.statement), 0).await? {
        said.position = said.position.map(|at| at.saturating_sub(begin.len() as u32));
        return Ok(Err(said));
    }
    let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
    let list = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    Ok(Ok(format!("EXECUTE {}{list}", name(job))))
}

impl Running<'_> {
    /// How a statement ended that the server refused. A limit of time has the same code as a cancel that somebody asked for.
    fn fails(&mut self, said: ServerMessage) -> Ended {
        self.again |= said.code == "25006";
        let said = if self.raw { said.of_no_encoding() } else { said };
        if said.code == "57014" && self.open.was_cancelled() { Ended::Cancelled } else { Ended::Failed(said) }
    }

    /// Opens what the data come from and where the result goes.
    fn open_ends(&mut self, job: &Job) -> Result<(), String> {
        self.inlet = job.beside.data.as_ref().map(Inlet::open).transpose()?;
        self.outlet = job
            .beside
            .outlet
            .as_ref()
            .map(|(to, options)| Outlet::open(to, options, &self.open.programs))
            .transpose()?;
        Ok(())
    }

    /// Ends what the result went into, and tells what there is to say.
    async fn close_outlet(&mut self) {
        let Some(outlet) = self.outlet.take() else { return };
        let whole = self.stopped.is_none() && matches!(self.ended, Some((_, Ended::Done(_))));
        let open = self.open;
        let said = tokio::select! {
            biased;
            said = outlet.end(whole) => said,
            () = open.until_cancelled() => Err("the command was ended: it was cancelled".to_owned()),
        };
        let (severity, message) = match said {
            Ok(text) if text.is_empty() => return,
            Ok(text) => ("OUTPUT", text),
            Err(why) => ("WARNING", why),
        };
        let said = ServerMessage { severity: severity.to_owned(), message, ..ServerMessage::default() };
        self.tell.page(Fact::Notice(Box::new(said))).await;
    }

    /// Writes what waits to be written where the result goes.
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
            self.cancels = true;
        }
    }

    /// Sends the data of a COPY, until there are no more, or nobody wants them.
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
            let (took, then) = {
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
                let took = matches!(event, Event::Rows(..) | Event::Part { .. } | Event::Copied(_));
                (took, self.take(event).await)
            };
            match then {
                Then::Next => {}
                Then::Tell(said) => self.tell.page(Fact::Notice(said)).await,
                Then::CopyIn => self.copy_in(connection).await?,
                Then::Over => return Ok(()),
            }
            self.push().await;
            if took {
                // A server that is faster than the disk would let nothing else have its turn: neither a cancel nor a window.
                tokio::task::yield_now().await;
            }
            if self.waits && self.grown.is_none_or(|grown| grown.elapsed() >= GROWN) {
                self.grow().await;
            }
            if std::mem::take(&mut self.cancels) && !self.drains {
                let _ = self.open.cancel().await;
            }
        }
    }

    /// Takes in what the server says.
    async fn take(&mut self, event: Event<'_>) -> Then {
        match event {
            Event::Columns(columns) if self.describes => self.described = columns,
            Event::Columns(columns) => self.begin(columns).await,
            Event::Rows(rows, _) => match &mut self.outlet {
                Some(outlet) => outlet.rows(rows),
                None => self.keep(|spool| spool.append(rows)),
            },
            Event::Part { before, bytes, whole } => {
                let there = before + bytes.len() as u64;
                let last = (there == whole).then_some(whole);
                self.part = if last.is_some() { 0 } else { there };
                match &mut self.outlet {
                    Some(outlet) => outlet.part(bytes, last.is_some()),
                    None => self.keep(|spool| spool.append_part(before, bytes, last)),
                }
            }
            Event::CopyOut if self.outlet.is_some() => {}
            Event::CopyOut => self.begin(vec![copied()]).await,
            Event::Copied(data) if self.outlet.is_some() => {
                if let Some(outlet) = &mut self.outlet {
                    outlet.copied(data);
                }
            }
            Event::Copied(data) => {
                let lines = Messages(data).map(|line| line.strip_suffix(b"\n").unwrap_or(line));
                let rows: Vec<u8> = lines.flat_map(|line| wire::row([Some(line)].into_iter())).collect();
                self.keep(|spool| spool.append(&rows));
            }
            Event::Empty if self.describes => {
                self.ended = Some((self.result, Ended::Done(String::new())));
            }
            Event::Complete(tag) => {
                let word = tag.split(' ').next().unwrap_or_default();
                self.again |= matches!(word, "SET" | "RESET" | "DISCARD" | "ALTER");
                self.end(Ended::Done(tag)).await;
            }
            Event::Empty => self.end(Ended::Done(String::new())).await,
            Event::Failed(said) => {
                let ended = self.fails(said);
                self.end(ended).await;
            }
            Event::Notice(said) => return Then::Tell(Box::new(said)),
            Event::Notification { channel, text, process } => {
                return Then::Tell(Box::new(ServerMessage::notified(&channel, &text, process)));
            }
            Event::Parameter(name, value) => {
                self.again = true;
                if let Some(said) = ServerMessage::of_setting(&name, &value) {
                    return Then::Tell(Box::new(said));
                }
            }
            Event::CopyIn => return Then::CopyIn,
            Event::CopyEnd => {}
            Event::Ready(_) => return Then::Over,
        }
        Then::Next
    }

    /// A result begins.
    async fn begin(&mut self, columns: Vec<Column>) {
        self.flush().await;
        self.grown = None;
        if let Some(outlet) = &mut self.outlet {
            outlet.begin(&columns);
            return;
        }
        let one = self.open.settings.result_limit;
        self.limit = one.min(one.saturating_mul(ALL_RESULTS).saturating_sub(self.open.kept_bytes()));
        match place::spool(columns.clone(), self.limit) {
            Ok((spool, folder)) => {
                self.folder = folder;
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
        if !self.open.keeps(self.result) {
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
        self.cancels = true;
        self.waits = false;
    }

    /// Tells how the result has grown.
    async fn grow(&mut self) {
        self.waits = false;
        self.grown = Some(Instant::now());
        if let Some(spool) = &self.spool {
            let (rows, bytes) = spool.size();
            let bytes = bytes + self.part;
            self.tell.page(Fact::Grown { result: self.result, rows, bytes }).await;
        }
    }

    /// A statement has ended, which is told when the next begins or all is done.
    async fn end(&mut self, ended: Ended) {
        if self.waits {
            self.grow().await;
        }
        self.open.end();
        self.flush().await;
        if let (Some(outlet), Ended::Done(_)) = (&mut self.outlet, &ended) {
            outlet.end_result();
        }
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
