//! The queries in progress, grouped by lifetime.

use crate::app::ticket::Ticket;
use crate::feeds::lifetime::Lifetime;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// The queries in progress. Dropping one cancels it.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    environment: JoinSet<()>,
    session: JoinSet<()>,
    closing: JoinSet<()>,
    detached: JoinSet<()>,
    /// Queries that continue until they are left.
    ongoing: HashMap<Ticket, Ongoing>,
}

/// A query that continues until it is left.
#[derive(Debug)]
struct Ongoing {
    task: AbortHandle,
    /// Requests its end, and the query then ends by itself; `None` if it is simply cancelled.
    ending: Option<watch::Sender<bool>>,
}

impl Tasks {
    /// Starts a query with a lifetime. One that `is_ongoing` continues until it is left; one that closes something is notified
    /// through `ending`.
    pub fn spawn(
        &mut self,
        ticket: Ticket,
        lifetime: Lifetime,
        is_ongoing: bool,
        ending: watch::Sender<bool>,
        answer: impl Future<Output = ()> + Send + 'static,
    ) {
        let tasks = match lifetime {
            Lifetime::Environment => &mut self.environment,
            Lifetime::Session => &mut self.session,
            Lifetime::Closing => &mut self.closing,
            Lifetime::Detached => &mut self.detached,
        };
        // Drop finished tasks, so that the set contains only those in progress.
        while tasks.try_join_next().is_some() {}
        let task = tasks.spawn(answer);
        if is_ongoing {
            self.ongoing.retain(|_, other| !other.task.is_finished());
            let ending = (lifetime == Lifetime::Closing).then_some(ending);
            self.ongoing.insert(ticket, Ongoing { task, ending });
        }
    }

    /// Ends a query that nobody waits for any more.
    pub fn leave(&mut self, ticket: Ticket) {
        if let Some(left) = self.ongoing.remove(&ticket) {
            match left.ending {
                Some(ending) => {
                    let _ = ending.send(true);
                }
                None => left.task.abort(),
            }
        }
    }

    /// Cancels the queries about the previous environment, and no others, when another one is opened.
    pub fn cancel_for_switch(&mut self) {
        self.environment.abort_all();
        self.environment = JoinSet::new();
    }

    /// Ends all queries with the session. Waits up to `limit` for those that outlive the session or close something; cancels the
    /// rest.
    pub async fn end(&mut self, limit: Duration) {
        for ending in self.ongoing.values().filter_map(|ongoing| ongoing.ending.as_ref()) {
            let _ = ending.send(true);
        }
        tokio::join!(self.environment.shutdown(), self.session.shutdown());
        let remaining = async {
            while self.detached.join_next().await.is_some() {}
            while self.closing.join_next().await.is_some() {}
        };
        let _ = tokio::time::timeout(limit, remaining).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::{Receiver, channel};

    /// The answer of a query that was asked to end.
    const CLOSED: u64 = u64::MAX;

    /// Starts a query that answers each message on the returned channel, and ends when that channel is closed.
    fn started(tasks: &mut Tasks, serial: u64, lifetime: Lifetime) -> (tokio::sync::mpsc::Sender<()>, Receiver<u64>) {
        let (go, mut messages) = channel(1);
        let (out, answers) = channel(1);
        let (ending, mut ended) = watch::channel(false);
        tasks.spawn(Ticket::of_command(0, serial), lifetime, true, ending, async move {
            loop {
                tokio::select! {
                    go = messages.recv() => match go {
                        Some(()) => {
                            let _ = out.send(serial).await;
                        }
                        None => return,
                    },
                    () = async { drop(ended.wait_for(|ended| *ended).await) }, if lifetime == Lifetime::Closing => {
                        let _ = out.send(CLOSED).await;
                        return;
                    }
                }
            }
        });
        (go, answers)
    }

    /// Whether the query answers; a cancelled one has dropped its channel.
    async fn answers((go, heard): &mut (tokio::sync::mpsc::Sender<()>, Receiver<u64>)) -> bool {
        let _ = go.send(()).await;
        heard.recv().await.is_some()
    }

    #[tokio::test]
    async fn switch_of_environment_ends_only_its_queries() {
        let mut tasks = Tasks::default();
        let mut environment = started(&mut tasks, 1, Lifetime::Environment);
        let mut session = started(&mut tasks, 2, Lifetime::Session);
        let mut detached = started(&mut tasks, 3, Lifetime::Detached);
        for question in [&mut environment, &mut session, &mut detached] {
            assert!(answers(question).await);
        }
        tasks.cancel_for_switch();
        assert!(!answers(&mut environment).await, "the query belongs to the previous environment");
        assert!(answers(&mut session).await && answers(&mut detached).await);
        let mut next = started(&mut tasks, 4, Lifetime::Environment);
        assert!(answers(&mut next).await, "queries go to the opened environment");
    }

    #[tokio::test]
    async fn end_of_the_session_waits_for_detached_queries_only() {
        let mut tasks = Tasks::default();
        let mut environment = started(&mut tasks, 1, Lifetime::Environment);
        let mut session = started(&mut tasks, 2, Lifetime::Session);
        let (go, mut heard) = started(&mut tasks, 3, Lifetime::Detached);
        go.send(()).await.unwrap();
        drop(go);
        // The time limit is not reached: the query ends by itself, since its channel is closed.
        tasks.end(Duration::from_mins(10)).await;
        assert_eq!(heard.recv().await, Some(3), "work in progress was completed");
        assert!(!answers(&mut environment).await && !answers(&mut session).await);
    }

    #[tokio::test]
    async fn left_query_is_ended() {
        let mut tasks = Tasks::default();
        let (mut left, mut other) =
            (started(&mut tasks, 1, Lifetime::Session), started(&mut tasks, 2, Lifetime::Session));
        tasks.leave(Ticket::of_command(0, 1));
        assert!(!answers(&mut left).await && answers(&mut other).await);
    }

    #[tokio::test]
    async fn closing_query_is_asked_to_end_and_waited_for() {
        let mut tasks = Tasks::default();
        let (mut left, mut other) =
            (started(&mut tasks, 1, Lifetime::Closing), started(&mut tasks, 2, Lifetime::Closing));
        tasks.cancel_for_switch();
        assert!(answers(&mut left).await && answers(&mut other).await, "it outlives its environment");
        tasks.leave(Ticket::of_command(0, 1));
        assert_eq!(left.1.recv().await, Some(CLOSED));
        assert!(answers(&mut other).await);
        tasks.end(Duration::from_mins(10)).await;
        assert_eq!(other.1.recv().await, Some(CLOSED));
    }
}
