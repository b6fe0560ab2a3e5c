//! The common parts of the commands' reports: converts an estate to DTOs and DTOs to text. Pure: no requests, no clock,
//! no files; times and writers are parameters. The report of each command is in its folder in `src/commands`.

pub mod convert;
mod csv;
pub mod dto;
pub mod emit;
pub mod input;
pub mod lists;
pub mod local_facts;
pub mod operation;
pub mod rows;
pub mod schedule;
pub mod schema;
pub mod select;
pub mod sources;
pub mod table;
pub mod times;
pub mod user_pool;

pub use csv::Rows;
pub use dto::Snapshot;
pub use emit::{Printable, json_line, print, render, write};
pub use input::SnapshotInput;
pub use rows::{RowForm, RowWriter, Written};
pub use times::TimeDisplay;

#[cfg(test)]
pub mod fixtures;
