//! `logs`: where lines are, then reading them in order until the end, a condition, or for ever.

use super::args::Arguments;
use super::report::{Form, Printer, Wanted};
use super::tail::{self, Newest};
use super::writer::{Trouble, Writer, tee_unwritten};
use crate::app::logs::follow::{FeedState, Follower, Plan};
use crate::app::logs::once::{self, Once, Rates};
use crate::app::logs::reader::{Heard, Way};
use crate::app::logs::sources::{self, GroupSource, Missing, Sources};
use crate::app::logs::when;
use crate::aws::budget::Class;
use crate::cli::{Color, ExitCode, Output, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::log_groups::{self, Asked, say};
use crate::commands::sifted::{self, filter};
use crate::runtime::logs::LogReader;
use crate::runtime::ring::Ring;
use crate::runtime::tee::Tee;
use jiff::tz::TimeZone;
use std::io::{self, IsTerminal as _};
use tokio::time::Instant;

/// A read that ends asks so often whose renewed credentials are, over a quarter of a minute.
const IDENTITY_TRIES: u32 = 5;
const TIME_IS_UP: &str = "the time is up before everything was read; give it more time with --timeout";

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut named_filters = crate::runtime::files::saved_filters();
    named_filters.extend(context.open()?.1.log_filters);
    let wanted = wanted(arguments, &named_filters)?;
    let exit_on = arguments.exit_on.as_deref().map(|text| filter("--exit-on", text, &named_filters)).transpose()?;
    let form = match context.output {
        Output::Json => Form::Json,
        Output::Raw => Form::Raw,
        _ => Form::Text,
    };
    let end = context.end();
    let asked = Asked { services: &arguments.services, groups: &arguments.group, lambdas: &arguments.lambda };
    let (reading, found) = log_groups::read(context, &asked).await?;
    let unsure = reading.identity_unknown().is_some();
    let app = &reading.collector.app;
    let zone = if arguments.utc { TimeZone::UTC } else { app.zone() };
    let now = app.service_now();
    let bounded = arguments.since.is_some() || arguments.tail.is_none();
    // Where only the newest lines are wanted, the end alone says how far it is looked back.
    let since = arguments.since.as_deref().unwrap_or(if bounded { "10m" } else { "7300d" });
    let (since, until) = when::range(since, arguments.until.as_deref(), (now, reading.collector.latest()), &zone)
        .map_err(log_groups::no_time)?;
    let until = until.map(jiff::Timestamp::as_millisecond);
    let now = now.as_millisecond();
    let last = until.unwrap_or(now);
    let mut since = if bounded { since.as_millisecond() } else { last - tail::LOOK_BACK };
    let account = app.environment.account.clone();
    let whose = app.estate.identity.value().map(|identity| identity.account.clone()).or_else(|| account.clone());
    let region = app.environment.region.clone();
    let again = app.environment.refresh.services.unsigned_abs() * 3;
    let configured = app.environment.logs.clone();
    let (_, mut ring) = reading.collector.into_parts();
    let mut found = log_groups::resolve(&asked, found, &configured, &mut ring, end).await?;
    if found.groups.is_empty() {
        return Err(log_groups::none(&found));
    }
    if asked.follows_services() {
        log_groups::tell(&found);
    }
    let region = region.or_else(|| ring.executor.region());
    let arns = arguments.live.then(|| arns(&found.groups, region.as_deref(), whose.as_deref())).transpose()?;
    if arguments.live {
        say(
            "a live tail costs $0.01 a minute beyond the 1,800 free minutes of the account's month; the service shows at most 500 lines a second",
        );
    }
    let services: Vec<String> =
        found.groups.iter().flat_map(|group| group.writers.iter().map(|writer| writer.service.clone())).collect();
    let terminal = io::stdout().is_terminal();
    crate::runtime::widen_output();
    crate::runtime::keep_what_is_freed();
    let colour = match context.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && crate::runtime::drawable() && !anstyle_query::no_color(),
    };
    let mut printer = Printer::new(form, wanted, zone, services.iter().map(String::as_str), (colour, terminal));
    let mut groups_now = found.groups.clone();
    let (filter, get) = if let Some(rate) = arguments.rate {
        (f64::from(rate), f64::from(rate))
    } else {
        let region = region.as_deref().unwrap_or_default();
        (Class::LogsFilter.limit(region).0, Class::LogsGet.limit(region).0)
    };
    if arguments.follow {
        // For hours, perhaps, beside others: no longer as a command that reads once.
        ring.executor.set_alone(false);
    }
    ring.executor.set_logs_rates(filter, get);
    let groups = std::mem::take(&mut found.groups);
    let tee = arguments.tee.as_ref().map(|path| Tee::open(path).map_err(|error| tee_unwritten(path, &error)));
    let mut writer = Writer {
        printer: &mut printer,
        exit_on,
        tee: tee.transpose()?,
        out,
        missing: false,
        text: String::new(),
        newest: None,
        failed: Vec::new(),
    };
    let mut trouble = Trouble::new(!found.missing.is_empty());
    let mut missing = !found.missing.is_empty();
    if let Some(most) = arguments.tail {
        let (pattern, rates) = (arguments.pattern.clone(), Rates { filter, get: None });
        let plan = once::Plan { since, until, begun: now, pattern, rates };
        let mut whole = true;
        writer.newest = Some(Newest::new(most));
        if most > 0 {
            let read = look_back(ring, groups.clone(), &plan, account.as_ref(), end, &mut writer, &mut trouble);
            (ring, whole) = Box::pin(read).await?;
        }
        if !arguments.follow || !whole {
            let over = writer.write_kept()?;
            if !whole {
                say(TIME_IS_UP);
            }
            return Ok(over.unwrap_or(match whole {
                false => ExitCode::TimedOut,
                true if writer.missing || missing || unsure => ExitCode::Incomplete,
                true => ExitCode::Done,
            }));
        }
        // Who follows reads them once more, and goes on from there. A group that could not be read is tried again.
        since =
            if most == 0 { now } else { writer.newest.as_ref().and_then(Newest::begins).unwrap_or(since).max(since) };
        writer.begin_again();
        writer.newest = (most > 0).then(|| Newest::new(most));
        writer.missing = false;
    }
    let way = if arguments.follow {
        let plan = Plan { since, live: arguments.live, skip: None };
        Way::Follow(Box::new(Follower::new(groups, plan, arguments.pattern.clone())))
    } else {
        // Lines of GetLogEvents have no ids, which JSON promises.
        let get = (form != Form::Json && arguments.tee.is_none()).then_some(get);
        let plan =
            once::Plan { since, until, begun: now, pattern: arguments.pattern.clone(), rates: Rates { filter, get } };
        Way::Once(Box::new(Once::new(groups, plan)))
    };
    let delay = if arguments.follow { arguments.delay.as_millis() as i64 } else { i64::MAX };
    let mut reader = LogReader::new(ring, way, delay, account);
    if let Some(arns) = arns {
        reader.live(&arns);
    }
    let follows = arguments.follow && asked.follows_services();
    let mut fresh = Box::pin(resolve_again(context, &asked, again, None));
    loop {
        let heard = tokio::select! {
            heard = until_end(end, &mut reader) => heard,
            (known, fresh_sources) = &mut fresh, if follows => {
                fresh.set(resolve_again(context, &asked, again, known));
                match fresh_sources {
                    Ok(fresh_sources) => {
                        missing = !fresh_sources.missing.is_empty();
                        trouble.unread(&fresh_sources.missing.iter().map(Missing::words).collect::<Vec<_>>());
                        join(fresh_sources, &mut groups_now, &mut reader, writer.printer);
                    }
                    Err(report) => {
                        missing = true;
                        trouble.unread(&report.causes);
                    }
                }
                continue;
            }
        };
        match heard {
            Some(Heard::Lines(lines)) => {
                if let Some(code) = writer.write(&lines)? {
                    return Ok(code);
                }
                let states = reader.states();
                trouble.tell(&states, arguments.follow);
                if let Err(report) = not_refused(&states, arguments.follow) {
                    return write_rest(&mut reader, &mut writer)?.ok_or(report);
                }
                if writer.newest.is_some() && reader.caught_up() {
                    writer.write(&reader.flush())?;
                    if let Some(code) = writer.write_kept()? {
                        return Ok(code);
                    }
                }
            }
            Some(Heard::Ended) => {
                // Those of another region are not listed here.
                let here = groups_now.iter().filter(|group| group.region.is_none() || group.region == region);
                let names: Vec<String> = here.map(|group| group.group.clone()).collect();
                log_groups::tell_if_gone(&mut reader.into_ring(), &names, since, now, end).await;
                return Ok(if writer.missing || missing || unsure { ExitCode::Incomplete } else { ExitCode::Done });
            }
            Some(other) => {
                if let Err(report) = trusted(other, arguments.follow) {
                    return write_rest(&mut reader, &mut writer)?.ok_or(report);
                }
            }
            None => {
                if let Some(code) = write_rest(&mut reader, &mut writer)? {
                    return Ok(code);
                }
                if !arguments.follow {
                    say(TIME_IS_UP);
                }
                // Following for a time is what was asked for; a line that did not come is not.
                return Ok(match arguments.follow && writer.exit_on.is_none() {
                    true if missing || unsure => ExitCode::Incomplete,
                    true => ExitCode::Done,
                    false => ExitCode::TimedOut,
                });
            }
        }
    }
}

/// Reads again and again up to the end, each time from further back, until the writer has as many lines as are
/// wanted or there are no more. Whether there was time for it.
async fn look_back(
    mut ring: Ring,
    mut groups: Vec<GroupSource>,
    plan: &once::Plan,
    account: Option<&String>,
    end: Option<Instant>,
    writer: &mut Writer<'_>,
    trouble: &mut Trouble,
) -> Result<(Ring, bool), Report> {
    for since in tail::looks(plan.since, plan.until.unwrap_or(plan.begun)) {
        writer.begin_again();
        let once = Once::new(groups.clone(), once::Plan { since, ..plan.clone() });
        let mut reader = LogReader::new(ring, Way::Once(Box::new(once)), i64::MAX, account.cloned());
        loop {
            match until_end(end, &mut reader).await {
                Some(Heard::Lines(lines)) => {
                    writer.write(&lines)?;
                    let states = reader.states();
                    trouble.tell(&states, false);
                    if let Err(report) = not_refused(&states, false) {
                        write_rest(&mut reader, writer)?;
                        return Err(report);
                    }
                }
                Some(Heard::Ended) => break,
                Some(other) => {
                    if let Err(report) = trusted(other, false) {
                        write_rest(&mut reader, writer)?;
                        return Err(report);
                    }
                }
                None => {
                    writer.write(&reader.flush())?;
                    return Ok((reader.into_ring(), false));
                }
            }
        }
        ring = reader.into_ring();
        // What could not be read is said once; the others are looked through.
        groups.retain(|group| !writer.failed.contains(&group.group));
        if groups.is_empty() || writer.newest.as_ref().is_none_or(Newest::full) {
            break;
        }
    }
    Ok((ring, true))
}

/// Writes what was read and waited for its order or for being the newest; an exit code where that is what was waited for.
fn write_rest(reader: &mut LogReader, writer: &mut Writer<'_>) -> Result<Option<ExitCode>, Report> {
    let over = writer.write(&reader.flush())?;
    Ok(over.or(writer.write_kept()?))
}

/// Nothing is waited for that cannot come: a key that AWS refuses, and that nobody can renew while this runs.
fn not_refused(states: &[FeedState], follows: bool) -> Result<(), Report> {
    let refused = states.iter().find_map(|state| Some((state, state.refused_for_good(follows)?)));
    refused.map_or(Ok(()), |(state, failure)| {
        Err(Report::of_failure(format!("{} cannot be read any more", state.group), failure))
    })
}

/// Whether what came may be believed, where the credentials were renewed.
fn trusted(heard: Heard, follow: bool) -> Result<(), Report> {
    match heard {
        Heard::WrongAccount(account) => {
            let message = format!("the renewed credentials are for account {account}");
            Err(Report::new("wrong_account", message, ExitCode::Refused)
                .hint("use the --profile of the configured account"))
        }
        // What no retry can help, and a read that ends, need not wait for ever.
        Heard::Unknown(failure, times) if failure.lasting || (!follow && times >= IDENTITY_TRIES) => {
            Err(Report::of_failure("whose the renewed credentials are cannot be asked", &failure))
        }
        Heard::Unknown(failure, 1) => {
            say(&format!("whose the renewed credentials are cannot be asked: {failure}; it is tried again"));
            Ok(())
        }
        Heard::Unknown(..) | Heard::Lines(_) | Heard::Ended => Ok(()),
    }
}

/// What comes next, or nothing when the time is up.
async fn until_end(end: Option<Instant>, reader: &mut LogReader) -> Option<Heard> {
    match end {
        Some(end) => tokio::time::timeout_at(end, reader.next()).await.ok(),
        None => Some(reader.next().await),
    }
}

/// Looks after a while where the services' lines are now. What was read stays known: credentials and task
/// definitions are not asked for each time.
async fn resolve_again(
    context: &Context,
    asked: &Asked<'_>,
    after: std::time::Duration,
    known: Option<Reading>,
) -> (Option<Reading>, Result<Sources, Report>) {
    tokio::time::sleep(after).await;
    let reading = match known {
        Some(mut reading) => {
            reading.collector.again(context.limit()).await;
            reading
        }
        None => match context.collect(log_groups::SOURCES, false).await {
            Ok(reading) => reading,
            Err(report) => return (None, Err(report)),
        },
    };
    let found = log_groups::of_services(&reading, asked);
    (Some(reading), found)
}

/// Follows groups that have come; those that nobody writes into any more are followed on.
fn join(fresh: Sources, now: &mut Vec<GroupSource>, reader: &mut LogReader, printer: &mut Printer) {
    let mut all = now.clone();
    for group in fresh.groups {
        if let Some(known) = all.iter_mut().find(|known| known.group == group.group && known.region == group.region) {
            // Those of before may still write: a rollout takes minutes.
            let new: Vec<_> = group.writers.into_iter().filter(|writer| !known.writers.contains(writer)).collect();
            known.writers.extend(new);
            known.only |= group.only;
        } else {
            say(&format!("{} joins", group.group));
            all.push(group);
        }
    }
    if all != *now {
        printer.know(all.iter().flat_map(|group| group.writers.iter().map(|writer| writer.service.as_str())));
        reader.set_sources(all.clone());
        *now = all;
    }
}

/// ARNs for a live tail.
fn arns(groups: &[GroupSource], region: Option<&str>, account: Option<&str>) -> Result<Vec<String>, Report> {
    let (Some(region), Some(account)) = (region, account) else {
        return Err(Report::new("config", "a live tail needs the region and the account", ExitCode::Usage)
            .hint("set `region` and `account` of the environment"));
    };
    Ok(sources::live_arns(groups, region, account).collect())
}

fn wanted(arguments: &Arguments, named: &[String]) -> Result<Wanted, Report> {
    let filter = arguments.filter.as_deref().map(|text| filter("--filter", text, named)).transpose()?;
    Ok(Wanted {
        filter: filter.unwrap_or_default(),
        level: sifted::level(arguments.level.as_deref())?,
        grep: arguments.grep.as_deref().map(sifted::grep).transpose()?,
    })
}
