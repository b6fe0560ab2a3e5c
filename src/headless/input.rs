//! The facts that reports are made of: an estate at a moment, and what was asked for it.

use super::convert;
use super::dto::{DatabaseDto, ServiceDto};
use super::shown::Shown;
use super::sources::Asked;
use crate::config::EnvironmentConfig;
use crate::model::{Estate, Observed, Source};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::collections::BTreeMap;

/// The facts that a snapshot is made of.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotInput<'a> {
    /// The zone in which tables tell times: the environment's, or the machine's.
    pub zone: &'a TimeZone,
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
pub fn known<T>(observed: &Observed<T>, empty: impl Fn(&T) -> bool) -> Option<&T> {
    let read = observed.at().is_some();
    observed.value().filter(|value| read || !empty(value))
}
