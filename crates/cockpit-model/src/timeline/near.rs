//! The events before a moment: which of them may have caused what began then.

use super::event::{Kind, TimelineEvent};
use crate::Health;
use jiff::{SignedDuration, Timestamp};

/// As far back as is looked where nothing else is said.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// A thing counts half as much for each of these that it is further away.
const HALF: SignedDuration = SignedDuration::from_mins(5);

/// A thing with how much speaks for it, between 0 and 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked<'a> {
    pub event: &'a TimelineEvent,
    pub score: f64,
}

/// How often a thing of this kind is the cause of what follows: what somebody has changed first, then what changed by itself,
/// at last what only tells that something is wrong.
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

/// The events within `window` before a moment, the most likely cause first.
pub fn before(events: &[TimelineEvent], moment: Timestamp, window: SignedDuration) -> Vec<Ranked<'_>> {
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

/// The score by nearness and kind.
fn score(event: &TimelineEvent, moment: Timestamp) -> f64 {
    let away = moment.duration_since(event.at).as_secs_f64() / HALF.as_secs_f64();
    let routine = if event.routine { 0.2 } else { 1.0 };
    // Something that went well is less often the cause than something that did not.
    let calm = if event.kind == Kind::Alarm && event.health == Health::Healthy { 0.5 } else { 1.0 };
    weight(event.kind) * routine * calm * 0.5_f64.powf(away)
}
