//! The events known so far, and their selection by the names on the command line.

use super::args::Arguments;
use crate::app::timeline::events_since;
use crate::cli::Report;
use crate::commands::context::{Context, Reading};
use crate::model::Source;
use crate::model::names::list_names;
use crate::model::timeline::TimelineEvent;
use crate::model::timeline::local::Local;
use crate::runtime::Collected;
use jiff::Timestamp;

/// Returns all events known so far.
pub(super) fn known_events(reading: &Reading, local: &Local, since: Timestamp) -> Vec<TimelineEvent> {
    events_since(&reading.collector.app, local, since)
}

/// Whether the event is about one of the typed names, or no name was typed.
pub(super) fn is_selected(arguments: &Arguments, reading: &Reading, event: &TimelineEvent) -> bool {
    arguments.names.is_empty() || arguments.names.iter().any(|typed| is_about(typed, reading, event))
}

fn is_about(typed: &str, reading: &Reading, event: &TimelineEvent) -> bool {
    let name = event.about.name();
    let short = event.about.service().and_then(|name| reading.collector.app.estate.service_row(name));
    means(typed, name) || short.is_some_and(|row| row.short == typed)
}

/// Whether the typed text is this name or a part of it.
fn means(typed: &str, name: &str) -> bool {
    name == typed || name.to_lowercase().contains(&typed.to_lowercase())
}

/// Fails for a name that matches nothing, instead of printing an empty timeline. If everything could be read, services,
/// databases and alarms without events are known, too; alarms are read only here.
pub(super) async fn check_names(
    context: &Context,
    arguments: &Arguments,
    reading: &Reading,
    events: &[TimelineEvent],
) -> Result<(), Report> {
    let estate = &reading.collector.app.estate;
    let mut known: Vec<&str> = estate.services.value().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    known.extend(estate.derived.databases.iter().map(|row| row.database.id.as_str()));
    let nothing = |typed: &&String| {
        !known.iter().any(|name| means(typed, name)) && !events.iter().any(|event| is_about(typed, reading, event))
    };
    let unknown: Vec<&String> = arguments.names.iter().filter(nothing).collect();
    let read = [estate.services.failure(), estate.db_clusters.failure(), estate.db_instances.failure()];
    if unknown.is_empty() || read.iter().any(Option::is_some) || reading.collected == Collected::TimedOut {
        return Ok(());
    }
    let alarms = context.collect(&[Source::Alarms], false).await?;
    let Some(alarms) = alarms.collector.app.estate.alarms.value() else { return Ok(()) };
    match unknown.iter().find(|typed| !alarms.iter().any(|alarm| means(typed, &alarm.name))) {
        None => Ok(()),
        Some(typed) => Err(Report::usage(format!("no service, database or alarm has `{typed}` in its name"))
            .hint(format!("there are: {}; `cockpit alarms --all` lists alarms", list_names(&known)))),
    }
}
