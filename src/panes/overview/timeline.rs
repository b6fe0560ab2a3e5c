//! The rows of the time line, what they stand for, and how their data stands.

use crate::app::App;
use crate::app::pane::DataStatus;
use crate::app::subject::{Fact, Subject};
use crate::app::timeline;
use crate::model::timeline::TimelineEvent;

/// Things by their keys, each with the text that a filter looks into.
pub fn lines(app: &App) -> Vec<(String, String)> {
    app.panes.overview.happened.iter().map(|event| (event.key.clone(), event.text())).collect()
}

fn event<'a>(app: &'a App, key: &str) -> Option<&'a TimelineEvent> {
    app.panes.overview.happened.iter().find(|event| event.key == key)
}

/// The thing that an event opens.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    event(app, key?).map(|event| timeline::subject(app, event))
}

/// All values of a row, whose columns may be cut.
pub fn whole(app: &App, key: &str) -> Vec<Fact> {
    event(app, key).map(|event| timeline::facts(app, event)).unwrap_or_default()
}

/// The status of the block: sources that could not be read are named, the other events are shown.
pub fn data_status(app: &App) -> DataStatus {
    let overview = &app.panes.overview;
    timeline::data_status(app, &overview.local, overview.made.is_some(), "nothing within the last two hours")
}

/// The words in the frame: what the account's other environments did is left out.
pub fn named(app: &App) -> String {
    match app.panes.overview.of_others {
        0 => String::new(),
        others => format!("without {others} of other environments"),
    }
}
