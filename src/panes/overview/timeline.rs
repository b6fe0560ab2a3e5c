//! Rows of the timeline, their subjects, and the status of their data.

use crate::app::App;
use crate::app::pane::DataStatus;
use crate::app::subject::{Fact, Subject};
use crate::app::timeline;
use crate::model::timeline::TimelineEvent;

/// Row keys, each with the text that a filter searches.
pub fn lines(app: &App) -> Vec<(String, String)> {
    app.panes.overview.events.iter().map(|event| (event.key.clone(), event.text())).collect()
}

fn event<'a>(app: &'a App, key: &str) -> Option<&'a TimelineEvent> {
    app.panes.overview.events.iter().find(|event| event.key == key)
}

/// The subject that an event opens.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    event(app, key?).map(|event| timeline::subject(app, event))
}

/// All details of a row, whose columns may be cut.
pub fn details(app: &App, key: &str) -> Vec<Fact> {
    event(app, key).map(|event| timeline::facts(app, event)).unwrap_or_default()
}

/// Status of the block: names the sources that could not be read; events of the others are shown.
pub fn data_status(app: &App) -> DataStatus {
    let overview = &app.panes.overview;
    timeline::data_status(app, &overview.local, overview.built_at.is_some(), "nothing within the last two hours")
}

/// The text in the frame: counts the omitted events of the account's other environments.
pub fn caption(app: &App) -> String {
    match app.panes.overview.omitted_writes {
        0 => String::new(),
        others => format!("without {others} of other environments"),
    }
}
