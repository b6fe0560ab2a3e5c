//! The schedules in the plans, and the part of a week in which they keep a service stopped.

use crate::costs::stopped_fraction;
use crate::infra::plan::{Billed, key_of};
use crate::timer::{ScheduledLimits, Timer};
use jiff::Timestamp;

/// The schedules in the plans that stop and start services.
pub struct Schedule<'a> {
    /// EventBridge Scheduler schedules, which stop all services.
    common: Vec<Timer>,
    /// Application Auto Scaling scheduled actions, which stop one service each.
    own: Vec<(&'a Billed, Timer)>,
    /// The start of the week.
    now: Timestamp,
}

impl<'a> Schedule<'a> {
    /// Collects the schedules among the resources of the plans. `now` is the start of the coming week.
    pub fn new(resources: &[(&'a str, &'a Billed)], now: Timestamp) -> Self {
        let mut schedule = Self { common: Vec::new(), own: Vec::new(), now };
        for (_, resource) in resources {
            match resource.kind().as_str() {
                "aws_scheduler_schedule" => schedule.common.push(of_scheduler(resource)),
                "aws_appautoscaling_scheduled_action" => schedule.own.push((*resource, of_scaling(resource))),
                _ => {}
            }
        }
        schedule
    }

    /// Returns the part of a week in which all services are stopped together; `None` if no schedules both stop and
    /// start them.
    pub fn common(&self) -> Option<f64> {
        stopped_fraction(&self.common, self.now)
    }

    /// Returns the part of a week in which a service is stopped, by common schedules and its own actions; 0 if never.
    pub fn stopped_fraction(&self, service: &Billed) -> f64 {
        let own = self.own.iter().filter(|(action, _)| belongs_to(action, service)).map(|(_, timer)| timer);
        let timers: Vec<Timer> = self.common.iter().chain(own).cloned().collect();
        stopped_fraction(&timers, self.now).unwrap_or(0.0)
    }
}

/// Whether a scalable target, or an action on one, belongs to a service.
pub fn belongs_to(target: &Billed, service: &Billed) -> bool {
    match (target.fact("resource_id"), service.fact("name")) {
        (Some(id), Some(name)) => id.rsplit('/').next() == Some(name),
        // The values are only known after the apply: compare the instance keys.
        _ => !key_of(&service.address).is_empty() && key_of(&target.address) == key_of(&service.address),
    }
}

fn text(one: &Billed, name: &str) -> String {
    one.fact(name).unwrap_or_default().to_owned()
}

fn of_scheduler(one: &Billed) -> Timer {
    Timer {
        name: one.address.clone(),
        expression: text(one, "schedule_expression"),
        timezone: one.fact("schedule_expression_timezone").map(str::to_owned),
        enabled: one.fact("state") != Some("DISABLED"),
        input: text(one, "input"),
        ..Timer::default()
    }
}

fn of_scaling(one: &Billed) -> Timer {
    let count = |name: &str| one.fact(name).and_then(|text| text.parse().ok());
    Timer {
        name: one.address.clone(),
        expression: text(one, "schedule"),
        timezone: one.fact("timezone").map(str::to_owned),
        enabled: true,
        action: Some(ScheduledLimits {
            resource: text(one, "resource_id"),
            min: count("min_capacity"),
            max: count("max_capacity"),
        }),
        ..Timer::default()
    }
}
