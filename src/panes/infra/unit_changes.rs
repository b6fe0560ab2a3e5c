//! Changes to units or their code without a run: confirmations and results.

use super::requests::{Kind, ask, command, place, show_lines, wrong_account};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::app::update::refresh::after_move;
use crate::feeds::infra::{Ask, UnitChange};

/// The confirmation for formatting the code.
pub fn confirmation(app: &App, units: &[String]) -> Confirmation {
    let whose = whose(units);
    Confirmation {
        title: format!("Format the code of {whose}"),
        verb: "Format".to_owned(),
        risk: Risk::Change,
        text: vec![
            (
                Tone::Strong,
                format!("Terraform and Terragrunt write the code of {whose} in its usual form, in its files."),
            ),
            (Tone::Plain, "What it means stays the same; f says which files are not in it.".to_owned()),
        ],
        command: command(app, "fmt", units),
        covered_content: String::new(),
        live: Vec::new(),
    }
}

/// Starts the change.
pub fn start_change(app: &mut App, make: UnitChange, units: Vec<String>) -> Vec<Effect> {
    app.panes.infra.pending_request = Some(format!("{}: {} …", title(&make), whose(&units)));
    let mut effects = vec![ask(app, Kind::Look, Ask::Change { change: make, units }).1];
    effects.extend(after_move(app));
    effects
}

/// The confirmation for creating workspaces.
pub fn workspaces_confirmation(app: &App, units: &[String]) -> Confirmation {
    let whose = whose(units);
    let text = vec![
        (Tone::Strong, format!("Workspaces of {whose} that the configuration names and that are not there yet are made.")),
        (Tone::Plain, "Each begins with an empty state; what is in the others stays. A wrong name is corrected in the configuration.".to_owned()),
    ];
    Confirmation {
        title: format!("Make the workspaces of {whose}"),
        verb: "Make them".to_owned(),
        risk: Risk::Change,
        text,
        command: command(app, "init --new-workspace", units),
        covered_content: String::new(),
        live: Vec::new(),
    }
}

/// Creates the workspaces.
pub fn create_workspaces(app: &mut App, units: Vec<String>) -> Vec<Effect> {
    if let Some(wrong) = wrong_account(app, true) {
        app.show_message(wrong);
        return Vec::new();
    }
    app.panes.infra.pending_request = Some(format!("making workspaces: {} …", whose(&units)));
    vec![ask(app, Kind::Look, Ask::Workspaces { place: place(app), units }).1]
}

/// Handles the end of the change.
pub fn change_finished(app: &mut App, make: &UnitChange, lines: &[String]) {
    // What was missing before may exist now, so units are looked for again.
    app.panes.infra.searched &= app.panes.infra.failure.is_none();
    show_lines(app, title(make), lines);
}

fn title(make: &UnitChange) -> &'static str {
    match make {
        UnitChange::Init => "Initialised",
        UnitChange::Format => "The usual form",
        UnitChange::Import { .. } => "Import",
    }
}

fn whose(units: &[String]) -> String {
    if units.is_empty() { "all units".to_owned() } else { units.join(", ") }
}
