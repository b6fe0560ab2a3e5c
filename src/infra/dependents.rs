//! Units that depend on units to be destroyed: a unit that reads outputs of another can be neither planned nor destroyed when
//! those are gone.

use super::find::Discovered;
use super::unit_queries::Access;
use super::unit_reads;
use crate::model::infra::{InfraError, InfraErrorKind};
use crate::model::text::shell_quote;

/// Units that were not selected, depend on a selected one, and have resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StillNeeded {
    /// The selected units.
    selected: Vec<String>,
    /// The dependent units, with the number of resources in their states.
    dependents: Vec<(String, usize)>,
    /// Units whose states cannot be read, with the reason.
    pub unread: Vec<(String, String)>,
}

/// Reads the states of the units that depend on those to be destroyed.
pub async fn still_needed(found: &Discovered) -> StillNeeded {
    let mut needed = StillNeeded::default();
    needed.selected.extend(found.graph.units().iter().map(|unit| unit.name.clone()));
    for unit in &found.needed_by {
        match unit_reads::addresses(&Access::new(found, unit)).await {
            Ok(resources) => {
                let managed = resources.iter().filter(|resource| !resource.is_data).count();
                needed.dependents.extend((managed > 0).then(|| (unit.name.clone(), managed)));
            }
            // Without its workspace it has no state.
            Err(trouble) if trouble.kind == InfraErrorKind::Workspace => {}
            Err(trouble) => {
                let why = trouble.causes.first().cloned().unwrap_or(trouble.message);
                needed.unread.push((unit.name.clone(), why));
            }
        }
    }
    needed
}

impl StillNeeded {
    /// Returns why the units must not be destroyed alone; `None` if no known unit needs them.
    pub fn refusal(&self) -> Option<InfraError> {
        if self.dependents.is_empty() {
            return None;
        }
        let selected = self.selected.join(", ");
        let causes = self.dependents.iter().map(|(unit, count)| {
            let resources = if *count == 1 { "resource" } else { "resources" };
            format!("{unit} has {count} {resources}, and can be neither planned nor destroyed without {selected}")
        });
        let units = self.dependents.iter().map(|(unit, _)| unit).chain(&self.selected);
        let units: String = units.flat_map(|unit| [" --unit ".to_owned(), shell_quote(unit)]).collect();
        let trouble =
            InfraError::new(InfraErrorKind::Refused, format!("nothing was destroyed: {selected} is still needed"));
        Some(
            trouble
                .causes(causes)
                .hint(format!("destroy them together: `cockpit infra destroy {}`", units.trim_start())),
        )
    }

    /// Returns sentences about dependent units whose resources are unknown.
    pub fn warnings(&self) -> Vec<String> {
        let selected = self.selected.join(", ");
        let one = |(unit, why): &(String, String)| {
            format!("{unit} needs {selected}, and whether it has resources is not known: {why}")
        };
        self.unread.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_destroy_names_dependents_and_the_command_for_all() {
        let mut needed = StillNeeded { selected: vec!["net".into()], ..StillNeeded::default() };
        assert_eq!(needed.refusal(), None);
        needed.unread = vec![("edge".into(), "no credentials".into())];
        assert_eq!(needed.refusal(), None, "unknown resources are reported but not refused");
        assert_eq!(needed.warnings(), ["edge needs net, and whether it has resources is not known: no credentials"]);
        needed.dependents = vec![("db".into(), 2), ("web app".into(), 1)];
        let trouble = needed.refusal().unwrap();
        assert_eq!(trouble.causes[1], "web app has 1 resource, and can be neither planned nor destroyed without net");
        assert_eq!(
            trouble.hint.as_deref(),
            Some("destroy them together: `cockpit infra destroy --unit db --unit 'web app' --unit net`")
        );
    }
}
