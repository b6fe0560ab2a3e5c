//! A simulated AWS on loopback: the wire protocols of the services that the cockpit uses, a seeded world that behaves
//! like AWS instead of replaying recordings, a clock that tests can control, and faults that can be switched on.
//!
//! Nothing of the cockpit itself belongs here. This crate uses no AWS SDK and shares no types with its clients except
//! the codec of Session Manager's data channel (`ssm-tunnel`); it is verified from outside, with botocore and the AWS
//! CLI.
//!
//! Modules: [`Sim`] starts a server (`server`), which detects the protocol (`dispatch`) and answers operations
//! (`services`) from the simulated world (`world`), or control requests (`control`). `rates` throttles excess
//! requests. `gateway` is Session Manager: sessions, their WebSocket, their agents. `tls` provides TLS on the same
//! port. `site` is a web site for probes from outside. `plot` holds the events that a scenario triggers when a client
//! acts. `wire` encodes one answer tree as JSON, XML or CBOR.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod account;
mod clock;
mod control;
mod dispatch;
mod faults;
mod gateway;
mod keys;
mod meter;
mod plot;
mod rates;
mod reply;
mod rng;
mod scenario;
mod server;
mod services;
mod shared;
mod sim;
mod site;
mod tls;
mod wire;
mod world;

pub use account::ACCOUNT;
pub use clock::Clock;
pub use rates::{Rate, rate};
pub use scenario::Scenario;
pub use shared::SimOptions;
pub use sim::{Sim, SimError};
pub use site::{ShownCertificate, Site, SiteOptions, unresponsive_address};
