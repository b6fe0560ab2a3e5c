//! Facts of one service, one task definition or one target group: fetched by key, a few at a time, those on the screen
//! first.

use super::timer::Timer;
use crate::model::Source;
use crate::model::service::EventKind;
use std::collections::{BTreeMap, HashMap};

/// Number of services above which deployment histories are read only where there are signs of news.
pub const HISTORIES_FOR_ALL: usize = 50;

/// The timers of facts fetched by key.
#[derive(Debug, Clone, Default)]
pub(super) struct Keyed(pub(super) BTreeMap<Source, HashMap<String, Timer>>);

impl Keyed {
    pub(super) fn get(&self, source: Source, key: &str) -> Option<&Timer> {
        self.0.get(&source)?.get(key)
    }

    pub(super) fn get_mut(&mut self, source: Source, key: &str) -> Option<&mut Timer> {
        self.0.get_mut(&source)?.get_mut(key)
    }

    /// The timer of a key, created if missing: a new key is due.
    pub(super) fn entry(&mut self, source: Source, key: &str) -> &mut Timer {
        self.0.entry(source).or_default().entry(key.to_owned()).or_default()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Timer> {
        self.0.values().flat_map(HashMap::values)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Timer> {
        self.0.values_mut().flat_map(HashMap::values_mut)
    }
}

/// Whether there are signs of a deployment whose history is worth a request.
pub(crate) fn has_news(service: &crate::model::Service) -> bool {
    service.deployments.len() > 1
        || service.is_rolling_out()
        || service.running < service.desired
        || service.events.iter().take(10).any(|event| event.kind() != EventKind::Routine)
}
