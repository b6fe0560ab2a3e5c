//! Reads and writes the queries that are stored on this machine.

use super::context::FeedContext;
use crate::feeds::part::Part;
use crate::feeds::queries::{Ask, Fact};
use crate::model::{Failure, FailureKind};
use crate::runtime::{queries, stored_texts};
use std::io;

/// Answers a question on a blocking thread: a file system that hangs delays only this answer.
pub(super) async fn answer(context: &FeedContext, ask: Ask) {
    let done = tokio::task::spawn_blocking(move || work(ask)).await;
    let part = match done {
        Ok(Ok(fact)) => Part::Last(fact),
        Ok(Err(failure)) => Part::Failed(failure),
        Err(_) => Part::Failed(Failure::new(FailureKind::Other, "an internal fault: see the report in the log")),
    };
    context.send(part).await;
}

fn work(ask: Ask) -> Result<Fact, Failure> {
    let failed =
        |message: String| move |error: io::Error| Failure::new(FailureKind::Other, format!("{message}: {error}"));
    match ask {
        Ask::History => {
            queries::history().map(Fact::History).map_err(failed("the history of statements cannot be read".to_owned()))
        }
        Ask::Remember(statement) => queries::add_to_history(&statement)
            .map(|()| Fact::Done(String::new()))
            .map_err(failed("the statement is not kept for later sessions".to_owned())),
        Ask::Texts => {
            stored_texts::read().map(Fact::Texts).map_err(failed("the saved editor texts cannot be read".to_owned()))
        }
        Ask::KeepTexts { before, now } => stored_texts::store(&before, &now)
            .map(|()| Fact::Done(String::new()))
            .map_err(failed("the editor texts are not saved for the next session".to_owned())),
        Ask::Saved { folder } => queries::saved_queries(folder.as_deref())
            .map(Fact::Saved)
            .map_err(failed("the saved queries cannot be read".to_owned())),
        Ask::Read(path) => Ok(Fact::Text(queries::read_text(&path).map_err(|error| format!("{path}: {error}")))),
        Ask::Write { path, text } => {
            let written = crate::runtime::files::write(&path, &text);
            Ok(Fact::Text(written.map(|()| String::new()).map_err(|error| format!("{path}: {error}"))))
        }
        Ask::Variable(name) => Ok(match std::env::var(&name) {
            Ok(value) => Fact::Text(Ok(value)),
            Err(std::env::VarError::NotPresent) => Fact::Done(String::new()),
            Err(error) => Fact::Text(Err(format!("{name}: {error}"))),
        }),
        Ask::Folder(path) => Ok(Fact::Text(queries::canonical_folder(path.as_deref()))),
        Ask::Begin(path) => Ok(Fact::Text(
            crate::runtime::files::truncate(&path).map(|()| String::new()).map_err(|error| format!("{path}: {error}")),
        )),
        Ask::Save { folder, query, replaces } => {
            let saved = queries::save(folder.as_deref(), &query.name, &query.text, replaces);
            let saved = saved.map_err(failed(format!("{} could not be saved", query.name)))?;
            Ok(saved.map_or(Fact::NameTaken(query), |path| Fact::Done(format!("saved as {}", path.display()))))
        }
    }
}
