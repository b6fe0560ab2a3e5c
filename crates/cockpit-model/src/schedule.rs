//! The next time at which a schedule stops, starts or resizes an environment.

use super::scaling::ScheduledAction;
use super::timer::{Power, Timer};
use jiff::{Timestamp, tz::TimeZone};

/// The effect of a scheduled action on a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleEffect {
    /// It sets the maximum to 0: nothing can run.
    Stop,
    /// It sets the minimum above 0.
    Start,
    /// It sets other limits.
    Resize,
}

impl ScheduleEffect {
    /// `stop`, `start`, `change its limits`.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Resize => "change its limits",
        }
    }
}

/// The next time at which an action fires.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    pub at: Timestamp,
    /// Its effect.
    pub effect: ScheduleEffect,
    /// The name of the scheduled action.
    pub action: String,
    /// The time zone of the action.
    pub zone: TimeZone,
}

/// Returns the environment's earliest schedule with this effect, ignoring skipped times.
pub fn soonest_timer(timers: &[Timer], power: Power, now: Timestamp) -> Option<Next> {
    let effect = if power == Power::Stop { ScheduleEffect::Stop } else { ScheduleEffect::Start };
    let matching = timers.iter().filter(|timer| timer.power() == Some(power));
    let next = matching.filter_map(|timer| Some((timer.next(now)?, timer))).min_by_key(|(at, _)| *at);
    next.map(|(at, timer)| Next { at, effect, action: timer.name.clone(), zone: timer.zone() })
}

/// Returns the effect of a scheduled action on its service.
pub fn effect(action: &ScheduledAction) -> ScheduleEffect {
    match (action.min, action.max) {
        (_, Some(0)) => ScheduleEffect::Stop,
        (Some(min), _) if min > 0 => ScheduleEffect::Start,
        _ => ScheduleEffect::Resize,
    }
}

/// Returns when an action fires next; `None` if it never does, or if its expression is unknown.
pub fn next(action: &ScheduledAction, now: Timestamp) -> Option<Next> {
    let timer = action.timer();
    let at = timer.next(now)?;
    Some(Next { at, effect: effect(action), action: action.name.clone(), zone: timer.zone() })
}

/// Returns the action that fires first.
pub fn soonest<'a>(actions: impl IntoIterator<Item = &'a ScheduledAction>, now: Timestamp) -> Option<Next> {
    actions.into_iter().filter_map(|action| next(action, now)).min_by_key(|next| next.at)
}

/// Returns the action with this effect that fires first.
pub fn soonest_with_effect<'a>(
    actions: impl IntoIterator<Item = &'a ScheduledAction>,
    wanted: ScheduleEffect,
    now: Timestamp,
) -> Option<Next> {
    soonest(actions.into_iter().filter(|action| effect(action) == wanted), now)
}
