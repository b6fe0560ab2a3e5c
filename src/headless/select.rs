//! Which rows an argument means.

use super::input::{SnapshotInput, known};
use crate::cli::Report;
use crate::config::EnvironmentConfig;
use crate::model::names::{self, Arn, listed, nearest};
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
        let environment = input.environment;
        let home = Home::of(environment, input.estate.identity.value().map(|identity| identity.account.as_str()));
        match input.estate.resolve_service(home.bare("service", typed)?) {
            Ok(name) => found.push(name.to_owned()),
            Err(close) => return Err(unknown("service", typed, &close, &names)),
        }
    }
    Ok(Some(found))
}

/// Where the things of an environment are: an ARN of another place is none of them.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    account: Option<&'a str>,
    region: Option<&'a str>,
    cluster: Option<&'a str>,
}

impl<'a> Home<'a> {
    /// The selection of an environment; the account is that of the credentials where none is configured.
    pub fn of(environment: &'a EnvironmentConfig, account: Option<&'a str>) -> Self {
        Self {
            account: environment.account.as_deref().or(account),
            region: environment.region.as_deref(),
            cluster: environment.cluster.as_deref(),
        }
    }

    /// The typed name, or of an ARN the name in it.
    ///
    /// # Errors
    /// An ARN of another kind of thing or of another account, region or cluster.
    pub fn bare<'t>(&self, what: &str, typed: &'t str) -> Result<&'t str, Report> {
        if !typed.starts_with("arn:") {
            return Ok(typed);
        }
        let kinds: &[&str] = if what == "database" { &["cluster", "db"] } else { &[what] };
        let Some(arn) = Arn::parse(typed).filter(|arn| kinds.contains(&arn.kind)) else {
            return Err(Report::usage(format!("`{typed}` is not an ARN of a {what}")).hint("write its name or its ARN"));
        };
        match arn.elsewhere(self.account, self.region, self.cluster) {
            None => Ok(arn.name),
            Some(why) => Err(Report::usage(format!("`{typed}` is not of this environment"))
                .cause(why)
                .hint("choose the environment that it belongs to with --env")),
        }
    }
}

/// The wanted names among the known ones.
///
/// # Errors
/// A name that none has, or that several could be.
pub fn among(what: &str, names: &[&str], wanted: &[String], home: Home<'_>) -> Result<Option<Vec<String>>, Report> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for typed in wanted {
        match names::find(home.bare(what, typed)?, names) {
            Ok(name) => found.push(name.to_owned()),
            Err(close) => return Err(unknown(what, typed, &close, names)),
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
