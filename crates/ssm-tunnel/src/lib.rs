//! Port forwarding and interactive sessions through AWS Systems Manager Session Manager, without the
//! `session-manager-plugin`.
//!
//! Two halves. The core does no input and no output: bytes and the time go in, bytes, events and the time of the next
//! wake-up come out. [`frame`] is the codec, [`channel`] acknowledges, orders and resends, [`smux`] carries many
//! connections over one session, [`session`] puts them together as a client, [`agent`] as the other side (for
//! simulators and tests), [`supervisor`] decides what to do when something breaks. The [`driver`] adds sockets: the
//! signed WebSocket, a proxy, the local listener. It is a feature, which is on by default: `default-features = false` leaves the
//! core, with no runtime, no TLS and no randomness of its own (ids follow from the seed that [`Session::new`] is given).
//!
//! Begin with [`Tunnel::open`] for a port, [`Shell::open`] for a terminal, and a [`Gate`]; [`Status`] says how it stands. Whoever
//! has sockets of another kind begins with [`Session`] and [`supervisor::Supervisor`]: `examples/in_memory.rs`.
//!
//! What does *not* live here: requests to AWS. Who opens, resumes and ends sessions is a [`driver::Gate`] of the caller.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod agent;
pub mod carried;
pub mod channel;
#[cfg(feature = "driver")]
pub mod driver;
pub mod frame;
pub mod message;
mod outbox;
pub mod rtt;
pub mod session;
pub mod smux;
pub mod state;
pub mod supervisor;
pub mod time;
pub mod version;

pub use carried::{Purpose, SendRate};
#[cfg(feature = "driver")]
pub use driver::{Credentials, Gate, Granted, Local, Options, Proxy, Shell, Status, Token, Tunnel};
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
    fn the_example_of_the_readme_is_one_that_compiles() {
        let readme = include_str!("../README.md");
        let code = readme.split("```rust,ignore\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        assert!(include_str!("../examples/port.rs").contains(code.trim()), "copy it from examples/port.rs");
    }
}
