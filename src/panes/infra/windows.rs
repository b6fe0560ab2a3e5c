//! The questions before something is changed, and the line on what goes on.

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
use crate::feeds::infra::Make;
use crate::model::infra::run_event::RequestKind;
use crate::model::time::short;

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

/// The confirmation; none where it cannot be answered any more.
pub fn confirm(app: &App, _: u8) -> Option<Confirmation> {
    match app.panes.infra.asking.as_ref()? {
        Asking::Approve(plans) => super::approve::confirmation(app, plans),
        Asking::Cancel(run, hard) => cancel(app, run, *hard),
        Asking::Unlock(lock) => Some(super::lock::unlock(app, lock)),
        Asking::Clean(cached) => Some(super::clean::clean(app, cached)),
        Asking::Replace(unit, address) => super::replace::confirmation(app, unit, address),
        Asking::Target(unit, addresses) => super::target::confirmation(app, unit, addresses),
        Asking::Push(kept) => Some(super::kept::confirmation(app, kept)),
        Asking::Form(units) => Some(super::make::confirmation(app, units)),
        Asking::Move(states) => Some(super::moves::confirmation(app, states)),
        Asking::Workspaces(units) => Some(super::make::workspaces(app, units)),
    }
}

/// The most lines of the window that tell what is in flight.
const IN_FLIGHT: usize = 4;

fn cancel(app: &App, name: &str, hard: bool) -> Option<Confirmation> {
    // It may be over, and another one followed by now.
    let run = app.panes.infra.run.as_ref().filter(|run| run.goes_on() && run.name == name)?;
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
                effects.extend(ask::wish(app, RequestKind::Approve { unit, sha256 }, &words));
            }
            effects
        }
        Some(Asking::Cancel(run, hard)) => {
            if app.panes.infra.run.as_ref().is_none_or(|followed| followed.name != run) {
                app.say(format!("{run} is not followed any more: it was not cancelled"));
                return Vec::new();
            }
            ask::wish(app, RequestKind::Cancel { hard }, "asking it to stop …")
        }
        Some(Asking::Unlock(lock)) => super::lock::release(app, lock),
        Some(Asking::Clean(cached)) => super::clean::remove(app, &cached),
        Some(Asking::Replace(unit, address)) => super::replace::confirmed(app, unit, address),
        Some(Asking::Target(unit, addresses)) => super::target::confirmed(app, unit, addresses),
        Some(Asking::Push(kept)) => super::kept::push(app, kept),
        Some(Asking::Form(units)) => super::make::make(app, Make::Form, units),
        Some(Asking::Move(states)) => super::moves::begun(app, states),
        Some(Asking::Workspaces(units)) => super::make::workspaces_made(app, units),
        None => Vec::new(),
    }
}

/// The run or move under way, told whichever pane is shown.
pub fn going(app: &App) -> Option<Going> {
    let run = app.panes.infra.run.as_ref().filter(|run| run.read)?;
    let (over, all) = run.state.progress();
    let began = run.state.began?;
    let runs = run.goes_on();
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
    let goal = tell::goal_word(tell::goal(&run.state));
    let title = if tell::recorded(app) { format!("{goal} {}", tell::RECORDED) } else { goal.to_owned() };
    let mark = run.state.end.filter(|_| tell::applies(&run.state)).map(|(at, _)| at);
    Some(Going { title, fraction: format!("{over}/{all}"), health: tell::health(run), words, note, runs, mark })
}
