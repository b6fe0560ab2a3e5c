//! `cockpit db`: the databases of the snapshot by themselves.

use crate::cli::Report;
use crate::headless::Rows;
use crate::headless::dto::DatabaseDto;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::{Head, databases_table};
use crate::headless::select::{self, Home};
use crate::headless::table::Table;
use crate::model::Source;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit db`.
pub const SCHEMA: &str = "cockpit.db/1";

/// `cockpit db`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DatabaseList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// As in the snapshot.
    pub databases: Option<Vec<DatabaseDto>>,
}

/// Sources of `cockpit db`.
pub const SOURCES: &[Source] = &[Source::Identity, Source::DbClusters, Source::DbInstances, Source::Metrics];

/// `cockpit db [DATABASE…]`.
pub fn databases(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<DatabaseList, Report> {
    let all = input.databases();
    let known: Option<Vec<&str>> = all.as_ref().map(|all| all.iter().map(|database| database.id.as_str()).collect());
    let home = Home::of(input.environment, input.estate.identity.value().map(|identity| identity.account.as_str()));
    let names = known.map(|known| select::among("database", &known, wanted, home)).transpose()?.flatten();
    let keep = |database: &DatabaseDto| names.as_ref().is_none_or(|names| names.contains(&database.id));
    Ok(DatabaseList {
        head: Head::new(SCHEMA, input, SOURCES),
        databases: all.map(|all| all.into_iter().filter(keep).collect()),
    })
}

impl Printable for DatabaseList {
    fn tables(&self) -> Vec<Table> {
        vec![databases_table(self.databases.as_deref(), &self.head.shown)]
    }
    fn rows(&self) -> Option<Rows> {
        let fields = [
            "id",
            "status",
            "members.id",
            "members.role",
            "members.status",
            "members.class",
            "members.az",
            "members.acu",
            "acu.min",
            "acu.max",
            "members.connections",
            "members.cpu_percent",
            "members.lag_ms",
            "backup.latest",
            "reasons",
            "health",
            "kind",
            "engine",
            "version",
            "endpoint",
            "members.free_storage_bytes",
            "members.tier",
            "storage_gib",
            "pending",
            "maintenance",
            "protected",
        ];
        Some(Rows { each: Some("members"), ..Rows::new("databases", &fields) })
    }
    fn notes(&self) -> Vec<String> {
        let waiting = self.databases.iter().flatten().flat_map(|database| {
            database.pending.iter().map(|change| {
                let of = change.member.as_deref().unwrap_or(&database.id);
                format!(
                    "{of}: {} → {} waits for {}",
                    change.what,
                    change.to,
                    database.maintenance.as_deref().unwrap_or("maintenance")
                )
            })
        });
        waiting.chain(self.head.notes()).collect()
    }
}
