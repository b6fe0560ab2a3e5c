//! Whether plans are applied: what is asked, with all that they are bound to.

use super::state::{Asking, State};
use super::{ask, plan_lines, tell};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::model::infra::RunState;
use crate::model::infra::plan::lines::head;
use crate::model::infra::plan::text::counts;
use crate::model::infra::run::LiftPhase;
use crate::model::infra::run_event::{Goal, PlanRef, Revision};
use crate::model::time::{clock, short};

/// So many changes of a unit are named in the window.
const SHOWN: usize = 200;

/// Which plans a yes is asked for: those of the marked units that wait, that of the opened unit, else all that wait. None where
/// none waits.
pub fn meant(state: &State, run: &RunState) -> Vec<(String, String)> {
    let waits: Vec<(String, String)> =
        waiting(run).map(|(unit, plan)| (unit.to_owned(), plan.sha256.clone())).collect();
    let chosen = |keep: &dyn Fn(&str) -> bool| -> Vec<(String, String)> {
        waits.iter().filter(|(unit, _)| keep(unit)).cloned().collect()
    };
    let marked = chosen(&|unit| state.marked.contains(unit));
    let opened = chosen(&|unit| state.open.as_deref() == Some(unit));
    [marked, opened, waits.clone()].into_iter().find(|plans| !plans.is_empty()).unwrap_or_default()
}

/// Plans that wait for a yes and can be given one.
fn waiting(run: &RunState) -> impl Iterator<Item = (&str, &PlanRef)> {
    run.to_review().filter(|(_, plan)| !plan.on_mocks && !plan.empty)
}

/// What is asked; none where it cannot be answered any more.
pub fn confirmation(app: &App, plans: &[(String, String)]) -> Option<Confirmation> {
    let state = &app.panes.infra;
    let run = state.run.as_ref().filter(|run| run.goes_on() && run.state.cancel.is_none())?;
    // A plan that is another one by now has to be read again.
    let stands = |(unit, hash): &(String, String)| {
        run.state.to_review().any(|(name, plan)| name == unit && plan.sha256 == *hash)
    };
    if !plans.iter().all(stands) {
        return None;
    }
    let destroy = tell::goal(&run.state) == Some(Goal::Destroy);
    let mut lost = Vec::new();
    let mut text = Vec::new();
    for (name, hash) in plans {
        let unit = run.state.units.get(name)?;
        let bound = unit.plan.as_ref()?;
        lost.extend(bound.destroys_stateful.iter().map(|address| format!("{name}: {address}")));
        let short: String = hash.chars().take(12).collect();
        let planned = unit.since.map(|since| format!(" of {}", clock(since, &app.zone()))).unwrap_or_default();
        text.push((Tone::Strong, format!("{name}  {}  plan {short}{planned}", counts(&bound.summary))));
        text.push((Tone::Dim, format!("    {}", made_of(&run.state, name, bound))));
        if let Some(words) = unit.before_destroy() {
            text.push((Tone::Warn, format!("    {words}")));
        }
        for loss in &unit.losses {
            let tone = if loss.counted { Tone::Bad } else { Tone::Warn };
            text.push((tone, format!("    lost with {}", loss.sentence())));
        }
        let plan = state.plan_of(name)?;
        for change in plan.changes.iter().take(SHOWN) {
            text.push((plan_lines::tone(change.action), format!("{:>3} {}", change.sign(), head(change))));
        }
        if let Some(more) = plan.changes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            text.push((Tone::Dim, format!("    and {more} more")));
        }
        if bound.drifted > 0 {
            text.push((Tone::Warn, format!("    {} resources were changed elsewhere", bound.drifted)));
        }
    }
    for address in &lost {
        text.insert(0, (Tone::Bad, format!("The data in {address} is lost.")));
    }
    let lifts =
        |(unit, _): &(String, String)| run.state.units.get(unit).is_some_and(|unit| unit.lift == LiftPhase::Wanted);
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
        command: ask::command(app, &format!("approve {}", run.name), &names),
        bound: plans.iter().map(|(_, hash)| hash.as_str()).collect::<Vec<_>>().join(" "),
        live: vec![(Tone::Plain, age(app, &run.state, &names)), (Tone::Dim, others(&run.state, &names))],
    })
}

/// Asks, or says what is to be read first.
pub fn asking(state: &State, plans: Vec<(String, String)>) -> Result<Asking, String> {
    // What was not read cannot be approved.
    let unread = plans.iter().map(|(unit, _)| unit.as_str()).filter(|unit| state.plan_of(unit).is_none());
    let unread: Vec<&str> = unread.collect();
    if unread.is_empty() {
        return Ok(Asking::Approve(plans));
    }
    Err(format!("the plan of {} is still being read: press A again when it waits for review", unread.join(", ")))
}

/// `workspace dev · 9f3c2e1 with uncommitted changes`: one code may be of several environments, and a plan of code that is nowhere
/// written down.
fn made_of(run: &RunState, name: &str, bound: &PlanRef) -> String {
    let started = run.started.as_ref();
    let of = started.and_then(|started| started.units.iter().find(|unit| unit.name == name));
    let workspace = of.and_then(|unit| unit.workspace.as_ref()).map(|workspace| format!("workspace {workspace}"));
    let revision = bound.revision.as_ref().or(started.and_then(|started| started.revision.as_ref()));
    let revision = revision.map_or_else(|| "of a revision that is not known".to_owned(), Revision::words);
    [workspace, Some(revision)].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How old the plans are.
fn age(app: &App, run: &RunState, names: &[String]) -> String {
    let since = names.iter().filter_map(|name| run.units.get(name)?.since);
    let (Some(first), Some(last)) = (since.clone().min(), since.max()) else { return String::new() };
    let ago = |at| short(app.now.duration_since(at));
    match names {
        [_] => format!("The plan is {} old.", ago(first)),
        _ if ago(first) == ago(last) => format!("The plans are {} old.", ago(first)),
        _ => format!("The oldest plan is {} old, the newest {}.", ago(first), ago(last)),
    }
}

/// What else waits, and how one of several is meant.
fn others(run: &RunState, names: &[String]) -> String {
    let others: Vec<&str> =
        waiting(run).map(|(unit, _)| unit).filter(|unit| !names.iter().any(|name| name == unit)).collect();
    match (others.as_slice(), names) {
        ([], [_]) => String::new(),
        ([], _) => "space in the list marks units, where not all are meant".to_owned(),
        (others, _) => format!("Waits too, and is not asked for here: {}", others.join(", ")),
    }
}
