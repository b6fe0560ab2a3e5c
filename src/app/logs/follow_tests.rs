//! Tests the follower against a small service that shows lines late, in pages, with failures.

use super::follow::{Follower, Gap, Plan};
use super::sources::GroupSource;
use crate::model::logs::{LiveUpdate, LogEvent, LogPage, LogWindow, Ms};
use crate::model::{Failure, FailureKind, Piece};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A group that answers as CloudWatch Logs does.
struct Service {
    events: Vec<LogEvent>,
    page: usize,
}

impl Service {
    /// A line every `step` ms up to `until`; every tenth is visible only 25 s later.
    fn new(until: Ms, step: Ms) -> Self {
        let events = (0..until / step).map(|n| {
            let delay = if n % 10 == 3 { 25_000 } else { 90 };
            let at = n * step;
            let (id, message) = (format!("{n}").into(), format!("line {n}").into());
            LogEvent { id, stream: "s".into(), at, ingested: at + delay, message }
        });
        Self { events: events.collect(), page: 100 }
    }

    fn answer(&self, window: &LogWindow, now: Ms) -> LogPage {
        let mut visible: Vec<&LogEvent> = self
            .events
            .iter()
            .filter(|event| event.ingested <= now && (window.from..=window.to.unwrap_or(Ms::MAX)).contains(&event.at))
            .collect();
        visible.sort_by_key(|event| event.at);
        let from: usize = window.token.as_ref().map_or(0, |token| token.parse().expect("ours"));
        let events: Vec<LogEvent> = visible.iter().skip(from).take(self.page).map(|event| (*event).clone()).collect();
        let next = (from + self.page < visible.len()).then(|| (from + self.page).to_string());
        LogPage { events, next }
    }
}

fn plan() -> Plan {
    Plan { since: 0, live: false, skip: None }
}

fn follower(plan: Plan) -> Follower {
    Follower::new(vec![GroupSource::by_name("/g")], plan, None)
}

fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, "logs:FilterLogEvents: no")
}

/// Runs for a time; `fails` decides when a request fails. Returns the ids shown, how many were late, and the gaps.
fn run(
    follower: &mut Follower,
    service: &Service,
    until: Ms,
    fails: impl Fn(Ms) -> Option<FailureKind>,
) -> (Vec<String>, usize, Vec<Gap>) {
    let (mut shown, mut late, mut gaps) = (Vec::new(), 0, Vec::new());
    let mut now = 0;
    while now <= until {
        for ask in follower.tick(now) {
            let batch = match fails(now) {
                Some(kind) => follower.failed(ask.number, failure(kind), now),
                None => follower.page(ask.number, service.answer(&ask.window, now), now),
            };
            late += batch.lines.iter().filter(|line| line.late).count();
            shown.extend(batch.lines.into_iter().map(|line| line.event.id.to_string()));
            gaps.extend(batch.gaps);
        }
        now += 50;
    }
    (shown, late, gaps)
}

fn all_once(shown: &[String], service: &Service, visible: Ms) {
    let unique: BTreeSet<&str> = shown.iter().map(String::as_str).collect();
    assert_eq!(unique.len(), shown.len(), "nothing comes twice");
    let wanted: BTreeSet<&str> =
        service.events.iter().filter(|event| event.ingested <= visible).map(|event| &*event.id).collect();
    assert_eq!(unique.difference(&wanted).count(), 0);
    let lost: Vec<_> = wanted.difference(&unique).collect();
    assert!(lost.is_empty(), "{} lost: {lost:?}", lost.len());
}

#[test]
fn late_lines_are_found_once_and_marked() {
    let service = Service::new(120_000, 20);
    let mut follower = follower(plan());
    let (shown, late, gaps) = run(&mut follower, &service, 240_000, |_| None);
    all_once(&shown, &service, 200_000);
    assert_eq!(late, 600, "those that came 25 s later");
    assert!(gaps.is_empty());
}

#[test]
fn failures_neither_lose_nor_duplicate_lines() {
    for kind in [FailureKind::Throttled, FailureKind::Credentials, FailureKind::Unreachable, FailureKind::Malformed] {
        let service = Service::new(90_000, 7);
        let mut follower = follower(plan());
        // Long failures, and single failing requests, in the middle of pages too.
        let fails = |now: Ms| ((20_000..45_000).contains(&now) || now % 650 == 0).then_some(kind);
        let (shown, _, gaps) = run(&mut follower, &service, 220_000, fails);
        all_once(&shown, &service, 200_000);
        assert!(gaps.is_empty(), "{gaps:?}");
    }
}

#[test]
fn permanent_key_is_given_up_after_eight_refusals_in_a_row() {
    for (kind, lasting, given_up) in [
        (FailureKind::Credentials, true, true),
        (FailureKind::Credentials, false, false),
        (FailureKind::Throttled, true, false),
    ] {
        let mut follower = follower(plan());
        let (mut now, mut failed) = (0, 0);
        while failed < 8 {
            let state = &follower.states(now)[0];
            assert_eq!(state.permanent_refusal(true), None, "after {failed}");
            assert_eq!(
                state.permanent_refusal(false).is_some(),
                given_up && failed > 0,
                "a read that ends waits for none"
            );
            for ask in follower.tick(now) {
                follower.failed(ask.number, Failure::new(kind, "refused").mark_permanent(lasting), now);
                failed += 1;
            }
            now += 100;
        }
        assert_eq!(follower.states(now)[0].permanent_refusal(true).is_some(), given_up, "{kind:?} {lasting}");
    }
}

#[test]
fn wrong_clock_loses_no_lines() {
    for skew in [2 * 3_600_000, -2 * 3_600_000] {
        let start = 10_000_000;
        let events = (0..300).map(|n| LogEvent {
            id: format!("{n}").into(),
            stream: "s".into(),
            at: start + n * 200 + skew,
            ingested: start + n * 200 + 90,
            message: "x".into(),
        });
        let service = Service { events: events.collect(), page: 100 };
        let mut follower = follower(Plan { since: start, ..plan() });
        let mut shown = Vec::new();
        for now in (start..start + 700_000).step_by(100) {
            for ask in follower.tick(now) {
                let batch = follower.page(ask.number, service.answer(&ask.window, now), now);
                shown.extend(batch.lines.into_iter().map(|line| line.event.id.to_string()));
            }
        }
        all_once(&shown, &service, Ms::MAX);
    }
}

#[test]
fn unread_past_is_no_delay_but_later_unread_lines_are() {
    let line =
        |at: Ms| LogEvent { id: at.to_string().into(), stream: "s".into(), at, ingested: at + 90, message: "x".into() };
    let mut follower = Follower::new(vec![GroupSource::by_name("/g")], plan(), None);
    let behind = |follower: &Follower, now| follower.states(now)[0].behind;
    // A minute of the past, of which a page has come.
    let ask = follower.tick(60_000).remove(0);
    assert_eq!(behind(&follower, 60_000), 0);
    follower.page(ask.number, LogPage { events: vec![line(1_000)], next: Some("more".into()) }, 60_200);
    assert_eq!(behind(&follower, 60_200), 0);
    let ask = follower.tick(60_200).remove(0);
    follower.page(ask.number, LogPage { events: vec![line(59_000)], next: None }, 60_400);
    // From then on it counts: nothing came for half a minute.
    let ask = follower.tick(62_000).remove(0);
    follower.failed(ask.number, failure(FailureKind::Unreachable), 90_000);
    assert!(behind(&follower, 90_000) > 25_000, "{}", behind(&follower, 90_000));
}

#[test]
fn deleted_group_is_reported_as_one_gap() {
    let service = Service::new(90_000, 50);
    let mut follower = follower(plan());
    let fails = |now: Ms| (now > 30_000).then_some(FailureKind::NotFound);
    let (_, _, gaps) = run(&mut follower, &service, 200_000, fails);
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].why.contains("gone") && gaps[0].from < 31_000, "{gaps:?}");
    assert!(follower.states(200_000)[0].failure.is_some());
}

#[test]
fn skipped_range_is_a_gap_with_its_bounds() {
    let mut service = Service::new(200_000, 5);
    service.page = 4;
    let mut follower = follower(Plan { skip: Some(60_000), ..plan() });
    let (shown, _, gaps) = run(&mut follower, &service, 200_000, |_| None);
    assert!(gaps.iter().any(|gap| !gap.sampled) && gaps.iter().all(|gap| gap.from < gap.to));
    let unique: BTreeSet<&str> = shown.iter().map(String::as_str).collect();
    let read: BTreeSet<Ms> = shown.iter().map(|id| id.parse().expect("a number")).collect();
    assert_eq!(unique.len(), shown.len());
    // Every line that was not shown, late ones too, lies in a gap or is newer than what was read.
    let covered = follower.states(200_000)[0].covered;
    for at in (0..covered - 60_000).step_by(5).filter(|at| !read.contains(&(at / 5))) {
        assert!(gaps.iter().any(|gap| (gap.from..=gap.to).contains(&at)), "{at} is missing and in no gap: {gaps:?}");
    }
}

#[test]
fn live_tail_and_rounds_show_each_line_once() {
    let mut service = Service::new(60_000, 25);
    for event in &mut service.events {
        // Identical lines of the same moment are included.
        event.message = "same".into();
        event.at -= event.at % 100;
        event.ingested = event.at + 80;
    }
    let mut follower = follower(Plan { live: true, ..plan() });
    let mut shown = 0;
    let mut sampled = Vec::new();
    for now in (0..100_000).step_by(50) {
        if now % 1_000 == 0 {
            // The tail is away from 20 to 30 s, and shows only a part at 40 s.
            let mut update = LiveUpdate { started: now == 0 || now == 30_000, ..LiveUpdate::default() };
            if !(20_000..30_000).contains(&now) {
                let new = service.events.iter().filter(|event| (now - 1_000..now).contains(&event.ingested));
                update.events =
                    new.map(|event| ("/g".to_owned(), LogEvent { id: Piece::default(), ..event.clone() })).collect();
            }
            if now == 40_000 {
                update.events.truncate(5);
                update.sampled = true;
            }
            let batch = follower.live(update, now);
            shown += batch.lines.len();
            sampled.extend(batch.gaps);
        }
        for ask in follower.tick(now) {
            shown += follower.page(ask.number, service.answer(&ask.window, now), now).lines.len();
        }
    }
    assert_eq!(shown, service.events.len(), "the rounds fill what the tail missed, and repeat nothing");
    assert_eq!(sampled.len(), 1);
    assert!(sampled[0].sampled);
}

#[test]
fn many_groups_share_the_request_rate() {
    let groups: Vec<GroupSource> = (0..20).map(|n| GroupSource::by_name(&format!("/g{n}"))).collect();
    let mut follower = Follower::new(groups, plan(), None);
    let mut request_count = 0;
    for now in (0..60_000).step_by(50) {
        for ask in follower.tick(now) {
            request_count += 1;
            follower.page(ask.number, LogPage::default(), now);
        }
    }
    assert!((200..=264).contains(&request_count), "4 a second over all groups, not each: {request_count}");
}

#[test]
fn lines_arriving_after_the_beginning_are_shown_whatever_their_timestamp() {
    let begin = 600_000;
    let event = |id: &str, at: Ms, ingested: Ms| LogEvent {
        id: id.into(),
        stream: "s".into(),
        at,
        ingested,
        message: "x".into(),
    };
    let events = vec![
        event("before", begin - 40_000, begin - 39_900),
        event("late", begin - 20_000, begin + 9_000),
        event("now", begin + 1_000, begin + 1_090),
    ];
    let service = Service { events, page: 100 };
    let mut follower = follower(Plan { since: begin - 10_000, ..plan() });
    let mut shown = Vec::new();
    for now in (begin..begin + 40_000).step_by(50) {
        for ask in follower.tick(now) {
            let batch = follower.page(ask.number, service.answer(&ask.window, now), now);
            shown.extend(batch.lines.into_iter().map(|line| line.event.id.to_string()));
        }
    }
    assert_eq!(shown, ["now", "late"]);
}

#[test]
fn polling_slows_down_when_the_live_tail_is_faster() {
    // Lines are visible to rounds at once, or only after the tail has had them.
    for (visible, least, most) in [(80, 280, 300), (4_000, 8, 40)] {
        let mut service = Service { page: 1_000, ..Service::new(60_000, 100) };
        let tail = service.events.clone();
        for event in &mut service.events {
            event.ingested = event.at + visible;
        }
        let answer = |window: &LogWindow, now: Ms| {
            let mut page = service.answer(window, now);
            // A line has the same content for both, whenever it becomes visible.
            for event in &mut page.events {
                event.ingested = event.at + 80;
            }
            page
        };
        let mut follower = follower(Plan { live: true, ..plan() });
        let (mut shown, mut asked) = (0, 0);
        for now in (0..60_000).step_by(50) {
            if now % 1_000 == 0 {
                let new = tail.iter().filter(|event| (now - 1_000..now).contains(&(event.at + 80)));
                let events = new
                    .map(|event| {
                        let event = LogEvent { id: Piece::default(), ingested: event.at + 80, ..event.clone() };
                        ("/g".to_owned(), event)
                    })
                    .collect();
                let update = LiveUpdate { started: now == 0, events, ..LiveUpdate::default() };
                shown += follower.live(update, now).lines.len();
            }
            for ask in follower.tick(now) {
                asked += 1;
                shown += follower.page(ask.number, answer(&ask.window, now), now).lines.len();
            }
        }
        assert!((least..=most).contains(&asked), "visible after {visible} ms: {asked} requests in a minute");
        assert!((shown as i64 - tail.len() as i64).abs() < 20, "{shown} of {}", tail.len());
    }
}

#[test]
fn wanted_lines_do_not_keep_unwanted_ones_in_memory() {
    let page = Arc::new("id-1 s other line wanted".to_owned());
    let piece = |range| Piece::of(&page, range);
    let event = LogEvent { id: piece(0..4), stream: piece(5..6), at: 1, ingested: 2, message: piece(18..24) };
    let alone = event.detached();
    assert_eq!(alone, event);
    drop(event);
    assert_eq!(Arc::strong_count(&page), 1);
    assert_eq!((&*alone.id, &*alone.stream, &*alone.message), ("id-1", "s", "wanted"));
}

/// Writes 4 lines per millisecond up to a time, twice as many as can be read: one page of 100 lines every 50 ms.
/// Returns how often each line came, the gaps, and the largest number of remembered ids.
fn storm(plan: Plan, until: Ms) -> (Vec<u8>, Vec<Gap>, usize) {
    let mut follower = follower(plan);
    let mut arrivals = vec![0_u8; 4 * until as usize];
    let (mut gaps, mut most) = (Vec::new(), 0);
    // Long enough for rounds that look back two hours after a quiet time.
    for now in (0..until * 2 + 700_000).step_by(50) {
        for ask in follower.tick(now) {
            let window = &ask.window;
            let end = (4 * (window.to.unwrap_or(Ms::MAX).min(now - 90) + 1)).clamp(0, arrivals.len() as Ms);
            let from = window.token.as_ref().map_or(4 * window.from, |token| token.parse().expect("ours"));
            let event = |n: Ms| LogEvent {
                id: n.to_string().into(),
                stream: "s".into(),
                at: n / 4,
                ingested: n / 4 + 90,
                message: n.to_string().into(),
            };
            let events = (from..end.min(from + 100)).map(event).collect();
            let next = (from + 100 < end).then(|| (from + 100).to_string());
            let batch = follower.page(ask.number, LogPage { events, next }, now);
            for line in batch.lines {
                arrivals[line.event.message.parse::<usize>().expect("a number")] += 1;
            }
            gaps.extend(batch.gaps);
            most = most.max(follower.remembered());
        }
    }
    (arrivals, gaps, most)
}

#[test]
fn remembered_ids_are_bounded_by_the_look_back() {
    // Half a million ids and a quarter more are remembered, plus 100,000, because they are not scanned after each page.
    let bound = 500_000 * 5 / 4 + 125_000;
    let (arrivals, gaps, most) = storm(plan(), 300_000);
    assert!(arrivals.iter().all(|times| *times == 1), "each line once");
    // Giving up late lines is reported; all other lines came.
    assert!(gaps.iter().all(|gap| gap.sampled) && most < bound, "{most} ids of {} lines", arrivals.len());

    let (arrivals, gaps, most) = storm(Plan { live: true, ..plan() }, 200_000);
    assert!(arrivals.iter().all(|times| *times == 1), "each line once, without ids too");
    assert!(gaps.iter().all(|gap| gap.sampled) && most < bound * 2, "{most} ids of {} lines", arrivals.len());

    let (arrivals, gaps, most) = storm(Plan { skip: Some(60_000), ..plan() }, 300_000);
    assert!(arrivals.iter().all(|times| *times <= 1), "nothing comes twice");
    assert!(!gaps.is_empty() && most < bound, "{most} ids of {} lines", arrivals.len());
    for at in (0..arrivals.len()).filter(|n| arrivals[*n] == 0).map(|n| n as Ms / 4) {
        assert!(gaps.iter().any(|gap| (gap.from..=gap.to).contains(&at)), "{at} is missing and in no gap");
    }
}
