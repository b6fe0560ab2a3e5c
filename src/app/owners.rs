//! The environments that the writes of an account belong to, by what the configuration says of its environments.

use super::operation::parameter::place;
use crate::config::{Config, EnvironmentConfig};
use crate::model::parameters::named::ParameterReference;
use crate::model::timeline::owners::{Home, Owners};

/// The environment beside the others of its account; `named` is what its task definitions name of parameters.
pub fn owners<'a>(
    config: &'a Config,
    environment: &'a EnvironmentConfig,
    named: &'a [ParameterReference],
) -> Owners<'a> {
    let apart = |other: &EnvironmentConfig| {
        environment.account.is_some() && other.account.is_some() && environment.account != other.account
    };
    let others = config.environments.iter().filter(|other| other.name != environment.name && !apart(other));
    Owners {
        own: home(environment),
        others: others.map(home).collect(),
        parameters: place(config, environment, named, true),
    }
}

fn home(of: &EnvironmentConfig) -> Home {
    let lists = [&of.services, &of.databases, &of.target_groups, &of.distributions, &of.user_pools, &of.logs];
    let single = [&of.cluster, &of.scheduler].into_iter().flatten();
    Home {
        environment: of.name.clone(),
        project: of.project.clone(),
        region: of.region.clone(),
        names: lists.into_iter().flatten().chain(single).cloned().collect(),
        beginnings: of.alarms.iter().chain(&of.schedules).cloned().collect(),
    }
}
