//! Rows of the needs-attention list, and its message when it is empty.

use super::state::ATTENTION;
use crate::app::data_status::{failure_lines, note, oldest_late_age, polled};
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::pane::StatusLines;
use crate::app::subject::Subject;
use crate::app::update::open::open_subject;
use crate::app::{App, overlays};
use crate::model::time::short;
use crate::model::{Attention, AttentionSubject, Health, Severity, Source};
use std::collections::HashMap;

/// The entries with unique keys; name and severity alone can repeat.
pub fn entries(app: &App) -> impl Iterator<Item = (String, &Attention)> {
    let mut seen: HashMap<(&str, Severity), usize> = HashMap::new();
    app.estate.derived.attention.iter().map(move |entry| {
        let number = seen.entry((&entry.name, entry.severity)).or_default();
        *number += 1;
        (format!("{}#{}#{number}", entry.name, entry.severity.word()), entry)
    })
}

/// Row keys, each with the text that a filter searches.
pub fn lines(app: &App) -> Vec<(String, String)> {
    entries(app).map(|(key, entry)| (key, format!("{} {}", entry.name, entry.what))).collect()
}

/// The selected entry.
pub fn selected(app: &App) -> Option<&Attention> {
    let key = app.screen.list_of(ATTENTION).and_then(List::selected)?;
    entries(app).find(|(other, _)| other == key).map(|(_, entry)| entry)
}

/// The subject of the selected entry.
pub fn subject(app: &App, _: Option<&str>) -> Option<Subject> {
    let entry = selected(app)?;
    Some(match &entry.subject {
        AttentionSubject::Service(name) => Subject::Service(name.clone()),
        AttentionSubject::Database(id) => Subject::Database(id.clone()),
        AttentionSubject::Alarm(name) => Subject::Alarm(name.clone()),
        AttentionSubject::Certificate(_) => Subject::Reachability,
        AttentionSubject::Identity
        | AttentionSubject::Services
        | AttentionSubject::TargetGroup(_)
        | AttentionSubject::Source(_) => Subject::Text(entry.what.clone()),
    })
}

/// Opens the subject of the entry, or shows the complete entry if its subject has no page.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    let entry = selected(app)?;
    let subject = match entry.subject.clone() {
        AttentionSubject::Service(name) => Subject::Service(name),
        AttentionSubject::Database(id) => Subject::Database(id),
        AttentionSubject::Services => Subject::Services,
        AttentionSubject::Alarm(name) => Subject::Alarm(name),
        AttentionSubject::Certificate(_) => Subject::Reachability,
        AttentionSubject::Identity | AttentionSubject::TargetGroup(_) | AttentionSubject::Source(_) => {
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

/// The message of the empty block.
pub fn empty(app: &App) -> StatusLines {
    if app.estate.identity.at().is_none() {
        return match app.estate.identity.failure() {
            Some(failure) => failure_lines(app, Source::Identity, failure),
            // Data that is never requested must not look as if it were loading.
            None if app.environment.is_only_infra() => note("only infrastructure is configured: no account is asked"),
            None => note("reading the identity …"),
        };
    }
    attention(app)
}

/// "Nothing needs attention" is shown only when everything was read.
fn attention(app: &App) -> StatusLines {
    let sources = app.poller.sources(&app.environment);
    let unread: Vec<&str> = sources
        .iter()
        .filter(|source| {
            let keyed = matches!(source, Source::TaskDefinitions | Source::Rollouts | Source::Targets | Source::Agents);
            // Without services and databases there are no metrics to read.
            let bare = app.estate.derived.services.is_empty() && app.estate.derived.databases.is_empty();
            !(keyed || bare && **source == Source::Metrics) && app.estate.status(**source).at.is_none()
        })
        .map(|source| source.label())
        .collect();
    if unread.is_empty() {
        vec![match oldest_late_age(app, &polled(app)) {
            Some(age) => (Health::Unknown, format!("nothing {} ago; it was not read again since", short(age))),
            None => (Health::Healthy, "nothing".to_owned()),
        }]
    } else {
        vec![(Health::Stopped, format!("nothing so far; reading {} …", unread.join(", ")))]
    }
}
