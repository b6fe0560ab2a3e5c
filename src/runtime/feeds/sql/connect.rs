//! Opens a session and owns it: runs the statements submitted to it, and notices if the server goes away in between.

use super::run::{Outcome, run};
use crate::db::{Connection, Event, Lost, read_facts};
use crate::feeds::sql::{ConnectAs, Fact, Place};
use crate::model::sql::guard::judge;
use crate::model::sql::{Server, ServerMessage, SessionId, StatementOutcome, Transaction};
use crate::model::{Failure, FailureKind};
use crate::runtime::database_login;
use crate::runtime::feeds::context::FeedContext;
use crate::runtime::feeds::sql_sessions::{Job, OpenSession, Replies};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// A server that was not checked for this long is checked before the next statement: it may have become a reader.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);
/// The same limit before a statement that may write.
const CHECK_INTERVAL_FOR_WRITES: Duration = Duration::from_secs(1);
/// The same limit while nothing runs.
const CHECK_INTERVAL_WHEN_IDLE: Duration = Duration::from_secs(15);
/// A session without statements for this long is no longer checked, so that the server can end idle sessions.
const UNUSED_LIMIT: Duration = Duration::from_mins(10);
/// Statements longer than this, in bytes, are treated as writing ones without parsing them.
const MAX_PARSED: usize = 100_000;

/// Opens a session, and owns it until it is left or lost.
pub(super) async fn hold(
    context: &FeedContext,
    replies: &Replies,
    session: SessionId,
    (place, who): (Place, ConnectAs),
    read_only: Option<String>,
) {
    match open(context, place, &who, read_only.as_ref()).await {
        Err(failure) => replies.failed(failure).await,
        Ok((mut connection, server, notice)) => {
            let (open, todo) = OpenSession::new(&connection, &context.sql);
            let registered = context.sql.add(session, open);
            replies.page(Fact::Connected(Box::new(server.clone()))).await;
            for notice in notice.into_iter().chain(connection.take_notices()) {
                replies.page(Fact::Notice(Box::new(notice))).await;
            }
            let mut held = HeldSession {
                replies,
                server,
                read_only,
                checked: Instant::now(),
                last_used: Instant::now(),
                recheck: false,
            };
            let lost = tokio::select! {
                lost = held.hold(&mut connection, &registered.open, todo) => Some(lost),
                () = context.ended() => None,
            };
            let Some(Lost(why)) = lost else {
                // The running statement would continue although nobody waits for it.
                let _ = registered.open.cancel().await;
                drop(registered);
                connection.close().await;
                return;
            };
            drop(registered);
            replies.failed(Failure::new(FailureKind::Unreachable, why).with_hint("connect again")).await;
        }
    }
}

async fn open(
    context: &FeedContext,
    place: Place,
    who: &ConnectAs,
    read_only: Option<&String>,
) -> Result<(Connection, Server, Option<ServerMessage>), Failure> {
    let environment = context.environment.as_deref().ok_or_else(|| {
        Failure::new(FailureKind::Invalid, "no environment is opened").with_hint("open one that has a database")
    })?;
    let mut settings = database_login::settings(environment, context.session.as_ref(), place, who, None).await?;
    settings.read_only = read_only.is_some();
    let mut connection = Connection::open(&settings).await?;
    let gone = |Lost(why): Lost| Failure::new(FailureKind::Unreachable, why).with_hint("connect again");
    let mut server = read_facts(&mut connection).await.map_err(gone)?;
    connection.read_own_process().await.map_err(gone)?;
    server.read_only_why = read_only.cloned().filter(|_| server.read_only);
    connection.split_large_rows();
    let notice = (read_only.is_some() && !server.read_only).then(not_read_only);
    Ok((connection, server, notice))
}

/// The notice that the session is not read-only although that was requested.
fn not_read_only() -> ServerMessage {
    let message = "transactions were to begin as read-only ones, and do not: a pooler gives each transaction another connection \
                   (pool_mode = transaction); connect past it. Each statement that writes still asks where the environment is guarded";
    ServerMessage { severity: "WARNING".to_owned(), message: message.to_owned(), ..ServerMessage::default() }
}

/// A session in use.
struct HeldSession<'a> {
    replies: &'a Replies,
    server: Server,
    read_only: Option<String>,
    /// When the server was checked last.
    checked: Instant,
    /// When a statement was run last.
    last_used: Instant,
    /// Whether the server should be checked again.
    recheck: bool,
}

impl HeldSession<'_> {
    async fn hold(&mut self, connection: &mut Connection, open: &OpenSession, mut todo: mpsc::Receiver<Job>) -> Lost {
        loop {
            let check_when_idle =
                self.last_used.elapsed() < UNUSED_LIMIT && connection.transaction() == Transaction::Idle;
            let job = tokio::select! {
                job = todo.recv() => job,
                () = sleep_until(self.checked + CHECK_INTERVAL_WHEN_IDLE), if check_when_idle => {
                    self.recheck = true;
                    if let Err(lost) = self.check_server(connection, open).await {
                        return lost;
                    }
                    continue;
                }
                event = connection.next() => match event {
                    Err(lost) => return lost,
                    Ok(event) => {
                        let notice = match event {
                            Event::Parameter(..) => {
                                self.recheck = true;
                                None
                            }
                            Event::Notice(notice) => Some(notice),
                            Event::Notification { channel, text, process } => {
                                Some(ServerMessage::from_notification(&channel, &text, process))
                            }
                            // A server that shuts down sends an error with the reason before it closes the connection.
                            _ => None,
                        };
                        if let Some(notice) = notice {
                            self.replies.page(Fact::Notice(Box::new(notice))).await;
                        }
                        continue;
                    }
                },
            };
            let Some(job) = job else { return Lost("the session was left".to_owned()) };
            self.last_used = Instant::now();
            // A cluster member that became a reader should be marked as one before the write fails.
            self.recheck |= self.checked.elapsed() > CHECK_INTERVAL_FOR_WRITES && writes(&job.statement);
            if let Err(lost) = self.check_server(connection, open).await {
                report_end(job, StatementOutcome::Lost(lost.0.clone())).await;
                return lost;
            }
            if !open.start(&job).await {
                report_end(job, StatementOutcome::Cancelled).await;
                continue;
            }
            let ended = run(connection, open, &job, self.replies).await;
            open.finish();
            match ended {
                Ok(Outcome { recheck }) => {
                    self.recheck |= recheck;
                    job.end();
                    if self.recheck
                        && let Err(lost) = self.check_server(connection, open).await
                    {
                        return lost;
                    }
                }
                Err(lost) => {
                    report_end(job, StatementOutcome::Lost(lost.0.clone())).await;
                    return lost;
                }
            }
        }
    }

    /// Reads the facts about the server again, if they may have changed. Not in a transaction, which the queries could make fail.
    async fn check_server(&mut self, connection: &mut Connection, open: &OpenSession) -> Result<(), Lost> {
        let due = self.recheck || self.checked.elapsed() > CHECK_INTERVAL;
        if !due || connection.transaction() != Transaction::Idle {
            return Ok(());
        }
        open.wait_for_cancel_request().await;
        let mut server = read_facts(connection).await?;
        for notice in connection.take_notices() {
            self.replies.page(Fact::Notice(Box::new(notice))).await;
        }
        server.read_only_why = self.read_only.clone().filter(|_| server.read_only);
        (self.recheck, self.checked) = (false, Instant::now());
        if server != self.server {
            self.server = server.clone();
            self.replies.page(Fact::Connected(Box::new(server))).await;
        }
        Ok(())
    }
}

/// Reports the end of a statement that produced nothing.
async fn report_end(job: Job, how: StatementOutcome) {
    let ended = Box::new(how);
    job.replies.last(Fact::Ended { result: job.result, ended, took: Duration::ZERO, stopped: None }).await;
    job.end();
}

/// Whether a statement may write.
fn writes(statement: &str) -> bool {
    statement.len() > MAX_PARSED || !judge(statement).nature.is_harmless()
}
