//! Lists, starts and follows runs, and asks them for things.

use super::means::FeedContext;
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact, News, Place};
use crate::infra::run::events::Reader;
use crate::infra::run::start::{self, NotStarted};
use crate::infra::run::{folder, requests};
use crate::model::infra::run_event::{Request, RequestKind};
use crate::model::{Failure, FailureKind};
use crate::runtime::audit;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two looks at whether something happened.
const LOOK: Duration = Duration::from_millis(50);

/// Does what is asked.
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
    let mut reader = Reader::new(from);
    let mut before = None;
    loop {
        // Asked first: nothing is added any more where nobody drives it.
        let read = folder::order(run).and_then(|_| folder::driven(run)).and_then(|live| Ok((live, reader.read(run)?)));
        match read {
            Ok((live, news)) => {
                if !news.events.is_empty() || before != Some(live) {
                    let more = !news.events.is_empty();
                    let events = news.events.into_iter().map(|event| means.clock.shown(event)).collect();
                    let news = News { events, next: news.next, live };
                    before = Some(live);
                    if !means.send(Part::Page(Fact::News(news))).await {
                        return;
                    }
                    if more {
                        continue;
                    }
                }
            }
            Err(error) => {
                let text = format!("the run in {} cannot be read", run.display());
                means.send(Part::<Fact>::Failed(failed(&text, &error))).await;
                return;
            }
        }
        tokio::time::sleep(LOOK).await;
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
    requests::ask(run, &request).map_err(|error| failed("the run cannot be asked", &error))?;
    if retry && !folder::driven(run).unwrap_or(false) { resume(place, run).await } else { Ok(()) }
}

/// Where runs are kept.
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
