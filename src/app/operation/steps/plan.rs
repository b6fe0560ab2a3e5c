//! The reads before each operation, and its plan.

use super::sentence::sentence;
use super::skip::{RULES, own};
use super::{Goal, Phase, Request, Step, StepChange, Steps};
use crate::app::operation::call::{CallResult, Read, Reply, Write};
use crate::app::operation::plan::Plan;
use crate::app::operation::step::{Ctx, Slot, schedules};
use crate::model::deploy::preflight::deleted;
use crate::model::deploy::{Change, Check, Level};
use crate::model::scaling::Suspended;
use crate::model::service::Service;
use crate::model::timer::Power;
use crate::model::{FailureKind, ScalableTarget};
use std::collections::{BTreeMap, VecDeque};

impl Steps {
    /// Reads everything the plan is based on.
    pub(super) fn read(&mut self, ctx: &mut Ctx<'_>) {
        let cluster = ctx.cluster();
        let reads: Vec<(Slot, Read)> = match self.request.wanted.clone() {
            StepChange::Scale { service, .. } | StepChange::Limits { service, .. } => vec![
                (Slot::Scalable, Read::Scalable { resource: format!("service/{cluster}/{service}") }),
                (Slot::Service, Read::Services { cluster, names: vec![service] }),
            ],
            StepChange::Power { services, databases, direct, .. } => {
                let mut reads: Vec<(Slot, Read)> = Vec::new();
                for (number, names) in services.chunks(10).enumerate() {
                    let slot = Slot::Choice(format!("services {number}"));
                    reads.push((slot, Read::Services { cluster: cluster.clone(), names: names.to_vec() }));
                }
                for name in &services {
                    let resource = format!("service/{cluster}/{name}");
                    reads.push((Slot::Choice(format!("scalable {name}")), Read::Scalable { resource }));
                }
                if let Some(name) = ctx.environment.scheduler.clone().filter(|_| !direct) {
                    reads.push((Slot::Function, Read::Function { name }));
                }
                if databases {
                    reads.push((Slot::Databases, Read::Databases { patterns: ctx.environment.databases.clone() }));
                }
                if let Some(prefix) = ctx.environment.schedules.clone() {
                    reads.push((Slot::Timers, Read::Timers { prefix }));
                }
                reads
            }
            StepChange::StopTask { id } => vec![(Slot::Tasks, Read::Task { cluster, id })],
            StepChange::Skip { .. } => {
                let reads = schedules(ctx.environment);
                if reads.is_empty() {
                    let check = Check::new(Level::Stop, format!("{} has no schedule", ctx.environment.name));
                    let hint = format!("name it with `schedules` in the environment's configuration; {RULES}");
                    self.checks.push(check.hint(hint));
                }
                reads
            }
        };
        for (slot, read) in reads {
            self.waiting.push(slot.clone());
            ctx.read(slot, read);
        }
        if self.waiting.is_empty() {
            self.continue_when_read(ctx);
        }
    }

    pub(super) fn take_read(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        self.waiting.retain(|waiting| waiting != slot);
        match answered.outcome {
            Ok(Reply::Services(found)) => self.services.extend(found),
            Ok(Reply::Scalable(Some(found))) => {
                self.scalable.insert(found.resource.clone(), found);
            }
            Ok(Reply::Timers(found)) => self.timers.extend(own(found, ctx.environment)),
            Ok(Reply::Databases(found)) => self.databases = found,
            Ok(Reply::Tasks(found)) => self.tasks = found,
            Ok(Reply::Done) => self.function = true,
            Ok(_) => {}
            Err(failure) => {
                let (level, what) = match slot {
                    Slot::Timers if matches!(self.request.wanted, StepChange::Power { .. }) => {
                        (Level::Note, "the schedule cannot be read")
                    }
                    Slot::Function => (Level::Stop, "the scheduler function cannot be used"),
                    _ => (Level::Stop, "not everything could be read"),
                };
                let check = Check::failed(level, what, &failure);
                let directly = *slot == Slot::Function && failure.kind != FailureKind::Credentials;
                self.checks.push(if directly { check.hint("do it without the function: --direct") } else { check });
                if level == Level::Stop {
                    self.failure.get_or_insert(failure);
                }
            }
        }
        if self.waiting.is_empty() {
            self.continue_when_read(ctx);
        }
    }

    fn continue_when_read(&mut self, ctx: &mut Ctx<'_>) {
        match self.phase {
            Phase::Rechecking => self.judge_recheck(ctx),
            _ => self.plan(ctx),
        }
    }

    /// The desired counts as just read.
    pub(super) fn counts_now(&self) -> BTreeMap<String, u32> {
        self.services.iter().map(|service| (service.name.clone(), service.desired)).collect()
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        self.before = self.counts_now();
        self.check(ctx);
        let steps = self.compile(ctx);
        self.checks.extend(self.check_suspended(&steps));
        self.checks.sort_by_key(|check| std::cmp::Reverse(check.level));
        self.phase = Phase::Planned;
        self.shown.clone_from(&steps);
        self.planned = Some(ctx.now);
        let sentences = steps.iter().map(|step| match step {
            Step::Do(write) => sentence(write),
            Step::Until(Goal::Counts(counts)) => match counts.values().sum::<u32>() {
                0 => "waiting until no task runs".to_owned(),
                1 => "waiting until 1 task runs".to_owned(),
                tasks => format!("waiting until {tasks} tasks run"),
            },
            Step::Until(Goal::Stopped(_)) => "waiting until it has stopped".to_owned(),
            Step::Until(Goal::Databases(power, ids)) => {
                let state = power.database_status();
                let states: Vec<String> = ids.iter().map(|id| format!("{id} is {state}")).collect();
                format!("waiting until {}", states.join(" and "))
            }
        });
        ctx.plan = Some(Plan {
            title: self.request.title(),
            steps: sentences.collect(),
            changes: self.changes(ctx),
            checks: self.checks.clone(),
            undo: self.undo(),
            risk: self.request.risk(),
            writes: steps
                .iter()
                .filter_map(|step| if let Step::Do(write) = step { Some(write.clone()) } else { None })
                .collect(),
            programs: Vec::new(),
            command: ctx.command(&self.request.command_line()),
            wider_plan_title: self.offer(ctx),
        });
    }

    fn undo(&self) -> String {
        let short = &self.request.short;
        match &self.request.wanted {
            StepChange::Scale { service, desired, min, max, move_limits } => {
                let Some(count_before) = self.before.get(service) else { return String::new() };
                let widened = self
                    .target_of(service)
                    .filter(|target| limits(target, *desired, *min, *max, *move_limits) != (target.min, target.max));
                let widened = widened.map(|target| format!(" --min {} --max {}", target.min, target.max));
                format!("`cockpit scale {short} {count_before}{}` undoes it", widened.unwrap_or_default())
            }
            StepChange::Limits { service, suspended: Some(on), .. } => {
                let before = self.target_of(service).map(|target| target.suspended).unwrap_or_default();
                let flag = if *on { "--resume" } else { "--suspend" };
                match before {
                    Suspended::ALL if *on => "nothing changes: all of it is suspended already".to_owned(),
                    state if !state.any() && !*on => "nothing changes: all of it is on already".to_owned(),
                    state if state.any() && state != Suspended::ALL => {
                        // Both flags act on all kinds of scaling.
                        format!(
                            "by hand: only {} was suspended; `cockpit autoscaling {short} {flag}` is about all of it",
                            state.describe()
                        )
                    }
                    _ => format!("`cockpit autoscaling {short} {flag}` undoes it"),
                }
            }
            StepChange::Limits { service, .. } => match self.target_of(service) {
                Some(target) => {
                    format!("`cockpit autoscaling {short} --min {} --max {}` undoes it", target.min, target.max)
                }
                None => String::new(),
            },
            StepChange::Power { power, databases, .. } => self.undo_power(*power, *databases),
            StepChange::StopTask { id } => match self.tasks.iter().find(|task| task.id == *id) {
                Some(task) if task.service.is_some() => "the service starts another task in its place".to_owned(),
                _ => "nothing brings it back: no service started it".to_owned(),
            },
            StepChange::Skip { power, undo } => {
                let (power, back) = (power.name(), if *undo { "skip" } else { "unskip" });
                format!("`cockpit schedule --{back} {power}` undoes it")
            }
        }
    }

    /// A wider plan worth offering: moving limits that would undo a count, or including the databases.
    fn offer(&self, ctx: &Ctx<'_>) -> Option<String> {
        match &self.request.wanted {
            StepChange::Scale { service, desired, min: None, max: None, move_limits: false } => {
                let target = self.target_of(service)?;
                let outside = *desired < target.min || *desired > target.max;
                outside.then(|| {
                    let (min, max) = (target.min.min(*desired), target.max.max(*desired));
                    format!("with limits {min}–{max}")
                })
            }
            StepChange::Power { databases: false, .. } if !ctx.environment.databases.is_empty() => {
                Some("with databases".to_owned())
            }
            _ => None,
        }
    }

    /// The request for the offered plan.
    pub(super) fn with_offer(&self) -> Option<Request> {
        let mut request = self.request.clone();
        match &mut request.wanted {
            StepChange::Scale { move_limits, .. } => *move_limits = true,
            StepChange::Power { databases, .. } => *databases = true,
            StepChange::Limits { .. } | StepChange::StopTask { .. } | StepChange::Skip { .. } => {
                return None;
            }
        }
        Some(request)
    }

    pub(super) fn service_named(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    pub(super) fn target_of(&self, service: &str) -> Option<&ScalableTarget> {
        self.scalable.values().find(|target| target.resource.rsplit('/').next() == Some(service))
    }

    fn check(&mut self, ctx: &Ctx<'_>) {
        if self.failure.is_some() {
            return;
        }
        let found = match self.request.wanted.clone() {
            StepChange::Scale { service, desired, min, max, move_limits } => {
                self.check_scale(&service, desired, min, max, move_limits)
            }
            StepChange::Limits { service, min, max, .. } => self.check_limits(&service, min, max),
            StepChange::Power { power, services, databases, .. } => self.check_power(power, &services, databases, ctx),
            StepChange::StopTask { id } => match self.tasks.iter().find(|task| task.id == id) {
                None => vec![Check::new(Level::Stop, "there is no such task").hint("`cockpit tasks` lists them")],
                Some(task) if task.stopped() || task.desired_status == "STOPPED" => {
                    vec![Check::new(Level::Stop, format!("it is {} already", task.last_status))]
                }
                Some(task) => match &task.service {
                    // A full task id may belong to another environment in the same cluster.
                    Some(service) if !ctx.environment.has_service(service) => {
                        let text = format!("it is of {service}, which is no service of {}", ctx.environment.name);
                        vec![Check::usage(text).hint("choose the environment that it belongs to with --env")]
                    }
                    Some(service) => {
                        vec![Check::new(Level::Note, format!("{service} starts another one in its place"))]
                    }
                    None => vec![Check::new(Level::Warn, "no service started it: nothing starts another one")],
                },
            },
            StepChange::Skip { power, undo } => self.check_skip(power, undo, ctx),
        };
        self.checks.extend(found);
    }

    fn check_scale(&self, name: &str, desired: u32, min: Option<u32>, max: Option<u32>, moves: bool) -> Vec<Check> {
        let Some(service) = self.service_named(name) else {
            return vec![Check::new(Level::Stop, format!("there is no service {name}"))];
        };
        if let Some(gone) = deleted(service) {
            return vec![gone];
        }
        if service.is_daemon() {
            let text = "it is a DAEMON service: one task runs on each container instance, and it has no count to set";
            return vec![Check::new(Level::Stop, text).hint("add or take away container instances of its cluster")];
        }
        let mut checks = Vec::new();
        if service.desired == desired && min.is_none() && max.is_none() {
            checks.push(Check::new(Level::Note, format!("it is {desired} already")));
        }
        if service.is_rolling_out() {
            checks.push(Check::new(Level::Warn, "a deployment is in progress: it continues with the new count"));
        }
        let Some(target) = self.target_of(name) else {
            if min.is_some() || max.is_some() {
                checks.push(Check::new(Level::Stop, "it has no autoscaling whose limits could be moved"));
            }
            return checks;
        };
        let (low, high) = limits(target, desired, min, max, moves);
        if low > high {
            checks.push(Check::new(Level::Stop, format!("the minimum {low} is above the maximum {high}")));
        }
        let (now_low, now_high) = (target.min, target.max);
        if target.suspended.scale_in && target.suspended.scale_out {
            checks.push(Check::new(
                Level::Note,
                format!("autoscaling {now_low}–{now_high} is suspended: it stays as it is set"),
            ));
        } else if desired < low || desired > high {
            let back = desired.max(low).min(high);
            checks.push(
                Check::new(
                    Level::Warn,
                    format!("autoscaling keeps it between {low} and {high}: it will be set to {back} again"),
                )
                .hint("move its limits too: --move-limits, or --min and --max"),
            );
        } else {
            checks.push(Check::new(Level::Note, format!("autoscaling between {low} and {high} may change it again")));
        }
        checks
    }

    fn check_limits(&self, name: &str, min: Option<u32>, max: Option<u32>) -> Vec<Check> {
        if let Some(gone) = self.service_named(name).and_then(deleted) {
            return vec![gone];
        }
        let Some(target) = self.target_of(name) else {
            return vec![Check::new(Level::Stop, "it has no autoscaling").hint("declare it in infra/terraform")];
        };
        let (low, high) = (min.unwrap_or(target.min), max.unwrap_or(target.max));
        let mut checks = Vec::new();
        if low > high {
            checks.push(Check::new(Level::Stop, format!("the minimum {low} is above the maximum {high}")));
        }
        if let Some(service) = self.service_named(name)
            && !(low..=high).contains(&service.desired)
            && low <= high
        {
            let to = service.desired.clamp(low, high);
            checks.push(Check::new(Level::Note, format!("desired is {} and will be set to {to}", service.desired)));
        }
        checks
    }

    fn changes(&self, ctx: &Ctx<'_>) -> Vec<Change> {
        let range = |min: u32, max: u32| format!("{min}–{max}");
        match &self.request.wanted {
            StepChange::Scale { service, desired, min, max, move_limits } => {
                // A service that could not be read has no count.
                let now = self.before.get(service);
                let mut changes: Vec<Change> = now
                    .and_then(|now| Change::of("desired count", now.to_string(), desired.to_string()))
                    .into_iter()
                    .collect();
                if let Some(target) = self.target_of(service) {
                    let (low, high) = limits(target, *desired, *min, *max, *move_limits);
                    changes.extend(Change::of("limits", range(target.min, target.max), range(low, high)));
                }
                changes
            }
            StepChange::Limits { service, min, max, suspended } => {
                let Some(target) = self.target_of(service) else { return Vec::new() };
                let next = range(min.unwrap_or(target.min), max.unwrap_or(target.max));
                let mut changes: Vec<Change> =
                    Change::of("limits", range(target.min, target.max), next).into_iter().collect();
                if let Some(on) = suspended {
                    let words = |on: bool| if on { "suspended" } else { "on" };
                    changes.extend(Change::of("autoscaling", words(target.suspended.any()), words(*on)));
                }
                changes
            }
            StepChange::Power { .. } => self.power_changes(ctx),
            StepChange::StopTask { .. } => {
                let states = self.tasks.iter().map(|task| Change::of("task", task.last_status.clone(), "STOPPED"));
                states.flatten().collect()
            }
            StepChange::Skip { power, undo } => self.skip_changes(*power, *undo, ctx),
        }
    }

    /// The steps, based on the reads.
    pub(super) fn compile(&self, ctx: &Ctx<'_>) -> VecDeque<Step> {
        let mut steps = VecDeque::new();
        let cluster = ctx.cluster();
        match &self.request.wanted {
            StepChange::Scale { service, desired, min, max, move_limits } => {
                if let Some(target) = self.target_of(service) {
                    let (low, high) = limits(target, *desired, *min, *max, *move_limits);
                    if (low, high) != (target.min, target.max) {
                        steps.push_back(Step::Do(Write::Limits {
                            resource: target.resource.clone(),
                            min: Some(low),
                            max: Some(high),
                            suspended: None,
                        }));
                    }
                }
                steps.push_back(Step::Do(Write::Update {
                    cluster,
                    service: service.clone(),
                    task_definition: None,
                    force: false,
                    desired: Some(*desired),
                    exec: false,
                }));
                steps.push_back(Step::Until(Goal::Counts(BTreeMap::from([(service.clone(), *desired)]))));
            }
            StepChange::Limits { service, min, max, suspended } => {
                if let Some(target) = self.target_of(service) {
                    let suspended_all = |on: bool| if on { Suspended::ALL } else { Suspended::default() };
                    steps.push_back(Step::Do(Write::Limits {
                        resource: target.resource.clone(),
                        min: *min,
                        max: *max,
                        suspended: suspended.map(suspended_all),
                    }));
                }
            }
            StepChange::Power { power, services, .. } => self.compile_power(*power, services, ctx, &mut steps),
            StepChange::StopTask { id } => {
                let reason = "stopped by a person with cockpit".to_owned();
                steps.push_back(Step::Do(Write::StopTask { cluster, id: id.clone(), reason }));
                steps.push_back(Step::Until(Goal::Stopped(id.clone())));
            }
            StepChange::Skip { power, undo } => self.compile_skip(*power, *undo, ctx, &mut steps),
        }
        steps
    }

    /// The sentence on the final state.
    pub(super) fn result(&self, ctx: &Ctx<'_>) -> String {
        let short = &self.request.short;
        match &self.request.wanted {
            StepChange::Scale { desired, .. } => format!("{short} runs {desired} of {desired}"),
            StepChange::Limits { suspended: Some(true), .. } => format!("autoscaling of {short} is suspended"),
            StepChange::Limits { suspended: Some(false), .. } => format!("autoscaling of {short} goes on"),
            StepChange::Limits { service, min, max, .. } => {
                let target = self.target_of(service);
                let low = min.or(target.map(|target| target.min)).unwrap_or_default();
                let high = max.or(target.map(|target| target.max)).unwrap_or_default();
                format!("autoscaling of {short} is between {low} and {high}")
            }
            StepChange::Power { power: Power::Stop, .. } => format!("{short} is stopped"),
            StepChange::Power { power: Power::Start, .. } => format!("{short} runs"),
            StepChange::StopTask { .. } => format!("task {short} has stopped"),
            StepChange::Skip { power, undo } => self.skip_result(*power, *undo, ctx),
        }
    }
}

/// The limits after scaling.
fn limits(target: &ScalableTarget, desired: u32, min: Option<u32>, max: Option<u32>, moves: bool) -> (u32, u32) {
    let low = min.unwrap_or(if moves { target.min.min(desired) } else { target.min });
    let high = max.unwrap_or(if moves { target.max.max(desired) } else { target.max });
    (low, high)
}
