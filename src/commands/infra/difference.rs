//! A difference between a running resource and its declaration, as `drift` reports it.

use crate::model::infra::declared::Difference;
use schemars::JsonSchema;
use serde::Serialize;

/// A difference between a running resource and its declaration.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct DifferenceDto {
    /// The unit.
    pub(super) unit: String,
    /// The resource.
    pub(super) address: String,
    /// The setting that differs.
    pub(super) what: String,
    /// The declared value.
    pub(super) declared: String,
    /// The running value.
    pub(super) runs: String,
    /// `FILE:LINE` of the declaration; `null` if it was not found.
    pub(super) place: Option<String>,
}

impl DifferenceDto {
    /// Combines a difference with the place of its declaration.
    pub(super) fn new(one: Difference, place: Option<String>) -> Self {
        let Difference { unit, address, what, declared, running: runs } = one;
        Self { unit, address, what, declared, runs, place }
    }

    /// Formats the difference as a sentence.
    pub(super) fn sentence(&self) -> String {
        let Self { unit, address, what, declared, runs, place } = self.clone();
        let words = Difference { unit, address, what, declared, running: runs }.describe(place.as_deref());
        format!("{}: {words}", self.unit)
    }
}
