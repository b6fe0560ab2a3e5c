//! Facts about a database or one of its instances.

use super::history;
use super::state::LIST;
use crate::app::App;
use crate::app::facts::shown_database;
use crate::app::subject::{Fact, bad, fact};
use crate::model::suggested_commands::with_scope;
use crate::model::time::{moment, short};
use crate::model::{DatabaseKind, Health, Member, Role};

/// All details of a row: a database or an instance.
pub fn details(app: &App, key: &str) -> Vec<Fact> {
    let Some((id, instance)) = key.split_once('/') else { return facts(app) };
    let rows = app.estate.derived.databases.iter();
    let found = rows.filter(|row| row.database.id == id).flat_map(|row| &row.database.members);
    found.filter(|member| member.id == instance).flat_map(member).collect()
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

/// Facts about the selected database.
pub fn facts(app: &App) -> Vec<Fact> {
    let Some(row) = shown_database(app, LIST) else { return Vec::new() };
    let database = &row.database;
    let mut lines = vec![fact("database", &database.id)];
    for reason in &row.assessment.reasons {
        let health = match reason.severity {
            crate::model::Severity::Critical => Some(Health::Down),
            crate::model::Severity::Warning => Some(Health::Degraded),
            crate::model::Severity::Note => None,
        };
        lines.push(Fact { label: "reason".into(), text: reason.text.clone(), health });
        let hint = reason.hint.iter().map(|hint| with_scope(hint, app.environment.command_scope()));
        lines.extend(hint.map(|hint| fact("→", hint)));
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
            lines.push(fact("backups", format!("kept {days} {}{window}", if days == 1 { "day" } else { "days" })));
        }
        None => {}
    }
    if let Some(latest) = backup.latest {
        let earliest = backup
            .earliest
            .or_else(|| history::oldest_automated(app, &database.id))
            .map(|earliest| format!("from {} ", moment(earliest, app.service_now(), &app.zone())))
            .unwrap_or_default();
        lines.push(fact("restorable", format!("{earliest}to {} ago", short(app.service_now().duration_since(latest)))));
    }
    lines.extend(history::facts(app, database));
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
