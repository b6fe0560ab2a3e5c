//! A bounded store of log lines: text in arenas, ordered by time regardless of the order of arrival, indexed so that jumping,
//! filtering by level and histograms are immediate.
//!
//! - [`store`]: inserts lines, counts evictions, returns lines in order; [`block`] is a part of it.
//! - [`parse`]: the format ([`kind`]) and level of a line; [`fields`]: its fields; [`json`]: the scanner.
//! - [`filter`]: the filter language; [`shape`]: patterns of lines to mute.
//! - [`pattern`]: `*`, `?` and `[a-c]` in names; [`name`]: generated suffixes of names.
//! - [`search`]: text and regular expressions over all lines; [`view`]: the lines shown.
//!
//! Not in this crate: AWS, clocks, threads, terminals. Text is kept as it arrived; callers must make it safe for a terminal
//! before showing it.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod block;
pub mod fields;
pub mod filter;
pub mod json;
pub mod kind;
pub mod level;
mod line;
pub mod name;
pub mod parse;
pub mod pattern;
pub mod search;
pub mod shape;
pub mod store;
mod streams;
mod trace;
pub mod view;

pub use block::Ms;
pub use filter::{Filter, FilterError};
pub use kind::Kind;
pub use level::Level;
pub use search::{Search, SearchError};
pub use store::{Bin, InsertOutcome, Key, Limits, Line, NewLine, Pos, Source, Store, StreamId};
pub use view::View;
