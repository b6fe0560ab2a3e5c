//! VERBS. How the state changes: events in, effects out. Pure, synchronous, total.
//!
//! No requests, no clock, no files, no terminal live here: time enters as an event, and what is to
//! be done leaves as an [`effect::Effect`].

pub mod effect;
pub mod event;
pub mod key;
pub mod ticket;
