//! Helpers for reading TOML tables.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key, its position and its value.
pub(super) type Pair<'a, 'i> = (&'a str, Range<usize>, &'a Spanned<DeValue<'i>>);

/// Returns the pairs of a table, in the order of the file.
pub(super) fn pairs<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Pair<'a, 'i>> {
    let mut pairs: Vec<Pair<'a, 'i>> =
        table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
    pairs.sort_by_key(|(_, span, _)| span.start);
    pairs
}

/// Returns the type of a value in words.
pub(super) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
