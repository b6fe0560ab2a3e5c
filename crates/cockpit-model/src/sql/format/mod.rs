//! Results as text: psql's tables, and formats for other programs. Everything is streamed, bytes in and bytes out.

pub mod aligned;
pub mod cell;
pub mod crosstab;
pub mod error;
pub mod head;
pub mod lines;
pub mod options;
mod record;
pub mod style;
pub mod writer;

pub use options::{Expanded, Format, Options};
pub use writer::Writer;
