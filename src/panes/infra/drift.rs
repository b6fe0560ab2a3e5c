//! Comparison of the running environment with its declaration, after a drift run. It covers what a plan does not report,
//! because the code leaves it to deployments and to scaling.

use super::plan_lines::line;
use super::requests::{Kind, ask};
use super::state::{Comparison, ComparisonState, PlanLine, State};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::feeds::infra::{Ask, Declared, Fact};
use crate::feeds::part::Part;
use crate::model::Health;
use crate::model::infra::compared::definitions;
use crate::model::infra::declared::{Difference, Running, differences};
use crate::model::infra::run_event::Goal;
use std::collections::BTreeSet;

/// Requests a comparison if the followed run was a drift run that has just ended, and anything is running.
pub fn mark_comparison_due(app: &mut App) {
    let Some(run) = &app.panes.infra.run else { return };
    let drift = run.state.started.as_ref().is_some_and(|started| started.goal == Goal::Drift);
    let runs = app.environment.cluster.is_some() || !app.environment.databases.is_empty();
    if drift && runs {
        app.panes.infra.comparison = Some(Comparison { run: run.name.clone(), progress: ComparisonState::Due });
    }
}

/// Sends the request for the comparison if it is due.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.infra;
    let Some(compared) = state.comparison.as_mut().filter(|compared| compared.progress == ComparisonState::Due) else {
        return Vec::new();
    };
    compared.progress = ComparisonState::Requested;
    let started = state.state().and_then(|run| run.started.as_ref());
    let units = started.map(|started| started.units.iter().map(|unit| unit.name.clone()).collect());
    vec![ask(app, Kind::Declared, Ask::Declared { units: units.unwrap_or_default() }).1]
}

/// Handles the declared state.
pub fn answer(app: &mut App, part: Part<Fact>) {
    let came = match part {
        Part::Page(Fact::Declared(declared)) | Part::Last(Fact::Declared(declared)) => compare(app, *declared),
        Part::Failed(failure) => {
            app.note(true, failure.message.clone());
            ComparisonState::Failed(failure)
        }
        Part::Page(_) | Part::Last(_) => return,
    };
    if let Some(compared) =
        app.panes.infra.comparison.as_mut().filter(|compared| compared.progress == ComparisonState::Requested)
    {
        compared.progress = came;
    }
}

fn compare(app: &App, declared: Declared) -> ComparisonState {
    let estate = &app.estate;
    let Declared { states, places, absent, mut missing } = declared;
    let definitions = definitions(estate);
    let running = Running::of(estate, &definitions);
    let (cluster, databases) = (app.environment.cluster.is_some(), !app.environment.databases.is_empty());
    for (what, wanted, read, failure) in [
        ("services", cluster, running.services.is_some(), estate.services.failure()),
        ("limits of scaling", cluster, running.scalable.is_some(), estate.scalable.failure()),
        ("databases", databases, running.instances.is_some(), estate.db_instances.failure()),
    ] {
        match failure {
            Some(failure) => missing.push(format!("{what} cannot be compared: {}", failure.message)),
            None if wanted && !read => missing.push(format!("{what} are not compared: they were not read yet")),
            None => {}
        }
    }
    let mut found = differences(&states, running);
    found.extend(absent);
    let placed = |one: Difference| {
        let place = places.get(&(one.unit.clone(), one.address.clone())).cloned();
        (one, place)
    };
    let differences = found.into_iter().map(placed).collect();
    ComparisonState::Found { differences, missing }
}

/// The comparison for the shown run.
fn shown(state: &State) -> Option<&ComparisonState> {
    let run = state.run.as_ref()?;
    state.comparison.as_ref().filter(|compared| compared.run == run.name).map(|compared| &compared.progress)
}

/// The differences, each with the place of its declaration.
pub fn found_differences(state: &State) -> &[(Difference, Option<String>)] {
    match shown(state) {
        Some(ComparisonState::Found { differences, .. }) => differences,
        _ => &[],
    }
}

/// Summary lines above the units: the number of differences.
pub fn summary(state: &State) -> Vec<(Health, String)> {
    match shown(state) {
        None => Vec::new(),
        Some(ComparisonState::Due | ComparisonState::Requested) => {
            vec![(Health::Changing, "comparing what runs with what is declared …".to_owned())]
        }
        Some(ComparisonState::Failed(failure)) => {
            vec![(
                Health::Down,
                format!("running resources are not compared with their declarations: {}", failure.message),
            )]
        }
        Some(ComparisonState::Found { differences, missing }) => {
            let mut lines = Vec::new();
            if !differences.is_empty() {
                let units: BTreeSet<&str> = differences.iter().map(|(one, _)| one.unit.as_str()).collect();
                let units = units.into_iter().collect::<Vec<_>>().join(", ");
                let many = if differences.len() == 1 {
                    "1 difference".to_owned()
                } else {
                    format!("{} differences", differences.len())
                };
                lines.push((Health::Degraded, format!("{many} from the declaration, in {units}: v shows them")));
            } else if missing.is_empty() {
                lines.push((Health::Healthy, "no difference from the declaration".to_owned()));
            }
            lines.extend(missing.iter().map(|text| (Health::Degraded, text.clone())));
            lines
        }
    }
}

/// The differences of a unit or of one of its resources, as lines below its plan.
pub fn lines(state: &State, unit: &str, resource: Option<&str>) -> Vec<PlanLine> {
    let of = found_differences(state).iter().filter(|(one, _)| one.unit == unit);
    let of = of.filter(|(one, _)| resource.is_none_or(|resource| resource == one.address));
    let lines: Vec<PlanLine> =
        of.map(|(one, place)| line(0, "≠", one.describe(place.as_deref()), Tone::Warn)).collect();
    if lines.is_empty() {
        return lines;
    }
    let title = line(0, "", "Differs from its declaration", Tone::Strong);
    std::iter::once(title).chain(lines).collect()
}
