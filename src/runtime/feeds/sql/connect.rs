//! Opens a session and holds it: runs what it is handed, and hears when the server goes away while nothing runs.

use super::run::{Told, run};
use crate::db::{Connection, Event, Lost, facts};
use crate::feeds::sql::{Fact, Place, Who};
use crate::model::sql::guard::judge;
use crate::model::sql::{Ended, Server, ServerMessage, SessionId, Transaction};
use crate::model::{Failure, FailureKind};
use crate::runtime::database_login;
use crate::runtime::feeds::means::FeedContext;
use crate::runtime::feeds::sql_sessions::{Job, Open, Tell};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Where the server was not looked at for so long, it is looked at again before a statement: it may have become a reader.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// The same before a statement that may write, and while nothing runs.
const BEFORE_WRITES: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(15);
/// A session in which nothing was run for so long is left alone: the server may end those that idle.
const FORGOTTEN: Duration = Duration::from_mins(10);
/// Longer statements are judged as ones that write.
const JUDGED: usize = 100_000;

/// Opens a session, and holds it until it is left or lost.
pub(super) async fn hold(
    means: &FeedContext,
    tell: &Tell,
    session: SessionId,
    (place, who): (Place, Who),
    read_only: Option<String>,
) {
    match open(means, place, &who, read_only.as_ref()).await {
        Err(failure) => tell.failed(failure).await,
        Ok((mut connection, server, said)) => {
            let (open, todo) = Open::new(&connection, &means.sql);
            let registered = means.sql.add(session, open);
            tell.page(Fact::Connected(Box::new(server.clone()))).await;
            for said in said.into_iter().chain(connection.take_notices()) {
                tell.page(Fact::Notice(Box::new(said))).await;
            }
            let mut held = Held { tell, server, read_only, looked: Instant::now(), used: Instant::now(), again: false };
            let lost = tokio::select! {
                lost = held.hold(&mut connection, &registered.open, todo) => Some(lost),
                () = means.ended() => None,
            };
            let Some(Lost(why)) = lost else {
                // What the server works at would go on without anybody who wants it.
                let _ = registered.open.cancel().await;
                drop(registered);
                connection.close().await;
                return;
            };
            drop(registered);
            tell.failed(Failure::new(FailureKind::Unreachable, why).hinted("connect again")).await;
        }
    }
}

async fn open(
    means: &FeedContext,
    place: Place,
    who: &Who,
    read_only: Option<&String>,
) -> Result<(Connection, Server, Option<ServerMessage>), Failure> {
    let environment = means.environment.as_deref().ok_or_else(|| {
        Failure::new(FailureKind::Invalid, "no environment is opened").hinted("open one that has a database")
    })?;
    let mut settings = database_login::settings(environment, means.session.as_ref(), place, who, None).await?;
    settings.read_only = read_only.is_some();
    let mut connection = Connection::open(&settings).await?;
    let gone = |Lost(why): Lost| Failure::new(FailureKind::Unreachable, why).hinted("connect again");
    let mut server = facts(&mut connection).await.map_err(gone)?;
    connection.name_process().await.map_err(gone)?;
    server.read_only_why = read_only.cloned().filter(|_| server.read_only);
    connection.take_parts();
    let said = (read_only.is_some() && !server.read_only).then(not_held);
    Ok((connection, server, said))
}

/// The notice that a setting is not in force.
fn not_held() -> ServerMessage {
    let message = "transactions were to begin as read-only ones, and do not: a pooler gives each transaction another connection \
                   (pool_mode = transaction); connect past it. Each statement that writes still asks where the environment is guarded";
    ServerMessage { severity: "WARNING".to_owned(), message: message.to_owned(), ..ServerMessage::default() }
}

/// A session as it is held.
struct Held<'a> {
    tell: &'a Tell,
    server: Server,
    read_only: Option<String>,
    /// When the server was looked at last.
    looked: Instant,
    /// When something was run last.
    used: Instant,
    /// Whether it is to be looked at again.
    again: bool,
}

impl Held<'_> {
    async fn hold(&mut self, connection: &mut Connection, open: &Open, mut todo: mpsc::Receiver<Job>) -> Lost {
        loop {
            let idles = self.used.elapsed() < FORGOTTEN && connection.transaction() == Transaction::Idle;
            let job = tokio::select! {
                job = todo.recv() => job,
                () = sleep_until(self.looked + IDLE), if idles => {
                    self.again = true;
                    if let Err(lost) = self.look(connection, open).await {
                        return lost;
                    }
                    continue;
                }
                event = connection.next() => match event {
                    Err(lost) => return lost,
                    Ok(event) => {
                        let notice = match event {
                            Event::Parameter(..) => {
                                self.again = true;
                                None
                            }
                            Event::Notice(said) => Some(said),
                            Event::Notification { channel, text, process } => {
                                Some(ServerMessage::notified(&channel, &text, process))
                            }
                            // A server that goes away says why before it closes the connection.
                            _ => None,
                        };
                        if let Some(said) = notice {
                            self.tell.page(Fact::Notice(Box::new(said))).await;
                        }
                        continue;
                    }
                },
            };
            let Some(job) = job else { return Lost("the session was left".to_owned()) };
            self.used = Instant::now();
            // A member that became a reader is marked before the write fails.
            self.again |= self.looked.elapsed() > BEFORE_WRITES && writes(&job.statement);
            if let Err(lost) = self.look(connection, open).await {
                ends(job, Ended::Lost(lost.0.clone())).await;
                return lost;
            }
            if !open.work(&job).await {
                ends(job, Ended::Cancelled).await;
                continue;
            }
            let ended = run(connection, open, &job, self.tell).await;
            open.rest();
            match ended {
                Ok(Told { again }) => {
                    self.again |= again;
                    job.end();
                    if self.again
                        && let Err(lost) = self.look(connection, open).await
                    {
                        return lost;
                    }
                }
                Err(lost) => {
                    ends(job, Ended::Lost(lost.0.clone())).await;
                    return lost;
                }
            }
        }
    }

    /// Looks at what holds at the server, where that may have changed; in no transaction, which it might fail in.
    async fn look(&mut self, connection: &mut Connection, open: &Open) -> Result<(), Lost> {
        let due = self.again || self.looked.elapsed() > LOOK_AGAIN;
        if !due || connection.transaction() != Transaction::Idle {
            return Ok(());
        }
        open.no_cancel().await;
        let mut server = facts(connection).await?;
        for said in connection.take_notices() {
            self.tell.page(Fact::Notice(Box::new(said))).await;
        }
        server.read_only_why = self.read_only.clone().filter(|_| server.read_only);
        (self.again, self.looked) = (false, Instant::now());
        if server != self.server {
            self.server = server.clone();
            self.tell.page(Fact::Connected(Box::new(server))).await;
        }
        Ok(())
    }
}

/// Tells how a statement ended of which nothing came.
async fn ends(job: Job, how: Ended) {
    let ended = Box::new(how);
    job.tell.last(Fact::Ended { result: job.result, ended, took: Duration::ZERO, stopped: None }).await;
    job.end();
}

/// Whether a statement may write.
fn writes(statement: &str) -> bool {
    statement.len() > JUDGED || !judge(statement).nature.is_harmless()
}
