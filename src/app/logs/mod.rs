//! Logs: where they are, what is asked for when, in which order lines come out, and the pane's state.
//!
//! - [`pane`], [`keys`]: the pane's state and what keys do in it; [`windows`] over it; [`when`]: times as people write them.
//! - [`sources`]: from services and names to groups and the streams in them.
//! - [`follow`]: the state machine that reads groups by pages, again and again, and loses nothing; [`once`]: the one
//!   that reads them once, by both APIs side by side.
//! - [`insights`]: presets and what a query costs; [`written`]: lines as JSON.
//! - [`order`]: lines of several groups in the order of their time, held back for a bounded while.
//!
//! Pure as all of `app`: time enters as a number, requests leave as data. How lines are kept and
//! searched is the crate `log-store`.

pub mod choice;
pub mod follow;
#[cfg(test)]
mod follow_tests;
pub mod insights;
pub mod keys;
pub mod once;
#[cfg(test)]
mod once_tests;
pub mod order;
pub mod pane;
pub mod prompt;
pub mod sources;
pub mod when;
pub mod windows;
pub mod written;
