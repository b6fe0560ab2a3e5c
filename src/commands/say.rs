//! A progress line on stderr, for people.

use crate::model::text;
use std::io::Write as _;

/// A line for whoever reads along.
pub(super) fn say(line: &str) {
    let _ = writeln!(crate::runtime::Output::stderr(), "{}", text::harmless(line));
}
