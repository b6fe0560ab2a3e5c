//! Answers to questions of an environment that is no longer opened: the outcome is told, and nothing of it is shown.

use super::ask::{Kind, ticket};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::feeds::Fact;
use crate::feeds::infra;
use crate::feeds::part::Part;
use crate::model::infra::order::run_name;

/// Nothing of the environment before stays; its run goes on without anybody watching, and so does what was begun there.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let before = std::mem::take(&mut app.panes.infra);
    let state = &mut app.panes.infra;
    (state.serial, state.lasting, state.moves) = (before.serial, before.lasting, before.moves);
    before.run.map(|run| Effect::Leave(ticket(app, Kind::Follow, run.serial))).into_iter().collect()
}

/// An answer to what was asked in an environment that is not opened any more.
pub fn answer(app: &mut App, answer: Answer) {
    // How far something is does not matter here: its end comes.
    if matches!(answer.part, Part::Page(_)) {
        return;
    }
    let Some(environment) = app.panes.infra.lasting.remove(&answer.ticket.serial) else { return };
    let (bad, lines) = match answer.part {
        Part::Failed(failure) => (true, vec![failure.message]),
        Part::Page(fact) | Part::Last(fact) => (false, done(fact)),
    };
    for line in lines {
        let text = format!("{environment}: {line}");
        app.note(bad, text.clone());
        app.say(text);
    }
}

/// The outcome, a line each.
fn done(fact: Fact) -> Vec<String> {
    match fact {
        Fact::Infra(infra::Fact::Began(run, _)) => vec![format!("{} was begun, and goes on", run_name(&run))],
        Fact::Infra(infra::Fact::Unlocked(unit)) => vec![super::after::unlocked(&unit)],
        Fact::Infra(
            infra::Fact::Looked(_, lines)
            | infra::Fact::Pushed(_, lines)
            | infra::Fact::Made(_, lines)
            | infra::Fact::Moved(lines),
        ) => lines,
        // What else is answered so late says nothing, or is of what is not shown any more.
        _ => Vec::new(),
    }
}
