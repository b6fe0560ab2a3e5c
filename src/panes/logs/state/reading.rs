//! The questions of the Logs pane, and what the answers change.

use super::{Listing, Live, NAME, Past, START, State};
use crate::app::backoff::Backoff;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::logs::follow::{Batch, Follower, Gap, Plan};
use crate::app::logs::insights::{self, Running};
use crate::app::logs::once::{self, Once, Rates};
use crate::app::logs::sources::{self, Missing, Sources, live_arns};
use crate::app::ticket::{Owner, Ticket};
use crate::config::EnvironmentConfig;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::logs::{InsightsQuery, Ms};
use crate::model::{Estate, Failure, FailureKind};
use jiff::Timestamp;

/// Pages of groups that are followed.
const FOLLOW: u8 = 0;
/// The number in tickets of pages of the past.
const PAST: u8 = 1;
/// The number in tickets of live tails.
const LIVE: u8 = 2;
/// The number in tickets of queries of Insights.
const INSIGHTS: u8 = 3;
/// Lists of groups; the serial is the pattern's number.
const GROUPS: u8 = 4;
/// How large groups are.
const SIZES: u8 = 5;
/// The most lines that one look into the past brings.
const PAST_LINES: usize = 200_000;
/// Pages a second of a look into the past: a person's half of what `FilterLogEvents` allows.
const PAST_RATE: f64 = 5.0;
/// Sources are looked at again this often, in milliseconds.
const RESOLVE: Ms = 3_000;
/// A group that is this far behind goes on with what is new, and says what it left out.
const SKIP: Ms = 60_000;

impl State {
    /// The questions that are due now.
    pub fn plan(
        &mut self,
        estate: &Estate,
        environment: &EnvironmentConfig,
        generation: u32,
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut effects = std::mem::take(&mut self.leaving);
        effects.extend(self.take_tee());
        if !self.opened || !self.may_ask(estate) {
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
                    lane: Priority::Background,
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
                    lane: Priority::Background,
                    ask: query.into(),
                });
            }
        }
        if let Some(past) = &mut self.past {
            for ask in past.reader.tick(at, 0) {
                let ticket = ticket(PAST, numbered(past.number, ask.number));
                effects.push(Effect::Fetch { ticket, lane: Priority::Operator, ask: ask.query.into() });
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
                    lane: Priority::Background,
                    ask: query.into(),
                });
            }
        }
        effects
    }

    /// A query of Insights over the groups that are followed.
    pub fn query(&mut self, name: &str, text: &str, now: Timestamp, generation: u32) -> Option<Effect> {
        let groups = self.group_names();
        if groups.is_empty() {
            return None;
        }
        self.leave_query();
        self.serial += 1;
        let ticket = ticket(generation, INSIGHTS, self.serial);
        self.insights.running = Some(Running { ticket, name: name.to_owned() });
        let (from, to) = self.insights.span(self.span, now.as_millisecond());
        let query = InsightsQuery { groups, text: text.to_owned(), from, to, limit: 1_000 };
        Some(Effect::Fetch { ticket, lane: Priority::Operator, ask: Query::Insights(Box::new(query)).into() })
    }

    /// Stops the query that runs and that nobody waits for, as it costs what it scans. Returns whether one ran.
    pub fn leave_query(&mut self) -> bool {
        let Some(running) = self.insights.running.take() else { return false };
        self.leaving.push(Effect::Leave(running.ticket));
        true
    }

    /// Asks how large the groups are, for what a query will cost, unless that is known.
    pub fn ask_sizes(&mut self, generation: u32) -> Option<Effect> {
        let groups = self.group_names();
        if self.insights.sized(&groups) {
            return None;
        }
        self.insights.sizes.clear();
        let ticket = ticket(generation, SIZES, 0);
        let query = Query::LogGroups { prefix: insights::common(&groups) };
        Some(Effect::Fetch { ticket, lane: Priority::Operator, ask: query.into() })
    }

    /// The groups that a query may search: at most 50, of the environment's region.
    pub fn group_names(&self) -> Vec<String> {
        self.sources.here(self.region.as_deref()).map(|group| group.group.clone()).take(50).collect()
    }

    /// Nothing is asked while it is not known that the account is the right one.
    pub fn may_ask(&mut self, estate: &Estate) -> bool {
        let kind = estate.identity.failure().map(|failure| failure.kind);
        if matches!(kind, Some(FailureKind::WrongAccount | FailureKind::Credentials)) {
            return false;
        }
        // Where STS cannot be asked at all, the account carries its question mark, and facts come in.
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
        let mut found = sources::of_services(estate, &[]);
        let named = sources::named(&environment.logs, &self.groups, &found);
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
                let plan = Plan { since: now + self.ahead - START, live: self.live.on, skip: Some(SKIP) };
                self.follower = Some(Follower::new(found.groups.clone(), plan, None).ahead_by(self.ahead));
            }
        }
        self.sources = found;
    }

    /// Handles an answer that this pane asked for.
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
                    list.failed.worked();
                    list.failure = None;
                }
            }
            (Part::Failed(failure), Some(list)) => {
                list.due = Some(now + list.failed.failed().as_millis() as Ms);
                list.failure = Some(failure);
            }
            (Part::Failed(_) | Part::Page(_) | Part::Last(_), _) => {}
        }
    }

    fn absorb_past(&mut self, serial: u64, part: Part, now: Ms) {
        let Some(number) = self.past.as_ref().and_then(|past| of_reader(past.number, serial)) else { return };
        let Some(mut past) = self.past.take() else { return };
        let batch = match part {
            Part::Last(Fact::LogPage(page)) => past.reader.page(number, page, now),
            Part::Failed(failure) => past.reader.failed(number, failure, now),
            Part::Page(_) | Part::Last(_) => past.reader.failed(number, Failure::other_answer(), now),
        };
        past.lines += batch.lines.len();
        self.put(batch, false);
        if past.lines >= PAST_LINES && !past.reader.ended() {
            let from = past.reader.covered();
            let why = format!("only {PAST_LINES} lines of it were read: go to a time in it to read more");
            let gap = Gap { group: String::new(), from, to: past.to, sampled: false, why };
            self.put(Batch { lines: Vec::new(), gaps: vec![gap] }, false);
        } else if !past.reader.ended() {
            self.past = Some(past);
        }
    }

    fn absorb_live(&mut self, serial: u64, part: Part, now: Ms) {
        if self.live.serial != Some(serial) {
            return;
        }
        let Some(follower) = &mut self.follower else { return };
        match part {
            Part::Page(Fact::LiveTail(update)) => {
                self.live.failed.worked();
                let batch = follower.live(update, now);
                self.put(batch, true);
            }
            Part::Last(_) | Part::Page(_) => {
                (self.live.serial, self.live.due) = (None, now);
                follower.live_broke(now);
            }
            Part::Failed(_) => {
                (self.live.serial, self.live.due) = (None, now + self.live.failed.failed().as_millis() as Ms);
                follower.live_broke(now);
            }
        }
    }

    /// A live tail on or off.
    pub fn set_live(&mut self, on: bool, now: Timestamp, generation: u32) {
        let at = now.as_millisecond();
        if let Some(serial) = self.live.serial {
            // A session costs by the minute until it is closed.
            self.leaving.push(Effect::Leave(ticket(generation, LIVE, serial)));
        }
        self.live = Live { on, serial: None, due: at, since: at, failed: Backoff::default() };
        let groups = self.sources.groups.clone();
        if !groups.is_empty() {
            // Ids are of another kind with a live tail: what is there already begins anew after it.
            let served = at + self.ahead;
            let since = self.store.span().map_or(served - 5_000, |(_, last)| last.max(served - 10_000) + 1);
            self.follower =
                Some(Follower::new(groups, Plan { since, live: on, skip: Some(SKIP) }, None).ahead_by(self.ahead));
            self.readers += 1;
            self.following = self.readers;
        }
    }

    /// Reads what was written in a time and is not here, if it can be kept.
    pub fn read_past(&mut self, from: Ms, to: Ms) -> Result<(), &'static str> {
        if self.past.is_some() {
            return Err("older lines are being read already");
        }
        if self.store.full() {
            return Err("the store is full: what is older would fall out at once");
        }
        let groups = self.sources.groups.clone();
        if groups.is_empty() || from >= to {
            return Err("there is nothing older to read");
        }
        // By the one API whose lines have ids: some of them may be here already.
        let rates = Rates { filter: PAST_RATE, get: None };
        let plan = once::Plan { since: from, until: Some(to), begun: to, pattern: None, rates };
        self.readers += 1;
        self.past = Some(Past { reader: Once::new(groups, plan), number: self.readers, from, to, lines: 0 });
        Ok(())
    }
}

fn ticket(generation: u32, kind: u8, serial: u64) -> Ticket {
    Ticket { generation, owner: Owner::Pane(NAME, kind), serial }
}

/// The number of a question among those of all readers.
fn numbered(reader: u64, number: u64) -> u64 {
    (reader << 32) | number
}

/// The number that a reader gave to its question; none where it is another reader's.
fn of_reader(reader: u64, serial: u64) -> Option<u64> {
    (serial >> 32 == reader).then_some(serial & u64::from(u32::MAX))
}

fn taken(follower: &mut Follower, number: u64, part: Part, now: Ms) -> Batch {
    match part {
        Part::Page(Fact::LogPage(page)) | Part::Last(Fact::LogPage(page)) => follower.page(number, page, now),
        Part::Failed(failure) => follower.failed(number, failure, now),
        Part::Page(_) | Part::Last(_) => follower.failed(number, Failure::other_answer(), now),
    }
}

/// ARNs for a live tail: at most 10.
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

    /// What the pane asks of this kind, where one group is read.
    fn asks(pane: &mut State, kind: u8) -> Ticket {
        let mut estate = Estate::default();
        estate.identity.fail(Failure::new(FailureKind::Denied, "sts:GetCallerIdentity: no"));
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

    /// It has no line, and there is none after it.
    fn empty(pane: &mut State, ticket: Ticket) {
        pane.absorb(Answer { ticket, requests: 1, part: Part::Last(Fact::LogPage(LogPage::default())) }, now());
    }

    #[test]
    fn an_answer_to_a_look_into_the_past_that_was_left_is_not_that_of_the_next() {
        let mut pane = State { opened: true, ..State::default() };
        asks(&mut pane, FOLLOW);
        pane.read_past(1_000, 2_000).unwrap();
        let left = asks(&mut pane, PAST);
        // Esc, and another time.
        pane.past = None;
        pane.read_past(500_000, 600_000).unwrap();
        let next = asks(&mut pane, PAST);
        empty(&mut pane, left);
        assert!(pane.past.is_some(), "its lines would be missing, and nothing would say so");
        empty(&mut pane, next);
        assert!(pane.past.is_none(), "it was read to its end");
    }

    #[test]
    fn an_answer_from_before_the_live_tail_was_switched_is_not_taken_for_what_was_asked_after_it() {
        let mut pane = State { opened: true, ..State::default() };
        let before = asks(&mut pane, FOLLOW);
        pane.set_live(true, now(), 0);
        let after = asks(&mut pane, FOLLOW);
        let covered = |pane: &State| pane.states(now())[0].covered;
        let read = covered(&pane);
        empty(&mut pane, before);
        assert_eq!(covered(&pane), read);
        empty(&mut pane, after);
        assert!(covered(&pane) > read);
    }

    #[test]
    fn a_live_tail_that_breaks_waits_twice_as_long_each_time_until_it_works() {
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
    fn groups_that_cannot_be_listed_are_missing_and_asked_for_again() {
        let list = Listing { pattern: "/aws/*".into(), due: None, failed: Backoff::default(), failure: None };
        let mut pane = State { lists: vec![list], opened: true, ..State::default() };
        let denied = Failure::new(FailureKind::Denied, "logs:DescribeLogGroups: no");
        pane.absorb_groups(0, Part::Failed(denied), 5_000);
        assert_eq!(pane.lists[0].due, Some(6_000));
        pane.resolve(&Estate::default(), &EnvironmentConfig::default(), 5_000);
        let said: Vec<String> = pane.sources.failed().map(|(missing, _)| missing.words()).collect();
        assert!(said[0].contains("`/aws/*` of the configuration could not be read"), "{said:?}");
        let group = crate::model::logs::LogGroup { name: "/aws/x".into(), ..Default::default() };
        pane.absorb_groups(0, Part::Last(Fact::LogGroups(vec![group])), 7_000);
        pane.resolve(&Estate::default(), &EnvironmentConfig::default(), 10_000);
        assert_eq!(pane.sources.failed().count(), 0);
    }

    fn plan() -> Plan {
        Plan { since: 0, live: true, skip: None }
    }
}
