//! The report of `cockpit db`: the databases of the snapshot on their own.

use crate::cli::Report;
use crate::headless::Rows;
use crate::headless::convert::time;
use crate::headless::dto::DatabaseDto;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::{Head, databases_table, or_not_configured};
use crate::headless::select::{self, ArnScope};
use crate::headless::table::{Table, left_aligned, numbers};
use crate::headless::times::TimeDisplay;
use crate::model::{DatabaseSnapshot, Source};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of the list of databases.
pub const SCHEMA: &str = "cockpit.db/1";

/// The list of databases.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DatabaseList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// As in the snapshot.
    pub databases: Option<Vec<DatabaseDto>>,
    /// Their snapshots, the newest first; `null` if they could not be read.
    pub snapshots: Option<Vec<SnapshotOfDatabase>>,
}

/// A snapshot of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SnapshotOfDatabase {
    /// Its name.
    pub id: String,
    /// The cluster or instance that it was taken from.
    pub database: String,
    /// `available`, `creating`, `failed` …
    pub status: String,
    /// Whether it is an automated snapshot, which RDS creates and deletes.
    pub automated: bool,
    /// When it was created; `null` while it is being created.
    pub created_at: Option<String>,
    /// The age in seconds.
    pub age_seconds: Option<u64>,
    /// The progress of its creation, in percent.
    pub percent: Option<u32>,
    /// The size of the storage, in GiB.
    pub size_gib: Option<u32>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The version of the engine.
    pub version: String,
}

fn snapshot(snapshot: &DatabaseSnapshot, now: Timestamp) -> SnapshotOfDatabase {
    SnapshotOfDatabase {
        id: snapshot.id.clone(),
        database: snapshot.database.clone(),
        status: snapshot.status.clone(),
        automated: snapshot.automated,
        created_at: time(snapshot.at),
        age_seconds: snapshot.at.and_then(|at| u64::try_from(now.duration_since(at).as_secs()).ok()),
        percent: snapshot.percent,
        size_gib: snapshot.size_gib,
        encrypted: snapshot.encrypted,
        version: snapshot.version.clone(),
    }
}

/// The number of automated snapshots per database in the table; the JSON has all.
const AUTOMATED: usize = 2;

fn snapshots_table(snapshots: Option<&[SnapshotOfDatabase]>, shown: &TimeDisplay) -> Table {
    let empty = if snapshots.is_some() { "no snapshots" } else { "snapshots are not known" };
    let columns = [
        left_aligned("SNAPSHOT"),
        left_aligned("DATABASE").rank(2),
        left_aligned("STATUS"),
        left_aligned("KIND"),
        numbers("AGE"),
        left_aligned("CREATED").rank(3),
        numbers("GiB").rank(4),
    ];
    let mut table = Table::new(&columns, empty);
    let mut automated: Vec<&str> = Vec::new();
    for one in snapshots.unwrap_or_default() {
        if one.automated {
            if automated.iter().filter(|id| **id == one.database).count() >= AUTOMATED {
                continue;
            }
            automated.push(&one.database);
        }
        let status = match one.percent.filter(|percent| *percent < 100) {
            Some(percent) => format!("{} {percent} %", one.status),
            None => one.status.clone(),
        };
        let age = one.age_seconds.and_then(|age| i64::try_from(age).ok());
        table.row([
            Some(one.id.clone()),
            Some(one.database.clone()),
            Some(status),
            Some(if one.automated { "automated" } else { "manual" }.to_owned()),
            age.map(|age| crate::model::time::short(jiff::SignedDuration::from_secs(age))),
            one.created_at.as_deref().map(|at| shown.time(at)),
            one.size_gib.map(|gib| gib.to_string()),
        ]);
    }
    table
}

/// The sources that the list reads.
pub const SOURCES: &[Source] =
    &[Source::Identity, Source::DbClusters, Source::DbInstances, Source::DbSnapshots, Source::Metrics];

/// Builds the list of these databases, or of all.
pub fn databases(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<DatabaseList, Report> {
    let databases = input.databases();
    let known: Option<Vec<&str>> =
        databases.as_ref().map(|databases| databases.iter().map(|database| database.id.as_str()).collect());
    let home = ArnScope::of(input.environment, input.estate.identity.value().map(|identity| identity.account.as_str()));
    let names = known.map(|known| select::resolve_names("database", &known, wanted, home)).transpose()?.flatten();
    let keep = |database: &DatabaseDto| names.as_ref().is_none_or(|names| names.contains(&database.id));
    let nothing = Vec::new();
    let found = if input.environment.databases.is_empty() { Some(&nothing) } else { input.estate.db_snapshots.value() };
    let snapshots = found.map(|found| {
        let kept = |one: &&DatabaseSnapshot| names.as_ref().is_none_or(|names| names.contains(&one.database));
        let mut found: Vec<&DatabaseSnapshot> = found.iter().filter(kept).collect();
        // A snapshot that is still being created counts as the newest.
        found.sort_by_key(|one| std::cmp::Reverse(one.at.unwrap_or(Timestamp::MAX)));
        found.into_iter().map(|one| snapshot(one, input.now)).collect()
    });
    Ok(DatabaseList {
        head: Head::new(SCHEMA, input, SOURCES),
        databases: databases.map(|databases| databases.into_iter().filter(keep).collect()),
        snapshots,
    })
}

impl Printable for DatabaseList {
    fn tables(&self) -> Vec<Table> {
        let databases = databases_table(self.databases.as_deref(), &self.head.shown);
        let snapshots = snapshots_table(self.snapshots.as_deref(), &self.head.shown);
        let unasked = |table, of: &[Source]| or_not_configured(table, "databases", &self.head.sources, of);
        vec![unasked(databases, &[Source::DbClusters, Source::DbInstances]), unasked(snapshots, &[Source::DbSnapshots])]
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
                let changed = change.member.as_deref().unwrap_or(&database.id);
                format!(
                    "{changed}: {} → {} waits for {}",
                    change.what,
                    change.to,
                    database.maintenance.as_deref().unwrap_or("maintenance")
                )
            })
        });
        let hidden = self.snapshots.iter().flatten().filter(|one| one.automated).count();
        let shown = self.databases.as_ref().map_or(0, Vec::len) * AUTOMATED;
        let older = (hidden > shown)
            .then(|| format!("{} older automated snapshots are not shown: `-o json` has all", hidden - shown));
        waiting.chain(older).chain(self.head.notes()).collect()
    }
}
