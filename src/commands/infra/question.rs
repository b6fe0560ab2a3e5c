//! Plans that a yes is asked for, as they are shown for it: each as text, then right before the question what it is bound to.

use super::shown;
use crate::cli::{ExitCode, Report};
use crate::commands::say::say;
use crate::config::EnvironmentConfig;
use crate::infra::run::folder;
use crate::model::infra::plan::text::text;
use crate::model::infra::run_event::PlanRef;
use crate::model::infra::world::{ENDPOINTS, World};
use crate::model::infra::{RunState, question};
use crate::runtime::clock::zone;
use jiff::Timestamp;
use std::path::Path;

/// The plans of these units as text, each to be printed where the question is.
pub(super) fn texts(run: &RunState, units: &[&str]) -> Result<Vec<String>, Report> {
    let one = |(unit, plan): (&str, &PlanRef)| {
        shown::read(&plan.shown).map(|plan| text(unit, &plan)).map_err(|error| {
            Report::new("system", format!("the plan of {unit} cannot be read"), ExitCode::Failed).caused_by(&error)
        })
    };
    bound(run, units).map(one).collect()
}

/// Whether data is lost with one of these plans.
pub(super) fn loses_data(run: &RunState, units: &[&str]) -> bool {
    bound(run, units).any(|(_, plan)| !plan.destroys_stateful.is_empty())
}

/// Prints what a yes to these plans would be bound to, and where they would be applied.
pub(super) fn say_bound(environment: &EnvironmentConfig, folder: &Path, run: &RunState, units: &[&str]) {
    let zone = zone(environment.timezone.as_deref());
    for (name, plan) in bound(run, units) {
        let Some(unit) = run.units.get(name) else { continue };
        say(&question::plan(name, unit, plan, &zone));
        let mut notes = vec![question::made_of(run, name, plan)];
        notes.extend(question::stale(unit, &zone));
        notes.extend(unit.before_destroy());
        notes.extend(unit.losses.iter().map(question::lost));
        for note in notes {
            say(&format!("    {note}"));
        }
    }
    if let Some(others) = question::others(run, units) {
        say(&others);
    }
    say(&question::age(run, units.iter().copied(), Timestamp::now()));
    let configured = || World::of(environment.endpoint_url.iter().map(|url| (ENDPOINTS.to_owned(), url.clone())));
    let world = folder::order(folder).map_or_else(|_| configured(), |order| order.world);
    say(&question::place(run, &world));
}

fn bound<'a>(run: &'a RunState, units: &[&'a str]) -> impl Iterator<Item = (&'a str, &'a PlanRef)> {
    units.iter().filter_map(|name| Some((*name, run.units.get(*name)?.plan.as_ref()?)))
}
