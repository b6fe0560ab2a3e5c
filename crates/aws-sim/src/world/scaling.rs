//! Application Auto Scaling: target tracking once a minute, scheduled actions, activities. Its alarms are evaluated
//! in `alarms`; the desired count is applied in `scheduler`.

use super::alarms::{AlarmSpec, Comparison, State};
use super::metrics::{MetricName, Source};
use super::schedule;
use super::{DAY, Event, MINUTE, SECOND, World};
use crate::account::ACCOUNT;
use crate::clock::Ms;
use crate::rng::Rng;
use crate::wire::map;
use std::collections::VecDeque;

/// A target tracking policy.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) uuid: String,
    /// The `PredefinedMetricType`.
    pub(crate) metric: &'static str,
    /// The target value, in percent.
    pub(crate) target: f64,
    /// The cool-down after scaling out, in seconds.
    pub(crate) out_cooldown: u32,
    /// The cool-down after scaling in, in seconds.
    pub(crate) in_cooldown: u32,
    pub(crate) created: Ms,
    /// The index of the `AlarmHigh` in the alarms.
    pub(crate) high: usize,
    /// The index of the `AlarmLow`.
    pub(crate) low: usize,
    source: Source,
}

/// A scheduled action: sets other limits at its time.
#[derive(Debug)]
pub(crate) struct ScheduledAction {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) expression: String,
    pub(crate) zone: String,
    pub(crate) min: Option<u32>,
    pub(crate) max: Option<u32>,
    pub(crate) start: Option<Ms>,
    pub(crate) end: Option<Ms>,
    pub(crate) created: Ms,
    /// The number of its current plan; events of earlier plans are ignored.
    pub(crate) number: u64,
}

/// A scaling activity with its cause.
#[derive(Debug)]
pub(crate) struct Activity {
    pub(crate) id: String,
    pub(crate) at: Ms,
    pub(crate) end: Option<Ms>,
    pub(crate) cause: String,
    pub(crate) description: String,
    pub(crate) status: &'static str,
    pub(crate) message: String,
    /// Reason code, limit and capacity of an activity that did not scale.
    pub(crate) not_scaled: Option<(&'static str, u32, u32)>,
}

/// A scalable target, always a service's desired count.
#[derive(Debug)]
pub(crate) struct ScalableTarget {
    pub(crate) service: usize,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) suspended_in: bool,
    pub(crate) suspended_out: bool,
    pub(crate) suspended_schedule: bool,
    pub(crate) created: Ms,
    pub(crate) policies: Vec<Policy>,
    pub(crate) actions: Vec<ScheduledAction>,
    /// The activities, newest first.
    pub(crate) activities: VecDeque<Activity>,
    last_out: Ms,
    last_in: Ms,
    rng: Rng,
}

/// The number of activities to keep per target.
const REMEMBERED: usize = 200;

impl World {
    /// `service/CLUSTER/NAME`.
    pub(crate) fn resource_id(&self, service: usize) -> String {
        let s = &self.services[service];
        format!("service/{}/{}", self.clusters[s.cluster].name, s.name)
    }

    /// Registers the desired count of a service as a scalable target.
    pub(crate) fn add_scaling(&mut self, service: usize, min: u32, max: u32) -> usize {
        let rng = Rng::new(self.seed, &format!("scaling {}", self.resource_id(service)));
        self.scaling.push(ScalableTarget {
            service,
            min,
            max,
            suspended_in: false,
            suspended_out: false,
            suspended_schedule: false,
            created: self.start - 90 * DAY,
            policies: Vec::new(),
            actions: Vec::new(),
            activities: VecDeque::new(),
            last_out: Ms::MIN / 2,
            last_in: Ms::MIN / 2,
            rng,
        });
        self.scaling.len() - 1
    }

    /// Adds target tracking of a predefined metric, with its two alarms.
    pub(crate) fn track(&mut self, target: usize, name: &str, metric: &'static str, value: f64) {
        let service = self.scaling[target].service;
        let (source, metric_name) = match metric {
            "ECSServiceAverageMemoryUtilization" => (Source::ServiceMemory(service), "MemoryUtilization"),
            _ => (Source::ServiceCpu(service), "CPUUtilization"),
        };
        let cluster = self.services[service].cluster;
        let (region, cluster) = (self.clusters[cluster].region, self.clusters[cluster].name.clone());
        let service_name = self.services[service].name.clone();
        let dims = [("ClusterName", cluster.as_str()), ("ServiceName", service_name.as_str())];
        let uuid = self.scaling[target].rng.uuid();
        let arn = self.policy_arn(target, &uuid, name);
        let resource = self.resource_id(service);
        let (high_id, low_id) = (self.scaling[target].rng.uuid(), self.scaling[target].rng.uuid());
        let mut spec = AlarmSpec {
            region,
            name: format!("TargetTracking-{resource}-AlarmHigh-{high_id}"),
            description: format!("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {arn}."),
            metric: MetricName::new("AWS/ECS", metric_name, &dims),
            statistic: "Average",
            unit: Some("Percent"),
            period: 60,
            periods: 3,
            threshold: value,
            comparison: Comparison::Greater,
            missing: "missing",
            actions: vec![arn],
            flat: None,
        };
        let high = self.add_alarm(spec.clone());
        spec.name = format!("TargetTracking-{resource}-AlarmLow-{low_id}");
        spec.periods = 15;
        spec.threshold = value * 0.9;
        spec.comparison = Comparison::Less;
        let low = self.add_alarm(spec);
        let created = self.start - 90 * DAY;
        let name = name.to_owned();
        self.scaling[target].policies.push(Policy {
            name,
            uuid,
            metric,
            target: value,
            out_cooldown: 60,
            in_cooldown: 300,
            created,
            high,
            low,
            source,
        });
    }

    /// Adds a scheduled action in Japan's time zone, as old as its target.
    pub(crate) fn add_scheduled(&mut self, target: usize, name: &str, expression: &str, min: u32, max: u32) {
        let action = ScheduledAction {
            name: name.to_owned(),
            uuid: String::new(),
            expression: expression.to_owned(),
            zone: "Asia/Tokyo".to_owned(),
            min: Some(min),
            max: Some(max),
            start: None,
            end: None,
            created: self.start - 90 * DAY,
            number: 0,
        };
        self.put_action(target, action);
    }

    /// Adds a scheduled action or replaces the one with its name, and plans its next time.
    pub(crate) fn put_action(&mut self, target: usize, mut action: ScheduledAction) {
        action.number = self.serial();
        let number = action.number;
        let t = &mut self.scaling[target];
        if let Some(old) = t.actions.iter_mut().find(|a| a.name == action.name) {
            (action.uuid, action.created) = (old.uuid.clone(), old.created);
            *old = action;
        } else {
            action.uuid = t.rng.uuid();
            t.actions.push(action);
        }
        self.plan_action(target, number);
    }

    fn plan_action(&mut self, target: usize, number: u64) {
        let Some(a) = self.scaling[target].actions.iter().find(|a| a.number == number) else { return };
        if let Some(at) = schedule::next(&a.expression, &a.zone, (self.now, a.created), a.start, a.end) {
            // Slightly later than a schedule of the same time, which must see the count before it changes.
            self.schedule(at + 1, Event::Scheduled { target, number });
        }
    }

    pub(crate) fn policy_arn(&self, target: usize, uuid: &str, name: &str) -> String {
        let service = self.scaling[target].service;
        let region = self.clusters[self.services[service].cluster].region;
        let resource = self.resource_id(service);
        format!("arn:aws:autoscaling:{region}:{ACCOUNT}:scalingPolicy:{uuid}:resource/ecs/{resource}:policyName/{name}")
    }

    /// Fires a scheduled action, if it was not changed or deleted in the meantime.
    pub(crate) fn scheduled_action(&mut self, target: usize, number: u64) {
        self.plan_action(target, number);
        let t = &self.scaling[target];
        let Some(a) = t.actions.iter().find(|a| a.number == number).filter(|_| !t.suspended_schedule) else { return };
        let name = a.name.clone();
        // An omitted limit stays, adjusted to the other one if necessary.
        let (min, max) = match (a.min, a.max) {
            (Some(min), None) => (min, t.max.max(min)),
            (None, Some(max)) => (t.min.min(max), max),
            (min, max) => (min.unwrap_or(t.min), max.unwrap_or(t.max)),
        };
        let now = self.now;
        self.record(
            target,
            Activity {
                id: String::new(),
                at: now,
                end: Some(now),
                cause: format!("scheduled action name {name} was triggered"),
                description: format!("Setting min capacity to {min} and max capacity to {max}"),
                status: "Successful",
                message: format!("Successfully set min capacity to {min} and max capacity to {max}"),
                not_scaled: None,
            },
        );
        self.set_limits(target, min, max);
    }

    /// Sets the limits and moves the desired count into them.
    pub(crate) fn set_limits(&mut self, target: usize, min: u32, max: u32) {
        let t = &mut self.scaling[target];
        (t.min, t.max) = (min, max);
        let desired = self.services[t.service].desired;
        if desired < min {
            self.scale_to(target, min, format!("minimum capacity was set to {min}"));
        } else if desired > max {
            self.scale_to(target, max, format!("maximum capacity was set to {max}"));
        }
    }

    /// Changes the desired count and records an activity.
    fn scale_to(&mut self, target: usize, desired: u32, cause: String) {
        let service = self.scaling[target].service;
        let now = self.now;
        self.fulfil(service);
        self.record(
            target,
            Activity {
                id: String::new(),
                at: now,
                end: None,
                cause,
                description: format!("Setting desired count to {desired}."),
                status: "InProgress",
                message: format!(
                    "Successfully set desired count to {desired}. Waiting for change to be fulfilled by ecs."
                ),
                not_scaled: None,
            },
        );
        let s = &self.services[service];
        let c = &self.clusters[s.cluster];
        let input = map! {"cluster": &c.name, "service": &s.name, "desiredCount": desired};
        let region = c.region;
        self.record_other_write(
            region,
            "ecs:UpdateService",
            "",
            Some("ecs.application-autoscaling.amazonaws.com"),
            &input,
        );
        self.set_desired(service, desired);
    }

    /// Records an activity; only the newest are kept.
    pub(crate) fn record(&mut self, target: usize, mut activity: Activity) {
        let t = &mut self.scaling[target];
        activity.id = t.rng.uuid();
        t.activities.push_front(activity);
        t.activities.truncate(REMEMBERED);
    }

    /// Completes the activities in progress, because the service is steady.
    pub(crate) fn fulfil(&mut self, service: usize) {
        let now = self.now;
        for t in self.scaling.iter_mut().filter(|t| t.service == service) {
            for a in t.activities.iter_mut().filter(|a| a.status == "InProgress") {
                a.status = "Successful";
                a.end = Some(now);
                a.message = a
                    .message
                    .replace("Waiting for change to be fulfilled by ecs.", "Change successfully fulfilled by ecs.");
            }
        }
    }

    /// Evaluates target tracking of every target for the minute that has just ended.
    pub(crate) fn evaluate_scaling(&mut self) {
        for target in 0..self.scaling.len() {
            if !self.scaling[target].policies.is_empty() {
                self.evaluate_target(target);
            }
        }
    }

    fn evaluate_target(&mut self, target: usize) {
        let now = self.now;
        let minute = now.div_euclid(MINUTE) - 1;
        let t = &self.scaling[target];
        let desired = self.services[t.service].desired;
        let running = self.services[t.service].load.running_at(minute * MINUTE + MINUTE - 1);
        let mut out: Option<(u32, usize)> = None;
        let mut inward: Option<(u32, usize)> = None;
        let mut all_low = true;
        for (at, p) in t.policies.iter().enumerate() {
            let Some(value) = self.metric(p.source, minute) else {
                all_low = false;
                continue;
            };
            let wanted = (f64::from(running) * value / p.target).ceil() as u32;
            if self.alarms[p.high].state == State::Alarm {
                // At least one more, because the alarm shows that the current count is not enough.
                let wanted = wanted.max(desired + 1);
                out = out.max(Some((wanted, at)));
            }
            all_low &= self.alarms[p.low].state == State::Alarm;
            inward = inward.max(Some((wanted, at)));
        }
        let cooled = |last: Ms, seconds: u32| now - last >= Ms::from(seconds) * SECOND;
        if let Some((wanted, at)) = out {
            self.scale_out(target, wanted, at, desired, cooled(t.last_out, t.policies[at].out_cooldown));
        } else if let Some((wanted, at)) = inward.filter(|_| all_low) {
            let cooldown = t.policies[at].in_cooldown;
            let wanted = wanted.max(t.min);
            let free = cooled(t.last_in, cooldown) && cooled(t.last_out, cooldown) && !t.suspended_in;
            if free && wanted < desired {
                let cause = self.cause(target, at, false);
                self.scaling[target].last_in = now;
                self.scale_to(target, wanted, cause);
            }
        }
    }

    fn scale_out(&mut self, target: usize, wanted: u32, policy: usize, desired: u32, cooled: bool) {
        let now = self.now;
        let t = &self.scaling[target];
        if t.suspended_out || !cooled {
            return;
        }
        let max = t.max;
        let cause = self.cause(target, policy, true);
        if desired < max {
            self.scaling[target].last_out = now;
            self.scale_to(target, wanted.min(max), cause);
            return;
        }
        // Recorded once until the situation changes.
        if self.scaling[target].activities.front().is_none_or(|a| a.not_scaled.is_none()) {
            self.record(
                target,
                Activity {
                    id: String::new(),
                    at: now,
                    end: Some(now),
                    cause,
                    description: "Attempting to scale due to alarm triggered".to_owned(),
                    status: "Unfulfilled",
                    message: "Not scaled: already at maximum capacity".to_owned(),
                    not_scaled: Some(("AlreadyAtMaxCapacity", max, desired)),
                },
            );
        }
    }

    fn cause(&self, target: usize, policy: usize, high: bool) -> String {
        let p = &self.scaling[target].policies[policy];
        let alarm = &self.alarms[if high { p.high } else { p.low }];
        format!("monitor alarm {} in state ALARM triggered policy {}", alarm.name, p.name)
    }
}
