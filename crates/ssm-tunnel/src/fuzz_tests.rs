//! Arbitrary bytes for every decoder: none panics or allocates without bound, and invalid input changes nothing.
//! `./dev fuzz` runs these with many more cases.

use crate::agent::Agent;
use crate::frame::{Frame, FrameError, HEADER, Kind, payload};
use crate::message::{Acknowledge, ChannelClosed, HandshakeRequest, HandshakeResponse, Size};
use crate::purpose::{Event, Purpose, SendRate};
use crate::session::Session;
use crate::smux::{self, Mux, SmuxError};
use crate::time::Time;
use crate::version::is_newer;
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Generates payloads: random bytes, and almost valid messages.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let handshake =
        (".{0,12}", prop::option::of(prop::collection::vec(".{0,12}", 0..4))).prop_map(|(version, actions)| {
            let actions: Option<Vec<_>> =
                actions.map(|names| names.iter().map(|name| json!({"ActionType": name})).collect());
            json!({"AgentVersion": version, "RequestedClientActions": actions}).to_string().into_bytes()
        });
    let response = ".{0,12}"
        .prop_map(|version| json!({"ClientVersion": version, "ProcessedClientActions": []}).to_string().into_bytes());
    let smux = (any::<u8>(), 0u8..6, any::<u16>(), 0u32..8, prop::collection::vec(any::<u8>(), 0..60)).prop_map(
        |(version, command, length, id, rest)| {
            let version = if version > 3 { 1 } else { version };
            let mut out = vec![version, command];
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(&id.to_le_bytes());
            out.extend_from_slice(&rest);
            out
        },
    );
    let acknowledgement = (any::<i64>(), ".{0,20}").prop_map(|(sequence, kind)| {
        let body = json!({"AcknowledgedMessageType": kind, "AcknowledgedMessageId": "x",
                          "AcknowledgedMessageSequenceNumber": sequence, "IsSequentialMessage": true});
        body.to_string().into_bytes()
    });
    let flag = (0u32..5).prop_map(|flag| flag.to_be_bytes().to_vec());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        handshake,
        response,
        smux,
        acknowledgement,
        flag,
        Just(b"{}".to_vec()),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Input),
        Just(Kind::Output),
        Just(Kind::Output),
        Just(Kind::Input),
        Just(Kind::Acknowledge),
        Just(Kind::StartPublication),
        Just(Kind::PausePublication),
        "[a-z_]{1,32}".prop_map(Kind::Other),
    ]
}

/// Generates well-formed messages with arbitrary content, and an occasional malformed one.
fn messages() -> impl Strategy<Value = Vec<Bytes>> {
    let frame = (kind(), 0i64..12, any::<u64>(), 0u32..16, body(), prop::option::weighted(0.1, any::<i64>())).prop_map(
        |(kind, sequence, flags, payload_type, payload, far)| {
            let sequence = far.unwrap_or(sequence);
            let (id, payload) = (Uuid::from_u128(u128::from(flags)), payload.into());
            Frame { kind, created_ms: flags, sequence, flags, id, payload_type, payload }.encode()
        },
    );
    let garbage = prop::collection::vec(any::<u8>(), 0..300).prop_map(Bytes::from);
    prop::collection::vec(prop_oneof![9 => frame, 1 => garbage], 0..40)
}

/// The first messages of a recorded session between the official plugin and the agent.
fn recorded() -> Vec<Bytes> {
    include_str!("../tests/recorded.txt")
        .lines()
        .map(|line| (0..line.len()).step_by(2).map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap()).collect())
        .collect()
}

#[test]
fn recorded_messages_truncated_at_any_byte_are_rejected() {
    for bytes in recorded() {
        for end in 0..bytes.len() {
            assert!(Frame::decode(&bytes.slice(..end)).is_err(), "{end} of {}", bytes.len());
        }
    }
}

#[test]
fn payload_length_mismatch_is_rejected() {
    for bytes in recorded() {
        let longer: Bytes = [&bytes[..], b"x"].concat().into();
        assert!(matches!(Frame::decode(&longer), Err(FrameError::Length { .. })));
        for stated in [u32::MAX, u32::MAX / 2, (bytes.len() - HEADER) as u32] {
            let mut bytes = bytes.to_vec();
            bytes[HEADER..HEADER + 4].copy_from_slice(&stated.to_be_bytes());
            assert!(Frame::decode(&bytes.into()).is_err());
        }
    }
}

#[test]
fn invalid_smux_never_delivers_bytes_to_another_stream() {
    let header = |version: u8, command: u8, length: u16, id: u32| {
        let (length, id) = (length.to_le_bytes(), id.to_le_bytes());
        [version, command, length[0], length[1], id[0], id[1], id[2], id[3]]
    };
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        assert_eq!(Mux::client().receive(&header(version, 2, 0, 3)), Err(SmuxError::Version(version)));
    }
    for command in 4..=u8::MAX {
        assert_eq!(Mux::client().receive(&header(1, command, 0, 3)), Err(SmuxError::Command(command)));
    }
    let mut mux = Mux::client();
    let (id, _) = mux.open().unwrap();
    for other in (0..20).filter(|other| *other != id).chain([u32::MAX]) {
        let bytes = [&header(1, 2, 4, other)[..], b"lost"].concat();
        assert_eq!(mux.receive(&bytes), Ok(Vec::new()), "{other}");
    }
    // A frame whose stated length exceeds the received bytes waits for the rest and is delivered as one.
    assert_eq!(mux.receive(&[&header(1, 2, 6, id)[..], b"one"].concat()), Ok(Vec::new()));
    assert_eq!(mux.receive(b"two"), Ok(vec![smux::Event::Data(id, Bytes::from_static(b"onetwo"))]));
}

proptest! {
    #[test]
    fn single_byte_change_is_rejected_or_affects_only_the_header(which: prop::sample::Index, at: prop::sample::Index, by in 1u8..=255) {
        let all = recorded();
        let bytes = which.get(&all);
        let mut changed = bytes.to_vec();
        let at = at.index(changed.len());
        changed[at] ^= by;
        if let Ok(frame) = Frame::decode(&changed.into()) {
            let before = Frame::decode(bytes).unwrap();
            let unchecked = matches!(frame.kind, Kind::StartPublication | Kind::PausePublication);
            prop_assert!(frame.payload == before.payload || unchecked || before.payload.is_empty());
            prop_assert!(at < HEADER + 4 || unchecked);
        }
    }

    #[test]
    fn session_survives_any_messages_and_is_ready_only_after_its_handshake(shell: bool, messages in messages()) {
        let purpose = if shell { Purpose::Shell } else { Purpose::Port };
        let mut session = Session::new(purpose, SendRate::default(), 1, 1);
        let mut now = Time::ZERO;
        let mut complete = false;
        let mut sent = 0;
        for message in &messages {
            now += Time::from_millis(50);
            if let Ok(frame) = Frame::decode(message) {
                complete |= frame.kind == Kind::Output && frame.payload_type == payload::HANDSHAKE_COMPLETE;
            }
            let _ = session.receive(message, now);
            session.tick(now);
            while let Some(event) = session.event() {
                prop_assert!(complete || !matches!(event, Event::Ready { .. } | Event::Data(..)), "{event:?}");
                if matches!(event, Event::Ready { .. }) && let Some(stream) = session.open(now) {
                    session.send(stream, &Bytes::from_static(b"hello"), now);
                }
            }
            while session.transmit().is_some() { sent += 1; }
            prop_assert!(session.channel().unacknowledged() <= 2 * messages.len() + 4);
        }
        // One answer per message, plus retransmissions.
        prop_assert!(sent <= 200 + 70 * messages.len(), "{sent}");
    }

    #[test]
    fn agent_survives_any_messages(shell: bool, old: bool, messages in messages()) {
        let purpose = if shell { Purpose::Shell } else { Purpose::Port };
        let mut agent = Agent::new(purpose, if old { "2.3.0.0" } else { "3.3.0.0" }, 1, 2);
        agent.start(&[], Time::ZERO);
        for (at, message) in messages.iter().enumerate() {
            let now = Time::from_millis(50 * at as u64);
            let _ = agent.receive(message, now);
            agent.tick(now);
            while agent.event().is_some() {}
            while agent.transmit().is_some() {}
        }
    }

    #[test]
    fn decoders_never_panic_on_any_body_or_version(body in body(), one in ".{0,20}", other in "[0-9.]{0,20}") {
        let _ = serde_json::from_slice::<HandshakeRequest>(&body);
        let _ = serde_json::from_slice::<HandshakeResponse>(&body);
        let _ = serde_json::from_slice::<Acknowledge>(&body);
        let _ = serde_json::from_slice::<ChannelClosed>(&body);
        let _ = serde_json::from_slice::<Size>(&body);
        prop_assert!(!(is_newer(&one, &other) && is_newer(&other, &one)));
    }
}
