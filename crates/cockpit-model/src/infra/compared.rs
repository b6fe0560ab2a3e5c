//! The result of comparing what runs with what is declared, in the words of the commands and the pane.

use super::declared::{Difference, Running};
use super::run_event::Revision;
use super::state::Resource;
use crate::estate::Estate;
use crate::task_definition::TaskDefinition;
use std::collections::{BTreeMap, BTreeSet};

/// Where resources are declared, by unit and address: `FILE:LINE`.
pub type Places = BTreeMap<(String, String), String>;

/// Types of resources that are held against what runs.
const COMPARED: [&str; 5] = [
    "aws_ecs_service",
    "aws_ecs_task_definition",
    "aws_appautoscaling_target",
    "aws_db_instance",
    "aws_rds_cluster_instance",
];

/// As what there is none of runs.
const ABSENT: &str = "does not exist";

/// Whether a resource is held against what runs.
pub fn is_compared(resource: &Resource) -> bool {
    !resource.is_data && COMPARED.contains(&resource.kind.as_str())
}

/// Parameters that tasks name (see [`super::declared::parameters`]), and that are not among those there are.
pub fn absent(named: Vec<(String, String, String)>, known: &BTreeSet<String>) -> Vec<Difference> {
    let missing = named.into_iter().filter(|(.., name)| !known.contains(name));
    missing
        .map(|(unit, address, name)| Difference {
            unit,
            address,
            what: "parameter that a task names".to_owned(),
            declared: name,
            runs: ABSENT.to_owned(),
        })
        .collect()
}

/// The task definitions of an environment that were read.
pub fn definitions(estate: &Estate) -> BTreeMap<String, TaskDefinition> {
    let all = estate.task_definitions.iter();
    all.filter_map(|(name, one)| Some((name.clone(), one.value()?.clone()))).collect()
}

impl<'a> Running<'a> {
    /// The running things of an environment as far as they were read, with its [`definitions`].
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
    /// The difference in words for a person who knows the unit.
    pub fn words(&self, place: Option<&str>) -> String {
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        let Self { address, what, declared, runs, .. } = self;
        let now = if runs == ABSENT { format!("and {ABSENT}") } else { format!("now {runs}") };
        format!("{address}: {what}: declared {declared}, {now}{place}")
    }
}

impl Revision {
    /// `9f3c2e1 with uncommitted changes`.
    pub fn words(&self) -> String {
        let commit: String = self.commit.chars().take(7).collect();
        format!("{commit}{}", if self.dirty { " with uncommitted changes" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::declared::named;
    use serde_json::Value;

    #[test]
    fn what_a_task_names_and_is_not_there_is_a_difference_with_its_place() {
        let name = |name: &str| ("compute".to_owned(), "aws_ecs_task_definition.web".to_owned(), name.to_owned());
        let known = BTreeSet::from(["/team/a".to_owned()]);
        let found = absent(vec![name("/team/a"), name("/team/b")], &known);
        let said: Vec<String> = found.iter().map(|one| one.words(Some("main.tf:7"))).collect();
        let wanted = "aws_ecs_task_definition.web: parameter that a task names: declared /team/b, and does not exist (main.tf:7)";
        assert_eq!(said, [wanted]);
        assert!(found[0].words(None).ends_with("declared /team/b, and does not exist"));
    }

    #[test]
    fn what_is_managed_and_of_a_type_that_runs_is_compared() {
        let of = |address: &str, is_data| {
            let (kind, ..) = named(address);
            Resource { address: address.into(), kind, is_data, is_tainted: false, values: Value::Null }
        };
        assert!(is_compared(&of("module.a.aws_ecs_service.web", false)));
        assert!(!is_compared(&of("data.aws_ecs_service.web", true)));
        assert!(!is_compared(&of("aws_vpc.main", false)));
    }

    #[test]
    fn a_revision_says_what_is_not_in_it() {
        let of = |dirty| Revision { commit: "9f3c2e1aabbcc".into(), dirty }.words();
        assert_eq!((of(false).as_str(), of(true).as_str()), ("9f3c2e1", "9f3c2e1 with uncommitted changes"));
    }
}
