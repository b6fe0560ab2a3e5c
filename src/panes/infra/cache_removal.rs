//! Removal of unit caches, after confirmation.

use super::requests::{Kind, ask, command, place};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::feeds::infra::Ask;
use crate::model::infra::cached::Cached;

/// The caches that can be removed.
fn going(cached: &[Cached]) -> impl Iterator<Item = &Cached> {
    cached.iter().filter(|cached| cached.is_removable())
}

/// The units that these caches belong to.
fn units(cached: &[Cached]) -> Vec<String> {
    let mut units: Vec<String> = going(cached).map(|cached| cached.unit.clone()).collect();
    units.dedup();
    units
}

/// The confirmation for removing caches.
pub fn confirmation(app: &App, cached: &[Cached]) -> Confirmation {
    let units = units(cached);
    let mut text: Vec<(Tone, String)> = cached
        .iter()
        .map(|cached| (if cached.is_removable() { Tone::Plain } else { Tone::Warn }, cached.line()))
        .collect();
    text.push((Tone::Plain, "The next plan fetches providers and modules again; no state is in them.".to_owned()));
    Confirmation {
        title: format!("Remove caches of {}", units.join(", ")),
        verb: "Remove".to_owned(),
        risk: Risk::Change,
        text,
        command: command(app, "clean", &units),
        covered_content: String::new(),
        live: Vec::new(),
    }
}

/// Removes the caches.
pub fn remove(app: &mut App, cached: &[Cached]) -> Vec<Effect> {
    let paths = going(cached).map(|cached| cached.path.clone()).collect();
    app.panes.infra.pending_request = Some("removing caches …".to_owned());
    let question = Ask::Clean { place: place(app), units: units(cached), paths };
    vec![ask(app, Kind::Look, question).1]
}
