//! How far the resources of a unit are folded, by hand.

use super::state::State;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::model::infra::picture::fold::{self, Level};
use crate::model::infra::plan::Plan;
use std::collections::BTreeSet;

/// How many boxes are laid out at most.
const MOST: usize = 300;

/// How far the resources of the opened unit are folded: as was said, else until they can be told apart.
pub fn level_of(state: &State) -> Level {
    let plan = state.open.as_ref().and_then(|unit| state.plan_of(unit));
    let auto = || plan.map_or(Level::Resource, |plan| fold::level(plan, Level::Resource, fold::MOST));
    state.level.unwrap_or_else(auto)
}

/// The level in words.
pub fn words(level: Level) -> &'static str {
    match level {
        Level::Resource => "",
        Level::Type => "by type",
        Level::Module => "by module",
        Level::Top => "by outermost module",
    }
}

/// `-`: fewer boxes. `+`: more.
pub fn fold(app: &mut App, more: bool) -> Vec<Effect> {
    let state = &app.panes.infra;
    let Some(plan) = state.open.as_ref().and_then(|unit| state.plan_of(unit)) else {
        app.say("Enter goes into a unit that has a plan: there - folds its resources, + unfolds them");
        return Vec::new();
    };
    let here = level_of(state);
    let boxes = groups(plan, here);
    // A level that draws the same is skipped.
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
            let words = words(level);
            format!("resources {}", if words.is_empty() { "one by one" } else { words })
        }
    };
    app.say(text);
    done(app)
}

/// How many boxes there are.
fn groups(plan: &Plan, level: Level) -> usize {
    let all = plan.resources.iter().map(|resource| level.of(&resource.address));
    all.collect::<BTreeSet<String>>().len()
}
