//! Tests the follower at every rate, with late lines, failures and few requests: nothing is left out without a gap row.
//! `./dev fuzz` runs the rates that take long.

use super::follow::{Follower, Gap, Plan};
use super::sources::GroupSource;
use crate::model::logs::{LogEvent, LogPage, LogWindow, Ms};
use crate::model::{Failure, FailureKind};

/// Maximum number of lines per page: a mebibyte of lines of 150 bytes.
const PAGE: usize = 7_000;

/// A group with a constant rate of lines per second, for a limited time.
struct Service {
    rate: u64,
    count: u64,
}

impl Service {
    fn at(&self, number: u64) -> Ms {
        (number * 1_000 / self.rate) as Ms
    }

    /// How long after its time a line becomes visible: one in ten is late, by up to 110 s.
    fn delay(number: u64) -> Ms {
        match number % 10 {
            3 => [1_500, 4_000, 9_000, 14_000, 19_000, 28_000, 55_000, 110_000][(number / 10 % 8) as usize],
            _ => 90,
        }
    }

    fn answer(&self, window: &LogWindow, now: Ms) -> LogPage {
        let first = |at: Ms| (at.max(0) as u64 * self.rate).div_ceil(1_000);
        let from = window.token.as_ref().map_or_else(|| first(window.from), |token| token.parse().expect("ours"));
        let to = first(window.to.unwrap_or(now).min(now) + 1).min(self.count);
        let mut visible = (from..to).filter(|number| self.at(*number) + Self::delay(*number) <= now);
        let event = |number: u64| LogEvent {
            id: number.to_string().into(),
            stream: "s".into(),
            at: self.at(number),
            ingested: self.at(number) + Self::delay(number),
            message: "x".into(),
        };
        let events: Vec<LogEvent> = visible.by_ref().take(PAGE).map(event).collect();
        LogPage { events, next: visible.next().map(|number| number.to_string()) }
    }
}

/// The outcome: how often each line came, and the gaps.
struct Seen {
    came: Vec<u8>,
    gaps: Vec<Gap>,
    most: usize,
}

/// Writes for `seconds`, answers one request every `every` milliseconds, and continues until late lines have come.
fn follow(service: &Service, every: Ms, plan: Plan, fails: impl Fn(Ms) -> Option<FailureKind>) -> Seen {
    let mut follower = Follower::new(vec![GroupSource::by_name("/g")], plan, None);
    let mut seen = Seen { came: vec![0; service.count as usize], gaps: Vec::new(), most: 0 };
    let written = service.at(service.count);
    let (mut waiting, mut free) = (Vec::new(), 0);
    // As much time again, for a reader that lags behind at the end.
    for now in (0..written * 2 + 200_000).step_by(50) {
        waiting.extend(follower.tick(now));
        if now < free || waiting.is_empty() {
            continue;
        }
        free = now + every;
        let ask = waiting.remove(0);
        let batch = match fails(now) {
            Some(kind) => follower.failed(ask.number, Failure::new(kind, "logs:FilterLogEvents: no"), now),
            None => follower.page(ask.number, service.answer(&ask.window, now), now),
        };
        for line in batch.lines {
            seen.came[line.event.id.parse::<usize>().expect("a number")] += 1;
        }
        seen.gaps.extend(batch.gaps);
        seen.most = seen.most.max(follower.remembered());
    }
    seen
}

fn plan() -> Plan {
    Plan { since: 0, live: false, skip: None }
}

/// Asserts that each line came once or is in a gap; returns how many did not come.
fn accounted(seen: &Seen, service: &Service, case: &str) -> usize {
    let mut lost = 0;
    for (number, times) in seen.came.iter().enumerate() {
        assert!(*times <= 1, "{case}: line {number} came {times} times");
        if *times == 0 {
            lost += 1;
            let at = service.at(number as u64);
            let is_reported = seen.gaps.iter().any(|gap| (gap.from..=gap.to).contains(&at));
            let delay = Service::delay(number as u64);
            assert!(is_reported, "{case}: the line of {at} ms, {delay} ms late, is in no row: {:#?}", seen.gaps);
        }
    }
    lost
}

#[test]
fn late_lines_are_found_at_every_rate_that_requests_can_bring() {
    for rate in [1, 10, 100, 170, 400, 1_000, 3_000] {
        let service = Service { rate, count: rate * if rate > 500 { 30 } else { 100 } };
        let seen = follow(&service, 200, plan(), |_| None);
        assert_eq!(accounted(&seen, &service, &format!("{rate} a second")), 0, "{rate} a second: {:?}", seen.gaps);
        assert!(seen.gaps.is_empty(), "{rate} a second: {:?}", seen.gaps);
    }
}

#[test]
fn failures_lose_no_late_line() {
    for rate in [20, 1_500] {
        for kind in [FailureKind::Throttled, FailureKind::Unreachable, FailureKind::Invalid] {
            let service = Service { rate, count: rate * 30 };
            let fails = |now: Ms| ((12_000..16_000).contains(&now) || now % 3_250 == 0).then_some(kind);
            let seen = follow(&service, 100, plan(), fails);
            assert_eq!(accounted(&seen, &service, &format!("{kind:?}, {rate} a second")), 0);
        }
    }
}

/// Beyond what requests bring and what is remembered there are gaps; memory stays bounded.
#[test]
fn range_that_cannot_be_reread_becomes_a_gap() {
    let all_rates = std::env::var_os("COCKPIT_ALL_FAULTS").is_some();
    // With few requests, even a small rate is too high.
    let rates: &[u64] = if all_rates { &[1_500, 5_000, 10_000, 20_000, 50_000] } else { &[1_500] };
    for rate in rates {
        for every in [100, 200, 4_000] {
            for skip in [None, Some(60_000)] {
                if (every == 4_000) != (*rate == 1_500) {
                    continue;
                }
                let service = Service { rate: *rate, count: rate * if *rate > 10_000 { 40 } else { 60 } };
                let seen = follow(&service, every, Plan { skip, ..plan() }, |_| None);
                let case = format!("{rate} a second, a request each {every} ms, {skip:?}");
                accounted(&seen, &service, &case);
                assert!(seen.most < 1_000_000, "{case}: {} ids", seen.most);
            }
        }
    }
}
