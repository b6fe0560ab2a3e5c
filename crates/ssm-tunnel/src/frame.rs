//! One binary message of the data channel: a header with fixed offsets, big-endian, and a payload with its SHA-256 digest.

use bytes::{BufMut, Bytes, BytesMut};
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

/// The header length that the header itself states: up to and including the payload type, without the payload length.
pub const HEADER: usize = 116;
/// The offset of the payload.
const START: usize = HEADER + 4;
/// The longest header that is accepted. None longer than [`HEADER`] has been observed.
const LONGEST_HEADER: usize = 1024;

/// The type of a message, a name in its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// From the client to the agent.
    Input,
    /// From the agent to the client.
    Output,
    /// Acknowledges a message of one of the two types above.
    Acknowledge,
    /// The session is over.
    ChannelClosed,
    /// The service accepts data again. This does not mean that the agent is ready.
    StartPublication,
    /// The service requests that the client pause sending.
    PausePublication,
    /// Any other type, by its name.
    Other(String),
}

impl Kind {
    /// The name used in the header.
    pub fn name(&self) -> &str {
        match self {
            Self::Input => "input_stream_data",
            Self::Output => "output_stream_data",
            Self::Acknowledge => "acknowledge",
            Self::ChannelClosed => "channel_closed",
            Self::StartPublication => "start_publication",
            Self::PausePublication => "pause_publication",
            Self::Other(name) => name,
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "input_stream_data" => Self::Input,
            "output_stream_data" => Self::Output,
            "acknowledge" => Self::Acknowledge,
            "channel_closed" => Self::ChannelClosed,
            "start_publication" => Self::StartPublication,
            "pause_publication" => Self::PausePublication,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether the digest is ignored: the agent itself sends these two types without a valid one.
    fn is_unchecked(&self) -> bool {
        matches!(self, Self::StartPublication | Self::PausePublication)
    }
}

/// Payload types, as numbers on the wire.
pub mod payload {
    /// Bytes of a connection or of a terminal.
    pub const OUTPUT: u32 = 1;
    /// An error message, as text.
    pub const ERROR: u32 = 2;
    /// The size of the terminal.
    pub const SIZE: u32 = 3;
    /// The agent's handshake request: [`crate::message::HandshakeRequest`].
    pub const HANDSHAKE_REQUEST: u32 = 5;
    /// The client's handshake response: [`crate::message::HandshakeResponse`].
    pub const HANDSHAKE_RESPONSE: u32 = 6;
    /// The end of the handshake: input is accepted from here on.
    pub const HANDSHAKE_COMPLETE: u32 = 7;
    /// One of [`super::flag`].
    pub const FLAG: u32 = 10;
    /// Bytes of a command's stderr.
    pub const STDERR: u32 = 11;
    /// The exit code of a command, as digits.
    pub const EXIT_CODE: u32 = 12;
}

/// Values of a payload of the type [`payload::FLAG`].
pub mod flag {
    /// The connection is closed, the session is not (sessions without multiplexing).
    pub const DISCONNECT_TO_PORT: u32 = 1;
    /// The session is over.
    pub const TERMINATE_SESSION: u32 = 2;
    /// The agent could not connect to the host and port.
    pub const CONNECT_TO_PORT_ERROR: u32 = 3;
}

/// The reason why bytes are not a valid frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Fewer bytes than the header and the payload need.
    #[error("the message is cut off after {0} bytes")]
    Truncated(usize),
    /// The header length is out of range.
    #[error("the message states a header of {0} bytes")]
    Header(u32),
    /// The stated payload length differs from the actual one.
    #[error("the message states a payload of {stated} bytes, but carries {actual}")]
    Length {
        /// The length stated in the header.
        stated: u32,
        /// The actual length of the payload.
        actual: usize,
    },
    /// The payload does not match its digest.
    #[error("the message's digest is not that of its content")]
    Digest,
}

/// A message of the session's data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The type of the message.
    pub kind: Kind,
    /// The creation time, in milliseconds since 1970. Never 0.
    pub created_ms: u64,
    /// The sequence number within its direction; 0 in acknowledgements.
    pub sequence: i64,
    /// 3 in acknowledgements, else 0; 1 in the first message of a direction.
    pub flags: u64,
    /// The id of the message; an acknowledgement repeats it.
    pub id: Uuid,
    /// The payload type: one of [`payload`], or an unknown one.
    pub payload_type: u32,
    /// The content; its form depends on the payload type.
    pub payload: Bytes,
}

impl Frame {
    /// Encodes the message for the WebSocket.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(START + self.payload.len());
        out.put_u32(HEADER as u32);
        let mut name = [b' '; 32];
        for (place, byte) in name.iter_mut().zip(self.kind.name().bytes()) {
            *place = byte;
        }
        out.put_slice(&name);
        out.put_u32(1);
        out.put_u64(self.created_ms.max(1));
        out.put_i64(self.sequence);
        out.put_u64(self.flags);
        let id = self.id.as_bytes();
        out.put_slice(&id[8..]);
        out.put_slice(&id[..8]);
        out.put_slice(&Sha256::digest(&self.payload));
        out.put_u32(self.payload_type);
        out.put_u32(self.payload.len() as u32);
        out.put_slice(&self.payload);
        out.freeze()
    }

    /// Decodes one binary WebSocket message.
    pub fn decode(bytes: &Bytes) -> Result<Self, FrameError> {
        let truncated = FrameError::Truncated(bytes.len());
        let header = u32_at(bytes, 0).ok_or(truncated)?;
        let length = header as usize;
        if !(HEADER..=LONGEST_HEADER).contains(&length) {
            return Err(FrameError::Header(header));
        }
        if bytes.len() < length + 4 {
            return Err(truncated);
        }
        let name = String::from_utf8_lossy(&bytes[4..36]);
        let kind = Kind::of(name.trim_matches(['\0', ' ']));
        let stated = u32_at(bytes, length).ok_or(truncated)?;
        let payload = bytes.slice(length + 4..);
        if payload.len() < stated as usize {
            return Err(truncated);
        }
        if payload.len() != stated as usize {
            return Err(FrameError::Length { stated, actual: payload.len() });
        }
        if !payload.is_empty() && !kind.is_unchecked() && Sha256::digest(&payload)[..] != bytes[80..112] {
            return Err(FrameError::Digest);
        }
        let mut id = [0; 16];
        id[8..].copy_from_slice(&bytes[64..72]);
        id[..8].copy_from_slice(&bytes[72..80]);
        Ok(Self {
            kind,
            created_ms: u64_at(bytes, 40).ok_or(truncated)?,
            sequence: u64_at(bytes, 48).ok_or(truncated)? as i64,
            flags: u64_at(bytes, 56).ok_or(truncated)?,
            id: Uuid::from_bytes(id),
            payload_type: u32_at(bytes, 112).ok_or(truncated)?,
            payload,
        })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
