//! Caches of units: whether they are removed, and that they are.

use super::ask::{Kind, ask, command, place};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::feeds::infra::{Ask, Cached};

/// A cache in a line.
pub fn line(cached: &Cached) -> String {
    let Cached { unit, path, bytes, stays } = cached;
    match stays {
        Some(why) => format!("{unit}: {path} stays: {why}"),
        None => format!("{unit}: {path}, {:.1} MB", *bytes as f64 / 1e6),
    }
}

/// Whether caches are removed.
pub fn clean(app: &App, cached: &[Cached]) -> Confirmation {
    let mut units: Vec<String> = cached.iter().filter(|cached| cached.goes()).map(|one| one.unit.clone()).collect();
    units.dedup();
    let mut text: Vec<(Tone, String)> =
        cached.iter().map(|cached| (if cached.goes() { Tone::Plain } else { Tone::Warn }, line(cached))).collect();
    text.push((Tone::Plain, "The next plan fetches providers and modules again; no state is in them.".to_owned()));
    Confirmation {
        title: format!("Remove caches of {}", units.join(", ")),
        verb: "Remove".to_owned(),
        risk: Risk::Change,
        text,
        command: command(app, "clean", &units),
        bound: String::new(),
        live: Vec::new(),
    }
}

/// It was confirmed.
pub fn remove(app: &mut App, cached: &[Cached]) -> Vec<Effect> {
    let shown = || cached.iter().filter(|cached| cached.goes());
    let mut units: Vec<String> = shown().map(|one| one.unit.clone()).collect();
    units.dedup();
    let paths = shown().map(|one| one.path.clone()).collect();
    app.panes.infra.waiting = Some("removing caches …".to_owned());
    let question = Ask::Clean { place: place(app), units, paths };
    vec![ask(app, Kind::Look, question).1]
}
