//! Progress lines on stderr, for people.

use crate::model::text;
use std::io::Write as _;

/// Prints a line on stderr, with control characters escaped.
pub(super) fn print_note(line: &str) {
    let _ = writeln!(crate::runtime::Output::stderr(), "{}", text::sanitize(line));
}
