//! Finds the database that a command acts on.

use super::completeness::complete_or_exact;
use super::context::Context;
use crate::cli::{ExitCode, Report};
use crate::headless::select::{ArnScope, resolve_names};
use crate::model::names::{find, list_names};
use crate::model::tunnel::remote_end::POSTGRES;
use crate::model::{DatabaseKind, Source};

/// A database resolved from what was typed.
pub(super) struct FoundDatabase {
    /// The identifier of the database.
    pub(super) id: String,
    pub(super) cluster: bool,
    /// The endpoints of the writer and of the readers.
    endpoint: Option<String>,
    reader_endpoint: Option<String>,
    port: u16,
    /// The identifiers of its instances.
    pub(super) members: Vec<String>,
}

impl FoundDatabase {
    /// Returns the address `HOST:PORT` of the writer, or of the readers.
    pub(super) fn address(&self, reader: bool) -> Result<String, Report> {
        let host = if reader { &self.reader_endpoint } else { &self.endpoint };
        let word = if reader { "reader" } else { "writer" };
        let host = host.as_ref().ok_or_else(|| {
            Report::usage(format!("{} has no endpoint of a {word}", self.id))
                .hint("`cockpit db -o json` has its endpoints")
        })?;
        Ok(format!("{host}:{}", self.port))
    }

    /// Returns the instance whose name contains the typed words. An unknown name is returned as typed: the plan then
    /// fails with a list of the existing ones.
    pub(super) fn member(&self, typed: &str) -> Result<String, Report> {
        let names: Vec<&str> = self.members.iter().map(String::as_str).collect();
        match find(typed, &names) {
            Ok(name) => Ok(name.to_owned()),
            Err(close) if close.len() > 1 => Err(Report::usage(format!("`{typed}` could be several instances"))
                .hint(format!("write more of the name: {}", list_names(&close)))),
            Err(_) => Ok(typed.to_owned()),
        }
    }
}

/// Returns the typed database, or the only one.
pub(super) async fn find_database(context: &Context, typed: Option<&str>) -> Result<FoundDatabase, Report> {
    let sources = [Source::Identity, Source::DbClusters, Source::DbInstances];
    let reading = Box::pin(context.collect(&sources, false)).await?;
    reading.check_credentials()?;
    let app = &reading.collector.app;
    if app.environment.databases.is_empty() {
        return Err(Report::usage(format!("{} has no database", app.environment.name))
            .hint("name it with `databases` in the environment's configuration"));
    }
    let estate = &app.estate;
    let rows = &estate.derived.databases;
    let names: Vec<&str> = rows.iter().map(|row| row.database.id.as_str()).collect();
    let account = estate.identity.value().map(|identity| identity.account.as_str());
    let home = ArnScope::of(&app.environment, account);
    let wanted: Vec<String> = typed.map(str::to_owned).into_iter().collect();
    let bare = typed.map(|typed| home.bare_name("database", typed)).transpose()?;
    let lists = [Source::DbClusters, Source::DbInstances];
    complete_or_exact(&reading, &lists, "databases", (bare.as_slice(), &names))?;
    let id = match (resolve_names("database", &names, &wanted, home)?, &names[..]) {
        (Some(found), _) => found.into_iter().next(),
        (None, [only]) => Some((*only).to_owned()),
        (None, []) => {
            let report = Report::new("databases", "no database was found", ExitCode::Failed);
            return Err(report.hint("`cockpit db` says what could not be read"));
        }
        (None, several) => {
            return Err(Report::usage("one database is needed").hint(format!("name it: {}", list_names(several))));
        }
    };
    let Some(row) = rows.iter().find(|row| Some(&row.database.id) == id.as_ref()) else {
        return Err(Report::usage("one database is needed").hint("`cockpit db` lists them"));
    };
    Ok(FoundDatabase {
        id: row.database.id.clone(),
        cluster: row.database.kind == DatabaseKind::Aurora,
        endpoint: row.database.endpoint.clone(),
        reader_endpoint: row.database.reader_endpoint.clone(),
        port: row.database.port.unwrap_or(POSTGRES),
        members: row.database.members.iter().map(|member| member.id.clone()).collect(),
    })
}
