//! Asks whether a state that could not be written after an apply is pushed, and pushes it.

use super::ask::{Kind, ask, command, place, tell, wrong_account};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::feeds::infra::{Ask, KeptState};
use crate::model::text::counted;

/// Whether it is pushed.
pub fn confirmation(app: &App, kept: &KeptState) -> Confirmation {
    let KeptState { unit, lines, resources, .. } = kept;
    let mut text = vec![(Tone::Strong, format!("At the end of an apply of {unit} its state could not be written."))];
    text.extend(lines.iter().map(|line| (Tone::Plain, line.clone())));
    text.push((
        Tone::Warn,
        format!("What was kept has {}, and takes the place of the state.", counted(*resources, "resource")),
    ));
    Confirmation {
        title: format!("Push the state of {unit}"),
        verb: "Push".to_owned(),
        risk: Risk::Disrupt,
        text,
        command: command(app, "state push", std::slice::from_ref(unit)),
        bound: lines.join("\n"),
        live: Vec::new(),
    }
}

/// Pushes the state, after a yes.
pub fn push(app: &mut App, kept: KeptState) -> Vec<Effect> {
    if let Some(wrong) = wrong_account(app, true) {
        app.say(wrong);
        return Vec::new();
    }
    app.panes.infra.waiting = Some(format!("pushing the state of {} …", kept.unit));
    let question = Ask::Push { place: place(app), kept };
    vec![ask(app, Kind::Look, question).1]
}

/// Shows that a state was pushed.
pub fn pushed(app: &mut App, unit: &str, lines: &[String]) {
    if let Some(run) = &mut app.panes.infra.run {
        run.state.kept.remove(unit);
    }
    app.note(false, lines.join("; "));
    tell(app, "The state is pushed", lines);
}
