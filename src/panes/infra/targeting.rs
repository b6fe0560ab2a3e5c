//! Planning only some resources, after a warning.

use super::begin::{self, RunScope, flags};
use super::requests::command;
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::app::update::refresh::after_move;
use crate::model::infra::run_event::Goal;

/// `space` in a unit: marks or unmarks the selected resource.
pub fn mark(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.infra;
    let Some(resource) = state.selected_resource.clone() else { return Vec::new() };
    if !state.marked_resources.remove(&resource) {
        state.marked_resources.insert(resource);
    }
    let marked: Vec<&str> = state.marked_resources.iter().map(String::as_str).collect();
    let text = if marked.is_empty() {
        "no resource is marked: O means the selected one".to_owned()
    } else {
        format!("marked: {}; O plans these alone", marked.join(", "))
    };
    app.show_message(text);
    after_move(app)
}

/// The confirmation for planning only these resources.
pub fn confirmation(app: &App, unit: &str, resources: &[String]) -> Option<Confirmation> {
    if begin::start_obstacle(app).is_some() {
        return None;
    }
    let mut text = vec![(Tone::Strong, format!("Of {unit} this alone is planned, with what it needs:"))];
    text.extend(resources.iter().map(|address| (Tone::Plain, address.clone())));
    let warning =
        "A part alone is for exceptions: what it leaves out is not as it is declared, and outputs may be of before.";
    text.push((Tone::Warn, warning.to_owned()));
    text.push((Tone::Plain, "Nothing is changed before that plan was read and approved: A asks then.".to_owned()));
    let units = [unit.to_owned()];
    Some(Confirmation {
        title: format!("Plan a part of {unit}"),
        verb: "Plan it".to_owned(),
        risk: Risk::Disrupt,
        text,
        command: command(app, &format!("apply{}", flags(resources)), &units),
        covered_content: String::new(),
        live: Vec::new(),
    })
}

/// Plans only these resources.
pub fn confirmed(app: &mut App, unit: String, resources: Vec<String>) -> Vec<Effect> {
    begin::start_run(app, Goal::Apply, vec![unit], RunScope::Targets(resources))
}
