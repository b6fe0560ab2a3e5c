//! Which rows an argument means.

use super::snapshot::{SnapshotInput, known};
use crate::cli::Report;
use crate::model::names::{listed, nearest};
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
