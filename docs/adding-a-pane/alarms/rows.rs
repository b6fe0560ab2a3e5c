//! The rows of the Alarms pane, and how fresh they are.

use crate::app::App;
use crate::app::data_status::{failure_lines, note};
use crate::app::pane::DataStatus;
use crate::app::subject::Subject;
use crate::model::{AlarmState, Source};

/// Alarms by their names, each with the text that a filter looks into.
pub fn lines(app: &App) -> Vec<(String, String)> {
    let state = &app.panes.alarms;
    let shown = state.alarms.iter().filter(|alarm| !state.only_firing || alarm.state == AlarmState::Alarm);
    shown.map(|alarm| (alarm.name.clone(), alarm.name.clone())).collect()
}

/// The selected alarm.
pub fn subject(_: &App, key: Option<&str>) -> Option<Subject> {
    key.map(|key| Subject::Alarm(key.to_owned()))
}

/// Whether they are fresh, or why there are none.
pub fn data_status(app: &App) -> DataStatus {
    let state = &app.panes.alarms;
    let empty = match (&state.failure, state.read) {
        (Some(failure), _) => failure_lines(app, Source::Alarms, failure),
        (None, None) => note("reading alarms …"),
        (None, Some(_)) => note("no alarms"),
    };
    DataStatus { empty, loading: state.read.is_none(), dimmed: state.failure.is_some(), ..DataStatus::default() }
}
