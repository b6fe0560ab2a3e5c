//! The identity of renewed credentials is requested with growing waits, and live tails wait for it.

use super::follow::{Follower, Plan};
use super::reader::{ReadMode, Reader, ReaderEvent};
use super::sources::GroupSource;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::{Failure, FailureKind, Identity};
use jiff::{SignedDuration, Timestamp};

const ACCOUNT: &str = "123456789012";

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).expect("in range")
}

fn reader() -> Reader {
    let plan = Plan { since: 0, live: true, skip: None };
    let follower = Follower::new(vec![GroupSource::by_name("g")], plan, None);
    Reader::new(ReadMode::Follow(Box::new(follower)), 0, Some(ACCOUNT.into()))
}

fn renewed() -> Event {
    Event::CredentialsRenewed(Ticket::of_command(0, 1))
}

fn tick(reader: &mut Reader, ms: i64) -> Vec<Effect> {
    reader.tick(at(ms), SignedDuration::ZERO)
}

/// The tickets of identity requests.
fn identity_requests(effects: &[Effect]) -> Vec<Ticket> {
    let who = effects.iter().filter_map(|effect| match effect {
        Effect::Fetch { ticket, ask: Ask::Aws(Query::Identity), .. } => Some(*ticket),
        _ => None,
    });
    who.collect()
}

fn denied(ticket: Ticket) -> Event {
    let part = Part::Failed(Failure::new(FailureKind::Denied, "no"));
    Event::Answer(Answer { ticket, requests: 1, part: part.into() })
}

#[test]
fn refused_identity_requests_back_off_to_once_a_minute() {
    let mut reader = reader();
    let mut requests = identity_requests(&reader.take(renewed(), at(0)));
    let mut minutes = [0_u32; 10];
    for ms in (0..600_000).step_by(100) {
        requests.extend(identity_requests(&tick(&mut reader, ms)));
        // Each request is answered at once.
        for ticket in std::mem::take(&mut requests) {
            minutes[(ms / 60_000) as usize] += 1;
            requests.extend(identity_requests(&reader.take(denied(ticket), at(ms))));
            assert!(matches!(reader.next_report(), ReaderEvent::IdentityUnreadable(..)));
        }
    }
    assert!(minutes[0] > 1 && minutes[0] <= 7, "{minutes:?}");
    assert!(minutes[1..].iter().all(|times| *times <= 1), "{minutes:?}");
}

#[test]
fn held_answers_are_taken_once_the_account_is_known_and_waits_restart() {
    let mut reader = reader();
    let who = identity_requests(&reader.take(renewed(), at(0)));
    reader.take(denied(who[0]), at(0));
    assert!(matches!(reader.next_report(), ReaderEvent::IdentityUnreadable(_, 1)));
    let page = Ticket::of_command(0, 7);
    reader.take(denied(page), at(500));
    assert!(reader.states().iter().all(|state| state.failure.is_none()), "it waits");
    let again = identity_requests(&tick(&mut reader, 1_000));
    assert_eq!(again.len(), 1);
    let identity = Identity { account: ACCOUNT.into(), ..Identity::default() };
    let part = Part::Last(Fact::Identity(identity));
    reader.take(Event::Answer(Answer { ticket: again[0], requests: 1, part: part.into() }), at(1_100));
    assert!(matches!(reader.next_report(), ReaderEvent::Lines(_)));
    // The next refusal counts as the first.
    let who = identity_requests(&reader.take(renewed(), at(2_000)));
    reader.take(denied(who[0]), at(2_000));
    assert!(matches!(reader.next_report(), ReaderEvent::IdentityUnreadable(_, 1)));
}

#[test]
fn live_tail_is_closed_while_the_identity_is_unknown() {
    let mut reader = reader();
    reader.live(&["arn:g".to_owned()]);
    let tails = |effects: &[Effect]| {
        let open = |effect: &Effect| match effect {
            Effect::Fetch { ticket, ask: Ask::Aws(Query::LiveTail { .. }), .. } => Some(*ticket),
            _ => None,
        };
        effects.iter().filter_map(open).collect::<Vec<_>>()
    };
    let opened = tails(&tick(&mut reader, 0));
    assert_eq!(opened.len(), 1);
    let effects = reader.take(renewed(), at(100));
    assert!(effects.contains(&Effect::CancelFetch(opened[0])), "{effects:?}");
    let who = identity_requests(&effects);
    assert!(tails(&tick(&mut reader, 5_000)).is_empty(), "it is opened when the account is known");
    let identity = Identity { account: ACCOUNT.into(), ..Identity::default() };
    let part = Part::Last(Fact::Identity(identity));
    reader.take(Event::Answer(Answer { ticket: who[0], requests: 1, part: part.into() }), at(5_100));
    let again = tails(&tick(&mut reader, 5_200));
    assert!(again.len() == 1 && again != opened, "{again:?}");
}
