//! Answers that arrive after another environment was opened: their outcome is reported, and nothing else is shown.

use super::requests::{Kind, ticket};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::feeds::Fact;
use crate::feeds::infra;
use crate::feeds::part::Part;
use crate::model::infra::run_order::run_name;

/// Resets the state when another environment is opened. Its run and other detached requests continue unwatched.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let previous = std::mem::take(&mut app.panes.infra);
    let state = &mut app.panes.infra;
    (state.serial, state.detached, state.migrations) = (previous.serial, previous.detached, previous.migrations);
    previous.run.map(|run| Effect::CancelFetch(ticket(app, Kind::Follow, run.serial))).into_iter().collect()
}

/// Handles an answer that belongs to a previously opened environment.
pub fn answer(app: &mut App, answer: Answer) {
    // Progress is ignored; only the end is reported.
    if matches!(answer.part, Part::Page(_)) {
        return;
    }
    let Some(environment) = app.panes.infra.detached.remove(&answer.ticket.serial) else { return };
    let (bad, lines) = match answer.part {
        Part::Failed(failure) => (true, vec![failure.message]),
        Part::Page(fact) | Part::Last(fact) => (false, done(fact)),
    };
    for line in lines {
        let text = format!("{environment}: {line}");
        app.note(bad, text.clone());
        app.show_message(text);
    }
}

/// The outcome, one line each.
fn done(fact: Fact) -> Vec<String> {
    match fact {
        Fact::Infra(infra::Fact::Began(run, _)) => vec![format!("{} was begun, and goes on", run_name(&run))],
        Fact::Infra(infra::Fact::Unlocked(unit)) => vec![super::repair::unlocked_message(&unit)],
        Fact::Infra(
            infra::Fact::Inspected(_, lines)
            | infra::Fact::Pushed(_, lines)
            | infra::Fact::Changed(_, lines)
            | infra::Fact::Moved(lines),
        ) => lines,
        // Other late answers have no outcome, or concern data that is no longer shown.
        _ => Vec::new(),
    }
}
