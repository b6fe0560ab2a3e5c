//! The next scheduled stop and start of the environment, and the share of a week in which it is stopped. Evaluating cron
//! expressions costs more than drawing, so results are cached until schedules are read again or one has fired.

use crate::app::App;
use crate::model::timer::{Power, Timer};
use crate::model::{ScheduledAction, costs, schedule};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// Maximum age of the cached share, which moves with the time of day.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The next scheduled stop and start, and how long the result is valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Switches {
    /// When schedules and scheduled actions were read.
    read: [Option<Timestamp>; 2],
    /// When this was computed, and until when it is valid.
    holds: (Timestamp, Timestamp),
    /// The next stop and start, soonest first.
    pub next: Vec<(Timestamp, Power)>,
    /// Share of the coming week in which the environment is stopped; `None` unless schedules both stop and start it.
    pub stopped: Option<f64>,
}

impl Switches {
    fn of(app: &App) -> Self {
        let now = app.service_now();
        let timers = timers(app);
        let soonest = |power| schedule::soonest_timer(&timers, power, now).map(|next| (next.at, power));
        let mut next: Vec<_> = [Power::Stop, Power::Start].into_iter().filter_map(soonest).collect();
        next.sort_by_key(|(at, _)| *at);
        let later = now.checked_add(KEPT).unwrap_or(now);
        let until = next.first().map_or(later, |(at, _)| later.min(*at));
        Self { read: read(app), holds: (now, until), stopped: costs::stopped_fraction(&timers, now), next }
    }

    fn is_valid(&self, app: &App) -> bool {
        let (from, until) = self.holds;
        self.read == read(app) && (from..until).contains(&app.service_now())
    }
}

/// The next switches: the cached result while it is valid, otherwise computed again.
pub fn switches(app: &App) -> Cow<'_, Switches> {
    match &app.panes.overview.switches {
        Some(known) if known.is_valid(app) => Cow::Borrowed(known),
        _ => Cow::Owned(Switches::of(app)),
    }
}

/// Caches the current result for the next frames.
pub fn cache_switches(app: &mut App) {
    if let Cow::Owned(made) = switches(app) {
        app.panes.overview.switches = Some(made);
    }
}

fn read(app: &App) -> [Option<Timestamp>; 2] {
    [app.estate.schedules.at(), app.estate.scheduled.at()]
}

/// All timers that stop or start the environment.
fn timers(app: &App) -> Vec<Timer> {
    let timers = app.estate.schedules.value().into_iter().flatten().cloned();
    timers.chain(app.estate.scheduled.value().into_iter().flatten().map(ScheduledAction::timer)).collect()
}
