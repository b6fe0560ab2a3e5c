//! Sessions on a PostgreSQL server, and the statements that run in them. A session is owned by the query that opened it; other
//! queries find it by its number.

mod bind;
mod connect;
mod copy_source;
mod export;
mod program;
mod result_target;
mod results_folder;
mod run;
mod shell_programs;
mod value_file;

use super::context::FeedContext;
use super::sql_sessions::{Job, OpenSession, Replies};
use crate::db::{Canceller, Connection, Lost, Rows, Spool};
use crate::feeds::part::Part;
use crate::feeds::sql::{Ask, Fact, Signal};
use crate::model::audit::Record;
use crate::model::sql::schema::CatalogueFailure;
use crate::model::sql::{ResultId, SessionId};
use crate::model::{Failure, FailureKind};
use crate::runtime::tunnels::write_audit_record;
use export::{Export, PiecewiseFile};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::Instant;
use value_file::ValueFile;

/// The maximum size of the rows of a look-up in bytes; no more are read.
const MAX_LOOKUP_BYTES: usize = 64 << 20;
/// The interval between two reports of the progress of writing a file.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);
/// The time limit of a look-up in the second session.
const LOOKUP_LIMIT: Duration = Duration::from_secs(30);

/// Answers a query about SQL.
pub(super) async fn answer(context: &FeedContext, ask: Ask) {
    let replies = Replies::new(context.ticket, context.out.clone());
    let done = match ask {
        Ask::Connect { session, place, connect_as: who, read_only } => {
            return connect::hold(context, &replies, session, (place, who), read_only).await;
        }
        Ask::Program { number, command, text } => {
            return shell_programs::run(context, &replies, number, &command, text).await;
        }
        Ask::Run { session, result, statement, options: beside } => match open(context, session) {
            Ok(open) => return run(&open, Job::new(result, statement, beside, replies)).await,
            Err(failure) => Err(failure),
        },
        Ask::Cancel { session } => cancel(context, session).await,
        Ask::Terminate { session } => terminate(context, session).await,
        Ask::Signal { session, order } => signal(context, session, *order).await,
        Ask::Window { result, from, count } => {
            let rows = read(context, result, move |spool| spool.window(from, count)).await;
            rows.map(|rows| Fact::Window { result, from, rows })
        }
        Ask::Rows { result, rows, most } => {
            let rows = read(context, result, move |spool| spool.rows(&rows, most)).await;
            rows.map(|rows| Fact::Rows { result, rows })
        }
        Ask::Value { result, row, column, most } => {
            read(context, result, move |spool| spool.value_prefix(row, column, most)).await.map(Fact::Value)
        }
        Ask::Save { result, row, column, path } => match stored(context, result) {
            Ok(spool) => export(context, &path, move |path| ValueFile::new(spool, path, row, column)).await,
            Err(failure) => Err(failure),
        },
        Ask::Export { result, path, options, columns, rows } => match stored(context, result) {
            Ok(spool) => export(context, &path, move |path| Export::new(spool, path, &options, columns, rows)).await,
            Err(failure) => Err(failure),
        },
        Ask::Close { result } => match context.sql.close(result) {
            Some(open) => open.cancel_reading(result).await.map(|()| Fact::Done),
            None => Ok(Fact::Done),
        },
        Ask::Query { session, purpose, statement } => match open(context, session) {
            Ok(open) => look_up(&open, &statement).await.map(|Rows { columns, rows }| Fact::QueryRows {
                purpose,
                columns,
                rows,
            }),
            Err(failure) => Err(failure),
        },
    };
    let part = match done {
        Ok(fact) => Part::Last(fact),
        Err(failure) => Part::Failed(failure),
    };
    context.send(part).await;
}

/// Returns a stored result.
fn stored(context: &FeedContext, result: ResultId) -> Result<Arc<Spool>, Failure> {
    let gone = || Failure::new(FailureKind::NotFound, "the result no longer exists");
    context.sql.result(result).ok_or_else(|| gone().with_hint("run the statement again"))
}

/// Reads from a stored result on a blocking thread, as a disk may be slow.
async fn read<T: Send + 'static>(
    context: &FeedContext,
    result: ResultId,
    work: impl FnOnce(&Spool) -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let spool = stored(context, result)?;
    blocking(move || work(&spool)).await.map_err(|error| unreadable(&error))
}

/// Writes a file completely and reports the progress.
async fn export<W: PiecewiseFile + Send + 'static>(
    context: &FeedContext,
    path: &str,
    begin: impl FnOnce(&str) -> io::Result<W> + Send + 'static,
) -> Result<Fact, Failure> {
    let failed = |error: &io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::new(FailureKind::Invalid, format!("{path} is there already and was left as it is"))
                .with_hint("take another name")
        }
        _ => Failure::new(FailureKind::Other, format!("{path} could not be written: {error}")),
    };
    let target = path.to_owned();
    let mut export = blocking(move || begin(&target)).await.map_err(|error| failed(&error))?;
    let mut reported_at = Instant::now();
    loop {
        let (back, more) =
            blocking(move || export.write_piece().map(|more| (export, more))).await.map_err(|error| failed(&error))?;
        export = back;
        let (rows, bytes) = export.progress();
        let fact = Fact::Exported { rows, bytes };
        if !more {
            return Ok(fact);
        }
        if reported_at.elapsed() > REPORT_INTERVAL {
            reported_at = Instant::now();
            context.send(Part::Page(fact)).await;
        }
    }
}

/// Runs blocking disk work without blocking the executor.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn open(context: &FeedContext, session: SessionId) -> Result<Arc<OpenSession>, Failure> {
    context.sql.get(session).ok_or_else(lost)
}

fn lost() -> Failure {
    Failure::new(FailureKind::Unreachable, "the session is not open any more").with_hint("connect again")
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(FailureKind::Other, format!("the result cannot be read from the disk: {error}"))
        .with_hint("run the statement again")
}

/// Submits a statement to the session and waits until it has ended.
async fn run(open: &OpenSession, job: Job) {
    let replies = job.replies.clone();
    if open.run(job).await.is_err() {
        replies.failed(lost()).await;
    }
}

async fn cancel(context: &FeedContext, session: SessionId) -> Result<Fact, Failure> {
    let open = open(context, session)?;
    let Some(_cancel_request) = open.begin_cancel().await else { return Ok(Fact::Done) };
    if let Err(failure) = open.send_cancel().await {
        // The route of cancel requests may be blocked while a second session can be used.
        let Some(statement) = open.signal_statement("pg_cancel_backend") else { return Err(failure) };
        // No statement starts meanwhile, so an unresponsive second session must not be waited for without a limit.
        let done = tokio::time::timeout(LOOKUP_LIMIT, look_up(&open, &statement)).await;
        if !done.is_ok_and(|rows| rows.is_ok_and(|rows| is_done(&rows))) {
            return Err(failure);
        }
    }
    Ok(Fact::Done)
}

async fn terminate(context: &FeedContext, session: SessionId) -> Result<Fact, Failure> {
    let open = open(context, session)?;
    let statement = open.signal_statement("pg_terminate_backend").ok_or_else(|| {
        let message = "its server process is not known: a pooler is between, or the server lacks pg_stat_activity";
        Failure::new(FailureKind::Invalid, message)
            .with_hint("end it from the activity in the Database pane, or leave the session")
    })?;
    if is_done(&look_up(&open, &statement).await?) {
        return Ok(Fact::Done);
    }
    Err(Failure::new(FailureKind::NotFound, "the server has no such process any more").with_hint("connect again"))
}

/// Whether the server carried out the signal. No row, or `f`, means that there is no such process.
fn is_done(rows: &Rows) -> bool {
    rows.rows.first().and_then(|row| row.first()).is_some_and(|done| done.as_deref() == Some("t"))
}

/// Cancels the statement of any session of the server, or ends that session. It is not done if it cannot be recorded.
async fn signal(context: &FeedContext, session: SessionId, order: Signal) -> Result<Fact, Failure> {
    let open = open(context, session)?;
    let function = if order.terminate { "pg_terminate_backend" } else { "pg_cancel_backend" };
    let after = serde_json::json!({"pid": order.process.pid, "function": function});
    let record = |outcome: &str, reason: String| Record {
        after: after.clone(),
        outcome: outcome.to_owned(),
        reason,
        ..order.record.clone()
    };
    write_audit_record(&order.audit, record("started", String::new())).await?;
    let answer = look_up(&open, &order.process.signal(function)).await;
    let done = answer.map_err(|failure| match failure.kind {
        FailureKind::Denied => {
            failure.with_hint("GRANT pg_signal_backend TO the user; sessions of superusers take a superuser")
        }
        _ => failure,
    });
    let done = done.and_then(|rows| {
        let gone =
            || Failure::new(FailureKind::NotFound, format!("there is no session {} any more", order.process.pid));
        is_done(&rows).then_some(Fact::Done).ok_or_else(gone)
    });
    let (word, reason) = match &done {
        Ok(_) => ("done", String::new()),
        Err(failure) => ("failed", failure.message.clone()),
    };
    write_audit_record(&order.audit, record(word, reason)).await?;
    done
}

/// Runs a statement in the second session, which is created when it is first needed.
async fn look_up(open: &OpenSession, statement: &str) -> Result<Rows, Failure> {
    let mut place = open.second.lock().await;
    let gone = |Lost(why): Lost| Failure::new(FailureKind::Unreachable, format!("the second session was lost: {why}"));
    // Taken out of its place, so that a session abandoned in the middle is not reused.
    let existing = place.take();
    let fresh = existing.is_none();
    let mut connection = match existing {
        Some(connection) => connection,
        None => open_second(open).await?,
    };
    let mut pending = PendingLookup(Some(connection.canceller()));
    let answer = match connection.rows(statement, MAX_LOOKUP_BYTES).await {
        // An idle session may have been closed.
        Err(_) if !fresh => {
            pending.0 = None;
            connection = open_second(open).await?;
            pending.0 = Some(connection.canceller());
            connection.rows(statement, MAX_LOOKUP_BYTES).await
        }
        answer => answer,
    };
    // It was answered, or there is nothing left to cancel.
    pending.0 = None;
    let answer = answer.map_err(gone)?;
    *place = Some(connection);
    answer.map_err(|error| {
        let hint = error.hint.clone().unwrap_or_else(|| match error.code.as_str() {
            "42501" => "ask for the right that is named, or connect as another user".to_owned(),
            "57014" => "it took too long: the server is busy, or the catalogue is very large".to_owned(),
            "55000" => "add what is named to shared_preload_libraries in the parameter group, and restart".to_owned(),
            _ => "the server may lack this part of PostgreSQL's catalogue".to_owned(),
        });
        Failure::new(CatalogueFailure::of(&error.code).kind(), error.message).with_hint(hint)
    })
}

/// A look-up in progress. Dropping it before the answer cancels it: the server would not notice that nobody waits
/// for it.
struct PendingLookup(Option<Canceller>);

impl Drop for PendingLookup {
    fn drop(&mut self) {
        if let (Some(canceller), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn(async move { canceller.cancel().await }));
        }
    }
}

async fn open_second(open: &OpenSession) -> Result<Connection, Failure> {
    let mut settings = open.settings.clone();
    settings.read_only = true;
    settings.application.push_str(" (catalogue)");
    settings.statement_timeout = Some(LOOKUP_LIMIT);
    Connection::open(&settings).await
}
