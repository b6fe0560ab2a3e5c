//! Logs: where they are, what is asked for when, and in which order lines come out.
//!
//! - [`sources`]: from services and names to groups and the streams in them.
//! - [`follow`]: the state machine that reads groups by pages, again and again, and loses nothing; [`once`]: the one
//!   that reads them once, by both APIs side by side: [`slices`] of what is read, and how the APIs [`share`] them.
//! - `feed`: one group that is followed; `again`: which of its stretches are read once more for late lines.
//! - [`reader`]: what a command without a screen asks when, and what it tells.
//! - [`named`]: filters that have a name.
//! - [`insights`]: presets and what a query costs; [`written`]: lines as JSON; [`when`]: times as people write them.
//! - [`order`]: lines of several groups in the order of their time, held back for a bounded while.
//!
//! The pane is `panes::logs`. Pure as all of `app`: time enters as a number, requests leave as data. How lines are kept and
//! searched is the crate `log-store`.

mod again;
mod bound;
mod feed;
pub mod follow;
#[cfg(test)]
mod follow_rates_tests;
#[cfg(test)]
mod follow_tests;
pub mod insights;
pub mod named;
pub mod once;
#[cfg(test)]
mod once_tests;
pub mod order;
pub mod reader;
#[cfg(test)]
mod reader_tests;
pub mod share;
pub mod slices;
pub mod sources;
pub mod when;
pub mod written;
