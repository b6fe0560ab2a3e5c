//! Reads and writes what is kept of queries on this machine.

use super::means::FeedContext;
use crate::feeds::part::Part;
use crate::feeds::queries::{Ask, Fact};
use crate::model::{Failure, FailureKind};
use crate::runtime::{queries, texts};
use std::io;

/// Does what is asked. A file system that does not answer holds up nobody but who asked.
pub(super) async fn answer(means: &FeedContext, ask: Ask) {
    let done = tokio::task::spawn_blocking(move || work(ask)).await;
    let part = match done {
        Ok(Ok(fact)) => Part::Last(fact),
        Ok(Err(failure)) => Part::Failed(failure),
        Err(_) => Part::Failed(Failure::new(FailureKind::Other, "an internal fault: see the report in the log")),
    };
    means.send(part).await;
}

fn work(ask: Ask) -> Result<Fact, Failure> {
    let failed = |what: String| move |error: io::Error| Failure::new(FailureKind::Other, format!("{what}: {error}"));
    match ask {
        Ask::History => {
            queries::history().map(Fact::History).map_err(failed("what was run before cannot be read".to_owned()))
        }
        Ask::Remember(statement) => queries::remember(&statement)
            .map(|()| Fact::Done(String::new()))
            .map_err(failed("the statement is not kept for later sessions".to_owned())),
        Ask::Texts => {
            texts::read().map(Fact::Texts).map_err(failed("what stood in the editor before cannot be read".to_owned()))
        }
        Ask::KeepTexts { before, now } => texts::keep(&before, &now)
            .map(|()| Fact::Done(String::new()))
            .map_err(failed("what stands in the editor is not kept for the next session".to_owned())),
        Ask::Saved { folder } => queries::saved(folder.as_deref())
            .map(Fact::Saved)
            .map_err(failed("the saved queries cannot be read".to_owned())),
        Ask::Read(path) => Ok(Fact::Text(queries::text(&path).map_err(|error| format!("{path}: {error}")))),
        Ask::Write { path, text } => {
            let written = crate::runtime::files::write(&path, &text);
            Ok(Fact::Text(written.map(|()| String::new()).map_err(|error| format!("{path}: {error}"))))
        }
        Ask::Variable(name) => Ok(match std::env::var(&name) {
            Ok(value) => Fact::Text(Ok(value)),
            Err(std::env::VarError::NotPresent) => Fact::Done(String::new()),
            Err(error) => Fact::Text(Err(format!("{name}: {error}"))),
        }),
        Ask::Folder(path) => Ok(Fact::Text(queries::place(path.as_deref()))),
        Ask::Begin(path) => Ok(Fact::Text(
            crate::runtime::files::begin(&path).map(|()| String::new()).map_err(|error| format!("{path}: {error}")),
        )),
        Ask::Save { folder, query, replaces } => {
            let saved = queries::save(folder.as_deref(), &query.name, &query.text, replaces);
            let saved = saved.map_err(failed(format!("{} could not be saved", query.name)))?;
            Ok(saved.map_or(Fact::There(query), |path| Fact::Done(format!("saved as {}", path.display()))))
        }
    }
}
