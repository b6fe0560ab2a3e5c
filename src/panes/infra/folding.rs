//! Manual folding of a unit's resources in the graph.

use super::state::State;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::model::infra::picture::fold::{self, Level};
use crate::model::infra::plan::Plan;
use std::collections::BTreeSet;

/// Maximum number of boxes to lay out.
const MOST: usize = 300;

/// The fold level of the opened unit: the chosen one, or else the finest one with a readable number of boxes.
pub fn fold_level(state: &State) -> Level {
    let plan = state.opened_unit.as_ref().and_then(|unit| state.plan_of(unit));
    let auto = || plan.map_or(Level::Resource, |plan| fold::level(plan, Level::Resource, fold::MAX_BOXES));
    state.level.unwrap_or_else(auto)
}

/// The level in words.
pub fn level_label(level: Level) -> &'static str {
    match level {
        Level::Resource => "",
        Level::Type => "by type",
        Level::Module => "by module",
        Level::Top => "by outermost module",
    }
}

/// `-` shows fewer boxes, `+` shows more.
pub fn fold(app: &mut App, more: bool) -> Vec<Effect> {
    let state = &app.panes.infra;
    let Some(plan) = state.opened_unit.as_ref().and_then(|unit| state.plan_of(unit)) else {
        app.show_message("Enter goes into a unit that has a plan: there - folds its resources, + unfolds them");
        return Vec::new();
    };
    let here = fold_level(state);
    let boxes = groups(plan, here);
    // A level that would draw the same boxes is skipped.
    let other = |level: &Level| groups(plan, *level) != boxes;
    let next = if more {
        Level::ALL.into_iter().rev().filter(|level| *level < here).find(other)
    } else {
        Level::ALL.into_iter().filter(|level| *level > here).find(other)
    };
    let text = match next {
        None if more => "each resource has a box of its own".to_owned(),
        None => "it is folded as far as it goes".to_owned(),
        Some(level) if more && groups(plan, level) > MOST => {
            format!("{} boxes are too many to be drawn: the list has each", groups(plan, level))
        }
        Some(level) => {
            app.panes.infra.level = Some(level);
            app.lists_changed();
            let words = level_label(level);
            format!("resources {}", if words.is_empty() { "one by one" } else { words })
        }
    };
    app.show_message(text);
    after_move(app)
}

/// Number of boxes at this level.
fn groups(plan: &Plan, level: Level) -> usize {
    let groups = plan.resources.iter().map(|resource| level.of(&resource.address));
    groups.collect::<BTreeSet<String>>().len()
}
