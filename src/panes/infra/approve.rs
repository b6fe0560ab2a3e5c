//! The question whether plans are applied, with everything that the approval is bound to.

use super::state::{DialogQuestion, PlanLine, State};
use super::{plan_lines, requests, texts};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::model::infra::RunState;
use crate::model::infra::plan::lines::head;
use crate::model::infra::question::{self, waiting};
use crate::model::infra::run::LiftPhase;
use crate::model::infra::run_event::Goal;
use crate::model::infra::state_endpoint::{ENDPOINTS, EndpointVariables};

/// Maximum number of changes of a unit, and of its output lines, in the dialog.
const SHOWN: usize = 200;

/// The plans to ask about: those of marked units that wait, that of the opened unit, or all that wait. Empty if none waits.
pub fn plans_to_approve(state: &State, run: &RunState) -> Vec<(String, String)> {
    let waits: Vec<(String, String)> =
        waiting(run).map(|(unit, plan)| (unit.to_owned(), plan.sha256.clone())).collect();
    let chosen = |keep: &dyn Fn(&str) -> bool| -> Vec<(String, String)> {
        waits.iter().filter(|(unit, _)| keep(unit)).cloned().collect()
    };
    let marked = chosen(&|unit| state.marked_units.contains(unit));
    let opened = chosen(&|unit| state.opened_unit.as_deref() == Some(unit));
    [marked, opened, waits.clone()].into_iter().find(|plans| !plans.is_empty()).unwrap_or_default()
}

/// The confirmation; `None` if it can no longer be answered.
pub fn confirmation(app: &App, plans: &[(String, String)]) -> Option<Confirmation> {
    let state = &app.panes.infra;
    let run = state.run.as_ref().filter(|run| run.is_running() && run.state.cancel.is_none())?;
    // A plan that has been replaced must be read again.
    let stands = |(unit, hash): &(String, String)| {
        run.state.to_review().any(|(name, plan)| name == unit && plan.sha256 == *hash)
    };
    if !plans.iter().all(stands) {
        return None;
    }
    let destroy = texts::goal(&run.state) == Some(Goal::Destroy);
    let mut lost = Vec::new();
    let mut stale = Vec::new();
    let mut text = vec![(Tone::Dim, question::place(&run.state, &world(app, &run.name)))];
    for (name, _) in plans {
        let unit = run.state.units.get(name)?;
        let bound = unit.plan.as_ref()?;
        lost.extend(bound.destroys_stateful.iter().map(|address| format!("{name}: {address}")));
        stale.extend(question::stale(unit, &app.zone()).map(|words| (Tone::Warn, format!("{name}: {words}"))));
        text.push((Tone::Strong, question::plan(name, unit, bound, &app.zone())));
        text.push((Tone::Dim, format!("    {}", question::workspace_and_revision(&run.state, name, bound))));
        if let Some(words) = unit.destroy_note() {
            text.push((Tone::Warn, format!("    {words}")));
        }
        for loss in &unit.losses {
            let tone = if loss.counted { Tone::Bad } else { Tone::Warn };
            text.push((tone, format!("    {}", question::loss_sentence(loss))));
        }
        let plan = state.plan_of(name)?;
        for change in plan.changes.iter().take(SHOWN) {
            text.push((plan_lines::tone(change.action), format!("{:>3} {}", change.sign(), head(change))));
        }
        if let Some(more) = plan.changes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            text.push((Tone::Dim, format!("    and {more} more")));
        }
        let beside = plan_lines::outputs(plan).into_iter().take(SHOWN).chain(plan_lines::checks(plan));
        text.extend(beside.map(|line| (line.tone, in_window(&line))));
        if bound.drifted > 0 {
            let resources = if bound.drifted == 1 { "resource was" } else { "resources were" };
            text.push((Tone::Warn, format!("    {} {resources} changed elsewhere", bound.drifted)));
        }
    }
    text.splice(0..0, stale);
    for address in &lost {
        text.insert(0, (Tone::Bad, format!("The data in {address} is lost.")));
    }
    let lifts =
        |(unit, _): &(String, String)| run.state.units.get(unit).is_some_and(|unit| unit.lift == LiftPhase::Planned);
    let after = if destroy && plans.iter().all(lifts) {
        "It destroys nothing yet: what it destroys is planned after that, and asked for again."
    } else if lost.is_empty() && !destroy {
        "It is undone by applying the code as it was before; what is destroyed does not come back."
    } else {
        "It cannot be undone: what is destroyed does not come back."
    };
    text.push((Tone::Plain, after.to_owned()));
    let verb = if destroy { "Destroy" } else { "Apply" };
    let names: Vec<String> = plans.iter().map(|(unit, _)| unit.clone()).collect();
    Some(Confirmation {
        title: format!("{verb} {} in {}", names.join(", "), app.environment.name),
        verb: verb.to_owned(),
        risk: if destroy || !lost.is_empty() { Risk::Destroy } else { Risk::Disrupt },
        text,
        command: requests::command(app, &format!("approve {}", run.name), &names),
        covered_content: plans.iter().map(|(_, hash)| hash.as_str()).collect::<Vec<_>>().join(" "),
        live: vec![
            (Tone::Plain, question::age(&run.state, names.iter().map(String::as_str), app.now)),
            (Tone::Dim, others(&run.state, &names)),
        ],
    })
}

/// The question to ask, or a sentence on which plans must be read first.
pub fn approval_question(state: &State, plans: Vec<(String, String)>) -> Result<DialogQuestion, String> {
    // A plan that was not read cannot be approved.
    let unread = plans.iter().map(|(unit, _)| unit.as_str()).filter(|unit| state.plan_of(unit).is_none());
    let unread: Vec<&str> = unread.collect();
    if unread.is_empty() {
        return Ok(DialogQuestion::Approve(plans));
    }
    Err(format!("the plan of {} is still being read: press A again when it waits for review", unread.join(", ")))
}

/// The AWS endpoints of a run; those of the environment if the run's order was not read yet.
fn world(app: &App, run: &str) -> EndpointVariables {
    let order = app.panes.infra.runs.iter().find(|listed| listed.run == run).and_then(|listed| listed.order.as_ref());
    let configured = app.environment.endpoint_url.iter().map(|url| (ENDPOINTS.to_owned(), url.clone()));
    order.map_or_else(|| EndpointVariables::of(configured), |order| order.world.clone())
}

/// A line of a plan as the dialog shows it.
fn in_window(line: &PlanLine) -> String {
    let indent = usize::from(line.indent);
    format!("{:indent$}{:>3} {}", "", line.sign, line.text)
}

/// A note on other waiting plans, and on how to choose one of several.
fn others(run: &RunState, names: &[String]) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match (question::other_waiting_plans(run, &names), names.as_slice()) {
        (Some(others), _) => others,
        (None, [_]) => String::new(),
        (None, _) => "space in the list marks units, where not all are meant".to_owned(),
    }
}
