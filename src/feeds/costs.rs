//! The feed of costs: the last answer of Cost Explorer, cached on this machine and renewed when it is a day old. AWS charges
//! for each request.

use super::aws::CostQuery;
use super::lifetime::Lifetime;
use crate::model::costs::Costs;

/// A question about costs.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Requests the costs of an account.
    Read {
        /// The question to Cost Explorer, if today's answer is not cached.
        of: Box<CostQuery>,
        /// The endpoint of the account; costs from different endpoints are never mixed.
        endpoint: String,
        /// Whether to cache the answer. Costs of a simulated environment are not cached.
        keep: bool,
    },
}

impl Ask {
    /// Returns the lifetime. Costs belong to the account of the opened environment.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Read { .. } => Lifetime::Environment,
        }
    }

    /// Returns whether it continues until it is left: never.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Read { .. } => false,
        }
    }
}

/// An answer about costs.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The costs, with the time at which they were read.
    Costs(Box<Costs>),
}
