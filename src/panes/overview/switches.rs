//! The next stop and start of the environment, and how much of a week it is stopped: worked out when schedules were
//! read and when one of them has fired, not for each frame. To find the times of a cron expression costs more than to
//! draw them.

use crate::app::App;
use crate::model::timer::{Power, Timer};
use crate::model::{ScheduledAction, costs, schedule};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// The part of a week moves with the time of day; it is worked out anew after this.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The next stop and start by schedules, and how long that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Switches {
    /// When schedules and scheduled actions were read.
    read: [Option<Timestamp>; 2],
    /// The time it was worked out at, and the one from which it no longer holds.
    holds: (Timestamp, Timestamp),
    /// The next of each kind, soonest first.
    pub next: Vec<(Timestamp, Power)>,
    /// The part of the coming week in which it is stopped; none where schedules do not both stop and start it.
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
        Self { read: read(app), holds: (now, until), stopped: costs::stopped_part(&timers, now), next }
    }

    fn still(&self, app: &App) -> bool {
        let (from, until) = self.holds;
        self.read == read(app) && (from..until).contains(&app.service_now())
    }
}

/// The scheduled starts and stops: the kept ones while they hold, else computed anew.
pub fn switches(app: &App) -> Cow<'_, Switches> {
    match &app.panes.overview.switches {
        Some(known) if known.still(app) => Cow::Borrowed(known),
        _ => Cow::Owned(Switches::of(app)),
    }
}

/// Keeps what holds now, for the frames until it changes.
pub fn keep(app: &mut App) {
    if let Cow::Owned(made) = switches(app) {
        app.panes.overview.switches = Some(made);
    }
}

fn read(app: &App) -> [Option<Timestamp>; 2] {
    [app.estate.schedules.at(), app.estate.scheduled.at()]
}

/// All that stops or starts it at a time.
fn timers(app: &App) -> Vec<Timer> {
    let timers = app.estate.schedules.value().into_iter().flatten().cloned();
    timers.chain(app.estate.scheduled.value().into_iter().flatten().map(ScheduledAction::timer)).collect()
}
