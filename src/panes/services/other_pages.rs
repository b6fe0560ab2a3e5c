//! The pages shown instead of the list of services: health from outside, instances, the user pool.

use super::repeated_request::RepeatedRequest;
use super::state::{ID, SubView};
use crate::app::App;
use crate::app::data_status::note;
use crate::app::effect::Effect;
use crate::app::pane::DataStatus;
use crate::app::update::refresh::after_move;
use crate::app::update::run::enter;
use crate::model::Health;
use crate::model::time::short;
use jiff::{SignedDuration, Timestamp};

/// Shows a page instead of the list of services.
pub fn show(app: &mut App, what: SubView) -> Vec<Effect> {
    let mut effects = enter(app, ID);
    app.panes.services.sub_view = Some(what);
    // Builds the page's list now: without a request, as for a wrong account, no answer would trigger it.
    app.lists_changed();
    effects.extend(after_move(app));
    effects
}

/// Whether the page is visible.
pub fn is_shown(app: &App, what: SubView) -> bool {
    app.panes.services.is_shown(what) && app.shown_pane().id == ID
}

/// The status of a page's block. `missing` describes what could not be read, `nothing` is the message for an empty result,
/// `reading` the one before the first answer.
pub fn data_status<T>(
    asked: &RepeatedRequest<T>,
    every: SignedDuration,
    missing: Option<String>,
    nothing: &str,
    reading: &str,
    now: Timestamp,
) -> DataStatus {
    let (failure, read) = (asked.last_answer.failure(), asked.last_answer.at().is_some());
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
        age: asked.last_answer.age(now).filter(|age| *age >= every * 2).map(|age| format!("{} old", short(age))),
        empty: trouble.iter().cloned().chain(instead).collect(),
        dimmed: failure.is_some() && read,
        loading: !read && failure.is_none(),
        trouble,
    }
}
