//! Watches a service scale: reports events as they happen and, at the end, the time from load to capacity, the time
//! from calm to fewer tasks, and what delayed scaling.

use crate::{AlarmState, ScalingActivity, ScalingPolicy};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The state of a service at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    pub at: Timestamp,
    pub desired: u32,
    pub running: u32,
    /// Its policies, each with the newest value of its metric.
    pub policies: Vec<(ScalingPolicy, Option<f64>)>,
    /// The alarms of its policies.
    pub alarms: Vec<(String, AlarmState)>,
    /// Its activities, in any order.
    pub activities: Vec<ScalingActivity>,
    /// The suspended kinds of scaling, in words.
    pub suspended: String,
    pub limits: Option<(u32, u32)>,
}

/// A reported event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub at: Timestamp,
    pub what: String,
}

/// The state of a watch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watch {
    first: Option<Sample>,
    last: Option<Sample>,
    known: BTreeSet<String>,
    /// When a value first exceeded its target, since the last time that all were below.
    load: Option<Timestamp>,
    /// When all values were below their targets again.
    calm: Option<Timestamp>,
    out: Option<Step>,
    back: Option<Step>,
    held: BTreeMap<String, u32>,
    most: u32,
}

/// A change of the desired count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    at: Timestamp,
    to: u32,
    /// When that many tasks were running.
    reached: Option<Timestamp>,
}

/// The report at the end of a watch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WatchSummary {
    /// When the load began.
    pub load: Option<Timestamp>,
    /// When the count was first raised, and to what value.
    pub out: Option<(Timestamp, u32)>,
    /// When that many tasks were running.
    pub capacity: Option<Timestamp>,
    /// When the load ended.
    pub load_end: Option<Timestamp>,
    /// When the count was first lowered again, and to what value.
    pub back: Option<(Timestamp, u32)>,
    /// The maximum number of running tasks.
    pub peak_running: u32,
    /// The reasons that delayed scaling, with their number of occurrences.
    pub delays: Vec<(String, u32)>,
}

impl Watch {
    /// Adds the current state and returns new events, in order.
    pub fn add_sample(&mut self, sample: Sample) -> Vec<Observation> {
        let mut events = Vec::new();
        let fresh = self.first.is_none();
        let mut activities: Vec<&ScalingActivity> = sample.activities.iter().collect();
        activities.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        for activity in activities {
            // An activity in progress is reported once; its outcome shows in the counts.
            if !self.known.insert(activity.id.clone()) || fresh {
                continue;
            }
            let at = activity.at.unwrap_or(sample.at);
            events.push(Observation { at, what: words(activity) });
            for reason in &activity.not_scaled {
                *self.held.entry(reason.clone()).or_default() += 1;
            }
            self.step(activity, at);
        }
        self.load(&sample);
        if let Some(last) = &self.last {
            for (alarm, state) in &sample.alarms {
                let previous = last.alarms.iter().find(|(name, _)| name == alarm).map(|(_, state)| *state);
                if previous.is_some_and(|previous| previous != *state) {
                    let what = format!("alarm {} is {}", short(alarm), state.name());
                    events.push(Observation { at: sample.at, what });
                }
            }
            if last.suspended != sample.suspended {
                let what = if sample.suspended.is_empty() {
                    "autoscaling was resumed".to_owned()
                } else {
                    format!("suspended: {}", sample.suspended)
                };
                events.push(Observation { at: sample.at, what });
            }
        }
        for step in [&mut self.out, &mut self.back].into_iter().flatten() {
            let reached = sample.running >= step.to;
            if step.reached.is_none() && reached {
                step.reached = Some(sample.at);
            }
        }
        if !sample.suspended.is_empty() && self.load.is_some() && self.out.is_none() {
            self.held.entry(format!("suspended: {}", sample.suspended)).or_insert(1);
        }
        self.most = self.most.max(sample.running);
        events.push(Observation { at: sample.at, what: status_line(&sample) });
        self.first.get_or_insert_with(|| sample.clone());
        self.last = Some(sample);
        events
    }

    /// Records the first scale-out and the first scale-in after it.
    fn step(&mut self, activity: &ScalingActivity, at: Timestamp) {
        let Some(to) = activity.new_desired_count() else { return };
        let before = self.last.as_ref().map_or(to, |last| last.desired);
        let step = Step { at, to, reached: None };
        if to > before && self.out.is_none() {
            self.out = Some(step);
        } else if to < before && self.out.is_some() && self.back.is_none() {
            self.back = Some(step);
        }
    }

    fn load(&mut self, sample: &Sample) {
        let above = |(policy, value): &(ScalingPolicy, Option<f64>)| Some((*value)? > policy.target?);
        let judged: Vec<bool> = sample.policies.iter().filter_map(above).collect();
        if judged.contains(&true) {
            self.load.get_or_insert(sample.at);
            self.calm = None;
        } else if !judged.is_empty() && self.load.is_some() {
            self.calm.get_or_insert(sample.at);
        }
    }

    /// Whether it has scaled out and is back at its initial count.
    pub fn is_done(&self) -> bool {
        let (Some(first), Some(last)) = (&self.first, &self.last) else { return false };
        self.out.is_some() && self.back.is_some() && last.desired <= first.desired && last.running <= first.desired
    }

    /// Returns the report.
    pub fn summary(&self) -> WatchSummary {
        WatchSummary {
            load: self.load,
            out: self.out.map(|step| (step.at, step.to)),
            capacity: self.out.and_then(|step| step.reached),
            load_end: self.calm.filter(|_| self.out.is_some()),
            back: self.back.map(|step| (step.at, step.to)),
            peak_running: self.most,
            delays: self.held.iter().map(|(reason, times)| (reason.clone(), *times)).collect(),
        }
    }
}

/// Shortens the name of a policy's alarm to `AlarmHigh` or `AlarmLow`; other names are unchanged.
pub fn short(alarm: &str) -> &str {
    let kind = ["AlarmHigh", "AlarmLow"].into_iter().find(|kind| alarm.contains(kind));
    kind.unwrap_or(alarm)
}

fn words(activity: &ScalingActivity) -> String {
    if !activity.not_scaled.is_empty() {
        return format!("not scaled: {}", activity.not_scaled.join(", "));
    }
    let what = activity
        .new_desired_count()
        .map_or_else(|| activity.description.clone(), |to| format!("desired count to {to}"));
    let failed = activity.message.as_deref().filter(|_| activity.status == "Failed");
    match failed {
        Some(message) => format!("{what}: failed: {message}"),
        None => what,
    }
}

/// Formats the current state: `running 2 of 3 · CPU 81 % (target 70) · AlarmHigh ALARM · cool-down: out 42s`.
pub fn status_line(sample: &Sample) -> String {
    let mut parts = vec![format!("running {} of {}", sample.running, sample.desired)];
    if let Some((min, max)) = sample.limits {
        parts.push(format!("limits {min}–{max}"));
    }
    for (policy, value) in &sample.policies {
        let name = policy.metric.as_deref().unwrap_or(&policy.name);
        let name = name.strip_prefix("ECSServiceAverage").unwrap_or(name);
        let name = name.strip_suffix("Utilization").unwrap_or(name);
        let value = value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0}"));
        let aim = policy.target.map(|target| format!(" (target {target:.0})")).unwrap_or_default();
        parts.push(format!("{name} {value}{aim}"));
    }
    for (alarm, state) in sample.alarms.iter().filter(|(_, state)| *state == AlarmState::Alarm) {
        parts.push(format!("{} {}", short(alarm), state.name()));
    }
    let cooling = remaining_cooldowns(sample);
    if !cooling.is_empty() {
        let words: Vec<String> = cooling.into_iter().map(|(way, left)| format!("{way} {}s", left.as_secs())).collect();
        parts.push(format!("cool-down: {}", words.join(", ")));
    }
    parts.join(" · ")
}

/// Returns the remaining cooldown for scaling out and for scaling in.
pub fn remaining_cooldowns(sample: &Sample) -> Vec<(&'static str, SignedDuration)> {
    let last = sample
        .activities
        .iter()
        .filter(|activity| {
            activity.not_scaled.is_empty() && activity.new_desired_count().is_some() && activity.status != "Failed"
        })
        .filter_map(|activity| activity.at)
        .max();
    let Some(last) = last else { return Vec::new() };
    let longest =
        |of: &dyn Fn(&ScalingPolicy) -> Option<u32>| sample.policies.iter().filter_map(|(one, _)| of(one)).max();
    let left = |seconds: Option<u32>| {
        let until = last.checked_add(SignedDuration::from_secs(i64::from(seconds?))).ok()?;
        Some(until.duration_since(sample.at)).filter(|left| *left > SignedDuration::ZERO)
    };
    let ways = [("out", left(longest(&|one| one.out_cooldown))), ("in", left(longest(&|one| one.in_cooldown)))];
    ways.into_iter().filter_map(|(way, left)| Some((way, left?))).collect()
}

impl WatchSummary {
    /// Returns the report as sentences.
    pub fn lines(&self) -> Vec<String> {
        let took = |from: Option<Timestamp>, to: Option<Timestamp>| {
            let took = to?.duration_since(from?).max(SignedDuration::ZERO);
            Some(crate::time::short(took))
        };
        let mut lines = Vec::new();
        let Some((out, to)) = self.out else {
            lines.push(match self.load {
                Some(_) => "there was load, but it did not scale out".to_owned(),
                None => "the load never exceeded the targets of its policies".to_owned(),
            });
            lines.extend(self.reasons());
            return lines;
        };
        if let Some(took) = took(self.load, Some(out)) {
            lines.push(format!("from load to the decision to scale out: {took} (to {to})"));
        }
        match took(Some(out), self.capacity) {
            Some(took) => lines.push(format!("from the decision to running capacity: {took}")),
            None => lines.push("the new capacity was not running when the watch ended".to_owned()),
        }
        if let Some(took) = took(self.load, self.capacity) {
            lines.push(format!("from load to new capacity: {took}"));
        }
        match (took(self.load_end, self.back.map(|(at, _)| at)), self.back) {
            (Some(took), Some((_, to))) => lines.push(format!("from calm to scaling in: {took} (to {to})")),
            (None, Some((_, to))) => lines.push(format!("it scaled in to {to}")),
            (_, None) => lines.push("it did not scale in before the watch ended".to_owned()),
        }
        lines.push(format!("maximum of running tasks: {}", self.peak_running));
        lines.extend(self.reasons());
        lines
    }

    fn reasons(&self) -> Vec<String> {
        let times = |times: u32| if times > 1 { format!(" ({times} times)") } else { String::new() };
        self.delays.iter().map(|(reason, count)| format!("held back: {reason}{}", times(*count))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("in range")
    }

    fn activity(id: &str, second: i64, to: u32) -> ScalingActivity {
        ScalingActivity {
            id: id.into(),
            at: Some(at(second)),
            status: "Successful".into(),
            description: format!("Setting desired count to {to}."),
            ..ScalingActivity::default()
        }
    }

    fn sample(second: i64, (desired, running): (u32, u32), cpu: f64, activities: &[ScalingActivity]) -> Sample {
        let policy = ScalingPolicy {
            name: "cpu".into(),
            metric: Some("ECSServiceAverageCPUUtilization".into()),
            target: Some(70.0),
            out_cooldown: Some(60),
            in_cooldown: Some(300),
            ..ScalingPolicy::default()
        };
        let high = if cpu > 70.0 { AlarmState::Alarm } else { AlarmState::Ok };
        Sample {
            at: at(second),
            desired,
            running,
            policies: vec![(policy, Some(cpu))],
            alarms: vec![("TargetTracking-service/c/web-AlarmHigh-1".into(), high)],
            activities: activities.to_vec(),
            limits: Some((1, 10)),
            ..Sample::default()
        }
    }

    #[test]
    fn report_has_the_duration_of_each_step() {
        let mut watch = Watch::default();
        let (out, back) = (activity("2", 180, 3), activity("3", 900, 1));
        watch.add_sample(sample(0, (1, 1), 20.0, &[activity("1", -4_000, 1)]));
        let events = watch.add_sample(sample(60, (1, 1), 95.0, &[]));
        assert!(events.iter().any(|one| one.what == "alarm AlarmHigh is ALARM"), "{events:?}");
        let events = watch.add_sample(sample(190, (3, 1), 95.0, std::slice::from_ref(&out)));
        assert_eq!(events[0].what, "desired count to 3");
        assert!(events.last().is_some_and(|one| one.what.contains("cool-down: out 50s, in 290s")), "{events:?}");
        watch.add_sample(sample(240, (3, 3), 60.0, std::slice::from_ref(&out)));
        assert!(!watch.is_done());
        watch.add_sample(sample(910, (1, 3), 10.0, &[out.clone(), back.clone()]));
        watch.add_sample(sample(960, (1, 1), 10.0, &[out, back]));
        assert!(watch.is_done());
        let ended = watch.summary();
        assert_eq!((ended.load, ended.out, ended.capacity), (Some(at(60)), Some((at(180), 3)), Some(at(240))));
        assert_eq!((ended.load_end, ended.back, ended.peak_running), (Some(at(240)), Some((at(900), 1)), 3));
        let lines = ended.lines().join("\n");
        assert!(lines.contains("from load to new capacity: 3m"), "{lines}");
    }

    #[test]
    fn reasons_that_delayed_scaling_are_reported() {
        let mut watch = Watch::default();
        watch.add_sample(sample(0, (10, 10), 20.0, &[]));
        let mut held = activity("1", 60, 11);
        (held.description, held.not_scaled) = ("Attempting to scale".into(), vec!["AlreadyAtMaxCapacity".into()]);
        watch.add_sample(sample(60, (10, 10), 99.0, &[held]));
        let lines = watch.summary().lines();
        assert_eq!(lines, ["there was load, but it did not scale out", "held back: AlreadyAtMaxCapacity"]);
    }

    #[test]
    fn events_from_before_the_watch_are_not_reported() {
        let mut watch = Watch::default();
        let events = watch.add_sample(sample(0, (1, 1), 20.0, &[activity("1", -60, 1)]));
        assert_eq!(events.len(), 1);
        let events = watch.add_sample(sample(10, (1, 1), 20.0, &[activity("1", -60, 1)]));
        assert_eq!(events.len(), 1);
        assert_eq!(watch.summary().lines()[0], "the load never exceeded the targets of its policies");
    }
}
