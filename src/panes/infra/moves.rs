//! States are moved from files of this machine to S3: whether they are, how far that is, and what came of it.

use super::ask::{Kind, ask, command, place, tell, wrong_account};
use super::begin;
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::feeds::infra::{Ask, MovableStates};
use crate::model::text::quoted;

/// Whether they are moved.
pub fn confirmation(app: &App, states: &MovableStates) -> Confirmation {
    let MovableStates { units, bucket, lines, said } = states;
    let mut text = vec![(Tone::Strong, "What is in these files is moved to S3, one unit after the other:".to_owned())];
    text.extend(lines.iter().map(|line| (Tone::Plain, line.clone())));
    text.extend(said.iter().map(|line| (Tone::Dim, line.clone())));
    let checks = "There it has to have the same lineage and content, no lower serial, a lock, and an empty plan: else files and code \
                  are put back as they were. Copies of the files stay. No run begins meanwhile.";
    text.push((Tone::Warn, checks.to_owned()));
    let typed = bucket.as_ref().map(|bucket| format!(" --bucket {}", quoted(bucket))).unwrap_or_default();
    Confirmation {
        title: format!("Move the states of {} to S3", units.join(", ")),
        verb: "Move".to_owned(),
        risk: Risk::Disrupt,
        text,
        command: command(app, &format!("migrate-state{typed}"), units),
        bound: lines.join("\n"),
        live: Vec::new(),
    }
}

/// It was confirmed.
pub fn begun(app: &mut App, states: MovableStates) -> Vec<Effect> {
    if let Some(why) = begin::why_not(app).or_else(|| wrong_account(app, true)) {
        app.say(why);
        return Vec::new();
    }
    app.panes.infra.waiting = Some("moving states to S3 …".to_owned());
    let question = Ask::Move { place: place(app), states };
    let (serial, effect) = ask(app, Kind::Look, question);
    app.panes.infra.moves.insert(serial);
    vec![effect]
}

/// Takes the progress of a move.
pub fn goes_on(app: &mut App, text: String) {
    app.panes.infra.waiting = Some(text);
}

/// They were moved.
pub fn moved(app: &mut App, lines: &[String]) {
    app.note(false, lines.join("; "));
    tell(app, "States are moved to S3", lines);
}

/// The move that would be left half-way where the session ends, in a sentence.
pub fn loses(app: &App) -> Option<String> {
    let environment = app.panes.infra.moving().next()?;
    Some(format!(
        "Infra: states of {environment} are being moved to S3; left half-way, nothing of it is planned until `cockpit infra migrate-state` \
         has put it back."
    ))
}
