//! Lists, starts and follows runs, and asks them for things.

use super::means::FeedContext;
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact, News, Place};
use crate::infra::run::events::Reader;
use crate::infra::run::start::{self, NotStarted};
use crate::infra::run::{folder, requests};
use crate::model::infra::run_event::{Request, RequestKind, What};
use crate::model::{Failure, FailureKind};
use crate::runtime::audit;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The interval between two looks at whether something happened.
const LOOK: Duration = Duration::from_millis(50);

/// Answers a question about runs.
pub(super) async fn answer(means: &FeedContext, ask: Ask) {
    let done = match ask {
        Ask::List { place, environment } => kept(&place)
            .and_then(|runs| {
                let unlisted = format!("the runs in {} cannot be listed", runs.display());
                folder::list(&runs, &environment).map_err(|error| failed(&unlisted, &error))
            })
            .map(Fact::Runs),
        Ask::History { place, environment } => match kept(&place) {
            Ok(runs) => {
                let read =
                    tokio::task::spawn_blocking(move || crate::infra::run::times::history(&runs, &environment)).await;
                Ok(Fact::History(means.clock.usual(read.unwrap_or_default())))
            }
            Err(failure) => Err(failure),
        },
        Ask::Changes { place, environment, since } => {
            let read = tokio::task::spawn_blocking(move || crate::runtime::history::read(&place, &environment, since));
            Ok(Fact::Changes(read.await.unwrap_or_default()))
        }
        Ask::Follow { run, from } => return follow(means, &run, from).await,
        Ask::Start { place, order } => match kept(&place) {
            Ok(runs) => start::start(&start::this_program(), &runs, &order, Timestamp::now())
                .await
                .map(Fact::Started)
                .map_err(|error| not_started(&error)),
            Err(failure) => Err(failure),
        },
        Ask::Resume { place, run } => resume(&place, &run).await.map(|()| Fact::Started(run)),
        Ask::Tell { place, run, wish } => tell(&place, &run, wish).await.map(|()| Fact::Told),
    };
    let part = match done {
        Ok(fact) => Part::Last(fact),
        Err(failure) => Part::Failed(failure),
    };
    means.send(part).await;
}

async fn follow(means: &FeedContext, run: &Path, from: u64) {
    let mut looks = Looks { reader: Reader::new(from), before: None };
    loop {
        match looks.look(run) {
            Ok(Some(News { events, next, live })) => {
                let more = !events.is_empty();
                let events = events.into_iter().map(|event| means.clock.shown(event)).collect();
                if !means.send(Part::Page(Fact::News(News { events, next, live }))).await {
                    return;
                }
                if more {
                    continue;
                }
            }
            Ok(None) => {}
            Err(error) => {
                let text = format!("the run in {} cannot be read", run.display());
                means.send(Part::<Fact>::Failed(failed(&text, &error))).await;
                return;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks at a run, from one to the next.
struct Looks {
    reader: Reader,
    /// Whether it was said to be live.
    before: Option<bool>,
}

impl Looks {
    /// The news since the last time.
    fn look(&mut self, run: &Path) -> io::Result<Option<News>> {
        folder::order(run)?;
        // Asked first: nothing is added any more where nobody drives it.
        let driven = folder::driven(run)?;
        let news = self.reader.read(run)?;
        // Its end may stand in what was not read yet.
        let live = driven || !news.events.is_empty();
        if news.events.is_empty() && self.before == Some(live) {
            return Ok(None);
        }
        self.before = Some(live);
        Ok(Some(News { events: news.events, next: news.next, live }))
    }
}

async fn resume(place: &Place, run: &Path) -> Result<(), Failure> {
    let runs = kept(place)?;
    let resumed = start::resume(&start::this_program(), &runs, run, &audit::who(), Timestamp::now()).await;
    resumed.map_err(|error| not_started(&error))
}

/// Asks something of a run, and has one that nobody drives go on where that is a retry.
async fn tell(place: &Place, run: &Path, wish: RequestKind) -> Result<(), Failure> {
    let retry = wish == RequestKind::Retry;
    let request = Request { time: Timestamp::now(), by: audit::who(), wish };
    let asked = requests::ask(run, &request).map_err(|error| failed("the run cannot be asked", &error))?;
    if !retry || is_heard(run, asked).await? { Ok(()) } else { resume(place, run).await }
}

/// Whether who drives the run has taken what was asked up to here, once that is known: one that is about to end takes nothing more.
async fn is_heard(run: &Path, asked: u64) -> Result<bool, Failure> {
    let unread = |error: io::Error| failed("the run cannot be read", &error);
    let mut reader = Reader::new(0);
    loop {
        let driven = folder::driven(run).map_err(unread)?;
        let news = reader.read_all(run).map_err(unread)?;
        if news.events.iter().any(|event| matches!(event.what, What::Heard { next } if next >= asked)) {
            return Ok(true);
        }
        if !driven {
            return Ok(false);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The folder in which runs are kept.
pub(super) fn kept(place: &Place) -> Result<PathBuf, Failure> {
    audit::runs(place).ok_or_else(|| Failure::new(FailureKind::Other, "there is no home folder to keep runs in"))
}

fn failed(what: &str, error: &io::Error) -> Failure {
    let kind = if error.kind() == io::ErrorKind::NotFound { FailureKind::NotFound } else { FailureKind::Other };
    Failure::new(kind, format!("{what}: {error}"))
}

fn not_started(error: &NotStarted) -> Failure {
    Failure::new(FailureKind::Other, format!("the run cannot be started: {}", error.words()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::run::events::Writer;
    use crate::model::infra::RunEvent;
    use crate::model::infra::run_event::{Goal, RunEnd, Who};

    fn tell(writer: &mut Writer, what: What) {
        writer.tell(&RunEvent { time: Timestamp::UNIX_EPOCH, what });
        assert!(writer.flush());
    }

    /// The folder of a run, with what says that it is one.
    fn run(name: &str) -> PathBuf {
        let run = std::env::temp_dir().join(format!("cockpit-feed-{name}-{}", std::process::id()));
        folder::make(&run).unwrap();
        let order = serde_json::json!({
            "environment": "lab", "goal": Goal::Apply, "units": [], "guarded": false, "account": null,
            "by": Who { user: "ana".into(), host: "desk".into(), pid: 1 }, "terraform": "terraform",
        });
        std::fs::write(run.join("request.json"), order.to_string()).unwrap();
        run
    }

    #[test]
    fn a_run_that_has_ended_is_not_lost_while_its_events_are_still_read() {
        let run = run("long");
        let mut writer = Writer::open(&run).unwrap();
        for _ in 0..3 {
            tell(&mut writer, What::Note { unit: None, text: "x".repeat(300 * 1024) });
        }
        tell(&mut writer, What::Ended { end: RunEnd::Done });
        let mut looks = Looks { reader: Reader::new(0), before: None };
        let mut told = Vec::new();
        while let Some(news) = looks.look(&run).unwrap() {
            let ended = news.events.iter().any(|event| matches!(event.what, What::Ended { .. }));
            told.push((news.live, ended, news.events.len()));
        }
        assert!(told.len() > 2, "{told:?}");
        let end = told.iter().position(|(_, ended, _)| *ended).unwrap();
        assert!(told[..end].iter().all(|(live, ..)| *live), "{told:?}");
        assert_eq!(told.last(), Some(&(false, false, 0)));
        std::fs::remove_dir_all(run).unwrap();
    }

    #[tokio::test]
    async fn a_retry_that_a_supervisor_at_its_end_has_not_taken_is_not_taken_for_heard() {
        let run = run("retry");
        let mut writer = Writer::open(&run).unwrap();
        tell(&mut writer, What::Heard { next: 10 });
        let driven = folder::drive(&run).unwrap();
        assert!(is_heard(&run, 10).await.unwrap());
        let mut waits = Box::pin(is_heard(&run, 20));
        assert!(futures_util::future::poll_immediate(&mut waits).await.is_none(), "it may be taken still");
        drop(driven);
        assert!(!waits.await.unwrap(), "nobody is left to take it");
        tell(&mut writer, What::Heard { next: 20 });
        assert!(is_heard(&run, 20).await.unwrap());
        std::fs::remove_dir_all(run).unwrap();
    }
}
