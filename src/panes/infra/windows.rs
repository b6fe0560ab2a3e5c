//! What it asks before something is changed, and what it tells in windows.

use super::state::{Asking, ID};
use super::{ask, tell};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::{Confirmation, Going};
use crate::app::tell::exactly;
use crate::app::update::settle::done;
use crate::app::update::windows::push_window;
use crate::model::infra::plan::text::counts;
use crate::model::infra::run_event::{Goal, Wish};
use crate::model::time::short;
use std::fmt::Write as _;

/// The only window with buttons.
const ASKS: u8 = 0;

/// Asks.
pub fn open(app: &mut App, asking: Asking) -> Vec<Effect> {
    app.panes.infra.asking = Some(asking);
    if let Some(window) = dialog::of_pane(app, ID, ASKS) {
        push_window(app, window);
    }
    done(app)
}

/// What is asked; none where it cannot be answered any more.
pub fn confirm(app: &App, _: u8) -> Option<Confirmation> {
    match app.panes.infra.asking.as_ref()? {
        Asking::Approve(plans) => approve(app, plans),
        Asking::Cancel(hard) => cancel(app, *hard),
        Asking::Unlock(lock) => Some(super::lock::unlock(app, lock)),
        Asking::Clean(cached) => Some(super::clean::clean(app, cached)),
    }
}

fn approve(app: &App, plans: &[(String, String)]) -> Option<Confirmation> {
    let state = &app.panes.infra;
    let run = state.run.as_ref().filter(|run| run.live && run.state.end.is_none() && run.state.cancel.is_none())?;
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
    for (unit, hash) in plans {
        let bound = run.state.units.get(unit)?.plan.as_ref()?;
        lost.extend(bound.destroys_stateful.iter().map(|address| format!("{unit}: {address}")));
        let short: String = hash.chars().take(12).collect();
        text.push((Tone::Strong, format!("{unit}  {}  plan {short}", counts(&bound.summary))));
        if let Some(words) = run.state.units.get(unit)?.before_destroy() {
            text.push((Tone::Warn, format!("    {words}")));
        }
        for loss in &run.state.units.get(unit)?.losses {
            let tone = if loss.counted { Tone::Bad } else { Tone::Warn };
            text.push((tone, format!("    lost with {}", loss.sentence())));
        }
        let plan = state.plan_of(unit)?;
        for change in plan.changes.iter().take(SHOWN) {
            let line = format!("{:>3} {}", change.sign(), crate::model::infra::plan::lines::head(change));
            text.push((tell::tone(change.action), line));
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
    let lifts = |(unit, _): &(String, String)| {
        run.state.units.get(unit).is_some_and(|unit| unit.lift == crate::model::infra::run::LiftPhase::Wanted)
    };
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
        live: Vec::new(),
    })
}

/// So many changes of a unit are named in the window.
const SHOWN: usize = 200;
/// So many lines of the window tell what is in flight.
const IN_FLIGHT: usize = 4;

fn cancel(app: &App, hard: bool) -> Option<Confirmation> {
    let run = app.panes.infra.run.as_ref().filter(|run| run.live && run.state.end.is_none())?;
    if run.state.cancel.is_some() != hard {
        return None;
    }
    let flying = tell::in_flight(&run.state, app.now);
    let mut text = Vec::new();
    if hard {
        text.push((Tone::Bad, "It was asked to stop, and Terraform waits for what is in flight.".to_owned()));
        let lost = "A second time ends it at once: the state may not be written, its lock may stay, and what is in flight \
                    may exist in AWS and in no state.";
        text.push((Tone::Bad, lost.to_owned()));
    } else {
        text.push((
            Tone::Plain,
            "Each Terraform is asked once to stop: nothing new begins, and it waits for what is in flight.".to_owned(),
        ));
    }
    let mut live = match flying.len() {
        0 => vec![(Tone::Plain, "Nothing is in flight.".to_owned())],
        _ => vec![(Tone::Strong, "In flight:".to_owned())],
    };
    let shown = if flying.len() > IN_FLIGHT { IN_FLIGHT - 1 } else { flying.len() };
    live.extend(flying.iter().take(shown).map(|address| (Tone::Warn, address.clone())));
    if flying.len() > shown {
        live.push((Tone::Warn, format!("and {} more", flying.len() - shown)));
    }
    live.resize(1 + IN_FLIGHT, (Tone::Plain, String::new()));
    let again = if hard { " --hard stop" } else { "" };
    Some(Confirmation {
        title: if hard { "Cancel at once".to_owned() } else { format!("Cancel {}", run.name) },
        verb: if hard { "End it now" } else { "Cancel the run" }.to_owned(),
        risk: if hard { Risk::Destroy } else { Risk::Change },
        text,
        command: ask::command(app, &format!("cancel {}{again}", run.name), &[]),
        bound: String::new(),
        // What is in flight changes while one reads; what is asked does not.
        live,
    })
}

/// It was answered with yes.
pub fn confirmed(app: &mut App, _: u8) -> Vec<Effect> {
    match app.panes.infra.asking.take() {
        Some(Asking::Approve(plans)) => {
            let mut effects = Vec::new();
            for (unit, sha256) in plans {
                app.panes.infra.marked.remove(&unit);
                let words = format!("{unit}: approved");
                effects.extend(ask::wish(app, Wish::Approve { unit, sha256 }, &words));
            }
            effects
        }
        Some(Asking::Cancel(hard)) => ask::wish(app, Wish::Cancel { hard }, "asking it to stop …"),
        Some(Asking::Unlock(lock)) => super::lock::release(app, lock),
        Some(Asking::Clean(cached)) => super::clean::remove(app, &cached),
        None => Vec::new(),
    }
}

/// What goes on, whichever pane is shown.
pub fn going(app: &App) -> Option<Going> {
    let run = app.panes.infra.run.as_ref().filter(|run| run.read)?;
    let (over, all) = run.state.progress();
    let began = run.state.began?;
    let runs = run.live && run.state.end.is_none();
    let review = run.state.to_review().count();
    let (words, note) = match (run.state.end, runs, review) {
        (Some((at, end)), ..) => (tell::end_word(end).to_owned(), format!("{} ago", short(app.now.duration_since(at)))),
        (None, false, _) => ("nothing drives it any more".to_owned(), exactly(app.now.duration_since(began))),
        (None, true, 0) => (format!("{over}/{all} units"), exactly(app.now.duration_since(began))),
        (None, true, review) => {
            let plans = if review == 1 { "plan" } else { "plans" };
            (format!("{over}/{all} units, {review} {plans} to review"), exactly(app.now.duration_since(began)))
        }
    };
    let title = tell::goal_word(tell::goal(&run.state)).to_owned();
    let mark = run.state.end.filter(|_| tell::applies(&run.state)).map(|(at, _)| at);
    Some(Going { title, fraction: format!("{over}/{all}"), health: tell::health(run), words, note, runs, mark })
}

/// `s`: how the selected resource stands, with everything that is known of it.
pub fn state_of(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let (Some(unit), Some(resource)) = (state.open.clone(), state.resource.clone()) else {
        app.say("Enter goes into a unit; s then shows how a resource stands");
        return Vec::new();
    };
    let run = state.state().and_then(|run| run.units.get(&unit));
    let mut body = format!("{resource}\nin {unit}\n");
    if let Some(resource) = run.and_then(|run| run.resources.get(&resource)) {
        let _ = write!(body, "\n{}\n", tell::resource(resource, app.now).1);
    }
    let errors = run.into_iter().flat_map(|run| &run.diagnostics);
    for error in errors.filter(|error| error.address.as_deref() == Some(resource.as_str())) {
        let lines = super::state::diagnosed(error);
        for (_, line) in lines {
            body.push_str(&line);
            body.push('\n');
        }
    }
    if let Some(plan) = state.plan_of(&unit)
        && let Some(change) = plan.change(&resource)
    {
        body.push('\n');
        for line in tell::change(plan, change) {
            let _ = writeln!(body, "{:indent$}{} {}", "", line.sign, line.text, indent = usize::from(line.indent));
        }
    }
    let environment = &app.environment.name;
    let _ = writeln!(body, "\nIts attributes: cockpit infra state show {environment} '{resource}' --unit {unit}");
    let message = crate::app::overlays::message(app, "Resource", &body);
    app.screen.overlays.push(message);
    done(app)
}
