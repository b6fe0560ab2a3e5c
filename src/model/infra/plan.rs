//! A plan as it may be shown: what Terraform's `show -json` says of a plan file, with every sensitive value masked before
//! it is kept anywhere.

use super::message::Action;
use serde::{Deserialize, Serialize};

/// A plan of a unit, as it may be shown and stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What is done to each resource, in the order of the file. Resources that stay as they are not among them.
    pub changes: Vec<Change>,
}

/// What is done to a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its address.
    pub address: String,
    /// How.
    pub action: Action,
}
