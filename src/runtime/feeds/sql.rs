//! Sessions on a PostgreSQL server, and what is run in them. The session itself is held by the question that opened it; the
//! others find it by its number.

mod connect;
mod export;
mod inlet;
mod kept;
mod outlet;
mod place;
mod program;
mod run;
mod value_file;

use super::means::FeedContext;
use super::sql_sessions::{Job, Open, Tell};
use crate::db::{Canceller, Connection, Lost, Rows, Spool};
use crate::feeds::part::Part;
use crate::feeds::sql::{Ask, Fact, Signal};
use crate::model::audit::Record;
use crate::model::sql::schema::CatalogueFailure;
use crate::model::sql::{ResultId, SessionId};
use crate::model::{Failure, FailureKind};
use crate::runtime::tunnels::write_down;
use export::{Export, Written};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::Instant;
use value_file::ValueFile;

/// No more is read of what is looked up.
const LOOKED: usize = 64 << 20;
/// The interval between two words about how much of a file is written.
const TOLD: Duration = Duration::from_millis(100);
/// The limit for a look-up in the second session.
const LOOK_LIMIT: Duration = Duration::from_secs(30);

/// Does what is asked.
pub(super) async fn answer(means: &FeedContext, ask: Ask) {
    let tell = Tell::new(means.ticket, means.out.clone());
    let done = match ask {
        Ask::Connect { session, place, who, read_only } => {
            return connect::hold(means, &tell, session, (place, who), read_only).await;
        }
        Ask::Program { number, command, text } => return kept::run(means, &tell, number, &command, text).await,
        Ask::Run { session, result, statement, beside } => match open(means, session) {
            Ok(open) => return run(&open, Job::new(result, statement, beside, tell)).await,
            Err(failure) => Err(failure),
        },
        Ask::Cancel { session } => cancel(means, session).await,
        Ask::Terminate { session } => terminate(means, session).await,
        Ask::Signal { session, order } => signal(means, session, *order).await,
        Ask::Window { result, from, count } => {
            let rows = read(means, result, move |spool| spool.window(from, count)).await;
            rows.map(|rows| Fact::Window { result, from, rows })
        }
        Ask::Rows { result, rows, most } => {
            let rows = read(means, result, move |spool| spool.rows(&rows, most)).await;
            rows.map(|rows| Fact::Rows { result, rows })
        }
        Ask::Value { result, row, column, most } => {
            read(means, result, move |spool| spool.beginning(row, column, most)).await.map(Fact::Value)
        }
        Ask::Save { result, row, column, path } => match kept(means, result) {
            Ok(spool) => export(means, &path, move |path| ValueFile::new(spool, path, row, column)).await,
            Err(failure) => Err(failure),
        },
        Ask::Export { result, path, options, columns, rows } => match kept(means, result) {
            Ok(spool) => export(means, &path, move |path| Export::new(spool, path, &options, columns, rows)).await,
            Err(failure) => Err(failure),
        },
        Ask::Close { result } => match means.sql.close(result) {
            Some(open) => open.cancel_reading(result).await.map(|()| Fact::Done),
            None => Ok(Fact::Done),
        },
        Ask::Look { session, purpose, statement } => match open(means, session) {
            Ok(open) => {
                look(&open, &statement).await.map(|Rows { columns, rows }| Fact::Looked { purpose, columns, rows })
            }
            Err(failure) => Err(failure),
        },
    };
    let part = match done {
        Ok(fact) => Part::Last(fact),
        Err(failure) => Part::Failed(failure),
    };
    means.send(part).await;
}

/// A result that is kept.
fn kept(means: &FeedContext, result: ResultId) -> Result<Arc<Spool>, Failure> {
    let gone = || Failure::new(FailureKind::NotFound, "the result is not there any more");
    means.sql.result(result).ok_or_else(|| gone().hinted("run the statement again"))
}

/// Reads in a result, which may wait for a disk.
async fn read<T: Send + 'static>(
    means: &FeedContext,
    result: ResultId,
    does: impl FnOnce(&Spool) -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let spool = kept(means, result)?;
    beside(move || does(&spool)).await.map_err(|error| unreadable(&error))
}

/// Writes a file to its end, and tells how far it is.
async fn export<W: Written + Send + 'static>(
    means: &FeedContext,
    path: &str,
    begin: impl FnOnce(&str) -> io::Result<W> + Send + 'static,
) -> Result<Fact, Failure> {
    let failed = |error: &io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::new(FailureKind::Invalid, format!("{path} is there already and was left as it is"))
                .hinted("take another name")
        }
        _ => Failure::new(FailureKind::Other, format!("{path} could not be written: {error}")),
    };
    let typed = path.to_owned();
    let mut export = beside(move || begin(&typed)).await.map_err(|error| failed(&error))?;
    let mut told = Instant::now();
    loop {
        let (back, more) =
            beside(move || export.piece().map(|more| (export, more))).await.map_err(|error| failed(&error))?;
        export = back;
        let (rows, bytes) = export.so_far();
        let fact = Fact::Exported { rows, bytes };
        if !more {
            return Ok(fact);
        }
        if told.elapsed() > TOLD {
            told = Instant::now();
            means.send(Part::Page(fact)).await;
        }
    }
}

/// Does what waits for a disk beside what waits for nothing.
async fn beside<T: Send + 'static>(does: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(does).await.map_err(io::Error::other)?
}

fn open(means: &FeedContext, session: SessionId) -> Result<Arc<Open>, Failure> {
    means.sql.get(session).ok_or_else(lost)
}

fn lost() -> Failure {
    Failure::new(FailureKind::Unreachable, "the session is not open any more").hinted("connect again")
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(FailureKind::Other, format!("the result cannot be read from the disk: {error}"))
        .hinted("run the statement again")
}

/// Hands a statement to the session and waits until it has ended.
async fn run(open: &Open, job: Job) {
    let tell = job.tell.clone();
    if open.run(job).await.is_err() {
        tell.failed(lost()).await;
    }
}

async fn cancel(means: &FeedContext, session: SessionId) -> Result<Fact, Failure> {
    let open = open(means, session)?;
    let Some(_next_waits) = open.begin_cancel().await else { return Ok(Fact::Done) };
    if let Err(failure) = open.send_cancel().await {
        // The way for the request may be closed, and the second session open.
        let Some(asked) = open.asking("pg_cancel_backend") else { return Err(failure) };
        // Nothing else begins until then: a second session that does not answer is not waited for.
        let done = tokio::time::timeout(LOOK_LIMIT, look(&open, &asked)).await;
        if !done.is_ok_and(|rows| rows.is_ok_and(|rows| is_done(&rows))) {
            return Err(failure);
        }
    }
    Ok(Fact::Done)
}

async fn terminate(means: &FeedContext, session: SessionId) -> Result<Fact, Failure> {
    let open = open(means, session)?;
    let asked = open.asking("pg_terminate_backend").ok_or_else(|| {
        let what = "it is not known which process of the server it is: a pooler is between, or the server lacks pg_stat_activity";
        Failure::new(FailureKind::Invalid, what)
            .hinted("end it from the activity in the Database pane, or leave the session")
    })?;
    if is_done(&look(&open, &asked).await?) {
        return Ok(Fact::Done);
    }
    Err(Failure::new(FailureKind::NotFound, "the server has no such process any more").hinted("connect again"))
}

/// Whether the server did what it was asked for: no row and `f` say that it has no such process.
fn is_done(rows: &Rows) -> bool {
    rows.rows.first().and_then(|row| row.first()).is_some_and(|done| done.as_deref() == Some("t"))
}

/// Cancels what a session of somebody does, or ends it. What cannot be written down is not done.
async fn signal(means: &FeedContext, session: SessionId, order: Signal) -> Result<Fact, Failure> {
    let open = open(means, session)?;
    let function = if order.terminate { "pg_terminate_backend" } else { "pg_cancel_backend" };
    let after = serde_json::json!({"pid": order.process.pid, "function": function});
    let record = |outcome: &str, reason: String| Record {
        after: after.clone(),
        outcome: outcome.to_owned(),
        reason,
        ..order.record.clone()
    };
    write_down(&order.audit, record("started", String::new())).await?;
    let answer = look(&open, &order.process.signal(function)).await;
    let done = answer.map_err(|failure| match failure.kind {
        FailureKind::Denied => {
            failure.hinted("GRANT pg_signal_backend TO the user; sessions of superusers take a superuser")
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
    write_down(&order.audit, record(word, reason)).await?;
    done
}

/// Runs a statement in the second session, which is made when it is first needed.
async fn look(open: &Open, statement: &str) -> Result<Rows, Failure> {
    let mut place = open.looker.lock().await;
    let gone = |Lost(why): Lost| Failure::new(FailureKind::Unreachable, format!("the second session was lost: {why}"));
    // Taken out: one that is given up in the middle is not used again.
    let kept = place.take();
    let fresh = kept.is_none();
    let mut connection = match kept {
        Some(connection) => connection,
        None => second(open).await?,
    };
    let mut looking = Looking(Some(connection.canceller()));
    let answer = match connection.rows(statement, LOOKED).await {
        // One that idled may have been closed.
        Err(_) if !fresh => {
            looking.0 = None;
            connection = second(open).await?;
            looking.0 = Some(connection.canceller());
            connection.rows(statement, LOOKED).await
        }
        answer => answer,
    };
    // It was answered, or there is nothing to cancel any more.
    looking.0 = None;
    let answer = answer.map_err(gone)?;
    *place = Some(connection);
    answer.map_err(|said| {
        let hint = said.hint.clone().unwrap_or_else(|| match said.code.as_str() {
            "42501" => "ask for the right that is named, or connect as another user".to_owned(),
            "57014" => "it took too long: the server is busy, or the catalogue is very large".to_owned(),
            "55000" => "add what is named to shared_preload_libraries in the parameter group, and restart".to_owned(),
            _ => "the server may lack this part of PostgreSQL's catalogue".to_owned(),
        });
        Failure::new(CatalogueFailure::of(&said.code).kind(), said.message).hinted(hint)
    })
}

/// A look-up under way. Dropped before it was answered, it is cancelled: the server would not notice that nobody waits
/// for it.
struct Looking(Option<Canceller>);

impl Drop for Looking {
    fn drop(&mut self) {
        if let (Some(canceller), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn(async move { canceller.cancel().await }));
        }
    }
}

async fn second(open: &Open) -> Result<Connection, Failure> {
    let mut settings = open.settings.clone();
    settings.read_only = true;
    settings.application.push_str(" (catalogue)");
    settings.statement_timeout = Some(LOOK_LIMIT);
    Connection::open(&settings).await
}
