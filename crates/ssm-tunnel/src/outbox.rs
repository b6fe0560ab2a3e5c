//! Data waiting to be sent. Small pieces are combined into one message, as the official client and agent read up to a
//! message's worth from their multiplexer at a time: since messages are paced, a hundred small requests then do not
//! need a hundred turns.

use crate::channel::CHUNK;
use crate::purpose::SendRate;
use crate::time::Time;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::time::Duration;

/// The queued pieces in order, and the pace at which they are sent as messages.
pub(crate) struct Outbox {
    pace: SendRate,
    /// The number of messages that may be sent now; at most the burst of the pace.
    allowance: f64,
    refilled: Time,
    pieces: VecDeque<Bytes>,
    bytes: usize,
}

impl Outbox {
    pub(crate) fn new(pace: SendRate) -> Self {
        Self { pace, allowance: f64::from(pace.burst), refilled: Time::ZERO, pieces: VecDeque::new(), bytes: 0 }
    }

    /// Queues a piece of at most [`CHUNK`] bytes.
    pub(crate) fn put(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        self.pieces.push_back(piece);
    }

    /// Discards all waiting bytes.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.bytes = 0;
    }

    /// The number of waiting bytes.
    pub(crate) fn waiting(&self) -> usize {
        self.bytes
    }

    /// Whether more data may be queued. While a whole message waits, later data stays at its source, so that
    /// connections take turns.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes < CHUNK
    }

    /// The next message, once the pace allows one.
    pub(crate) fn next(&mut self, now: Time) -> Option<Bytes> {
        if self.pieces.is_empty() {
            return None;
        }
        if self.pace.per_second > 0 {
            let allowed = self.allowed(now);
            if allowed < 1.0 {
                return None;
            }
            self.allowance = allowed - 1.0;
            self.refilled = now;
        }
        self.message()
    }

    /// The next message, ignoring the pace.
    pub(crate) fn message(&mut self) -> Option<Bytes> {
        let first = self.pieces.pop_front()?;
        let fits = |together: usize, next: &Bytes| together + next.len() <= CHUNK;
        let message = if self.pieces.front().is_some_and(|next| fits(first.len(), next)) {
            let mut together = BytesMut::with_capacity(CHUNK);
            together.extend_from_slice(&first);
            while let Some(next) = self.pieces.pop_front_if(|next| fits(together.len(), next)) {
                together.extend_from_slice(&next);
            }
            together.freeze()
        } else {
            first
        };
        self.bytes -= message.len();
        Some(message)
    }

    /// The time at which the pace allows the next message, if one waits.
    pub(crate) fn wake(&self, now: Time) -> Option<Time> {
        if self.pieces.is_empty() || self.pace.per_second == 0 {
            return None;
        }
        let missing = (1.0 - self.allowed(now)).max(0.0);
        Some(now + Duration::from_secs_f64(missing / f64::from(self.pace.per_second)).max(Duration::from_millis(1)))
    }

    fn allowed(&self, now: Time) -> f64 {
        let gained = now.saturating_sub(self.refilled).as_secs_f64() * f64::from(self.pace.per_second);
        (self.allowance + gained).min(f64::from(self.pace.burst.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waiting_pieces_are_combined_and_sent_as_soon_as_allowed() {
        let mut outbox = Outbox::new(SendRate { per_second: 1000, burst: 1 });
        outbox.put(Bytes::from_static(b"one"));
        assert_eq!(outbox.next(Time::ZERO).unwrap(), "one");
        for piece in ["two", "three", "four"] {
            outbox.put(Bytes::from_static(piece.as_bytes()));
        }
        assert_eq!(outbox.next(Time::ZERO), None, "the pace does not allow it yet");
        assert_eq!(outbox.wake(Time::ZERO), Some(Duration::from_millis(1)));
        assert_eq!(outbox.next(Duration::from_millis(1)).unwrap(), "twothreefour");
        assert_eq!((outbox.waiting(), outbox.wake(Duration::from_millis(1))), (0, None));
    }

    proptest! {
        #[test]
        fn messages_never_exceed_a_chunk_and_keep_byte_order(sizes in prop::collection::vec(0..=CHUNK, 0..50)) {
            let mut outbox = Outbox::new(SendRate { per_second: 0, burst: 0 });
            let mut put = Vec::new();
            for (at, size) in sizes.iter().enumerate() {
                let piece = vec![at as u8; *size];
                put.extend_from_slice(&piece);
                outbox.put(piece.into());
            }
            let mut got = Vec::new();
            while let Some(message) = outbox.next(Time::ZERO) {
                prop_assert!(message.len() <= CHUNK);
                got.extend_from_slice(&message);
            }
            prop_assert_eq!(got, put);
            prop_assert_eq!(outbox.waiting(), 0);
        }
    }
}
