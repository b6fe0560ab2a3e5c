//! From an estate to its snapshot, and the snapshot as tables.

use super::convert;
use super::dto::{DatabaseDto, IdentityDto, ServiceDto, Snapshot};
use super::emit::Printable;
use super::lists;
use super::shown::Shown;
use super::sources::{self, Asked};
use super::table::{Table, prose, words};
use crate::cli::ExitCode;
use crate::config::EnvironmentConfig;
use crate::model::{Estate, Observed, Source};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::collections::BTreeMap;

/// The schema's name.
pub const SCHEMA: &str = "cockpit.snapshot/1";

/// What a snapshot is made of.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotInput<'a> {
    /// The zone in which tables tell times: the environment's, or the machine's.
    pub zone: &'a TimeZone,
    /// The environment.
    pub environment: &'a EnvironmentConfig,
    /// Its facts, settled.
    pub estate: &'a Estate,
    /// Now, by the service's clock.
    pub now: Timestamp,
    /// How far that is ahead of this machine's, by which it is known when something was read.
    pub ahead: SignedDuration,
    /// When reading began, by this machine's clock.
    pub started: Timestamp,
    /// Requests sent for each source.
    pub requests: &'a BTreeMap<Source, u32>,
    /// Sources that were not asked on purpose.
    pub skipped: &'a [Source],
    /// Whether the curves of services were asked for, too.
    pub service_metrics: bool,
}

impl<'a> SnapshotInput<'a> {
    /// How rows of sources are made.
    pub fn asked(&self) -> Asked<'a> {
        Asked {
            environment: self.environment,
            estate: self.estate,
            now: self.now - self.ahead,
            requests: self.requests,
            skipped: self.skipped,
            service_metrics: self.service_metrics,
        }
    }

    /// How tables tell times.
    pub fn shown(&self) -> Shown {
        Shown { now: self.now, zone: self.zone.clone() }
    }

    /// Services of the environment; `None` if they could not be read.
    pub fn services(&self) -> Option<Vec<ServiceDto>> {
        if self.environment.cluster.is_none() {
            // Without a cluster there are none; that is known.
            return Some(Vec::new());
        }
        let all = known(&self.estate.services, BTreeMap::is_empty)?;
        let digests = convert::Digests::new(self.estate);
        Some(
            self.estate
                .derived
                .services
                .iter()
                .filter_map(|row| Some(convert::service(self.estate, &digests, all.get(&row.name)?, row, self.now)))
                .collect(),
        )
    }

    /// Databases of the environment; `None` if neither clusters nor instances could be read.
    pub fn databases(&self) -> Option<Vec<DatabaseDto>> {
        if self.environment.databases.is_empty() {
            return Some(Vec::new());
        }
        let clusters = known(&self.estate.db_clusters, Vec::is_empty);
        let instances = known(&self.estate.db_instances, Vec::is_empty);
        // One of the two alone may name nothing, and then nothing is known of the other kind.
        let rows = &self.estate.derived.databases;
        if rows.is_empty() && (clusters.is_none() || instances.is_none()) {
            return None;
        }
        Some(rows.iter().map(|row| convert::database(self.estate, row, self.now)).collect())
    }
}

/// The value, unless it was never read whole and holds nothing: an empty list would be a guess.
pub(super) fn known<T>(observed: &Observed<T>, empty: impl Fn(&T) -> bool) -> Option<&T> {
    let read = observed.at().is_some();
    observed.value().filter(|value| read || !empty(value))
}

/// The snapshot.
pub fn snapshot(input: &SnapshotInput<'_>) -> Snapshot {
    let (environment, estate) = (input.environment, input.estate);
    let rows = input.asked().rows(&Source::ALL);
    let identity = estate.identity.value();
    Snapshot {
        schema: SCHEMA.to_owned(),
        environment: environment.name.clone(),
        // The configured one is what should be, and not what was found.
        account: identity.map(|identity| identity.account.clone()),
        region: environment.region.clone().or_else(|| identity?.region.clone()),
        taken_at: input.now.to_string(),
        duration_ms: u64::try_from((input.now - input.ahead).duration_since(input.started).as_millis().max(0))
            .unwrap_or(u64::MAX),
        complete: sources::complete(&rows),
        sources: rows,
        services: input.services(),
        databases: input.databases(),
        infra: None,
        alarms: if environment.alarms.is_empty() {
            Some(Vec::new())
        } else {
            known(&estate.alarms, Vec::is_empty).map(|alarms| alarms.iter().map(convert::alarm).collect())
        },
        schedule: convert::coming(estate, input.now),
        cost: None,
        attention: estate.derived.attention.iter().map(convert::attention).collect(),
        identity: identity
            .map(|identity| IdentityDto { arn: identity.arn.clone(), expires: convert::time(identity.expires) }),
        targets: if environment.target_groups.is_empty() {
            Some(Vec::new())
        } else {
            known(&estate.target_groups, Vec::is_empty).and_then(|groups| convert::targets(estate, groups))
        },
        project: environment.project.clone(),
        guarded: environment.guarded,
        shown: input.shown(),
    }
}

impl Snapshot {
    /// The exit code that it asks for.
    pub fn exit_code(&self) -> ExitCode {
        sources::exit_code(&self.sources)
    }
}

impl Printable for Snapshot {
    fn tables(&self) -> Vec<Table> {
        let head = format!(
            "{}  {}  {}  {}",
            self.environment,
            self.account.as_deref().unwrap_or("account ?"),
            self.region.as_deref().unwrap_or("region unknown"),
            self.shown.title(&self.taken_at)
        );
        let mut attention = Table::new(
            &[words("SEVERITY"), words("WHERE"), prose("WHAT"), prose("HINT").rank(1)],
            "nothing needs attention",
        );
        for entry in &self.attention {
            attention.row([
                Some(entry.severity.clone()),
                Some(entry.place.clone()),
                Some(entry.what.clone()),
                entry.hint.clone(),
            ]);
        }
        vec![
            attention.titled(head),
            lists::services_table(self.services.as_deref()),
            lists::databases_table(self.databases.as_deref(), &self.shown),
            lists::alarms_table(self.alarms.as_deref(), false, &self.shown),
        ]
    }

    fn notes(&self) -> Vec<String> {
        sources::notes(&self.sources)
    }
}
