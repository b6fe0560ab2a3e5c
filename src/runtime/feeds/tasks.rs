//! Questions that are under way, by how long they are asked for.

use crate::app::ticket::Ticket;
use crate::feeds::lifetime::Lifetime;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// Questions that are under way. Dropping one cancels it.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    environment: JoinSet<()>,
    session: JoinSet<()>,
    closing: JoinSet<()>,
    detached: JoinSet<()>,
    /// Those that go on until somebody leaves them.
    going_on: HashMap<Ticket, GoingOn>,
}

/// A question that goes on.
#[derive(Debug)]
struct GoingOn {
    task: AbortHandle,
    /// It is told that it is to end, and ends by itself; without it it is cancelled.
    ending: Option<watch::Sender<bool>>,
}

impl Tasks {
    /// Asks for as long as its lifetime says, or until it is left, if it goes on. What closes something is told by `ending`.
    pub fn spawn(
        &mut self,
        ticket: Ticket,
        lifetime: Lifetime,
        goes_on: bool,
        ending: watch::Sender<bool>,
        answer: impl Future<Output = ()> + Send + 'static,
    ) {
        let tasks = match lifetime {
            Lifetime::Environment => &mut self.environment,
            Lifetime::Session => &mut self.session,
            Lifetime::Closing => &mut self.closing,
            Lifetime::Detached => &mut self.detached,
        };
        // Finished tasks are let go, so that the set holds only what is under way.
        while tasks.try_join_next().is_some() {}
        let task = tasks.spawn(answer);
        if goes_on {
            self.going_on.retain(|_, other| !other.task.is_finished());
            let ending = (lifetime == Lifetime::Closing).then_some(ending);
            self.going_on.insert(ticket, GoingOn { task, ending });
        }
    }

    /// Ends a question that nobody waits for any more.
    pub fn leave(&mut self, ticket: Ticket) {
        if let Some(left) = self.going_on.remove(&ticket) {
            match left.ending {
                Some(ending) => {
                    let _ = ending.send(true);
                }
                None => left.task.abort(),
            }
        }
    }

    /// Another environment is opened: what is asked of the one before is cancelled, and nothing else.
    pub fn switched(&mut self) {
        self.environment.abort_all();
        self.environment = JoinSet::new();
    }

    /// The session ends: what is handed over to outlive it, and what closes something, is waited for as long as this, the
    /// rest is cancelled.
    pub async fn end(&mut self, limit: Duration) {
        for ending in self.going_on.values().filter_map(|going_on| going_on.ending.as_ref()) {
            let _ = ending.send(true);
        }
        tokio::join!(self.environment.shutdown(), self.session.shutdown());
        let handed_over = async {
            while self.detached.join_next().await.is_some() {}
            while self.closing.join_next().await.is_some() {}
        };
        let _ = tokio::time::timeout(limit, handed_over).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::{Receiver, channel};

    /// The value of a question that was told to end.
    const CLOSED: u64 = u64::MAX;

    /// Starts a question that says `go` each time it is told to; it ends where that channel does.
    fn started(tasks: &mut Tasks, serial: u64, lifetime: Lifetime) -> (tokio::sync::mpsc::Sender<()>, Receiver<u64>) {
        let (go, mut told) = channel(1);
        let (out, heard) = channel(1);
        let (ending, mut ended) = watch::channel(false);
        tasks.spawn(Ticket::of_command(0, serial), lifetime, true, ending, async move {
            loop {
                tokio::select! {
                    go = told.recv() => match go {
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
        (go, heard)
    }

    /// Whether it answers; one that was cancelled has let go of its end.
    async fn answers((go, heard): &mut (tokio::sync::mpsc::Sender<()>, Receiver<u64>)) -> bool {
        let _ = go.send(()).await;
        heard.recv().await.is_some()
    }

    #[tokio::test]
    async fn a_switch_of_environment_ends_what_is_asked_of_it_and_nothing_else() {
        let mut tasks = Tasks::default();
        let mut environment = started(&mut tasks, 1, Lifetime::Environment);
        let mut session = started(&mut tasks, 2, Lifetime::Session);
        let mut detached = started(&mut tasks, 3, Lifetime::Detached);
        for question in [&mut environment, &mut session, &mut detached] {
            assert!(answers(question).await);
        }
        tasks.switched();
        assert!(!answers(&mut environment).await, "it belongs to the environment before");
        assert!(answers(&mut session).await && answers(&mut detached).await);
        let mut next = started(&mut tasks, 4, Lifetime::Environment);
        assert!(answers(&mut next).await, "the environment that was opened is asked");
    }

    #[tokio::test]
    async fn the_end_of_the_session_waits_for_what_is_handed_over_and_ends_the_rest() {
        let mut tasks = Tasks::default();
        let mut environment = started(&mut tasks, 1, Lifetime::Environment);
        let mut session = started(&mut tasks, 2, Lifetime::Session);
        let (go, mut heard) = started(&mut tasks, 3, Lifetime::Detached);
        go.send(()).await.unwrap();
        drop(go);
        // No time limit is reached: it ends by itself, since nobody tells it to go on.
        tasks.end(Duration::from_mins(10)).await;
        assert_eq!(heard.recv().await, Some(3), "what was begun was done");
        assert!(!answers(&mut environment).await && !answers(&mut session).await);
    }

    #[tokio::test]
    async fn a_question_that_nobody_waits_for_is_ended() {
        let mut tasks = Tasks::default();
        let (mut left, mut other) =
            (started(&mut tasks, 1, Lifetime::Session), started(&mut tasks, 2, Lifetime::Session));
        tasks.leave(Ticket::of_command(0, 1));
        assert!(!answers(&mut left).await && answers(&mut other).await);
    }

    #[tokio::test]
    async fn what_holds_something_open_is_told_to_end_and_closes_it_before_the_session_is_over() {
        let mut tasks = Tasks::default();
        let (mut left, mut other) =
            (started(&mut tasks, 1, Lifetime::Closing), started(&mut tasks, 2, Lifetime::Closing));
        tasks.switched();
        assert!(answers(&mut left).await && answers(&mut other).await, "an environment's end is not its end");
        tasks.leave(Ticket::of_command(0, 1));
        assert_eq!(left.1.recv().await, Some(CLOSED));
        assert!(answers(&mut other).await);
        tasks.end(Duration::from_mins(10)).await;
        assert_eq!(other.1.recv().await, Some(CLOSED));
    }
}
