//! Ranks the events before a moment as possible causes of what happened then.

use super::event::{Kind, TimelineEvent};
use crate::Health;
use jiff::{SignedDuration, Timestamp};

/// The default time window.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// The score of an event is halved for each of these periods before the moment.
const HALF: SignedDuration = SignedDuration::from_mins(5);

/// An event with its score between 0 and 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked<'a> {
    pub event: &'a TimelineEvent,
    pub score: f64,
}

/// Returns how likely events of this kind are the cause of a problem: highest for deliberate changes, then for
/// automatic changes, lowest for mere symptoms.
pub fn weight(kind: Kind) -> f64 {
    match kind {
        Kind::Deployment | Kind::Change => 1.0,
        Kind::Run | Kind::Parameter | Kind::Failover => 0.95,
        Kind::Schedule => 0.85,
        Kind::Write => 0.75,
        Kind::Rollback | Kind::Database => 0.6,
        Kind::Scaling => 0.5,
        Kind::Task => 0.35,
        Kind::Alarm => 0.25,
        Kind::Service => 0.2,
    }
}

/// Returns the events within `window` before a moment, the most likely cause first.
pub fn likely_causes(events: &[TimelineEvent], moment: Timestamp, window: SignedDuration) -> Vec<Ranked<'_>> {
    let mut ranked: Vec<Ranked<'_>> = events
        .iter()
        .filter(|event| event.at <= moment && moment.duration_since(event.at) <= window)
        .map(|event| Ranked { event, score: score(event, moment) })
        .collect();
    ranked.sort_by(|a, b| {
        let rest =
            |ranked: &Ranked<'_>| (std::cmp::Reverse(ranked.event.at), ranked.event.kind, ranked.event.key.clone());
        b.score.total_cmp(&a.score).then_with(|| rest(a).cmp(&rest(b)))
    });
    ranked
}

/// Returns the score by distance and kind.
fn score(event: &TimelineEvent, moment: Timestamp) -> f64 {
    let half_lives = moment.duration_since(event.at).as_secs_f64() / HALF.as_secs_f64();
    let routine = if event.routine { 0.2 } else { 1.0 };
    // An alarm that recovered is less likely the cause.
    let recovered = if event.kind == Kind::Alarm && event.health == Health::Healthy { 0.5 } else { 1.0 };
    weight(event.kind) * routine * recovered * 0.5_f64.powf(half_lives)
}
