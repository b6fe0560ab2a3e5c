//! The `CloudFront` calls of an invalidation, and their replies.

use crate::model::cdn::{Distribution, Invalidation, Month};
use jiff::Timestamp;

/// A read of `CloudFront`.
#[derive(Debug, Clone, PartialEq)]
pub enum CdnRead {
    /// `ListDistributions` → [`CdnReply::Distributions`].
    Distributions,
    /// `ListInvalidations` of each since a time, and `GetInvalidation` if there are few → [`CdnReply::Month`].
    Month {
        /// The ids of the distributions.
        distributions: Vec<String>,
        since: Timestamp,
    },
    /// `GetInvalidation` → [`CdnReply::Invalidation`].
    Invalidation { distribution: String, id: String },
    /// `ListInvalidations` and `GetInvalidation` of the newest, to find the one with a reference →
    /// [`CdnReply::Invalidation`].
    Referenced { distribution: String, reference: String },
}

/// Paths to invalidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The distribution's id.
    pub distribution: String,
    pub paths: Vec<String>,
    /// The caller reference: with the same paths it identifies the same invalidation.
    pub reference: String,
}

impl Batch {
    /// The read that shows whether it was accepted.
    pub fn proof(&self) -> CdnRead {
        CdnRead::Referenced { distribution: self.distribution.clone(), reference: self.reference.clone() }
    }
}

/// The answer to a read or a change of `CloudFront`.
#[derive(Debug, Clone, PartialEq)]
pub enum CdnReply {
    Distributions(Vec<Distribution>),
    Month(Month),
    /// One invalidation; `None` if it does not exist.
    Invalidation(Option<Invalidation>),
}
