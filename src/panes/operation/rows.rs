//! The log of the operation that is shown, and how what is seen of it stands.

use super::state::LOG;
use crate::app::data_status::severity;
use crate::app::operation::Operation;
use crate::app::pane::DataStatus;
use crate::app::subject::Subject;
use crate::app::{App, tell};
use crate::model::Health;
use crate::model::time::{short, spoken};

/// The operation that is shown.
pub fn shown(app: &App) -> Option<&Operation> {
    app.operations.get(app.screen.operation?)
}

/// Its service, if it is one of the opened environment.
pub fn about(app: &App) -> Option<Subject> {
    let operation = shown(app)?;
    let here = operation.environment.name == app.environment.name;
    operation.service().filter(|_| here).map(Subject::Service)
}

/// The lines of the log.
pub fn log(app: &App) -> Vec<(String, String)> {
    let lines = shown(app).into_iter().flat_map(tell::log);
    lines.map(|(key, line)| (key, line.text.into_owned())).collect()
}

/// The text of the line in this row.
pub fn line(app: &App, key: Option<&str>) -> Option<Subject> {
    let found = tell::log(shown(app)?).find(|(other, _)| Some(other.as_str()) == key);
    found.map(|(_, line)| Subject::Text(line.text.into_owned()))
}

/// The log tells itself how it stands.
pub fn log_standing(app: &App) -> DataStatus {
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

/// How what is seen of an operation stands: its age where it is late, and why.
pub fn progress_standing(app: &App) -> DataStatus {
    let mut data_status = DataStatus::default();
    let Some(operation) = shown(app).filter(|operation| operation.outcome.is_none()) else { return data_status };
    let next = |at: jiff::Timestamp| {
        let left = at.duration_since(app.now);
        if left.as_secs() > 0 { format!("next try in {}", spoken(left)) } else { "trying again".to_owned() }
    };
    if let Some(watch) = operation.machine().watch() {
        if let Some(seen) = watch.seen {
            let age = app.now.duration_since(seen);
            if age > operation.environment.refresh.watch * 2 {
                data_status.age = Some(format!("{} old", short(age)));
            }
        }
        if let Some((failure, at)) = &watch.failing {
            data_status.trouble =
                Some((severity(failure), format!("{} · cannot look: {}", next(*at), failure.message)));
        }
    } else if let Some(at) = operation.machine().next_try() {
        data_status.trouble = Some((Health::Degraded, format!("{} · the last look failed", next(at))));
    }
    data_status
}
