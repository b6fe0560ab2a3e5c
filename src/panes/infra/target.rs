//! Plans only some resources, after a warning.

use super::ask::command;
use super::begin::{self, Part, flags};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::app::update::settle::done;
use crate::model::infra::run_event::Goal;

/// `space` in a unit: marks the selected resource, or unmarks it.
pub fn mark(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.infra;
    let Some(resource) = state.resource.clone() else { return Vec::new() };
    if !state.aimed.remove(&resource) {
        state.aimed.insert(resource);
    }
    let marked: Vec<&str> = state.aimed.iter().map(String::as_str).collect();
    let text = if marked.is_empty() {
        "no resource is marked: O means the selected one".to_owned()
    } else {
        format!("marked: {}; O plans these alone", marked.join(", "))
    };
    app.say(text);
    done(app)
}

/// Whether they alone are planned.
pub fn confirmation(app: &App, unit: &str, resources: &[String]) -> Option<Confirmation> {
    if begin::why_not(app).is_some() {
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
        bound: String::new(),
        live: Vec::new(),
    })
}

/// Plans only these resources, after a yes.
pub fn confirmed(app: &mut App, unit: String, resources: Vec<String>) -> Vec<Effect> {
    begin::over(app, Goal::Apply, vec![unit], Part::Only(resources))
}
