//! A session from its handshake to its end, against an agent.

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
fn with_the_same_seed_the_same_is_said_again_and_with_another_one_no_id_is_the_same() {
    let said = |seed: u128| {
        let mut session = Session::new(Purpose::Port, SendRate::default(), 1, seed);
        let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, seed + 1);
        let token = "token".to_owned().into();
        agent.start(&[], at(0));
        session.receive(&agent.transmit().unwrap(), at(0)).unwrap();
        let mut said = vec![session.greeting(&token), session.greeting(&token)];
        said.extend(std::iter::from_fn(|| session.transmit()).map(|frame| format!("{frame:?}")));
        said
    };
    let once = said(7);
    assert_ne!(once[0], once[1], "each request has an id of its own");
    assert_eq!((once.len(), &once), (4, &said(7)), "two greetings, the acknowledgement and the answer");
    assert!(once.iter().zip(said(8)).all(|(one, other)| *one != other));
}

#[test]
fn an_action_that_is_not_known_is_answered_as_unsupported() {
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
fn a_session_that_is_to_be_encrypted_says_so_instead_of_waiting() {
    let mut session = Session::new(Purpose::Shell, SendRate::default(), 1, 1);
    session
        .handshake(br#"{"AgentVersion":"3.3.0.0","RequestedClientActions":[{"ActionType":"KMSEncryption"}]}"#, at(0));
    assert!(matches!(&events(&mut session)[..], [Event::Broken(why)] if why.contains("KMS")));
}

#[test]
fn bytes_go_both_ways_on_several_connections() {
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
fn a_target_that_cannot_be_reached_is_told_apart_from_an_end() {
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
fn an_old_agent_has_one_connection_at_a_time_and_late_bytes_reach_no_other() {
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
fn a_refusal_of_a_connection_that_the_program_has_left_is_not_taken_as_that_of_the_next() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    let left = session.open(at(1)).unwrap();
    carry(&mut session, &mut agent, at(1));
    // The program leaves while the refusal is on its way.
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
fn the_end_of_a_connection_that_was_answered_takes_the_refusal_of_no_other() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    let (one, two) = (session.open(at(1)).unwrap(), session.open(at(1)).unwrap());
    carry(&mut session, &mut agent, at(1));
    agent.send(one, &Bytes::from_static(b"answer"), at(2));
    carry(&mut session, &mut agent, at(2));
    session.end(one, at(3));
    // As the official agent, which says the one and the other at the same time.
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
fn an_agent_refuses_after_the_ends_of_others_that_wait() {
    let (mut session, mut agent) = opened(Purpose::Port, "3.3.0.0");
    let (one, two) = (session.open(at(1)).unwrap(), session.open(at(1)).unwrap());
    carry(&mut session, &mut agent, at(1));
    agent.rest(true, at(2));
    agent.end(one, at(2));
    agent.refuse(two, at(2));
    while agent.say(at(2)) {}
    carry(&mut session, &mut agent, at(2));
    assert_eq!(
        events(&mut session),
        [Event::Ended { stream: one, refused: false }, Event::Ended { stream: two, refused: true }]
    );
}

#[test]
fn what_waits_for_a_connection_that_an_old_agent_refuses_reaches_no_other() {
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
    // Of bytes that were on their way: refused too, and still not the next one's.
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
fn what_waits_for_its_turn_is_sent_before_the_session_is_ended() {
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
fn an_agent_of_the_middle_age_is_kept_awake() {
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
fn data_is_sent_at_its_pace() {
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
fn many_small_requests_wait_for_one_turn_and_not_for_one_each() {
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
    let asked = std::iter::from_fn(|| agent.event()).filter(|event| matches!(event, agent::Event::Data(..))).count();
    assert_eq!(asked, 50, "in two messages, as two turns had come");
    assert_eq!(session.wake(at(2)).filter(|wake| *wake < at(100)), None);
}
