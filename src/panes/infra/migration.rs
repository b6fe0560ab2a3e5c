//! Migration of local states to S3: confirmation, progress and result.

use super::begin;
use super::requests::{Kind, ask, command, place, show_lines, wrong_account};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::feeds::infra::{Ask, MovableStates};
use crate::model::text::shell_quote;

/// The confirmation for migrating states.
pub fn confirmation(app: &App, states: &MovableStates) -> Confirmation {
    let MovableStates { units, bucket, lines, notes: said } = states;
    let mut text = vec![(Tone::Strong, "What is in these files is moved to S3, one unit after the other:".to_owned())];
    text.extend(lines.iter().map(|line| (Tone::Plain, line.clone())));
    text.extend(said.iter().map(|line| (Tone::Dim, line.clone())));
    let checks = "There it has to have the same lineage and content, no lower serial, a lock, and an empty plan: else files and code \
                  are put back as they were. Copies of the files stay. No run begins meanwhile.";
    text.push((Tone::Warn, checks.to_owned()));
    let typed = bucket.as_ref().map(|bucket| format!(" --bucket {}", shell_quote(bucket))).unwrap_or_default();
    Confirmation {
        title: format!("Move the states of {} to S3", units.join(", ")),
        verb: "Move".to_owned(),
        risk: Risk::Disrupt,
        text,
        command: command(app, &format!("migrate-state{typed}"), units),
        covered_content: lines.join("\n"),
        live: Vec::new(),
    }
}

/// Starts the confirmed migration.
pub fn begun(app: &mut App, states: MovableStates) -> Vec<Effect> {
    if let Some(why) = begin::start_obstacle(app).or_else(|| wrong_account(app, true)) {
        app.show_message(why);
        return Vec::new();
    }
    app.panes.infra.pending_request = Some("moving states to S3 …".to_owned());
    let question = Ask::Move { place: place(app), states };
    let (serial, effect) = ask(app, Kind::Look, question);
    app.panes.infra.migrations.insert(serial);
    vec![effect]
}

/// Shows the progress of a migration.
pub fn goes_on(app: &mut App, text: String) {
    app.panes.infra.pending_request = Some(text);
}

/// Reports the end of a migration.
pub fn moved(app: &mut App, lines: &[String]) {
    app.note(false, lines.join("; "));
    show_lines(app, "States are moved to S3", lines);
}

/// A sentence on the migration that quitting now would leave half done.
pub fn loses(app: &App) -> Option<String> {
    let environment = app.panes.infra.migrating_environments().next()?;
    Some(format!(
        "Infra: states of {environment} are being moved to S3; left half-way, nothing of it is planned until `cockpit infra migrate-state` \
         has put it back."
    ))
}
