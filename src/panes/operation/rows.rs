//! The log of the shown operation, and the status of what is read about it.

use super::state::LOG;
use crate::app::data_status::severity;
use crate::app::operation::Operation;
use crate::app::pane::DataStatus;
use crate::app::subject::Subject;
use crate::app::{App, operation_texts};
use crate::model::Health;
use crate::model::time::{sentence_duration, short};

/// The operation that is shown.
pub fn shown(app: &App) -> Option<&Operation> {
    app.operations.get(app.screen.operation?)
}

/// The operation's service, if it belongs to the opened environment.
pub fn subject(app: &App) -> Option<Subject> {
    let operation = shown(app)?;
    let here = operation.environment.name == app.environment.name;
    operation.service().filter(|_| here).map(Subject::Service)
}

/// The lines of the log.
pub fn log(app: &App) -> Vec<(String, String)> {
    let lines = shown(app).into_iter().flat_map(operation_texts::log);
    lines.map(|(key, line)| (key, line.text.into_owned())).collect()
}

/// The text of the line in this row.
pub fn line(app: &App, key: Option<&str>) -> Option<Subject> {
    let found = operation_texts::log(shown(app)?).find(|(other, _)| Some(other.as_str()) == key);
    found.map(|(_, line)| Subject::Text(line.text.into_owned()))
}

/// Status of the log, which reports its own problems as lines.
pub fn log_status(app: &App) -> DataStatus {
    let filtered = app.screen.list_of(LOG).filter(|list| list.total > 0 && !list.filter.is_empty());
    let empty = match filtered {
        Some(list) => vec![
            (Health::Stopped, format!("none of {} lines contains {:?}", list.total, list.filter)),
            (Health::Stopped, "Esc shows all again".to_owned()),
        ],
        None => vec![(Health::Stopped, "nothing yet".to_owned())],
    };
    DataStatus { empty, ..DataStatus::default() }
}

/// Status of the picture: its age if it is late, and the reason.
pub fn progress_status(app: &App) -> DataStatus {
    let mut data_status = DataStatus::default();
    let Some(operation) = shown(app).filter(|operation| operation.outcome.is_none()) else { return data_status };
    let next = |at: jiff::Timestamp| {
        let left = at.duration_since(app.now);
        if left.as_secs() > 0 { format!("next try in {}", sentence_duration(left)) } else { "trying again".to_owned() }
    };
    if let Some(watch) = operation.machine().watch() {
        if let Some(seen) = watch.read_at {
            let age = app.now.duration_since(seen);
            if age > operation.environment.refresh.watch * 2 {
                data_status.age = Some(format!("{} old", short(age)));
            }
        }
        if let Some((failure, at)) = &watch.read_failure {
            data_status.trouble =
                Some((severity(failure), format!("{} · cannot look: {}", next(*at), failure.message)));
        }
    } else if let Some(at) = operation.machine().next_try() {
        data_status.trouble = Some((Health::Degraded, format!("{} · the last look failed", next(at))));
    }
    data_status
}
