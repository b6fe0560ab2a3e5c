//! Resolves the names given as arguments to rows.

use super::input::{SnapshotInput, known};
use crate::cli::Report;
use crate::config::EnvironmentConfig;
use crate::model::names::{self, Arn, list_names, nearest};
use std::collections::BTreeMap;

/// Returns the full names of the wanted services. `None` means all; it is also returned if the services are not known,
/// because then no name can be rejected.
pub fn services(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<Option<Vec<String>>, Report> {
    if wanted.is_empty() || known(&input.estate.services, BTreeMap::is_empty).is_none() {
        return Ok(None);
    }
    let rows = &input.estate.derived.services;
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let mut found = Vec::new();
    for typed in wanted {
        let environment = input.environment;
        let home = ArnScope::of(environment, input.estate.identity.value().map(|identity| identity.account.as_str()));
        match input.estate.resolve_service(home.bare_name("service", typed)?) {
            Ok(name) => found.push(name.to_owned()),
            Err(close) => return Err(unknown("service", typed, &close, &names)),
        }
    }
    Ok(Some(found))
}

/// The account, region and cluster of an environment: an ARN from another place is rejected.
#[derive(Debug, Clone, Copy)]
pub struct ArnScope<'a> {
    account: Option<&'a str>,
    region: Option<&'a str>,
    cluster: Option<&'a str>,
}

impl<'a> ArnScope<'a> {
    /// Returns the place of an environment; `account` (that of the credentials) is used if none is configured.
    pub fn of(environment: &'a EnvironmentConfig, account: Option<&'a str>) -> Self {
        Self {
            account: environment.account.as_deref().or(account),
            region: environment.region.as_deref(),
            cluster: environment.cluster.as_deref(),
        }
    }

    /// Returns the typed name, or the name within a typed ARN.
    ///
    /// # Errors
    /// Fails for an ARN of another resource type, account, region or cluster.
    pub fn bare_name<'t>(&self, what: &str, typed: &'t str) -> Result<&'t str, Report> {
        if !typed.starts_with("arn:") {
            return Ok(typed);
        }
        let kinds: &[&str] = if what == "database" { &["cluster", "db"] } else { &[what] };
        let Some(arn) = Arn::parse(typed).filter(|arn| kinds.contains(&arn.kind)) else {
            return Err(Report::usage(format!("`{typed}` is not an ARN of a {what}")).hint("write its name or its ARN"));
        };
        match arn.mismatch(self.account, self.region, self.cluster) {
            None => Ok(arn.name),
            Some(why) => Err(Report::usage(format!("`{typed}` is not of this environment"))
                .cause(why)
                .hint("choose the environment that it belongs to with --env")),
        }
    }
}

/// Resolves the wanted names among the known ones.
///
/// # Errors
/// Fails for a name that matches nothing, or that is ambiguous.
pub fn resolve_names(
    what: &str,
    names: &[&str],
    wanted: &[String],
    home: ArnScope<'_>,
) -> Result<Option<Vec<String>>, Report> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for typed in wanted {
        match names::find(home.bare_name(what, typed)?, names) {
            Ok(name) => found.push(name.to_owned()),
            Err(close) => return Err(unknown(what, typed, &close, names)),
        }
    }
    Ok(Some(found))
}

fn unknown(what: &str, typed: &str, close: &[&str], known: &[&str]) -> Report {
    if close.len() > 1 {
        return Report::usage(format!("`{typed}` could be several {what}s"))
            .hint(format!("write more of the name: {}", list_names(close)));
    }
    let report = Report::usage(format!("there is no {what} `{typed}`"));
    match nearest(typed, known.iter().copied()) {
        _ if known.is_empty() => report.hint(format!("the environment has no {what}s")),
        Some(near) => report.hint(format!("did you mean `{near}`? there are: {}", list_names(known))),
        None => report.hint(format!("there are: {}", list_names(known))),
    }
}
