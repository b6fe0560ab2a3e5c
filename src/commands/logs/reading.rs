//! Lines are read and written: in order until the end, a condition, or for ever.

use super::args::Arguments;
use super::report::{Form, Printer};
use super::tail::{self, Newest};
use super::writer::{Trouble, Writer};
use crate::app::logs::follow::{FeedState, Follower, Plan};
use crate::app::logs::once::{self, Once, Rates};
use crate::app::logs::reader::{Out, ReaderEvent, Way};
use crate::app::logs::sources::{GroupSource, Missing, Sources};
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::log_groups::{self, Asked, say};
use crate::runtime::logs::LogReader;
use crate::runtime::output::reader_is_gone;
use crate::runtime::ring::EventLoop;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::Instant;

/// A read that ends asks so often whose renewed credentials are, over a quarter of a minute.
const IDENTITY_TRIES: u32 = 5;
const TIME_IS_UP: &str = "the time is up before everything was read; give it more time with --timeout";

/// The time range in which lines are read, in milliseconds.
pub(super) struct Range {
    pub(super) since: i64,
    pub(super) until: Option<i64>,
    /// The time of the service when the command began.
    pub(super) now: i64,
}

/// The form in which lines are written.
pub(super) fn form(context: &Context) -> Form {
    match context.output {
        Output::Json => Form::Json,
        Output::Raw => Form::Raw,
        _ => Form::Text,
    }
}

/// One run of the command.
pub(super) struct Run<'a> {
    pub(super) context: &'a Context,
    pub(super) arguments: &'a Arguments,
    pub(super) asked: Asked<'a>,
    /// When its time is up.
    pub(super) end: Option<Instant>,
    pub(super) range: Range,
    pub(super) rates: Rates,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    /// How long after a look at where the services' lines are comes the next one.
    pub(super) again: Duration,
    /// Where lines are read.
    pub(super) groups: Vec<GroupSource>,
    /// The account of the credentials could not be asked.
    pub(super) unsure: bool,
    /// Where all lines are is not known.
    pub(super) missing: bool,
    pub(super) trouble: Trouble,
}

impl Run<'_> {
    /// Reads the newest lines. Writes them and ends, or returns the loop that follows from where they begin.
    pub(super) async fn newest(
        &mut self,
        most: usize,
        mut ring: EventLoop,
        writer: &mut Writer<'_>,
    ) -> Result<ControlFlow<ExitCode, EventLoop>, Report> {
        let Range { since, until, now } = self.range;
        let rates = Rates { get: None, ..self.rates };
        let plan = once::Plan { since, until, begun: now, pattern: self.arguments.pattern.clone(), rates };
        let mut whole = true;
        writer.newest = Some(Newest::new(most));
        if most > 0 {
            (ring, whole) = Box::pin(self.look_back(ring, &plan, writer)).await?;
        }
        if !self.arguments.follow || !whole {
            let over = writer.write_kept()?;
            if !whole {
                say(TIME_IS_UP);
            }
            let code = if whole { self.read_all(writer) } else { ExitCode::TimedOut };
            return Ok(ControlFlow::Break(over.unwrap_or(code)));
        }
        // Who follows reads them once more, and goes on from there. A group that could not be read is tried again.
        let begins = || writer.newest.as_ref().and_then(Newest::begins).unwrap_or(since).max(since);
        self.range.since = if most == 0 { now } else { begins() };
        writer.begin_again();
        writer.newest = (most > 0).then(|| Newest::new(most));
        writer.missing = false;
        Ok(ControlFlow::Continue(ring))
    }

    /// Reads again and again up to the end, each time from further back, until the writer has as many lines as are
    /// wanted or there are no more. Whether there was time for it.
    async fn look_back(
        &mut self,
        mut ring: EventLoop,
        plan: &once::Plan,
        writer: &mut Writer<'_>,
    ) -> Result<(EventLoop, bool), Report> {
        let mut groups = self.groups.clone();
        for since in tail::looks(plan.since, plan.until.unwrap_or(plan.begun)) {
            writer.begin_again();
            let once = Once::new(groups.clone(), once::Plan { since, ..plan.clone() });
            let mut reader = LogReader::new(ring, Way::Once(Box::new(once)), i64::MAX, self.account.clone());
            loop {
                match until_end(self.end, &mut reader).await {
                    Some(ReaderEvent::Lines(lines)) => {
                        writer.write(&lines)?;
                        let states = reader.states();
                        self.trouble.tell(&states, false);
                        if let Err(report) = not_refused(&states, false) {
                            write_rest(&mut reader, writer)?;
                            return Err(report);
                        }
                    }
                    Some(ReaderEvent::Ended) => break,
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

    /// The exit code where everything that could be read was.
    fn read_all(&self, writer: &Writer<'_>) -> ExitCode {
        if writer.missing || self.missing || self.unsure { ExitCode::Incomplete } else { ExitCode::Done }
    }

    /// Reads until the end, a condition, or for ever.
    pub(super) async fn read(
        mut self,
        ring: EventLoop,
        live: Option<Vec<String>>,
        writer: &mut Writer<'_>,
    ) -> Result<ExitCode, Report> {
        let follow = self.arguments.follow;
        let delay = if follow { self.arguments.delay.as_millis() as i64 } else { i64::MAX };
        let mut reader = LogReader::new(ring, self.way(), delay, self.account.clone());
        if let Some(arns) = live {
            reader.live(&arns);
        }
        let (context, asked, again) = (self.context, self.asked, self.again);
        let follows_services = follow && asked.follows_services();
        let mut fresh = Box::pin(resolve_again(context, &asked, again, None));
        loop {
            let heard = tokio::select! {
                heard = until_end(self.end, &mut reader) => heard,
                (known, sources) = &mut fresh, if follows_services => {
                    fresh.set(resolve_again(context, &asked, again, known));
                    self.found_again(sources, &mut reader, writer.printer);
                    continue;
                }
            };
            if follow && reader_is_gone() {
                return Ok(ExitCode::Done);
            }
            match heard {
                Some(ReaderEvent::Lines(lines)) => {
                    if let Some(code) = self.lines(&lines, &mut reader, writer)? {
                        return Ok(code);
                    }
                }
                Some(ReaderEvent::Ended) => {
                    // Groups of another region are not listed here.
                    let here = self.groups.iter().filter(|group| group.region.is_none() || group.region == self.region);
                    let names: Vec<String> = here.map(|group| group.group.clone()).collect();
                    let Range { since, now, .. } = self.range;
                    log_groups::tell_if_gone(&mut reader.into_ring(), &names, since, now, self.end).await;
                    return Ok(self.read_all(writer));
                }
                Some(other) => {
                    if let Err(report) = trusted(other, follow) {
                        return write_rest(&mut reader, writer)?.ok_or(report);
                    }
                }
                None => return self.time_is_up(&mut reader, writer),
            }
        }
    }

    /// How the groups are read: followed, or once.
    fn way(&self) -> Way {
        let Range { since, until, now } = self.range;
        let (groups, pattern) = (self.groups.clone(), self.arguments.pattern.clone());
        if self.arguments.follow {
            let plan = Plan { since, live: self.arguments.live, skip: None };
            return Way::Follow(Box::new(Follower::new(groups, plan, pattern)));
        }
        // Lines of GetLogEvents have no ids, which JSON promises.
        let no_ids = form(self.context) != Form::Json && self.arguments.tee.is_none();
        let rates = Rates { get: self.rates.get.filter(|_| no_ids), ..self.rates };
        Way::Once(Box::new(Once::new(groups, once::Plan { since, until, begun: now, pattern, rates })))
    }

    /// Takes a new list of the places where the services' lines are.
    fn found_again(&mut self, found: Result<Sources, Report>, reader: &mut LogReader, printer: &mut Printer) {
        match found {
            Ok(sources) => {
                self.missing = !sources.missing.is_empty();
                self.trouble.unread(&sources.missing.iter().map(Missing::words).collect::<Vec<_>>());
                join(sources, &mut self.groups, reader, printer);
            }
            Err(report) => {
                self.missing = true;
                self.trouble.unread(&report.causes);
            }
        }
    }

    /// Writes lines that came; an exit code where they end it.
    fn lines(
        &mut self,
        lines: &[Out],
        reader: &mut LogReader,
        writer: &mut Writer<'_>,
    ) -> Result<Option<ExitCode>, Report> {
        let over = writer.write(lines)?;
        if over.is_some() {
            return Ok(over);
        }
        let states = reader.states();
        self.trouble.tell(&states, self.arguments.follow);
        if let Err(report) = not_refused(&states, self.arguments.follow) {
            return write_rest(reader, writer)?.ok_or(report).map(Some);
        }
        if writer.newest.is_some() && reader.caught_up() {
            writer.write(&reader.flush())?;
            return writer.write_kept();
        }
        Ok(None)
    }

    /// The time is up: what was read is written.
    fn time_is_up(&self, reader: &mut LogReader, writer: &mut Writer<'_>) -> Result<ExitCode, Report> {
        if let Some(code) = write_rest(reader, writer)? {
            return Ok(code);
        }
        if !self.arguments.follow {
            say(TIME_IS_UP);
        }
        let unread = reader.unread();
        if let Some(code) = writer.write(&unread)? {
            return Ok(code);
        }
        // Following for a time is what was asked for; a line that did not come is not.
        Ok(match self.arguments.follow && writer.exit_on.is_none() {
            true if self.missing || self.unsure || !unread.is_empty() => ExitCode::Incomplete,
            true => ExitCode::Done,
            false => ExitCode::TimedOut,
        })
    }
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
fn trusted(heard: ReaderEvent, follow: bool) -> Result<(), Report> {
    match heard {
        ReaderEvent::WrongAccount(account) => {
            let message = format!("the renewed credentials are for account {account}");
            Err(Report::new("wrong_account", message, ExitCode::Refused)
                .hint("use the --profile of the configured account"))
        }
        // What no retry can help, and a read that ends, need not wait for ever.
        ReaderEvent::Unknown(failure, times) if failure.lasting || (!follow && times >= IDENTITY_TRIES) => {
            Err(Report::of_failure("cannot tell whose the renewed credentials are", &failure))
        }
        ReaderEvent::Unknown(failure, 1) => {
            say(&format!("cannot tell whose the renewed credentials are: {failure}; it is tried again"));
            Ok(())
        }
        ReaderEvent::Unknown(..) | ReaderEvent::Lines(_) | ReaderEvent::Ended => Ok(()),
    }
}

/// The next event, or none when the time is up.
async fn until_end(end: Option<Instant>, reader: &mut LogReader) -> Option<ReaderEvent> {
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
    after: Duration,
    known: Option<Reading>,
) -> (Option<Reading>, Result<Sources, Report>) {
    tokio::time::sleep(after).await;
    let mut reading = match known {
        Some(mut reading) => {
            reading.collector.again(context.limit()).await;
            reading
        }
        None => match context.collect(log_groups::SOURCES, false).await {
            Ok(reading) => reading,
            Err(report) => return (None, Err(report)),
        },
    };
    let found = log_groups::of_services(&mut reading, asked, context.end()).await;
    (Some(reading), found)
}

/// Follows groups that have come; those that nobody writes into any more are followed on.
fn join(fresh: Sources, now: &mut Vec<GroupSource>, reader: &mut LogReader, printer: &mut Printer) {
    let mut all = now.clone();
    for group in fresh.groups {
        if let Some(known) = all.iter_mut().find(|known| known.group == group.group && known.region == group.region) {
            // Earlier writers may still write: a rollout takes minutes.
            let new: Vec<_> = group.writers.into_iter().filter(|writer| !known.writers.contains(writer)).collect();
            known.writers.extend(new);
            let new: Vec<_> = group.others.into_iter().filter(|other| !known.others.contains(other)).collect();
            known.others.extend(new);
            // Tasks that have ended are kept: whose lines they wrote stays known.
            known.tasks.extend(group.tasks);
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
