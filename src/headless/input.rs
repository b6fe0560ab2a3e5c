//! The facts that reports are made from: an estate at one moment, and the requests sent for it.

use super::convert;
use super::dto::{DatabaseDto, ServiceDto};
use super::sources::SourceRequest;
use super::times::TimeDisplay;
use crate::config::EnvironmentConfig;
use crate::model::{Estate, Observed, Source};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::collections::BTreeMap;

/// The facts that a snapshot is made from.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotInput<'a> {
    /// The time zone of the tables: the environment's, or the machine's.
    pub zone: &'a TimeZone,
    pub environment: &'a EnvironmentConfig,
    /// The facts about the environment, settled.
    pub estate: &'a Estate,
    /// The current time by AWS's clock.
    pub now: Timestamp,
    /// How far AWS's clock is ahead of this machine's; ages of reads are measured with the local clock.
    pub ahead: SignedDuration,
    /// When reading began, by this machine's clock.
    pub started: Timestamp,
    /// Number of requests sent for each source.
    pub requests: &'a BTreeMap<Source, u32>,
    /// Sources that were deliberately not read.
    pub skipped: &'a [Source],
    /// Whether the metrics of services were requested, too.
    pub service_metrics: bool,
}

impl<'a> SnapshotInput<'a> {
    /// The view of these facts from which rows of sources are made.
    pub fn source_request(&self) -> SourceRequest<'a> {
        SourceRequest {
            environment: self.environment,
            estate: self.estate,
            now: self.now - self.ahead,
            requests: self.requests,
            skipped: self.skipped,
            service_metrics: self.service_metrics,
        }
    }

    /// The reference time and time zone of the tables.
    pub fn time_display(&self) -> TimeDisplay {
        TimeDisplay { now: self.now, zone: self.zone.clone() }
    }

    /// Services of the environment; `None` if they could not be read.
    pub fn services(&self) -> Option<Vec<ServiceDto>> {
        if self.environment.cluster.is_none() {
            // Without a cluster there are no services, and that is known.
            return Some(Vec::new());
        }
        let services = known(&self.estate.services, BTreeMap::is_empty)?;
        let digests = convert::Digests::new(self.estate);
        Some(
            self.estate
                .derived
                .services
                .iter()
                .filter_map(|row| {
                    Some(convert::service(self.estate, &digests, services.get(&row.name)?, row, self.now))
                })
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
        // If only one of the two was read and holds no match, the other kind may still have one.
        let rows = &self.estate.derived.databases;
        if rows.is_empty() && (clusters.is_none() || instances.is_none()) {
            return None;
        }
        Some(rows.iter().map(|row| convert::database(self.estate, row, self.now)).collect())
    }
}

/// Returns the value, unless it was never read completely and is empty: an empty list would be a guess.
pub fn known<T>(observed: &Observed<T>, empty: impl Fn(&T) -> bool) -> Option<&T> {
    let read = observed.at().is_some();
    observed.value().filter(|value| read || !empty(value))
}
