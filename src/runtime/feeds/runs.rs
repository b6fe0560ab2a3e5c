//! Starts, follows and stops runs.

use super::means::Means;
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact};
use crate::model::{Failure, FailureKind};
use crate::runtime::runs::{follow, start, stop};
use std::io;
use std::path::Path;

/// Does what is asked.
pub(super) async fn answer(means: &Means, ask: Ask) {
    let done = match ask {
        Ask::Start { folder, order } => {
            start::start(&start::this_program(), &folder, &order).await.map(|()| Fact::Started).map_err(|error| {
                Failure::new(FailureKind::Other, format!("the run in {} cannot be started: {error}", folder.display()))
            })
        }
        Ask::Stop { folder } => {
            stop::ask(&folder).map(|()| Fact::StopAsked).map_err(|error| not_there(&folder, &error))
        }
        Ask::Follow { folder, from } => {
            let mut reader = match follow::Reader::open(&folder, from) {
                Ok(reader) => reader,
                Err(error) => {
                    means.send(Part::<Fact>::Failed(not_there(&folder, &error))).await;
                    return;
                }
            };
            loop {
                let part = match reader.next().await {
                    Ok(news) if news.end.is_some() => Part::Last(Fact::News(news)),
                    Ok(news) => Part::Page(Fact::News(news)),
                    Err(error) => Part::Failed(not_there(&folder, &error)),
                };
                let more = matches!(part, Part::Page(_));
                if !means.send(part).await || !more {
                    return;
                }
            }
        }
    };
    let part = match done {
        Ok(fact) => Part::Last(fact),
        Err(failure) => Part::Failed(failure),
    };
    means.send(part).await;
}

fn not_there(folder: &Path, error: &io::Error) -> Failure {
    let kind = if error.kind() == io::ErrorKind::NotFound { FailureKind::NotFound } else { FailureKind::Other };
    Failure::new(kind, format!("the run in {} cannot be read: {error}", folder.display()))
}
