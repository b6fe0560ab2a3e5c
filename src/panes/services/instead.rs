//! The pages that are shown instead of the list of services: how the environment is reached, its instances, its user
//! pool.

use super::asked::Asked;
use super::state::{ID, SubView};
use crate::app::App;
use crate::app::data_status::note;
use crate::app::effect::Effect;
use crate::app::pane::DataStatus;
use crate::app::update::run::enter;
use crate::app::update::settle::done;
use crate::model::Health;
use crate::model::time::short;
use jiff::{SignedDuration, Timestamp};

/// Shows this instead of the list of services.
pub fn show(app: &mut App, what: SubView) -> Vec<Effect> {
    let mut effects = enter(app, ID);
    app.panes.services.instead = Some(what);
    // Its list is made now: where nothing is asked, as in a wrong account, no answer would have it made.
    app.lists_changed();
    effects.extend(done(app));
    effects
}

/// Whether somebody looks at it.
pub fn is_shown(app: &App, what: SubView) -> bool {
    app.panes.services.is_shown(what) && app.shown().id == ID
}

/// The status of a block. `missing`: what of it could not be read, in words; `nothing`: the line where there is none of
/// it; `reading`: the line before the first answer.
pub fn data_status<T>(
    asked: &Asked<T>,
    every: SignedDuration,
    missing: Option<String>,
    nothing: &str,
    reading: &str,
    now: Timestamp,
) -> DataStatus {
    let (failure, read) = (asked.seen.failure(), asked.seen.at().is_some());
    let trouble = match failure {
        Some(failure) => Some((Health::Down, format!("{failure}: {}", failure.hint()))),
        None => missing.map(|missing| (Health::Unknown, format!("not read: {missing}"))),
    };
    let instead = match (failure, read) {
        (Some(_), _) => Vec::new(),
        (None, true) => note(nothing),
        (None, false) => note(reading),
    };
    DataStatus {
        age: asked.seen.age(now).filter(|age| *age >= every * 2).map(|age| format!("{} old", short(age))),
        empty: trouble.iter().cloned().chain(instead).collect(),
        dimmed: failure.is_some() && read,
        loading: !read && failure.is_none(),
        trouble,
    }
}
