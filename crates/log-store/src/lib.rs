//! A bounded store of log lines: text in arenas, in the order of time whatever order they come in,
//! with an index that makes jumping, filtering by level and histograms immediate.
//!
//! - [`store`]: lines in, evictions counted, lines out in order; [`block`] is a piece of it.
//! - [`parse`]: what [`kind`] of line it is and how bad; [`fields`]: what it holds; [`json`] scans.
//! - [`filter`]: the language of filters; [`shape`]: patterns of lines to mute.
//! - [`pattern`]: `*`, `?` and `[a-c]` in names; [`name`]: what tools add to names.
//! - [`search`]: plain and regular expressions over all text; [`view`]: which lines are shown.
//!
//! What does not live here: AWS, clocks, threads, terminals. Text is kept as it came; whoever shows
//! it makes it harmless first.
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
pub use store::{Bin, Key, Limits, Line, New, Placed, Pos, Source, Store, StreamId};
pub use view::View;
