//! Reads what has happened, and prints it; with `-f`, goes on.

use super::args::Arguments;
use super::follow;
use super::report::{self, Asked, SOURCES};
use super::told::{check_names, named, told};
use crate::app::logs::when;
use crate::app::poll::{HISTORY, Wants};
use crate::app::timeline::{self, TimelineFilter};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::log_groups::no_time;
use crate::commands::printed::print;
use crate::commands::sifted;
use crate::feeds::runs::Place;
use crate::model::timeline::{TimelineEvent, near};
use crate::runtime::clock::{Clock, zone as clock_zone};
use crate::runtime::history;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::io;

/// Where nothing else is said.
const SINCE: &str = "2h";
/// Clocks differ by less: so much more is read, and left out afterwards.
const SLACK: SignedDuration = SignedDuration::from_mins(10);
/// How much more is read after the end, because it is not known yet by how much this machine's clock is wrong.
const AFTER: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let sieve = sieve(context, arguments)?;
    let (loaded, environment) = context.open()?;
    let zone = clock_zone(environment.timezone.as_deref());
    // What was typed is judged before anything is asked; by the service's clock it is told once that is known.
    let (since, until) = span(arguments, (Clock::System.now(), Clock::System.now()), &zone)?;
    let back = Clock::System.now().duration_since(since);
    // A time that is still to come here has passed there: by how much is not known yet.
    let history = if back > SignedDuration::ZERO { back + SLACK } else { HISTORY };
    // Of a long time CloudTrail tells the newest only: what came long after the end is not read.
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
        return Box::pin(follow::follow(context, arguments, (reading, place), since, &sieve, out)).await;
    }
    let events = told(&reading, &local, since);
    Box::pin(check_names(context, arguments, &reading, &events)).await?;
    let wanted =
        |event: &&TimelineEvent| until.is_none_or(|until| event.at <= until) && named(arguments, &reading, event);
    let all: Vec<TimelineEvent> = events.iter().filter(wanted).cloned().collect();
    let (kept, dropped): (Vec<TimelineEvent>, Vec<TimelineEvent>) =
        all.into_iter().partition(|event| sieve.passes(event));
    let quiet =
        |of: fn(&TimelineEvent) -> bool| if sieve.routine { 0 } else { dropped.iter().filter(|one| of(one)).count() };
    let of_others = quiet(|event| event.of_another.is_some());
    let left_out = quiet(|event| event.routine && event.of_another.is_none());
    let before = arguments.before.as_ref().and(until);
    let asked = Asked {
        since,
        until: until.filter(|_| before.is_none()),
        before,
        left_out,
        of_others,
        filtered: dropped.len() - left_out - of_others,
    };
    let input = reading.input();
    let list = match before {
        Some(moment) => report::ranked(&input, &near::before(&kept, moment, arguments.window), asked, missing),
        None => report::in_order(&input, &kept.iter().collect::<Vec<_>>(), asked, missing),
    };
    print(context, &reading, &list, list.head.exit_code(), out)
}

/// The filter for the events that are wanted.
fn sieve(context: &Context, arguments: &Arguments) -> Result<TimelineFilter, Report> {
    let mut named = crate::runtime::files::saved_filters();
    named.extend(context.open()?.1.log_filters);
    let filter = arguments.filter.as_deref().map(|text| sifted::filter("--filter", text, &named)).transpose()?;
    if let Some(Err((wrong, hint))) = filter.as_ref().map(timeline::check) {
        return Err(Report::usage(format!("--filter: {wrong}")).hint(hint));
    }
    Ok(TimelineFilter {
        filter: filter.unwrap_or_default(),
        level: sifted::level(arguments.level.as_deref())?,
        grep: arguments.grep.as_deref().map(sifted::grep).transpose()?,
        routine: arguments.all,
    })
}

/// The time range; with `--before`, up to that moment.
fn span(
    arguments: &Arguments,
    now: (Timestamp, Timestamp),
    zone: &TimeZone,
) -> Result<(Timestamp, Option<Timestamp>), Report> {
    if let Some(before) = &arguments.before {
        let moment = when::moment(before, now.1, zone).map_err(no_time)?;
        let since = when::before(moment, arguments.window, "--window").map_err(no_time)?;
        return Ok((since, Some(moment)));
    }
    let since = arguments.since.as_deref().unwrap_or(SINCE);
    when::range(since, arguments.until.as_deref(), now, zone).map_err(no_time)
}
