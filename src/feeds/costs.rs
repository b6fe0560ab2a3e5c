//! The feed of costs: what Cost Explorer said last, kept on this machine, and asked again where that is a day old. Each
//! request of it costs.

use super::aws::CostsOf;
use super::lifetime::Lifetime;
use crate::model::costs::Costs;

/// A question about costs.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// What an account costs.
    Look {
        /// What is asked where nothing is kept.
        of: Box<CostsOf>,
        /// The endpoint of the account: another one is another world.
        endpoint: String,
        /// Whether the answer is kept: that of a simulated world is of no use later.
        keep: bool,
    },
}

impl Ask {
    /// It is about the account of the environment that is opened.
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
    /// What it costs, with when that was read.
    Costs(Box<Costs>),
}
