//! The list of databases with their instances, and the curves of the selected one.

use super::curves::{alarm_threshold, dim_old, points, zone};
use super::services::health_style;
use crate::app::App;
use crate::app::facts::shown_database;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::database_health::{lag_words, short_id};
use crate::model::database_history::failovers;
use crate::model::database_power::is_broken;
use crate::model::estate::DatabaseRow;
use crate::model::{Database, DatabaseKind, Health, Member, MetricKey, Observed, Role};
use crate::ui::canvas::Canvas;
use crate::ui::theme::Theme;
use crate::ui::widgets::chart::{self, Chart, Curve, DEPLOYED, FAILOVER, RUN, Sign, Window};
use crate::ui::widgets::frame;
use crate::ui::widgets::spark::spark;
use crate::ui::widgets::table::{self, Cell, Column, Row};
use crate::ui::widgets::units::{Unit, number, percent};
use jiff::Timestamp;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// Width of the curve beside a figure, in cells.
const CURVE: usize = 8;

/// Draws the list of databases, in its pane and in the Overview.
pub fn list(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let rows = &app.estate.derived.databases;
    let longest = rows
        .iter()
        .flat_map(|row| {
            let several = row.database.kind == DatabaseKind::Aurora;
            let members = row.database.members.iter().filter(move |_| several);
            let instances = members.map(|member| 9 + canvas.width(&short_id(&row.database, &member.id)));
            instances.chain([canvas.width(&row.database.id)])
        })
        .max()
        .unwrap_or(0);
    let curves = place.width >= 100;
    let columns = [
        Column::left("", 1, 0),
        Column::left("NAME", 13, 0).up_to(longest.min(48)),
        Column::left("STATUS", 9, 4).up_to(14),
        Column::left("CLASS", 13, 6).up_to(22),
        Column::left("AZ", 2, 5),
        Column::right("ACU", 7, 3).up_to(9),
        Column::right("CPU", if curves { CURVE as u16 + 6 } else { 5 }, 1),
        Column::right("CONN", 5, 4),
        Column::right("LAG", 6, 2).up_to(7),
        Column::left("", 12, 7).up_to(u16::MAX / 2),
    ];
    let theme = canvas.theme;
    let estate = &app.estate;
    table::block(canvas, block, "", place, &columns, data_status, |key| {
        let (id, instance) = key.split_once('/').map_or((key, None), |(id, instance)| (id, Some(instance)));
        let row = rows.iter().find(|row| row.database.id == id)?;
        let drawn = match instance {
            None => database_row(theme, row),
            Some(instance) => {
                let member = row.database.members.iter().find(|member| member.id == instance)?;
                member_row(app, theme, &row.database, member)
            }
        };
        let mut cells = drawn;
        // An RDS database has one instance, so its figures are shown in the database's own row.
        let lone = (instance.is_none() && row.database.kind == DatabaseKind::Rds).then(|| row.database.members.first());
        let figures = match (instance, lone.flatten()) {
            (Some(instance), _) => Some(instance),
            (None, Some(member)) => {
                cells[4] = Cell::new(zone(member.az.as_deref().unwrap_or_default()), theme.text);
                Some(member.id.as_str())
            }
            (None, None) => None,
        };
        if let Some(id) = figures {
            let series = |key: MetricKey| estate.series.get(&key);
            let last = |key: MetricKey| {
                series(key).and_then(|series| series.recent(app.service_now())).map(|point| point.value)
            };
            let cpu = last(MetricKey::DbCpu(id.to_owned())).map_or_else(|| "–".to_owned(), percent);
            let cpu = if curves {
                format!(
                    "{} {cpu:>5}",
                    spark(points(series(MetricKey::DbCpu(id.to_owned()))), CURVE, 100.0, app.service_now())
                )
            } else {
                cpu
            };
            cells[6] = Cell::new(cpu, theme.text);
            let connections = last(MetricKey::DbConnections(id.to_owned()));
            cells[7] = Cell::new(connections.map_or_else(|| "–".to_owned(), number), theme.text);
            // After a failover the new writer's lag series still ends with values from its time as a reader.
            let reads = row.database.members.iter().any(|member| member.id == id && member.role == Role::Reader);
            if let Some(lag) = last(MetricKey::DbLag(id.to_owned())).filter(|_| reads) {
                cells[8] = Cell::new(lag_words(lag), theme.text);
            }
        }
        Some(Row::from(cells))
    });
}

fn database_row<'a>(theme: &Theme, row: &'a DatabaseRow) -> Vec<Cell<'a>> {
    let database = &row.database;
    let health = row.assessment.health;
    let class = match database.kind {
        DatabaseKind::Aurora => format!("{} {}", database.engine, database.version),
        DatabaseKind::Rds => {
            database.members.first().and_then(|member| member.class.clone()).unwrap_or_else(|| database.engine.clone())
        }
    };
    let acu = database.acu.map(|(min, max)| format!("{min}–{max}")).unwrap_or_default();
    let reason = row.assessment.reasons.first();
    vec![
        Cell::new(health.sign(), theme.health(health)),
        Cell::new(database.id.as_str(), theme.strong).cut_middle(),
        Cell::new(database.status.as_str(), health_style(theme, health)),
        Cell::new(class, theme.dim),
        Cell::new("", theme.dim),
        Cell::new(acu, theme.dim),
        Cell::new("", theme.text),
        Cell::new("", theme.text),
        Cell::new("", theme.text),
        Cell::new(
            reason.map_or("", |reason| reason.text.as_str()),
            reason.map_or(theme.dim, |reason| theme.severity(reason.severity)),
        ),
    ]
}

fn member_row<'a>(app: &App, theme: &Theme, database: &Database, member: &'a Member) -> Vec<Cell<'a>> {
    let estate = &app.estate;
    let health = member_health(member);
    let current =
        estate.series.get(&MetricKey::DbAcu(member.id.clone())).and_then(|series| series.recent(app.service_now()));
    let acu = match (current, database.acu) {
        (Some(point), Some((_, max))) => format!("{}/{max}", number(point.value)),
        (None, Some(_)) => "–".to_owned(),
        _ => String::new(),
    };
    let tier = match (member.role, member.tier) {
        (Role::Reader, Some(tier)) => format!("promoted at tier {tier}"),
        _ => String::new(),
    };
    vec![
        Cell::new(health.sign(), theme.health(health)),
        Cell::new(format!("  {} {}", member.role.word(), short_id(database, &member.id)), theme.text),
        Cell::new(member.status.as_deref().unwrap_or("?"), health_style(theme, health)),
        Cell::new(member.class.as_deref().unwrap_or("?"), theme.dim),
        Cell::new(zone(member.az.as_deref().unwrap_or_default()), theme.text),
        Cell::new(acu, theme.text),
        Cell::new("", theme.text),
        Cell::new("", theme.text),
        Cell::new("", theme.text),
        Cell::new(tier, theme.dim),
    ]
}

/// The member's role, or its short id if several members share the role: `writer`, `…-2`.
fn member_name(database: &Database, member: &Member) -> String {
    if database.members.iter().filter(|other| other.role == member.role).count() == 1 {
        member.role.word().to_owned()
    } else {
        short_id(database, &member.id)
    }
}

fn member_health(member: &Member) -> Health {
    match member.status.as_deref() {
        None => Health::Unknown,
        Some("available") => Health::Healthy,
        Some("stopped") => Health::Stopped,
        Some(broken) if is_broken(broken) => Health::Down,
        Some(_) => Health::Changing,
    }
}

/// Marks for deployments of the environment's services, for infrastructure runs, and for failovers of this database.
fn marks(app: &App, database: &str) -> Vec<(Timestamp, Sign)> {
    let estate = &app.estate;
    let services = estate.services.value().into_iter().flat_map(BTreeMap::values);
    let deployments = services.flat_map(|service| &service.deployments).filter_map(|deployment| deployment.created_at);
    let histories = estate.rollouts.values().filter_map(Observed::value).flatten();
    let histories = histories.filter_map(|rollout| rollout.created_at);
    let runs = crate::app::operation_list::activities(app).filter_map(|run| run.ended_at).map(|at| (at, RUN));
    let events = estate.rds_events.value().map_or(&[][..], Vec::as_slice);
    let failovers = failovers(events, database).into_iter().map(|failover| (failover.started, FAILOVER));
    deployments.chain(histories).map(|at| (at, DEPLOYED)).chain(runs).chain(failovers).collect()
}

/// Draws capacity, CPU, connections and lag of the database or instance that is selected in the block `list`.
pub fn curves(canvas: &mut Canvas<'_, '_>, block: Block, list: Block, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let Some(row) = shown_database(app, list) else {
        let inside = frame::block(canvas, block, "", place, data_status);
        let instead = crate::app::data_status::for_block(app, list);
        frame::message(canvas, inside, &instead.empty);
        return;
    };
    let database = &row.database;
    let selected = app.screen.list_of(list).and_then(crate::app::list::List::selected);
    let instance = selected.and_then(|key| key.split_once('/')).map(|(_, instance)| instance);
    let members: Vec<&Member> =
        database.members.iter().filter(|member| instance.is_none_or(|instance| member.id == instance)).collect();
    let named = instance.map_or_else(|| database.id.clone(), |instance| short_id(database, instance));
    let inside = frame::block(canvas, block, &named, place, data_status);
    let several = members.len() > 1;
    let curves = |key: fn(String) -> MetricKey, wanted: fn(&Member) -> bool| -> Vec<Curve<'_>> {
        let wanted = members.iter().filter(|member| wanted(member));
        let drawn = wanted.map(|member| Curve {
            name: if several { member_name(database, member) } else { String::new() },
            points: points(app.estate.series.get(&key(member.id.clone()))),
            note: String::new(),
        });
        drawn.collect()
    };
    let threshold = |metric: &str| {
        let of_member =
            || members.iter().find_map(|member| alarm_threshold(canvas, "DBInstanceIdentifier", &member.id, metric));
        alarm_threshold(canvas, "DBClusterIdentifier", &database.id, metric).or_else(of_member)
    };
    let (marks, window) = (marks(app, &database.id), Window::last_three_hours(app.service_now()));
    let chart = |title, unit, curves, metric: &str, full| Chart {
        title,
        unit,
        curves,
        before: Vec::new(),
        threshold: threshold(metric),
        full,
        marks: marks.clone(),
        window,
    };
    let every: fn(&Member) -> bool = |_| true;
    let mut charts = Vec::new();
    if let Some((_, max)) = database.acu {
        let mut capacity =
            chart("Capacity", Unit::Acu, curves(MetricKey::DbAcu, every), "ServerlessDatabaseCapacity", Some(max));
        capacity.threshold = capacity.threshold.or(Some((max, "maximum".to_owned())));
        charts.push(capacity);
    }
    charts.push(chart("CPU", Unit::Percent, curves(MetricKey::DbCpu, every), "CPUUtilization", Some(10.0)));
    let connections = curves(MetricKey::DbConnections, every);
    charts.push(chart("Connections", Unit::Count, connections, "DatabaseConnections", Some(4.0)));
    if members.iter().any(|member| member.role == Role::Reader) {
        let lag = curves(MetricKey::DbLag, |member| member.role == Role::Reader);
        charts.push(chart("Replica lag", Unit::Milliseconds, lag, "AuroraReplicaLag", Some(20.0)));
    }
    if database.kind == DatabaseKind::Rds {
        let storage = curves(|id| MetricKey::DbStorage { id, aurora: false }, every);
        charts.push(chart("Free storage", Unit::Bytes, storage, "FreeStorageSpace", None));
        let memory = curves(MetricKey::DbMemory, every);
        charts.push(chart("Free memory", Unit::Bytes, memory, "FreeableMemory", None));
    }
    if charts.iter().flat_map(|chart| &chart.curves).all(|curve| curve.points.is_empty()) {
        frame::message(canvas, inside, &data_status.empty);
        return;
    }
    let inner = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    chart::draw_all(canvas, inner, &charts);
    dim_old(canvas, inside, data_status);
}
