//! Differences between running and declared resources, as text for the commands and the pane.

use super::declared::{Difference, Running};
use super::run_event::Revision;
use super::state::Resource;
use crate::estate::Estate;
use crate::task_definition::TaskDefinition;
use std::collections::{BTreeMap, BTreeSet};

/// Locations of resource declarations, by unit and address: `FILE:LINE`.
pub type DeclarationLocations = BTreeMap<(String, String), String>;

/// Resource types that are compared with what is running.
const COMPARED: [&str; 5] = [
    "aws_ecs_service",
    "aws_ecs_task_definition",
    "aws_appautoscaling_target",
    "aws_db_instance",
    "aws_rds_cluster_instance",
];

/// The running value of something that does not exist.
const ABSENT: &str = "does not exist";

/// Whether a resource is compared with what is running.
pub fn is_compared(resource: &Resource) -> bool {
    !resource.is_data && COMPARED.contains(&resource.kind.as_str())
}

/// Returns a difference for each parameter that tasks reference (see [`super::declared::parameters`]) but that does not
/// exist.
pub fn missing_parameters(named: Vec<(String, String, String)>, known: &BTreeSet<String>) -> Vec<Difference> {
    let missing = named.into_iter().filter(|(.., name)| !known.contains(name));
    missing
        .map(|(unit, address, name)| Difference {
            unit,
            address,
            what: "parameter that a task names".to_owned(),
            declared: name,
            running: ABSENT.to_owned(),
        })
        .collect()
}

/// Returns the task definitions of an environment that were read.
pub fn definitions(estate: &Estate) -> BTreeMap<String, TaskDefinition> {
    let definitions = estate.task_definitions.iter();
    definitions.filter_map(|(name, one)| Some((name.clone(), one.value()?.clone()))).collect()
}

impl<'a> Running<'a> {
    /// Collects the running resources of an environment that were read, with its [`definitions`].
    pub fn of(estate: &'a Estate, definitions: &'a BTreeMap<String, TaskDefinition>) -> Self {
        Self {
            services: estate.services.value(),
            definitions: Some(definitions),
            scalable: estate.scalable.value().map(Vec::as_slice),
            instances: estate.db_instances.value().map(Vec::as_slice),
            pools: None,
        }
    }
}

impl Difference {
    /// Describes the difference to a reader who knows the unit.
    pub fn describe(&self, place: Option<&str>) -> String {
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        let Self { address, what, declared, running: runs, .. } = self;
        let now = if runs == ABSENT { format!("and {ABSENT}") } else { format!("now {runs}") };
        format!("{address}: {what}: declared {declared}, {now}{place}")
    }
}

impl Revision {
    /// Formats the revision: `9f3c2e1 with uncommitted changes`.
    pub fn describe(&self) -> String {
        let commit: String = self.commit.chars().take(7).collect();
        format!("{commit}{}", if self.dirty { " with uncommitted changes" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::declared::address_parts;
    use serde_json::Value;

    #[test]
    fn missing_parameter_of_a_task_is_a_difference() {
        let name = |name: &str| ("compute".to_owned(), "aws_ecs_task_definition.web".to_owned(), name.to_owned());
        let known = BTreeSet::from(["/team/a".to_owned()]);
        let found = missing_parameters(vec![name("/team/a"), name("/team/b")], &known);
        let words: Vec<String> = found.iter().map(|one| one.describe(Some("main.tf:7"))).collect();
        let wanted = "aws_ecs_task_definition.web: parameter that a task names: declared /team/b, and does not exist (main.tf:7)";
        assert_eq!(words, [wanted]);
        assert!(found[0].describe(None).ends_with("declared /team/b, and does not exist"));
    }

    #[test]
    fn only_managed_resources_of_running_types_are_compared() {
        let of = |address: &str, is_data| {
            let (kind, ..) = address_parts(address);
            Resource { address: address.into(), kind, is_data, is_tainted: false, values: Value::Null }
        };
        assert!(is_compared(&of("module.a.aws_ecs_service.web", false)));
        assert!(!is_compared(&of("data.aws_ecs_service.web", true)));
        assert!(!is_compared(&of("aws_vpc.main", false)));
    }

    #[test]
    fn revision_shows_uncommitted_changes() {
        let of = |dirty| Revision { commit: "9f3c2e1aabbcc".into(), dirty }.describe();
        assert_eq!((of(false).as_str(), of(true).as_str()), ("9f3c2e1", "9f3c2e1 with uncommitted changes"));
    }
}
