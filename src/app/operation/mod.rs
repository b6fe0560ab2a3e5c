//! Operations: what changes an environment, as state machines. Events in, calls out; no requests, no
//! clock, no files: time enters as an event.

pub mod call;
