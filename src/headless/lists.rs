//! `services`, `db` and `alarms`: rows of the snapshot by themselves.

use super::csv::Rows;
use super::dto::{AlarmDto, DatabaseDto, MemberDto, ServiceDto, SourceDto};
use super::emit::Printable;
use super::input::{SnapshotInput, known};
use super::select::{self, Home};
use super::shown::Shown;
use super::sources;
use super::table::{Table, numbers, prose, words};
use crate::cli::{ExitCode, Report};
use crate::model::database_health::lag_words;
use crate::model::{AlarmState, Source};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit services`.
pub const SERVICES: &str = "cockpit.services/1";
/// Schema of `cockpit db`.
pub const DATABASES: &str = "cockpit.db/1";
/// Schema of `cockpit alarms`.
pub const ALARMS: &str = "cockpit.alarms/1";

/// What every list says first.
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
    /// For tables.
    #[serde(skip)]
    pub shown: Shown,
}

impl Head {
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

    /// What is missing.
    pub fn notes(&self) -> Vec<String> {
        sources::notes(&self.sources)
    }
}

/// `cockpit services`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ServiceList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// As in the snapshot.
    pub services: Option<Vec<ServiceDto>>,
}

/// `cockpit db`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DatabaseList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// As in the snapshot.
    pub databases: Option<Vec<DatabaseDto>>,
}

/// `cockpit alarms`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AlarmList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// As in the snapshot; without `--all` only those that are not OK and not autoscaling's.
    pub alarms: Option<Vec<AlarmDto>>,
}

/// Sources of `cockpit services`.
pub const SERVICES_OF: &[Source] = &[
    Source::Identity,
    Source::Cluster,
    Source::Services,
    Source::Tasks,
    Source::TaskDefinitions,
    Source::Rollouts,
    Source::ScalableTargets,
    Source::ScalingPolicies,
    Source::ScheduledActions,
    Source::Schedules,
    Source::ScalingActivities,
    Source::Targets,
    Source::Metrics,
];
/// Sources of `cockpit db`.
pub const DATABASES_OF: &[Source] = &[Source::Identity, Source::DbClusters, Source::DbInstances, Source::Metrics];
/// Sources of `cockpit alarms`.
pub const ALARMS_OF: &[Source] = &[Source::Identity, Source::Alarms];

/// `cockpit services [SERVICE…]`.
pub fn services(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<ServiceList, Report> {
    let names = select::services(input, wanted)?;
    let keep = |service: &ServiceDto| names.as_ref().is_none_or(|names| names.contains(&service.name));
    Ok(ServiceList {
        head: Head::new(SERVICES, input, SERVICES_OF),
        services: input.services().map(|all| all.into_iter().filter(keep).collect()),
    })
}

/// `cockpit db [DATABASE…]`.
pub fn databases(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<DatabaseList, Report> {
    let all = input.databases();
    let known: Option<Vec<&str>> = all.as_ref().map(|all| all.iter().map(|database| database.id.as_str()).collect());
    let home = Home::of(input.environment, input.estate.identity.value().map(|identity| identity.account.as_str()));
    let names = known.map(|known| select::among("database", &known, wanted, home)).transpose()?.flatten();
    let keep = |database: &DatabaseDto| names.as_ref().is_none_or(|names| names.contains(&database.id));
    Ok(DatabaseList {
        head: Head::new(DATABASES, input, DATABASES_OF),
        databases: all.map(|all| all.into_iter().filter(keep).collect()),
    })
}

/// `cockpit alarms [--all]`.
pub fn alarms(input: &SnapshotInput<'_>, all: bool) -> AlarmList {
    let keep = |alarm: &&crate::model::Alarm| all || (alarm.state != AlarmState::Ok && !alarm.of_autoscaling());
    let list = if input.environment.alarms.is_empty() {
        Some(Vec::new())
    } else {
        known(&input.estate.alarms, Vec::is_empty)
            .map(|alarms| alarms.iter().filter(keep).map(super::convert::alarm).collect())
    };
    AlarmList { head: Head::new(ALARMS, input, ALARMS_OF), alarms: list }
}

fn number(value: Option<f64>, digits: usize) -> Option<String> {
    value.map(|value| format!("{value:.digits$}"))
}

/// Services as columns.
pub(super) fn services_table(services: Option<&[ServiceDto]>) -> Table {
    let empty = if services.is_some() { "no services" } else { "services are not known" };
    let columns = [
        words("SERVICE"),
        words("HEALTH"),
        numbers("RUN"),
        numbers("WANT"),
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
            Some(service.running.to_string()),
            Some(service.desired.to_string()),
            Some(service.rollout.clone()),
            Some(service.task_definition.clone()),
            service.image.as_deref().map(|image| crate::model::task_definition::image_version(image).to_owned()),
            number(service.cpu_percent, 0),
            number(service.memory_percent, 0),
            service.reasons.first().cloned(),
        ]);
    }
    table
}

/// The word that serde gives a unit variant.
pub(super) fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Databases as columns: a row for each member.
pub(super) fn databases_table(databases: Option<&[DatabaseDto]>, shown: &Shown) -> Table {
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
pub(super) fn alarms_table(alarms: Option<&[AlarmDto]>, all: bool, shown: &Shown) -> Table {
    let empty = match alarms {
        None => "alarms are not known",
        Some(_) if all => "no alarms",
        Some(_) => "no alarm is raised",
    };
    let mut table = Table::new(&[words("STATE"), words("ALARM"), words("SINCE").rank(1), prose("REASON")], empty);
    let raised = |alarm: &&AlarmDto| all || (alarm.state != "OK" && !alarm.autoscaling);
    for alarm in alarms.unwrap_or_default().iter().filter(raised) {
        table.row([
            Some(alarm.state.clone()),
            Some(alarm.name.clone()),
            alarm.since.as_deref().map(|at| shown.time(at)),
            Some(alarm.reason.clone()),
        ]);
    }
    table
}

impl Printable for ServiceList {
    fn tables(&self) -> Vec<Table> {
        vec![services_table(self.services.as_deref())]
    }
    fn rows(&self) -> Option<Rows> {
        let fields = [
            "name",
            "health",
            "running",
            "desired",
            "rollout",
            "task_definition",
            "image",
            "cpu_percent",
            "memory_percent",
            "reasons",
            "pending",
            "failed_tasks",
            "digest",
            "short",
            "status",
            "launch",
            "scheduling",
            "controller",
            "strategy",
        ];
        Some(Rows::new("services", &fields))
    }
    fn notes(&self) -> Vec<String> {
        self.head.notes()
    }
}

impl Printable for DatabaseList {
    fn tables(&self) -> Vec<Table> {
        vec![databases_table(self.databases.as_deref(), &self.head.shown)]
    }
    fn rows(&self) -> Option<Rows> {
        let fields = [
            "id",
            "status",
            "members.id",
            "members.role",
            "members.status",
            "members.class",
            "members.az",
            "members.acu",
            "acu.min",
            "acu.max",
            "members.connections",
            "members.cpu_percent",
            "members.lag_ms",
            "backup.latest",
            "reasons",
            "health",
            "kind",
            "engine",
            "version",
            "endpoint",
            "members.free_storage_bytes",
            "members.tier",
            "storage_gib",
            "pending",
            "maintenance",
            "protected",
        ];
        Some(Rows { each: Some("members"), ..Rows::new("databases", &fields) })
    }
    fn notes(&self) -> Vec<String> {
        let waiting = self.databases.iter().flatten().flat_map(|database| {
            database.pending.iter().map(|change| {
                let of = change.member.as_deref().unwrap_or(&database.id);
                format!(
                    "{of}: {} → {} waits for {}",
                    change.what,
                    change.to,
                    database.maintenance.as_deref().unwrap_or("maintenance")
                )
            })
        });
        waiting.chain(self.head.notes()).collect()
    }
}

impl Printable for AlarmList {
    fn tables(&self) -> Vec<Table> {
        // What is listed was already chosen.
        let mut table = alarms_table(self.alarms.as_deref(), true, &self.head.shown);
        if self.alarms.is_some() {
            "no alarm is raised".clone_into(&mut table.empty);
        }
        vec![table]
    }
    fn rows(&self) -> Option<Rows> {
        let fields = [
            "state",
            "name",
            "since",
            "reason",
            "description",
            "namespace",
            "metric",
            "threshold",
            "autoscaling",
            "actions_enabled",
        ];
        Some(Rows::new("alarms", &fields))
    }
    fn notes(&self) -> Vec<String> {
        self.head.notes()
    }
}
