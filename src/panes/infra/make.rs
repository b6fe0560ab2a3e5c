//! Something is done to units or to their code without a run: what is asked before, and what came of it.

use super::ask::{Kind, ask, command, place, tell, wrong_account};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::app::update::settle::done;
use crate::feeds::infra::{Ask, Make};

/// Whether it is written in its usual form.
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
        bound: String::new(),
        live: Vec::new(),
    }
}

/// Has it done.
pub fn make(app: &mut App, make: Make, units: Vec<String>) -> Vec<Effect> {
    app.panes.infra.waiting = Some(format!("{}: {} …", title(&make), whose(&units)));
    let mut effects = vec![ask(app, Kind::Look, Ask::Make { make, units }).1];
    effects.extend(done(app));
    effects
}

/// Whether workspaces are made.
pub fn workspaces(app: &App, units: &[String]) -> Confirmation {
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
        bound: String::new(),
        live: Vec::new(),
    }
}

/// It was confirmed.
pub fn workspaces_made(app: &mut App, units: Vec<String>) -> Vec<Effect> {
    if let Some(wrong) = wrong_account(app, true) {
        app.say(wrong);
        return Vec::new();
    }
    app.panes.infra.waiting = Some(format!("making workspaces: {} …", whose(&units)));
    vec![ask(app, Kind::Look, Ask::Workspaces { place: place(app), units }).1]
}

/// Takes in that it was done.
pub fn made(app: &mut App, make: &Make, lines: &[String]) {
    // What was missing may be there now.
    app.panes.infra.looked &= app.panes.infra.failure.is_none();
    tell(app, title(make), lines);
}

fn title(make: &Make) -> &'static str {
    match make {
        Make::Ready => "Initialised",
        Make::Form => "The usual form",
        Make::Import { .. } => "Import",
    }
}

fn whose(units: &[String]) -> String {
    if units.is_empty() { "all units".to_owned() } else { units.join(", ") }
}
