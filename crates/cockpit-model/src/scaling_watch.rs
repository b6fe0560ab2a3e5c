//! Watching a service scale: what is told as it happens, and at the end how long it took from load to capacity, from calm to
//! fewer tasks, and what held it back.

use crate::{AlarmState, ScalingActivity, ScalingPolicy};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The state of a service at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    pub at: Timestamp,
    pub desired: u32,
    pub running: u32,
    /// Its policies with the newest value of what each aims at.
    pub policies: Vec<(ScalingPolicy, Option<f64>)>,
    /// The alarms of its policies.
    pub alarms: Vec<(String, AlarmState)>,
    /// Its activities, in any order.
    pub activities: Vec<ScalingActivity>,
    /// The suspended kinds of scaling, in words.
    pub suspended: String,
    pub limits: Option<(u32, u32)>,
}

/// Something that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub at: Timestamp,
    pub what: String,
}

/// A service that is watched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watch {
    first: Option<Sample>,
    last: Option<Sample>,
    known: BTreeSet<String>,
    /// When a value was above its aim first, since the last time that it was below all of them.
    load: Option<Timestamp>,
    /// When it was below again.
    calm: Option<Timestamp>,
    out: Option<Step>,
    back: Option<Step>,
    held: BTreeMap<String, u32>,
    most: u32,
}

/// A change of the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    at: Timestamp,
    to: u32,
    /// When so many tasks ran.
    reached: Option<Timestamp>,
}

/// The report at the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ended {
    /// When the load came.
    pub load: Option<Timestamp>,
    /// When the count was first raised, and to what.
    pub out: Option<(Timestamp, u32)>,
    /// When so many tasks ran.
    pub capacity: Option<Timestamp>,
    /// When the load was gone.
    pub calm: Option<Timestamp>,
    /// When the count was first lowered again, and to what.
    pub back: Option<(Timestamp, u32)>,
    /// The most tasks that ran.
    pub most: u32,
    /// The reasons that held it back, and how often each did.
    pub held: Vec<(String, u32)>,
}

impl Watch {
    /// Adds the present state; returns what is new in it, in order.
    pub fn take(&mut self, sample: Sample) -> Vec<Told> {
        let mut told = Vec::new();
        let fresh = self.first.is_none();
        let mut activities: Vec<&ScalingActivity> = sample.activities.iter().collect();
        activities.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        for activity in activities {
            // One that goes on is told once; how it ended shows in the counts.
            if !self.known.insert(activity.id.clone()) || fresh {
                continue;
            }
            let at = activity.at.unwrap_or(sample.at);
            told.push(Told { at, what: words(activity) });
            for reason in &activity.not_scaled {
                *self.held.entry(reason.clone()).or_default() += 1;
            }
            self.step(activity, at);
        }
        self.load(&sample);
        if let Some(last) = &self.last {
            for (alarm, state) in &sample.alarms {
                let before = last.alarms.iter().find(|(name, _)| name == alarm).map(|(_, state)| *state);
                if before.is_some_and(|before| before != *state) {
                    let what = format!("alarm {} is {}", short(alarm), state.word());
                    told.push(Told { at: sample.at, what });
                }
            }
            if last.suspended != sample.suspended {
                let what = if sample.suspended.is_empty() {
                    "autoscaling goes on".to_owned()
                } else {
                    format!("suspended: {}", sample.suspended)
                };
                told.push(Told { at: sample.at, what });
            }
        }
        for step in [&mut self.out, &mut self.back].into_iter().flatten() {
            let there = sample.running >= step.to;
            if step.reached.is_none() && there {
                step.reached = Some(sample.at);
            }
        }
        if !sample.suspended.is_empty() && self.load.is_some() && self.out.is_none() {
            self.held.entry(format!("suspended: {}", sample.suspended)).or_insert(1);
        }
        self.most = self.most.max(sample.running);
        told.push(Told { at: sample.at, what: stands(&sample) });
        self.first.get_or_insert_with(|| sample.clone());
        self.last = Some(sample);
        told
    }

    /// The first time up and, after that, the first time down.
    fn step(&mut self, activity: &ScalingActivity, at: Timestamp) {
        let Some(to) = activity.set_to() else { return };
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

    /// Whether it has scaled out and is back where it was.
    pub fn done(&self) -> bool {
        let (Some(first), Some(last)) = (&self.first, &self.last) else { return false };
        self.out.is_some() && self.back.is_some() && last.desired <= first.desired && last.running <= first.desired
    }

    /// The report at the end.
    pub fn ended(&self) -> Ended {
        Ended {
            load: self.load,
            out: self.out.map(|step| (step.at, step.to)),
            capacity: self.out.and_then(|step| step.reached),
            calm: self.calm.filter(|_| self.out.is_some()),
            back: self.back.map(|step| (step.at, step.to)),
            most: self.most,
            held: self.held.iter().map(|(reason, times)| (reason.clone(), *times)).collect(),
        }
    }
}

/// An alarm of a policy by its last words: `AlarmHigh`, `AlarmLow`; another by its name.
pub fn short(alarm: &str) -> &str {
    let kind = ["AlarmHigh", "AlarmLow"].into_iter().find(|kind| alarm.contains(kind));
    kind.unwrap_or(alarm)
}

fn words(activity: &ScalingActivity) -> String {
    if !activity.not_scaled.is_empty() {
        return format!("not scaled: {}", activity.not_scaled.join(", "));
    }
    let what = activity.set_to().map_or_else(|| activity.description.clone(), |to| format!("desired count to {to}"));
    let failed = activity.message.as_deref().filter(|_| activity.status == "Failed");
    match failed {
        Some(message) => format!("{what}: failed: {message}"),
        None => what,
    }
}

/// `running 2 of 3 · CPU 81 % (aims at 70) · AlarmHigh ALARM · cool-down: out 42s`.
pub fn stands(sample: &Sample) -> String {
    let mut parts = vec![format!("running {} of {}", sample.running, sample.desired)];
    if let Some((min, max)) = sample.limits {
        parts.push(format!("limits {min}–{max}"));
    }
    for (policy, value) in &sample.policies {
        let name = policy.metric.as_deref().unwrap_or(&policy.name);
        let name = name.strip_prefix("ECSServiceAverage").unwrap_or(name);
        let name = name.strip_suffix("Utilization").unwrap_or(name);
        let value = value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0}"));
        let aim = policy.target.map(|target| format!(" (aims at {target:.0})")).unwrap_or_default();
        parts.push(format!("{name} {value}{aim}"));
    }
    for (alarm, state) in sample.alarms.iter().filter(|(_, state)| *state == AlarmState::Alarm) {
        parts.push(format!("{} {}", short(alarm), state.word()));
    }
    let cooling = cooling(sample);
    if !cooling.is_empty() {
        let words: Vec<String> = cooling.into_iter().map(|(way, left)| format!("{way} {}s", left.as_secs())).collect();
        parts.push(format!("cool-down: {}", words.join(", ")));
    }
    parts.join(" · ")
}

/// How long it still waits before it scales out, and in, again.
pub fn cooling(sample: &Sample) -> Vec<(&'static str, SignedDuration)> {
    let last = sample
        .activities
        .iter()
        .filter(|activity| activity.not_scaled.is_empty() && activity.set_to().is_some() && activity.status != "Failed")
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

impl Ended {
    /// The report as sentences.
    pub fn lines(&self) -> Vec<String> {
        let took = |from: Option<Timestamp>, to: Option<Timestamp>| {
            let took = to?.duration_since(from?).max(SignedDuration::ZERO);
            Some(crate::time::short(took))
        };
        let mut lines = Vec::new();
        let Some((out, to)) = self.out else {
            lines.push(match self.load {
                Some(_) => "there was load, and it did not scale out".to_owned(),
                None => "there was no load above what its policies aim at".to_owned(),
            });
            lines.extend(self.reasons());
            return lines;
        };
        if let Some(took) = took(self.load, Some(out)) {
            lines.push(format!("from load to the decision to scale out: {took} (to {to})"));
        }
        match took(Some(out), self.capacity) {
            Some(took) => lines.push(format!("from the decision to running capacity: {took}")),
            None => lines.push("the new capacity did not run while it was watched".to_owned()),
        }
        if let Some(took) = took(self.load, self.capacity) {
            lines.push(format!("from load to new capacity: {took}"));
        }
        match (took(self.calm, self.back.map(|(at, _)| at)), self.back) {
            (Some(took), Some((_, to))) => lines.push(format!("from calm to scaling in: {took} (to {to})")),
            (None, Some((_, to))) => lines.push(format!("it scaled in to {to}")),
            (_, None) => lines.push("it did not scale in while it was watched".to_owned()),
        }
        lines.push(format!("the most tasks that ran: {}", self.most));
        lines.extend(self.reasons());
        lines
    }

    fn reasons(&self) -> Vec<String> {
        let times = |times: u32| if times > 1 { format!(" ({times} times)") } else { String::new() };
        self.held.iter().map(|(reason, count)| format!("held back: {reason}{}", times(*count))).collect()
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
    fn the_report_tells_how_long_each_step_took() {
        let mut watch = Watch::default();
        let (out, back) = (activity("2", 180, 3), activity("3", 900, 1));
        watch.take(sample(0, (1, 1), 20.0, &[activity("1", -4_000, 1)]));
        let told = watch.take(sample(60, (1, 1), 95.0, &[]));
        assert!(told.iter().any(|one| one.what == "alarm AlarmHigh is ALARM"), "{told:?}");
        let told = watch.take(sample(190, (3, 1), 95.0, std::slice::from_ref(&out)));
        assert_eq!(told[0].what, "desired count to 3");
        assert!(told.last().is_some_and(|one| one.what.contains("cool-down: out 50s, in 290s")), "{told:?}");
        watch.take(sample(240, (3, 3), 60.0, std::slice::from_ref(&out)));
        assert!(!watch.done());
        watch.take(sample(910, (1, 3), 10.0, &[out.clone(), back.clone()]));
        watch.take(sample(960, (1, 1), 10.0, &[out, back]));
        assert!(watch.done());
        let ended = watch.ended();
        assert_eq!((ended.load, ended.out, ended.capacity), (Some(at(60)), Some((at(180), 3)), Some(at(240))));
        assert_eq!((ended.calm, ended.back, ended.most), (Some(at(240)), Some((at(900), 1)), 3));
        let lines = ended.lines().join("\n");
        assert!(lines.contains("from load to new capacity: 3m"), "{lines}");
    }

    #[test]
    fn the_reasons_that_held_scaling_back_are_told() {
        let mut watch = Watch::default();
        watch.take(sample(0, (10, 10), 20.0, &[]));
        let mut held = activity("1", 60, 11);
        (held.description, held.not_scaled) = ("Attempting to scale".into(), vec!["AlreadyAtMaxCapacity".into()]);
        watch.take(sample(60, (10, 10), 99.0, &[held]));
        let lines = watch.ended().lines();
        assert_eq!(lines, ["there was load, and it did not scale out", "held back: AlreadyAtMaxCapacity"]);
    }

    #[test]
    fn events_from_before_the_watch_are_not_told_as_new() {
        let mut watch = Watch::default();
        let told = watch.take(sample(0, (1, 1), 20.0, &[activity("1", -60, 1)]));
        assert_eq!(told.len(), 1);
        let told = watch.take(sample(10, (1, 1), 20.0, &[activity("1", -60, 1)]));
        assert_eq!(told.len(), 1);
        assert_eq!(watch.ended().lines()[0], "there was no load above what its policies aim at");
    }
}
