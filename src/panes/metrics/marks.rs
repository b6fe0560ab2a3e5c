//! The events that the charts mark on their time axis.

use super::state::Topic;
use crate::app::App;
use crate::app::timeline::events_since;
use crate::model::timeline::Kind;
use jiff::Timestamp;

/// Maximum number of events kept.
const MOST_MARKS: usize = 500;

/// Collects the events to mark between two times, without routine ones.
pub(super) fn collect(app: &mut App, since: Timestamp, until: Timestamp) {
    // Events are shown even if the figures cannot be read.
    let (since, until) = match (&app.panes.metrics.read, &app.panes.metrics.failure) {
        (Some(read), _) => (read.since, read.until.max(until)),
        (None, Some(_)) => (since, until),
        (None, None) => return,
    };
    // The last, incomplete period has no point yet, but its events are shown.
    let until = if app.panes.metrics.steps_back == 0 { app.service_now() } else { until };
    let local = &app.panes.metrics.local;
    let mut events = events_since(app, local, since);
    let of = match &app.panes.metrics.topic {
        Topic::Service(name) => Some(name.as_str()),
        Topic::All | Topic::Database(_) | Topic::Area(_) | Topic::Alarms => None,
    };
    events.retain(|event| {
        let wanted = event.is_notable() && event.kind != Kind::Service && event.kind != Kind::Task && event.at <= until;
        let others = of.is_some() && event.about.service().is_some_and(|name| Some(name) != of);
        wanted && !others
    });
    events.reverse();
    events.truncate(MOST_MARKS);
    app.panes.metrics.marks_made = Some(app.now);
    if events != app.panes.metrics.marks {
        app.panes.metrics.marks = events;
        app.lists_changed();
    }
}
