//! Stops and starts an environment: through its scheduler function if it has one, or directly with the same convention:
//! the previous count is stored in a tag of the service.
//!
//! Order: services stop in the reverse of the configured order, then the databases; databases start first, then the
//! services in order.

use super::{Goal, Step, StepChange, Steps};
use crate::app::operation::call::{DESIRED_COUNT_TAG, SUSPENDED_SCALING_TAG, Write};
use crate::app::operation::step::Ctx;
use crate::model::deploy::{Change, Check, Level};
use crate::model::scaling::{ScalableTarget, Suspended};
use crate::model::service::Service;
use crate::model::time;
use crate::model::timer::Power;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The number of tasks for a service that is started without a stored count.
const UNREMEMBERED: u32 = 1;

impl Steps {
    /// The count that each service should get.
    pub(super) fn power_goals(&self, power: Power, services: &[String]) -> BTreeMap<String, u32> {
        let goals = services.iter().filter_map(|name| {
            let service = self.service_named(name).filter(|service| has_settable_count(service))?;
            let goal = match power {
                Power::Stop => 0,
                Power::Start if service.desired > 0 => service.desired,
                // It was at 0 when it was stopped, on purpose.
                Power::Start if service.remembered == Some(0) => 0,
                Power::Start => {
                    let least = self.target_of(name).map_or(0, |target| target.min);
                    service.remembered.unwrap_or(UNREMEMBERED).max(least)
                }
            };
            Some((name.clone(), goal))
        });
        goals.collect()
    }

    pub(super) fn check_power(&self, power: Power, services: &[String], databases: bool, ctx: &Ctx<'_>) -> Vec<Check> {
        let mut checks = Vec::new();
        for name in services.iter().filter(|name| self.service_named(name).is_none()) {
            checks.push(Check::new(Level::Warn, format!("there is no service {name}: it is left out")));
        }
        for service in self.services.iter().filter(|service| !has_settable_count(service)) {
            let (name, status) = (&service.name, &service.status);
            let text = if service.is_daemon() {
                format!("{name} is a DAEMON service: one task runs on each container instance; it is left out")
            } else {
                format!("{name} is {status}: it was deleted, and is left out")
            };
            checks.push(Check::new(Level::Note, text));
        }
        if services.is_empty() && !databases {
            checks.push(Check::new(Level::Stop, "the environment has no services"));
        }
        if self.function {
            let name = ctx.environment.scheduler.as_deref().unwrap_or_default();
            checks.push(Check::new(Level::Note, format!("it is done by {name}, as the schedule does it")));
        }
        let goals = self.power_goals(power, services);
        if goals.is_empty() && !services.is_empty() && !databases {
            checks.push(Check::new(
                Level::Stop,
                format!(
                    "there is no service that could be {}",
                    match power {
                        Power::Stop => "stopped",
                        Power::Start => "started",
                    }
                ),
            ));
        }
        checks.extend(self.check_scaling(power));
        if !databases {
            checks.extend(self.check_reached(power, &goals));
        }
        for service in self.services.iter().filter(|service| service.is_rolling_out() && !service.is_deleted()) {
            checks.push(Check::new(Level::Warn, format!("a deployment of {} is in progress", service.name)));
        }
        if power == Power::Start {
            let kept_at_zero = goals.iter().filter(|(_, goal)| **goal == 0);
            checks.extend(kept_at_zero.map(|(name, _)| {
                Check::new(Level::Note, format!("{name} was at 0 when it was stopped, and stays there"))
            }));
            let unknown = self
                .services
                .iter()
                .filter(|service| has_settable_count(service) && service.desired == 0 && service.remembered.is_none());
            checks.extend(unknown.map(|service| {
                Check::new(
                    Level::Note,
                    format!("the earlier count of {} is not known: {UNREMEMBERED} is started", service.name),
                )
            }));
            checks.extend(self.check_above(&goals));
        }
        let opposite = if power == Power::Stop { Power::Start } else { Power::Stop };
        if let Some(at) = crate::model::deploy::preflight::soonest(&self.timers, opposite, ctx.service_now) {
            let text = format!(
                "the schedule {}s the environment at {}",
                opposite.name(),
                time::moment(at, ctx.service_now, ctx.zone)
            );
            checks.push(Check::new(Level::Note, text));
        }
        if databases {
            if self.databases.is_empty() {
                checks.push(Check::new(Level::Stop, "the environment has no database that could be found"));
            }
            if power == Power::Stop {
                checks.push(Check::new(Level::Note, "AWS starts a stopped database by itself after seven days"));
            }
        }
        checks
    }

    /// Warns about counts above the limit of autoscaling, which will reset them once it is as before the stop.
    fn check_above(&self, goals: &BTreeMap<String, u32>) -> Vec<Check> {
        let above = goals.iter().filter_map(|(name, goal)| {
            let target = self.target_of(name).filter(|target| *goal > target.max)?;
            let suspended_before = self.service_named(name).and_then(|service| service.remembered_scaling);
            let text = format!("autoscaling of {name} allows {} at most, and may set {goal} back to that", target.max);
            let hint = format!("`cockpit autoscaling {name} --max {goal}` moves its limit");
            (!suspended_before.unwrap_or(target.suspended).scale_in).then(|| Check::new(Level::Warn, text).hint(hint))
        });
        above.collect()
    }

    /// The check that stops the operation if all counts are reached already.
    fn check_reached(&self, power: Power, goals: &BTreeMap<String, u32>) -> Option<Check> {
        let is_reached = goals.iter().all(|(name, goal)| self.before.get(name) == Some(goal));
        if goals.is_empty() || !is_reached {
            return None;
        }
        let lacks = |service: &&Service| goals.get(&service.name).is_some_and(|goal| service.running < *goal);
        let below_count: Vec<String> = self
            .services
            .iter()
            .filter(lacks)
            .map(|service| format!("{} runs {} of {}", service.name, service.running, service.desired))
            .collect();
        let what = match power {
            Power::Stop => "everything is stopped already",
            Power::Start if goals.values().all(|goal| *goal == 0) => "everything was at 0 when it was stopped",
            Power::Start if !below_count.is_empty() => "everything is set to run already",
            Power::Start => "everything runs already",
        };
        let check = Check::new(Level::Stop, what);
        Some(match power {
            Power::Start if !below_count.is_empty() => Check {
                text: format!("{what}, and not all of it does: {}", below_count.join(", ")),
                ..check.hint("`cockpit services` and `cockpit tasks` say why")
            },
            Power::Start | Power::Stop => check,
        })
    }

    /// Notes that autoscaling suspended by a person stays suspended.
    fn check_scaling(&self, power: Power) -> Vec<Check> {
        let suspended = self.services.iter().filter_map(|service| {
            let state = self.target_of(&service.name)?.suspended;
            (state.any() && service.remembered_scaling.is_none()).then_some((&service.name, state.describe()))
        });
        let notes = suspended.map(|(name, what)| match power {
            Power::Stop if self.function => format!("autoscaling of {name} is suspended ({what}), and stays so"),
            Power::Stop => format!("autoscaling of {name} is suspended ({what}): a start brings that back"),
            Power::Start => {
                format!("autoscaling of {name} is suspended ({what}), and stays so: no stop has kept how it was before")
            }
        });
        notes.map(|text| Check::new(Level::Note, text)).collect()
    }

    /// A target's suspended state is written as a whole: kinds of scaling that are unknown here would be lost.
    pub(super) fn check_suspended(&self, steps: &VecDeque<Step>) -> Vec<Check> {
        let written = steps.iter().filter_map(|step| match step {
            Step::Do(Write::Limits { resource, suspended: Some(_), .. }) => self.scalable.get(resource),
            _ => None,
        });
        let lost = written.flat_map(|target| target.not_carried.iter().map(move |field| (target, field)));
        let checks = lost.map(|(target, field)| {
            let name = target.resource.rsplit('/').next().unwrap_or_default();
            Check::new(Level::Stop, format!("autoscaling of {name}: `{field}` is not known here and would be lost"))
                .hint("a newer version of the cockpit may know it; until then, suspend and resume with the AWS CLI")
        });
        checks.collect()
    }

    pub(super) fn power_changes(&self, _: &Ctx<'_>) -> Vec<Change> {
        let StepChange::Power { power, services, databases, .. } = &self.request.wanted else { return Vec::new() };
        let mut changes = Vec::new();
        for (name, goal) in self.power_goals(*power, services) {
            let now = self.before.get(&name).copied().unwrap_or_default();
            changes.extend(Change::of(format!("{name} desired"), now.to_string(), goal.to_string()));
        }
        if *databases {
            let state = power.database_status();
            changes
                .extend(self.databases.iter().filter_map(|database| Change::of(&database.id, &database.status, state)));
        }
        changes
    }

    /// How to undo a stop or a start, as far as possible.
    pub(super) fn undo_power(&self, power: Power, databases: bool) -> String {
        let databases = if databases { " --databases" } else { "" };
        match power {
            Power::Stop => format!("`cockpit start{databases}` brings the present counts back"),
            Power::Start => {
                let running_count =
                    self.services.iter().filter(|service| has_settable_count(service) && service.desired > 0).count();
                let more = match running_count {
                    0 => "",
                    1 => ", and stops the one that runs now as well",
                    _ => ", and stops those that run now as well",
                };
                format!("`cockpit stop{databases}` undoes it{more}")
            }
        }
    }

    pub(super) fn compile_power(&self, power: Power, services: &[String], ctx: &Ctx<'_>, steps: &mut VecDeque<Step>) {
        let StepChange::Power { databases, .. } = &self.request.wanted else { return };
        let goals = self.power_goals(power, services);
        if *databases && power == Power::Start {
            self.switch_databases(power, steps);
        }
        if let Some(function) = ctx.environment.scheduler.clone().filter(|_| self.function) {
            if !goals.is_empty() {
                steps.push_back(Step::Do(Write::Invoke { function, power }));
            }
            // The function does not know about autoscaling suspended by a direct stop.
            if power == Power::Start {
                for name in goals.keys() {
                    self.restore_scaling(name, &[SUSPENDED_SCALING_TAG], steps);
                }
            }
        } else {
            let mut order: Vec<&String> = services.iter().filter(|name| goals.contains_key(*name)).collect();
            if power == Power::Stop {
                order.reverse();
            }
            for name in order {
                self.switch_service(name, goals[name], power, ctx, steps);
            }
        }
        if !goals.is_empty() {
            steps.push_back(Step::Until(Goal::Counts(goals)));
        }
        if *databases && power == Power::Stop {
            self.switch_databases(power, steps);
        }
    }

    /// Stops or starts one service directly: its count is stored first, and autoscaling must not restore it.
    fn switch_service(&self, name: &str, goal: u32, power: Power, ctx: &Ctx<'_>, steps: &mut VecDeque<Step>) {
        let Some(service) = self.service_named(name) else { return };
        let update = Step::Do(Write::Update {
            cluster: ctx.cluster(),
            service: name.to_owned(),
            task_definition: None,
            force: false,
            desired: Some(goal),
            exec: false,
        });
        match power {
            Power::Stop => {
                let found = self.target_of(name);
                // A suspension made by a stop is not a person's, and a service stopped before has stored the person's.
                let ours = |state: Suspended| service.desired == 0 && state == Suspended::ALL;
                let suspended_by_person = found.map(|target| target.suspended);
                let suspended_by_person =
                    suspended_by_person.filter(|state| service.remembered_scaling.is_none() && !ours(*state));
                // A service at 0 without a stop is stored as such: a start leaves it there.
                let desired = Some(service.desired).filter(|count| *count > 0 || service.remembered.is_none());
                if desired.is_some() || suspended_by_person.is_some() {
                    let arn = service.arn.clone();
                    steps.push_back(Step::Do(Write::Remember { arn, desired, suspended: suspended_by_person }));
                }
                steps.extend(found.and_then(|target| suspend(target, Suspended::ALL)));
                if service.desired > 0 {
                    steps.push_back(update);
                }
            }
            Power::Start => {
                if service.desired != goal {
                    steps.push_back(update);
                }
                let keys = [
                    service.remembered.map(|_| DESIRED_COUNT_TAG),
                    service.remembered_scaling.map(|_| SUSPENDED_SCALING_TAG),
                ];
                self.restore_scaling(name, &keys.into_iter().flatten().collect::<Vec<_>>(), steps);
            }
        }
    }

    /// Restores autoscaling as before the stop, and removes the stored values.
    fn restore_scaling(&self, name: &str, keys: &[&'static str], steps: &mut VecDeque<Step>) {
        let Some(service) = self.service_named(name) else { return };
        if let Some(state) = service.remembered_scaling {
            steps.extend(self.target_of(name).and_then(|target| suspend(target, state)));
        }
        let is_stored = |key: &&'static str| match *key {
            DESIRED_COUNT_TAG => service.remembered.is_some(),
            _ => service.remembered_scaling.is_some(),
        };
        let keys: Vec<&'static str> = keys.iter().copied().filter(is_stored).collect();
        if !keys.is_empty() {
            steps.push_back(Step::Do(Write::Forget { arn: service.arn.clone(), keys }));
        }
    }

    fn switch_databases(&self, power: Power, steps: &mut VecDeque<Step>) {
        let moving = self.databases.iter().filter(|database| database.status != power.database_status());
        let mut goals = BTreeSet::new();
        for database in moving {
            if database.status != power.database_transition_status() {
                steps.push_back(Step::Do(Write::Database {
                    id: database.id.clone(),
                    cluster: database.cluster,
                    power,
                }));
            }
            goals.insert(database.id.clone());
        }
        if !goals.is_empty() {
            steps.push_back(Step::Until(Goal::Databases(power, goals)));
        }
    }
}

/// Whether it has a count that can be set.
fn has_settable_count(service: &Service) -> bool {
    service.status == "ACTIVE" && !service.is_daemon()
}

/// The step that sets what is suspended of a target's scaling; `None` if it is so already.
fn suspend(target: &ScalableTarget, state: Suspended) -> Option<Step> {
    let limits = Write::Limits { resource: target.resource.clone(), min: None, max: None, suspended: Some(state) };
    (target.suspended != state).then_some(Step::Do(limits))
}

#[cfg(test)]
#[path = "power_tests.rs"]
mod tests;
