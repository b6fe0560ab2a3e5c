//! Prints the plans for an approval prompt: each plan as text, then, right before the prompt, what the approval applies
//! to.

use super::plan_texts;
use crate::cli::{ExitCode, Report};
use crate::commands::progress::print_note;
use crate::config::EnvironmentConfig;
use crate::infra::run::folder;
use crate::model::infra::plan::text::text;
use crate::model::infra::run_event::PlanRef;
use crate::model::infra::state_endpoint::{ENDPOINTS, EndpointVariables};
use crate::model::infra::{RunState, question};
use crate::runtime::clock::zone;
use jiff::Timestamp;
use std::path::Path;

/// Returns the plans of these units as text.
pub(super) fn plan_texts(run: &RunState, units: &[&str]) -> Result<Vec<String>, Report> {
    let one = |(unit, plan): (&str, &PlanRef)| {
        plan_texts::read_plan(&plan.shown).map(|plan| text(unit, &plan)).map_err(|error| {
            Report::new("system", format!("the plan of {unit} cannot be read"), ExitCode::Failed).caused_by(&error)
        })
    };
    bound(run, units).map(one).collect()
}

/// Whether one of these plans destroys data.
pub(super) fn loses_data(run: &RunState, units: &[&str]) -> bool {
    bound(run, units).any(|(_, plan)| !plan.destroys_stateful.is_empty())
}

/// Prints which plans the approval would apply to, and where they would be applied.
pub(super) fn print_approval_scope(environment: &EnvironmentConfig, folder: &Path, run: &RunState, units: &[&str]) {
    let zone = zone(environment.timezone.as_deref());
    for (name, plan) in bound(run, units) {
        let Some(unit) = run.units.get(name) else { continue };
        print_note(&question::plan(name, unit, plan, &zone));
        let mut notes = vec![question::workspace_and_revision(run, name, plan)];
        notes.extend(question::stale(unit, &zone));
        notes.extend(unit.destroy_note());
        notes.extend(unit.losses.iter().map(question::loss_sentence));
        for note in notes {
            print_note(&format!("    {note}"));
        }
    }
    if let Some(others) = question::other_waiting_plans(run, units) {
        print_note(&others);
    }
    print_note(&question::age(run, units.iter().copied(), Timestamp::now()));
    let configured =
        || EndpointVariables::of(environment.endpoint_url.iter().map(|url| (ENDPOINTS.to_owned(), url.clone())));
    let world = folder::order(folder).map_or_else(|_| configured(), |order| order.world);
    print_note(&question::place(run, &world));
}

fn bound<'a>(run: &'a RunState, units: &[&'a str]) -> impl Iterator<Item = (&'a str, &'a PlanRef)> {
    units.iter().filter_map(|name| Some((*name, run.units.get(*name)?.plan.as_ref()?)))
}
