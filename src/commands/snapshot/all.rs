//! The report of `snapshot --all`: every environment on one line.

use crate::headless::SnapshotInput;
use crate::headless::convert;
use crate::headless::emit::Printable;
use crate::headless::input::known;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::headless::times::TimeDisplay;
use crate::model::{AlarmState, Health, Severity, Source};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit snapshot --all`.
pub const SCHEMA: &str = "cockpit.environments/1";

/// The list of all configured environments.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[allow(clippy::struct_field_names)] // the name in the JSON
pub struct Environments {
    /// `cockpit.environments/1`.
    pub schema: String,
    /// When the last environment was read.
    pub taken_at: String,
    /// Whether every environment was read completely.
    pub complete: bool,
    /// The environments, in the order of the configuration.
    pub environments: Vec<EnvironmentDto>,
    #[serde(skip)]
    shown: TimeDisplay,
}

/// One environment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct EnvironmentDto {
    /// Its name.
    pub environment: String,
    /// Whether it is guarded.
    pub guarded: bool,
    /// The account of the credentials; `null` if it could not be read.
    pub account: Option<String>,
    /// When it was read.
    pub taken_at: Option<String>,
    /// The worst health of its services: `healthy`, `changing`, `degraded`, `down`, `stopped`, `unknown`; `null`
    /// without services, or if they could not be read.
    pub health: Option<String>,
    /// Number of services; `null` if they could not be read.
    pub services: Option<u32>,
    /// Number of services that are degraded or down.
    pub unhealthy: Option<u32>,
    /// Number of databases.
    pub databases: Option<u32>,
    /// Number of raised alarms, without those of autoscaling.
    pub alarms: Option<u32>,
    /// Number of critical needs-attention entries.
    pub critical: Option<u32>,
    /// Number of needs-attention warnings.
    pub warnings: Option<u32>,
    /// When the schedule next stops or starts it.
    pub next_switch: Option<String>,
    /// The first needs-attention entry.
    pub first: Option<String>,
    /// Why the environment could not be read.
    pub error: Option<String>,
    /// Names of the sources that could not be read.
    pub missing: Vec<String>,
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Builds the row of an environment that was read.
pub fn row(input: &SnapshotInput<'_>) -> EnvironmentDto {
    let (estate, environment) = (input.estate, input.environment);
    let identity = estate.identity.failure().filter(|_| estate.identity.value().is_none());
    let rows = &estate.derived.services;
    let services = known(&estate.services, std::collections::BTreeMap::is_empty).map(|_| count(rows.len()));
    let databases = known(&estate.db_instances, Vec::is_empty).map(|_| count(estate.derived.databases.len()));
    let worst = rows.iter().map(|row| row.assessment.health).min_by_key(|health| health.rank());
    let bad = rows.iter().filter(|row| matches!(row.assessment.health, Health::Down | Health::Degraded)).count();
    let raised = |alarms: &Vec<crate::model::Alarm>| {
        count(alarms.iter().filter(|one| one.state == AlarmState::Alarm && !one.is_for_autoscaling()).count())
    };
    let attention = |wanted: Severity| estate.derived.attention.iter().filter(|entry| entry.severity == wanted).count();
    let next = convert::next_effects(estate, input.now);
    let next = next.and_then(|next| [next.next_stop, next.next_start].into_iter().flatten().map(|next| next.at).min());
    let source_rows = input.source_request().rows(&Source::ALL);
    let missing = source_rows.iter().filter(|source| source.error.is_some()).map(|source| source.name.clone());
    EnvironmentDto {
        environment: environment.name.clone(),
        guarded: environment.guarded,
        account: estate.identity.value().map(|identity| identity.account.clone()),
        taken_at: Some(input.now.to_string()),
        health: worst.filter(|_| services.is_some()).map(|health| health.name().to_owned()),
        unhealthy: services.map(|_| count(bad)),
        services,
        databases,
        alarms: known(&estate.alarms, Vec::is_empty).map(raised),
        critical: identity.is_none().then(|| count(attention(Severity::Critical))),
        warnings: identity.is_none().then(|| count(attention(Severity::Warning))),
        next_switch: next,
        first: estate.derived.attention.first().map(|entry| format!("{}: {}", entry.name, entry.what)),
        error: identity.map(ToString::to_string),
        missing: missing.collect(),
    }
}

/// Builds the row of an environment that could not be opened.
pub fn failed_row(name: &str, why: String) -> EnvironmentDto {
    EnvironmentDto { environment: name.to_owned(), error: Some(why), ..EnvironmentDto::default() }
}

/// Builds the report.
pub fn environments(rows: Vec<EnvironmentDto>, now: Timestamp, zone: TimeZone) -> Environments {
    Environments {
        schema: SCHEMA.to_owned(),
        taken_at: now.to_string(),
        complete: rows.iter().all(|row| row.error.is_none() && row.missing.is_empty()),
        environments: rows,
        shown: TimeDisplay { now, zone },
    }
}

impl Printable for Environments {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            left_aligned("ENVIRONMENT"),
            left_aligned("HEALTH"),
            numbers("SERVICES"),
            numbers("UNHEALTHY").rank(3),
            numbers("DATABASES").rank(4),
            numbers("ALARMS").rank(2),
            numbers("CRITICAL").rank(1),
            numbers("WARNINGS").rank(2),
            left_aligned("NEXT SWITCH").rank(3),
            prose("FIRST"),
        ];
        let mut table = Table::new(&columns, "no environment is configured");
        let number = |value: Option<u32>| value.map(|value| value.to_string());
        for row in &self.environments {
            let guarded = if row.guarded { " (guarded)" } else { "" };
            table.row([
                Some(format!("{}{guarded}", row.environment)),
                row.health.clone(),
                number(row.services),
                number(row.unhealthy),
                number(row.databases),
                number(row.alarms),
                number(row.critical),
                number(row.warnings),
                row.next_switch.as_deref().map(|at| self.shown.time(at)),
                row.error.clone().or_else(|| row.first.clone()),
            ]);
        }
        vec![table]
    }

    fn notes(&self) -> Vec<String> {
        let missing = self.environments.iter().filter(|row| !row.missing.is_empty());
        missing.map(|row| format!("! {}: {} could not be read", row.environment, row.missing.join(", "))).collect()
    }
}
