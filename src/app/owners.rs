//! The environments that recorded writes of an account belong to, according to the configuration.

use super::operation::parameter::place;
use crate::config::{Config, EnvironmentConfig};
use crate::model::parameters::references::ParameterReference;
use crate::model::timeline::owners::{ClaimedNames, Owners};

/// Returns the environment and the others of its account; `named` are the parameters its task definitions name.
pub fn owners<'a>(
    config: &'a Config,
    environment: &'a EnvironmentConfig,
    named: &'a [ParameterReference],
) -> Owners<'a> {
    let in_other_account = |other: &EnvironmentConfig| {
        environment.account.is_some() && other.account.is_some() && environment.account != other.account
    };
    let others = config.environments.iter().filter(|other| other.name != environment.name && !in_other_account(other));
    Owners {
        own: home(environment),
        others: others.map(home).collect(),
        parameters: place(config, environment, named, true),
    }
}

fn home(of: &EnvironmentConfig) -> ClaimedNames {
    let lists = [&of.services, &of.databases, &of.target_groups, &of.distributions, &of.user_pools, &of.logs];
    let single = [&of.cluster, &of.scheduler].into_iter().flatten();
    ClaimedNames {
        environment: of.name.clone(),
        project: of.project.clone(),
        region: of.region.clone(),
        names: lists.into_iter().flatten().chain(single).cloned().collect(),
        alarm_prefixes: of.alarms.iter().chain(&of.schedules).cloned().collect(),
    }
}
