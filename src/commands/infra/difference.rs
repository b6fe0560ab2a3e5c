//! Something that runs and is not as it is declared, as `drift` tells it.

use crate::model::infra::declared::Difference;
use schemars::JsonSchema;
use serde::Serialize;

/// Something that runs and is not as it is declared.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct DifferenceDto {
    /// The unit.
    pub(super) unit: String,
    /// The resource.
    pub(super) address: String,
    /// The setting that differs.
    pub(super) what: String,
    /// As it is declared.
    pub(super) declared: String,
    /// As it runs.
    pub(super) runs: String,
    /// `FILE:LINE` of the declaration; `null` where it is not found.
    pub(super) place: Option<String>,
}

impl DifferenceDto {
    /// A difference and where it is declared.
    pub(super) fn new(one: Difference, place: Option<String>) -> Self {
        let Difference { unit, address, what, declared, runs } = one;
        Self { unit, address, what, declared, runs, place }
    }

    /// The difference in a sentence for a person.
    pub(super) fn sentence(&self) -> String {
        let Self { unit, address, what, declared, runs, place } = self.clone();
        let words = Difference { unit, address, what, declared, runs }.words(place.as_deref());
        format!("{}: {words}", self.unit)
    }
}
