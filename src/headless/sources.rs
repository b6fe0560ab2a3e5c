//! How the sources stand: rows of `sources`, whether all is complete, and the exit code.

use super::dto::{SourceDto, SourceState};
use crate::cli::ExitCode;
use crate::model::{Estate, FailureKind, Source};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What the caller knows of its requests.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The facts, settled.
    pub estate: &'a Estate,
    /// Now.
    pub now: Timestamp,
    /// Requests sent for each source.
    pub requests: &'a BTreeMap<Source, u32>,
    /// Sources that were not asked on purpose.
    pub skipped: &'a [Source],
}

impl Asked<'_> {
    /// A row for each of these sources.
    pub fn rows(&self, sources: &[Source]) -> Vec<SourceDto> {
        sources.iter().map(|source| self.row(*source)).collect()
    }

    fn row(&self, source: Source) -> SourceDto {
        let status = self.estate.status(source);
        let requests = self.requests.get(&source).copied().unwrap_or_default();
        let (state, error) = match (&status.failure, &status.partial) {
            _ if self.skipped.contains(&source) => (SourceState::Skipped, None),
            (_, Some(partial)) => (SourceState::Partial, Some(partial.clone())),
            (Some(failure), None) => (SourceState::Failed, Some(failure.message.clone())),
            (None, None) if status.at.is_some() => (SourceState::Ok, None),
            (None, None) if status.used => (SourceState::Partial, Some("the read had not ended".to_owned())),
            // Nothing was there to be read: a service without target groups has no target health.
            (None, None) if requests == 0 => (SourceState::Skipped, None),
            (None, None) => (SourceState::Failed, Some("no answer came in time".to_owned())),
        };
        SourceDto {
            name: source.name().to_owned(),
            status: state,
            age_ms: status
                .at
                .map(|at| u64::try_from(self.now.duration_since(at).as_millis().max(0)).unwrap_or(u64::MAX)),
            requests,
            kind: status
                .failure
                .as_ref()
                .filter(|_| state != SourceState::Skipped)
                .map(|failure| failure.kind.word().to_owned()),
            error,
        }
    }
}

/// Whether no source failed and none is partial.
pub fn complete(rows: &[SourceDto]) -> bool {
    rows.iter().all(|row| matches!(row.status, SourceState::Ok | SourceState::Skipped))
}

/// The exit code that a set of sources asks for.
pub fn exit_code(rows: &[SourceDto]) -> ExitCode {
    let kind = |row: &SourceDto, kind: FailureKind| row.kind.as_deref() == Some(kind.word());
    let asked: Vec<&SourceDto> = rows.iter().filter(|row| row.status != SourceState::Skipped).collect();
    let all_failed = !asked.is_empty() && asked.iter().all(|row| row.status == SourceState::Failed);
    let no_credentials = |row: &&SourceDto| kind(row, FailureKind::Credentials);
    if asked.iter().any(|row| kind(row, FailureKind::WrongAccount)) {
        return ExitCode::Refused;
    }
    let identity = Source::Identity.name();
    let facts_failed = asked.iter().filter(|row| row.name != identity).all(|row| row.status == SourceState::Failed);
    if asked.iter().any(|row| row.name == identity && no_credentials(row))
        || (facts_failed && asked.iter().any(no_credentials))
    {
        return ExitCode::Credentials;
    }
    match (complete(rows), all_failed) {
        (true, _) => ExitCode::Done,
        (false, true) => ExitCode::Failed,
        (false, false) => ExitCode::Incomplete,
    }
}

/// Lines for people about what is missing.
pub fn notes(rows: &[SourceDto]) -> Vec<String> {
    rows.iter()
        .filter_map(|row| {
            let error = row.error.as_deref()?;
            let word = match row.status {
                SourceState::Failed if row.age_ms.is_some() => "is old, the last read failed",
                SourceState::Failed => "could not be read",
                SourceState::Partial | SourceState::Ok | SourceState::Skipped => "is incomplete",
            };
            Some(format!("! {} {word}: {error}", row.name))
        })
        .collect()
}
