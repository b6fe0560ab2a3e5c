//! Keys that apply plans, after confirmation.

use super::state::DialogQuestion;
use super::{approve, begin, requests, texts, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::infra::run_event::Goal;

/// `A`: asks to approve the waiting plans; without a run that waits, starts one that plans first.
pub fn apply(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let going = state.run.as_ref().filter(|run| run.is_running());
    let Some(run) = going.filter(|_| !texts::recorded(app)) else { return begin::begin(app, Goal::Apply) };
    if let Some(wrong) = requests::wrong_account(app, true) {
        app.show_message(wrong);
        return Vec::new();
    }
    if !texts::applies(&run.state) {
        app.show_message("this run only plans: when it is done, A begins one that applies");
        return Vec::new();
    }
    let plans = approve::plans_to_approve(state, &run.state);
    if plans.is_empty() {
        app.show_message("no plan waits for review");
        return Vec::new();
    }
    match approve::approval_question(state, plans) {
        Ok(asking) => windows::open(app, asking),
        Err(why) => {
            app.show_message(why);
            Vec::new()
        }
    }
}

/// `M`: asks whether to plan the replacement of the selected resource.
pub fn replace(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let (Some(unit), Some(resource)) = (state.opened_unit.clone(), state.selected_resource.clone()) else {
        app.show_message("Enter goes into a unit; M then makes a resource of it again");
        return Vec::new();
    };
    if let Some(why) = begin::start_obstacle(app).or_else(|| requests::wrong_account(app, true)) {
        app.show_message(why);
        return Vec::new();
    }
    windows::open(app, DialogQuestion::Replace(unit, resource))
}

/// `O`: asks whether to plan only the marked resources, or the selected one.
pub fn plan_targets(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let resources: Vec<String> = if state.marked_resources.is_empty() {
        state.selected_resource.iter().cloned().collect()
    } else {
        state.marked_resources.iter().cloned().collect()
    };
    let Some(unit) = state.opened_unit.clone().filter(|_| !resources.is_empty()) else {
        app.show_message("Enter goes into a unit; O then plans a resource of it alone");
        return Vec::new();
    };
    if let Some(why) = begin::start_obstacle(app).or_else(|| requests::wrong_account(app, true)) {
        app.show_message(why);
        return Vec::new();
    }
    windows::open(app, DialogQuestion::Target(unit, resources))
}
