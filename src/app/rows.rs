//! What rows a block has: keys in their order, after filter and sort. How a row looks is in
//! `src/ui`; both sides use the same keys.

use super::App;
use super::overlay::Wanted;
use super::screen::Block;
use crate::model::estate::ServiceRow;
use crate::model::{Task, time};
use std::cmp::Ordering;

/// The columns by which a block can be sorted, in their order on the screen; empty: it has its own
/// order.
pub fn columns(block: Block) -> &'static [&'static str] {
    match block {
        Block::Services | Block::OverviewServices => {
            &["NAME", "HEALTH", "DESIRED", "RUNNING", "ROLLOUT", "IMAGE", "CPU", "MEM", "DEPLOYED"]
        }
        Block::Tasks => &["STATUS", "TASK", "HEALTH", "AZ", "AGE"],
        Block::Attention
        | Block::OverviewDatabases
        | Block::Deployments
        | Block::Events
        | Block::Scaling
        | Block::Targets
        | Block::ServiceCurves
        | Block::Containers
        | Block::TaskFacts
        | Block::Databases
        | Block::DatabaseCurves
        | Block::DatabaseFacts
        | Block::Logs
        | Block::Progress
        | Block::OperationLog => &[],
    }
}

/// Brings the rows of a block's list up to date.
pub fn settle(app: &mut App, block: Block) {
    let mut list = std::mem::take(app.screen.list(block));
    let wanted = (!list.filter.is_empty()).then(|| Wanted::new(&list.filter));
    let (rows, total) = keys(app, block, list.column, list.reversed, wanted.as_ref());
    // A log is followed as long as its last line is selected.
    let follows = block == Block::OperationLog && list.place() + 1 >= list.rows.len();
    list.set_rows(rows, total);
    if follows {
        list.select(usize::MAX);
    }
    *app.screen.list(block) = list;
}

/// Keys of a block's rows, and how many there were before the filter.
fn keys(app: &App, block: Block, column: usize, reversed: bool, wanted: Option<&Wanted>) -> (Vec<String>, usize) {
    let estate = &app.estate;
    match block {
        Block::Services | Block::OverviewServices => {
            let rows = &estate.derived.services;
            let mut shown: Vec<&ServiceRow> =
                rows.iter().filter(|row| wanted.is_none_or(|wanted| wanted.is_in(&service_text(row)))).collect();
            shown.sort_by(|a, b| {
                let order = service_order(a, b, column).then_with(|| a.name.cmp(&b.name));
                if reversed { order.reverse() } else { order }
            });
            (shown.into_iter().map(|row| row.name.clone()).collect(), rows.len())
        }
        Block::Tasks => {
            let Some(service) = &app.screen.service else { return (Vec::new(), 0) };
            let all: Vec<&Task> = estate.tasks_of(service).collect();
            let total = all.len();
            let mut shown: Vec<&Task> =
                all.into_iter().filter(|task| wanted.is_none_or(|wanted| wanted.is_in(&task_text(task)))).collect();
            // A stable sort: within a column's equals, running before stopped, newest first.
            shown.sort_by(|a, b| {
                let order = task_order(a, b, column);
                if reversed { order.reverse() } else { order }
            });
            (shown.into_iter().map(|task| task.id.clone()).collect(), total)
        }
        Block::Attention
        | Block::OverviewDatabases
        | Block::Deployments
        | Block::Events
        | Block::Scaling
        | Block::Targets
        | Block::ServiceCurves
        | Block::Containers
        | Block::TaskFacts
        | Block::Databases
        | Block::DatabaseCurves
        | Block::DatabaseFacts
        | Block::Logs
        | Block::Progress
        | Block::OperationLog => {
            let lines = lines(app, block);
            let total = lines.len();
            let kept = lines.into_iter().filter(|(_, text)| wanted.is_none_or(|wanted| wanted.is_in(text)));
            (kept.map(|(key, _)| key).collect(), total)
        }
    }
}

/// Keys of blocks with their own order, each with the text that a filter looks into.
fn lines(app: &App, block: Block) -> Vec<(String, String)> {
    let estate = &app.estate;
    match block {
        Block::Attention => {
            let mut seen = std::collections::HashMap::new();
            let entries = estate.derived.attention.iter().map(|entry| {
                let number: &mut usize = seen.entry((&entry.name, entry.severity)).or_default();
                *number += 1;
                (format!("{}#{}#{number}", entry.name, entry.severity.word()), format!("{} {}", entry.name, entry.what))
            });
            entries.collect()
        }
        Block::OverviewDatabases | Block::Databases => {
            let members = estate.derived.databases.iter().flat_map(|row| {
                let database = (
                    row.database.id.clone(),
                    format!("{} {} {}", row.database.id, row.database.engine, row.database.status),
                );
                // One instance alone is its database: a second row would repeat it.
                let lone = row.database.kind == crate::model::DatabaseKind::Rds;
                let members = row.database.members.iter().filter(move |_| !lone).map(|member| {
                    let text = format!("{} {} {}", row.database.id, member.id, member.role.word());
                    (format!("{}/{}", row.database.id, member.id), text)
                });
                std::iter::once(database).chain(members)
            });
            members.collect()
        }
        Block::Deployments => {
            let Some(name) = &app.screen.service else { return Vec::new() };
            let now = estate.service(name).map(|service| service.deployments.as_slice()).unwrap_or_default();
            let current = now.iter().map(|deployment| {
                (
                    format!("now {}", deployment.id),
                    format!("{} {} {}", deployment.id, deployment.status, deployment.task_definition),
                )
            });
            let history = estate.rollouts.get(name).and_then(crate::model::Observed::value).into_iter().flatten();
            // One that still has tasks stands above: its history is told there.
            let history = history.filter(|rollout| rollout.among(now).is_none()).map(|rollout| {
                (format!("then {}", rollout.id), format!("{} {}", rollout.status.words(), rollout.reason))
            });
            current.chain(history).collect()
        }
        Block::Events => {
            let Some(service) = app.screen.service.as_deref().and_then(|name| estate.service(name)) else {
                return Vec::new();
            };
            service.events.iter().map(|event| (event.id.clone(), event.message.clone())).collect()
        }
        Block::Targets => super::facts::targets(app)
            .into_iter()
            .map(|(key, target, _)| {
                let text = format!("{key} {} {}", target.state, target.description.as_deref().unwrap_or_default());
                (key, text)
            })
            .collect(),
        Block::Containers => {
            let task = app.screen.task.as_deref().and_then(|id| estate.task(id));
            let containers = task.into_iter().flat_map(|task| &task.containers);
            containers
                .map(|container| {
                    (container.name.clone(), format!("{} {} {}", container.name, container.image, container.status))
                })
                .collect()
        }
        Block::Scaling | Block::TaskFacts | Block::DatabaseFacts => {
            let lines = super::facts::lines(app, block).into_iter().enumerate();
            lines.map(|(number, line)| (number.to_string(), format!("{} {}", line.label, line.text))).collect()
        }
        Block::OperationLog => {
            let operation = app.screen.operation.and_then(|id| app.operations.get(id));
            let lines = operation.into_iter().flat_map(super::tell::log);
            lines.map(|(key, line)| (key, line.text.into_owned())).collect()
        }
        Block::Services
        | Block::OverviewServices
        | Block::Tasks
        | Block::ServiceCurves
        | Block::DatabaseCurves
        | Block::Logs
        | Block::Progress => Vec::new(),
    }
}

fn service_text(row: &ServiceRow) -> String {
    let reasons: Vec<&str> = row.assessment.reasons.iter().map(|reason| reason.text.as_str()).collect();
    format!(
        "{} {} {} {} {}",
        row.name,
        row.assessment.health.word(),
        row.rollout,
        row.image.as_deref().unwrap_or_default(),
        reasons.join(" ")
    )
}

fn task_text(task: &Task) -> String {
    format!(
        "{} {} {} {} {}",
        task.id,
        task.last_status,
        task.health,
        task.task_definition,
        task.ended_because().unwrap_or_default()
    )
}

fn service_order(a: &ServiceRow, b: &ServiceRow, column: usize) -> Ordering {
    let number = |value: Option<f64>| value.unwrap_or(-1.0);
    match column {
        1 => a.assessment.health.rank().cmp(&b.assessment.health.rank()),
        2 => b.desired.cmp(&a.desired),
        3 => b.running.cmp(&a.running),
        4 => a.rollout.cmp(&b.rollout),
        5 => a.image.cmp(&b.image),
        6 => number(b.cpu).total_cmp(&number(a.cpu)),
        7 => number(b.memory).total_cmp(&number(a.memory)),
        8 => b.deployed_at.cmp(&a.deployed_at),
        _ => a.name.cmp(&b.name),
    }
}

fn task_order(a: &Task, b: &Task, column: usize) -> Ordering {
    match column {
        1 => a.id.cmp(&b.id),
        2 => a.health.cmp(&b.health),
        3 => a.az.cmp(&b.az),
        4 => b.created_at.cmp(&a.created_at),
        _ => a.stopped().cmp(&b.stopped()),
    }
}

/// A moment as the panes show it in lists: its clock today, its date before.
pub fn list_moment(at: Option<jiff::Timestamp>, app: &App) -> String {
    at.map_or_else(|| "–".to_owned(), |at| time::moment(at, app.service_now(), &app.zone()))
}
