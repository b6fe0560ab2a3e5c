//! Tests the read with both APIs against a small service with limits, delays and failures.

use super::follow::ReceivedLine;
use super::line_order::ReorderBuffer;
use super::single_read::{OneTimeReader, Plan, Rates, STREAMS};
use super::sources::GroupSource;
use crate::feeds::aws::Query;
use crate::model::logs::{LogEvent, LogPage, LogStream, LogWindow, Ms};
use crate::model::{Failure, FailureKind};
use std::collections::BTreeSet;

/// The limit of waiting lines, so low that every test with many lines reaches it.
const WAITING: usize = 4_800;

/// A group that answers both APIs as CloudWatch Logs does.
struct Service {
    /// The events, by time.
    events: Vec<LogEvent>,
    streams: usize,
    page: usize,
    delay: Ms,
}

/// The result of a read.
#[derive(Default)]
struct Read {
    lines: Vec<ReceivedLine>,
    gaps: usize,
    /// Requests of `FilterLogEvents` and of `GetLogEvents`.
    requests: [u32; 2],
    took: Ms,
    /// The largest number of lines that waited for earlier ones.
    waited: usize,
}

const RATES: Rates = Rates { filter: 10.0, get: Some(25.0) };
const END: Ms = 1_000_000;

impl Service {
    /// A number of lines in a number of streams: the first writes half, the second a quarter, and so on.
    fn new(lines: usize, streams: usize, delay: Ms) -> Self {
        let stream = |n: usize| (n.trailing_ones() as usize).min(streams - 1);
        let events = (0..lines).map(|n| LogEvent {
            id: format!("{n}").into(),
            stream: format!("s/{}", stream(n)).into(),
            at: n as Ms * END / lines as Ms,
            // Identical lines of the same moment are included.
            ingested: 0,
            message: format!("line {}", n % 3).into(),
        });
        Self { events: events.collect(), streams, page: 20, delay }
    }

    fn page(&self, window: &LogWindow, get: bool) -> LogPage {
        let named =
            |event: &&LogEvent| window.streams.is_empty() || window.streams.iter().any(|name| **name == *event.stream);
        // A token is the index of the next event.
        let from = match &window.token {
            Some(token) => token.parse().expect("ours"),
            None => self.events.partition_point(|event| event.at < window.from),
        };
        let to = self.events.partition_point(|event| event.at <= window.to.unwrap_or(Ms::MAX));
        let rest = self.events.iter().enumerate().take(to).skip(from).filter(|(_, event)| named(event));
        let mut events: Vec<(usize, LogEvent)> =
            rest.take(self.page + 1).map(|(n, event)| (n, event.clone())).collect();
        let more = (events.len() > self.page).then(|| events.pop()).flatten();
        // At the end, `GetLogEvents` returns a token that continues behind the last event.
        let next = more.as_ref().map_or_else(|| events.last().map_or(from, |(n, _)| n + 1), |(n, _)| *n).to_string();
        let mut events: Vec<LogEvent> = events.into_iter().map(|(_, event)| event).collect();
        if get {
            for event in &mut events {
                event.id = crate::model::Piece::default();
            }
        }
        LogPage { events, next: (get || more.is_some()).then_some(next) }
    }

    fn list(&self) -> Vec<LogStream> {
        (0..self.streams).map(|n| LogStream { name: format!("s/{n}"), created: 0, last: Some(END) }).collect()
    }

    /// Reads everything within the limits; `fails` decides which request fails, by its number.
    fn read(&self, rates: Rates, fails: impl Fn(u64, &Query) -> Option<FailureKind>) -> Read {
        let plan = Plan { since: 0, until: None, begun: END, pattern: None, rates };
        let mut once = OneTimeReader::with_room(vec![GroupSource::by_name("/g")], plan, WAITING);
        let (mut read, mut order) = (Read::default(), ReorderBuffer::new(Ms::MAX));
        // When each API may be called next, in milliseconds.
        let mut free = [0.0, 0.0];
        let mut under_way: Vec<(Ms, u64, Query)> = Vec::new();
        let mut now = 0;
        while !once.ended() {
            for ask in once.tick(now, order.len() - order.releasable_count()) {
                let (api, rate) = match &ask.query {
                    Query::LogPage(_) => (0, rates.filter),
                    Query::StreamPage(_) => (1, rates.get.expect("it is used")),
                    _ => {
                        under_way.push((now + self.delay, ask.number, ask.query));
                        continue;
                    }
                };
                read.requests[api] += 1;
                let at = f64::max(free[api], now as f64);
                free[api] = at + 1_000.0 / rate;
                under_way.push((at as Ms + self.delay, ask.number, ask.query));
            }
            let Some(next) = under_way.iter().map(|(due, ..)| *due).chain(once.due().filter(|due| *due > now)).min()
            else {
                panic!("nothing is under way, and it has not ended");
            };
            now = next.max(now);
            for (_, number, query) in under_way.extract_if(.., |(due, ..)| *due <= now).collect::<Vec<_>>() {
                let batch = match (fails(number, &query), &query) {
                    (Some(kind), _) => once.failed(number, Failure::new(kind, "no"), now),
                    (None, Query::LogPage(window)) => once.page(number, self.page(window, false), now),
                    (None, Query::StreamPage(window)) => once.page(number, self.page(window, true), now),
                    (None, _) => {
                        once.streams(number, Some(self.list()));
                        continue;
                    }
                };
                read.gaps += batch.gaps.len();
                for line in batch.lines {
                    order.push(line.event.at, now, line);
                }
            }
            read.lines.extend(order.release(now, once.covered()));
            read.waited = read.waited.max(order.len() - order.releasable_count());
            assert!(now < 10_000_000, "it has an end");
        }
        read.took = now;
        read.lines.extend(order.flush());
        read
    }

    /// Asserts that each line came once, in order of time.
    fn assert_complete(&self, read: &Read) {
        assert!(read.lines.is_sorted_by_key(|line| line.event.at));
        assert_eq!(read.lines.len(), self.events.len());
        let times = |events: &mut dyn Iterator<Item = &LogEvent>| -> Vec<(Ms, String, String)> {
            let mut entries: Vec<_> = events.map(|e| (e.at, e.stream.to_string(), e.message.to_string())).collect();
            entries.sort();
            entries
        };
        assert!(
            times(&mut read.lines.iter().map(|line| &line.event)) == times(&mut self.events.iter()),
            "the same lines"
        );
        let ids: BTreeSet<u64> = read.lines.iter().map(|line| line.id).collect();
        assert_eq!(ids.len(), read.lines.len(), "what tells them apart does");
    }

    /// The time that the pages need at both limits, as a fraction of the time that the read took.
    fn part(&self, read: &Read) -> f64 {
        let pages = self.events.len() as f64 / self.page as f64;
        pages / (RATES.filter + RATES.get.expect("a rate")) * 1_000.0 / read.took as f64
    }
}

#[test]
fn both_apis_are_used_up_to_their_limits() {
    let mut poor = Vec::new();
    for streams in [1, 2, 4, 6] {
        // Each chain ends in a page that is not full, and slower pages need more chains.
        let many = if streams > 4 { 0.02 } else { 0.0 };
        for (delay, least) in [(20, 0.97), (100, 0.95 - many), (200, 0.91 - many)] {
            let service = Service::new(8_000, streams, delay);
            let read = service.read(RATES, |_, _| None);
            service.assert_complete(&read);
            let part = service.part(&read);
            if part < least {
                poor.push(format!(
                    "{streams} streams, {delay} ms: {part:.3} in {} ms of {:?}",
                    read.took, read.requests
                ));
            }
            assert!(read.waited <= WAITING + 20 * service.page, "{} lines waited", read.waited);
        }
    }
    assert!(poor.is_empty(), "{poor:#?}");
}

#[test]
fn single_api_is_used_up_to_its_limit() {
    for delay in [20, 300] {
        let service = Service::new(2_000, 4, delay);
        let read = service.read(Rates { filter: 10.0, get: None }, |_, _| None);
        service.assert_complete(&read);
        assert_eq!(read.requests[1], 0);
        // 100 pages at 10 per second.
        assert!(read.took <= 10_000 * 120 / 100, "{delay} ms: {} ms", read.took);
    }
}

#[test]
fn failures_and_refused_tokens_neither_lose_nor_duplicate_lines() {
    use FailureKind::{Credentials, Invalid, Malformed, Throttled, Unreachable};
    for kind in [Throttled, Credentials, Unreachable, Malformed] {
        let service = Service::new(1_000, 4, 20);
        let read = service.read(RATES, |number, _| number.is_multiple_of(7).then_some(kind));
        service.assert_complete(&read);
        assert_eq!(read.gaps, 0);
    }
    let service = Service::new(1_000, 3, 20);
    let token = |query: &Query| match query {
        Query::LogPage(window) | Query::StreamPage(window) => window.token.is_some(),
        _ => false,
    };
    let read = service.read(RATES, |number, query| (number.is_multiple_of(3) && token(query)).then_some(Invalid));
    service.assert_complete(&read);
    assert_eq!(read.gaps, 0);
}

#[test]
fn group_denied_to_one_api_is_read_with_the_other() {
    let get = |query: &Query| matches!(query, Query::StreamPage(_));
    let list = |query: &Query| matches!(query, Query::LogStreams { .. });
    let filter = |query: &Query| matches!(query, Query::LogPage(_));
    let service = Service::new(1_000, 4, 20);
    for refused in [FailureKind::Denied, FailureKind::NotFound] {
        let read = service.read(RATES, |_, query| get(query).then_some(refused));
        service.assert_complete(&read);
        // After the read has begun, too.
        let read = service.read(RATES, |number, query| (get(query) && number > 20).then_some(refused));
        service.assert_complete(&read);
        let read = service.read(RATES, |_, query| list(query).then_some(refused));
        service.assert_complete(&read);
        assert_eq!((read.gaps, read.requests[1]), (0, 0));
    }
    let read = service.read(RATES, |_, query| filter(query).then_some(FailureKind::Denied));
    assert_eq!((read.gaps, read.lines.len()), (1, 0), "what could not be read is said");
    let many = Service::new(200, STREAMS + 1, 20);
    let read = many.read(RATES, |_, _| None);
    many.assert_complete(&read);
    assert_eq!(read.requests[1], 0, "too many streams to be named");
}

/// A read of one group by `FilterLogEvents` with its first page requested.
fn begun(until: Option<Ms>) -> (OneTimeReader, u64) {
    let plan = Plan { since: 0, until, begun: END, pattern: None, rates: Rates { filter: 10.0, get: None } };
    let mut once = OneTimeReader::with_room(vec![GroupSource::by_name("/g")], plan, WAITING);
    let number = once.tick(0, 0)[0].number;
    (once, number)
}

fn event(at: Ms, ingested: Ms) -> LogEvent {
    LogEvent { id: "".into(), stream: "s/0".into(), at, ingested, message: "x".into() }
}

#[test]
fn page_of_late_lines_does_not_end_the_read() {
    let later = END + 60_000;
    let more = |events: Vec<LogEvent>| LogPage { events, next: Some("more".to_owned()) };
    // The line was ingested long after the read had begun; what existed before follows it.
    let (mut once, number) = begun(None);
    assert_eq!(once.page(number, more(vec![event(END - 10_000, later)]), 10).lines.len(), 1);
    assert!(!once.ended());
    let number = once.tick(20, 0)[0].number;
    once.page(number, more(vec![event(END - 5_000, END - 4_000), event(later, later)]), 30);
    assert!(!once.ended());
    // A line that was also written later is excluded: a group written to faster than it is read has no end.
    let number = once.tick(40, 0)[0].number;
    once.page(number, more(vec![event(later, later)]), 50);
    assert!(once.ended());
    // If an end was requested, that is the end.
    let (mut once, number) = begun(Some(END * 2));
    once.page(number, more(vec![event(later, later)]), 10);
    assert!(!once.ended());
}

#[test]
fn many_groups_are_read_in_order_of_time() {
    // Each group has its own density and streams.
    let services = [Service::new(3_000, 3, 20), Service::new(600, 1, 20), Service::new(30, 2, 20)];
    let sources = (0..services.len()).map(|n| GroupSource::by_name(&format!("/{n}"))).collect();
    let plan = Plan { since: 0, until: None, begun: END, pattern: None, rates: RATES };
    let mut once = OneTimeReader::with_room(sources, plan, WAITING);
    let (mut order, mut out, mut now) = (ReorderBuffer::new(Ms::MAX), Vec::new(), 0);
    while !once.ended() {
        let asks = once.tick(now, order.len() - order.releasable_count());
        assert!(!asks.is_empty(), "there is always something under way");
        now += 20;
        for ask in asks {
            let of = |group: &str| &services[group[1..].parse::<usize>().expect("ours")];
            let page = match &ask.query {
                Query::LogPage(window) => of(&window.group).page(window, false),
                Query::StreamPage(window) => of(&window.group).page(window, true),
                Query::LogStreams { group, .. } => {
                    once.streams(ask.number, Some(of(group).list()));
                    continue;
                }
                other => panic!("{other:?}"),
            };
            for line in once.page(ask.number, page, now).lines {
                order.push(line.event.at, now, line);
            }
        }
        out.extend(order.release(now, once.covered()));
        assert!(now < 1_000_000, "it has an end");
    }
    out.extend(order.flush());
    assert!(out.is_sorted_by_key(|line: &ReceivedLine| line.event.at));
    for (n, service) in services.iter().enumerate() {
        let count = out.iter().filter(|line| line.source.group == format!("/{n}")).count();
        assert_eq!(count, service.events.len());
    }
}
