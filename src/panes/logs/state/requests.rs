//! Requests of the Logs pane, and the handling of their answers.

use super::{INITIAL_SPAN, Listing, Live, NAME, OlderRead, State};
use crate::app::backoff::Backoff;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::logs::follow::{Batch, Follower, Gap, Plan};
use crate::app::logs::insights::{self, Running};
use crate::app::logs::single_read::{self, OneTimeReader, Rates};
use crate::app::logs::sources::{self, Missing, Sources, live_arns};
use crate::app::ticket::{Owner, Ticket};
use crate::config::EnvironmentConfig;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::logs::{InsightsQuery, Ms};
use crate::model::{Estate, Failure, FailureKind};
use jiff::Timestamp;

/// Request kind: pages of followed groups.
const FOLLOW: u8 = 0;
/// Request kind: pages of older lines.
const PAST: u8 = 1;
/// Request kind: live tails.
const LIVE: u8 = 2;
/// Request kind: Insights queries.
const INSIGHTS: u8 = 3;
/// Request kind: lists of groups; the serial contains the pattern's index.
const GROUPS: u8 = 4;
/// Request kind: sizes of groups.
const SIZES: u8 = 5;
/// Maximum number of lines that one read of older lines brings.
const PAST_LINES: usize = 200_000;
/// Pages per second when reading older lines: half of what `FilterLogEvents` allows, the operator's share.
const PAST_RATE: f64 = 5.0;
/// Interval at which the groups are derived again, in milliseconds.
const RESOLVE: Ms = 3_000;
/// A group that is further behind than this skips to new lines and reports a gap, in milliseconds.
const SKIP: Ms = 60_000;

impl State {
    /// Returns the requests that are due.
    pub fn plan(
        &mut self,
        estate: &Estate,
        environment: &EnvironmentConfig,
        generation: u32,
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut effects = std::mem::take(&mut self.leaving);
        effects.extend(self.take_tee());
        if !self.opened || !self.can_request(estate) {
            return effects;
        }
        let at = now.as_millisecond();
        let ticket = |kind: u8, serial: u64| ticket(generation, kind, serial);
        let (following, listing) = (self.following, self.listing);
        if self.lists.is_empty() {
            let patterns = environment.logs.iter().filter(|pattern| log_store::pattern::is_pattern(pattern));
            let listing = |pattern: &String| Listing {
                pattern: pattern.clone(),
                due: Some(at),
                failed: Backoff::default(),
                failure: None,
            };
            self.lists = patterns.map(listing).collect();
        }
        for (n, list) in (0..).zip(&mut self.lists) {
            if list.due.take_if(|due| *due <= at).is_some() {
                let prefix = log_store::pattern::literal_prefix(&list.pattern).to_owned();
                let query = Query::LogGroups { prefix };
                effects.push(Effect::Fetch {
                    ticket: ticket(GROUPS, numbered(listing, n)),
                    priority: Priority::Background,
                    ask: query.into(),
                });
            }
        }
        self.resolve(estate, environment, at);
        if let Some(follower) = &mut self.follower {
            for ask in follower.tick(at) {
                let query = Query::LogPage(Box::new(ask.window));
                effects.push(Effect::Fetch {
                    ticket: ticket(FOLLOW, numbered(following, ask.number)),
                    priority: Priority::Background,
                    ask: query.into(),
                });
            }
        }
        if let Some(past) = &mut self.older_read {
            for ask in past.reader.tick(at, 0) {
                let ticket = ticket(PAST, numbered(past.number, ask.number));
                effects.push(Effect::Fetch { ticket, priority: Priority::Operator, ask: ask.query.into() });
            }
        }
        if self.live.on && self.live.serial.is_none() && self.live.due <= at {
            let arns = arns(&self.sources, self.region.as_deref(), estate, environment);
            if !arns.is_empty() {
                self.serial += 1;
                self.live.serial = Some(self.serial);
                let query = Query::LiveTail { groups: arns };
                effects.push(Effect::Fetch {
                    ticket: ticket(LIVE, self.serial),
                    priority: Priority::Background,
                    ask: query.into(),
                });
            }
        }
        effects
    }

    /// Starts an Insights query over the followed groups.
    pub fn query(&mut self, name: &str, text: &str, now: Timestamp, generation: u32) -> Option<Effect> {
        let groups = self.group_names();
        if groups.is_empty() {
            return None;
        }
        self.stop_query();
        self.serial += 1;
        let ticket = ticket(generation, INSIGHTS, self.serial);
        self.insights.running = Some(Running { ticket, name: name.to_owned() });
        let (from, to) = self.insights.span(self.span, now.as_millisecond());
        let query = InsightsQuery { groups, text: text.to_owned(), from, to, limit: 1_000 };
        Some(Effect::Fetch { ticket, priority: Priority::Operator, ask: Query::Insights(Box::new(query)).into() })
    }

    /// Stops the running query, because every scanned byte costs. Returns whether one was running.
    pub fn stop_query(&mut self) -> bool {
        let Some(running) = self.insights.running.take() else { return false };
        self.leaving.push(Effect::CancelFetch(running.ticket));
        true
    }

    /// Requests the sizes of the groups, needed to estimate query costs, unless they are known.
    pub fn request_sizes(&mut self, generation: u32) -> Option<Effect> {
        let groups = self.group_names();
        if self.insights.knows_sizes(&groups) {
            return None;
        }
        self.insights.sizes.clear();
        let ticket = ticket(generation, SIZES, 0);
        let query = Query::LogGroups { prefix: insights::common_prefix(&groups) };
        Some(Effect::Fetch { ticket, priority: Priority::Operator, ask: query.into() })
    }

    /// Groups that a query may search: at most 50, in the environment's region.
    pub fn group_names(&self) -> Vec<String> {
        self.sources.in_region(self.region.as_deref()).map(|group| group.group.clone()).take(50).collect()
    }

    /// Whether requests may be sent: only after the account is known to be the right one.
    pub fn can_request(&mut self, estate: &Estate) -> bool {
        let kind = estate.identity.failure().map(|failure| failure.kind);
        if matches!(kind, Some(FailureKind::WrongAccount | FailureKind::Credentials)) {
            return false;
        }
        // If STS cannot be reached at all, facts are accepted and the account is marked with `?`.
        let known = match estate.identity.at() {
            Some(read) => self.renewed.is_none_or(|renewed| read > renewed),
            None => kind.is_some() && self.renewed.is_none(),
        };
        if !known {
            return false;
        }
        self.renewed = None;
        true
    }

    fn resolve(&mut self, estate: &Estate, environment: &EnvironmentConfig, now: Ms) {
        if now - self.resolved < RESOLVE && self.follower.is_some() {
            return;
        }
        self.resolved = now;
        let known = estate.identity.value().and_then(|identity| identity.region.as_ref());
        self.region = environment.region.as_ref().or(known).cloned();
        let mut found = sources::service_sources(estate, &[]);
        let named = sources::configured_groups(&environment.logs, &self.groups, &found);
        found.groups.extend(named);
        for list in &self.lists {
            let what = format!("the log groups `{}` of the configuration", list.pattern);
            let failed = list.failure.clone().map(|failure| Missing { what, failure: Some(failure), services: false });
            found.missing.extend(failed);
        }
        if found == self.sources && self.follower.is_some() {
            return;
        }
        match &mut self.follower {
            Some(follower) => follower.set_sources(found.groups.clone()),
            None if found.groups.is_empty() => {}
            None => {
                let plan = Plan { since: now + self.ahead - INITIAL_SPAN, live: self.live.on, skip: Some(SKIP) };
                self.follower = Some(Follower::new(found.groups.clone(), plan, None).ahead_by(self.ahead));
            }
        }
        self.sources = found;
    }

    /// Handles an answer to one of the pane's requests.
    pub fn absorb(&mut self, answer: Answer<Fact>, now: Timestamp) {
        let at = now.as_millisecond();
        let Owner::Pane(NAME, kind) = answer.ticket.owner else { return };
        let serial = answer.ticket.serial;
        match kind {
            PAST => self.absorb_past(serial, answer.part, at),
            LIVE => self.absorb_live(serial, answer.part, at),
            INSIGHTS => self.insights.absorb(answer.ticket, answer.part),
            SIZES => self.insights.absorb_sizes(answer.part),
            GROUPS => {
                if let Some(list) = of_reader(self.listing, serial) {
                    self.absorb_groups(list, answer.part, at);
                }
            }
            _ => {
                if let (Some(follower), Some(number)) = (&mut self.follower, of_reader(self.following, serial)) {
                    let batch = taken(follower, number, answer.part, at);
                    self.put(batch, true);
                }
            }
        }
    }

    fn absorb_groups(&mut self, list: u64, part: Part, now: Ms) {
        self.resolved = 0;
        let list = usize::try_from(list).ok().and_then(|list| self.lists.get_mut(list));
        match (part, list) {
            (Part::Page(Fact::LogGroups(groups)), _) => self.groups.extend(groups.into_iter().map(|group| group.name)),
            (Part::Last(Fact::LogGroups(groups)), list) => {
                self.groups.extend(groups.into_iter().map(|group| group.name));
                if let Some(list) = list {
                    list.failed.record_success();
                    list.failure = None;
                }
            }
            (Part::Failed(failure), Some(list)) => {
                list.due = Some(now + list.failed.record_failure().as_millis() as Ms);
                list.failure = Some(failure);
            }
            (Part::Failed(_) | Part::Page(_) | Part::Last(_), _) => {}
        }
    }

    fn absorb_past(&mut self, serial: u64, part: Part, now: Ms) {
        let Some(number) = self.older_read.as_ref().and_then(|past| of_reader(past.number, serial)) else { return };
        let Some(mut past) = self.older_read.take() else { return };
        let batch = match part {
            Part::Last(Fact::LogPage(page)) => past.reader.page(number, page, now),
            Part::Failed(failure) => past.reader.failed(number, failure, now),
            Part::Page(_) | Part::Last(_) => past.reader.failed(number, Failure::mismatched_answer(), now),
        };
        past.lines += batch.lines.len();
        self.put(batch, false);
        if past.lines >= PAST_LINES && !past.reader.ended() {
            let from = past.reader.covered();
            let why = format!("only {PAST_LINES} lines of it were read: go to a time in it to read more");
            let gap = Gap { group: String::new(), from, to: past.to, sampled: false, why };
            self.put(Batch { lines: Vec::new(), gaps: vec![gap] }, false);
        } else if !past.reader.ended() {
            self.older_read = Some(past);
        }
    }

    fn absorb_live(&mut self, serial: u64, part: Part, now: Ms) {
        if self.live.serial != Some(serial) {
            return;
        }
        let Some(follower) = &mut self.follower else { return };
        match part {
            Part::Page(Fact::LiveTail(update)) => {
                self.live.failed.record_success();
                let batch = follower.live(update, now);
                self.put(batch, true);
            }
            Part::Last(_) | Part::Page(_) => {
                (self.live.serial, self.live.due) = (None, now);
                follower.live_tail_ended(now);
            }
            Part::Failed(_) => {
                (self.live.serial, self.live.due) = (None, now + self.live.failed.record_failure().as_millis() as Ms);
                follower.live_tail_ended(now);
            }
        }
    }

    /// Switches the live tail on or off.
    pub fn set_live(&mut self, on: bool, now: Timestamp, generation: u32) {
        let at = now.as_millisecond();
        if let Some(serial) = self.live.serial {
            // A session is billed by the minute until it is closed.
            self.leaving.push(Effect::CancelFetch(ticket(generation, LIVE, serial)));
        }
        self.live = Live { on, serial: None, due: at, since: at, failed: Backoff::default() };
        let groups = self.sources.groups.clone();
        if !groups.is_empty() {
            // A live tail uses other line ids, so the follower restarts after the lines that are already here.
            let served = at + self.ahead;
            let since = self.store.span().map_or(served - 5_000, |(_, last)| last.max(served - 10_000) + 1);
            self.follower =
                Some(Follower::new(groups, Plan { since, live: on, skip: Some(SKIP) }, None).ahead_by(self.ahead));
            self.readers += 1;
            self.following = self.readers;
        }
    }

    /// Reads the lines of a time span that are not here yet. Fails if they cannot be kept.
    pub fn read_older(&mut self, from: Ms, to: Ms) -> Result<(), &'static str> {
        if self.older_read.is_some() {
            return Err("older lines are being read already");
        }
        if self.store.full() {
            return Err("the store is full: what is older would fall out at once");
        }
        let groups = self.sources.groups.clone();
        if groups.is_empty() || from >= to {
            return Err("there is nothing older to read");
        }
        // Uses only the API whose lines have ids, because some of them may be here already.
        let rates = Rates { filter: PAST_RATE, get: None };
        let plan = single_read::Plan { since: from, until: Some(to), begun: to, pattern: None, rates };
        self.readers += 1;
        self.older_read =
            Some(OlderRead { reader: OneTimeReader::new(groups, plan), number: self.readers, from, to, lines: 0 });
        Ok(())
    }
}

fn ticket(generation: u32, kind: u8, serial: u64) -> Ticket {
    Ticket { generation, owner: Owner::Pane(NAME, kind), serial }
}

/// Combines a reader's number with the number of its request.
fn numbered(reader: u64, number: u64) -> u64 {
    (reader << 32) | number
}

/// The reader's own number of a request; `None` if it belongs to another reader.
fn of_reader(reader: u64, serial: u64) -> Option<u64> {
    (serial >> 32 == reader).then_some(serial & u64::from(u32::MAX))
}

fn taken(follower: &mut Follower, number: u64, part: Part, now: Ms) -> Batch {
    match part {
        Part::Page(Fact::LogPage(page)) | Part::Last(Fact::LogPage(page)) => follower.page(number, page, now),
        Part::Failed(failure) => follower.failed(number, failure, now),
        Part::Page(_) | Part::Last(_) => follower.failed(number, Failure::mismatched_answer(), now),
    }
}

/// Group ARNs for a live tail, at most 10.
fn arns(sources: &Sources, region: Option<&str>, estate: &Estate, environment: &EnvironmentConfig) -> Vec<String> {
    let account = estate.identity.value().map(|identity| identity.account.clone());
    let (Some(account), Some(region)) = (account.or_else(|| environment.account.clone()), region) else {
        return Vec::new();
    };
    live_arns(&sources.groups, region, &account).take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::logs::LogPage;

    /// The ticket of the pane's request of this kind, with one group configured.
    fn request_of(pane: &mut State, kind: u8) -> Ticket {
        let mut estate = Estate::default();
        estate.identity.record_failure(Failure::new(FailureKind::Denied, "sts:GetCallerIdentity: no"));
        let environment = EnvironmentConfig { logs: vec!["/app".into()], ..EnvironmentConfig::default() };
        let mut tickets = pane.plan(&estate, &environment, 0, now()).into_iter().filter_map(|effect| match effect {
            Effect::Fetch { ticket, .. } => Some(ticket),
            _ => None,
        });
        tickets.find(|ticket| ticket.owner == Owner::Pane(NAME, kind)).expect("a question")
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    /// Answers with an empty last page.
    fn empty(pane: &mut State, ticket: Ticket) {
        pane.absorb(Answer { ticket, requests: 1, part: Part::Last(Fact::LogPage(LogPage::default())) }, now());
    }

    #[test]
    fn answer_to_an_abandoned_past_read_does_not_complete_the_next() {
        let mut pane = State { opened: true, ..State::default() };
        request_of(&mut pane, FOLLOW);
        pane.read_older(1_000, 2_000).unwrap();
        let left = request_of(&mut pane, PAST);
        // Escape, then another time.
        pane.older_read = None;
        pane.read_older(500_000, 600_000).unwrap();
        let next = request_of(&mut pane, PAST);
        empty(&mut pane, left);
        assert!(pane.older_read.is_some(), "otherwise its lines would be missing without notice");
        empty(&mut pane, next);
        assert!(pane.older_read.is_none(), "it was read to its end");
    }

    #[test]
    fn answer_from_before_the_live_tail_switch_is_dropped() {
        let mut pane = State { opened: true, ..State::default() };
        let before = request_of(&mut pane, FOLLOW);
        pane.set_live(true, now(), 0);
        let after = request_of(&mut pane, FOLLOW);
        let covered = |pane: &State| pane.states(now())[0].covered;
        let read = covered(&pane);
        empty(&mut pane, before);
        assert_eq!(covered(&pane), read);
        empty(&mut pane, after);
        assert!(covered(&pane) > read);
    }

    #[test]
    fn live_tail_backs_off_until_it_works() {
        let mut pane = State { follower: Some(Follower::new(Vec::new(), plan(), None)), ..State::default() };
        let mut wait = |part: Part| {
            pane.live.serial = Some(1);
            pane.absorb_live(1, part, 1_000_000);
            pane.live.due - 1_000_000
        };
        let broken = || Part::Failed(Failure::new(FailureKind::Unreachable, "it broke off"));
        let waits: Vec<Ms> = (0..8).map(|_| wait(broken())).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000], "as the command does");
        wait(Part::Page(Fact::LiveTail(crate::model::logs::LiveUpdate::default())));
        assert_eq!(wait(broken()), 1_000);
    }

    #[test]
    fn unlistable_groups_are_reported_and_requested_again() {
        let list = Listing { pattern: "/aws/*".into(), due: None, failed: Backoff::default(), failure: None };
        let mut pane = State { lists: vec![list], opened: true, ..State::default() };
        let denied = Failure::new(FailureKind::Denied, "logs:DescribeLogGroups: no");
        pane.absorb_groups(0, Part::Failed(denied), 5_000);
        assert_eq!(pane.lists[0].due, Some(6_000));
        pane.resolve(&Estate::default(), &EnvironmentConfig::default(), 5_000);
        let messages: Vec<String> = pane.sources.failed().map(|(missing, _)| missing.describe()).collect();
        assert!(messages[0].contains("`/aws/*` of the configuration could not be read"), "{messages:?}");
        let group = crate::model::logs::LogGroup { name: "/aws/x".into(), ..Default::default() };
        pane.absorb_groups(0, Part::Last(Fact::LogGroups(vec![group])), 7_000);
        pane.resolve(&Estate::default(), &EnvironmentConfig::default(), 10_000);
        assert_eq!(pane.sources.failed().count(), 0);
    }

    fn plan() -> Plan {
        Plan { since: 0, live: true, skip: None }
    }
}
