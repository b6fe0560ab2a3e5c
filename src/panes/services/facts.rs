//! Facts about autoscaling and about a task.

use super::rows::opened;
use super::scaling as watched;
use crate::app::App;
use crate::app::subject::{Fact, bad, fact};
use crate::model::agent::Reporting;
use crate::model::agent_watch::agent_statuses;
use crate::model::time::{age, moment};
use crate::model::{Health, schedule};

/// Limits, policies, schedules and activities of the opened service.
pub fn scaling(app: &App) -> Vec<Fact> {
    let estate = &app.estate;
    let Some(service) = opened(app) else { return Vec::new() };
    let resource = service.scaling_id();
    let mut lines = watched::facts(app);
    let Some(targets) = estate.scalable.value() else { return lines };
    let Some(target) = targets.iter().find(|target| target.resource == resource) else {
        lines.push(fact("", "not scaled automatically: no scalable target"));
        return lines;
    };
    lines.push(fact("limits", format!("{}–{}, desired {}", target.min, target.max, service.desired)));
    if target.suspended.any() {
        lines.push(bad("suspended", target.suspended.describe(), Health::Degraded));
    }
    for policy in estate.policies.value().into_iter().flatten().filter(|policy| policy.resource == resource) {
        let metric = policy.metric.as_deref().unwrap_or(&policy.kind);
        let metric = metric.strip_prefix("ECSServiceAverage").unwrap_or(metric);
        let aim = policy.target.map(|target| format!(" → {target}")).unwrap_or_default();
        let cooldown = |seconds: Option<u32>| seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds} s"));
        let text = format!(
            "{metric}{aim}, out after {}, in after {}",
            cooldown(policy.out_cooldown),
            cooldown(policy.in_cooldown)
        );
        lines.push(fact("policy", text));
    }
    for action in estate.scheduled.value().into_iter().flatten().filter(|action| action.resource == resource) {
        let when = schedule::next(action, app.service_now())
            .map_or_else(|| action.schedule.clone(), |next| moment(next.at, app.service_now(), &next.zone));
        let limits = match (action.min, action.max) {
            (Some(min), Some(max)) => format!(" ({min}–{max})"),
            (Some(min), None) => format!(" (min {min})"),
            (None, Some(max)) => format!(" (max {max})"),
            (None, None) => String::new(),
        };
        lines
            .push(fact("schedule", format!("{when} {}{limits}  {}", schedule::effect(action).describe(), action.name)));
    }
    for activity in
        estate.activities.value().into_iter().flatten().filter(|activity| activity.resource == resource).take(50)
    {
        let why = if activity.not_scaled.is_empty() {
            String::new()
        } else {
            format!(": {}", activity.not_scaled.join(", "))
        };
        let health = (!activity.not_scaled.is_empty() || activity.status == "Failed").then_some(Health::Degraded);
        let text = format!("{}{why}  {}", activity.description.trim_end_matches('.'), activity.cause);
        lines.push(Fact { label: format!("{} ago", age(activity.at, app.service_now())), text, health });
    }
    lines
}

/// Facts about the opened task, as labelled lines.
pub fn task(app: &App) -> Vec<Fact> {
    let Some(task) = app.panes.services.task.as_deref().and_then(|id| app.estate.task(id)) else { return Vec::new() };
    let mut lines = vec![fact("task", &task.id)];
    let wants = if task.last_status == task.desired_status {
        String::new()
    } else {
        format!(" (wants {})", task.desired_status)
    };
    lines.push(fact("status", format!("{}{wants}, {}", task.last_status, task.health)));
    if task.stop_code.is_some() || task.stopped_reason.is_some() {
        let code = task.stop_code.as_deref().unwrap_or("stopped");
        let reason = task.stopped_reason.as_deref().unwrap_or_default();
        let health = if task.failed() { Health::Down } else { Health::Stopped };
        lines.push(bad("stopped", format!("{code}: {reason}"), health));
    }
    for container in &task.containers {
        if let Some(reason) = &container.reason {
            lines.push(bad(&container.name, reason, Health::Down));
        }
    }
    if !task.stopped() {
        for agent in agent_statuses(&app.estate, task, app.service_now()) {
            let text = format!("{} {}", agent.agent.label(), agent.reports.describe(app.service_now()));
            let health = match agent.reports {
                Reporting::Active(_) => None,
                Reporting::Failing { .. } => Some(Health::Degraded),
                Reporting::Unknown(_) => Some(Health::Unknown),
            };
            lines.push(Fact { label: "agent".to_owned(), text, health });
        }
    }
    lines.push(fact("revision", &task.task_definition));
    lines.push(fact("started by", &task.started_by));
    lines.push(fact("zone", &task.az));
    lines.push(fact("address", task.address.as_deref().unwrap_or("–")));
    lines.push(fact("size", format!("{} CPU units, {} MiB, {}", task.cpu, task.memory, task.launch)));
    lines.push(fact("exec", if task.exec { "ECS Exec is on" } else { "ECS Exec is off" }));
    for (label, at) in [
        ("created", task.created_at),
        ("running", task.started_at),
        ("stopping", task.stopping_at),
        ("ended", task.stopped_at),
    ] {
        if let Some(at) = at {
            lines.push(fact(
                label,
                format!("{}, {} ago", moment(at, app.service_now(), &app.zone()), age(Some(at), app.service_now())),
            ));
        }
    }
    let definition = app.estate.task_definitions.get(&task.task_definition).and_then(crate::model::Observed::value);
    for container in definition.into_iter().flat_map(|definition| &definition.containers) {
        let log = match &container.log {
            Some(log) if log.driver == "awslogs" => {
                let stream = format!("{}/{}/{}", log.prefix.as_deref().unwrap_or_default(), container.name, task.id);
                format!("{}  {stream}", log.group.as_deref().unwrap_or("?"))
            }
            Some(log) => format!("driver {}: not in CloudWatch Logs", log.driver),
            None => "no log driver".to_owned(),
        };
        lines.push(fact("log", format!("{}: {log}", container.name)));
    }
    for container in definition.into_iter().flat_map(|definition| &definition.containers) {
        if !container.secrets.is_empty() {
            lines.push(fact("secrets", format!("{}: {}", container.name, container.secrets.join(", "))));
        }
        if !container.variables.is_empty() {
            lines.push(fact("variables", format!("{}: {}", container.name, container.variables.join(", "))));
        }
    }
    lines
}
