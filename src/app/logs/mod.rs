//! Logs: where they are, what is requested when, and the order in which lines are output.
//!
//! - [`sources`]: from services and names to log groups and their streams.
//! - [`follow`]: the state machine that reads groups continuously by pages, without losing lines; [`single_read`]: the one
//!   that reads them once, with both APIs in parallel: [`slices`] of the range, and how the APIs [`distribution`] them.
//! - `feed`: one followed group; `again`: which of its ranges are read once more for late lines.
//! - [`reader`]: what a headless command requests when, and what it reports.
//! - [`named_filters`]: named filters.
//! - [`insights`]: presets and the cost of a query; [`json_line`]: lines as JSON; [`time_input`]: times as people write them.
//! - [`line_order`]: puts lines of several groups in order of time, holding them back for a bounded time.
//!
//! The pane is `panes::logs`. Pure, like all of `app`: time enters as a number, requests leave as data. The crate
//! `log-store` keeps and searches the lines.

pub mod distribution;
mod feed;
pub mod follow;
#[cfg(test)]
mod follow_rates_tests;
#[cfg(test)]
mod follow_tests;
pub mod insights;
pub mod json_line;
pub mod line_order;
mod memory_bound;
pub mod named_filters;
pub mod reader;
#[cfg(test)]
mod reader_tests;
mod reread;
pub mod single_read;
#[cfg(test)]
mod single_read_tests;
pub mod slices;
pub mod sources;
pub mod time_input;
