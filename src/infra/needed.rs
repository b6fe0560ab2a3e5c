//! Units that a destroy of others leaves without what they need: what reads outputs of a unit can be neither planned nor destroyed
//! when those are gone.

use super::access::Access;
use super::find::Discovered;
use super::look;
use crate::model::infra::{Trouble, TroubleKind};
use crate::model::text::quoted;

/// Units that were not named, need one that was, and have resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StillNeeded {
    /// The units that were named.
    of: Vec<String>,
    /// Each with how many resources its state has.
    by: Vec<(String, usize)>,
    /// Units whose states cannot be read, each with why.
    pub unread: Vec<(String, String)>,
}

/// Reads the states of the units that need those which are to be destroyed.
pub async fn still_needed(found: &Discovered) -> StillNeeded {
    let mut needed = StillNeeded::default();
    needed.of.extend(found.graph.units().iter().map(|unit| unit.name.clone()));
    for unit in &found.needed_by {
        match look::addresses(&Access::new(found, unit)).await {
            Ok(resources) => {
                let managed = resources.iter().filter(|resource| !resource.is_data).count();
                needed.by.extend((managed > 0).then(|| (unit.name.clone(), managed)));
            }
            // Without its workspace it has no state.
            Err(trouble) if trouble.kind == TroubleKind::Workspace => {}
            Err(trouble) => {
                let why = trouble.causes.first().cloned().unwrap_or(trouble.message);
                needed.unread.push((unit.name.clone(), why));
            }
        }
    }
    needed
}

impl StillNeeded {
    /// Why they are not destroyed alone; none where nothing that is known needs them.
    pub fn refused(&self) -> Option<Trouble> {
        if self.by.is_empty() {
            return None;
        }
        let of = self.of.join(", ");
        let causes = self.by.iter().map(|(unit, count)| {
            let resources = if *count == 1 { "resource" } else { "resources" };
            format!("{unit} has {count} {resources}, and can be neither planned nor destroyed without {of}")
        });
        let units = self.by.iter().map(|(unit, _)| unit).chain(&self.of);
        let units: String = units.flat_map(|unit| [" --unit ".to_owned(), quoted(unit)]).collect();
        let trouble = Trouble::new(TroubleKind::Refused, format!("nothing was destroyed: {of} is still needed"));
        Some(
            trouble
                .causes(causes)
                .hint(format!("destroy them together: `cockpit infra destroy {}`", units.trim_start())),
        )
    }

    /// Sentences on what is not known of others.
    pub fn warnings(&self) -> Vec<String> {
        let of = self.of.join(", ");
        let one = |(unit, why): &(String, String)| {
            format!("{unit} needs {of}, and whether it has resources is not known: {why}")
        };
        self.unread.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destroy_of_what_others_need_names_them_and_the_command_for_all() {
        let mut needed = StillNeeded { of: vec!["net".into()], ..StillNeeded::default() };
        assert_eq!(needed.refused(), None);
        needed.unread = vec![("edge".into(), "no credentials".into())];
        assert_eq!(needed.refused(), None, "what is not known is said, and refuses nothing");
        assert_eq!(needed.warnings(), ["edge needs net, and whether it has resources is not known: no credentials"]);
        needed.by = vec![("db".into(), 2), ("web app".into(), 1)];
        let trouble = needed.refused().unwrap();
        assert_eq!(trouble.causes[1], "web app has 1 resource, and can be neither planned nor destroyed without net");
        assert_eq!(
            trouble.hint.as_deref(),
            Some("destroy them together: `cockpit infra destroy --unit db --unit 'web app' --unit net`")
        );
    }
}
