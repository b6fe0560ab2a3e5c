//! Reads and prints the events; with `-f`, follows them.

use super::args::Arguments;
use super::events::{check_names, is_selected, known_events};
use super::follow;
use super::report::{self, SOURCES, TimelineScope};
use crate::app::logs::time_input;
use crate::app::poll::{HISTORY, Wants};
use crate::app::timeline::{self, TimelineFilter};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::filter_flags;
use crate::commands::log_groups::invalid_time;
use crate::commands::report_output::print;
use crate::feeds::runs::Place;
use crate::model::timeline::{TimelineEvent, possible_causes};
use crate::runtime::clock::{Clock, zone as clock_zone};
use crate::runtime::history;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::io;

/// The default of `--since`.
const DEFAULT_SINCE: &str = "2h";
/// The maximum difference of clocks: events are read from this much earlier, and filtered afterwards.
const SLACK: SignedDuration = SignedDuration::from_mins(10);
/// How much is read beyond the end, because the error of this machine's clock is not known yet.
const AFTER: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let event_filter = event_filter(context, arguments)?;
    let (loaded, environment) = context.open()?;
    let zone = clock_zone(environment.timezone.as_deref());
    // Invalid times are rejected before any request; the range is computed again once AWS's clock is known.
    let (since, until) = span(arguments, (Clock::System.now(), Clock::System.now()), &zone)?;
    let back = Clock::System.now().duration_since(since);
    // A start that is in the future here may have passed by AWS's clock, whose difference is not known yet.
    let history = if back > SignedDuration::ZERO { back + SLACK } else { HISTORY };
    // For a long range, CloudTrail returns only the newest events: those long after the end are not read.
    let until = until.and_then(|until| until.checked_add(AFTER).ok());
    let sources = SOURCES.iter().copied().collect();
    let wants = Wants { sources, service_metrics: false, history, until, once: true };
    let name = environment.name.clone();
    let place = Place { audit_file: loaded.config.audit_file.clone(), simulated: false };
    let reading = Box::pin(context.read(loaded.config, environment, wants)).await;
    reading.check_credentials()?;
    let local = history::read(&place, &name, since);
    let missing = local.missing.clone();
    let now = reading.collector.app.service_now();
    let (since, until) = span(arguments, (now, reading.collector.latest()), &zone)?;
    if arguments.follow {
        return Box::pin(follow::follow(context, arguments, (reading, place), since, &event_filter, out)).await;
    }
    let events = known_events(&reading, &local, since);
    Box::pin(check_names(context, arguments, &reading, &events)).await?;
    let wanted =
        |event: &&TimelineEvent| until.is_none_or(|until| event.at <= until) && is_selected(arguments, &reading, event);
    let selected: Vec<TimelineEvent> = events.iter().filter(wanted).cloned().collect();
    let (kept, dropped): (Vec<TimelineEvent>, Vec<TimelineEvent>) =
        selected.into_iter().partition(|event| event_filter.passes(event));
    let quiet = |of: fn(&TimelineEvent) -> bool| {
        if event_filter.routine { 0 } else { dropped.iter().filter(|one| of(one)).count() }
    };
    let of_others = quiet(|event| event.other_environment.is_some());
    let left_out = quiet(|event| event.routine && event.other_environment.is_none());
    let before = arguments.before.as_ref().and(until);
    let scope = TimelineScope {
        since,
        until: until.filter(|_| before.is_none()),
        before,
        left_out,
        of_others,
        filtered: dropped.len() - left_out - of_others,
    };
    let input = reading.input();
    let list = match before {
        Some(moment) => {
            report::ranked(&input, &possible_causes::likely_causes(&kept, moment, arguments.window), scope, missing)
        }
        None => report::in_order(&input, &kept.iter().collect::<Vec<_>>(), scope, missing),
    };
    print(context, &reading, &list, list.head.exit_code(), out)
}

/// Returns the filter of the events.
fn event_filter(context: &Context, arguments: &Arguments) -> Result<TimelineFilter, Report> {
    let mut named = crate::runtime::files::saved_filters();
    named.extend(context.open()?.1.log_filters);
    let filter = arguments.filter.as_deref().map(|text| filter_flags::filter("--filter", text, &named)).transpose()?;
    if let Some(Err((wrong, hint))) = filter.as_ref().map(timeline::check) {
        return Err(Report::usage(format!("--filter: {wrong}")).hint(hint));
    }
    Ok(TimelineFilter {
        filter: filter.unwrap_or_default(),
        level: filter_flags::level(arguments.level.as_deref())?,
        grep: arguments.grep.as_deref().map(filter_flags::grep).transpose()?,
        routine: arguments.all,
    })
}

/// Returns the time range; with `--before`, the range up to that moment.
fn span(
    arguments: &Arguments,
    now: (Timestamp, Timestamp),
    zone: &TimeZone,
) -> Result<(Timestamp, Option<Timestamp>), Report> {
    if let Some(before) = &arguments.before {
        let moment = time_input::parse_time(before, now.1, zone).map_err(invalid_time)?;
        let since = time_input::before(moment, arguments.window, "--window").map_err(invalid_time)?;
        return Ok((since, Some(moment)));
    }
    let since = arguments.since.as_deref().unwrap_or(DEFAULT_SINCE);
    time_input::range(since, arguments.until.as_deref(), now, zone).map_err(invalid_time)
}
