//! Reads and prints lines in order, until the end, a condition, or forever.

use super::args::Arguments;
use super::report::{Form, Printer};
use super::tail::{self, Newest};
use super::writer::{TroubleReporter, Writer};
use crate::app::logs::follow::{FeedState, Follower, Plan};
use crate::app::logs::reader::{OutputItem, ReadMode, ReaderEvent};
use crate::app::logs::single_read::{self, OneTimeReader, Rates};
use crate::app::logs::sources::{GroupSource, Missing, Sources};
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::log_groups::{self, GroupRequest, print_note};
use crate::runtime::event_loop::EventLoop;
use crate::runtime::logs::LogReader;
use crate::runtime::output::reader_is_gone;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::Instant;

/// The number of attempts to identify renewed credentials, over a quarter of a minute, in a read that does not follow.
const IDENTITY_TRIES: u32 = 5;
const TIME_IS_UP: &str = "the time is up before everything was read; give it more time with --timeout";

/// The time range of the lines, in milliseconds.
pub(super) struct Range {
    pub(super) since: i64,
    pub(super) until: Option<i64>,
    /// AWS's time when the command began.
    pub(super) now: i64,
}

/// Returns the form in which lines are printed.
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
    pub(super) request: GroupRequest<'a>,
    /// The deadline of `--timeout`.
    pub(super) end: Option<Instant>,
    pub(super) range: Range,
    pub(super) rates: Rates,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    /// The interval between two lookups of the services' log groups.
    pub(super) lookup_interval: Duration,
    /// The groups that are read.
    pub(super) groups: Vec<GroupSource>,
    /// Whether the account of the credentials could not be checked.
    pub(super) account_unknown: bool,
    /// Whether some log groups could not be determined.
    pub(super) missing: bool,
    pub(super) trouble: TroubleReporter,
}

impl Run<'_> {
    /// Reads the newest lines. Prints them and ends, or returns the event loop that follows from where they begin.
    pub(super) async fn newest(
        &mut self,
        most: usize,
        mut event_loop: EventLoop,
        writer: &mut Writer<'_>,
    ) -> Result<ControlFlow<ExitCode, EventLoop>, Report> {
        let Range { since, until, now } = self.range;
        let rates = Rates { get: None, ..self.rates };
        let plan = single_read::Plan { since, until, begun: now, pattern: self.arguments.pattern.clone(), rates };
        let mut complete = true;
        writer.newest = Some(Newest::new(most));
        if most > 0 {
            (event_loop, complete) = Box::pin(self.look_back(event_loop, &plan, writer)).await?;
        }
        if !self.arguments.follow || !complete {
            let over = writer.write_collected()?;
            if !complete {
                print_note(TIME_IS_UP);
            }
            let code = if complete { self.read_all(writer) } else { ExitCode::TimedOut };
            return Ok(ControlFlow::Break(over.unwrap_or(code)));
        }
        // When following, the newest lines are read once more and continued from there. A group that failed is retried.
        let begins = || writer.newest.as_ref().and_then(Newest::follow_start).unwrap_or(since).max(since);
        self.range.since = if most == 0 { now } else { begins() };
        writer.reset();
        writer.newest = (most > 0).then(|| Newest::new(most));
        writer.missing = false;
        Ok(ControlFlow::Continue(event_loop))
    }

    /// Repeats the read, each time from further back, until the writer has the wanted number of lines or there are no
    /// more. Returns false if the time was up.
    async fn look_back(
        &mut self,
        mut event_loop: EventLoop,
        plan: &single_read::Plan,
        writer: &mut Writer<'_>,
    ) -> Result<(EventLoop, bool), Report> {
        let mut groups = self.groups.clone();
        for since in tail::look_starts(plan.since, plan.until.unwrap_or(plan.begun)) {
            writer.reset();
            let once = OneTimeReader::new(groups.clone(), single_read::Plan { since, ..plan.clone() });
            let mut reader = LogReader::new(event_loop, ReadMode::Once(Box::new(once)), i64::MAX, self.account.clone());
            loop {
                match until_end(self.end, &mut reader).await {
                    Some(ReaderEvent::Lines(lines)) => {
                        writer.write(&lines)?;
                        let states = reader.states();
                        self.trouble.report(&states, false);
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
            event_loop = reader.into_ring();
            // A failed read is reported once; the other groups are read further back.
            groups.retain(|group| !writer.failed.contains(&group.group));
            if groups.is_empty() || writer.newest.as_ref().is_none_or(Newest::is_full) {
                break;
            }
        }
        Ok((event_loop, true))
    }

    /// Returns the exit code if everything readable was read.
    fn read_all(&self, writer: &Writer<'_>) -> ExitCode {
        if writer.missing || self.missing || self.account_unknown { ExitCode::Incomplete } else { ExitCode::Done }
    }

    /// Reads until the end, a condition, or forever.
    pub(super) async fn read(
        mut self,
        event_loop: EventLoop,
        live: Option<Vec<String>>,
        writer: &mut Writer<'_>,
    ) -> Result<ExitCode, Report> {
        let follow = self.arguments.follow;
        let delay = if follow { self.arguments.delay.as_millis() as i64 } else { i64::MAX };
        let mut reader = LogReader::new(event_loop, self.way(), delay, self.account.clone());
        if let Some(arns) = live {
            reader.open_live_tails(&arns);
        }
        let (context, request, again) = (self.context, self.request, self.lookup_interval);
        let follows_services = follow && request.follows_services();
        let mut fresh = Box::pin(resolve_again(context, &request, again, None));
        loop {
            let event = tokio::select! {
                event = until_end(self.end, &mut reader) => event,
                (known, sources) = &mut fresh, if follows_services => {
                    fresh.set(resolve_again(context, &request, again, known));
                    self.update_groups(sources, &mut reader, writer.printer);
                    continue;
                }
            };
            if follow && reader_is_gone() {
                return Ok(ExitCode::Done);
            }
            match event {
                Some(ReaderEvent::Lines(lines)) => {
                    if let Some(code) = self.lines(&lines, &mut reader, writer)? {
                        return Ok(code);
                    }
                }
                Some(ReaderEvent::Ended) => {
                    // Groups of another region are not in this region's list.
                    let local_groups =
                        self.groups.iter().filter(|group| group.region.is_none() || group.region == self.region);
                    let names: Vec<String> = local_groups.map(|group| group.group.clone()).collect();
                    let Range { since, now, .. } = self.range;
                    log_groups::print_expired_if_known(&mut reader.into_ring(), &names, since, now, self.end).await;
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

    /// Returns how the groups are read: following, or once.
    fn way(&self) -> ReadMode {
        let Range { since, until, now } = self.range;
        let (groups, pattern) = (self.groups.clone(), self.arguments.pattern.clone());
        if self.arguments.follow {
            let plan = Plan { since, live: self.arguments.live, skip: None };
            return ReadMode::Follow(Box::new(Follower::new(groups, plan, pattern)));
        }
        // Lines from GetLogEvents lack ids, which the JSON output must contain.
        let no_ids = form(self.context) != Form::Json && self.arguments.tee.is_none();
        let rates = Rates { get: self.rates.get.filter(|_| no_ids), ..self.rates };
        ReadMode::Once(Box::new(OneTimeReader::new(
            groups,
            single_read::Plan { since, until, begun: now, pattern, rates },
        )))
    }

    /// Updates the services' log groups.
    fn update_groups(&mut self, found: Result<Sources, Report>, reader: &mut LogReader, printer: &mut Printer) {
        match found {
            Ok(sources) => {
                self.missing = !sources.missing.is_empty();
                self.trouble.report_unread(&sources.missing.iter().map(Missing::describe).collect::<Vec<_>>());
                join(sources, &mut self.groups, reader, printer);
            }
            Err(report) => {
                self.missing = true;
                self.trouble.report_unread(&report.causes);
            }
        }
    }

    /// Prints lines that arrived; returns an exit code if one of them ends the command.
    fn lines(
        &mut self,
        lines: &[OutputItem],
        reader: &mut LogReader,
        writer: &mut Writer<'_>,
    ) -> Result<Option<ExitCode>, Report> {
        let over = writer.write(lines)?;
        if over.is_some() {
            return Ok(over);
        }
        let states = reader.states();
        self.trouble.report(&states, self.arguments.follow);
        if let Err(report) = not_refused(&states, self.arguments.follow) {
            return write_rest(reader, writer)?.ok_or(report).map(Some);
        }
        if writer.newest.is_some() && reader.caught_up() {
            writer.write(&reader.flush())?;
            return writer.write_collected();
        }
        Ok(None)
    }

    /// Prints what was read when the time is up.
    fn time_is_up(&self, reader: &mut LogReader, writer: &mut Writer<'_>) -> Result<ExitCode, Report> {
        if let Some(code) = write_rest(reader, writer)? {
            return Ok(code);
        }
        if !self.arguments.follow {
            print_note(TIME_IS_UP);
        }
        let unread = reader.remaining_gaps();
        if let Some(code) = writer.write(&unread)? {
            return Ok(code);
        }
        // A followed time range that ends by timeout is complete; a line awaited by `--exit-on` that never came is not.
        Ok(match self.arguments.follow && writer.exit_on.is_none() {
            true if self.missing || self.account_unknown || !unread.is_empty() => ExitCode::Incomplete,
            true => ExitCode::Done,
            false => ExitCode::TimedOut,
        })
    }
}

/// Prints lines that were held back for ordering or for `--tail`. Returns an exit code if one of them ends the command.
fn write_rest(reader: &mut LogReader, writer: &mut Writer<'_>) -> Result<Option<ExitCode>, Report> {
    let over = writer.write(&reader.flush())?;
    Ok(over.or(writer.write_collected()?))
}

/// Fails if a group's credentials are refused for good, and cannot be renewed while this command runs.
fn not_refused(states: &[FeedState], follows: bool) -> Result<(), Report> {
    let refused = states.iter().find_map(|state| Some((state, state.permanent_refusal(follows)?)));
    refused.map_or(Ok(()), |(state, failure)| {
        Err(Report::from_failure(format!("{} cannot be read any more", state.group), failure))
    })
}

/// Checks an event about renewed credentials: fails if they belong to another account, or cannot be identified.
fn trusted(event: ReaderEvent, follow: bool) -> Result<(), Report> {
    match event {
        ReaderEvent::WrongAccount(account) => {
            let message = format!("the renewed credentials are for account {account}");
            Err(Report::new("wrong_account", message, ExitCode::Refused)
                .hint("use the --profile of the configured account"))
        }
        // A lasting failure, or too many attempts in a read that does not follow.
        ReaderEvent::IdentityUnreadable(failure, times)
            if failure.permanent || (!follow && times >= IDENTITY_TRIES) =>
        {
            Err(Report::from_failure("cannot tell whose the renewed credentials are", &failure))
        }
        ReaderEvent::IdentityUnreadable(failure, 1) => {
            print_note(&format!("cannot tell whose the renewed credentials are: {failure}; it is tried again"));
            Ok(())
        }
        ReaderEvent::IdentityUnreadable(..) | ReaderEvent::Lines(_) | ReaderEvent::Ended => Ok(()),
    }
}

/// Returns the next event; `None` if the time is up.
async fn until_end(end: Option<Instant>, reader: &mut LogReader) -> Option<ReaderEvent> {
    match end {
        Some(end) => tokio::time::timeout_at(end, reader.next()).await.ok(),
        None => Some(reader.next().await),
    }
}

/// Looks up the services' log groups again after a delay. `known` keeps the credentials and task definitions, which are
/// not read again.
async fn resolve_again(
    context: &Context,
    request: &GroupRequest<'_>,
    after: Duration,
    known: Option<Reading>,
) -> (Option<Reading>, Result<Sources, Report>) {
    tokio::time::sleep(after).await;
    let mut reading = match known {
        Some(mut reading) => {
            reading.collector.read_again(context.time_left()).await;
            reading
        }
        None => match context.collect(log_groups::SOURCES, false).await {
            Ok(reading) => reading,
            Err(report) => return (None, Err(report)),
        },
    };
    let found = log_groups::of_services(&mut reading, request, context.deadline()).await;
    (Some(reading), found)
}

/// Starts following new groups. Groups without a current writer are still followed.
fn join(fresh: Sources, now: &mut Vec<GroupSource>, reader: &mut LogReader, printer: &mut Printer) {
    let mut joined = now.clone();
    for group in fresh.groups {
        if let Some(known) = joined.iter_mut().find(|known| known.group == group.group && known.region == group.region)
        {
            // Earlier writers may still write: a rollout takes minutes.
            let new: Vec<_> = group.writers.into_iter().filter(|writer| !known.writers.contains(writer)).collect();
            known.writers.extend(new);
            let new: Vec<_> =
                group.other_writers.into_iter().filter(|other| !known.other_writers.contains(other)).collect();
            known.other_writers.extend(new);
            // Ended tasks are kept, so that their lines still get their service.
            known.tasks.extend(group.tasks);
            known.writers_only |= group.writers_only;
        } else {
            print_note(&format!("{} joins", group.group));
            joined.push(group);
        }
    }
    if joined != *now {
        printer
            .set_services(joined.iter().flat_map(|group| group.writers.iter().map(|writer| writer.service.as_str())));
        reader.set_sources(joined.clone());
        *now = joined;
    }
}
