//! Resources that may exist and be in no state.

use crate::headless::emit::Printable;
use crate::headless::table::{Table, prose, words};
use crate::model::infra::orphan::{Found, Orphan};
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
    /// The file with the import blocks; `null` where there are none.
    pub imports: Option<String>,
    /// States that could not be written, which Terraform kept beside the code: push them before anything else.
    pub kept_states: Vec<String>,
}

/// A resource that may exist and be in no state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OrphanDto {
    /// The unit.
    pub unit: String,
    /// Its address.
    pub address: String,
    /// The name in AWS; `null` where the plan does not say it.
    pub name: Option<String>,
    /// `there`, `absent` or `unknown`.
    pub state: String,
    /// The id for an import, where the resource is there.
    pub id: Option<String>,
    /// The finding in a sentence.
    pub note: String,
}

impl OrphanDto {
    /// The findings on an orphan.
    pub fn new(orphan: &Orphan, found: &Found) -> Self {
        let (state, id) = match found {
            Found::There(id) => ("there", Some(id.clone())),
            Found::Absent => ("absent", None),
            Found::Unknown(_) => ("unknown", None),
        };
        Self {
            unit: orphan.unit.clone(),
            address: orphan.address.clone(),
            name: orphan.name.clone(),
            state: state.to_owned(),
            id,
            note: found.words(),
        }
    }
}

impl Printable for Orphans {
    fn tables(&self) -> Vec<Table> {
        let empty = "nothing was under way when a process of this run ended";
        let mut table = Table::new(&[words("UNIT"), words("ADDRESS"), words("NAME").rank(1), prose("STATE")], empty);
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
