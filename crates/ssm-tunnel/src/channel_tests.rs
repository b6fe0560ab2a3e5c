//! Retransmission, acknowledgement and ordering over a network that loses, repeats and reorders messages.

use super::*;
use crate::frame::payload::OUTPUT;
use std::time::Duration;

fn at(ms: u64) -> Time {
    Duration::from_millis(ms)
}

fn pair() -> (Channel, Channel) {
    (Channel::new(Role::Client, 1, 1), Channel::new(Role::Agent, 1, 2))
}

fn data(text: &'static str) -> Inbound {
    Inbound::Data(OUTPUT, Bytes::from_static(text.as_bytes()))
}

fn send(channel: &mut Channel, text: &'static str, ms: u64) -> Bytes {
    channel.send(OUTPUT, Bytes::from_static(text.as_bytes()), at(ms));
    channel.transmit().unwrap()
}

#[test]
fn reordered_messages_are_delivered_in_order() {
    let (mut client, mut agent) = pair();
    let frames = [send(&mut agent, "a", 0), send(&mut agent, "b", 0), send(&mut agent, "c", 0)];
    for which in [2, 1, 0] {
        client.receive(&frames[which], at(1)).unwrap();
    }
    assert_eq!(
        [client.take(), client.take(), client.take(), client.take()],
        [Some(data("a")), Some(data("b")), Some(data("c")), None]
    );
}

#[test]
fn a_duplicate_is_delivered_once_and_acknowledged_twice() {
    let (mut client, mut agent) = pair();
    let frame = send(&mut agent, "a", 0);
    client.receive(&frame, at(1)).unwrap();
    client.receive(&frame, at(2)).unwrap();
    assert_eq!((client.take(), client.take()), (Some(data("a")), None));
    assert_eq!(client.waiting(), 2);
    agent.receive(&client.transmit().unwrap(), at(3)).unwrap();
    agent.receive(&client.transmit().unwrap(), at(3)).unwrap();
    assert_eq!(agent.unacknowledged(), 0);
}

#[test]
fn unacknowledged_message_is_resent_after_its_timeout_and_not_before() {
    let (mut client, _) = pair();
    let first = send(&mut client, "a", 0);
    client.tick(at(199));
    assert_eq!(client.transmit(), None);
    assert_eq!(client.wake(), Some(at(200)));
    client.tick(at(200));
    let again = client.transmit().unwrap();
    assert_eq!(Frame::decode(&again).unwrap().id, Frame::decode(&first).unwrap().id);
    assert!(client.wake() > Some(at(400)), "the second timeout is longer");
}

#[test]
fn new_link_resends_all_unacknowledged_messages_at_once() {
    let (mut client, mut agent) = pair();
    let frames: Vec<Bytes> = ["a", "b", "c"].into_iter().map(|text| send(&mut client, text, 0)).collect();
    agent.receive(&frames[1], at(1)).unwrap();
    client.receive(&agent.transmit().unwrap(), at(2)).unwrap();
    client.lost();
    client.resumed(at(3));
    assert_eq!(client.waiting(), 2);
    while let Some(frame) = client.transmit() {
        agent.receive(&frame, at(4)).unwrap();
    }
    assert_eq!(
        [agent.take(), agent.take(), agent.take(), agent.take()],
        [Some(data("a")), Some(data("b")), Some(data("c")), None]
    );
}

#[test]
fn resent_message_is_skipped_if_acknowledged_before_the_link_takes_it() {
    let (mut client, mut agent) = pair();
    let first = send(&mut client, "a", 0);
    let second = send(&mut client, "b", 0);
    client.resumed(at(5));
    agent.receive(&first, at(6)).unwrap();
    client.receive(&agent.transmit().unwrap(), at(7)).unwrap();
    let again = Frame::decode(&client.transmit().unwrap()).unwrap();
    assert_eq!((again.sequence, again.id), (1, Frame::decode(&second).unwrap().id));
    assert_eq!((client.transmit(), client.waiting()), (None, 0));
}

#[test]
fn message_ids_are_unique_version_4_uuids() {
    let (mut client, _) = pair();
    let ids: std::collections::HashSet<Uuid> =
        (0..1000).map(|_| Frame::decode(&send(&mut client, "a", 0)).unwrap().id).collect();
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| id.get_version_num() == 4));
}

#[test]
fn queue_memory_is_released_once_everything_is_acknowledged() {
    let (mut client, mut agent) = pair();
    for _ in 0..WINDOW {
        client.send(OUTPUT, Bytes::from_static(b"a"), at(0));
    }
    while let Some(frame) = client.transmit() {
        agent.receive(&frame, at(1)).unwrap();
        client.receive(&agent.transmit().unwrap(), at(1)).unwrap();
    }
    client.tick(at(2));
    assert!(client.unacknowledged.capacity() <= 2 * IDLE && client.out.capacity() <= 2 * IDLE);
}

#[test]
fn message_far_ahead_is_neither_acknowledged_nor_buffered() {
    let (mut client, agent) = pair();
    let far = Frame { sequence: i64::MAX, payload_type: OUTPUT, ..agent.frame(Kind::Output, Uuid::nil(), at(1)) };
    client.receive(&far.encode(), at(1)).unwrap();
    let negative = Frame { sequence: i64::MIN, payload_type: OUTPUT, ..agent.frame(Kind::Output, Uuid::nil(), at(1)) };
    client.receive(&negative.encode(), at(1)).unwrap();
    assert_eq!(client.take(), None);
    assert_eq!(client.waiting(), 1, "the old one is acknowledged");
}

#[test]
fn overdue_messages_cause_no_wakeups_without_a_link() {
    let (mut client, _) = pair();
    for _ in 0..AGAIN {
        client.send(OUTPUT, Bytes::from_static(b"x"), at(0));
    }
    client.lost();
    assert_eq!(client.wake(), Some(at(200)));
    client.tick(at(200));
    assert_eq!(client.wake(), None, "the queue already holds a full batch");
    while client.transmit().is_some() {}
    assert!(client.wake().is_some_and(|wake| wake > at(200)));
}

#[test]
fn channel_close_is_reported_and_other_kinds_are_ignored() {
    let (mut client, mut agent) = pair();
    for kind in [Kind::StartPublication, Kind::PausePublication, Kind::Other("agent_session_state".into()), Kind::Input]
    {
        agent.raw(kind, Bytes::from_static(b"{}"), at(0));
    }
    agent.raw(Kind::ChannelClosed, Bytes::from_static(br#"{"Output":"idle for 20 minutes"}"#), at(0));
    while let Some(frame) = agent.transmit() {
        client.receive(&frame, at(1)).unwrap();
    }
    assert_eq!((client.take(), client.take()), (Some(Inbound::Closed("idle for 20 minutes".into())), None));
    let framed = br#"{"Output":"\n----------ERROR-------\nUnable to start command: no such file\n"}"#;
    agent.raw(Kind::ChannelClosed, Bytes::from_static(framed), at(2));
    client.receive(&agent.transmit().unwrap(), at(3)).unwrap();
    assert_eq!(client.take(), Some(Inbound::Closed("Unable to start command: no such file".into())));
    assert_eq!(client.waiting(), 0);
}
