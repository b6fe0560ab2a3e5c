//! A session from its handshake to its end, against a simulated agent.

use super::*;
use crate::agent::{self, Agent};
use crate::frame::Kind;

fn at(ms: u64) -> Time {
    Duration::from_millis(ms)
}

/// Carries messages both ways until there are none.
fn carry(session: &mut Session, agent: &mut Agent, now: Time) {
    loop {
        let mut moved = false;
        while let Some(frame) = session.transmit() {
            agent.receive(&frame, now).unwrap();
            moved = true;
        }
        while let Some(frame) = agent.transmit() {
            session.receive(&frame, now).unwrap();
            moved = true;
        }
        if !moved {
            return;
        }
    }
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.event()).collect()
}

fn opened(purpose: Purpose, version: &str) -> (Session, Agent) {
    let mut session = Session::new(purpose, SendRate { per_second: 0, burst: 0 }, 1, 1);
    let mut agent = Agent::new(purpose, version, 1, 2);
    agent.start(&[], at(0));
    carry(&mut session, &mut agent, at(0));
    assert!(matches!(events(&mut session)[..], [Event::Ready { .. }]));
    while agent.event().is_some() {}
    (session, agent)
}

#[test]
fn only_the_completed_handshake_makes_a_session_ready() {
    let mut session = Session::new(Purpose::Port, SendRate::default(), 1, 1);
    let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, 2);
    agent.raw(Kind::StartPublication, Bytes::new(), at(0));
    carry(&mut session, &mut agent, at(0));
    assert_eq!((session.is_ready(), session.open(at(1)), session.can_send()), (false, None, false));
    agent.start(&[], at(2));
    session.receive(&agent.transmit().unwrap(), at(2)).unwrap();
    assert_eq!(session.open(at(2)), None);
    carry(&mut session, &mut agent, at(3));
    assert_eq!(session.open(at(3)), Some(3));
}

#[test]
fn same_seed_repeats_the_messages_and_another_seed_shares_no_id() {
    let messages_of = |seed: u128| {
        let mut session = Session::new(Purpose::Port, SendRate::default(), 1, seed);
        let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, seed + 1);
        let token = "token".to_owned().into();
        agent.start(&[], at(0));
        session.receive(&agent.transmit().unwrap(), at(0)).unwrap();
        let mut messages = vec![session.greeting(&token), session.greeting(&token)];
        messages.extend(std::iter::from_fn(|| session.transmit()).map(|frame| format!("{frame:?}")));
        messages
    };
    let once = messages_of(7);
    assert_ne!(once[0], once[1], "each request has an id of its own");
    assert_eq!((once.len(), &once), (4, &messages_of(7)), "two greetings, the acknowledgement and the answer");
    assert!(once.iter().zip(messages_of(8)).all(|(one, other)| *one != other));
}

#[test]
fn unknown_action_is_answered_as_unsupported() {
    let mut session = Session::new(Purpose::Port, SendRate::default(), 1, 1);
    session.handshake(
        br#"{"AgentVersion":"3.3.0.0","RequestedClientActions":[{"ActionType":"SessionType"},{"ActionType":"Dance"}]}"#,
        at(0),
    );
    let frame = crate::frame::Frame::decode(&session.transmit().unwrap()).unwrap();
    let response: HandshakeResponse = serde_json::from_slice(&frame.payload).unwrap();
    let status: Vec<u8> = response.processed_client_actions.iter().map(|action| action.action_status).collect();
    assert_eq!(status, [1, 3]);
    assert_eq!(events(&mut session), []);
}

#[test]
fn encrypted_session_fails_with_a_reason_instead_of_waiting() {
    let mut session = Session::new(Purpose::Shell, SendRate::default(), 1, 1);
    session
        .handshake(br#"{"AgentVersion":"3.3.0.0","RequestedClientActions":[{"ActionType":"KMSEncryption"}]}"#, at(0));
    assert!(matches!(&events(&mut session)[..], [Event::Broken(why)] if why.contains("KMS")));
}

#[test]
fn bytes_flow_both_ways_on_several_connections() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    let (one, two) = (session.open(at(1)).unwrap(), session.open(at(1)).unwrap());
    session.send(one, &Bytes::from_static(b"one"), at(1));
    session.send(two, &Bytes::from_static(b"two"), at(1));
    carry(&mut session, &mut agent, at(2));
    let seen: Vec<agent::Event> = std::iter::from_fn(|| agent.event()).collect();
    assert_eq!(
        seen,
        [
            agent::Event::Opened(3),
            agent::Event::Opened(5),
            agent::Event::Data(3, Bytes::from_static(b"one")),
            agent::Event::Data(5, Bytes::from_static(b"two")),
        ]
    );
    agent.send(5, &Bytes::from_static(b"answer"), at(3));
    agent.end(5, at(3));
    carry(&mut session, &mut agent, at(3));
    assert_eq!(
        events(&mut session),
        [Event::Data(5, Bytes::from_static(b"answer")), Event::Ended { stream: 5, refused: false }]
    );
}

#[test]
fn unreachable_target_is_distinguished_from_a_normal_end() {
    for version in ["3.3.0.0", "2.3.750.0"] {
        let (mut session, mut agent) = opened(Purpose::Port, version);
        let stream = session.open(at(1)).unwrap();
        session.send(stream, &Bytes::from_static(b"hello"), at(1));
        carry(&mut session, &mut agent, at(1));
        agent.refuse(stream, at(2));
        carry(&mut session, &mut agent, at(2));
        assert_eq!(events(&mut session), [Event::Ended { stream, refused: true }], "{version}");
    }
}

#[test]
fn old_agent_serves_one_connection_at_a_time_and_late_bytes_are_dropped() {
    let (mut session, mut agent) = opened(Purpose::Port, "2.3.750.0");
    let first = session.open(at(1)).unwrap();
    assert_eq!(session.open(at(1)), None);
    session.send(first, &Bytes::from_static(b"q"), at(1));
    session.end(first, at(2));
    assert_eq!(session.open(at(3)), None);
    agent.output(&Bytes::from_static(b"late"), at(400));
    carry(&mut session, &mut agent, at(400));
    assert_eq!(session.open(at(800)), None, "the late bytes made the wait longer");
    assert_eq!(session.wake(at(800)), Some(at(900)));
    assert_eq!(session.open(at(900)), Some(1));
    assert_eq!(events(&mut session), []);
}

fn refusal() -> Bytes {
    flag::CONNECT_TO_PORT_ERROR.to_be_bytes().to_vec().into()
}

#[test]
fn refusal_of_a_closed_connection_is_not_attributed_to_the_next() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    let left = session.open(at(1)).unwrap();
    carry(&mut session, &mut agent, at(1));
    // The program closes while the refusal is in flight.
    agent.refuse(left, at(2));
    session.end(left, at(2));
    carry(&mut session, &mut agent, at(2));
    assert_eq!(events(&mut session), []);
    let next = session.open(at(3)).unwrap();
    carry(&mut session, &mut agent, at(3));
    agent.end(next, at(4));
    carry(&mut session, &mut agent, at(4));
    assert_eq!(events(&mut session), [Event::Ended { stream: next, refused: false }]);
}

#[test]
fn end_of_an_answered_connection_does_not_consume_a_refusal() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    let (one, two) = (session.open(at(1)).unwrap(), session.open(at(1)).unwrap());
    carry(&mut session, &mut agent, at(1));
    agent.send(one, &Bytes::from_static(b"answer"), at(2));
    carry(&mut session, &mut agent, at(2));
    session.end(one, at(3));
    // Like the official agent, which sends the flag and the end at the same time.
    agent.payload(payload::FLAG, refusal(), at(3));
    agent.end(one, at(3));
    agent.end(two, at(3));
    carry(&mut session, &mut agent, at(3));
    assert_eq!(
        events(&mut session),
        [Event::Data(one, Bytes::from_static(b"answer")), Event::Ended { stream: two, refused: true }]
    );
}

#[test]
fn agent_sends_a_refusal_after_queued_ends_of_other_connections() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    let (one, two) = (session.open(at(1)).unwrap(), session.open(at(1)).unwrap());
    carry(&mut session, &mut agent, at(1));
    agent.set_resting(true, at(2));
    agent.end(one, at(2));
    agent.refuse(two, at(2));
    while agent.send_next(at(2)) {}
    carry(&mut session, &mut agent, at(2));
    assert_eq!(
        events(&mut session),
        [Event::Ended { stream: one, refused: false }, Event::Ended { stream: two, refused: true }]
    );
}

#[test]
fn data_queued_for_a_refused_connection_reaches_no_other_on_an_old_agent() {
    let (mut session, mut agent) = opened(Purpose::Port, "2.3.750.0");
    session.outbox = Outbox::new(SendRate { per_second: 1, burst: 1 });
    let first = session.open(at(1)).unwrap();
    session.send(first, &Bytes::from_static(b"first"), at(1));
    session.send(first, &Bytes::from_static(b"and what waits"), at(1));
    carry(&mut session, &mut agent, at(1));
    agent.refuse(first, at(2));
    carry(&mut session, &mut agent, at(2));
    assert_eq!(events(&mut session), [Event::Ended { stream: first, refused: true }]);
    assert_eq!((session.open(at(501)), session.wake(at(501))), (None, Some(at(502))));
    // A refusal for bytes that were already in flight must not affect the next connection either.
    agent.payload(payload::FLAG, refusal(), at(501));
    carry(&mut session, &mut agent, at(501));
    assert_eq!((session.open(at(1000)), session.wake(at(1000))), (None, Some(at(1001))));
    let next = session.open(at(1001)).unwrap();
    session.send(next, &Bytes::from_static(b"next"), at(2000));
    carry(&mut session, &mut agent, at(2000));
    let seen: Vec<agent::Event> = std::iter::from_fn(|| agent.event()).collect();
    assert_eq!(
        seen,
        [
            agent::Event::Opened(first),
            agent::Event::Data(first, Bytes::from_static(b"first")),
            agent::Event::Opened(next),
            agent::Event::Data(next, Bytes::from_static(b"next")),
        ]
    );
    assert_eq!(events(&mut session), []);
}

#[test]
fn queued_data_is_sent_before_the_session_is_terminated() {
    for version in ["3.3.0.0", "2.3.750.0"] {
        let (mut session, mut agent) = opened(Purpose::Port, version);
        session.outbox = Outbox::new(SendRate { per_second: 1, burst: 1 });
        let stream = session.open(at(1)).unwrap();
        session.send(stream, &Bytes::from_static(b"first"), at(1));
        session.send(stream, &Bytes::from_static(b"last"), at(1));
        session.terminate(at(1));
        carry(&mut session, &mut agent, at(1));
        let seen: Vec<agent::Event> = std::iter::from_fn(|| agent.event()).collect();
        assert_eq!(
            seen,
            [
                agent::Event::Opened(stream),
                agent::Event::Data(stream, Bytes::from_static(b"first")),
                agent::Event::Data(stream, Bytes::from_static(b"last")),
                agent::Event::Terminate,
            ],
            "{version}"
        );
    }
}

#[test]
fn broken_multiplexing_ends_the_session_with_its_reason() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    agent.payload(payload::OUTPUT, Bytes::from_static(&[9; 16]), at(1));
    carry(&mut session, &mut agent, at(1));
    assert!(matches!(&events(&mut session)[..], [Event::Broken(why)] if why.contains("version 9")));
    assert!(!session.can_send());
}

#[test]
fn mid_version_agent_receives_keep_alives() {
    let (session, _) = opened(Purpose::Port, "3.3.0.0");
    assert_eq!(session.wake(at(1)), None);
    let (mut session, mut agent) = opened(Purpose::Port, "3.1.0.0");
    assert_eq!(session.wake(at(1)), Some(at(10_000)));
    session.tick(at(10_000));
    assert!(session.transmit().is_some_and(|frame| agent.receive(&frame, at(10_001)).is_ok()));
}

#[test]
fn a_terminal_has_input_size_output_and_an_exit_code() {
    let (mut session, mut agent) = opened(Purpose::Shell, "3.3.0.0");
    session.resize(Size { cols: 120, rows: 40 }, at(1));
    session.input(&"日本\n".into(), at(1));
    carry(&mut session, &mut agent, at(1));
    let seen: Vec<agent::Event> = std::iter::from_fn(|| agent.event()).collect();
    assert_eq!(seen, [agent::Event::Size(Size { cols: 120, rows: 40 }), agent::Event::Input("日本\n".into())]);
    agent.output(&"ok\r\n".into(), at(2));
    agent.payload(payload::EXIT_CODE, "3".into(), at(2));
    agent.payload(4711, "who knows".into(), at(2));
    agent.close("bye", at(2));
    carry(&mut session, &mut agent, at(2));
    assert_eq!(events(&mut session), [Event::Output("ok\r\n".into()), Event::Exit(3), Event::Closed("bye".into())]);
}

#[test]
fn data_is_sent_at_the_configured_pace() {
    let (mut session, _) = opened(Purpose::Port, "3.3.0.0");
    session.outbox = Outbox::new(SendRate { per_second: 1000, burst: 4 });
    let stream = session.open(at(0)).unwrap();
    let mut sent = 0;
    for ms in 0..100 {
        session.tick(at(ms));
        while session.can_send() {
            session.send(stream, &vec![0; smux::SLICE].into(), at(ms));
        }
        while session.transmit().is_some() {
            sent += 1;
        }
        assert!(session.wake(at(ms)).is_some_and(|wake| wake <= at(ms + 1)));
    }
    assert!((100..=104).contains(&sent), "{sent}");
}

#[test]
fn small_requests_share_paced_messages() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    session.outbox = Outbox::new(SendRate { per_second: 1000, burst: 1 });
    let streams: Vec<_> = (0..50).map(|_| session.open(at(0)).unwrap()).collect();
    carry(&mut session, &mut agent, at(0));
    session.tick(at(1));
    for stream in &streams {
        assert!(session.can_send());
        session.send(*stream, &Bytes::from_static(b"?"), at(1));
    }
    session.tick(at(2));
    carry(&mut session, &mut agent, at(2));
    let requests = std::iter::from_fn(|| agent.event()).filter(|event| matches!(event, agent::Event::Data(..))).count();
    assert_eq!(requests, 50, "sent in two messages, because the pace allowed two");
    assert_eq!(session.wake(at(2)).filter(|wake| *wake < at(100)), None);
}
