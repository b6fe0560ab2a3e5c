//! Rows of the Alarms pane, and their freshness.

use crate::app::App;
use crate::app::data_status::{failure_lines, note};
use crate::app::pane::DataStatus;
use crate::app::subject::Subject;
use crate::model::{AlarmState, Source};

/// Row keys (the alarm names), each with the text that a filter searches.
pub fn lines(app: &App) -> Vec<(String, String)> {
    let state = &app.panes.alarms;
    let shown = state.alarms.iter().filter(|alarm| !state.only_firing || alarm.state == AlarmState::Alarm);
    shown.map(|alarm| (alarm.name.clone(), alarm.name.clone())).collect()
}

/// The subject of a row: its alarm.
pub fn subject(_: &App, key: Option<&str>) -> Option<Subject> {
    key.map(|key| Subject::Alarm(key.to_owned()))
}

/// Freshness of the rows, or the reason why there are none.
pub fn data_status(app: &App) -> DataStatus {
    let state = &app.panes.alarms;
    let empty = match (&state.failure, state.read) {
        (Some(failure), _) => failure_lines(app, Source::Alarms, failure),
        (None, None) => note("reading alarms …"),
        (None, Some(_)) => note("no alarms"),
    };
    DataStatus { empty, loading: state.read.is_none(), dimmed: state.failure.is_some(), ..DataStatus::default() }
}
