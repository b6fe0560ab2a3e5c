//! The common parts of lists: their head, and the tables of services, databases and alarms that the snapshot has, too.

use super::dto::{AlarmDto, DatabaseDto, MemberDto, ServiceDto, SourceDto, SourceState};
use super::input::SnapshotInput;
use super::shown::Shown;
use super::sources;
use super::table::{Table, numbers, prose, words};
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
    /// When it was taken.
    pub taken_at: String,
    /// Whether no source failed and none is partial.
    pub complete: bool,
    /// The sources that it is made of.
    pub sources: Vec<SourceDto>,
    /// The moment and the time zone of tables; not in the JSON.
    #[serde(skip)]
    pub shown: Shown,
}

/// How much was read of what a list is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All that there is.
    Whole,
    /// Something is missing.
    Part,
    /// None of it could be read.
    Nothing,
    /// The environment has none of it, so that nothing was asked.
    Unasked,
}

/// How much of these sources was read. Who asks is none of what is asked for.
fn extent(rows: &[SourceDto], of: &[Source]) -> Extent {
    let meant = |row: &&SourceDto| of.iter().any(|one| *one != Source::Identity && one.name() == row.name);
    let any = |state: SourceState| rows.iter().filter(meant).any(|row| row.status == state);
    match (any(SourceState::Ok), any(SourceState::Partial), any(SourceState::Failed)) {
        (false, false, false) => Extent::Unasked,
        (true, false, false) => Extent::Whole,
        (false, false, true) => Extent::Nothing,
        _ => Extent::Part,
    }
}

/// A table that says of what the environment does not have that it is not configured, instead of that there is none.
pub fn or_unasked(table: Table, what: &str, rows: &[SourceDto], of: &[Source]) -> Table {
    match extent(rows, of) {
        Extent::Unasked => Table { empty: format!("{what} are not configured"), ..table },
        Extent::Whole | Extent::Part | Extent::Nothing => table,
    }
}

impl Head {
    /// How much of these sources was read.
    pub fn extent(&self, of: &[Source]) -> Extent {
        extent(&self.sources, of)
    }

    /// Over the sources of a list.
    pub fn new(schema: &str, input: &SnapshotInput<'_>, of: &[Source]) -> Self {
        let rows = input.asked().rows(of);
        Self {
            schema: schema.to_owned(),
            environment: input.environment.name.clone(),
            taken_at: input.now.to_string(),
            complete: sources::complete(&rows),
            sources: rows,
            shown: input.shown(),
        }
    }

    /// The exit code that the sources ask for.
    pub fn exit_code(&self) -> ExitCode {
        sources::exit_code(&self.sources)
    }

    /// Sentences on what is missing.
    pub fn notes(&self) -> Vec<String> {
        sources::notes(&self.sources)
    }
}

fn number(value: Option<f64>, digits: usize) -> Option<String> {
    value.map(|value| format!("{value:.digits$}"))
}

/// Services as columns.
pub fn services_table(services: Option<&[ServiceDto]>) -> Table {
    let empty = if services.is_some() { "no services" } else { "services are not known" };
    let columns = [
        words("SERVICE"),
        words("HEALTH"),
        numbers("DESIRED"),
        numbers("RUNNING"),
        words("ROLLOUT").rank(1),
        words("TASK DEFINITION").rank(3),
        words("IMAGE").rank(2),
        numbers("CPU %").rank(1),
        numbers("MEM %").rank(1),
        prose("WHY"),
    ];
    let mut table = Table::new(&columns, empty);
    for service in services.unwrap_or_default() {
        table.row([
            Some(service.name.clone()),
            Some(word(&service.health)),
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

/// The word that serde gives a unit variant.
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Databases as columns: a row for each member.
pub fn databases_table(databases: Option<&[DatabaseDto]>, shown: &Shown) -> Table {
    let empty = if databases.is_some() { "no databases" } else { "databases are not known" };
    let columns = [
        words("DATABASE"),
        words("STATUS"),
        words("MEMBER"),
        words("ROLE"),
        words("MEMBER STATUS").rank(2),
        words("CLASS").rank(4),
        words("AZ").rank(3),
        numbers("ACU"),
        words("MIN–MAX").rank(2),
        numbers("CONN").rank(1),
        numbers("CPU %").rank(1),
        numbers("LAG"),
        words("RESTORABLE").rank(5),
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
                // Told once, beside the writer.
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

/// Alarms as columns; without `all` only those that want attention.
pub fn alarms_table(alarms: Option<&[AlarmDto]>, all: bool, shown: &Shown) -> Table {
    alarms_with_parts(alarms, all, shown, &BTreeMap::new())
}

/// The alarms with the parts of composite ones below them: names with their states.
pub fn alarms_with_parts(
    alarms: Option<&[AlarmDto]>,
    all: bool,
    shown: &Shown,
    parts: &BTreeMap<String, String>,
) -> Table {
    let empty = match alarms {
        None => "alarms are not known",
        Some(_) if all => "no alarms",
        Some(_) => "no alarm is raised",
    };
    let muted = alarms.unwrap_or_default().iter().any(|alarm| alarm.muted_until.is_some());
    let mut columns = vec![words("STATE"), words("ALARM"), words("SINCE").rank(1), prose("REASON")];
    if muted {
        columns.insert(3, words("MUTED UNTIL"));
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
        // A child alarm that was not read is reported as such.
        for child in alarm.children.iter().filter(|_| !parts.is_empty()) {
            let state = parts.get(child).cloned().unwrap_or_else(|| "not read".to_owned());
            // Nothing is unknown of the rest: it stands with the child itself.
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
