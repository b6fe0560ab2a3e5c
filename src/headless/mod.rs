//! What the commands print: an estate becomes a DTO, a DTO becomes text. Pure: no requests, no
//! clock, no files; time and writers are handed in.

pub mod autoscaling;
pub mod config;
mod convert;
mod csv;
pub mod doctor;
pub mod dto;
pub mod emit;
mod input;
pub mod insights;
pub mod lists;
pub mod logs;
pub mod operation;
pub mod schema;
pub mod select;
mod shown;
pub mod snapshot;
pub mod sources;
pub mod table;
pub mod tasks;
pub mod wait;
pub mod watch;

pub use autoscaling::autoscaling;
pub use csv::Rows;
pub use doctor::doctor;
pub use dto::Snapshot;
pub use emit::{Printable, Written, json_line, print, render, write};
pub use input::SnapshotInput;
pub use lists::{alarms, databases, services};
pub use shown::Shown;
pub use snapshot::snapshot;
pub use tasks::tasks;
pub use wait::Condition;

#[cfg(test)]
mod csv_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
