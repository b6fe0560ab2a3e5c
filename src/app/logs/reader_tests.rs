//! Whose the renewed credentials are is asked with longer and longer waits, and live tails wait for it.

use super::follow::{Follower, Plan};
use super::reader::{Reader, ReaderEvent, Way};
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
    let follower = Follower::new(vec![GroupSource::named("g")], plan, None);
    Reader::new(Way::Follow(Box::new(follower)), 0, Some(ACCOUNT.into()))
}

fn renewed() -> Event {
    Event::Renewed(Ticket::of_command(0, 1))
}

fn tick(reader: &mut Reader, ms: i64) -> Vec<Effect> {
    reader.tick(at(ms), SignedDuration::ZERO)
}

/// Tickets of the question who we are.
fn asked_who(effects: &[Effect]) -> Vec<Ticket> {
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
fn an_sts_that_refuses_is_asked_at_most_seven_times_in_the_first_minute_and_then_once_a_minute() {
    let mut reader = reader();
    let mut asked = asked_who(&reader.take(renewed(), at(0)));
    let mut minutes = [0_u32; 10];
    for ms in (0..600_000).step_by(100) {
        asked.extend(asked_who(&tick(&mut reader, ms)));
        // It answers at once.
        for ticket in std::mem::take(&mut asked) {
            minutes[(ms / 60_000) as usize] += 1;
            asked.extend(asked_who(&reader.take(denied(ticket), at(ms))));
            assert!(matches!(reader.heard(), ReaderEvent::Unknown(..)));
        }
    }
    assert!(minutes[0] > 1 && minutes[0] <= 7, "{minutes:?}");
    assert!(minutes[1..].iter().all(|times| *times <= 1), "{minutes:?}");
}

#[test]
fn what_came_meanwhile_comes_in_once_the_account_is_known_and_the_waits_begin_anew() {
    let mut reader = reader();
    let who = asked_who(&reader.take(renewed(), at(0)));
    reader.take(denied(who[0]), at(0));
    assert!(matches!(reader.heard(), ReaderEvent::Unknown(_, 1)));
    let page = Ticket::of_command(0, 7);
    reader.take(denied(page), at(500));
    assert!(reader.states().iter().all(|state| state.failure.is_none()), "it waits");
    let again = asked_who(&tick(&mut reader, 1_000));
    assert_eq!(again.len(), 1);
    let identity = Identity { account: ACCOUNT.into(), ..Identity::default() };
    let part = Part::Last(Fact::Identity(identity));
    reader.take(Event::Answer(Answer { ticket: again[0], requests: 1, part: part.into() }), at(1_100));
    assert!(matches!(reader.heard(), ReaderEvent::Lines(_)));
    // The next refusal is a first one.
    let who = asked_who(&reader.take(renewed(), at(2_000)));
    reader.take(denied(who[0]), at(2_000));
    assert!(matches!(reader.heard(), ReaderEvent::Unknown(_, 1)));
}

#[test]
fn a_live_tail_is_left_while_nobody_knows_whose_the_credentials_are() {
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
    assert!(effects.contains(&Effect::Leave(opened[0])), "{effects:?}");
    let who = asked_who(&effects);
    assert!(tails(&tick(&mut reader, 5_000)).is_empty(), "it is opened when the account is known");
    let identity = Identity { account: ACCOUNT.into(), ..Identity::default() };
    let part = Part::Last(Fact::Identity(identity));
    reader.take(Event::Answer(Answer { ticket: who[0], requests: 1, part: part.into() }), at(5_100));
    let again = tails(&tick(&mut reader, 5_200));
    assert!(again.len() == 1 && again != opened, "{again:?}");
}
