//! The needs-attention list as rows; its message where nothing does.

use super::state::ATTENTION;
use crate::app::data_status::{failure_lines, late, note, polled};
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::pane::Words;
use crate::app::subject::Subject;
use crate::app::update::open::open_subject;
use crate::app::{App, overlays};
use crate::model::time::short;
use crate::model::{Attention, Health, Place, Severity, Source};
use std::collections::HashMap;

/// The entries with their keys: a name and severity can come more than once.
pub fn entries(app: &App) -> impl Iterator<Item = (String, &Attention)> {
    let mut seen: HashMap<(&str, Severity), usize> = HashMap::new();
    app.estate.derived.attention.iter().map(move |entry| {
        let number = seen.entry((&entry.name, entry.severity)).or_default();
        *number += 1;
        (format!("{}#{}#{number}", entry.name, entry.severity.word()), entry)
    })
}

/// The entries, with what a filter looks into.
pub fn lines(app: &App) -> Vec<(String, String)> {
    entries(app).map(|(key, entry)| (key, format!("{} {}", entry.name, entry.what))).collect()
}

/// The attention entry that is selected.
pub fn selected(app: &App) -> Option<&Attention> {
    let key = app.screen.list_of(ATTENTION).and_then(List::selected)?;
    entries(app).find(|(other, _)| other == key).map(|(_, entry)| entry)
}

/// The thing that the selected entry is about.
pub fn subject(app: &App, _: Option<&str>) -> Option<Subject> {
    let entry = selected(app)?;
    Some(match &entry.place {
        Place::Service(name) => Subject::Service(name.clone()),
        Place::Database(id) => Subject::Database(id.clone()),
        Place::Alarm(name) => Subject::Alarm(name.clone()),
        Place::Certificate(_) => Subject::Reached,
        Place::Identity | Place::Services | Place::TargetGroup(_) | Place::Source(_) => {
            Subject::Text(entry.what.clone())
        }
    })
}

/// Goes to the subject of the entry; where that has no page, shows the whole entry.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    let entry = selected(app)?;
    let subject = match entry.place.clone() {
        Place::Service(name) => Subject::Service(name),
        Place::Database(id) => Subject::Database(id),
        Place::Services => Subject::Services,
        Place::Alarm(name) => Subject::Alarm(name),
        Place::Certificate(_) => Subject::Reached,
        Place::Identity | Place::TargetGroup(_) | Place::Source(_) => {
            let mut body = entry.what.clone();
            if let Some(hint) = &entry.hint {
                body = format!("{body}\n\n{hint}");
            }
            let message = overlays::message(app, &entry.name, &body);
            app.screen.overlays.push(message);
            return Some(Vec::new());
        }
    };
    Some(open_subject(app, &subject))
}

/// The words of the block while it is empty.
pub fn empty(app: &App) -> Words {
    if app.estate.identity.at().is_none() {
        return match app.estate.identity.failure() {
            Some(failure) => failure_lines(app, Source::Identity, failure),
            // Loading looks otherwise than what is never asked.
            None if app.environment.is_only_infra() => note("only infrastructure is configured: no account is asked"),
            None => note("reading the identity …"),
        };
    }
    attention(app)
}

/// Nothing needs attention: only when everything was read.
fn attention(app: &App) -> Words {
    let sources = app.poller.sources(&app.environment);
    let unread: Vec<&str> = sources
        .iter()
        .filter(|source| {
            let keyed = matches!(source, Source::TaskDefinitions | Source::Rollouts | Source::Targets | Source::Agents);
            // Where there is nothing there is nothing to measure.
            let bare = app.estate.derived.services.is_empty() && app.estate.derived.databases.is_empty();
            !(keyed || bare && **source == Source::Metrics) && app.estate.status(**source).at.is_none()
        })
        .map(|source| source.words())
        .collect();
    if unread.is_empty() {
        vec![match late(app, &polled(app)) {
            Some(age) => (Health::Unknown, format!("nothing {} ago; it was not read again since", short(age))),
            None => (Health::Healthy, "nothing".to_owned()),
        }]
    } else {
        vec![(Health::Stopped, format!("nothing so far; reading {} …", unread.join(", ")))]
    }
}
