//! Blocks that are a list of sentences: autoscaling, a task's facts, a database's facts.

use super::App;
use super::screen::{Block, View};
use crate::model::estate::DatabaseRow;
use crate::model::schedule;
use crate::model::time::{age, moment, short};
use crate::model::{DatabaseKind, Health, Member, Role, Target};

/// One line of such a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// At the left, dimmed.
    pub label: String,
    /// What it says.
    pub text: String,
    /// Its colour, where it has one.
    pub health: Option<Health>,
}

fn fact(label: &str, text: impl Into<String>) -> Fact {
    Fact { label: label.to_owned(), text: text.into(), health: None }
}

fn bad(label: &str, text: impl Into<String>, health: Health) -> Fact {
    Fact { health: Some(health), ..fact(label, text) }
}

/// The lines of a block.
pub fn lines(app: &App, block: Block) -> Vec<Fact> {
    match block {
        Block::Scaling => scaling(app),
        Block::TaskFacts => task(app),
        Block::DatabaseFacts => database(app),
        Block::Attention
        | Block::OverviewServices
        | Block::OverviewDatabases
        | Block::Services
        | Block::Tasks
        | Block::Deployments
        | Block::Events
        | Block::Targets
        | Block::ServiceCurves
        | Block::Containers
        | Block::Logs
        | Block::Databases
        | Block::DatabaseCurves
        | Block::Progress
        | Block::OperationLog => Vec::new(),
    }
}

fn scaling(app: &App) -> Vec<Fact> {
    let estate = &app.estate;
    let Some(service) = app.screen.service.as_deref().and_then(|name| estate.service(name)) else { return Vec::new() };
    let resource = service.scaling_id();
    let mut lines = Vec::new();
    let Some(targets) = estate.scalable.value() else { return lines };
    let Some(target) = targets.iter().find(|target| target.resource == resource) else {
        lines.push(fact("", "not scaled automatically: no scalable target"));
        return lines;
    };
    lines.push(fact("limits", format!("{}–{}, desired {}", target.min, target.max, service.desired)));
    if target.suspended.any() {
        lines.push(bad("suspended", target.suspended.words(), Health::Degraded));
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
        lines.push(fact("schedule", format!("{when} {}{limits}  {}", schedule::effect(action).words(), action.name)));
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

fn task(app: &App) -> Vec<Fact> {
    let Some(task) = app.screen.task.as_deref().and_then(|id| app.estate.task(id)) else { return Vec::new() };
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

/// The database that the facts and curves are about.
pub fn shown_database(app: &App) -> Option<&DatabaseRow> {
    let rows = &app.estate.derived.databases;
    let selected = app.screen.list_of(databases_of(app)).and_then(super::list::List::selected);
    let id = selected.map(|key| key.split('/').next().unwrap_or(key));
    rows.iter().find(|row| Some(row.database.id.as_str()) == id).or(rows.first())
}

/// The whole of a row that has no page of its own, to be read where its columns are cut: an instance or a whole
/// database in their own pane, a target.
pub fn row(app: &App, block: Block, key: &str) -> Vec<Fact> {
    match (block, key.split_once('/')) {
        (Block::Databases, Some((id, instance))) => {
            let rows = app.estate.derived.databases.iter();
            let found = rows.filter(|row| row.database.id == id).flat_map(|row| &row.database.members);
            found.filter(|member| member.id == instance).flat_map(member).collect()
        }
        (Block::Databases, None) => database(app),
        (Block::Targets, _) => {
            let all = targets(app).into_iter();
            all.filter(|(known, ..)| known == key).flat_map(|(_, target, group)| of_target(target, group)).collect()
        }
        _ => Vec::new(),
    }
}

fn member(member: &Member) -> Vec<Fact> {
    let mut lines = vec![fact("instance", &member.id), fact("role", member.role.word())];
    let known = [
        ("status", member.status.clone()),
        ("class", member.class.clone()),
        ("zone", member.az.clone()),
        ("promoted", member.tier.filter(|_| member.role == Role::Reader).map(|tier| format!("at tier {tier}"))),
    ];
    lines.extend(known.into_iter().filter_map(|(label, text)| Some(fact(label, text?))));
    lines.extend(member.pending.iter().map(|(what, to)| fact("pending", format!("{what} → {to}"))));
    lines
}

fn of_target(target: &Target, group: &str) -> Vec<Fact> {
    let port = target.port.map(|port| format!(":{port}")).unwrap_or_default();
    let mut lines =
        vec![fact("target", format!("{}{port}", target.id)), fact("group", group), fact("state", &target.state)];
    let known = [("zone", &target.az), ("reason", &target.reason), ("why", &target.description)];
    lines.extend(known.into_iter().filter_map(|(label, text)| Some(fact(label, text.as_deref()?))));
    lines
}

fn database(app: &App) -> Vec<Fact> {
    let Some(row) = shown_database(app) else { return Vec::new() };
    let database = &row.database;
    let mut lines = vec![fact("database", &database.id)];
    for reason in &row.assessment.reasons {
        let health = match reason.severity {
            crate::model::Severity::Critical => Some(Health::Down),
            crate::model::Severity::Warning => Some(Health::Degraded),
            crate::model::Severity::Note => None,
        };
        lines.push(Fact { label: "reason".into(), text: reason.text.clone(), health });
        lines.extend(reason.hint.iter().map(|hint| fact("→", hint)));
    }
    lines.push(fact("engine", format!("{} {}", database.engine, database.version)));
    let port = database.port.map(|port| format!(":{port}")).unwrap_or_default();
    if let Some(endpoint) = &database.endpoint {
        let label = if database.kind == DatabaseKind::Aurora { "writer" } else { "endpoint" };
        lines.push(fact(label, format!("{endpoint}{port}")));
    }
    if let Some(endpoint) = &database.reader_endpoint {
        lines.push(fact("reader", format!("{endpoint}{port}")));
    }
    if let Some(name) = &database.database {
        lines.push(fact("name", name));
    }
    if let Some((min, max)) = database.acu {
        lines.push(fact("capacity", format!("{min}–{max} ACU")));
    }
    if let Some(gib) = database.storage_gib {
        lines.push(fact(
            "storage",
            format!("{gib} GiB{}", if database.multi_az { ", standby in another zone" } else { ", one zone" }),
        ));
    }
    let backup = &database.backup;
    match backup.retention_days {
        Some(0) => lines.push(bad("backups", "none", Health::Degraded)),
        Some(days) => {
            let window = backup.window.as_deref().map(|window| format!(", daily at {window} UTC")).unwrap_or_default();
            lines.push(fact("backups", format!("kept {days} days{window}")));
        }
        None => {}
    }
    if let Some(latest) = backup.latest {
        let earliest = backup
            .earliest
            .map(|earliest| format!("from {} ", moment(earliest, app.service_now(), &app.zone())))
            .unwrap_or_default();
        lines.push(fact("restorable", format!("{earliest}to {} ago", short(app.service_now().duration_since(latest)))));
    }
    lines.push(fact(
        "protection",
        if database.protected { "deletion protection is on" } else { "deletion protection is off" },
    ));
    lines
        .push(fact("encryption", if database.encrypted { "storage is encrypted" } else { "storage is not encrypted" }));
    if let Some(window) = &database.maintenance {
        lines.push(fact("maintenance", format!("{window} UTC")));
    }
    for (what, to) in database.pending.iter().chain(database.members.iter().flat_map(|member| &member.pending)) {
        lines.push(bad("pending", format!("{what} → {to}"), Health::Changing));
    }
    lines
}

/// The service whose curves are drawn, by its whole name: the opened one, in the Overview the selected one.
pub fn curves_of(app: &App) -> Option<&str> {
    match app.screen.view() {
        View::Overview => {
            let list = app.screen.list_of(Block::OverviewServices)?;
            list.selected().or_else(|| list.rows.first().map(String::as_str))
        }
        View::Services | View::Service(_) | View::Task(..) | View::Database | View::Pane | View::Operation(_) => {
            app.screen.service.as_deref()
        }
    }
}

/// The list of databases of the view.
pub fn databases_of(app: &App) -> Block {
    if app.screen.view() == View::Overview { Block::OverviewDatabases } else { Block::Databases }
}

/// The opened service's targets: key, target, name of its group.
pub fn targets(app: &App) -> Vec<(String, &crate::model::Target, &str)> {
    let Some(service) = app.screen.service.as_deref().and_then(|name| app.estate.service(name)) else {
        return Vec::new();
    };
    let groups = service.target_groups.iter();
    groups
        .flat_map(|arn| {
            let name = crate::model::target::group_name(arn);
            let targets = app.estate.targets.get(arn).and_then(crate::model::Observed::value).into_iter().flatten();
            targets.map(move |target| {
                let port = target.port.map(|port| format!(":{port}")).unwrap_or_default();
                (format!("{name} {}{port}", target.id), target, name)
            })
        })
        .collect()
}
