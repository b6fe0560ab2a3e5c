//! A line on stderr for whoever reads along.

use crate::model::text;
use std::io::{self, Write as _};

/// A line for whoever reads along.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", text::harmless(line));
}
