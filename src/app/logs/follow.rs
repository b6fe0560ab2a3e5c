//! Follows log groups continuously, page by page, without losing lines. One-time reads are in [`super::single_read`].
//!
//! Each group is read from the end of the last read with an overlap, because lines may become visible seconds after
//! they were written; lines already seen are recognized by id. Most rounds look back a few seconds, one every 20 s
//! looks back two minutes. In busy groups each range is read once more when it is old enough (`again`), and what cannot
//! be reread becomes a gap row. A failure does not move the position: the next try starts where the last good read
//! ended, so it leaves no gap.
//!
//! If more lines come than requests can bring, a round does not end. It still advances what is covered page by page,
//! and forgets the ids that no later look back will bring again, so memory is bounded by the look back. No round begins
//! before what was forgotten: no line comes twice.
//!
//! A live tail beside the rounds sends once a second. Rounds stay fast while they are the first to bring lines; if the
//! service shows lines to the tail first, they are slow and only fill in what it missed. Lines of a live tail have no
//! ids, so they are identified by content and time, and by how many identical lines came before.

pub use super::feed::{Batch, Gap, Plan, ReceivedLine};
use super::feed::{Feed, Recent, content, overlap};
use super::memory_bound::MAX_REMEMBERED_LINES;
use super::sources::GroupSource;
use crate::app::backoff;
use crate::model::logs::{LiveUpdate, LogPage, LogWindow, Ms};
use crate::model::{Failure, FailureKind};
use jiff::SignedDuration;
use log_store::store::hash;
use std::collections::HashMap;

/// The interval between two rounds of a group, in milliseconds.
pub const INTERVAL: Ms = 800;
/// The interval between two rounds beside a live tail that is the first to bring lines.
pub const LIVE_INTERVAL: Ms = 15_000;
/// The interval between two rounds beside a live tail that is not the first.
const FAST_INTERVAL: Ms = 200;
/// Rounds per second over all groups in that case: polling's half of the budget, since a person requested it.
const FAST_ROUNDS: Ms = 5;
/// Rounds stay fast while they are first with at least this share of the lines.
const LEAD: f64 = 0.2;
/// The weight of one line in that share, which is an exponential moving average.
const LEAD_STEP: f64 = 0.1;
/// Rounds per second over all groups: within polling's half of the 10 that `FilterLogEvents` allows.
pub const MAX_ROUNDS_PER_SECOND: Ms = 4;
/// How long after a read lines of the last moments may still become visible.
const SETTLE: Ms = 300;
/// A request to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Returned with the answer.
    pub number: u64,
    /// The range of time to read.
    pub window: LogWindow,
}

/// The state of reading one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedState {
    /// The name of the log group.
    pub group: String,
    /// Everything up to this time was read.
    pub covered: Ms,
    /// How far the reading is behind, in milliseconds.
    pub behind: Ms,
    /// Recent lines per second.
    pub rate: f64,
    /// Number of lines received.
    pub lines: u64,
    /// The last failure, unless it was read since.
    pub failure: Option<Failure>,
    /// Number of requests that failed in a row.
    pub failures: u32,
    /// When the next try is.
    pub retry: Option<Ms>,
    /// Whether it was read to its end.
    pub ended: bool,
    /// How far a deep round looks back, in milliseconds.
    pub overlap: Ms,
}

/// Number of failures in a row after which a group is given up, if it is read to an end or no retry can help.
pub(super) const TRIES: u32 = 8;

impl FeedState {
    /// The failure if no retry can help: AWS refuses a key that cannot be renewed while this runs. A reader that
    /// follows for hours must not end on a single refusal among answers, so it needs several in a row.
    pub fn permanent_refusal(&self, follows: bool) -> Option<&Failure> {
        let refused = |failure: &&Failure| failure.kind == FailureKind::Credentials && failure.permanent;
        self.failure.as_ref().filter(refused).filter(|_| !follows || self.failures >= TRIES)
    }
}

/// Decides what is requested from followed log groups, and interprets the answers.
#[derive(Debug, Clone)]
pub struct Follower {
    plan: Plan,
    pattern: Option<String>,
    feeds: Vec<Feed>,
    serial: u64,
    /// How far the service's clock is ahead of the local one.
    ahead: Ms,
    /// Beside a live tail: the share of recent lines that rounds brought first.
    lead: f64,
    /// Maximum number of lines remembered per group.
    most: usize,
}

impl Follower {
    /// Reads these groups according to a plan.
    pub fn new(sources: Vec<GroupSource>, plan: Plan, pattern: Option<String>) -> Self {
        let mut follower =
            Self { plan, pattern, feeds: Vec::new(), serial: 0, ahead: 0, lead: 1.0, most: MAX_REMEMBERED_LINES };
        follower.set_sources(sources);
        follower
    }

    /// Sets how far the service's clock is ahead: see [`Self::set_ahead`].
    #[must_use]
    pub fn ahead_by(mut self, ahead: Ms) -> Self {
        self.set_ahead(ahead);
        self
    }

    /// Sets the maximum number of lines remembered.
    #[cfg(test)]
    pub(super) fn with_memory_limit(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Sets how far the service's clock is ahead of the local one (behind: negative), as far as known.
    pub fn set_ahead(&mut self, ahead: Ms) {
        self.ahead = ahead;
    }

    /// Follows these groups from now on: new ones from the plan's beginning, known ones from where they are.
    pub fn set_sources(&mut self, sources: Vec<GroupSource>) {
        let place = |source: &GroupSource| (source.group.clone(), source.region.clone());
        let mut old: HashMap<_, Feed> = self.feeds.drain(..).map(|feed| (place(&feed.source), feed)).collect();
        for source in sources {
            let feed = match old.remove(&place(&source)) {
                Some(mut feed) => {
                    if feed.source != source {
                        feed.names.clear();
                        feed.source = source;
                    }
                    feed
                }
                None => Feed::new(source, self.plan.since),
            };
            self.feeds.push(feed);
        }
    }

    /// The followed groups.
    pub fn sources(&self) -> impl Iterator<Item = &GroupSource> {
        self.feeds.iter().map(|feed| &feed.source)
    }

    /// Abandons requests in flight: they are sent again.
    pub fn abandon_requests(&mut self, now: Ms) {
        for feed in &mut self.feeds {
            feed.flight = None;
            feed.due = now;
        }
    }

    /// Whether there are no groups to read.
    pub fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    fn interval(&self) -> Ms {
        let (least, rounds) = match (self.plan.live, self.fast()) {
            (false, _) => (INTERVAL, MAX_ROUNDS_PER_SECOND),
            (true, true) => (FAST_INTERVAL, FAST_ROUNDS),
            (true, false) => (LIVE_INTERVAL, MAX_ROUNDS_PER_SECOND),
        };
        least.max(self.feeds.len() as Ms * 1_000 / rounds)
    }

    /// Whether rounds beside a live tail are worth their requests.
    fn fast(&self) -> bool {
        self.lead >= LEAD
    }

    /// Returns the requests that are due now.
    pub fn tick(&mut self, now: Ms) -> Vec<PageRequest> {
        let server = now + self.ahead;
        let plan = self.plan;
        let fills = plan.live && !self.fast();
        let mut asks = Vec::new();
        for feed in &mut self.feeds {
            let Some(round) = feed.next_round(fills, now, server) else { continue };
            round.asked = server;
            self.serial += 1;
            let window = LogWindow {
                from: round.from.max(0),
                to: Some(round.to),
                pattern: self.pattern.clone(),
                token: round.token.clone(),
                ..LogWindow::default()
            };
            feed.flight = Some(self.serial);
            let source = &feed.source;
            let (region, group, prefix) = (source.region.clone(), source.group.clone(), source.prefix());
            let window = LogWindow { region, group, prefix, ..window };
            asks.push(PageRequest { number: self.serial, window });
        }
        asks
    }

    /// When the next request may be due.
    pub fn due(&self) -> Option<Ms> {
        self.feeds.iter().filter(|feed| feed.flight.is_none()).map(|feed| feed.due).min()
    }

    /// Takes a page of the request with this number.
    pub fn page(&mut self, number: u64, page: LogPage, now: Ms) -> Batch {
        let (plan, interval) = (self.plan, self.interval());
        let Some(feed) = self.feeds.iter_mut().find(|feed| feed.flight == Some(number)) else {
            return Batch::default();
        };
        feed.flight = None;
        (feed.failures, feed.failure, feed.gone_reported) = (0, None, false);
        let mut batch = Batch::default();
        let ingested = page.events.iter().map(|event| event.ingested).max();
        self.ahead = self.ahead.max(ingested.map_or(Ms::MIN, |ingested| ingested - now));
        if let Some(round) = feed.back.take_if(|_| feed.reread_in_flight) {
            feed.take_reread(round, page, plan, &mut batch);
            feed.count(&batch, now);
            feed.forget(plan.live, feed.round.as_ref().map_or(Ms::MAX, |round| round.position));
            feed.give_up(now + self.ahead, &mut batch);
            return batch;
        }
        let Some(mut round) = feed.round.take() else { return Batch::default() };
        feed.lines_of(&mut round, page.events, plan, &mut batch);
        if plan.live && !feed.first {
            let fresh = batch.lines.iter().filter(|line| !line.late).count();
            self.lead = 1.0 - (1.0 - self.lead) * (1.0 - LEAD_STEP).powi(fresh.min(100) as i32);
        }
        feed.count(&batch, now);
        if page.next.is_some() {
            round.token = page.next;
            feed.due = now;
            feed.advance(&mut round);
            let behind = now + self.ahead - round.position.max(feed.covered);
            if let Some(skip) = plan.skip.filter(|skip| behind > *skip && !feed.first) {
                let to = now + self.ahead - skip / 4;
                batch.gaps.push(Gap {
                    group: feed.source.group.clone(),
                    from: round.position.max(feed.covered),
                    to,
                    sampled: false,
                    why: "more lines came than can be read at the rate that AWS allows: a live tail or a filter needs fewer requests".to_owned(),
                });
                let left = feed.reread_progress.skip(round.position.max(feed.covered), to);
                feed.report_skipped(left, &mut batch);
                feed.back = None;
                feed.covered = to;
                feed.forget(plan.live, to);
                return batch;
            }
            feed.forget(plan.live, round.position);
            feed.give_up(now + self.ahead, &mut batch);
            if feed.should_look_back(&round, behind) {
                feed.first = false;
            } else {
                feed.round = Some(round);
            }
            return batch;
        }
        // Read to the end: everything visible when the round began was read.
        feed.covered = round.began.max(feed.covered);
        feed.reread_progress.record_page(&mut round.reach, round.from, round.to, round.asked);
        (feed.first, feed.reread_goes_first) = (false, true);
        feed.due = (round.began - self.ahead + interval).max(now);
        feed.forget(plan.live, Ms::MAX);
        feed.give_up(now + self.ahead, &mut batch);
        batch
    }

    /// Records that the request with this number failed.
    pub fn failed(&mut self, number: u64, failure: Failure, now: Ms) -> Batch {
        let Some(feed) = self.feeds.iter_mut().find(|feed| feed.flight == Some(number)) else {
            return Batch::default();
        };
        feed.flight = None;
        feed.failures += 1;
        let mut batch = Batch::default();
        // The token is no longer accepted: the round continues where its lines ended.
        let failed = if feed.reread_in_flight { feed.back.as_mut() } else { feed.round.as_mut() };
        if let Some(round) = failed.filter(|round| round.token.is_some())
            && (failure.kind == FailureKind::Invalid || feed.failures.is_multiple_of(3))
        {
            round.token = None;
            round.from = round.position;
            round.alike.clear();
        }
        if failure.kind == FailureKind::NotFound && feed.lines > 0 && !feed.gone_reported {
            feed.gone_reported = true;
            batch.gaps.push(Gap {
                group: feed.source.group.clone(),
                from: feed.covered,
                to: now + self.ahead,
                sampled: false,
                why: format!("the group is gone: {}", failure.message),
            });
        }
        feed.due = now + wait(feed.failures);
        feed.failure = Some(failure);
        batch
    }

    /// Takes one second of a live tail.
    pub fn live(&mut self, update: LiveUpdate, now: Ms) -> Batch {
        let plan = self.plan;
        let mut batch = Batch::default();
        if update.started {
            // Lines came while the tail was not connected.
            for feed in self.feeds.iter_mut().filter(|feed| feed.flight.is_none()) {
                feed.due = now;
            }
        }
        if update.sampled {
            let times = update.events.iter().map(|(_, event)| event.ingested);
            let to = times.clone().max().unwrap_or(now + self.ahead);
            let from = times.min().unwrap_or(to - 1_000);
            let group = update.events.first().map(|(group, _)| group.clone()).unwrap_or_default();
            batch.gaps.push(Gap {
                group,
                from,
                to,
                sampled: true,
                why: "more than 500 lines came in a second: the live tail shows a part; the rest is filled in as far as requests allow".to_owned(),
            });
            for feed in self.feeds.iter_mut().filter(|feed| feed.flight.is_none()) {
                feed.due = feed.due.min(now + 1_000);
            }
        }
        for (group, event) in update.events {
            let Some(feed) = self.feeds.iter_mut().find(|feed| feed.source.group == group) else { continue };
            self.ahead = self.ahead.max(event.ingested - now);
            let content = content(&event);
            let (count, at) = feed.identical_counts.entry(content).or_insert((0, event.at));
            (*count, *at) = (*count + 1, event.at);
            let id = hash(&[&content.to_le_bytes(), &count.to_le_bytes()]);
            feed.take(event, id, plan, &mut Recent::new(), &mut batch);
        }
        self.lead *= (1.0 - LEAD_STEP).powi(batch.lines.len().min(100) as i32);
        for feed in &mut self.feeds {
            let count = batch.lines.iter().filter(|line| line.source.group == feed.source.group).count();
            feed.lines += count as u64;
            feed.limit_remembered(self.most, &mut batch);
        }
        batch
    }

    /// Handles the end of the live tail: what it may have missed is read at once.
    pub fn live_tail_ended(&mut self, now: Ms) {
        self.lead = 1.0;
        for feed in self.feeds.iter_mut().filter(|feed| feed.flight.is_none() && feed.failure.is_none()) {
            feed.due = now;
        }
    }

    /// The time up to which everything was read, of every group that answers.
    pub fn covered(&self) -> Ms {
        let healthy = self.feeds.iter().filter(|feed| feed.failure.is_none());
        let covered = healthy.map(|feed| feed.covered.max(feed.position() - 1)).min();
        covered.map_or(Ms::MAX, |covered| covered - SETTLE)
    }

    /// Whether everything that existed at the beginning was read, of every group that answers.
    pub fn caught_up(&self) -> bool {
        self.feeds.iter().all(|feed| !feed.first || feed.failure.is_some())
    }

    /// The number of ids remembered.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        let round = |feed: &Feed| feed.round.iter().chain(&feed.back).map(|round| round.alike.len()).sum::<usize>();
        self.feeds.iter().map(|feed| feed.seen.len() + feed.identical_counts.len() + round(feed)).sum()
    }

    /// The gaps of each group if following ends now: its first range, and lines that came while it could not be read. A
    /// group that no longer exists was already reported.
    pub fn unread(&self, now: Ms) -> Vec<Gap> {
        let unread = self.feeds.iter().filter(|feed| (feed.first || feed.failure.is_some()) && !feed.gone_reported);
        let gap = |feed: &Feed| Gap {
            group: feed.source.group.clone(),
            from: feed.position(),
            to: (now + self.ahead).max(feed.position()),
            sampled: false,
            why: feed.failure.as_ref().map_or_else(|| "it was not read in time".to_owned(), ToString::to_string),
        };
        unread.map(gap).collect()
    }

    /// The state of each group.
    pub fn states(&self, now: Ms) -> Vec<FeedState> {
        let server = now + self.ahead;
        let state = |feed: &Feed| FeedState {
            group: feed.source.group.clone(),
            covered: feed.covered,
            behind: match &feed.round {
                // Unread lines of the requested past are no delay.
                _ if feed.first => 0,
                Some(round) if round.token.is_some() => server - round.position.max(feed.covered),
                _ => (server - feed.covered - self.interval()).max(0),
            },
            rate: feed.rate,
            lines: feed.lines,
            failure: feed.failure.clone(),
            failures: feed.failures,
            retry: feed.failure.as_ref().map(|_| feed.due),
            ended: false,
            overlap: overlap(feed.rate, true),
        };
        self.feeds.iter().map(state).collect()
    }
}

/// How long to wait after this many failures in a row, in milliseconds.
pub(super) fn wait(failures: u32) -> Ms {
    backoff::wait(SignedDuration::from_secs(1), failures).as_millis() as Ms
}
