//! One order, and no thing twice: what two sources tell of one thing is joined.

use super::event::{About, Kind, TimelineEvent};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// A deployment is made within this time of the request for it.
const ASKED: SignedDuration = SignedDuration::from_secs(60);
/// The events of autoscaling are recorded within this time of its activity.
const SCALED: SignedDuration = SignedDuration::from_secs(60);
/// A failover begins within this time of the request for it.
const MOVED: SignedDuration = SignedDuration::from_mins(2);
/// The service of AWS that changes counts for autoscaling.
const AUTOSCALING: &str = "autoscaling";

/// Everything once, the oldest first. The result is the same in whichever order the parts come.
pub fn merge(mut events: Vec<TimelineEvent>) -> Vec<TimelineEvent> {
    // The order in which they are looked at decides who is joined to whom, and so must not be that in which they came.
    events.sort_by(order);
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut once: Vec<TimelineEvent> = Vec::with_capacity(events.len());
    for event in events {
        if let Some(at) = known.get(&event.key) {
            join(&mut once[*at], event);
        } else {
            known.insert(event.key.clone(), once.len());
            once.push(event);
        }
    }
    let told: Vec<bool> = once.iter().map(|event| matches!(event.kind, Kind::Write | Kind::Change)).collect();
    let mut gone = vec![false; once.len()];
    // Changes first: they know more of a thing than CloudTrail does.
    for wanted in [Kind::Change, Kind::Write] {
        for at in 0..once.len() {
            if !told[at] || once[at].kind != wanted {
                continue;
            }
            let Some(same) = same(&once, at, &gone) else { continue };
            let event = once[at].clone();
            gone[at] = true;
            join(&mut once[same], event);
        }
    }
    let mut gone = gone.into_iter();
    once.retain(|_| !gone.next().unwrap_or(false));
    once
}

/// The order of events: by time, causes before what follows from them, and at last by what tells them apart.
fn order(a: &TimelineEvent, b: &TimelineEvent) -> std::cmp::Ordering {
    let rest = |one: &TimelineEvent, other: &TimelineEvent| {
        let whole = (&one.key, &one.what, &one.who, one.routine, &one.requests);
        whole.cmp(&(&other.key, &other.what, &other.who, other.routine, &other.requests))
    };
    (a.at, a.kind).cmp(&(b.at, b.kind)).then_with(|| rest(a, b))
}

/// Adds what the other event knew and this one does not.
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

/// The other event on this change or write; the nearest, where several may be.
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
        // What follows from a request is not before it, but for clocks that tell whole seconds.
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
            // Its activity is made first, and then the request.
            let apart = |other: &TimelineEvent| other.at.duration_since(event.at).abs();
            others()
                .filter(|(_, other)| other.kind == Kind::Scaling && about(&other.about) && apart(other) <= SCALED)
                .min_by_key(|(place, other)| (apart(other), *place))
        }
        (About::Service(_), Kind::Write | Kind::Change) if deploys(event) => near(Kind::Deployment, ASKED, &about),
        (About::Database(_), Kind::Write | Kind::Change) if event.what.to_lowercase().contains("failover") => {
            near(Kind::Failover, MOVED, &about)
        }
        _ => None,
    };
    found.map(|(place, _)| place)
}

/// Whether autoscaling has set a count.
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
