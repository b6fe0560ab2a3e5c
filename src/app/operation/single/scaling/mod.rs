//! Changes of a service's autoscaling: the target of a policy, and scheduled actions added and removed.

pub mod call;
mod request;

use super::{Decided, Job, Sent, SingleChange, not_shown};
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply, Write};
use crate::app::operation::machine::{NewOperation, Target};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Ctx;
use crate::model::Failure;
use crate::model::deploy::{Change, Check, Level};
use crate::model::names::list_names;
use crate::model::scaling::{ScalableTarget, ScalingPolicy, ScheduledAction};
use crate::model::text::shell_quote;
use crate::model::time::moment;
use crate::model::timer::Timer;
use call::{ScalingRead, ScalingReply, ScalingWrite, same_target};
use jiff::tz::TimeZone;
pub use request::{Request, StepChange, target};
use serde_json::{Value, json};

const LIMITS: &str = "limits";
const OTHERS: &str = "others";

/// A change of a policy or a scheduled action, from plan to verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalingChange {
    request: Request,
    resource: String,
    limits: Option<ScalableTarget>,
    policies: Vec<ScalingPolicy>,
    actions: Vec<ScheduledAction>,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        let (policies, actions) = (Vec::new(), Vec::new());
        let (resource, limits) = (String::new(), None);
        Box::new(SingleChange::new(ScalingChange { request, resource, limits, policies, actions }))
    }
}

/// The AWS name of a metric with a short name here.
fn aws_metric_name(metric: &str) -> &str {
    match metric {
        "cpu" => "ECSServiceAverageCPUUtilization",
        "memory" => "ECSServiceAverageMemoryUtilization",
        "requests" => "ALBRequestCountPerTarget",
        other => other,
    }
}

/// Whether it has a start or an end, which cannot be set here.
fn bounded(action: &ScheduledAction) -> bool {
    action.start.is_some() || action.end.is_some()
}

impl ScalingChange {
    fn policy(&self, metric: &str) -> Result<&ScalingPolicy, Check> {
        let short = &self.request.short;
        let named = |policy: &&ScalingPolicy| {
            policy.name == metric || policy.metric.as_deref() == Some(aws_metric_name(metric))
        };
        let found: Vec<&ScalingPolicy> = self.policies.iter().filter(named).collect();
        let names: Vec<&str> = self.policies.iter().map(|policy| policy.name.as_str()).collect();
        match &found[..] {
            [one] if one.target.is_some() => Ok(one),
            [one] => Err(Check::usage(format!("{} is {}: it has no target value", one.name, one.kind))),
            [] if names.is_empty() => Err(Check::usage(format!("{short} has no policy"))
                .hint("a policy is made where the infrastructure is declared")),
            [] => Err(Check::usage(format!("{short} has no policy for {metric}"))
                .hint(format!("there are: {}", list_names(&names)))),
            _ => Err(Check::usage(format!("{short} has several policies for {metric}"))
                .hint(format!("name one: {}", list_names(&names)))),
        }
    }

    fn action(&self, name: &str) -> Option<&ScheduledAction> {
        self.actions.iter().find(|action| action.name == name)
    }

    fn target_of(&self, metric: &str, value: f64) -> Result<Decided, Check> {
        let policy = self.policy(metric)?;
        let before = policy.target.unwrap_or_default();
        if same_target(policy.target, value) {
            return Err(Check::new(Level::Stop, format!("{} has the target {value} already", policy.name)));
        }
        let percent = policy.metric.as_deref().is_some_and(|metric| metric.ends_with("Utilization"));
        if percent && value > 100.0 {
            return Err(Check::usage(format!("{metric} is a share: at most 100 %")));
        }
        let text = if value < before {
            "a lower target means more tasks for the same load, up to the maximum"
        } else {
            "a higher target means fewer tasks for the same load, down to the minimum"
        };
        let (resource, policy) = (self.resource.clone(), policy.name.clone());
        let (short, target_before) = (&self.request.short, shell_quote(&format!("{metric}={before}")));
        Ok(Decided {
            steps: vec![format!("{policy}: aiming at {value} instead of {before}")],
            changes: Change::of(format!("target of {policy}"), before.to_string(), value.to_string())
                .into_iter()
                .collect(),
            checks: vec![
                Check::new(Level::Note, text),
                Check::new(Level::Note, "AWS recreates its alarms; an apply of declared code changes it back"),
            ],
            undo: format!("`cockpit autoscaling {short} --target {target_before}` goes back"),
            write: Some(Write::Scaling(ScalingWrite::Target { resource, policy, target: value })),
        })
    }

    fn add(&self, action: ScheduledAction, ctx: &Ctx<'_>) -> Result<Decided, Check> {
        let name = action.name.clone();
        if let Some(zone) = action.timezone.as_deref().filter(|zone| TimeZone::get(zone).is_err()) {
            return Err(Check::usage(format!("the time zone {zone} is not known")).hint("as Asia/Tokyo or UTC"));
        }
        // The intervals of a rate start when the action is created, which is now.
        let made = Some(ctx.service_now);
        let timer = Timer { created: made, modified: made, ..action.timer() };
        let recurrence = timer.recurrence().map_err(|why| {
            Check::usage(format!("`{}` is not a time: {why}", action.schedule))
                .hint("write it as cron(0 9 ? * MON-FRI *) or rate(1 day)")
        })?;
        if action.min.is_none() && action.max.is_none() {
            return Err(Check::usage("it sets nothing").hint("give it --min, --max or both"));
        }
        if action.min.zip(action.max).is_some_and(|(min, max)| min > max) {
            return Err(Check::usage("its minimum is larger than its maximum"));
        }
        let mut checks = Vec::new();
        let next = recurrence.next(ctx.service_now);
        checks.push(match next {
            Some(at) => Check::new(Level::Note, format!("next at {}", moment(at, ctx.service_now, ctx.zone))),
            None => Check::new(Level::Warn, "it never comes to that time any more"),
        });
        if action.max == Some(0) {
            checks.push(Check::new(Level::Warn, "it stops the service at that time: no task may run"));
        }
        if self.limits.as_ref().is_some_and(|limits| limits.suspended.scheduled) {
            let text = format!("scheduled actions of {} are suspended: meanwhile it does nothing", self.request.short);
            let resume = format!("`cockpit autoscaling {} --resume`", shell_quote(&self.request.short));
            checks.push(Check::new(Level::Warn, text).hint(resume));
        }
        let words = |action: &ScheduledAction| {
            let count = |count: Option<u32>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
            let zone = action.timezone.as_deref().unwrap_or("UTC");
            format!("{} {zone}: {} to {}", action.schedule, count(action.min), count(action.max))
        };
        let short = &self.request.short;
        let old = self.action(&name);
        if let Some(old) = old {
            let bounds = if bounded(old) { ", and its start and its end are not kept" } else { "" };
            checks.push(Check::new(Level::Warn, format!("it takes the place of the {name} that is there{bounds}")));
        }
        let undo = match old {
            None => format!("`cockpit schedule rm {short} {}` removes it", shell_quote(&name)),
            Some(old) => format!("it was {}", words(old)),
        };
        Ok(Decided {
            steps: vec![format!("{short}: scheduled action {name}, {}", words(&action))],
            changes: Change::of(name, old.map(words).unwrap_or_default(), words(&action)).into_iter().collect(),
            checks,
            undo,
            write: Some(Write::Scaling(ScalingWrite::Put(action))),
        })
    }

    fn remove(&self, name: &str) -> Result<Decided, Check> {
        let short = &self.request.short;
        let Some(old) = self.action(name) else {
            let names: Vec<&str> = self.actions.iter().map(|action| action.name.as_str()).collect();
            let check = Check::usage(format!("{short} has no scheduled action {name}"));
            return Err(if names.is_empty() {
                check
            } else {
                check.hint(format!("there are: {}", list_names(&names)))
            });
        };
        let flag = |name: &str, count: Option<u32>| count.map(|count| format!(" --{name} {count}")).unwrap_or_default();
        let zone = old.timezone.as_ref().map(|zone| format!(" --timezone {zone}")).unwrap_or_default();
        let limits = format!("{}{}", flag("min", old.min), flag("max", old.max));
        Ok(Decided {
            steps: vec![format!("{short}: scheduled action {name} is removed")],
            changes: Change::of(name, old.schedule.clone(), "").into_iter().collect(),
            checks: vec![Check::new(Level::Note, "what it has set stays until something else sets it")],
            undo: format!(
                "`cockpit schedule add {short} {} --at '{}'{limits}{zone}` adds it again{}",
                shell_quote(name),
                old.schedule,
                if bounded(old) { ", without its start and its end" } else { "" }
            ),
            write: Some(Write::Scaling(ScalingWrite::Remove {
                resource: self.resource.clone(),
                name: name.to_owned(),
            })),
        })
    }
}

impl Job for ScalingChange {
    fn title(&self) -> String {
        let short = &self.request.short;
        match &self.request.wanted {
            StepChange::Target { metric, value } => format!("aim {short} at {metric}={value}"),
            StepChange::Add { name, .. } => format!("add {name} to {short}"),
            StepChange::Remove { name } => format!("remove {name} from {short}"),
        }
    }

    fn verb(&self) -> &'static str {
        match &self.request.wanted {
            StepChange::Target { .. } => "Change",
            StepChange::Add { .. } => "Add",
            StepChange::Remove { .. } => "Remove",
        }
    }

    fn command_line(&self) -> String {
        self.request.command_line()
    }

    fn target(&self) -> Option<Target> {
        Some(Target::service(&self.request.service))
    }

    fn risk(&self) -> Risk {
        Risk::Change
    }

    fn reads(&self, ctx: &Ctx<'_>) -> Vec<(&'static str, Read)> {
        let resource = format!("service/{}/{}", ctx.cluster(), self.request.service);
        let others = match &self.request.wanted {
            StepChange::Target { .. } => ScalingRead::Policies { resource: resource.clone() },
            StepChange::Add { .. } | StepChange::Remove { .. } => ScalingRead::Actions { resource: resource.clone() },
        };
        vec![(LIMITS, Read::Scalable { resource }), (OTHERS, Read::Scaling(others))]
    }

    fn take_answer(
        &mut self,
        _: &'static str,
        outcome: Result<Reply, Failure>,
        ctx: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure> {
        self.resource = format!("service/{}/{}", ctx.cluster(), self.request.service);
        match outcome? {
            Reply::Scalable(limits) => self.limits = limits,
            Reply::Scaling(ScalingReply::Policies(found)) => self.policies = found,
            Reply::Scaling(ScalingReply::Actions(found)) => self.actions = found,
            _ => return Err(Failure::mismatched_answer()),
        }
        Ok(Vec::new())
    }

    fn decide(&mut self, ctx: &Ctx<'_>) -> Decided {
        let decided = if self.limits.is_none() {
            Err(Check::usage(format!("{} is not scaled automatically", self.request.short))
                .hint("a scalable target is made where the infrastructure is declared"))
        } else {
            match self.request.wanted.clone() {
                StepChange::Target { metric, value } => self.target_of(&metric, value),
                StepChange::Add { name, schedule, timezone, min, max } => {
                    let timezone = timezone.or_else(|| ctx.environment.timezone.clone());
                    let (resource, start, end) = (self.resource.clone(), None, None);
                    self.add(ScheduledAction { resource, name, schedule, timezone, min, max, start, end }, ctx)
                }
                StepChange::Remove { name } => self.remove(&name),
            }
        };
        decided.unwrap_or_else(|check| Decided { checks: vec![check], ..Decided::default() })
    }

    fn state_to_recheck(&self) -> String {
        format!("{:?} {:?}", self.policies, self.actions)
    }

    fn progress_read(&self, sent: &Write) -> Read {
        let nothing = || ScalingRead::Actions { resource: self.resource.clone() };
        Read::Scaling(if let Write::Scaling(write) = sent { write.proof() } else { nothing() })
    }

    fn take_progress(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome> {
        let (Reply::Scaling(found), Write::Scaling(write)) = (reply, &sent.write) else { return None };
        let short = &self.request.short;
        if !write.is_proven_by(&found) {
            return not_shown(&self.title(), &self.status_command(), sent, ctx);
        }
        let summary = match write {
            ScalingWrite::Target { policy, target, .. } => format!("{policy} of {short} has the target {target}"),
            ScalingWrite::Put(action) => format!("{short} has the scheduled action {}", action.name),
            ScalingWrite::Remove { name, .. } => format!("{short} has no scheduled action {name} any more"),
        };
        Some(Outcome::new(Verdict::Done, summary))
    }

    fn waiting_for(&self) -> &'static str {
        "waiting for autoscaling"
    }

    fn status_command(&self) -> String {
        format!("cockpit autoscaling {}", self.request.short)
    }

    fn record(&self, _: Option<&Write>) -> (Value, Option<(&'static str, Value)>) {
        (Value::Null, Some(("service", json!(self.request.service))))
    }
}
