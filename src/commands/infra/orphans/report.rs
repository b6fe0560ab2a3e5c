//! The report of `cockpit infra orphans`: resources that may exist and are in no state.

use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::infra::orphan::{Orphan, OrphanStatus};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit infra orphans`.
pub const SCHEMA: &str = "cockpit.infra-orphans/1";

/// The orphans of a run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Orphans {
    /// `cockpit.infra-orphans/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The run.
    pub run: String,
    /// Each resource, by unit and address.
    #[expect(clippy::struct_field_names, reason = "the word of the JSON")]
    pub orphans: Vec<OrphanDto>,
    /// The file with the import blocks; `null` if there are none.
    pub imports: Option<String>,
    /// States that could not be written, which Terraform kept beside the code: push these first.
    pub kept_states: Vec<String>,
}

/// A resource that may exist and is in no state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OrphanDto {
    /// The unit.
    pub unit: String,
    /// Its address.
    pub address: String,
    /// The name in AWS; `null` if the plan does not contain it.
    pub name: Option<String>,
    /// `there`, `absent` or `unknown`.
    pub state: String,
    /// The id for an import, if the resource exists.
    pub id: Option<String>,
    /// The finding in a sentence.
    pub note: String,
}

impl OrphanDto {
    /// Combines an orphan with the result of looking for it.
    pub fn new(orphan: &Orphan, found: &OrphanStatus) -> Self {
        let (state, id) = match found {
            OrphanStatus::Exists(id) => ("there", Some(id.clone())),
            OrphanStatus::Absent => ("absent", None),
            OrphanStatus::Unknown(_) => ("unknown", None),
        };
        Self {
            unit: orphan.unit.clone(),
            address: orphan.address.clone(),
            name: orphan.name.clone(),
            state: state.to_owned(),
            id,
            note: found.describe(),
        }
    }
}

impl Printable for Orphans {
    fn tables(&self) -> Vec<Table> {
        let empty = "nothing was under way when a process of this run ended";
        let mut table = Table::new(
            &[left_aligned("UNIT"), left_aligned("ADDRESS"), left_aligned("NAME").rank(1), prose("STATE")],
            empty,
        );
        for one in &self.orphans {
            table.row([Some(one.unit.clone()), Some(one.address.clone()), one.name.clone(), Some(one.note.clone())]);
        }
        vec![table]
    }

    fn notes(&self) -> Vec<String> {
        let imports = self.imports.iter().map(|file| format!("import blocks are in {file}"));
        let kept = self.kept_states.iter().map(|file| {
            format!("a state could not be written and is kept in {file}: `cockpit infra state push` pushes it")
        });
        imports.chain(kept).collect()
    }
}
