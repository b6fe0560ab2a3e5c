//! `-f`: prints events as they happen, each once; late events are printed when they arrive.

use super::args::Arguments;
use super::events::{is_selected, known_events};
use super::report::{Line, event};
use crate::app::timeline::TimelineFilter;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::progress::print_note;
use crate::commands::refused_source::RefusedPolls;
use crate::commands::report_output::{print_result, write_error};
use crate::feeds::runs::Place;
use crate::headless::{TimeDisplay, json_line};
use crate::model::Source;
use crate::model::text::sanitize;
use crate::model::timeline::TimelineEvent;
use crate::runtime::history;
use crate::runtime::output::reader_is_gone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::io;

/// The polling interval: `CloudTrail` and alarms are not updated more often.
const POLL_INTERVAL: std::time::Duration = std::time::Duration::from_secs(10);
/// An event that arrives this much after later ones is marked as late.
const LATE: SignedDuration = SignedDuration::from_mins(1);

pub(super) async fn follow(
    context: &Context,
    arguments: &Arguments,
    (mut reading, place): (Reading, Place),
    since: Timestamp,
    event_filter: &TimelineFilter,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut newest: Option<Timestamp> = None;
    // The problems in reading AWS, and in reading this machine's files.
    let (mut failed, mut missing): (BTreeSet<String>, BTreeSet<String>) = (BTreeSet::new(), BTreeSet::new());
    let mut refused_polls = RefusedPolls::default();
    loop {
        let name = reading.collector.app.environment.name.clone();
        let local = history::read(&place, &name, since);
        let events = known_events(&reading, &local, since);
        let fresh = events.iter().filter(|event| !known.contains(&event.key));
        let wanted: Vec<&TimelineEvent> =
            fresh.filter(|event| event_filter.passes(event) && is_selected(arguments, &reading, event)).collect();
        let mut text = String::new();
        let now = reading.collector.app.service_now();
        for one in wanted {
            let late = newest.is_some_and(|newest| one.at + LATE < newest);
            if context.output == Output::Json {
                let line = Line::of(event(one, None, now));
                text.push_str(&json_line(&line).map_err(|error| write_error(&error))?);
            } else {
                let shown = TimeDisplay { now, zone: reading.zone.clone() };
                let time = shown.time(&one.at.to_string());
                let who = one.who.as_deref().map(|who| format!("  [{who}]")).unwrap_or_default();
                let late = if late { "  (late)" } else { "" };
                let (sign, kind, name) = (one.health.sign(), one.kind.name(), one.about.name());
                text.push_str(&sanitize(&format!("{time} {sign} {kind:<10} {name} {}{who}{late}", one.what)));
                text.push('\n');
            }
        }
        known.extend(events.into_iter().map(|event| event.key));
        newest = Some(newest.map_or(now, |before| before.max(now)));
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            return print_result(Err(error));
        }
        // Without events nothing is written, so a closed pipe would not be noticed otherwise.
        if reader_is_gone() {
            return Ok(ExitCode::Done);
        }
        // Each problem is printed once, and once when it is over.
        let rows = reading.input().source_request().rows(super::report::SOURCES);
        for note in crate::headless::sources::news(&rows, &mut failed) {
            print_note(&note);
        }
        let now_missing: BTreeSet<String> = local.missing.into_iter().collect();
        for note in now_missing.difference(&missing) {
            print_note(note);
        }
        missing = now_missing;
        // Without the identity, nothing else is read.
        refused_polls.record(&reading, &BTreeSet::from([Source::Identity]), "what happens cannot be followed")?;
        let left = context.time_left();
        if left.is_some_and(|left| left <= POLL_INTERVAL) {
            tokio::time::sleep(left.unwrap_or_default()).await;
            let complete = failed.is_empty() && missing.is_empty();
            return Ok(if complete { ExitCode::Done } else { ExitCode::Incomplete });
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        reading.collector.read_again(context.time_left()).await;
    }
}
