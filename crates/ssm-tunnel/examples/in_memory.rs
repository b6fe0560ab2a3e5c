//! A complete session without a socket: the client and the agent of this crate, with messages passed between them directly.

use bytes::Bytes;
use ssm_tunnel::agent::{self, Agent};
use ssm_tunnel::purpose::Event;
use ssm_tunnel::{Purpose, SendRate, Session, Time};
use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut client = Session::new(Purpose::Port, SendRate::default(), 1_700_000_000_000, 1);
    let mut far = Agent::new(Purpose::Port, "3.3.1611.0", 1_700_000_000_000, 2);
    far.start(&[], Time::ZERO);
    for ms in 0..100 {
        let now = Time::from_millis(ms);
        while let Some(message) = client.transmit() {
            // The sender of a damaged message sends it again.
            let _ = far.receive(&message, now);
        }
        while let Some(message) = far.transmit() {
            let _ = client.receive(&message, now);
        }
        while let Some(event) = far.event() {
            if let agent::Event::Data(stream, bytes) = &event {
                far.send(*stream, bytes, now);
                far.end(*stream, now);
            }
            writeln!(out, "{ms:>3} ms  agent   {event:?}")?;
        }
        while let Some(event) = client.event() {
            if matches!(event, Event::Ready { .. })
                && let Some(stream) = client.open(now)
            {
                client.send(stream, &Bytes::from_static(b"hello"), now);
            }
            writeln!(out, "{ms:>3} ms  client  {event:?}")?;
        }
    }
    Ok(())
}
