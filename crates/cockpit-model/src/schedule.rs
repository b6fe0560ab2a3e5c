//! When an environment is next stopped, started or resized by a schedule.

use super::scaling::ScheduledAction;
use super::timer::{Power, Timer};
use jiff::{Timestamp, tz::TimeZone};

/// The effect of a scheduled action on a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Maximum 0: nothing can run.
    Stop,
    /// It sets a minimum above 0.
    Start,
    /// It sets other limits.
    Resize,
}

impl Effect {
    /// `stop`, `start`, `change its limits`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Resize => "change its limits",
        }
    }
}

/// The next time one of the actions fires.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    pub at: Timestamp,
    /// Whether it stops, starts or resizes.
    pub effect: Effect,
    /// The name of the scheduled action.
    pub action: String,
    /// The zone the action is written in.
    pub zone: TimeZone,
}

/// The earliest schedule of the environment that does this; skipped times are left out.
pub fn soonest_timer(timers: &[Timer], power: Power, now: Timestamp) -> Option<Next> {
    let effect = if power == Power::Stop { Effect::Stop } else { Effect::Start };
    let doing = timers.iter().filter(|timer| timer.power() == Some(power));
    let next = doing.filter_map(|timer| Some((timer.next(now)?, timer))).min_by_key(|(at, _)| *at);
    next.map(|(at, timer)| Next { at, effect, action: timer.name.clone(), zone: timer.zone() })
}

/// The effect of a scheduled action on its service.
pub fn effect(action: &ScheduledAction) -> Effect {
    match (action.min, action.max) {
        (_, Some(0)) => Effect::Stop,
        (Some(min), _) if min > 0 => Effect::Start,
        _ => Effect::Resize,
    }
}

/// When an action fires next; `None` for one whose expression is not understood or is over.
pub fn next(action: &ScheduledAction, now: Timestamp) -> Option<Next> {
    let timer = action.timer();
    let at = timer.next(now)?;
    Some(Next { at, effect: effect(action), action: action.name.clone(), zone: timer.zone() })
}

/// The earliest of all actions that fire next.
pub fn soonest<'a>(actions: impl IntoIterator<Item = &'a ScheduledAction>, now: Timestamp) -> Option<Next> {
    actions.into_iter().filter_map(|action| next(action, now)).min_by_key(|next| next.at)
}

/// The earliest that has this effect.
pub fn soonest_that<'a>(
    actions: impl IntoIterator<Item = &'a ScheduledAction>,
    wanted: Effect,
    now: Timestamp,
) -> Option<Next> {
    soonest(actions.into_iter().filter(|action| effect(action) == wanted), now)
}
