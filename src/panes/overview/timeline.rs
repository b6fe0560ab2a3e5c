//! The rows of the time line, what they stand for, and how their data stands.

use crate::app::App;
use crate::app::data_status::note;
use crate::app::pane::DataStatus;
use crate::app::subject::{Fact, Subject, fact};
use crate::model::timeline::{About, Happening};
use crate::model::{Health, Source, time};
use jiff::SignedDuration;

/// Logs are shown from so long before a thing on.
const BEFORE: SignedDuration = SignedDuration::from_mins(2);

/// Things by their keys, each with the text that a filter looks into.
pub fn lines(app: &App) -> Vec<(String, String)> {
    app.panes.overview.happened.iter().map(|event| (event.key.clone(), event.text())).collect()
}

fn event<'a>(app: &'a App, key: &str) -> Option<&'a Happening> {
    app.panes.overview.happened.iter().find(|event| event.key == key)
}

/// What is opened of a thing: the logs of two minutes before it, of its service or of all; a database where it is one.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let event = event(app, key?)?;
    let from = event.at.checked_sub(BEFORE).unwrap_or(event.at);
    Some(match &event.about {
        About::Service(name) => Subject::Logs(Some(name.clone()), from),
        About::Database(id) if app.estate.derived.databases.iter().any(|row| row.database.id == *id) => {
            Subject::Database(id.clone())
        }
        _ => Subject::Logs(None, from),
    })
}

/// All of a row, whose columns may be cut.
pub fn whole(app: &App, key: &str) -> Vec<Fact> {
    let Some(event) = event(app, key) else { return Vec::new() };
    let mut facts = vec![
        fact("time", time::date_clock_with_zone(event.at, &app.zone())),
        fact("kind", event.kind.word()),
        fact("what", event.what.clone()),
    ];
    if !event.about.name().is_empty() {
        facts.insert(2, fact("name", event.about.name()));
    }
    facts.extend(event.who.as_ref().map(|who| fact("who", who.clone())));
    facts
}

/// What could not be read is said below; the rest stands.
pub fn data_status(app: &App) -> DataStatus {
    let failures = Source::OF_TIMELINE.into_iter().filter_map(|source| {
        let status = app.estate.status(source);
        Some(format!("without {}: {}", source.words(), status.failure?))
    });
    let mut failures: Vec<String> = failures.collect();
    failures.extend(app.panes.overview.local.missing.iter().map(|missing| missing.trim_start_matches("! ").to_owned()));
    let loading = app.panes.overview.made.is_none() || app.estate.identity.at().is_none();
    DataStatus {
        trouble: (!failures.is_empty()).then(|| (Health::Degraded, failures.join("; "))),
        loading,
        empty: if loading { note("reading what happened …") } else { note("nothing within the last two hours") },
        ..DataStatus::default()
    }
}
