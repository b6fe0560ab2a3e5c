//! The common parts of list reports: their head, and the tables of services, databases and alarms that the snapshot
//! shares.

use super::dto::{AlarmDto, DatabaseDto, MemberDto, ServiceDto, SourceDto, SourceState};
use super::input::SnapshotInput;
use super::sources;
use super::table::{Table, left_aligned, numbers, prose};
use super::times::TimeDisplay;
use crate::cli::ExitCode;
use crate::model::Source;
use crate::model::database_health::lag_words;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The first fields of every list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Head {
    /// The schema's name and number.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The time of the report.
    pub taken_at: String,
    /// Whether no source failed and none is partial.
    pub complete: bool,
    /// The sources that the list is made from.
    pub sources: Vec<SourceDto>,
    /// The reference time and time zone of the tables; not in the JSON.
    #[serde(skip)]
    pub shown: TimeDisplay,
}

/// How completely the sources of a list were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything was read.
    Complete,
    /// Something is missing.
    Partial,
    /// Nothing could be read.
    Unread,
    /// The environment has no such resources, so nothing was requested.
    NotRequested,
}

/// Returns how completely these sources were read. The identity does not count: it is not part of the list.
fn extent(rows: &[SourceDto], of: &[Source]) -> Extent {
    let meant = |row: &&SourceDto| of.iter().any(|one| *one != Source::Identity && one.name() == row.name);
    let any = |state: SourceState| rows.iter().filter(meant).any(|row| row.status == state);
    match (any(SourceState::Ok), any(SourceState::Partial), any(SourceState::Failed)) {
        (false, false, false) => Extent::NotRequested,
        (true, false, false) => Extent::Complete,
        (false, false, true) => Extent::Unread,
        _ => Extent::Partial,
    }
}

/// Changes the empty message of a table to "not configured" if its sources were never requested.
pub fn or_not_configured(table: Table, what: &str, rows: &[SourceDto], of: &[Source]) -> Table {
    match extent(rows, of) {
        Extent::NotRequested => Table { empty: format!("{what} are not configured"), ..table },
        Extent::Complete | Extent::Partial | Extent::Unread => table,
    }
}

impl Head {
    /// Returns how completely these sources were read.
    pub fn extent(&self, of: &[Source]) -> Extent {
        extent(&self.sources, of)
    }

    /// Makes the head of a list over these sources.
    pub fn new(schema: &str, input: &SnapshotInput<'_>, of: &[Source]) -> Self {
        let rows = input.source_request().rows(of);
        Self {
            schema: schema.to_owned(),
            environment: input.environment.name.clone(),
            taken_at: input.now.to_string(),
            complete: sources::complete(&rows),
            sources: rows,
            shown: input.time_display(),
        }
    }

    /// Returns the exit code that follows from the sources.
    pub fn exit_code(&self) -> ExitCode {
        sources::exit_code(&self.sources)
    }

    /// Returns sentences about missing data.
    pub fn notes(&self) -> Vec<String> {
        sources::notes(&self.sources)
    }
}

fn number(value: Option<f64>, digits: usize) -> Option<String> {
    value.map(|value| format!("{value:.digits$}"))
}

/// Returns the table of services.
pub fn services_table(services: Option<&[ServiceDto]>) -> Table {
    let empty = if services.is_some() { "no services" } else { "services are not known" };
    let columns = [
        left_aligned("SERVICE"),
        left_aligned("HEALTH"),
        numbers("DESIRED"),
        numbers("RUNNING"),
        left_aligned("ROLLOUT").rank(1),
        left_aligned("TASK DEFINITION").rank(3),
        left_aligned("IMAGE").rank(2),
        numbers("CPU %").rank(1),
        numbers("MEM %").rank(1),
        prose("WHY"),
    ];
    let mut table = Table::new(&columns, empty);
    for service in services.unwrap_or_default() {
        table.row([
            Some(service.name.clone()),
            Some(serde_word(&service.health)),
            Some(service.desired.to_string()),
            Some(service.running.to_string()),
            Some(service.rollout.clone()),
            service.task_definition.clone(),
            service.image.as_deref().map(|image| crate::model::task_definition::image_version(image).to_owned()),
            number(service.cpu_percent, 0),
            number(service.memory_percent, 0),
            service.reasons.first().cloned(),
        ]);
    }
    table
}

/// Returns the word that serde writes for a unit variant.
pub fn serde_word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Returns the table of databases, with a row for each member.
pub fn databases_table(databases: Option<&[DatabaseDto]>, shown: &TimeDisplay) -> Table {
    let empty = if databases.is_some() { "no databases" } else { "databases are not known" };
    let columns = [
        left_aligned("DATABASE"),
        left_aligned("STATUS"),
        left_aligned("MEMBER"),
        left_aligned("ROLE"),
        left_aligned("MEMBER STATUS").rank(2),
        left_aligned("CLASS").rank(4),
        left_aligned("AZ").rank(3),
        numbers("ACU"),
        left_aligned("MIN–MAX").rank(2),
        numbers("CONN").rank(1),
        numbers("CPU %").rank(1),
        numbers("LAG"),
        left_aligned("RESTORABLE").rank(5),
        prose("WHY"),
    ];
    let mut table = Table::new(&columns, empty);
    for database in databases.unwrap_or_default() {
        let mut why = database.reasons.first().cloned();
        let mut add = |member: Option<&MemberDto>| {
            table.row([
                Some(database.id.clone()),
                Some(database.status.clone()),
                member.map(|member| member.id.clone()),
                member.map(|member| member.role.clone()),
                member.and_then(|member| member.status.clone()),
                member.and_then(|member| member.class.clone()),
                member.and_then(|member| member.az.clone()),
                number(member.and_then(|member| member.acu), 1),
                database.acu.map(|range| format!("{}–{}", range.min, range.max)),
                number(member.and_then(|member| member.connections), 0),
                number(member.and_then(|member| member.cpu_percent), 0),
                member.and_then(|member| member.lag_ms).map(lag_words),
                database.backup.latest.as_deref().map(|at| shown.time(at)),
                // The reason is shown once, in the first row (the writer's).
                why.take(),
            ]);
        };
        if database.members.is_empty() {
            add(None);
        }
        for member in &database.members {
            add(Some(member));
        }
    }
    table
}

/// Returns the table of alarms; without `all`, only those that need attention.
pub fn alarms_table(alarms: Option<&[AlarmDto]>, all: bool, shown: &TimeDisplay) -> Table {
    alarms_with_parts(alarms, all, shown, &BTreeMap::new())
}

/// Returns the table of alarms with the children of composite alarms below them; `parts` maps names to states.
pub fn alarms_with_parts(
    alarms: Option<&[AlarmDto]>,
    all: bool,
    shown: &TimeDisplay,
    parts: &BTreeMap<String, String>,
) -> Table {
    let empty = match alarms {
        None => "alarms are not known",
        Some(_) if all => "no alarms",
        Some(_) => "no alarm is raised",
    };
    let muted = alarms.unwrap_or_default().iter().any(|alarm| alarm.muted_until.is_some());
    let mut columns =
        vec![left_aligned("STATE"), left_aligned("ALARM"), left_aligned("SINCE").rank(1), prose("REASON")];
    if muted {
        columns.insert(3, left_aligned("MUTED UNTIL"));
    }
    let mut table = Table::new(&columns, empty);
    let raised = |alarm: &&AlarmDto| all || (alarm.state != "OK" && !alarm.autoscaling);
    for alarm in alarms.unwrap_or_default().iter().filter(raised) {
        let mut row = vec![
            Some(alarm.state.clone()),
            Some(alarm.name.clone()),
            alarm.since.as_deref().map(|at| shown.time(at)),
            Some(alarm.reason.clone()),
        ];
        if muted {
            row.insert(3, alarm.muted_until.as_deref().map(|at| shown.time(at)));
        }
        table.row(row);
        // A child alarm that was not read is shown as such.
        for child in alarm.children.iter().filter(|_| !parts.is_empty()) {
            let state = parts.get(child).cloned().unwrap_or_else(|| "not read".to_owned());
            // These cells are blank, not unknown: the child's own row has the values.
            let blank = || Some(String::new());
            let mut row = vec![Some(state), Some(format!("└ {child}")), blank(), blank()];
            if muted {
                row.insert(3, blank());
            }
            table.row(row);
        }
    }
    table
}
