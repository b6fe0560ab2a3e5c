//! The keys that apply something, after a question.

use super::state::Asking;
use super::{approve, ask, begin, tell, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::infra::run_event::Goal;

/// `A`: approves what waits for it; without a run that waits, plans and asks then.
pub fn apply(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let going = state.run.as_ref().filter(|run| run.goes_on());
    let Some(run) = going.filter(|_| !tell::recorded(app)) else { return begin::begin(app, Goal::Apply) };
    if let Some(wrong) = ask::wrong_account(app, true) {
        app.say(wrong);
        return Vec::new();
    }
    if !tell::applies(&run.state) {
        app.say("this run only plans: when it is done, A begins one that applies");
        return Vec::new();
    }
    let plans = approve::meant(state, &run.state);
    if plans.is_empty() {
        app.say("no plan waits for review");
        return Vec::new();
    }
    match approve::asking(state, plans) {
        Ok(asking) => windows::open(app, asking),
        Err(why) => {
            app.say(why);
            Vec::new()
        }
    }
}

/// `M`: asks whether the selected resource is planned to be made again.
pub fn replace(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let (Some(unit), Some(resource)) = (state.open.clone(), state.resource.clone()) else {
        app.say("Enter goes into a unit; M then makes a resource of it again");
        return Vec::new();
    };
    if let Some(why) = begin::why_not(app).or_else(|| ask::wrong_account(app, true)) {
        app.say(why);
        return Vec::new();
    }
    windows::open(app, Asking::Replace(unit, resource))
}

/// `O`: asks whether the marked resources, else the selected one, alone are planned.
pub fn only(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let resources: Vec<String> = if state.aimed.is_empty() {
        state.resource.iter().cloned().collect()
    } else {
        state.aimed.iter().cloned().collect()
    };
    let Some(unit) = state.open.clone().filter(|_| !resources.is_empty()) else {
        app.say("Enter goes into a unit; O then plans a resource of it alone");
        return Vec::new();
    };
    if let Some(why) = begin::why_not(app).or_else(|| ask::wrong_account(app, true)) {
        app.say(why);
        return Vec::new();
    }
    windows::open(app, Asking::Target(unit, resources))
}
