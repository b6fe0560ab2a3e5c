//! Which parameters are used, and why tasks lack one: from the services that were read and from the configuration.

use crate::config::EnvironmentConfig;
use crate::model::Estate;
use crate::model::parameters::references::{self, ParameterReference};
use std::collections::BTreeMap;

/// Returns the parameters that the task definitions of all services name, and whether all those definitions were read.
pub fn named_by_services(estate: &Estate) -> (Vec<ParameterReference>, bool) {
    let (mut all, mut complete) = (Vec::new(), true);
    for service in estate.services.value().into_iter().flat_map(BTreeMap::values) {
        let short = estate.service_row(&service.name).map_or(service.name.as_str(), |row| row.short.as_str());
        // A service with an external deployment controller may have no task definition.
        for name in service.current_definitions() {
            match estate.task_definitions.get(name).and_then(|read| read.value()) {
                Some(definition) => all.extend(references::references(&service.name, short, definition)),
                None => complete = false,
            }
        }
    }
    (all, complete)
}

/// Returns the reasons why tasks stopped, as `(service, reason)`.
pub fn stopped(estate: &Estate) -> Vec<(String, String)> {
    let tasks = estate.tasks.value().into_iter().flat_map(BTreeMap::values);
    tasks.filter_map(|task| Some((task.service.clone()?, task.stopped_reason.clone()?))).collect()
}

/// Returns the parameters that the configuration of an environment names individually.
pub fn configured(environment: &EnvironmentConfig) -> impl Iterator<Item = &str> {
    let both = [&environment.tunnel.parameter, &environment.database.parameter];
    both.into_iter().flatten().map(String::as_str)
}
