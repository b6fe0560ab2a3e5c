//! An entry of the needs-attention list.

use super::health::Severity;
use super::source::Source;
use jiff::Timestamp;

/// The subject of an entry; opening the entry navigates there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttentionSubject {
    /// The credentials or the account.
    Identity,
    /// A service, by its full name.
    Service(String),
    /// Several services.
    Services,
    /// A database, by its identifier.
    Database(String),
    /// An alarm, by its name.
    Alarm(String),
    /// A target group that belongs to no service, by its name.
    TargetGroup(String),
    /// A load balancer certificate, by its first host name.
    Certificate(String),
    /// A source that cannot be read.
    Source(Source),
}

impl AttentionSubject {
    /// Rank among entries of equal severity; lower comes first.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Identity => 0,
            Self::Service(_) | Self::Services => 1,
            Self::Database(_) | Self::TargetGroup(_) => 2,
            Self::Alarm(_) | Self::Certificate(_) => 3,
            Self::Source(_) => 4,
        }
    }
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// The severity.
    pub severity: Severity,
    /// The subject of the entry.
    pub subject: AttentionSubject,
    /// The name to show: a service's short name, a database's identifier …
    pub name: String,
    /// The problem, as a sentence.
    pub what: String,
    pub since: Option<Timestamp>,
    /// The hint, as a sentence.
    pub hint: Option<String>,
}
