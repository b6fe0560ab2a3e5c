//! Lists, starts and follows runs, and sends them requests.

use super::context::FeedContext;
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact, News, Place};
use crate::infra::run::events::Reader;
use crate::infra::run::start::{self, NotStarted};
use crate::infra::run::{folder, requests};
use crate::model::infra::run_event::{Request, RequestKind, RunEventKind};
use crate::model::{Failure, FailureKind};
use crate::runtime::audit;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The interval at which a run is checked for news.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Answers a question about runs.
pub(super) async fn answer(context: &FeedContext, ask: Ask) {
    let done = match ask {
        Ask::List { place, environment } => runs_folder(&place)
            .and_then(|runs| {
                let unlisted = format!("the runs in {} cannot be listed", runs.display());
                folder::list(&runs, &environment).map_err(|error| failed(&unlisted, &error))
            })
            .map(Fact::Runs),
        Ask::History { place, environment } => match runs_folder(&place) {
            Ok(runs) => {
                let read =
                    tokio::task::spawn_blocking(move || crate::infra::run::times::history(&runs, &environment)).await;
                Ok(Fact::History(context.clock.convert_history(read.unwrap_or_default())))
            }
            Err(failure) => Err(failure),
        },
        Ask::Changes { place, environment, since } => {
            let read = tokio::task::spawn_blocking(move || crate::runtime::history::read(&place, &environment, since));
            Ok(Fact::Changes(read.await.unwrap_or_default()))
        }
        Ask::Follow { run, from } => return follow(context, &run, from).await,
        Ask::Start { place, order } => match runs_folder(&place) {
            Ok(runs) => start::start(&start::this_program(), &runs, &order, Timestamp::now())
                .await
                .map(Fact::Started)
                .map_err(|error| not_started(&error)),
            Err(failure) => Err(failure),
        },
        Ask::Resume { place, run } => resume(&place, &run).await.map(|()| Fact::Started(run)),
        Ask::Request { place, run, request: wish } => send_request(&place, &run, wish).await.map(|()| Fact::Requested),
    };
    let part = match done {
        Ok(fact) => Part::Last(fact),
        Err(failure) => Part::Failed(failure),
    };
    context.send(part).await;
}

async fn follow(context: &FeedContext, run: &Path, from: u64) {
    let mut follower = Follower { reader: Reader::new(from), reported_live: None };
    loop {
        match follower.poll(run) {
            Ok(Some(News { events, next, live })) => {
                let more = !events.is_empty();
                let events = events.into_iter().map(|event| context.clock.convert_event(event)).collect();
                if !context.send(Part::Page(Fact::News(News { events, next, live }))).await {
                    return;
                }
                if more {
                    continue;
                }
            }
            Ok(None) => {}
            Err(error) => {
                let text = format!("the run in {} cannot be read", run.display());
                context.send(Part::<Fact>::Failed(failed(&text, &error))).await;
                return;
            }
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Follows a run, polling it for news.
struct Follower {
    reader: Reader,
    /// The liveness that was reported last.
    reported_live: Option<bool>,
}

impl Follower {
    /// Returns the news since the last call.
    fn poll(&mut self, run: &Path) -> io::Result<Option<News>> {
        folder::order(run)?;
        // Checked first: a run without a live supervisor gets no more events.
        let driven = folder::has_supervisor(run)?;
        let news = self.reader.read(run)?;
        // The event of its end may not have been read yet.
        let live = driven || !news.events.is_empty();
        if news.events.is_empty() && self.reported_live == Some(live) {
            return Ok(None);
        }
        self.reported_live = Some(live);
        Ok(Some(News { events: news.events, next: news.next, live }))
    }
}

async fn resume(place: &Place, run: &Path) -> Result<(), Failure> {
    let runs = runs_folder(place)?;
    let resumed = start::resume(&start::this_program(), &runs, run, &audit::current_process(), Timestamp::now()).await;
    resumed.map_err(|error| not_started(&error))
}

/// Sends a request to a run. A retry also resumes a run that has no live supervisor.
async fn send_request(place: &Place, run: &Path, wish: RequestKind) -> Result<(), Failure> {
    let retry = wish == RequestKind::Retry;
    let request = Request { time: Timestamp::now(), by: audit::current_process(), wish };
    let end = requests::send(run, &request).map_err(|error| failed("the run cannot be asked", &error))?;
    if !retry || is_taken(run, end).await? { Ok(()) } else { resume(place, run).await }
}

/// Whether the run's supervisor took the requests up to offset `end`. Waits until that is known: a supervisor that is about to
/// end takes no more requests.
async fn is_taken(run: &Path, end: u64) -> Result<bool, Failure> {
    let unread = |error: io::Error| failed("the run cannot be read", &error);
    let mut reader = Reader::new(0);
    loop {
        let driven = folder::has_supervisor(run).map_err(unread)?;
        let news = reader.read_all(run).map_err(unread)?;
        if news.events.iter().any(|event| matches!(event.what, RunEventKind::Heard { next } if next >= end)) {
            return Ok(true);
        }
        if !driven {
            return Ok(false);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Returns the folder in which runs are stored.
pub(super) fn runs_folder(place: &Place) -> Result<PathBuf, Failure> {
    audit::runs_folder(place).ok_or_else(|| Failure::new(FailureKind::Other, "there is no home folder to keep runs in"))
}

fn failed(message: &str, error: &io::Error) -> Failure {
    let kind = if error.kind() == io::ErrorKind::NotFound { FailureKind::NotFound } else { FailureKind::Other };
    Failure::new(kind, format!("{message}: {error}"))
}

fn not_started(error: &NotStarted) -> Failure {
    Failure::new(FailureKind::Other, format!("the run cannot be started: {}", error.sentence()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::run::events::Writer;
    use crate::model::infra::RunEvent;
    use crate::model::infra::run_event::{Actor, Goal, RunEnd};
    use crate::private_files;

    fn tell(writer: &mut Writer, what: RunEventKind) {
        writer.append(&RunEvent { time: Timestamp::UNIX_EPOCH, what });
        assert!(writer.flush());
    }

    /// Creates the folder of a run, with the file that marks it as one.
    fn run(name: &str) -> PathBuf {
        let run = std::env::temp_dir().join(format!("cockpit-feed-{name}-{}", std::process::id()));
        private_files::make(&run).unwrap();
        let order = serde_json::json!({
            "environment": "lab", "goal": Goal::Apply, "units": [], "guarded": false, "account": null,
            "by": Actor { user: "ana".into(), host: "desk".into(), pid: 1 }, "terraform": "terraform",
        });
        std::fs::write(run.join("request.json"), order.to_string()).unwrap();
        run
    }

    #[test]
    fn run_stays_live_until_its_events_are_read() {
        let run = run("long");
        let mut writer = Writer::open(&run).unwrap();
        for _ in 0..3 {
            tell(&mut writer, RunEventKind::Note { unit: None, text: "x".repeat(300 * 1024) });
        }
        tell(&mut writer, RunEventKind::Ended { end: RunEnd::Done });
        let mut follower = Follower { reader: Reader::new(0), reported_live: None };
        let mut news_seen = Vec::new();
        while let Some(news) = follower.poll(&run).unwrap() {
            let ended = news.events.iter().any(|event| matches!(event.what, RunEventKind::Ended { .. }));
            news_seen.push((news.live, ended, news.events.len()));
        }
        assert!(news_seen.len() > 2, "{news_seen:?}");
        let end = news_seen.iter().position(|(_, ended, _)| *ended).unwrap();
        assert!(news_seen[..end].iter().all(|(live, ..)| *live), "{news_seen:?}");
        assert_eq!(news_seen.last(), Some(&(false, false, 0)));
        std::fs::remove_dir_all(run).unwrap();
    }

    #[tokio::test]
    async fn retry_is_not_taken_when_the_supervisor_ended_first() {
        let run = run("retry");
        let mut writer = Writer::open(&run).unwrap();
        tell(&mut writer, RunEventKind::Heard { next: 10 });
        let driven = folder::lock_run(&run).unwrap();
        assert!(is_taken(&run, 10).await.unwrap());
        let mut waits = Box::pin(is_taken(&run, 20));
        assert!(
            futures_util::future::poll_immediate(&mut waits).await.is_none(),
            "the supervisor may still receive it"
        );
        drop(driven);
        assert!(!waits.await.unwrap(), "no supervisor is left to receive it");
        tell(&mut writer, RunEventKind::Heard { next: 20 });
        assert!(is_taken(&run, 20).await.unwrap());
        std::fs::remove_dir_all(run).unwrap();
    }
}
