//! Port forwarding and interactive sessions through AWS Systems Manager Session Manager, without the
//! `session-manager-plugin`.
//!
//! Two halves. The core does no I/O: bytes and the current time go in; bytes, events and the time of the next wake-up
//! come out. [`frame`] is the codec, [`channel`] acknowledges, orders and resends, [`smux`] carries many connections
//! over one session, [`session`] combines them as a client, [`agent`] as the other side (for simulators and tests),
//! and [`supervisor`] decides how to recover when something breaks. The [`driver`] adds sockets: the signed
//! WebSocket, a proxy, the local listener. It is a feature that is on by default; `default-features = false` leaves
//! the core, with no runtime, no TLS and no randomness of its own (ids follow from the seed passed to
//! [`Session::new`]).
//!
//! Start with [`Tunnel::open`] for a port or [`Shell::open`] for a terminal, and a [`Gate`]; [`Status`] reports their
//! state. Callers with another kind of socket start with [`Session`] and [`supervisor::Supervisor`]: see
//! `examples/in_memory.rs`.
//!
//! Not part of this crate: requests to AWS. The caller's [`driver::Gate`] opens, resumes and ends sessions.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod agent;
pub mod channel;
#[cfg(feature = "driver")]
pub mod driver;
pub mod frame;
pub mod message;
mod outbox;
pub mod purpose;
pub mod rtt;
pub mod session;
pub mod smux;
pub mod state;
pub mod supervisor;
pub mod time;
pub mod version;

#[cfg(feature = "driver")]
pub use driver::{Credentials, Gate, Local, OpenSession, Options, Proxy, Shell, Status, Token, Tunnel};
pub use purpose::{Purpose, SendRate};
pub use session::Session;
pub use supervisor::{Failure, FailureKind, State};
pub use time::Time;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod network_tests;

#[cfg(test)]
mod tests {
    #[test]
    fn readme_example_matches_compiled_example() {
        let readme = include_str!("../README.md");
        let code = readme.split("```rust,ignore\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        assert!(include_str!("../examples/port.rs").contains(code.trim()), "copy it from examples/port.rs");
    }
}
