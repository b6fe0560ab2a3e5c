//! Which rows an argument means.

use super::snapshot::{SnapshotInput, known};
use crate::cli::Report;
use std::collections::BTreeMap;

/// Whole names of the wanted services; `None` is all, and also where services are not known: then
/// nothing can be said against a name.
pub fn services(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<Option<Vec<String>>, Report> {
    if wanted.is_empty() || known(&input.estate.services, BTreeMap::is_empty).is_none() {
        return Ok(None);
    }
    let rows = &input.estate.derived.services;
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let mut found = Vec::new();
    for typed in wanted {
        match input.estate.resolve_service(typed) {
            Ok(name) => found.push(name.to_owned()),
            Err(close) => return Err(unknown("service", typed, &close, &names)),
        }
    }
    Ok(Some(found))
}

/// The wanted names among the known ones: whole, or an end that only one has.
pub fn among(what: &str, names: &[&str], wanted: &[String]) -> Result<Option<Vec<String>>, Report> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for typed in wanted {
        let close: Vec<&str> = names.iter().copied().filter(|name| name.ends_with(typed.as_str())).collect();
        match close.as_slice() {
            _ if names.contains(&typed.as_str()) => found.push(typed.clone()),
            [one] => found.push((*one).to_owned()),
            _ => return Err(unknown(what, typed, &close, names)),
        }
    }
    Ok(Some(found))
}

fn unknown(what: &str, typed: &str, close: &[&str], known: &[&str]) -> Report {
    if close.len() > 1 {
        return Report::usage(format!("`{typed}` could be several {what}s"))
            .hint(format!("write more of the name: {}", listed(close)));
    }
    let report = Report::usage(format!("there is no {what} `{typed}`"));
    match nearest(typed, known.iter().copied()) {
        _ if known.is_empty() => report.hint(format!("the environment has no {what}s")),
        Some(near) => report.hint(format!("did you mean `{near}`? there are: {}", listed(known))),
        None => report.hint(format!("there are: {}", listed(known))),
    }
}

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
