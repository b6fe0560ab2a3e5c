//! The rows of a block: their keys in order, filtered and sorted. Drawing is up to the views; both sides use the same
//! keys. Each block declares its own rows; this module has those that several panes list.

use super::App;
use super::overlay::SearchText;
use super::pane::{Order, Rows};
use super::screen::Block;
use crate::model::estate::{DatabaseRow, ServiceRow};
use crate::model::{DatabaseKind, MetricKey};
use std::cmp::Ordering;

/// The columns by which services can be sorted.
pub const SERVICE_COLUMNS: &[&str] =
    &["NAME", "HEALTH", "DESIRED", "RUNNING", "ROLLOUT", "IMAGE", "CPU", "MEM", "DEPLOYED"];

/// Updates the rows of a block's list.
pub fn settle(app: &mut App, block: Block) {
    let mut list = std::mem::take(app.screen.list(block));
    let wanted = (!list.filter.is_empty()).then(|| SearchText::new(&list.filter));
    let order = Order { column: list.column, reversed: list.reversed, wanted: wanted.as_ref() };
    let spec = app.spec(block);
    let (rows, total) = match spec.rows {
        Rows::Window { count, key } => {
            let shown = count(app, &list.filter);
            let total = if list.filter.is_empty() { shown } else { count(app, "") };
            let follows = spec.follows_end && list.place() + 1 >= list.len();
            list.set_window(shown, total, |number| key(app, number));
            if follows {
                list.select(usize::MAX);
                list.set_window(shown, total, |number| key(app, number));
            }
            *app.screen.list(block) = list;
            return;
        }
        Rows::None => (Vec::new(), 0),
        Rows::Sorted(keys) => keys(app, &order),
        Rows::Lines(lines) | Rows::NewestFirst(lines) => matching(lines(app), wanted.as_ref()),
        Rows::Facts(facts) => {
            let facts = facts(app).into_iter().enumerate();
            matching(
                facts.map(|(number, fact)| (number.to_string(), format!("{} {}", fact.label, fact.text))),
                wanted.as_ref(),
            )
        }
    };
    let follows = spec.follows_end && list.place() + 1 >= list.len();
    let newest = matches!(spec.rows, Rows::NewestFirst(_)) && list.place() == 0;
    list.set_rows(rows, total);
    if follows {
        list.select(usize::MAX);
    } else if newest {
        list.select(0);
    }
    *app.screen.list(block) = list;
}

/// Returns the keys of the lines that contain `wanted`, and the number of all lines.
pub fn matching(
    lines: impl IntoIterator<Item = (String, String)>,
    wanted: Option<&SearchText>,
) -> (Vec<String>, usize) {
    let mut total = 0;
    let mut keys = Vec::new();
    for (key, text) in lines {
        total += 1;
        if wanted.is_none_or(|wanted| wanted.is_in(&text)) {
            keys.push(key);
        }
    }
    (keys, total)
}

/// Sorts things by a column and filters them; the first column stands for their natural order. `line` returns a thing's
/// key and the text that a filter searches.
pub fn ordered<T>(
    order: &Order<'_>,
    things: impl IntoIterator<Item = T>,
    line: impl Fn(&T) -> (String, String),
    by: impl Fn(&T, &T, usize) -> Ordering,
) -> (Vec<String>, usize) {
    let mut things: Vec<T> = things.into_iter().collect();
    things.sort_by(|a, b| by(a, b, order.column));
    if order.reversed {
        things.reverse();
    }
    matching(things.iter().map(line), order.wanted)
}

/// Orders greater values first and unknown values last.
pub fn descending_unknown_last(a: Option<f64>, b: Option<f64>) -> Ordering {
    b.unwrap_or(f64::NEG_INFINITY).total_cmp(&a.unwrap_or(f64::NEG_INFINITY))
}

/// The columns by which databases can be sorted.
pub const DATABASE_COLUMNS: &[&str] = &["NAME", "STATUS", "CPU", "CONN"];

/// Returns the databases in the order of a column, each followed by its instances.
pub fn sorted_databases(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    let estate = &app.estate;
    let most_of = |row: &DatabaseRow, key: fn(String) -> MetricKey| {
        let last =
            row.database.members.iter().filter_map(|member| {
                Some(estate.series.get(&key(member.id.clone()))?.recent(app.service_now())?.value)
            });
        last.max_by(f64::total_cmp)
    };
    let mut rows: Vec<&DatabaseRow> = estate.derived.databases.iter().collect();
    rows.sort_by(|a, b| match order.column {
        1 => a.assessment.health.rank().cmp(&b.assessment.health.rank()),
        2 => descending_unknown_last(most_of(a, MetricKey::DbCpu), most_of(b, MetricKey::DbCpu)),
        3 => descending_unknown_last(most_of(a, MetricKey::DbConnections), most_of(b, MetricKey::DbConnections)),
        _ => Ordering::Equal,
    });
    if order.reversed {
        rows.reverse();
    }
    matching(rows.into_iter().flat_map(lines_of), order.wanted)
}

/// Returns the services by their full names.
pub fn services(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    let rows = &app.estate.derived.services;
    let wanted = |row: &&ServiceRow| order.wanted.is_none_or(|wanted| wanted.is_in(&service_text(row)));
    let mut shown: Vec<&ServiceRow> = rows.iter().filter(wanted).collect();
    shown.sort_by(|a, b| {
        let sorted = service_order(a, b, order.column).then_with(|| a.name.cmp(&b.name));
        if order.reversed { sorted.reverse() } else { sorted }
    });
    (shown.into_iter().map(|row| row.name.clone()).collect(), rows.len())
}

/// Returns the databases with their instances: `database`, `database/instance`.
pub fn databases(app: &App) -> Vec<(String, String)> {
    app.estate.derived.databases.iter().flat_map(lines_of).collect()
}

fn lines_of(row: &DatabaseRow) -> impl Iterator<Item = (String, String)> {
    let database =
        (row.database.id.clone(), format!("{} {} {}", row.database.id, row.database.engine, row.database.status));
    // A single instance is its database: a second row would only repeat it.
    let lone = row.database.kind == DatabaseKind::Rds;
    let members = row.database.members.iter().filter(move |_| !lone).map(|member| {
        let text = format!("{} {} {}", row.database.id, member.id, member.role.word());
        (format!("{}/{}", row.database.id, member.id), text)
    });
    std::iter::once(database).chain(members)
}

fn service_text(row: &ServiceRow) -> String {
    let reasons: Vec<&str> = row.assessment.reasons.iter().map(|reason| reason.text.as_str()).collect();
    format!(
        "{} {} {} {} {}",
        row.name,
        row.assessment.health.name(),
        row.rollout,
        row.image.as_deref().unwrap_or_default(),
        reasons.join(" ")
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
