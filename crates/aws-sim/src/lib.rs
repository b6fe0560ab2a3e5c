//! A simulated AWS on loopback: the wire protocols of the services the cockpit reads, a seeded
//! world that behaves (it does not replay), a clock that tests can drive, and faults that can be
//! switched on.
//!
//! What does *not* live here: anything of the cockpit itself. This crate knows no SDK and shares
//! no type with its clients but the codec of Session Manager's data channel (`ssm-tunnel`); it is checked from outside, by
//! botocore and the AWS CLI.
//!
//! The map: [`Sim`] starts a server (`server`), which tells the protocols apart (`dispatch`),
//! answers operations (`services`) from the simulated world (`world`), or control requests
//! (`control`); `rates` throttles those who ask too often. `gateway` is Session Manager: sessions, their WebSocket, their agents; `tls` is TLS on the same port. `site` is a site to be looked at from outside. `plot` is what a scenario does when a client acts. `wire` turns one answer tree into JSON, XML or CBOR.
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
pub use site::{Shown, Site, SiteOptions, mute};
