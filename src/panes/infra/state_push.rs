//! Pushing a state that could not be written after an apply, after confirmation.

use super::requests::{Kind, ask, command, place, show_lines, wrong_account};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::feeds::infra::{Ask, UnpushedState};
use crate::model::text::pluralize;

/// The confirmation for pushing the state.
pub fn confirmation(app: &App, kept: &UnpushedState) -> Confirmation {
    let UnpushedState { unit, lines, resources, .. } = kept;
    let mut text = vec![(Tone::Strong, format!("At the end of an apply of {unit} its state could not be written."))];
    text.extend(lines.iter().map(|line| (Tone::Plain, line.clone())));
    text.push((
        Tone::Warn,
        format!("What was kept has {}, and takes the place of the state.", pluralize(*resources, "resource")),
    ));
    Confirmation {
        title: format!("Push the state of {unit}"),
        verb: "Push".to_owned(),
        risk: Risk::Disrupt,
        text,
        command: command(app, "state push", std::slice::from_ref(unit)),
        covered_content: lines.join("\n"),
        live: Vec::new(),
    }
}

/// Pushes the state.
pub fn push(app: &mut App, kept: UnpushedState) -> Vec<Effect> {
    if let Some(wrong) = wrong_account(app, true) {
        app.show_message(wrong);
        return Vec::new();
    }
    app.panes.infra.pending_request = Some(format!("pushing the state of {} …", kept.unit));
    let question = Ask::Push { place: place(app), kept };
    vec![ask(app, Kind::Look, question).1]
}

/// Reports that a state was pushed.
pub fn report_pushed(app: &mut App, unit: &str, lines: &[String]) {
    if let Some(run) = &mut app.panes.infra.run {
        run.state.unwritten_states.remove(unit);
    }
    app.note(false, lines.join("; "));
    show_lines(app, "The state is pushed", lines);
}
