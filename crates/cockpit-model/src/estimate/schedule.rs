//! The schedules of the plans: in which part of a week they have a service stopped.

use crate::costs::stopped_part;
use crate::infra::plan::{Billed, key_of};
use crate::timer::{Sets, Timer};
use jiff::Timestamp;

/// The schedules that stop and start services, by the plans.
pub struct Schedule<'a> {
    /// Schedules of EventBridge Scheduler: what they call stops all services.
    common: Vec<Timer>,
    /// Scheduled actions of Application Auto Scaling: each stops one service.
    own: Vec<(&'a Billed, Timer)>,
    /// Where the week begins.
    now: Timestamp,
}

impl<'a> Schedule<'a> {
    /// The schedules among the resources of the plans. `now` is where the coming week begins.
    pub fn new(all: &[(&'a str, &'a Billed)], now: Timestamp) -> Self {
        let mut schedule = Self { common: Vec::new(), own: Vec::new(), now };
        for (_, one) in all {
            match one.kind().as_str() {
                "aws_scheduler_schedule" => schedule.common.push(of_scheduler(one)),
                "aws_appautoscaling_scheduled_action" => schedule.own.push((*one, of_scaling(one))),
                _ => {}
            }
        }
        schedule
    }

    /// The part of a week in which all services are stopped together; none where nothing stops and starts them so.
    pub fn common(&self) -> Option<f64> {
        stopped_part(&self.common, self.now)
    }

    /// The part of a week in which this service is stopped: by what stops all, and by its own actions. 0 where it never is.
    pub fn of(&self, service: &Billed) -> f64 {
        let own = self.own.iter().filter(|(action, _)| is_of(action, service)).map(|(_, timer)| timer);
        let timers: Vec<Timer> = self.common.iter().chain(own).cloned().collect();
        stopped_part(&timers, self.now).unwrap_or(0.0)
    }
}

/// Whether a scalable target, or an action on one, is a service's.
pub fn is_of(target: &Billed, service: &Billed) -> bool {
    match (target.fact("resource_id"), service.fact("name")) {
        (Some(id), Some(name)) => id.rsplit('/').next() == Some(name),
        // What is known only after an apply: the same key of the code.
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
        action: Some(Sets {
            resource: text(one, "resource_id"),
            min: count("min_capacity"),
            max: count("max_capacity"),
        }),
        ..Timer::default()
    }
}
