//! The states of an environment's units: the resources as they were declared at the last apply.

use crate::config::EnvironmentConfig;
use crate::infra::{Access, DiscoverOptions, Discovered, discover_as, query_each};
use crate::model::infra::state::{Resource, resources};
use crate::model::infra::{InfraError, Unit};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The resources of states, and errors of states that could not be read.
#[derive(Default)]
pub struct States {
    /// Units with their resources.
    pub units: Vec<(String, Vec<Resource>)>,
    /// Sentences on states that could not be read.
    pub missing: Vec<String>,
    /// The code folder of each unit.
    pub dirs: BTreeMap<String, (Unit, PathBuf)>,
}

/// Reads the states of all units of an environment. A failure to find the units is listed in `missing`.
pub async fn of_environment(environment: &EnvironmentConfig) -> States {
    match discover_as(environment, DiscoverOptions { hooks: false, ..DiscoverOptions::default() }).await {
        Ok(found) => of(&found).await,
        Err(trouble) => States { missing: vec![trouble.message], ..States::default() },
    }
}

/// Reads the states of these units.
pub async fn of(found: &Discovered) -> States {
    let mut read = States::default();
    let answers = query_each(found, |access: Access<'_>| async move {
        let what = format!("the state of {} cannot be read", access.unit.name);
        let answer = access.read(&["show", "-json", "-no-color"], &what).await?;
        Ok::<_, InfraError>((answer.stdout, access.dir().await?))
    });
    for (unit, answer) in answers.await {
        match answer {
            Ok((state, dir)) => {
                read.dirs.insert(unit.name.clone(), (unit.clone(), dir));
                match resources(&state) {
                    Ok(all) => read.units.push((unit.name.clone(), all)),
                    Err(error) => read.missing.push(format!("{}: its state is not understood: {error}", unit.name)),
                }
            }
            Err(trouble) => read.missing.push(format!("{}: {}", unit.name, trouble.message)),
        }
    }
    read
}
