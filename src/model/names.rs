//! Names for people: many in a line, and the one that was probably meant.

/// At most 20 names, and how many more.
pub fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 20;
    let text = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{text} … and {} more", names.len() - SHOWN) } else { text }
}

/// The name that is most like what was typed, if any is.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
