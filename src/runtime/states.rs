//! The states of an environment's units: the resources as they were declared when they were applied last.

use crate::config::EnvironmentConfig;
use crate::infra::{Access, Discovered, Look, discover_as, each};
use crate::model::infra::state::{Resource, resources};
use crate::model::infra::{Trouble, Unit};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The resources of states, and sentences on states that could not be read.
#[derive(Default)]
pub struct States {
    /// Units with their resources.
    pub units: Vec<(String, Vec<Resource>)>,
    /// Sentences on states that could not be read.
    pub missing: Vec<String>,
    /// Where the code of each unit is.
    pub dirs: BTreeMap<String, (Unit, PathBuf)>,
}

/// Those of all units of an environment; what keeps them from being found is among what is missing.
pub async fn of_environment(environment: &EnvironmentConfig) -> States {
    match discover_as(environment, Look { hooks: false, ..Look::default() }).await {
        Ok(found) => of(&found).await,
        Err(trouble) => States { missing: vec![trouble.message], ..States::default() },
    }
}

/// Reads the states of these units.
pub async fn of(found: &Discovered) -> States {
    let mut read = States::default();
    let answers = each(found, |access: Access<'_>| async move {
        let what = format!("the state of {} cannot be read", access.unit.name);
        let answer = access.read(&["show", "-json", "-no-color"], &what).await?;
        Ok::<_, Trouble>((answer.out, access.dir().await?))
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
