//! The report of `cockpit services`: the services of the snapshot on their own.

use crate::cli::Report;
use crate::headless::Rows;
use crate::headless::dto::ServiceDto;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::{Head, or_not_configured, services_table};
use crate::headless::select;
use crate::headless::table::Table;
use crate::model::Source;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit services`.
pub const SCHEMA: &str = "cockpit.services/1";

/// The list of services.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ServiceList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// As in the snapshot.
    pub services: Option<Vec<ServiceDto>>,
}

/// The sources that the list reads.
pub const SOURCES: &[Source] = &[
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

/// Builds the list of these services, or of all.
pub fn services(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<ServiceList, Report> {
    let names = select::services(input, wanted)?;
    let keep = |service: &ServiceDto| names.as_ref().is_none_or(|names| names.contains(&service.name));
    Ok(ServiceList {
        head: Head::new(SCHEMA, input, SOURCES),
        services: input.services().map(|all| all.into_iter().filter(keep).collect()),
    })
}

impl Printable for ServiceList {
    fn tables(&self) -> Vec<Table> {
        let table = services_table(self.services.as_deref());
        vec![or_not_configured(table, "services", &self.head.sources, &[Source::Services])]
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
