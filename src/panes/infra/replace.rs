//! Replacing a resource, after confirmation.

use super::begin::{self, RunScope};
use super::requests::command;
use crate::app::App;
use crate::app::command::Risk;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::pane::Confirmation;
use crate::model::infra::declared::address_parts;
use crate::model::infra::plan::is_stateful;
use crate::model::infra::run_event::Goal;
use crate::model::text::shell_quote;

/// The confirmation for planning the replacement.
pub fn confirmation(app: &App, unit: &str, address: &str) -> Option<Confirmation> {
    if begin::start_obstacle(app).is_some() {
        return None;
    }
    let mut text = vec![
        (Tone::Strong, format!("{address} of {unit} is planned to be destroyed and made again.")),
        (Tone::Plain, "What needs it may change with it: the plan says so.".to_owned()),
        (Tone::Plain, "Nothing is changed before that plan was read and approved: A asks then.".to_owned()),
    ];
    if is_stateful(&address_parts(address).0) {
        text.insert(1, (Tone::Bad, "The data in it would be lost.".to_owned()));
    }
    let units = [unit.to_owned()];
    Some(Confirmation {
        title: format!("Replace {address}"),
        verb: "Plan it".to_owned(),
        risk: Risk::Disrupt,
        text,
        command: command(app, &format!("replace {}", shell_quote(address)), &units),
        covered_content: String::new(),
        live: Vec::new(),
    })
}

/// Plans the replacement.
pub fn confirmed(app: &mut App, unit: String, address: String) -> Vec<Effect> {
    begin::start_run(app, Goal::Apply, vec![unit], RunScope::Replacement(address))
}
