//! Compares running resources with their declarations, from the states and from AWS.

use super::difference::DifferenceDto;
use super::environment_units::{self, with_timeout};
use super::target::Target;
use crate::cli::Report;
use crate::commands::context::Context;
use crate::infra::code;
use crate::model::Source;
use crate::model::infra::compared::{definitions, missing_parameters};
use crate::model::infra::declared::{self, Running};
use crate::runtime::states::{self, States};
use crate::runtime::stop::unless_stopped;

/// The differences found, and sentences about facts that could not be read.
pub(super) struct Comparison {
    pub(super) differences: Vec<DifferenceDto>,
    pub(super) missing: Vec<String>,
}

/// The sources that are compared with the declarations.
const SOURCES: &[Source] =
    &[Source::Identity, Source::Services, Source::TaskDefinitions, Source::ScalableTargets, Source::DbInstances];

/// Compares the environment. `None` if it has neither a cluster nor databases.
pub(super) async fn compare(context: &Context, target: &Target) -> Result<Option<Comparison>, Report> {
    let (loaded, environment) = environment_units::environment(context, &target.of)?;
    if environment.cluster.is_none() && environment.databases.is_empty() {
        return Ok(None);
    }
    let opened = environment_units::open_for_query(context, target).await?;
    let States { units: states, mut missing, dirs } = with_timeout(context, states::of(&opened.found)).await?;
    let collected = Box::pin(context.collect_in(loaded.config, environment.clone(), SOURCES, false));
    let reading = unless_stopped(collected).await?;
    let estate = &reading.collector.app.estate;
    let definitions = definitions(estate);
    for (what, failure) in [
        ("services", estate.services.failure()),
        ("limits of scaling", estate.scalable.failure()),
        ("databases", estate.db_instances.failure()),
    ] {
        missing.extend(failure.map(|failure| format!("{what} cannot be compared: {}", failure.message)));
    }
    let running = Running::of(estate, &definitions);
    let mut found = declared::differences(&states, running);
    let named = declared::parameters(&states);
    if !named.is_empty() {
        let session = context.aws(&environment);
        let names: Vec<String> = named.iter().map(|(.., name)| name.clone()).collect();
        match with_timeout(context, session.existing_parameters(&names, environment.account.as_deref())).await? {
            Ok(known) => found.extend(missing_parameters(named, &known)),
            Err(failure) => missing.push(format!("parameters cannot be compared: {}", failure.message)),
        }
    }
    let differences = found
        .into_iter()
        .map(|one| {
            let place = dirs.get(&one.unit).and_then(|(unit, dir)| code::declaration_place(unit, dir, &one.address));
            DifferenceDto::new(one, place)
        })
        .collect();
    Ok(Some(Comparison { differences, missing }))
}
