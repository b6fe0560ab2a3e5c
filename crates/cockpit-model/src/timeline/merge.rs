//! Sorts events and merges those that describe the same thing in two sources.

use super::event::{About, Kind, TimelineEvent};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Maximum time between a request and the deployment that it creates.
const MAX_REQUEST_TO_DEPLOYMENT: SignedDuration = SignedDuration::from_secs(60);
/// Maximum time between an autoscaling activity and its recorded events.
const MAX_ACTIVITY_TO_WRITE: SignedDuration = SignedDuration::from_secs(60);
/// Maximum time between a request and the failover that it starts.
const MAX_REQUEST_TO_FAILOVER: SignedDuration = SignedDuration::from_mins(2);
/// The part of names that identifies autoscaling, which changes desired counts.
const AUTOSCALING: &str = "autoscaling";

/// Returns every event once, oldest first. The result does not depend on the order of the input.
pub fn merge(mut events: Vec<TimelineEvent>) -> Vec<TimelineEvent> {
    // The processing order decides which events are merged, so it must not depend on the order of the input.
    events.sort_by(order);
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut merged: Vec<TimelineEvent> = Vec::with_capacity(events.len());
    for event in events {
        if let Some(at) = known.get(&event.key) {
            join(&mut merged[*at], event);
        } else {
            known.insert(event.key.clone(), merged.len());
            merged.push(event);
        }
    }
    let may_merge: Vec<bool> = merged.iter().map(|event| matches!(event.kind, Kind::Write | Kind::Change)).collect();
    let mut removed = vec![false; merged.len()];
    // Changes first: they have more details than CloudTrail.
    for wanted in [Kind::Change, Kind::Write] {
        for at in 0..merged.len() {
            if !may_merge[at] || merged[at].kind != wanted {
                continue;
            }
            let Some(target) = same(&merged, at, &removed) else { continue };
            let event = merged[at].clone();
            removed[at] = true;
            join(&mut merged[target], event);
        }
    }
    let mut removed = removed.into_iter();
    merged.retain(|_| !removed.next().unwrap_or(false));
    merged
}

/// Compares events: by time, causes before effects, and finally by their content.
fn order(a: &TimelineEvent, b: &TimelineEvent) -> std::cmp::Ordering {
    let rest = |one: &TimelineEvent, other: &TimelineEvent| {
        let content = (&one.key, &one.what, &one.who, one.routine, &one.requests);
        content.cmp(&(&other.key, &other.what, &other.who, other.routine, &other.requests))
    };
    (a.at, a.kind).cmp(&(b.at, b.kind)).then_with(|| rest(a, b))
}

/// Adds the details of another event.
fn join(into: &mut TimelineEvent, from: TimelineEvent) {
    if into.who.is_none() {
        into.who = from.who;
    }
    if from.kind == Kind::Change && into.kind != Kind::Change && !into.what.contains(&from.what) {
        into.what = format!("{} ({})", into.what, from.what);
    }
    for request in from.requests {
        if !into.requests.contains(&request) {
            into.requests.push(request);
        }
    }
}

/// Returns the other event that describes the same change or write; the nearest one if there are several.
fn same(events: &[TimelineEvent], at: usize, gone: &[bool]) -> Option<usize> {
    let event = &events[at];
    let others = || events.iter().enumerate().filter(move |(other, _)| *other != at && !gone[*other]);
    if event.kind == Kind::Write {
        let request = |other: &TimelineEvent| other.requests.iter().any(|request| event.requests.contains(request));
        if let Some((found, _)) = others().find(|(_, other)| other.kind != Kind::Write && request(other)) {
            return Some(found);
        }
    }
    let near = |wanted: Kind, most: SignedDuration, about: &dyn Fn(&About) -> bool| {
        // An effect does not precede its request, except for clocks with whole seconds.
        let apart = |other: &TimelineEvent| other.at.duration_since(event.at);
        let fits = |other: &TimelineEvent| {
            let apart = apart(other);
            other.kind == wanted && about(&other.about) && apart <= most && apart >= -SignedDuration::from_secs(5)
        };
        others().filter(|(_, other)| fits(other)).min_by_key(|(place, other)| (apart(other).abs(), *place))
    };
    let about = |other: &About| *other == event.about;
    let found = match (&event.about, event.kind) {
        (About::Service(_), Kind::Write) if of_autoscaling(event) => {
            // The activity is created first, then the request.
            let apart = |other: &TimelineEvent| other.at.duration_since(event.at).abs();
            others()
                .filter(|(_, other)| {
                    other.kind == Kind::Scaling && about(&other.about) && apart(other) <= MAX_ACTIVITY_TO_WRITE
                })
                .min_by_key(|(place, other)| (apart(other), *place))
        }
        (About::Service(_), Kind::Write | Kind::Change) if deploys(event) => {
            near(Kind::Deployment, MAX_REQUEST_TO_DEPLOYMENT, &about)
        }
        (About::Database(_), Kind::Write | Kind::Change) if event.what.to_lowercase().contains("failover") => {
            near(Kind::Failover, MAX_REQUEST_TO_FAILOVER, &about)
        }
        _ => None,
    };
    found.map(|(place, _)| place)
}

/// Whether autoscaling set a desired count.
fn of_autoscaling(event: &TimelineEvent) -> bool {
    let named = |text: &str| text.to_lowercase().contains(AUTOSCALING);
    event.what.starts_with("UpdateService") && (named(&event.what) || event.who.as_deref().is_some_and(named))
}

/// Whether a deployment may have followed from it.
fn deploys(event: &TimelineEvent) -> bool {
    match event.kind {
        Kind::Write => ["UpdateService", "CreateService"].iter().any(|name| event.what.starts_with(name)),
        _ => ["cockpit deploy ", "cockpit rollback "].iter().any(|name| event.what.starts_with(name)),
    }
}
