//! The dialogs of the Infra pane, and the line about a running run or migration.

use super::state::{DialogQuestion, ID};
use super::{requests, texts};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::operation_texts::format_elapsed;
use crate::app::overlay::Tone;
use crate::app::pane::{Activity, Confirmation};
use crate::app::update::refresh::after_move;
use crate::app::update::windows::push_window;
use crate::feeds::infra::UnitChange;
use crate::model::infra::run_event::RequestKind;
use crate::model::time::short;

/// The number of the pane's only dialog.
const ASKS: u8 = 0;

/// Opens the dialog for a question.
pub fn open(app: &mut App, asking: DialogQuestion) -> Vec<Effect> {
    app.panes.infra.open_question = Some(asking);
    if let Some(window) = dialog::of_pane(app, ID, ASKS) {
        push_window(app, window);
    }
    after_move(app)
}

/// The confirmation for the question; `None` if it can no longer be answered.
pub fn confirm(app: &App, _: u8) -> Option<Confirmation> {
    match app.panes.infra.open_question.as_ref()? {
        DialogQuestion::Approve(plans) => super::approve::confirmation(app, plans),
        DialogQuestion::Cancel(run, hard) => cancel(app, run, *hard),
        DialogQuestion::Unlock(lock) => Some(super::lock::unlock(app, lock)),
        DialogQuestion::Clean(cached) => Some(super::cache_removal::confirmation(app, cached)),
        DialogQuestion::Replace(unit, address) => super::replace::confirmation(app, unit, address),
        DialogQuestion::Target(unit, addresses) => super::targeting::confirmation(app, unit, addresses),
        DialogQuestion::Push(kept) => Some(super::state_push::confirmation(app, kept)),
        DialogQuestion::Form(units) => Some(super::unit_changes::confirmation(app, units)),
        DialogQuestion::Move(states) => Some(super::migration::confirmation(app, states)),
        DialogQuestion::Workspaces(units) => Some(super::unit_changes::workspaces_confirmation(app, units)),
    }
}

/// Maximum number of lines about changes in flight.
const IN_FLIGHT: usize = 4;

fn cancel(app: &App, name: &str, hard: bool) -> Option<Confirmation> {
    // The run may have ended, and another one be followed by now.
    let run = app.panes.infra.run.as_ref().filter(|run| run.is_running() && run.name == name)?;
    if run.state.cancel.is_some() != hard {
        return None;
    }
    let flying = texts::in_flight(&run.state, app.now);
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
        command: requests::command(app, &format!("cancel {}{again}", run.name), &[]),
        covered_content: String::new(),
        // The changes in flight may update while the dialog is open; the question stays the same.
        live,
    })
}

/// Carries out the confirmed question.
pub fn confirmed(app: &mut App, _: u8) -> Vec<Effect> {
    match app.panes.infra.open_question.take() {
        Some(DialogQuestion::Approve(plans)) => {
            let mut effects = Vec::new();
            for (unit, sha256) in plans {
                app.panes.infra.marked_units.remove(&unit);
                let words = format!("{unit}: approved");
                effects.extend(requests::request_run(app, RequestKind::Approve { unit, sha256 }, &words));
            }
            effects
        }
        Some(DialogQuestion::Cancel(run, hard)) => {
            if app.panes.infra.run.as_ref().is_none_or(|followed| followed.name != run) {
                app.show_message(format!("{run} is not followed any more: it was not cancelled"));
                return Vec::new();
            }
            requests::request_run(app, RequestKind::Cancel { hard }, "asking it to stop …")
        }
        Some(DialogQuestion::Unlock(lock)) => super::lock::release(app, lock),
        Some(DialogQuestion::Clean(cached)) => super::cache_removal::remove(app, &cached),
        Some(DialogQuestion::Replace(unit, address)) => super::replace::confirmed(app, unit, address),
        Some(DialogQuestion::Target(unit, addresses)) => super::targeting::confirmed(app, unit, addresses),
        Some(DialogQuestion::Push(kept)) => super::state_push::push(app, kept),
        Some(DialogQuestion::Form(units)) => super::unit_changes::start_change(app, UnitChange::Format, units),
        Some(DialogQuestion::Move(states)) => super::migration::begun(app, states),
        Some(DialogQuestion::Workspaces(units)) => super::unit_changes::create_workspaces(app, units),
        None => Vec::new(),
    }
}

/// The running run or migration, shown in every pane.
pub fn going(app: &App) -> Option<Activity> {
    let run = app.panes.infra.run.as_ref().filter(|run| run.events_arrived)?;
    let (over, all) = run.state.progress();
    let began = run.state.began?;
    let runs = run.is_running();
    let review = run.state.to_review().count();
    let (words, note) = match (run.state.end, runs, review) {
        (Some((at, end)), ..) => {
            (texts::end_word(end).to_owned(), format!("{} ago", short(app.now.duration_since(at))))
        }
        (None, false, _) => ("nothing drives it any more".to_owned(), format_elapsed(app.now.duration_since(began))),
        (None, true, 0) => (format!("{over}/{all} units"), format_elapsed(app.now.duration_since(began))),
        (None, true, review) => {
            let plans = if review == 1 { "plan" } else { "plans" };
            (format!("{over}/{all} units, {review} {plans} to review"), format_elapsed(app.now.duration_since(began)))
        }
    };
    let goal = texts::goal_word(texts::goal(&run.state));
    let title = if texts::recorded(app) { format!("{goal} {}", texts::RECORDED) } else { goal.to_owned() };
    let mark = run.state.end.filter(|_| texts::applies(&run.state)).map(|(at, _)| at);
    Some(Activity {
        title,
        fraction: format!("{over}/{all}"),
        health: texts::health(run),
        sentence: words,
        note,
        is_running: runs,
        ended_at: mark,
    })
}
