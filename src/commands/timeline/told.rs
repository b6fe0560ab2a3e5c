//! What is known now, and whether it is about what was named.

use super::args::Arguments;
use crate::app::timeline::happened;
use crate::commands::context::Reading;
use crate::model::timeline::Happening;
use crate::model::timeline::local::Local;
use jiff::Timestamp;

/// Everything that is known now.
pub(super) fn told(reading: &Reading, local: &Local, since: Timestamp) -> Vec<Happening> {
    let app = &reading.collector.app;
    happened(&app.estate, &app.environment.name, local, since, app.service_now(), app.ahead)
}

/// Whether it is about one of the names that were typed.
pub(super) fn named(arguments: &Arguments, reading: &Reading, event: &Happening) -> bool {
    let name = event.about.name();
    let short = event.about.service().and_then(|name| reading.collector.app.estate.service_row(name));
    let is = |typed: &String| {
        name == typed
            || short.is_some_and(|row| row.short == *typed)
            || (!typed.is_empty() && name.to_lowercase().contains(&typed.to_lowercase()))
    };
    arguments.names.is_empty() || arguments.names.iter().any(is)
}
