//! The feed of costs: what Cost Explorer said last, kept on this machine, and asked again where that is a day old. Each
//! request of it costs.

use super::aws::CostsOf;
use super::lifetime::Lifetime;
use crate::model::costs::Costs;

/// A question about costs.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Asks for the costs of an account.
    Look {
        /// The question to Cost Explorer where no answer of today is kept.
        of: Box<CostsOf>,
        /// The endpoint of the account: another one is another world.
        endpoint: String,
        /// Whether the answer is kept: that of a simulated world is of no use later.
        keep: bool,
    },
}

impl Ask {
    /// Costs belong to the account of the opened environment.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Look { .. } => Lifetime::Environment,
        }
    }

    /// Whether it goes on until it is left: none does.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Look { .. } => false,
        }
    }
}

/// An answer about costs.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The costs, with the time at which they were read.
    Costs(Box<Costs>),
}
