//! `-f`: things as they happen, each once; what comes late is told when it comes.

use super::args::Arguments;
use super::report::{Line, event};
use super::told::{named, told};
use crate::app::timeline::TimelineFilter;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::printed::{printed, unwritten};
use crate::commands::refused::RefusedPolls;
use crate::commands::say::say;
use crate::feeds::runs::Place;
use crate::headless::{Shown, json_line};
use crate::model::Source;
use crate::model::text::harmless;
use crate::model::timeline::TimelineEvent;
use crate::runtime::history;
use crate::runtime::output::reader_is_gone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::io;

/// How often it is looked. `CloudTrail` and alarms have no news in less.
const EVERY: std::time::Duration = std::time::Duration::from_secs(10);
/// A thing that is told so much later than it happened is marked.
const LATE: SignedDuration = SignedDuration::from_mins(1);

pub(super) async fn follow(
    context: &Context,
    arguments: &Arguments,
    (mut reading, place): (Reading, Place),
    since: Timestamp,
    sieve: &TimelineFilter,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut newest: Option<Timestamp> = None;
    // What of AWS, and of this machine, could not be read.
    let (mut failed, mut missing): (BTreeSet<String>, BTreeSet<String>) = (BTreeSet::new(), BTreeSet::new());
    let mut looks = RefusedPolls::default();
    loop {
        let name = reading.collector.app.environment.name.clone();
        let local = history::read(&place, &name, since);
        let all = told(&reading, &local, since);
        let fresh = all.iter().filter(|event| !known.contains(&event.key));
        let wanted: Vec<&TimelineEvent> =
            fresh.filter(|event| sieve.passes(event) && named(arguments, &reading, event)).collect();
        let mut text = String::new();
        let now = reading.collector.app.service_now();
        for one in wanted {
            let late = newest.is_some_and(|newest| one.at + LATE < newest);
            if context.output == Output::Json {
                let line = Line::of(event(one, None, now));
                text.push_str(&json_line(&line).map_err(|error| unwritten(&error))?);
            } else {
                let shown = Shown { now, zone: reading.zone.clone() };
                let time = shown.time(&one.at.to_string());
                let who = one.who.as_deref().map(|who| format!("  [{who}]")).unwrap_or_default();
                let late = if late { "  (late)" } else { "" };
                let (sign, kind, name) = (one.health.sign(), one.kind.word(), one.about.name());
                text.push_str(&harmless(&format!("{time} {sign} {kind:<10} {name} {}{who}{late}", one.what)));
                text.push('\n');
            }
        }
        known.extend(all.into_iter().map(|event| event.key));
        newest = Some(newest.map_or(now, |before| before.max(now)));
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            return printed(Err(error));
        }
        // Where nothing happens nothing is written, and nothing would tell that nobody reads any more.
        if reader_is_gone() {
            return Ok(ExitCode::Done);
        }
        // Each trouble once, and once that it is over.
        let rows = reading.input().asked().rows(super::report::SOURCES);
        for note in crate::headless::sources::news(&rows, &mut failed) {
            say(&note);
        }
        let now_missing: BTreeSet<String> = local.missing.into_iter().collect();
        for note in now_missing.difference(&missing) {
            say(note);
        }
        missing = now_missing;
        // Without who we are nothing else is asked.
        looks.take(&reading, &BTreeSet::from([Source::Identity]), "what happens cannot be followed")?;
        let left = context.limit();
        if left.is_some_and(|left| left <= EVERY) {
            tokio::time::sleep(left.unwrap_or_default()).await;
            let whole = failed.is_empty() && missing.is_empty();
            return Ok(if whole { ExitCode::Done } else { ExitCode::Incomplete });
        }
        tokio::time::sleep(EVERY).await;
        reading.collector.again(context.limit()).await;
    }
}
