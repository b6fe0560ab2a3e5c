//! Encoding and decoding of frames, and rejection of invalid ones.

use super::*;
use proptest::prelude::*;

fn frame(payload: &'static [u8]) -> Frame {
    Frame {
        kind: Kind::Input,
        created_ms: 1_700_000_000_000,
        sequence: 7,
        flags: 0,
        id: Uuid::from_u128(0x1494_d75f_3fd5_4f33_b331_ddba_464f_2750),
        payload_type: payload::OUTPUT,
        payload: Bytes::from_static(payload),
    }
}

fn unhex(text: &str) -> Bytes {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect::<Vec<_>>().into()
}

/// The first messages of a recorded session between the official plugin and the agent.
const RECORDED: &str = include_str!("../tests/recorded.txt");

#[test]
fn recorded_session_round_trips_byte_for_byte() {
    for line in RECORDED.lines() {
        let bytes = unhex(line);
        let frame = Frame::decode(&bytes).unwrap();
        assert_eq!(frame.encode(), bytes, "{frame:?}");
    }
}

#[test]
fn acknowledgement_refers_to_the_header_id_of_its_message() {
    let frames: Vec<Frame> = RECORDED.lines().map(|line| Frame::decode(&unhex(line)).unwrap()).collect();
    let acknowledged: Vec<crate::message::Acknowledge> = frames
        .iter()
        .filter(|frame| frame.kind == Kind::Acknowledge)
        .map(|frame| serde_json::from_slice(&frame.payload).unwrap())
        .collect();
    assert!(!acknowledged.is_empty());
    for one in acknowledged {
        assert!(frames.iter().any(|frame| frame.id.to_string() == one.id && frame.sequence == one.sequence), "{one:?}");
    }
}

#[test]
fn truncated_message_is_rejected_at_any_byte() {
    let bytes = frame(b"SELECT 1").encode();
    for end in 0..bytes.len() {
        assert!(Frame::decode(&bytes.slice(..end)).is_err(), "{end}");
    }
}

#[test]
fn changed_payload_is_rejected_except_for_kinds_without_digest() {
    let mut bytes = frame(b"SELECT 1").encode().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(Frame::decode(&bytes.clone().into()), Err(FrameError::Digest));
    let mut start = Frame { kind: Kind::StartPublication, ..frame(b"x") }.encode().to_vec();
    start[80] ^= 1;
    assert_eq!(Frame::decode(&start.into()).unwrap().kind, Kind::StartPublication);
}

#[test]
fn huge_lengths_are_rejected() {
    let bytes = frame(b"SELECT 1").encode();
    for at in [0, HEADER] {
        for value in [u32::MAX, 1 << 31, 0x00ff_ffff] {
            let mut bytes = bytes.to_vec();
            bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
            assert!(Frame::decode(&bytes.into()).is_err(), "{value} at {at}");
        }
    }
}

#[test]
fn unknown_kind_keeps_its_name() {
    let unknown = Frame { kind: Kind::Other("agent_session_state".into()), ..frame(b"{}") };
    assert_eq!(Frame::decode(&unknown.encode()).unwrap(), unknown);
}

proptest! {
    #[test]
    fn encoded_frame_decodes_to_itself(sequence: i64, flags: u64, id: u128, kind: u32, payload: Vec<u8>) {
        let frame = Frame {
            kind: Kind::Output, created_ms: 1, sequence, flags, id: Uuid::from_u128(id), payload_type: kind, payload: payload.into(),
        };
        prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, header in 100u32..140) {
        let _ = Frame::decode(&bytes.clone().into());
        let mut long = vec![0; 200];
        for (place, byte) in long.iter_mut().zip(&bytes) { *place = *byte; }
        long[..4].copy_from_slice(&header.to_be_bytes());
        let _ = Frame::decode(&long.into());
    }
}
